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

from collections.abc import Callable, Iterable, Mapping
import dataclasses
from typing import Any

from oslo_db import exception as db_exc
from oslo_log import log as logging

from tricircle.client import region as region_client
from tricircle.conf import fault_point
from tricircle.db import session as sessions
from tricircle.db.central import adoptions
from tricircle.db.central import departures
from tricircle.db.central import documents as central_state
from tricircle.db.central import presence
from tricircle.db.central import sources
from tricircle.db.central.router import documents as central_router_documents
from tricircle.journal import claims
from tricircle.journal import intent
from tricircle.journal import sweep as journal_sweep
from tricircle.plan import sweep as sweep_plan
from tricircle.replica import kinds
from tricircle.xjob import adoption
from tricircle.xjob import metrics

LOG = logging.getLogger(__name__)

#: The region reads each replica back for it.
PAGE = 50


class _Unreadable(Exception):
    """A region fails to read one replica; others may be as they should."""


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
    job: claims.Job,
    interval: float,
    go_on: Callable[[], bool],
) -> str:
    """Sweep a region as a job; return what was found.

    :param interval: seconds until the next one; 0 for none
    :param go_on: as for :func:`sweep`; one that was left off is due at once
    :raises tricircle.client.region.RegionError: the region did not answer,
        or not to this; it is tried again like any job
    """
    if interval <= 0 or job.region_name not in known_regions():
        _call_off(job.region_name)
        return 'called off'
    summary = sweep(client, go_on)
    if not summary.complete:
        claims.put_back(job)
        return 'left off'
    _put_off(job, interval)
    return f'{len(summary.found)} differences'


@sessions.retry
def _call_off(region_name: str) -> None:
    with sessions.writer() as session:
        journal_sweep.call_off(session, region_name)


@sessions.retry
def _put_off(job: claims.Job, interval: float) -> None:
    with sessions.writer() as session:
        journal_sweep.put_off(session, job.id, job.owner, interval)


def sweep(
    client: region_client.RegionClient,
    go_on: Callable[[], bool] = lambda: True,
    summary: Summary | None = None,
) -> Summary:
    """Compare a region with central, and record an intent per difference.

    :param go_on: called after each page that the region answered; the
        sweep is left off when it returns False
    :param summary: to put what is found in, for who wants it also when the
        region stops answering
    :raises tricircle.client.region.RegionError: the region did not answer
    """
    if summary is None:
        summary = Summary(client.region_name)
    unserved: list[region_client.ReplicaRefused] = []
    for kind in kinds.KINDS:
        resource_type = kind.type
        marker: str | None = None
        while True:
            try:
                marker = _page(client, resource_type, marker, summary)
            except region_client.ReplicaRefused as exc:
                # A region of the version before has no such replicas.
                if exc.status != 404:
                    raise
                unserved.append(exc)
                break
            fault_point.reach('xjob.sweep.page')
            if not go_on():
                return summary
            if marker is None:
                break
    if len(unserved) == len(kinds.KINDS):
        raise unserved[0]
    summary.complete = True
    return summary


def _page(
    client: region_client.RegionClient,
    resource_type: str,
    marker: str | None,
    summary: Summary,
) -> str | None:
    """Compare one window; return where the next one begins."""
    # The region first: what comes later is then later in central too, so
    # that nothing new counts as missing there.
    here = [_here(one) for one in client.page(resource_type, marker, PAGE)]
    wanted = _wanted(client.region_name, resource_type, marker)
    end = sweep_plan.end_of_window(
        ([one.id for one in here], PAGE), ([one.id for one in wanted], PAGE)
    )
    if end is not None:
        here = [one for one in here if one.id <= end]
        wanted = [one for one in wanted if one.id <= end]
    findings = sweep_plan.compare(here, wanted)
    summary.compared[resource_type] = summary.compared.get(
        resource_type, 0
    ) + len(here)
    by_id = {one.id: one for one in wanted}
    missing, drifted = [], list(findings.drifted)
    arrived = list(findings.arrived)
    for resource_id in findings.unlisted:
        wanted_one = by_id[resource_id]
        if wanted_one.ended:
            if _has_arrived(client, resource_type, wanted_one):
                arrived.append(resource_id)
            continue
        if wanted_one.digest is None:
            # Gone in central too: the journal will say so to the region.
            drifted.append(resource_id)
            continue
        try:
            there = _look(client, resource_type, resource_id)
        except _Unreadable:
            drifted.append(resource_id)
            continue
        if there is None:
            missing.append(resource_id)
        elif sweep_plan.differs(there, wanted_one):
            drifted.append(resource_id)
    unknown = {
        one.id: one.counter
        for one in here
        if one.id in findings.unknown
        # What was released or removed meanwhile is no surprise.
        and _is_there(client, resource_type, one.id)
    }
    # What arrived is for the region to say, in the answer to its job.
    _record(
        client.region_name,
        resource_type,
        [*drifted, *missing, *arrived],
        unknown,
    )
    found = [
        (resource_type, one, what)
        for what, ids in (
            ('differs', drifted),
            ('is missing', missing),
            ('is there and not known of', unknown),
        )
        for one in ids
    ]
    for _type, resource_id, what in found:
        LOG.warning(
            '%s %s in %s: %s; it will be made right',
            resource_type,
            resource_id,
            client.region_name,
            what,
        )
    summary.found.extend(found)
    metrics.compared(client.region_name, len(here), len(found))
    return end


