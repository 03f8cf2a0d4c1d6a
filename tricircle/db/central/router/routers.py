# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Routers, read from central's database as the planner wants them.

How many statements that takes does not depend on how many routers,
networks, ports or regions there are. Interfaces and gateways are read from
*ports*: Neutron writes its other notes of them (``routerports``,
``gw_port_id``) in later transactions than the port, so a plan made from
those would miss what was just attached.
"""

import collections
from collections.abc import Iterable, Mapping
import dataclasses
from typing import Any, Final

from neutron_lib import constants
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db import device_owners
from tricircle.db.central import models as central_models
from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import rows as central_rows
from tricircle.db.central.held import ports as held_ports
from tricircle.db.central.router import floating_ips as central_floating_ips
from tricircle.db.central.router import networks as central_router_networks
from tricircle.plan import scope
from tricircle.plan import state
from tricircle.plan.router import planner as router_plan
from tricircle.plan.router import state as router_state
from tricircle.replica.held_ports import HeldPort

#: Attributes that pieces do not get, by column.
_UNSUPPORTED: Final = {
    'flavor_id': 'flavor_id',
    'enable_default_route_ecmp': 'enable_default_route_ecmp',
    'enable_default_route_bfd': 'enable_default_route_bfd',
    'enable_ndp_proxy': 'enable_ndp_proxy',
}


@dataclasses.dataclass(frozen=True)
class _Port:
    """A port of a router, with its addresses."""

    router_id: str
    owner: str
    interface: router_state.Interface


def _router_rows(session: orm.Session, ids: list[str]) -> list[Any]:
    router, extra = tables.routers, tables.router_attributes
    proxy, helper = tables.ndp_proxies, tables.conntrack_helpers
    label = tables.metering_labels
    return list(
        session.execute(
            sa.select(
                router.c.id,
                router.c.project_id,
                router.c.name,
                router.c.admin_state_up,
                router.c.enable_snat,
                router.c.flavor_id,
                router.c.standard_attr_id,
                extra.c.distributed,
                extra.c.ha,
                extra.c.availability_zone_hints,
                extra.c.enable_default_route_ecmp,
                extra.c.enable_default_route_bfd,
                tables.standard_attributes.c.description,
                tables.router_qos.c.policy_id,
                tables.ndp_states.c.enable_ndp_proxy,
                sa.exists()
                .where(proxy.c.router_id == router.c.id)
                .label('has_proxies'),
                sa.exists()
                .where(helper.c.router_id == router.c.id)
                .label('has_helpers'),
                sa.exists()
                .where(
                    sa.or_(
                        label.c.project_id == router.c.project_id,
                        label.c.shared == sa.true(),
                    )
                )
                .label('has_labels'),
            )
            .select_from(
                router.join(
                    tables.standard_attributes,
                    tables.standard_attributes.c.id
                    == router.c.standard_attr_id,
                )
                .outerjoin(extra, extra.c.router_id == router.c.id)
                .outerjoin(
                    tables.router_qos,
                    tables.router_qos.c.router_id == router.c.id,
                )
                .outerjoin(
                    tables.ndp_states,
                    tables.ndp_states.c.router_id == router.c.id,
                )
            )
            .where(router.c.id.in_(ids))
        )
    )


def _routes(
    session: orm.Session, ids: list[str]
) -> Mapping[str, tuple[state.Route, ...]]:
    return central_rows.of(
        session, tables.router_routes.c.router_id, ids, central_rows.route
    )


def _ports(session: orm.Session, ids: list[str]) -> list[_Port]:
    port, given = tables.ports, tables.allocations
    rows = session.execute(
        sa.select(
            port.c.id,
            port.c.device_id,
            port.c.device_owner,
            port.c.network_id,
            port.c.mac_address,
            given.c.subnet_id,
            given.c.ip_address,
        )
        .select_from(port.outerjoin(given, given.c.port_id == port.c.id))
        .where(
            port.c.device_id.in_(ids),
            port.c.device_owner.in_(device_owners.CARRIED_PORTS),
        )
    ).all()
    addresses = _addresses(rows)
    return [
        _Port(
            router_id=row.device_id,
            owner=row.device_owner,
            interface=router_state.Interface(
                port_id=row.id,
                mac_address=row.mac_address,
                network_id=row.network_id,
                fixed_ips=addresses[row.id],
            ),
        )
        for row in {row.id: row for row in rows}.values()
    ]


def _addresses(rows: Iterable[Any]) -> Mapping[str, tuple[state.FixedIP, ...]]:
    """Return the addresses of ports joined with them, by port."""
    return central_rows.grouped(
        (row for row in rows if row.subnet_id is not None),
        'id',
        central_rows.fixed_ip,
    )


def _helpers(
    session: orm.Session, router_ids: list[str]
) -> Mapping[str, tuple[router_state.ConntrackHelper, ...]]:
    if not router_ids:
        return {}
    return central_rows.of(
        session,
        tables.conntrack_helpers.c.router_id,
        router_ids,
        lambda row: router_state.ConntrackHelper(
            id=row.id, protocol=row.protocol, port=row.port, helper=row.helper
        ),
    )


def _bridges(session: orm.Session, router_ids: list[str]) -> Mapping[str, str]:
    """Return the bridge networks of routers, by router."""
    table = central_models.BridgeNetwork
    rows = session.execute(
        sa.select(table.router_id, table.network_id).where(
            table.router_id.in_(router_ids)
        )
    )
    return {row.router_id: row.network_id for row in rows}


def _router(
    row: Any,
    routes: tuple[state.Route, ...],
    tags: tuple[str, ...],
) -> router_state.Router:
    unsupported = central_rows.names_of(row, _UNSUPPORTED)
    if row.has_proxies:
        unsupported = (*unsupported, 'ndp_proxies')
    if row.has_labels:
        unsupported = (*unsupported, 'metering_labels')
    return router_state.Router(
        id=row.id,
        project_id=row.project_id or '',
        name=row.name or '',
        description=row.description or '',
        admin_state_up=bool(row.admin_state_up),
        distributed=bool(row.distributed),
        ha=bool(row.ha),
        enable_snat=row.enable_snat is not False,
        hints=central_router_networks.hints(row.availability_zone_hints),
        routes=routes,
        tags=tags,
        unsupported=unsupported,
        gateway_qos_policy_id=row.policy_id,
    )


def _gateway(ports: list[_Port]) -> router_state.Interface | None:
    """Return the gateway; while one takes another's place, any."""
    found = [
        one.interface
        for one in ports
        if one.owner == constants.DEVICE_OWNER_ROUTER_GW
    ]
    return min(found, key=lambda one: one.port_id, default=None)


