# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Presence: which resource is in which region, row by row.

Granting it is for :mod:`tricircle.central.engine.presence` alone, which
checks who asks and what is allowed. This is what the rows say, and what XJob
changes once a region has followed.
"""

from collections.abc import Iterable, Mapping
import dataclasses
from typing import Any, cast, Final

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db import upsert
from tricircle.db.central import models as central_models
from tricircle.plan import scope
from tricircle.replica import types

_ROUTINGS = cast(sa.Table, central_models.ResourceRouting.__table__)
_LOCATIONS = cast(sa.Table, central_models.PortLocation.__table__)
_PODS = cast(sa.Table, central_models.Pod.__table__)


@dataclasses.dataclass(frozen=True, order=True)
class Pod:
    """A region that has resources.

    :ivar leaves: it is given nothing more, and what it has is taken away
    """

    region_name: str
    pod_id: str
    az_name: str
    leaves: bool = False

    @property
    def region(self) -> scope.Region:
        """The pod as scope knows it."""
        return scope.Region(self.region_name, self.az_name)


_COLUMNS: Final = (
    _PODS.c.region_name,
    _PODS.c.pod_id,
    _PODS.c.az_name,
    (_PODS.c.state != central_models.PodState.ACTIVE.value).label('leaves'),
)


def _pod(row: Any) -> Pod:
    return Pod(
        row.region_name, row.pod_id, row.az_name, leaves=bool(row.leaves)
    )


def pods(session: orm.Session) -> list[Pod]:
    """Return all regions but central's own, by name."""
    rows = session.execute(
        sa.select(*_COLUMNS)
        .where(_PODS.c.az_name != '')
        .order_by(_PODS.c.region_name)
    )
    return [_pod(row) for row in rows]


def serving(session: orm.Session) -> list[Pod]:
    """Return the regions that resources may be in, by name.

    Those that leave are in no scope.
    """
    return [one for one in pods(session) if not one.leaves]


def regions_of(
    session: orm.Session, resource_type: str, resource_id: str
) -> list[str]:
    """Return the names of the regions in which a resource is present."""
    return list(
        session.scalars(
            sa.select(_PODS.c.region_name)
            .join(_ROUTINGS, _ROUTINGS.c.pod_id == _PODS.c.pod_id)
            .where(
                _ROUTINGS.c.top_id == resource_id,
                _ROUTINGS.c.resource_type == resource_type,
            )
            .order_by(_PODS.c.region_name)
        )
    )


def pods_to_tell(
    session: orm.Session, resource_type: str, resource_id: str
) -> list[Pod]:
    """Return the regions that must hear of a change of a resource.

    For the transaction of the change, which must not miss a region that is
    getting the resource at the same moment. So this reads what is committed
    now, not what was when the transaction began, and holds off whoever is
    about to grant presence until the change is committed: that region then
    gets the changed resource in the first place.
    """
    rows = session.execute(
        sa.select(*_COLUMNS)
        .join(_ROUTINGS, _ROUTINGS.c.pod_id == _PODS.c.pod_id)
        .where(
            _ROUTINGS.c.top_id == resource_id,
            _ROUTINGS.c.resource_type == resource_type,
        )
        .order_by(_PODS.c.region_name)
        .with_for_update(read=True)
    )
    return [_pod(row) for row in rows]


def regions_of_project(session: orm.Session, project_id: str) -> list[str]:
    """Return the names of the regions that have something of a project."""
    return list(
        session.scalars(
            sa.select(_PODS.c.region_name)
            .join(_ROUTINGS, _ROUTINGS.c.pod_id == _PODS.c.pod_id)
            .where(_ROUTINGS.c.project_id == project_id)
            .distinct()
            .order_by(_PODS.c.region_name)
        )
    )


def has_any(session: orm.Session, pod_id: str) -> bool:
    """Tell whether anything is present in a region."""
    return (
        session.scalar(
            sa.select(_ROUTINGS.c.id)
            .where(_ROUTINGS.c.pod_id == pod_id)
            .limit(1)
        )
        is not None
    )


def present_in(
    session: orm.Session,
    resource_type: str,
    resource_ids: Iterable[str],
    pod_id: str,
) -> set[str]:
    """Return which of some resources are present in a region."""
    return set(
        session.scalars(
            sa.select(_ROUTINGS.c.top_id).where(
                _ROUTINGS.c.top_id.in_(sorted(set(resource_ids))),
                _ROUTINGS.c.pod_id == pod_id,
                _ROUTINGS.c.resource_type == resource_type,
            )
        )
    )


def present_in_region(
    session: orm.Session,
    resource_type: str,
    resource_ids: Iterable[str],
    region_name: str,
) -> set[str]:
    """Return which of some resources are present in a region, by its name."""
    return set(
        session.scalars(
            sa.select(_ROUTINGS.c.top_id)
            .join(_PODS, _PODS.c.pod_id == _ROUTINGS.c.pod_id)
            .where(
                _ROUTINGS.c.top_id.in_(sorted(set(resource_ids))),
                _ROUTINGS.c.resource_type == resource_type,
                _PODS.c.region_name == region_name,
            )
        )
    )


