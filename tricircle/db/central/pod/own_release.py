# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What this process runs, noted for operators.

Each process of central's and each XJob writes it, a row a host: nobody could
ask all of those that stand behind one endpoint.
"""

from collections.abc import Callable, Iterable
import time

from oslo_log import log as logging

import tricircle
from tricircle.conf import durations
from tricircle.db import away
from tricircle.db import session as sessions
from tricircle.db.central.pod import releases as noted
from tricircle.replica import releases

LOG = logging.getLogger(__name__)


class OwnRelease:
    """Notes it again and again.

    :param program: one of :mod:`tricircle.db.central.pod.releases`
    :param host: on which it runs
    :param extensions: returns the aliases of Neutron's extensions that it
        serves
    """

    def __init__(
        self,
        program: str,
        host: str,
        extensions: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        self._program = program
        self._host = host
        self._extensions = extensions
        self._due_at = 0.0

    def look(self) -> None:
        """Note it if that is due; a failure keeps nobody from the work."""
        now = time.monotonic()
        if now < self._due_at:
            return
        self._due_at = now + durations.RELEASE_AGAIN
        try:
            self._note()
        except Exception as exc:
            what = f'The release of {self._program} could not be noted'
            away.note(LOG, what, exc)

    @sessions.retry
    def _note(self) -> None:
        release = releases.own(tricircle.__version__, self._extensions())
        with sessions.writer() as session:
            noted.note_own(session, self._program, self._host, release)
