# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The sweep: what a region has, compared with what it should have.

The journal carries every change of central to the regions; the sweep finds
what changed there without central: an operator who edited a replica, a
database that was restored, a shadow port that an agent took down. What it
finds becomes an intent, and a job like any other.
"""

from collections.abc import Callable, Iterable
import dataclasses
from typing import Final

from oslo_log import log as logging

from tricircle.client import region as region_client
from tricircle.conf import fault_point
from tricircle.db import session as sessions
from tricircle.db.central import presence
from tricircle.db.central.job import pauses
from tricircle.db.central.pod import departures
from tricircle.drift import comparing
from tricircle.drift import recording
from tricircle.journal import claims
from tricircle.journal import sweep as journal_sweep
from tricircle.journal.job import Job
from tricircle.xjob import metrics
from tricircle.xjob import pace

LOG = logging.getLogger(__name__)

_SAID: Final = {
    comparing.Difference.DIFFERS: 'differs',
    comparing.Difference.MISSING: 'is missing',
    comparing.Difference.UNKNOWN: 'is there and not known of',
}


@dataclasses.dataclass
class Summary:
    """What a sweep of a region looked at, and what it found.

    :ivar compared: replicas by type
    :ivar found: (type, ID, what) of all that is not as it should be
    :ivar complete: False when it was left off after some page
    """

    region_name: str
    compared: dict[str, int] = dataclasses.field(default_factory=dict)
    found: list[tuple[str, str, str]] = dataclasses.field(default_factory=list)
    complete: bool = False


def reachable_regions() -> set[str]:
    """Return the regions that XJob has something to do with."""
    with sessions.reader() as session:
        return departures.not_lost(session)


def known_regions() -> list[str]:
    """Return the regions that can be swept."""
    with sessions.reader() as session:
        return [pod.region_name for pod in presence.serving(session)]


@sessions.retry
def plan(interval: float, new: Iterable[str] = ()) -> None:
    """Have every region swept from time to time.

    :param interval: seconds
    :param new: regions that have just come, which are swept at once: they
        may have something of central from an earlier time
    """
    with sessions.writer() as session:
        journal_sweep.plan(session, new, 0.0)
        journal_sweep.plan(
            session,
            [pod.region_name for pod in presence.serving(session)],
            interval,
        )


def carry_out(
    client: region_client.RegionClient,
    job: Job,
    interval: float,
    go_on: Callable[[], bool],
    held: pace.Pace | None = None,
) -> str:
    """Sweep a region as a job; return what was found.

    :param interval: seconds until the next one; 0 for none
    :param go_on: as for :func:`sweep`; one that was left off is due at once
    :param held: to what it is held, None to nothing
    :raises tricircle.client.region.RegionError: the region did not answer,
        or not to this; it is tried again like any job
    """
    if interval <= 0 or job.region_name not in known_regions():
        _call_off(job.region_name)
        return 'called off'
    # What was begun when an operator paused the region ends with its page.
    summary = sweep(client, lambda: go_on() and not _is_paused(job), held=held)
    if not summary.complete:
        claims.put_back(job)
        return 'left off'
    _put_off(job, interval)
    return f'{len(summary.found)} differences'


@sessions.retry
def _is_paused(job: Job) -> bool:
    with sessions.reader() as session:
        return pauses.is_region_paused(session, job.region_name)


@sessions.retry
def _call_off(region_name: str) -> None:
    with sessions.writer() as session:
        journal_sweep.call_off(session, region_name)


@sessions.retry
def _put_off(job: Job, interval: float) -> None:
    with sessions.writer() as session:
        journal_sweep.put_off(session, job.id, job.owner, interval)


def sweep(
    client: region_client.RegionClient,
    go_on: Callable[[], bool] = lambda: True,
    summary: Summary | None = None,
    held: pace.Pace | None = None,
) -> Summary:
    """Compare a region with central, and record an intent per difference.

    :param go_on: called after each page that the region answered; the
        sweep is left off when it returns False
    :param summary: to put what is found in, for who wants it also when the
        region stops answering
    :param held: to what it is held, None to nothing
    :raises tricircle.client.region.RegionError: the region did not answer
    """
    if summary is None:
        summary = Summary(client.region_name)
    for window in comparing.windows(client):
        _record(client.region_name, window, summary)
        fault_point.reach('xjob.sweep.page')
        if held is not None:
            held.did(window.compared)
        if not go_on():
            return summary
    summary.complete = True
    return summary


def _record(
    region_name: str, window: comparing.Window, summary: Summary
) -> None:
    """Have what was found made right, and tell of it."""
    resource_type = window.resource_type
    summary.compared[resource_type] = (
        summary.compared.get(resource_type, 0) + window.compared
    )
    recording.record(region_name, window)
    found = [
        (resource_type, one, _SAID[what]) for one, what in window.found.items()
    ]
    for _type, resource_id, said in found:
        LOG.warning(
            '%s %s in %s: %s; it will be made right',
            resource_type,
            resource_id,
            region_name,
            said,
        )
    summary.found.extend(found)
    metrics.compared(region_name, window.compared, len(found))
