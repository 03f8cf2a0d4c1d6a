# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What a region and this XJob run, for operators to see.

XJob asks, as for whether the region answers: the administrator API calls no
region, so that a region that is slow keeps no operator waiting, and what a
region ran is known while it is away.
"""

import time

from oslo_log import log as logging

import tricircle
from tricircle.client import region as region_client
from tricircle.conf import durations
from tricircle.db import away
from tricircle.db import session as sessions
from tricircle.db.central.pod import releases as noted
from tricircle.replica import releases

LOG = logging.getLogger(__name__)


class RegionRelease:
    """Asks one region now and then, and notes the answer."""

    def __init__(self, client: region_client.RegionClient) -> None:
        self._client = client
        self._due_at = 0.0

    def soon(self) -> None:
        """Have it asked at the next look: it may have been upgraded."""
        self._due_at = 0.0

    def look(self) -> None:
        """Ask and note, if that is due.

        A region of a release before this one has no such answer, and one may
        say anything: that is noted as what is not known, and fails nothing.
        """
        now = time.monotonic()
        if now < self._due_at:
            return
        self._due_at = now + durations.RELEASE_AGAIN
        name = self._client.region_name
        try:
            said = releases.read(self._client.release())
        except region_client.RegionUnreachable as exc:
            # Whether it answers is found out elsewhere.
            LOG.info('What %s runs is not known: %s', name, exc)
            return
        except (region_client.RegionError, releases.InvalidRelease) as exc:
            LOG.info('What %s runs is not known: %s', name, exc)
            found: releases.Release | str = reason(exc)
        else:
            found = said
        try:
            _write(name, found)
        except Exception as exc:
            # It is asked anew.
            away.note(LOG, f'What {name} runs could not be noted', exc)


class OwnRelease:
    """Notes what this process runs.

    :param host: on which it does
    """

    def __init__(self, host: str) -> None:
        self._host = host
        self._due_at = 0.0

    def look(self) -> None:
        """Note it, if that is due."""
        now = time.monotonic()
        if now < self._due_at:
            return
        self._due_at = now + durations.RELEASE_AGAIN
        try:
            _write_own(self._host)
        except Exception as exc:
            away.note(LOG, 'What XJob runs could not be noted', exc)


def reason(exc: Exception) -> str:
    """Return why a region does not say what it is asked for."""
    if isinstance(exc, region_client.ReplicaRefused) and exc.status == 404:
        return 'it is of a release that does not say'
    return str(exc)


@sessions.retry
def _write(region_name: str, found: releases.Release | str) -> None:
    with sessions.writer() as session:
        if isinstance(found, str):
            noted.note_silence(session, region_name, found)
        else:
            noted.note_region(session, region_name, found)


@sessions.retry
def _write_own(host: str) -> None:
    release = releases.own(tricircle.__version__)
    with sessions.writer() as session:
        noted.note_own(session, noted.XJOB, host, release)