def read(
    session: orm.Session, router_ids: Iterable[str]
) -> dict[str, router_state.RouterState]:
    """Return routers by ID, with all that their pieces are made of.

    Run it in one transaction, so that everything in it is of one moment.

    :returns: without those that central has not
    """
    rows = _router_rows(session, sorted(set(router_ids)))
    if not rows:
        return {}
    ids = sorted(row.id for row in rows)
    pods = session.execute(
        sa.select(
            central_models.Pod.pod_id,
            central_models.Pod.region_name,
            central_models.Pod.az_name,
            central_models.Pod.state,
        )
    ).all()
    names = {row.pod_id: row.region_name for row in pods}
    regions = tuple(
        sorted(
            scope.Region(row.region_name, row.az_name)
            for row in pods
            if row.state == central_models.PodState.ACTIVE
        )
    )
    routes = _routes(session, ids)
    tags = central_rows.tags(session, [row.standard_attr_id for row in rows])
    ports: dict[str, list[_Port]] = collections.defaultdict(list)
    for one in _ports(session, ids):
        ports[one.router_id].append(one)
    floating_ips = central_floating_ips.read(session, ids, names)
    helpers = _helpers(session, [row.id for row in rows if row.has_helpers])
    bridges = _bridges(session, ids)
    network_ids = sorted(
        {
            *bridges.values(),
            *(
                one.interface.network_id
                for found in ports.values()
                for one in found
            ),
        }
    )
    networks = central_router_networks.read(session, network_ids, names)
    piece_ids = [*ids, *(router_plan.north_south_id(one) for one in ids)]
    note = central_models.ReservedPort
    held = held_ports.read(
        session,
        sa.or_(
            note.router_id.in_(piece_ids),
            sa.and_(
                note.network_id.in_(network_ids),
                note.kind == HeldPort.GATEWAY,
            ),
        ),
    )
    made = {}
    for row in rows:
        own = ports[row.id]
        attached = {one.interface.network_id for one in own}
        its = {row.id, router_plan.north_south_id(row.id)}
        made[row.id] = router_state.RouterState(
            router=_router(row, routes[row.id], tags[row.standard_attr_id]),
            regions=regions,
            interfaces=tuple(
                one.interface
                for one in own
                if one.owner in constants.ROUTER_INTERFACE_OWNERS
            ),
            gateway=_gateway(own),
            snat_ports=tuple(
                one.interface
                for one in own
                if one.owner == constants.DEVICE_OWNER_ROUTER_SNAT
            ),
            networks=tuple(
                networks[one] for one in sorted(attached) if one in networks
            ),
            floating_ips=floating_ips.associated[row.id],
            forwarding_ips=floating_ips.forwarding[row.id],
            conntrack_helpers=helpers.get(row.id, ()),
            held_ports=tuple(
                one
                for one in held
                if one.router_id in its
                or (one.router_id is None and one.network_id in attached)
            ),
            bridge=networks.get(bridges.get(row.id, '')),
        )
    return made
