# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What routers make of the subnets that a region has.

A local router is the gateway of the subnets it is on, in its region. Any
other router that is on a subnet without being its gateway is made known by
host routes.
"""

from collections.abc import Iterable, Mapping
import dataclasses
from typing import Any

from neutron_lib import constants
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import neutron_tables as tables
from tricircle.db.central.router import networks as central_router_networks
from tricircle.db.central.router import routers as central_routers
from tricircle.plan import state
from tricircle.plan.router import planner as router_plan


@dataclasses.dataclass(frozen=True)
class Share:
    """What routers make of one subnet in one region.

    :ivar gateway: address of the local router that is on it
    :ivar routes: host routes that lead to other routers
    """

    gateway: str | None = None
    routes: tuple[state.Route, ...] = ()


def _interface_rows(session: orm.Session, network_ids: list[str]) -> list[Any]:
    port, given, extra = (
        tables.ports,
        tables.allocations,
        tables.router_attributes,
    )
    return list(
        session.execute(
            sa.select(
                port.c.device_id,
                given.c.subnet_id,
                given.c.ip_address,
                tables.subnets.c.gateway_ip,
                extra.c.availability_zone_hints,
            )
            .select_from(
                port.join(given, given.c.port_id == port.c.id)
                .join(tables.subnets, tables.subnets.c.id == given.c.subnet_id)
                .outerjoin(extra, extra.c.router_id == port.c.device_id)
            )
            .where(
                port.c.network_id.in_(network_ids),
                port.c.device_owner.in_(constants.ROUTER_INTERFACE_OWNERS),
            )
        )
    )


def read(
    session: orm.Session, network_ids: Iterable[str], region_name: str
) -> Mapping[str, Share]:
    """Return by subnet what routers make of it in a region.

    One statement, unless a router that is not local is on one of the
    networks with another address than a gateway's: that is read whole.

    :returns: without the subnets of which routers make nothing
    """
    gateways: dict[str, tuple[bool, str, str]] = {}
    beside: dict[str, set[str]] = {}
    for row in _interface_rows(session, sorted(set(network_ids))):
        names = central_router_networks.hints(row.availability_zone_hints)
        as_in_central = row.gateway_ip == row.ip_address
        if set(names) == {region_name}:
            # Should there be two, all readers take the same.
            found = (not as_in_central, row.device_id, row.ip_address)
            gateways[row.subnet_id] = min(
                gateways.get(row.subnet_id, found), found
            )
        elif not as_in_central:
            beside.setdefault(row.device_id, set()).add(row.subnet_id)
    routes: dict[str, dict[str, state.Route]] = {}
    if beside:
        routers = central_routers.read(session, beside)
        for router_id in sorted(routers):
            found_routes = router_plan.host_routes(
                routers[router_id], region_name
            )
            for subnet_id in beside[router_id] & set(found_routes):
                for route in found_routes[subnet_id]:
                    routes.setdefault(subnet_id, {}).setdefault(
                        route.destination, route
                    )
    return {
        subnet_id: Share(
            gateway=gateways[subnet_id][2] if subnet_id in gateways else None,
            routes=tuple(routes.get(subnet_id, {}).values()),
        )
        for subnet_id in {*gateways, *routes}
    }
