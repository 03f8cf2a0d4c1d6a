# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How the tunnels of a region are, for operators to see.

XJob asks for it as for what the region runs: the administrator API calls no
region.
"""

import time

from oslo_log import log as logging

from tricircle.client import region as region_client
from tricircle.conf import durations
from tricircle.db import away
from tricircle.db import session as sessions
from tricircle.db.central.pod import data_paths
from tricircle.replica import data_path
from tricircle.xjob.region import release

LOG = logging.getLogger(__name__)


class RegionDataPath:
    """Asks one region now and then, and notes the answer."""

    def __init__(self, client: region_client.RegionClient) -> None:
        self._client = client
        self._due_at = 0.0

    def look(self) -> None:
        """Ask and note, if that is due and no other XJob has just done so.

        What a region does not say, or nobody can read, is noted as what is
        not known, and fails nothing.
        """
        now = time.monotonic()
        if now < self._due_at:
            return
        self._due_at = now + durations.DATA_PATH_AGAIN
        name = self._client.region_name
        try:
            if _is_fresh(name):
                return
            found = self._ask()
            if found is not None:
                _write(name, found)
        except Exception as exc:
            # It is asked anew.
            away.note(LOG, f'Tunnels of {name} could not be noted', exc)

    def _ask(self) -> data_path.Summary | str | None:
        """Return what the region says, why not, or None without an answer."""
        name = self._client.region_name
        try:
            return data_path.read(self._client.data_path())
        except region_client.RegionUnreachable as exc:
            # Whether it answers is found out elsewhere; what it said before
            # is soon told no more.
            LOG.info('Tunnels of %s are not known: %s', name, exc)
            return None
        except (region_client.RegionError, data_path.InvalidSummary) as exc:
            LOG.info('Tunnels of %s are not known: %s', name, exc)
            return release.reason(exc)


@sessions.retry
def _is_fresh(region_name: str) -> bool:
    with sessions.reader() as session:
        return data_paths.is_fresh(
            session, region_name, durations.DATA_PATH_AGAIN / 2
        )


@sessions.retry
def _write(region_name: str, found: data_path.Summary | str) -> None:
    with sessions.writer() as session:
        data_paths.note(session, region_name, found)
