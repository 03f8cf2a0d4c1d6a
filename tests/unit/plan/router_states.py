# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Routers as central has them, and central doing its part for a plan."""

import dataclasses
import ipaddress
import uuid

from tricircle.plan import scope
from tricircle.plan.router import planner as plan
from tricircle.plan.router import state as rs
from tricircle.plan.state import FixedIP
from tricircle.plan.state import Held
from tricircle.plan.state import Route
from tricircle.replica.body import router_bodies
from tricircle.replica.held_ports import HeldPort

CENTRAL = scope.Region('CentralRegion', '')
REGIONS = (
    CENTRAL,
    scope.Region('pod_1', 'az1'),
    scope.Region('pod_2', 'az2'),
    scope.Region('pod_3', 'az3'),
)
R1 = str(uuid.UUID('11111111-1111-4111-8111-111111111111'))
R2 = str(uuid.UUID('22222222-2222-4222-8222-222222222222'))
R3 = str(uuid.UUID('33333333-3333-4333-8333-333333333333'))
NS1 = plan.north_south_id(R1)
BRIDGE = rs.Network(
    id='bridge',
    network_type='vxlan',
    subnets=(rs.Subnet('bridge-4', '100.0.1.0/24', 4, '100.0.1.1'),),
)
DUAL_BRIDGE = dataclasses.replace(
    BRIDGE,
    subnets=(
        *BRIDGE.subnets,
        rs.Subnet(
            'bridge-6', 'fd74:7269:6369:1::/64', 6, 'fd74:7269:6369:1::1'
        ),
    ),
)


def network(
    number: int, *hints: str, instances: tuple[str, ...] = (), **changes
) -> rs.Network:
    """Return net<number> with subnet 10.0.<number>.0/24, gateway .1."""
    values = {
        'id': f'net{number}',
        'hints': hints,
        'network_type': 'vxlan',
        'instance_regions': frozenset(instances),
        'presences': frozenset(instances),
        'subnets': (
            rs.Subnet(
                f's{number}', f'10.0.{number}.0/24', 4, f'10.0.{number}.1'
            ),
        ),
    }
    return rs.Network(**{**values, **changes})


def dual(one: rs.Network, number: int) -> rs.Network:
    """Return a network with an IPv6 subnet beside its IPv4 subnet."""
    return dataclasses.replace(
        one,
        subnets=(
            *one.subnets,
            rs.Subnet(
                f's{number}v6',
                f'2001:db8:{number}::/64',
                6,
                f'2001:db8:{number}::1',
            ),
        ),
    )


def external(hint: str, number: int = 1) -> rs.Network:
    """Return ext<number> with subnet 203.0.<number>.0/24."""
    return rs.Network(
        id=f'ext{number}',
        external=True,
        hints=(hint,),
        network_type='flat',
        subnets=(
            rs.Subnet(
                f'e{number}', f'203.0.{number}.0/24', 4, f'203.0.{number}.1'
            ),
        ),
    )


def interface(one: rs.Network, host: int = 1) -> rs.Interface:
    """Return a router's port with address <host> on each subnet."""
    return rs.Interface(
        port_id=f'port-{one.id}-{host}',
        mac_address='fa:16:3e:00:00:01',
        network_id=one.id,
        fixed_ips=tuple(
            FixedIP(subnet.id, str(ipaddress.ip_network(subnet.cidr)[host]))
            for subnet in one.subnets
        ),
    )


def floating(
    number: int, fixed: str, one: rs.Network, region: str | None, ext: str
) -> rs.FloatingIP:
    """Return a floating IP for an address on a network."""
    return rs.FloatingIP(
        id=f'fip{number}',
        project_id='p1',
        floating_network_id=ext,
        floating_ip_address=f'203.0.1.{100 + number}',
        fixed_port_id=f'vm{number}',
        fixed_ip_address=fixed,
        fixed_network_id=one.id,
        fixed_region=region,
    )


def router(
    *networks: rs.Network,
    hints: tuple[str, ...] = (),
    router_id: str = R1,
    hosts: dict[str, int] | None = None,
    gateway: rs.Network | None = None,
    floating_ips: tuple[rs.FloatingIP, ...] = (),
    routes: tuple[tuple[str, str], ...] = (),
    regions: tuple[scope.Region, ...] = REGIONS,
    **changes,
) -> rs.RouterState:
    """Return a router that is attached to networks.

    :param hosts: the router's address on a network where it is not .1
    """
    return rs.RouterState(
        router=rs.Router(
            id=router_id,
            project_id='p1',
            name='R',
            description='',
            admin_state_up=True,
            hints=hints,
            routes=tuple(Route(*one) for one in routes),
            **changes,
        ),
        regions=regions,
        interfaces=tuple(
            interface(one, (hosts or {}).get(one.id, 1)) for one in networks
        ),
        gateway=interface(gateway, 50) if gateway else None,
        networks=(*networks, *([gateway] if gateway else ())),
        floating_ips=floating_ips,
    )


def _present(one: rs.Network, pieces: tuple[plan.Piece, ...]) -> rs.Network:
    regions = {piece.region for piece in pieces if one.id in piece.networks}
    return dataclasses.replace(one, presences=one.presences | regions)


