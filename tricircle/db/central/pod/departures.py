# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Regions that leave: what was asked for, and what of them is left.

An operator asks for it on the pod; central's own processes carry it out.
Neutron's tables are not read: the Admin API does not load Neutron.
"""

from collections.abc import Iterable
import dataclasses
from typing import Any, cast, Final

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import models as central_models
from tricircle.db.central.job import pauses
from tricircle.db.central.models import PodState
from tricircle.db.central.pod import pods
from tricircle.replica import references
from tricircle.replica import types

_PODS = cast(sa.Table, central_models.Pod.__table__)
_GONE = cast(sa.Table, central_models.GoneRegion.__table__)
_ROUTINGS = cast(sa.Table, central_models.ResourceRouting.__table__)
_LOCATIONS = cast(sa.Table, central_models.PortLocation.__table__)
_RESERVED = cast(sa.Table, central_models.ReservedPort.__table__)
_PIECES = cast(sa.Table, central_models.RouterPiece.__table__)
_JOURNAL = cast(sa.Table, central_models.JournalEntry.__table__)
#: What says of a pod that something of its region is left, by its ID.
OF_POD: Final = (_ROUTINGS, _LOCATIONS, _RESERVED, _PIECES)
#: How many ports a refusal names.
_NAMED: Final = 5


@dataclasses.dataclass(frozen=True)
class Failure:
    """The job of a region that has been failing for longest."""

    resource_type: str
    resource_id: str
    reason: str
    attempts: int


@dataclasses.dataclass(frozen=True)
class Progress:
    """What is left of a region.

    :ivar remaining: how many resources it has, by type
    :ivar held_ports: ports that central holds for it
    :ivar in_use: ports there that something uses
    :ivar jobs: what it has not confirmed
    :ivar failing: how many of these have failed
    """

    pod: central_models.Pod
    remaining: dict[str, int]
    held_ports: int
    in_use: int
    jobs: int
    failing: int
    oldest: Failure | None


def drain(session: orm.Session, pod_id: str, force: bool) -> Progress:
    """Have a region leave; safe to repeat.

    :param force: also if something uses ports there, which is then without
        them
    :raises PodNotFound: when there is none with that ID
    :raises PodConflict: when something uses ports there, or it is lost, or
        something of it is paused
    """
    pod = _leaving(session, pod_id)
    if pod.state == PodState.LOST:
        raise pods.PodConflict(
            f'{pod.region_name} is lost: it cannot give anything back'
        )
    _check_goes_on(session, pod)
    if not force:
        _check_unused(session, pod)
    pod.state, pod.forced, pod.ends = PodState.DRAINING.value, force, True
    session.flush()
    return progress(session, pod_id)


def give_up(session: orm.Session, pod_id: str, ends: bool) -> Progress:
    """Say of a region that it will not come back; safe to repeat.

    :param ends: the pod goes as well
    :raises PodNotFound: when there is none with that ID
    :raises PodConflict: when it is central's
    """
    pod = _leaving(session, pod_id)
    pod.state = PodState.LOST.value
    # Nothing waits for it any more.
    pod.paused_at = pod.pause_reason = None
    # Once said, it stays said.
    pod.ends = ends or pod.ends
    session.flush()
    return progress(session, pod_id)


def stop(session: orm.Session, pod_id: str) -> Progress:
    """Serve a region again that was leaving; what it gave back is gone.

    :raises PodNotFound: when there is none with that ID
    :raises PodConflict: when it is lost
    """
    pod = _leaving(session, pod_id)
    if pod.state == PodState.LOST:
        raise pods.PodConflict(
            f'{pod.region_name} is lost, and others may have what it had: '
            'delete the pod, and have the region join as a new one'
        )
    pod.state, pod.forced, pod.ends = PodState.ACTIVE.value, False, False
    session.flush()
    return progress(session, pod_id)


def _leaving(session: orm.Session, pod_id: str) -> central_models.Pod:
    pod = session.get(central_models.Pod, pod_id, with_for_update=True)
    if pod is None:
        raise pods.PodNotFound(pod_id)
    if not pod.az_name:
        raise pods.PodConflict(
            f'{pod.region_name} is the region of central Neutron'
        )
    return pod


def _in_use(pod_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        _LOCATIONS.c.pod_id == pod_id,
        # What a router has goes with it.
        _LOCATIONS.c.piece_id.is_(None),
        sa.or_(_LOCATIONS.c.host != '', _LOCATIONS.c.device_id != ''),
    )


def _count(session: orm.Session, *where: sa.ColumnElement[bool]) -> int:
    return int(session.scalar(sa.select(sa.func.count()).where(*where)) or 0)


def _check_goes_on(session: orm.Session, pod: central_models.Pod) -> None:
    """Check that what is to be taken away there does not wait for ever."""
    if pod.paused_at is not None:
        raise pods.PodConflict(
            f'{pod.region_name} is paused, and gives nothing back: resume it '
            'first'
        )
    found = pauses.jobs_of(session, pod.region_name, _NAMED)
    if found:
        raise pods.PodConflict(
            f'{pod.region_name} has jobs that are paused: resume these '
            f'first, such as {", ".join(found)}'
        )


def _check_unused(session: orm.Session, pod: central_models.Pod) -> None:
    used = _in_use(pod.pod_id)
    found = session.execute(
        sa.select(_LOCATIONS.c.port_id, _LOCATIONS.c.device_id)
        .where(used)
        .order_by(_LOCATIONS.c.port_id)
        .limit(_NAMED)
    ).all()
    if not found:
        return
    count = _count(session, used)
    listed = ', '.join(
        f'port {row.port_id}'
        + (f' of {row.device_id}' if row.device_id else '')
        for row in found
    )
    more = count - len(found)
    raise pods.PodConflict(
        f'{count} ports on central networks are in use in '
        f'{pod.region_name}: {listed}'
        + (f' and {more} more' if more else '')
        + '. Delete or move what uses them, or force it'
    )


def progress(session: orm.Session, pod_id: str) -> Progress:
    """Tell what is left of a region, whether it leaves or not.

    :raises PodNotFound: when there is none with that ID
    """
    pod = pods.get(session, pod_id)
    jobs = sa.and_(
        _JOURNAL.c.region_name == pod.region_name,
        _JOURNAL.c.pending,
        _JOURNAL.c.resource_type != types.SWEEP,
    )
    # What central itself fails at holds it up as well.
    failed = sa.and_(
        sa.or_(
            jobs,
            sa.and_(
                _JOURNAL.c.resource_id == pod_id,
                _JOURNAL.c.resource_type == types.DEPARTURE,
                _JOURNAL.c.pending,
            ),
        ),
        _JOURNAL.c.reason.is_not(None),
    )
    oldest = session.execute(
        sa.select(
            _JOURNAL.c.resource_type,
            _JOURNAL.c.resource_id,
            _JOURNAL.c.reason,
            _JOURNAL.c.attempts,
        )
        .where(failed)
        .order_by(_JOURNAL.c.attempts.desc(), _JOURNAL.c.id)
        .limit(1)
    ).one_or_none()
    return Progress(
        pod=pod,
        remaining=pods.presences(session, pod_id),
        held_ports=_count(session, _RESERVED.c.pod_id == pod_id),
        in_use=_count(session, _in_use(pod_id)),
        jobs=_count(session, jobs),
        failing=_count(session, failed),
        oldest=None if oldest is None else Failure(*oldest),
    )


def state_of(
    session: orm.Session, region_name: str
) -> tuple[PodState | None, bool]:
    """Return the state of a region, and whether it is forced to leave.

    :returns: no state, of a region that is none (any more)
    """
    row = session.execute(
        sa.select(_PODS.c.state, _PODS.c.forced).where(
            _PODS.c.region_name == region_name
        )
    ).one_or_none()
    if row is None:
        return None, False
    return PodState(row.state), bool(row.forced)


def not_lost(session: orm.Session) -> set[str]:
    """Return the regions that there still is a way to."""
    return set(
        session.scalars(
            sa.select(_PODS.c.region_name).where(
                _PODS.c.az_name != '', _PODS.c.state != PodState.LOST.value
            )
        )
    )


def has_left(session: orm.Session, region_name: str) -> PodState | None:
    """Return how a region went that is none any more, None if it never was.

    :param region_name: as somebody wrote it, which may be no name
    """
    if not references.is_region(region_name):
        return None
    state = session.scalar(
        sa.select(_GONE.c.state).where(_GONE.c.region_name == region_name)
    )
    return None if state is None else PodState(state)


def has_something(session: orm.Session, pod_id: str) -> bool:
    """Tell whether central has anything of a pod."""
    return (
        session.scalar(
            sa.union_all(
                *(
                    sa.select(sa.literal(1))
                    .where(table.c.pod_id == pod_id)
                    .limit(1)
                    .subquery()
                    .select()
                    for table in OF_POD
                )
            ).limit(1)
        )
        is not None
    )


def to_carry_out(session: orm.Session) -> list[str]:
    """Return the IDs of the pods that central has something to do for."""
    rows = session.execute(
        sa.select(_PODS.c.pod_id, _PODS.c.region_name, _PODS.c.ends)
        .where(_PODS.c.state != PodState.ACTIVE.value)
        .order_by(_PODS.c.pod_id)
    ).all()
    return [
        row.pod_id
        for row in rows
        if row.ends
        or has_something(session, row.pod_id)
        or has_entries(session, row.region_name)
    ]


def has_entries(session: orm.Session, region_name: str) -> bool:
    """Tell whether the journal has anything of a region."""
    return (
        session.scalar(
            sa.select(_JOURNAL.c.id)
            .where(_JOURNAL.c.region_name == region_name)
            .limit(1)
        )
        is not None
    )


def entries(
    session: orm.Session, region_name: str, limit: int
) -> Iterable[Any]:
    """Return the IDs of some entries of a region in the journal."""
    return session.scalars(
        sa.select(_JOURNAL.c.id)
        .where(_JOURNAL.c.region_name == region_name)
        .order_by(_JOURNAL.c.id)
        .limit(limit)
    ).all()