def _row(
    pod_id: str,
    resource_type: str,
    resource_id: str,
    project_id: str | None,
    exclusive: bool,
) -> dict[str, Any]:
    return {
        'top_id': resource_id,
        'bottom_id': resource_id,
        'pod_id': pod_id,
        'project_id': project_id,
        'resource_type': resource_type,
        'exclusive_key': resource_id if exclusive else None,
    }


def insert(
    session: orm.Session,
    pod_id: str,
    resource_type: str,
    resource_id: str,
    project_id: str | None,
    exclusive: bool = False,
) -> None:
    """Make a resource present in a region.

    :param exclusive: no other region may have it
    :raises oslo_db.exception.DBDuplicateEntry: when it is present there
        already, or in another region although it may be in one only
    """
    session.execute(
        sa.insert(_ROUTINGS).values(
            _row(pod_id, resource_type, resource_id, project_id, exclusive)
        )
    )


def insert_absent(
    session: orm.Session,
    pod_id: str,
    resource_type: str,
    projects: Mapping[str, str],
    exclusive: bool = False,
) -> None:
    """Make resources present in a region, if they are not yet.

    Safe to run in two transactions at once: they wait for each other, and
    neither fails.

    :param projects: project of each resource, by the resource's ID
    :param exclusive: only one region may have any of them; those that
        another region has are left there
    """
    rows = [
        _row(pod_id, resource_type, resource_id, project_id, exclusive)
        for resource_id, project_id in sorted(projects.items())
    ]
    if not rows:
        return
    upsert.insert_absent(session, _ROUTINGS, rows)


def held_elsewhere(
    session: orm.Session, port_id: str, region_name: str
) -> str | None:
    """Return the region that has a port which another claims to have.

    Only one region may have a port. What is in `region_name` then is a
    copy that central lost track of; XJob asks the region to give it up (see
    :mod:`tricircle.db.central.port.releases`), which it refuses if something
    uses it.

    :returns: None when the port is present in `region_name`, or in none
    """
    present = regions_of(session, types.PORT, port_id)
    if not present:
        # Its row is lost; what a region reported last says where it was.
        present = list(
            session.scalars(
                sa.select(_PODS.c.region_name)
                .join(_LOCATIONS, _LOCATIONS.c.pod_id == _PODS.c.pod_id)
                .where(_LOCATIONS.c.port_id == port_id)
            )
        )
    if not present or region_name in present:
        return None
    return present[0]


def place_again(
    session: orm.Session,
    pod_id: str,
    port_id: str,
    network_id: str,
    project_id: str,
    device_id: str,
) -> None:
    """Make a port present in a region that has it, if it is in none.

    Nothing happens when it is present, here or elsewhere.

    :param device_id: what uses the port
    """
    insert_absent(
        session, pod_id, types.PORT, {port_id: project_id}, exclusive=True
    )
    known = session.scalar(
        sa.select(_LOCATIONS.c.pod_id).where(_LOCATIONS.c.port_id == port_id)
    )
    if known is not None or not present_in(
        session, types.PORT, [port_id], pod_id
    ):
        return
    session.execute(
        sa.insert(_LOCATIONS).values(
            port_id=port_id,
            pod_id=pod_id,
            network_id=network_id,
            device_id=device_id,
            # Nobody knows any more who made it. Kept in the region until it
            # is deleted there, it is taken from nobody.
            made_here=True,
        )
    )


def pod_id(region_name: str) -> sa.ScalarSelect[Any]:
    """Return the subquery of a region's pod."""
    return (
        sa.select(_PODS.c.pod_id)
        .where(_PODS.c.region_name == region_name)
        .scalar_subquery()
    )


def revoke(
    session: orm.Session,
    resource_type: str,
    resource_id: str,
    region_name: str,
) -> None:
    """Note that a region no longer has a resource.

    For XJob, when the region carried out the removal of something that
    central has no more. For a port that central still has see
    :mod:`tricircle.db.central.port.releases`.
    """
    session.execute(
        sa.delete(_ROUTINGS).where(
            _ROUTINGS.c.top_id == resource_id,
            _ROUTINGS.c.pod_id == pod_id(region_name),
            _ROUTINGS.c.resource_type == resource_type,
        )
    )
    if resource_type == types.PORT:
        forget_location(session, resource_id, region_name)


def forget_location(
    session: orm.Session, port_id: str, region_name: str
) -> None:
    """Forget what a region said of a port that it has no more."""
    session.execute(
        sa.delete(_LOCATIONS).where(
            _LOCATIONS.c.port_id == port_id,
            _LOCATIONS.c.pod_id == pod_id(region_name),
        )
    )
