# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What waits because an operator says so: regions, and jobs.

Central goes on accepting, and the journal goes on keeping what is wanted;
nobody begins to carry it out. What a region itself asks central for it gets.
Whoever is at a job of what is paused comes to its end.
"""

import datetime
from typing import Any, cast, Final

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db import clock
from tricircle.db.central import models as central_models
from tricircle.db.central import refusals
from tricircle.db.central.job import entries
from tricircle.db.central.job import jobs
from tricircle.db.central.models import Pod
from tricircle.db.central.models import PodState
from tricircle.db.central.pod import pods
from tricircle.replica import types

_JOURNAL = entries.JOURNAL
_PODS = cast(sa.Table, central_models.Pod.__table__)
#: What is no job of a resource in a region, and what to do instead.
_INSTEAD: Final = {
    types.SWEEP: 'pause the region',
    types.DEPARTURE: 'have the region leave no more',
    types.ADOPTION: 'leave the network to its region',
    types.ADOPTION_ROWS: 'leave the network to its region',
    **dict.fromkeys(types.MIRRORED, 'pause the region'),
    types.ROUTER_PLAN: "central carries it out; pause the router's pieces",
}


def is_region_paused(session: orm.Session, region_name: str) -> bool:
    """Tell whether what is for a region waits."""
    return session.scalar(_paused(region_name)) is not None


def _paused(region_name: str) -> sa.Select[Any]:
    return sa.select(_PODS.c.pod_id).where(
        _PODS.c.region_name == region_name, _PODS.c.paused_at.is_not(None)
    )


def may_go(region_name: str) -> sa.ColumnElement[bool]:
    """Return the condition that no operator has an entry of a region wait.

    The row of the pod is found by its name, once a statement.
    """
    return sa.and_(
        _JOURNAL.c.paused_at.is_(None), sa.not_(_paused(region_name).exists())
    )


def regions() -> sa.Select[Any]:
    """Return what selects the names of the regions that are paused."""
    return sa.select(_PODS.c.region_name).where(_PODS.c.paused_at.is_not(None))


def pause_region(session: orm.Session, pod_id: str, reason: str | None) -> Pod:
    """Have all wait that is for a region; safe to repeat.

    :param reason: what for; None leaves that of a pause that is there
    :raises PodNotFound: when there is none with that ID
    :raises PodConflict: when it is central's, leaves or is lost
    """
    pod = _locked(session, pod_id)
    if not pod.az_name:
        raise pods.PodConflict(
            f'{pod.region_name} is the region of central Neutron'
        )
    if pod.state == PodState.LOST:
        raise pods.PodConflict(
            f'{pod.region_name} is lost: nothing is carried out there'
        )
    if pod.state != PodState.ACTIVE:
        raise pods.PodConflict(
            f'{pod.region_name} leaves, which takes what waits there: stop '
            'its departure first'
        )
    if pod.paused_at is None:
        pod.paused_at, pod.pause_reason = clock.now(session), ''
    if reason is not None:
        pod.pause_reason = reason
    session.flush()
    return pod


def resume_region(session: orm.Session, pod_id: str) -> Pod:
    """Have what waits for a region carried out; safe to repeat.

    What is paused there by itself goes on waiting.

    :raises PodNotFound: when there is none with that ID
    """
    pod = _locked(session, pod_id)
    pod.paused_at = pod.pause_reason = None
    session.flush()
    return pod


def _locked(session: orm.Session, pod_id: str) -> Pod:
    pod = session.get(Pod, pod_id, with_for_update=True)
    if pod is None:
        raise pods.PodNotFound(pod_id)
    return pod


def pause_job(
    session: orm.Session, job_id: str, reason: str | None
) -> jobs.Job:
    """Have one job wait, and what is wanted of it later; safe to repeat.

    :param reason: as for :func:`pause_region`
    :raises NotFound: when there is none
    :raises Conflict: when it is none of a resource in a region that is served
    """
    job = jobs.locked(session, job_id)
    if job.type in _INSTEAD:
        raise refusals.Conflict(
            f'A job {job.type} is not paused: {_INSTEAD[job.type]}'
        )
    # Who has the region leave holds the row, and looks for what is paused.
    state = session.scalar(
        sa.select(_PODS.c.state)
        .where(_PODS.c.region_name == job.region_name)
        .with_for_update()
    )
    if state != PodState.ACTIVE:
        raise refusals.Conflict(
            f'{job.region_name} is {state or "no region any more"}: nothing '
            'there is paused'
        )
    now = _JOURNAL.c
    session.execute(
        sa.update(_JOURNAL)
        .where(now.id == job_id)
        # In this order: MySQL makes one change after the other.
        .ordered_values(
            (
                'pause_reason',
                reason
                if reason is not None
                else sa.func.coalesce(now.pause_reason, ''),
            ),
            ('paused_at', sa.func.coalesce(now.paused_at, clock.Now())),
            ('updated_at', clock.Now()),
        )
    )
    return jobs.get(session, job_id)


def resume_job(session: orm.Session, job_id: str) -> jobs.Job:
    """Have a job carried out at once that was paused; safe to repeat.

    :raises NotFound: when there is none
    """
    jobs.locked(session, job_id)
    session.execute(
        sa.update(_JOURNAL)
        .where(_JOURNAL.c.id == job_id, _JOURNAL.c.paused_at.is_not(None))
        .values(
            paused_at=None,
            pause_reason=None,
            next_try_at=clock.Now(),
            updated_at=clock.Now(),
        )
    )
    return jobs.get(session, job_id)


def jobs_of(session: orm.Session, region_name: str, limit: int) -> list[str]:
    """Return the IDs of jobs of a region that are paused by themselves."""
    return list(
        session.scalars(
            sa.select(_JOURNAL.c.id)
            .where(
                _JOURNAL.c.region_name == region_name,
                _JOURNAL.c.paused_at.is_not(None),
            )
            .order_by(_JOURNAL.c.id)
            .limit(limit)
        )
    )


def said(what: str, since: datetime.datetime, reason: str | None) -> str:
    """Return why something is not carried out.

    :param what: that was paused
    :param reason: what for, in the operator's words; tenants do not see it
    """
    return f'an operator paused {what} on {since:%Y-%m-%d %H:%M:%S}' + (
        f' (said: {reason})' if reason else ''
    )