def _here(body: dict[str, Any]) -> sweep_plan.Here:
    return sweep_plan.Here(
        id=body['id'],
        digest=body['digest'],
        # A region of the version before does not tell.
        applied_digest=body.get('applied_digest', body['digest']),
        epoch=body['epoch'],
        counter=body['counter'],
        revision=body.get('revision'),
    )


def _look(
    client: region_client.RegionClient, resource_type: str, resource_id: str
) -> sweep_plan.Here | None:
    """Ask for a replica itself; None when it is really not there.

    :raises _Unreadable: the region cannot tell, of this one
    """
    try:
        return _here(client.get(resource_type, resource_id))
    except region_client.ReplicaRefused as exc:
        if exc.status == 500:
            LOG.warning(
                '%s %s in %s: %s',
                resource_type,
                resource_id,
                client.region_name,
                exc,
            )
            raise _Unreadable from exc
        if exc.status != 404:
            raise
        return None


def _is_there(
    client: region_client.RegionClient, resource_type: str, resource_id: str
) -> bool:
    """Tell whether a replica is there for certain."""
    try:
        return _look(client, resource_type, resource_id) is not None
    except _Unreadable:
        return False


def _has_arrived(
    client: region_client.RegionClient,
    resource_type: str,
    wanted: sweep_plan.Wanted,
) -> bool:
    """Tell whether a region has what a job that was ended was to bring."""
    try:
        there = _look(client, resource_type, wanted.id)
    except _Unreadable:
        return False
    if there is None:
        return wanted.digest is None
    return not sweep_plan.differs(there, wanted)


@sessions.retry
def _wanted(
    region_name: str, resource_type: str, marker: str | None
) -> list[sweep_plan.Wanted]:
    with sessions.reader() as session:
        entries = journal_sweep.page(
            session, region_name, resource_type, marker, PAGE
        )
        found = _expected(
            session,
            resource_type,
            [one.resource_id for one in entries if not one.in_flight],
            region_name,
        )
    return [
        dataclasses.replace(
            found.get(
                one.resource_id, sweep_plan.Wanted(one.resource_id, None)
            ),
            in_flight=one.in_flight,
            partial=one.partial,
            ended=one.ended,
        )
        for one in entries
    ]


def _expected(
    session: Any, resource_type: str, ids: list[str], region_name: str
) -> dict[str, sweep_plan.Wanted]:
    try:
        found = central_state.documents(
            session, resource_type, ids, region_name, intent.generations
        )
        return {
            key: sweep_plan.Wanted(
                key, one.digest, told=one.told.get('revision', 0)
            )
            for key, one in found.items()
        }
    except (
        sources.MissingReservation,
        central_router_documents.MissingLeg,
    ):
        if len(ids) == 1:
            # Its job will have central reserve what is missing.
            return {}
    except db_exc.DBError:
        raise
    except Exception:
        if len(ids) == 1:
            # Its job will fail of it, and say so.
            LOG.exception('%s %s cannot be planned', resource_type, ids[0])
            return {}
    each: dict[str, sweep_plan.Wanted] = {}
    for one in ids:
        each.update(_expected(session, resource_type, [one], region_name))
    return each


@sessions.retry
def _record(
    region_name: str,
    resource_type: str,
    ids: Iterable[str],
    unknown: Mapping[str, int],
) -> None:
    """Record intents.

    :param unknown: by ID of what the region has and the journal knows not
        of, the counter that the region applied
    """
    intents = [
        journal_sweep.repair(resource_type, one, region_name)
        for one in sorted(ids)
    ]
    if not intents and not unknown:
        return
    with sessions.writer() as session:
        if intents:
            intent.record(session, intents)
        # What central is yet to make of what the region has given it is no
        # surprise there.
        if unknown and not adoptions.is_taken_over(session, region_name):
            adoption.adopt(session, region_name, resource_type, unknown)
