# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Presence as operators see and repair it: the rows, one by one.

Who grants it is :mod:`tricircle.central.engine.presence`. What is written here
tells no region of anything: the next change of the resource does, or a job
that is made by hand.
"""

from collections.abc import Callable, Mapping
import datetime
from typing import Any, cast, Final

from oslo_db import exception as db_exc
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import models as central_models
from tricircle.db.central import numbered
from tricircle.db.central import presence
from tricircle.db.central import refusals
from tricircle.db.central.models import PodState
from tricircle.db.central.models import ResourceRouting
from tricircle.replica import references
from tricircle.replica import types

_ROUTINGS = cast(sa.Table, ResourceRouting.__table__)
MUTABLE: Final = (
    'top_id',
    'bottom_id',
    'pod_id',
    'project_id',
    'resource_type',
)
# Neutron's table by name: the Admin API does not load Neutron for it.
_PORTS: Final = sa.table(
    'ports',
    sa.column('id'),
    sa.column('network_id'),
    sa.column('device_id'),
)
#: What says which resource is where.
_PLACE: Final = ('top_id', 'pod_id', 'resource_type')


def _in_second(
    column: sa.ColumnElement[Any],
) -> Callable[[datetime.datetime], sa.ColumnElement[bool]]:
    return lambda moment: sa.and_(
        column >= moment, column < moment + datetime.timedelta(seconds=1)
    )


#: Conditions by the name of a filter, given its value.
FILTERS: Final[Mapping[str, numbered.Condition]] = {
    **{name: numbered.equals(_ROUTINGS.c[name]) for name in ('id', *MUTABLE)},
    **{
        name: _in_second(_ROUTINGS.c[name])
        for name in ('created_at', 'updated_at')
    },
}

_ROWS: Final[numbered.Rows[ResourceRouting]] = numbered.Rows(
    ResourceRouting, 'routing', FILTERS
)
find = _ROWS.find
get = _ROWS.get


def create(session: orm.Session, **fields: str) -> ResourceRouting:
    """Note that a resource is in a region.

    :param fields: of :data:`MUTABLE`
    :raises Invalid: when there can be no such resource there
    :raises Conflict: when it is known to be there, or is in another region
        although it may be in one only
    """
    made = ResourceRouting(**{'bottom_id': fields['top_id'], **fields})
    _complete(session, made)
    session.add(made)
    _write(session, made)
    _place(session, made)
    return made


def update(
    session: orm.Session, routing_id: int, changes: Mapping[str, str]
) -> ResourceRouting:
    """Change a row.

    :param changes: of :data:`MUTABLE`
    :raises NotFound: when there is none
    :raises Invalid: as of :func:`create`
    :raises Conflict: as of :func:`create`
    """
    found = get(session, routing_id, lock=True)
    before = [getattr(found, field) for field in _PLACE]
    if before != [changes.get(one, getattr(found, one)) for one in _PLACE]:
        _forget_location(session, found)
    for field, value in changes.items():
        setattr(found, field, value)
    _complete(session, found)
    _write(session, found)
    session.refresh(found)
    _place(session, found)
    return found


def delete(session: orm.Session, routing_id: int) -> ResourceRouting:
    """Forget that a resource is in a region; return what was noted.

    :raises NotFound: when there is none
    """
    found = get(session, routing_id, lock=True)
    _forget_location(session, found)
    session.delete(found)
    session.flush()
    return found


def _forget_location(session: orm.Session, routing: ResourceRouting) -> None:
    """Forget what the region last said of a port that is not there."""
    pod = session.get(central_models.Pod, routing.pod_id)
    if pod is not None and routing.resource_type == types.PORT:
        presence.forget_location(session, routing.top_id, pod.region_name)


def _place(session: orm.Session, routing: ResourceRouting) -> None:
    """Make a place for what the region says of a port that is there."""
    if routing.resource_type != types.PORT:
        return
    port = session.execute(
        sa.select(_PORTS).where(_PORTS.c.id == routing.top_id)
    ).one_or_none()
    # One that central has no more is taken away from the region.
    if port is not None:
        presence.place_again(
            session,
            routing.pod_id,
            routing.top_id,
            port.network_id,
            routing.project_id or '',
            port.device_id or '',
        )


def _complete(session: orm.Session, routing: ResourceRouting) -> None:
    """Check what a row names, and set what follows from it."""
    kind, resource_id = routing.resource_type, routing.top_id
    if not references.is_resource_id(kind, resource_id):
        raise refusals.Invalid(f'top_id is no ID of a {kind}')
    with session.no_autoflush:
        pod = session.get(central_models.Pod, routing.pod_id)
    if pod is None:
        raise refusals.Invalid('pod_id is no pod')
    if not pod.az_name:
        raise refusals.Invalid(
            f'{pod.region_name} is the region of central Neutron'
        )
    if pod.state == PodState.LOST:
        raise refusals.Conflict(f'{pod.region_name} is lost')
    # A port is in one region only.
    routing.exclusive_key = resource_id if kind == types.PORT else None


def _write(session: orm.Session, routing: ResourceRouting) -> None:
    # Of a row that could not be written nothing can be read.
    kind, resource_id = routing.resource_type, routing.top_id
    try:
        session.flush()
    except db_exc.DBDuplicateEntry as exc:
        raise refusals.Conflict(
            f'{kind} {resource_id} is noted to be in '
            + ('a region' if kind == types.PORT else 'that region')
            + ' already'
        ) from exc