def _reserve(state: rs.RouterState, need: plan.Need, number: int) -> Held:
    """Hold the address <number> on each subnet, if none is asked for."""
    every = {one.id: one for one in state.networks}
    if need.kind == HeldPort.BRIDGE_LEG:
        subnets = tuple(
            one
            for one in state.bridge.subnets
            if one.ip_version in need.versions
        )
    else:
        subnets = tuple(
            one
            for one in every[need.network_id].subnets
            if one.id == need.subnet_id
        )
    return Held(
        port_id=f'{need.kind}-{need.region}-{need.router_id}-{need.subnet_id}',
        kind=need.kind,
        region_name=need.region,
        router_id=need.router_id,
        network_id=need.network_id,
        subnet_id=need.subnet_id,
        mac_address=f'fa:16:3e:00:01:{number:02x}',
        fixed_ips=tuple(
            FixedIP(
                one.id,
                one.gateway_ip
                if need.addresses
                else str(ipaddress.ip_network(one.cidr)[number]),
            )
            for one in subnets
        ),
    )


def settled(
    state: rs.RouterState, bridge: rs.Network | None = None
) -> rs.RouterState:
    """Make, grant and reserve what the pieces need, as central does.

    What is held already stays.

    :param bridge: what the project has, if it has to be more
    """
    if plan.needs_bridge(state):
        dual = 6 in plan.bridge_versions(state)
        state = dataclasses.replace(
            state, bridge=bridge or (DUAL_BRIDGE if dual else BRIDGE)
        )
    pieces = plan.pieces(state)
    state = dataclasses.replace(
        state,
        networks=tuple(_present(one, pieces) for one in state.networks),
        bridge=state.bridge and _present(state.bridge, pieces),
    )
    # What is merged into a port that is there leaves a number out.
    used = (int(one.mac_address[-2:], 16) for one in state.held_ports)
    start = 1 + max(used, default=1)
    return dataclasses.replace(
        state,
        held_ports=_merged(
            state.held_ports,
            [
                _reserve(state, need, number)
                for number, need in enumerate(plan.missing(state), start)
            ],
        ),
    )


def _merged(before: tuple[Held, ...], more: list[rs.Held]) -> tuple[Held, ...]:
    """Add what is held; a port that is there gets what it lacks."""
    held = {one.port_id: one for one in before}
    for one in more:
        known = held.setdefault(one.port_id, one)
        have = {fixed.subnet_id for fixed in known.fixed_ips}
        held[one.port_id] = dataclasses.replace(
            known,
            fixed_ips=(
                *known.fixed_ips,
                *(
                    fixed
                    for fixed in one.fixed_ips
                    if fixed.subnet_id not in have
                ),
            ),
        )
    return tuple(held.values())


def routes(state: rs.RouterState, piece_id: str, region: str) -> dict:
    """Return next hops by destination."""
    body, _ = plan.body(state, piece_id, region)
    return {one['destination']: one['nexthop'] for one in body['routes']}


def leg(state: rs.RouterState, piece_id: str, region: str) -> str:
    """Return the IPv4 address of a piece on the bridge network."""
    (found,) = (
        held
        for held in state.held_ports
        if held.kind == HeldPort.BRIDGE_LEG
        and (held.router_id, held.region_name) == (piece_id, region)
    )
    return found.fixed_ips[0].ip_address


def held_on(state: rs.RouterState, subnet_id: str, region: str) -> Held:
    """Return the gateway or interface a region has on a subnet."""
    (found,) = (
        held
        for held in state.held_ports
        if (held.subnet_id, held.region_name) == (subnet_id, region)
    )
    return found


def body(state: rs.RouterState, piece_id: str, region: str) -> dict:
    """Return what a region gets of a piece that it has."""
    found = plan.body(state, piece_id, region)
    assert found is not None
    return found[0]


def addresses(body: router_bodies.RouterBody) -> list[tuple[str, str]]:
    """Return the addresses of a piece with the networks they are on."""
    gateway = body['gateway']
    return [
        (port['network_id'], fixed['ip_address'])
        for port in (*body['interfaces'], *([gateway] if gateway else []))
        for fixed in port['fixed_ips']
    ]


def omitted(
    state: rs.RouterState, piece_id: str, region: str
) -> tuple[str, ...]:
    """Return what a region does not get of a piece that it has."""
    found = plan.body(state, piece_id, region)
    assert found is not None
    return found[1]


def t3(ext: str = 'pod_2', gateway: bool = True, **changes) -> rs.RouterState:
    """Return T3: a way out in one region, networks in one region each."""
    net1 = network(1, 'pod_1', instances=('pod_1',))
    net2 = network(2, 'pod_2', instances=('pod_2',))
    floating_ips = (
        floating(1, '10.0.1.20', net1, 'pod_1', 'ext1'),
        floating(2, '10.0.2.20', net2, 'pod_2', 'ext1'),
    )
    return settled(
        router(
            net1,
            net2,
            gateway=external(ext) if gateway else None,
            floating_ips=floating_ips if gateway else (),
            **changes,
        )
    )
