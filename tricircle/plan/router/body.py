# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The document of one piece of a router."""

from collections.abc import Iterable
import ipaddress

from tricircle.plan import network as network_plan
from tricircle.plan.router import routes as router_routes
from tricircle.plan.router import state as router_state
from tricircle.plan.router import translations as router_translations
from tricircle.plan.router.layout import Layout
from tricircle.plan.router.pieces import Piece
from tricircle.plan.router.pieces import Role
from tricircle.plan.state import FixedIP
from tricircle.plan.state import Held
from tricircle.replica.body import bodies
from tricircle.replica.body import canonical
from tricircle.replica.body import digest
from tricircle.replica.body import router_bodies


def _addresses(fixed_ips: Iterable[FixedIP]) -> list[bodies.FixedIP]:
    return network_plan.ordered_addresses(
        bodies.FixedIP(
            subnet_id=one.subnet_id,
            ip_address=str(ipaddress.ip_address(one.ip_address)),
        )
        for one in fixed_ips
    )


def _interface(
    port: router_state.Interface | Held,
    fixed_ips: Iterable[FixedIP],
) -> router_bodies.RouterInterface:
    return router_bodies.RouterInterface(
        port_id=port.port_id,
        network_id=port.network_id,
        mac_address=port.mac_address,
        fixed_ips=_addresses(fixed_ips),
    )


def _central_s(
    layout: Layout, region: str, ports: Iterable[router_state.Interface]
) -> list[router_bodies.RouterInterface]:
    """Return ports of a local router, which are central's own."""
    here = {one.subnet.id for one in layout.attachments_in(region)}
    made = []
    for port in ports:
        fixed_ips = [one for one in port.fixed_ips if one.subnet_id in here]
        if fixed_ips:
            made.append(_interface(port, fixed_ips))
    return made


def _regular_interfaces(
    layout: Layout, region: str
) -> list[router_bodies.RouterInterface]:
    """Return the interfaces of a regular piece.

    Neutron allows a router one port for all IPv6 subnets of a network, and
    one for each IPv4 subnet.
    """
    ports: dict[str, router_state.Interface | Held] = {}
    fixed_ips: dict[str, list[FixedIP]] = {}
    v6_ports: dict[str, str] = {}
    for one in layout.attachments_in(region):
        found = layout.interface(one, region)
        if found is None:
            continue
        port, fixed = found
        port_id = port.port_id
        if one.subnet.ip_version == 6:
            port_id = v6_ports.setdefault(one.network.id, port_id)
        ports.setdefault(port_id, port)
        fixed_ips.setdefault(port_id, []).append(fixed)
    return [_interface(ports[one], fixed_ips[one]) for one in ports]


def _interfaces(
    layout: Layout, piece: Piece
) -> list[router_bodies.RouterInterface]:
    made: list[router_bodies.RouterInterface] = []
    match piece.role:
        case Role.LOCAL:
            made = _central_s(layout, piece.region, layout.state.interfaces)
        case Role.REGULAR:
            made = _regular_interfaces(layout, piece.region)
        case Role.NORTH_SOUTH:
            leg = layout.leg(piece)
            if leg is not None:
                made = [_interface(leg, leg.fixed_ips)]
    # As canonical.ordered has them, and typed.
    return sorted(made, key=digest.canonical)


def _snat_ports(
    layout: Layout, piece: Piece
) -> list[router_bodies.RouterInterface]:
    made = _central_s(layout, piece.region, layout.state.snat_ports)
    return sorted(made, key=digest.canonical)


def _gateway(
    layout: Layout, piece: Piece
) -> router_bodies.RouterGateway | None:
    port: router_state.Interface | Held | None
    if piece.role is Role.REGULAR:
        port, enable_snat = layout.leg(piece), False
    else:
        port, enable_snat = layout.state.gateway, layout.router.enable_snat
    if port is None or port.network_id not in piece.networks:
        return None
    made = router_bodies.RouterGateway(
        port_id=port.port_id,
        network_id=port.network_id,
        mac_address=port.mac_address,
        fixed_ips=_addresses(port.fixed_ips),
        enable_snat=enable_snat,
    )
    policy_id = layout.router.gateway_qos_policy_id
    if piece.role is not Role.REGULAR and policy_id is not None:
        # Of the way out, not of the way to it.
        made['qos_policy_id'] = policy_id
    return made


def _left_out(layout: Layout, piece: Piece) -> set[str]:
    """Name what central's router has and no piece can have."""
    names = {f'router.{name}' for name in layout.router.unsupported}
    # The MAC addresses of a distributed one are those of hosts, which other
    # regions do not know; and what a region's agents can do is not central's
    # to say.
    if layout.router.distributed and not layout.distributed:
        names.add('router.distributed')
    if layout.router.ha and piece.role is not Role.LOCAL:
        names.add('router.ha')
    if layout.state.gateway is not None and layout.external_region is None:
        names.add('router.external_gateway_info')
    names |= router_translations.left_out(layout, piece)
    if piece.role is Role.LOCAL:
        if (
            layout.state.gateway is not None
            and layout.external_region != piece.region
        ):
            names.add('router.external_gateway_info')
        names |= {
            f'interface.{one.subnet.id}'
            for one in layout.attachments
            if one.network.id not in piece.networks
        }
    return names


def make(
    layout: Layout, piece: Piece
) -> tuple[router_bodies.RouterBody, tuple[str, ...]]:
    """Return the body of a piece's document, and what is not in it."""
    router = layout.router
    gateway = _gateway(layout, piece)
    interfaces = _interfaces(layout, piece)
    own = [
        FixedIP(fixed['subnet_id'], fixed['ip_address'])
        for port in (*interfaces, *([gateway] if gateway else []))
        for fixed in port['fixed_ips']
    ]
    routes, looped = router_routes.routes(layout, piece, own)
    translations = router_translations.of(layout, piece)
    omitted = {
        *_left_out(layout, piece),
        *(f'router.routes.{one.destination}' for one in looped),
        *translations.omitted,
        *(
            f'{need.kind}.{need.subnet_id or piece.id}'
            for need in piece.needs
            if layout.held(need) is None
        ),
    }
    body = router_bodies.RouterBody(
        router=router_bodies.Router(
            id=piece.id,
            project_id=router.project_id,
            name=router.name,
            description=router.description,
            admin_state_up=router.admin_state_up,
            distributed=layout.distributed,
            ha=piece.role is Role.LOCAL and router.ha,
            tags=sorted(router.tags),
        ),
        gateway=gateway,
        interfaces=interfaces,
        routes=[
            bodies.HostRoute(
                destination=one['destination'], nexthop=one['nexthop']
            )
            for one in canonical.ordered(
                {'destination': route.destination, 'nexthop': route.nexthop}
                for route in routes
            )
        ],
        floating_ips=translations.floating_ips,
    )
    if layout.distributed:
        body['snat_ports'] = _snat_ports(layout, piece) if gateway else []
    if translations.forwarding_ips:
        body['forwarding_ips'] = translations.forwarding_ips
    if translations.conntrack_helpers:
        body['conntrack_helpers'] = translations.conntrack_helpers
    return body, tuple(sorted(omitted))
