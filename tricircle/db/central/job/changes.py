# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What operators do with jobs: have one done again, end one, make one.

XJob is not woken: it finds what is due at its next look.
"""

from typing import Any, cast, Final

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db import clock
from tricircle.db.central import models as central_models
from tricircle.db.central import refusals
from tricircle.db.central.job import entries
from tricircle.db.central.job import jobs
from tricircle.db.central.job.jobs import Status
from tricircle.db.central.models import PodState
from tricircle.replica import types

_JOURNAL = entries.JOURNAL
_PODS = cast(sa.Table, central_models.Pod.__table__)
_ROUTINGS = cast(sa.Table, central_models.ResourceRouting.__table__)
# Neutron's table by name: the Admin API does not load Neutron for it.
_ROUTERS: Final = sa.table('routers', sa.column('id'), sa.column('project_id'))
_ADOPTION: Final = 'a network is adopted as a whole, or refused'
#: What is not ended, and what does that instead.
_GOES_ON: Final = {
    types.SWEEP: 'regions are not swept with [DEFAULT] sweep_interval = 0',
    types.DEPARTURE: '"pod departure stop" keeps a region from leaving',
    types.ADOPTION: _ADOPTION,
    types.ADOPTION_ROWS: _ADOPTION,
}

#: What is not made by hand, and by what it is made.
_MADE_BY: Final = {
    types.DEPARTURE: 'pod delete --drain',
    types.ADOPTION: 'network adopt',
    types.ADOPTION_ROWS: 'network adopt',
    **dict.fromkeys(types.MIRRORED, 'a change through the gateway'),
}


def redo(session: orm.Session, job_id: str) -> jobs.Job:
    """Have a job done now that waits, failed or was ended.

    :raises NotFound: when there is none
    :raises Conflict: when somebody is at it, or there is nothing to do, or an
        operator has it wait
    """
    job = jobs.locked(session, job_id)
    if job.status is Status.PAUSED:
        raise refusals.Conflict(
            f'Job {job_id}, or {job.region_name}, is paused: resume it'
        )
    if job.status is Status.RUNNING:
        raise refusals.Conflict(f'Job {job_id} is being carried out')
    if job.status is Status.SUCCESS:
        raise refusals.Conflict(
            f'Job {job_id} was carried out; make a new one to have '
            f'{job.region_name} told again'
        )
    return _want(
        session, job.type, job.resource_id, job.region_name, job.project_id
    )


def end(session: orm.Session, job_id: str) -> jobs.Job:
    """Have a job tried no more; safe to repeat.

    Somebody who is at it comes to the end of that attempt, and what that
    brought counts. Nothing counts as confirmed because of this.

    :raises NotFound: when there is none
    :raises Conflict: when it was carried out, or is not for ending
    """
    job = jobs.locked(session, job_id)
    if job.type in _GOES_ON:
        raise refusals.Conflict(
            f'A job {job.type} is not ended: {_GOES_ON[job.type]}'
        )
    if job.applied >= job.counter:
        raise refusals.Conflict(f'Job {job_id} was carried out')
    session.execute(
        sa.update(_JOURNAL)
        .where(_JOURNAL.c.id == job_id)
        .values(pending=False, updated_at=clock.Now())
    )
    return jobs.get(session, job_id)


def create(
    session: orm.Session,
    job_type: str,
    resource_id: str,
    region_name: str,
    project_id: str | None = None,
) -> jobs.Job:
    """Have a region told of a resource that it is to have, or be swept.

    :param region_name: of a pod; central's of a router's plan, where the
        journal does not know better
    :param project_id: that of the resource
    :raises Invalid: when that is not so, or there is no such resource
    :raises Conflict: when its region is not served
    """
    if job_type in _MADE_BY:
        raise refusals.Invalid(
            f'A job {job_type} is made by "{_MADE_BY[job_type]}"'
        )
    if job_type == types.ROUTER_PLAN:
        region_name, owner = _router(session, resource_id, region_name)
    else:
        owner = _present(session, job_type, resource_id, region_name)
    if project_id is not None and owner not in (None, project_id):
        raise refusals.Invalid(
            f'{job_type} {resource_id} is of another project'
        )
    return _want(
        session, job_type, resource_id, region_name, owner or project_id
    )


def _want(
    session: orm.Session,
    job_type: str,
    resource_id: str,
    region_name: str,
    project_id: str | None,
) -> jobs.Job:
    row = entries.row(job_type, resource_id, region_name, project_id)
    entries.want(session, [row])
    return jobs.get(session, row['id'])


def _entry(session: orm.Session, *which: sa.ColumnElement[bool]) -> Any:
    return session.execute(
        sa.select(_JOURNAL.c.region_name, _JOURNAL.c.project_id).where(*which)
    ).first()


def _router(
    session: orm.Session, router_id: str, region_name: str
) -> tuple[str, str | None]:
    """Return the region and the project of a router's plan."""
    project_id = session.scalar(
        sa.select(_ROUTERS.c.project_id).where(_ROUTERS.c.id == router_id)
    )
    known = _entry(
        session,
        _JOURNAL.c.resource_id == router_id,
        _JOURNAL.c.resource_type == types.ROUTER_PLAN,
    )
    if known is not None:
        return known.region_name, project_id or known.project_id
    if project_id is None:
        raise refusals.Invalid(f'There is no router {router_id}')
    return region_name, project_id


def _present(
    session: orm.Session, job_type: str, resource_id: str, region_name: str
) -> str | None:
    """Return the project of a resource that is present in a region."""
    pod = session.execute(
        sa.select(_PODS.c.pod_id, _PODS.c.az_name, _PODS.c.state).where(
            _PODS.c.region_name == region_name
        )
    ).one_or_none()
    if pod is None or not pod.az_name:
        raise refusals.Invalid(f'{region_name} has nothing of central')
    if pod.state == PodState.LOST or (
        job_type == types.SWEEP and pod.state != PodState.ACTIVE
    ):
        raise refusals.Conflict(f'{region_name} is {pod.state}')
    if job_type == types.SWEEP:
        return None
    there = session.execute(
        sa.select(_ROUTINGS.c.project_id).where(
            _ROUTINGS.c.top_id == resource_id,
            _ROUTINGS.c.pod_id == pod.pod_id,
            _ROUTINGS.c.resource_type == job_type,
        )
    ).one_or_none()
    if there is None:
        key = entries.entry_id(job_type, resource_id, region_name)
        there = _entry(session, _JOURNAL.c.id == key)
    if there is None:
        raise refusals.Invalid(
            f'{job_type} {resource_id} is not present in {region_name}'
        )
    return cast('str | None', there.project_id)
