# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The journal as operators see it: a job for each of its entries.

Neutron's tables are not read: the Admin API does not load Neutron.
"""

from collections.abc import Callable, Mapping
import dataclasses
import datetime
import enum
import json
from typing import Any, cast, Final

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db import clock
from tricircle.db import lease
from tricircle.db.central import models as central_models
from tricircle.db.central import refusals
from tricircle.db.central.job import entries
from tricircle.plan import turns
from tricircle.replica import border
from tricircle.replica import references
from tricircle.replica import types

_JOURNAL = entries.JOURNAL
_PODS = cast(sa.Table, central_models.Pod.__table__)


class Status(enum.StrEnum):
    """How far a job is."""

    #: It waits for its first attempt.
    NEW = 'NEW'
    #: Somebody is at it.
    RUNNING = 'RUNNING'
    #: An operator has it, or its region, wait.
    PAUSED = 'PAUSED'
    #: The last attempt failed; there will be another.
    FAIL = 'FAIL'
    #: An operator ended it before the region had what was wanted.
    ENDED = 'ENDED'
    #: The region has what was wanted last.
    SUCCESS = 'SUCCESS'


#: Whose jobs wait for a moment, not for a region.
_OUTSTANDING: Final = sa.and_(
    _JOURNAL.c.applied < _JOURNAL.c.counter,
    _JOURNAL.c.resource_type != types.SWEEP,
)
_STATUS: Final = sa.case(
    (sa.not_(lease.is_over(_JOURNAL.c)), Status.RUNNING.value),
    # Of itself also when nothing waits, so that no pause is forgotten.
    (_JOURNAL.c.paused_at.is_not(None), Status.PAUSED.value),
    (
        sa.and_(entries.WAITS, _PODS.c.paused_at.is_not(None)),
        Status.PAUSED.value,
    ),
    (entries.ENDED, Status.ENDED.value),
    (entries.CONFIRMED, Status.SUCCESS.value),
    (_JOURNAL.c.reason.is_not(None), Status.FAIL.value),
    else_=Status.NEW.value,
)


def _timestamp(row: Any) -> sa.ColumnElement[Any]:
    return sa.func.coalesce(row.updated_at, row.created_at)


def _wanted_at(row: Any) -> sa.ColumnElement[Any]:
    return sa.func.coalesce(row.wanted_at, row.created_at)


#: What jobs may be sorted by: of columns, what is never null.
SORTS: Final[Mapping[str, Callable[[Any], sa.ColumnElement[Any]]]] = {
    'timestamp': _timestamp,
    'id': lambda row: row.id,
    'type': lambda row: row.resource_type,
    'region_name': lambda row: row.region_name,
    'project_id': lambda row: sa.func.coalesce(row.project_id, ''),
    'attempts': lambda row: row.attempts,
    'next_try_at': lambda row: row.next_try_at,
    'wanted_at': _wanted_at,
    'created_at': lambda row: row.created_at,
}


@dataclasses.dataclass(frozen=True)
class Waiting:
    """How many jobs of a type are to be done.

    :ivar failing: those of them whose last attempt failed
    """

    pending: int = 0
    failing: int = 0


@dataclasses.dataclass(frozen=True)
class Job:
    """An entry of the journal.

    :ivar pod_id: of its region, None when that is no pod (any more)
    :ivar timestamp: when it was last touched
    :ivar next_try_at: None when there will be none
    :ivar wanted_at: since when the region lacks what is wanted
    :ivar age: the seconds since then
    :ivar paused_at: since when an operator has it, or its region, wait
    :ivar pause_reason: what for
    """

    id: str
    project_id: str | None
    type: str
    status: Status
    timestamp: datetime.datetime
    resource_id: str
    region_name: str
    pod_id: str | None
    reason: str | None
    priority: turns.Priority
    attempts: int
    next_try_at: datetime.datetime | None
    wanted_at: datetime.datetime | None
    age: float | None
    counter: int
    applied: int
    omitted: tuple[str, ...]
    created_at: datetime.datetime
    paused_at: datetime.datetime | None
    pause_reason: str | None


@dataclasses.dataclass(frozen=True)
class Order:
    """In which order, and from where on.

    :ivar key: of :data:`SORTS`
    :ivar marker: ID of the job after which to begin
    """

    key: str = 'timestamp'
    descending: bool = True
    marker: str | None = None


def _select() -> sa.Select[Any]:
    return sa.select(
        _JOURNAL,
        _PODS.c.pod_id,
        _PODS.c.paused_at.label('region_paused_at'),
        _PODS.c.pause_reason.label('region_pause_reason'),
        _STATUS.label('status'),
        _timestamp(_JOURNAL.c).label('timestamp'),
        sa.case((_OUTSTANDING, _wanted_at(_JOURNAL.c))).label('since'),
        clock.Now().label('now'),
    ).select_from(
        _JOURNAL.outerjoin(
            _PODS, _PODS.c.region_name == _JOURNAL.c.region_name
        )
    )


def _job(row: Any) -> Job:
    since, status = row.since, Status(row.status)
    return Job(
        id=row.id,
        project_id=row.project_id,
        type=row.resource_type,
        status=status,
        timestamp=row.timestamp,
        resource_id=row.resource_id,
        region_name=row.region_name,
        pod_id=row.pod_id,
        reason=row.reason,
        priority=turns.Priority(row.priority),
        attempts=row.attempts,
        next_try_at=row.next_try_at
        if row.pending and status is not Status.PAUSED
        else None,
        wanted_at=since,
        age=None
        if since is None
        else max(0.0, (row.now - since).total_seconds()),
        counter=row.counter,
        applied=row.applied,
        omitted=tuple(json.loads(row.omitted)) if row.omitted else (),
        created_at=row.created_at,
        paused_at=row.paused_at or row.region_paused_at,
        pause_reason=row.pause_reason
        if row.paused_at
        else row.region_pause_reason,
    )


def _of_resource(value: str) -> sa.ColumnElement[bool]:
    is_it = _JOURNAL.c.resource_id == value
    if not references.is_uuid(value):
        return is_it
    # A network has its shadow ports in chunks.
    return sa.or_(
        is_it, _JOURNAL.c.resource_id.startswith(f'{value}_', autoescape=True)
    )


#: Conditions by the name of a filter, given its value.
FILTERS: Final[Mapping[str, Callable[[Any], sa.ColumnElement[bool]]]] = {
    'type': lambda value: _JOURNAL.c.resource_type == value,
    'status': lambda value: _STATUS == value,
    'project_id': lambda value: _JOURNAL.c.project_id == value,
    'region_name': lambda value: _JOURNAL.c.region_name == value,
    'pod_id': lambda value: _PODS.c.pod_id == value,
    'resource_id': _of_resource,
    'min_age': lambda value: sa.and_(
        _OUTSTANDING, _wanted_at(_JOURNAL.c) <= clock.Now(-value)
    ),
    'max_age': lambda value: sa.and_(
        _OUTSTANDING, _wanted_at(_JOURNAL.c) >= clock.Now(-value)
    ),
}


def find(
    session: orm.Session,
    filters: Mapping[str, Any],
    project_id: str | None,
    order: Order,
    limit: int,
) -> list[Job]:
    """Return the jobs that match.

    :param filters: by names of :data:`FILTERS`
    :param project_id: of whom they are to be, None for everybody's
    :raises Invalid: when the marker is no job
    """
    query = _select()
    for name, value in filters.items():
        query = query.where(FILTERS[name](value))
    query = query.where(*_owned(project_id))
    key = SORTS[order.key]
    if order.marker is not None:
        query = query.where(_after(session, order, project_id))
    columns = (key(_JOURNAL.c), _JOURNAL.c.id)
    query = query.order_by(
        *(one.desc() if order.descending else one for one in columns)
    )
    return [_job(row) for row in session.execute(query.limit(limit))]


def _owned(project_id: str | None) -> list[sa.ColumnElement[bool]]:
    return [] if project_id is None else [_JOURNAL.c.project_id == project_id]


def _after(
    session: orm.Session, order: Order, project_id: str | None
) -> sa.ColumnElement[bool]:
    key = SORTS[order.key](_JOURNAL.c)
    found = session.execute(
        sa.select(key.label('value')).where(
            _JOURNAL.c.id == order.marker, *_owned(project_id)
        )
    ).one_or_none()
    if found is None:
        raise refusals.Invalid(
            f'marker {border.shortened(order.marker or "")} is no job'
        )
    if order.descending:
        further, beside = key < found.value, _JOURNAL.c.id < order.marker
    else:
        further, beside = key > found.value, _JOURNAL.c.id > order.marker
    return sa.or_(further, sa.and_(key == found.value, beside))


def get(
    session: orm.Session, job_id: str, project_id: str | None = None
) -> Job:
    """Return a job.

    :param project_id: of whom it is to be, None for anybody's
    :raises NotFound: when there is none
    """
    row = session.execute(
        _select().where(_JOURNAL.c.id == job_id, *_owned(project_id))
    ).one_or_none()
    if row is None:
        raise refusals.NotFound(
            f'Job {border.shortened(job_id)} could not be found'
        )
    return _job(row)


def locked(session: orm.Session, job_id: str) -> Job:
    """Return a job that nobody changes before this transaction ends.

    :raises NotFound: when there is none
    """
    session.execute(
        sa.select(_JOURNAL.c.id)
        .where(_JOURNAL.c.id == job_id)
        .with_for_update()
    )
    return get(session, job_id)


def waiting(session: orm.Session) -> dict[str, Waiting]:
    """Return how many jobs are to be done, by type, central's own too.

    Sweeps are not among them: they wait for a moment.
    """
    rows = session.execute(
        sa.select(
            _JOURNAL.c.resource_type,
            sa.func.count().label('pending'),
            sa.func.count(_JOURNAL.c.reason).label('failing'),
        )
        .where(entries.WAITS, _JOURNAL.c.resource_type != types.SWEEP)
        .group_by(_JOURNAL.c.resource_type)
    )
    return {
        row.resource_type: Waiting(row.pending, row.failing) for row in rows
    }
