# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What this central Neutron runs, noted for operators.

Each process writes it, a row a host: nobody could ask all of those that
stand behind one endpoint.
"""

import socket
import time

from neutron.api import extensions
from oslo_log import log as logging

import tricircle
from tricircle.conf import durations
from tricircle.db import away
from tricircle.db import session as sessions
from tricircle.db.central.pod import releases as noted
from tricircle.replica import releases

LOG = logging.getLogger(__name__)


class OwnRelease:
    """Notes it again and again, as a look of central's worker."""

    def __init__(self) -> None:
        self._due_at = 0.0

    def look(self) -> None:
        """Note it if that is due; a failure keeps nobody from the work."""
        now = time.monotonic()
        if now < self._due_at:
            return
        self._due_at = now + durations.RELEASE_AGAIN
        try:
            _note()
        except Exception as exc:
            away.note(LOG, 'What central runs could not be noted', exc)


@sessions.retry
def _note() -> None:
    # What GET /v2.0/extensions lists.
    served = extensions.PluginAwareExtensionManager.get_instance()
    release = releases.own(tricircle.__version__, served.extensions)
    with sessions.writer() as session:
        noted.note_own(session, noted.CENTRAL, socket.gethostname(), release)
