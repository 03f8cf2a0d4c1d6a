# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Routes of a router's pieces, and of the instances beside them.

There is one route for each subnet that is not on the piece, however many
instances the subnet has: it leads over the bridge network to a piece that
carries the subnet. Where several do, it is one in whose region the subnet's
network has instances, and of those the first by name.
"""

from collections.abc import Iterable, Iterator, Mapping
import ipaddress

from tricircle.plan.router import state as router_state
from tricircle.plan.router.layout import Layout
from tricircle.plan.router.pieces import Attachment
from tricircle.plan.router.pieces import Piece
from tricircle.plan.router.pieces import Role
from tricircle.plan.state import FixedIP
from tricircle.plan.state import Route

_Subnet = ipaddress.IPv4Network | ipaddress.IPv6Network


def destination(cidr: str) -> _Subnet:
    """Return the destination of a route, which may have host bits set."""
    return ipaddress.ip_network(cidr, strict=False)


def normal(route: Route) -> Route:
    """Write a route in the one form that addresses have."""
    return Route(
        destination=str(destination(route.destination)),
        nexthop=str(ipaddress.ip_address(route.nexthop)),
    )


def way_to(layout: Layout, here: Piece, attachment: Attachment) -> str | None:
    """Return the next hop of a piece to a subnet that it does not carry.

    :returns: address of another piece on the bridge network; None when no
        piece that can be reached has the subnet
    """
    network = attachment.network
    candidates = [
        (
            # The way out is in the same region as one that leads on.
            here.role is not Role.NORTH_SOUTH or one.region != here.region,
            one.region not in network.instance_regions,
            one.region,
            one,
        )
        for one in layout.pieces
        if one.role is Role.REGULAR
        and one != here
        and network.id in one.networks
    ]
    for *_, piece in sorted(candidates, key=lambda found: found[:3]):
        address = _leg_address(layout, piece, attachment.subnet.ip_version)
        if address is not None:
            return address
    return None


def _leg_address(layout: Layout, piece: Piece, version: int) -> str | None:
    leg = layout.leg(piece)
    for fixed in leg.fixed_ips if leg else ():
        if ipaddress.ip_address(fixed.ip_address).version == version:
            return fixed.ip_address
    return None


def _on(layout: Layout, piece: Piece) -> list[Attachment]:
    if piece.role is Role.NORTH_SOUTH:
        return []
    return layout.attachments_in(piece.region)


def _remote(layout: Layout, piece: Piece) -> Iterator[Attachment]:
    here = {one.subnet.id for one in _on(layout, piece)}
    for one in layout.attachments:
        if one.subnet.id not in here:
            yield one


def _ways(layout: Layout, piece: Piece) -> Iterator[Route]:
    """Yield a route for each attached subnet that is elsewhere."""
    if not piece.bridged or layout.leg(piece) is None:
        return
    for one in _remote(layout, piece):
        nexthop = way_to(layout, piece, one)
        if nexthop is not None:
            yield Route(one.subnet.cidr, nexthop)


def _contains(subnet: router_state.Subnet, address: str) -> bool:
    return ipaddress.ip_address(address) in destination(subnet.cidr)


def _gateway_subnets(
    layout: Layout, piece: Piece
) -> Iterable[router_state.Subnet]:
    if piece.role is Role.REGULAR or layout.external is None:
        return ()
    if layout.external.id not in piece.networks:
        return ()
    return layout.external.subnets


def _connected(layout: Layout, piece: Piece, nexthop: str) -> bool:
    subnets = [
        *(one.subnet for one in _on(layout, piece)),
        *_gateway_subnets(layout, piece),
    ]
    return any(_contains(one, nexthop) for one in subnets)


def routes(
    layout: Layout, piece: Piece, addresses: Iterable[FixedIP]
) -> tuple[list[Route], list[Route]]:
    """Return the routes of a piece, and the users' that it cannot have.

    A route of a user is on each piece that its next hop is connected to,
    in place of ours to the same destination. Other pieces send what it is
    for to a piece that has it.

    :param addresses: the piece's own
    """
    own = {ipaddress.ip_address(one.ip_address) for one in addresses}
    users = [normal(one) for one in layout.router.routes]
    here = [one for one in users if _connected(layout, piece, one.nexthop)]
    # A loop: central let it pass, because there the router has another
    # address than the region's piece.
    looped = [one for one in here if ipaddress.ip_address(one.nexthop) in own]
    kept = [one for one in here if one not in looped]
    taken = {one.destination for one in kept}
    ours = [
        one
        for one in map(normal, _ways(layout, piece))
        if one.destination not in taken
    ]
    taken |= {one.destination for one in ours}
    taken |= {str(destination(one.subnet.cidr)) for one in _on(layout, piece)}
    passed: dict[str, Route] = {}
    # Of several to one destination the first by the user's next hop, which
    # does not depend on the order in which pieces got their addresses.
    for one in sorted(users, key=lambda route: route.nexthop):
        if (
            one in here
            or one.destination in taken
            or one.destination in passed
        ):
            continue
        nexthop = _way_through(layout, piece, one)
        if nexthop is not None:
            passed[one.destination] = normal(Route(one.destination, nexthop))
    return sorted(
        {*kept, *ours, *passed.values()},
        key=lambda one: (one.destination, one.nexthop),
    ), looped


def _way_through(layout: Layout, piece: Piece, route: Route) -> str | None:
    """Return the way to the piece on which a user's route goes on."""
    if not piece.bridged or layout.leg(piece) is None:
        return None
    for one in _remote(layout, piece):
        if _contains(one.subnet, route.nexthop):
            return way_to(layout, piece, one)
    return None


def region_gateways(layout: Layout, region: str) -> Mapping[str, str]:
    """See :func:`tricircle.plan.router.planner.region_gateways`."""
    if layout.local_region != region or region not in layout.regions:
        return {}
    return {
        one.subnet.id: one.address
        for one in layout.attachments_in(region)
        if one.subnet.gateway_ip is not None and not one.network.external
    }


def host_routes(
    layout: Layout, region: str
) -> Mapping[str, tuple[Route, ...]]:
    """See :func:`tricircle.plan.router.planner.host_routes`."""
    if layout.local_region is not None:
        return {}
    found: dict[str, tuple[Route, ...]] = {}
    here = layout.attachments_in(region)
    carried = {one.subnet.id for one in here}
    for one in here:
        nexthop = layout.interface_address(one, region)
        if one.is_gateway or nexthop is None:
            continue
        made = {
            normal(Route(other.subnet.cidr, nexthop))
            for other in layout.attachments
            if other.subnet.id not in carried
            and other.subnet.ip_version == one.subnet.ip_version
        }
        if made:
            found[one.subnet.id] = tuple(
                sorted(made, key=lambda route: route.destination)
            )
    return found


def beside(layout: Layout) -> Mapping[str, tuple[str, ...]]:
    """See :func:`tricircle.plan.router.planner.beside`."""
    found: dict[str, set[str]] = {}
    if layout.local_region is None:
        for one in layout.attachments:
            if one.is_gateway or one.network.external:
                continue
            there = one.network.presences & layout.reach[one.network.id]
            for region in there.difference(layout.regions):
                found.setdefault(region, set()).add(one.network.id)
    return {region: tuple(sorted(found[region])) for region in sorted(found)}
