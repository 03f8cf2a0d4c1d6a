# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Which networks can be on which routers, because of where they may be.

The rules are those of :mod:`tricircle.plan.router.location`. They are
checked before Neutron's own, with what central knows then; where there are
no pods, nothing is refused.
"""

from collections.abc import Mapping
from typing import Any

from neutron_lib import constants
from neutron_lib import exceptions as n_exc
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.central.engine import availability_zones
from tricircle.central.network import located as located_networks
from tricircle.central.router import modes as router_modes
from tricircle.db.central import neutron_tables as tables
from tricircle.plan.router import location as router_location


class RouterNetworkLocationMismatch(n_exc.BadRequest):
    """A network that cannot be where the router is, or the reverse."""

    message = (
        'Router %(router_id)s and network %(network_id)s do not match: '
        '%(reason)s.'
    )


class NetAttachedToNonLocalRouter(n_exc.Conflict):
    """A local router for a network whose gateway is another router."""

    message = (
        'Network %(network_id)s cannot be attached to the local router '
        '%(router_id)s: its gateway is on the non-local router %(other)s. '
        'Detach it there, or attach it here to a subnet of its own.'
    )


class NetAttachedToLocalRouter(n_exc.Conflict):
    """A router for many regions as gateway, where a local router is one."""

    message = (
        'Router %(router_id)s cannot be the gateway of network '
        '%(network_id)s: the local router %(other)s is on the subnet, and is '
        'the gateway in its region. Attach a port with another address than '
        "the subnet's gateway, or detach the local router."
    )


def check_gateway(
    session: orm.Session, router_id: str, network_id: str
) -> None:
    """Check that a network can be a router's external network.

    :raises RouterNetworkLocationMismatch: 400, when it cannot
    :raises RouterKindAcrossRegions: 400, see router_modes
    """
    network = located_networks.find(session, network_id)
    if network is not None:
        _check(session, router_id, network)
        router_modes.check_network(session, router_id, network_id)


def check_interface(
    session: orm.Session, router_id: str, interface: Mapping[str, Any]
) -> None:
    """Check that a network can be on a router.

    What is not there, or not asked for rightly, is left to Neutron.

    :param interface: with ``subnet_id`` or ``port_id``
    :raises RouterNetworkLocationMismatch: 400, when it cannot be
    :raises NetAttachedToNonLocalRouter: 409, when its gateway is another
        router, which would have it in other regions
    :raises NetAttachedToLocalRouter: 409, the same the other way round
    :raises RouterKindAcrossRegions: 400, see router_modes
    """
    network_id, subnet_ids, gateways = _subnets(session, interface)
    if network_id is None:
        return
    network = located_networks.find(session, network_id)
    if network is None:
        return
    if _check(session, router_id, network):
        other = _other(session, router_id, subnet_ids, gateway=True)
        if other is not None:
            raise NetAttachedToNonLocalRouter(
                network_id=network_id, router_id=router_id, other=other
            )
    else:
        other = _other(session, router_id, gateways, local=True)
        if other is not None:
            raise NetAttachedToLocalRouter(
                network_id=network_id, router_id=router_id, other=other
            )
    router_modes.check_network(session, router_id, network_id)


def _subnets(
    session: orm.Session, interface: Mapping[str, Any]
) -> tuple[str | None, set[str], set[str]]:
    """Return network and subnets of a new interface.

    :returns: last those subnets whose gateway it is
    """
    port_id, subnet_id = interface.get('port_id'), interface.get('subnet_id')
    subnet, given = tables.subnets, tables.allocations
    if port_id:
        rows = session.execute(
            sa.select(
                given.c.network_id,
                given.c.subnet_id,
                given.c.ip_address,
                subnet.c.gateway_ip,
            )
            .join(subnet, subnet.c.id == given.c.subnet_id)
            .where(given.c.port_id == port_id)
        ).all()
        return (
            rows[0].network_id if rows else None,
            {row.subnet_id for row in rows},
            {
                row.subnet_id
                for row in rows
                if row.ip_address == row.gateway_ip
            },
        )
    if subnet_id:
        network_id = session.scalar(
            sa.select(subnet.c.network_id).where(subnet.c.id == subnet_id)
        )
        return network_id, {subnet_id}, {subnet_id}
    return None, set(), set()


def _check(
    session: orm.Session, router_id: str, network: located_networks.Network
) -> bool:
    """Check locations; tell whether the router is local."""
    hints = located_networks.router_hints(session, router_id)
    if not hints:
        return False
    regions = availability_zones.regions(session)
    reason = router_location.mismatch(hints, network.hints, regions)
    if reason is not None:
        raise RouterNetworkLocationMismatch(
            router_id=router_id, network_id=network.id, reason=reason
        )
    return router_location.region_of_local(hints, regions) is not None


def _other(
    session: orm.Session,
    router_id: str,
    subnet_ids: set[str],
    local: bool = False,
    gateway: bool = False,
) -> str | None:
    """Return a router that is on one of some subnets already.

    :param local: a local one, otherwise one that is not
    :param gateway: only one that is the gateway
    """
    port, given, extra, subnet = (
        tables.ports,
        tables.allocations,
        tables.router_attributes,
        tables.subnets,
    )
    query = (
        sa.select(port.c.device_id, extra.c.availability_zone_hints)
        .select_from(
            port.join(given, given.c.port_id == port.c.id)
            .join(subnet, subnet.c.id == given.c.subnet_id)
            .outerjoin(extra, extra.c.router_id == port.c.device_id)
        )
        .where(
            port.c.device_owner.in_(constants.ROUTER_INTERFACE_OWNERS),
            port.c.device_id != router_id,
            given.c.subnet_id.in_(sorted(subnet_ids)),
        )
        .order_by(port.c.device_id)
    )
    if gateway:
        query = query.where(subnet.c.gateway_ip == given.c.ip_address)
    rows = session.execute(query).all()
    regions = availability_zones.regions(session) if rows else []
    for row in rows:
        hints = availability_zones.parse(row.availability_zone_hints)
        found = router_location.region_of_local(hints, regions)
        if (found is not None) is local:
            return str(row.device_id)
    return None
