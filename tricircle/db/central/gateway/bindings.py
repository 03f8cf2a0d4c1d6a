# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Bindings: with which pod of a zone a project places what it makes.

One stands for a project and a zone. The first placing makes it; it ends when
its pod takes nothing more, or an administrator says so, and is then history.
"""

from collections.abc import Mapping
import dataclasses
from typing import cast, Final

from oslo_db import exception as db_exc
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db import clock
from tricircle.db.central import numbered
from tricircle.db.central import refusals
from tricircle.db.central.models import Pod
from tricircle.db.central.models import PodBinding
from tricircle.db.central.models import PodState

_BINDINGS: Final = cast(sa.Table, PodBinding.__table__)
_PODS: Final = cast(sa.Table, Pod.__table__)
#: Why one has ended that nobody looked at for long.
_LEFT: Final = 'its pod is in the zone no more'
_REBOUND: Final = 'an administrator bound the project to another pod'


def _is_standing(value: bool) -> sa.ColumnElement[bool]:
    if value:
        return _BINDINGS.c.standing.is_(True)
    return _BINDINGS.c.standing.is_(None)


#: Conditions by the name of a filter, given its value.
FILTERS: Final[Mapping[str, numbered.Condition]] = {
    'id': numbered.equals(_BINDINGS.c.id),
    'tenant_id': numbered.equals(_BINDINGS.c.project_id),
    'pod_id': numbered.equals(_BINDINGS.c.pod_id),
    'region_name': numbered.equals(_BINDINGS.c.region_name),
    'az_name': numbered.equals(_BINDINGS.c.az_name),
    'is_binding': _is_standing,
}

_ROWS: Final[numbered.Rows[PodBinding]] = numbered.Rows(
    PodBinding, 'binding', FILTERS
)
find = _ROWS.find
get = _ROWS.get


@dataclasses.dataclass(frozen=True)
class Place:
    """A pod, as something is placed with it."""

    pod_id: str
    region_name: str
    az_name: str


def standing(session: orm.Session, project_id: str) -> dict[str, str]:
    """Return the pods that a project is bound to, by their zones.

    A pod that has left its zone, or is none any more, is not among them.
    """
    rows = session.execute(
        sa.select(_BINDINGS.c.az_name, _BINDINGS.c.pod_id)
        .join(
            _PODS,
            sa.and_(
                _PODS.c.pod_id == _BINDINGS.c.pod_id,
                _PODS.c.az_name == _BINDINGS.c.az_name,
            ),
        )
        .where(
            _BINDINGS.c.project_id == project_id,
            _BINDINGS.c.standing.is_(True),
        )
    )
    return {row.az_name: row.pod_id for row in rows}


def place(
    session: orm.Session,
    project_id: str,
    there: Place,
    unfit: Mapping[str, str],
) -> bool:
    """Bind a project to a pod with which something of it was placed.

    One that stands already stays, unless its pod takes nothing more.

    :param unfit: why pods take nothing more, by region
    :returns: whether it is bound to that pod now
    """
    current = _current(session, project_id, there.az_name)
    if current is not None:
        if current.pod_id == there.pod_id:
            return True
        pod = session.get(Pod, current.pod_id)
        is_there = pod is not None and pod.az_name == there.az_name
        if is_there and current.region_name not in unfit:
            return False
        _end(
            session,
            current,
            unfit.get(current.region_name, _LEFT) if is_there else _LEFT,
        )
    _make(session, project_id, there)
    return True


def create(session: orm.Session, tenant_id: str, pod_id: str) -> PodBinding:
    """Bind a project to a pod.

    :raises Invalid: when there is no such pod, or it is central's
    :raises Conflict: when the project is bound in that zone, or the pod takes
        nothing
    """
    pod = _pod(session, pod_id)
    current = _current(session, tenant_id, pod.az_name)
    if current is not None:
        raise refusals.Conflict(
            f'Project {tenant_id} is bound to {current.region_name} in the '
            f'zone {pod.az_name} already: change binding {current.id}, or '
            'delete it first'
        )
    return _make(session, tenant_id, _place_of(pod))


def rebind(session: orm.Session, binding_id: int, pod_id: str) -> PodBinding:
    """End a binding, and bind its project to another pod of the zone.

    :returns: the new one; the same where it is that pod's already
    :raises NotFound: when there is no such binding
    :raises Invalid: as of :func:`create`
    :raises Conflict: when it has ended, or the pod is in another zone or
        takes nothing
    """
    found = get(session, binding_id, lock=True)
    if not found.standing:
        raise refusals.Conflict(
            f'Binding {binding_id} has ended: {found.reason}'
        )
    if found.pod_id == pod_id:
        return found
    pod = _pod(session, pod_id)
    if pod.az_name != found.az_name:
        raise refusals.Conflict(
            f'{pod.region_name} is in the zone {pod.az_name}, and binding '
            f'{binding_id} is for {found.az_name}: make one for that zone'
        )
    _end(session, found, _REBOUND)
    return _make(session, found.project_id, _place_of(pod))


def delete(session: orm.Session, binding_id: int) -> PodBinding:
    """Forget a binding; return what it was.

    :raises NotFound: when there is none
    """
    found = get(session, binding_id, lock=True)
    session.delete(found)
    session.flush()
    return found


def end_of(session: orm.Session, pod_id: str) -> None:
    """End what stands with a pod that is removed."""
    session.execute(
        sa.update(_BINDINGS)
        .where(_BINDINGS.c.pod_id == pod_id, _BINDINGS.c.standing.is_(True))
        .values(
            standing=None,
            ended_at=clock.now(session),
            reason='its pod was deleted',
        )
    )


def _current(
    session: orm.Session, project_id: str, az_name: str
) -> PodBinding | None:
    return session.scalars(
        sa.select(PodBinding)
        .where(
            PodBinding.project_id == project_id,
            PodBinding.az_name == az_name,
            PodBinding.standing.is_(True),
        )
        .with_for_update()
    ).one_or_none()


def _end(session: orm.Session, binding: PodBinding, reason: str) -> None:
    binding.standing = None
    binding.ended_at = clock.now(session)
    binding.reason = reason[:255]
    session.flush()


def _make(session: orm.Session, project_id: str, there: Place) -> PodBinding:
    made = PodBinding(
        project_id=project_id,
        standing=True,
        created_at=clock.now(session),
        **dataclasses.asdict(there),
    )
    session.add(made)
    try:
        session.flush()
    except db_exc.DBDuplicateEntry as exc:
        raise refusals.Conflict(
            f'Project {project_id} has just been bound in the zone '
            f'{there.az_name}'
        ) from exc
    return made


def _pod(session: orm.Session, pod_id: str) -> Pod:
    pod = session.get(Pod, pod_id)
    if pod is None:
        raise refusals.Invalid('pod_id is no pod')
    if not pod.az_name:
        raise refusals.Invalid(
            f'{pod.region_name} is the region of central Neutron'
        )
    if pod.state != PodState.ACTIVE:
        raise refusals.Conflict(f'{pod.region_name} is {pod.state}')
    return pod


def _place_of(pod: Pod) -> Place:
    return Place(pod.pod_id, pod.region_name, pod.az_name)
