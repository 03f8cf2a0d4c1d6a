# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Ports that are in a region together or not at all: those of a trunk.

A trunk is where its parent port is. What it carries comes with the parent,
and leaves with it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import models as central_models
from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import presence as presence_db
from tricircle.db.central.port import trunks
from tricircle.journal import intent
from tricircle.replica import types

Location = central_models.PortLocation


def companions(trunk: trunks.Trunk, port_id: str) -> tuple[str, ...]:
    """Return what comes with a port of a trunk: with the parent, the rest."""
    return trunk.carried if port_id == trunk.parent_id else ()


def networks_of(
    session: orm.Session, port_id: str, trunk: trunks.Trunk | None
) -> set[str]:
    """Return the networks of what comes with a port."""
    along = () if trunk is None else companions(trunk, port_id)
    if not along:
        return set()
    return set(
        session.scalars(
            sa.select(tables.ports.c.network_id)
            .where(tables.ports.c.id.in_(along))
            .distinct()
        )
    )


def lock(session: orm.Session, port_ids: Collection[str]) -> dict[str, Any]:
    """Lock the rows of ports, in the order of their IDs; return them.

    With the QoS policy that each has of its own, ``policy_id``.
    """
    if not port_ids:
        return {}
    rows = session.execute(
        sa.select(
            tables.ports.c.id,
            tables.ports.c.network_id,
            tables.ports.c.project_id,
            tables.ports.c.device_id,
            tables.port_qos.c.policy_id,
        )
        .outerjoin(
            tables.port_qos, tables.port_qos.c.port_id == tables.ports.c.id
        )
        .where(tables.ports.c.id.in_(sorted(port_ids)))
        .order_by(tables.ports.c.id)
        .with_for_update(of=tables.ports)
    )
    return {row.id: row for row in rows}


def locations(
    session: orm.Session, port_ids: Iterable[str]
) -> dict[str, Location]:
    """Return where ports are, locked."""
    found = session.scalars(
        sa.select(Location)
        .where(Location.port_id.in_(sorted(port_ids)))
        .order_by(Location.port_id)
        .with_for_update()
    )
    return {one.port_id: one for one in found}


def ready(
    session: orm.Session, pod: presence_db.Pod, ports: Iterable[Any]
) -> Iterator[Any]:
    """Yield those ports whose network a region has."""
    every = list(ports)
    present = presence_db.present_in(
        session, types.NETWORK, {one.network_id for one in every}, pod.pod_id
    )
    for one in every:
        if one.network_id in present:
            yield one


def is_used(
    trunk: trunks.Trunk | None,
    location: Location,
    every: Mapping[str, Location],
) -> bool:
    """Tell whether something uses a port where it is.

    What a trunk carries is bound to the host that the parent had last: it is
    used there as long as the parent is.

    :param every: where the trunk's ports are
    """
    if trunk is not None and location.port_id in trunk.carried:
        parent = every.get(trunk.parent_id)
        if parent is not None and parent.pod_id == location.pod_id:
            location = parent
    return bool(location.host or location.device_id)


def record(
    session: orm.Session,
    trunk: trunks.Trunk | None,
    located: Iterable[Location],
    region_name: str,
    project_id: str | None = None,
    delay: float = 0.0,
) -> None:
    """Record that a region is to look at ports, and at their trunk."""
    keys = [(types.PORT, one.port_id) for one in located]
    if trunk is not None:
        keys.append((types.TRUNK, trunk.id))
    intent.record(
        session,
        [
            intent.Intent(kind, one, region_name, project_id, delay)
            for kind, one in keys
        ],
    )


def release(
    session: orm.Session,
    location: Location,
    region_name: str,
    project_id: str | None,
    wanted: bool,
) -> None:
    """Have a region give up a port, with all of its trunk; or call that off.

    Nothing for what a trunk carries: it goes by the parent.
    """
    trunk = trunks.of_port(session, location.port_id)
    moved = [location]
    if trunk is not None:
        if location.port_id != trunk.parent_id:
            return
        moved += [
            one
            for one in locations(session, trunk.carried).values()
            if one.pod_id == location.pod_id
        ]
    for one in moved:
        one.release = wanted
    if trunk is not None and not wanted:
        # It may have left before its parent could.
        presence_db.insert_absent(
            session,
            location.pod_id,
            types.TRUNK,
            {trunk.id: trunk.project_id},
        )
    record(session, trunk, moved, region_name, project_id)
