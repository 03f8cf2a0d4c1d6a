# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What holds for the plan of any router."""

from collections.abc import Iterable
import dataclasses
import ipaddress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plan import router_states as rs
from tricircle.plan import router as plan
from tricircle.plan import router_state
from tricircle.plan import scope
from tricircle.replica import bodies
from tricircle.replica import canonical
from tricircle.replica import types

PODS = ('pod_1', 'pod_2', 'pod_3')
HINTS = (*PODS, 'az1', 'az2', 'az3')


@st.composite
def networks(draw: st.DrawFn, number: int) -> router_state.Network:
    """A network, with instances in some regions of its scope."""
    hints = draw(st.lists(st.sampled_from(HINTS), unique=True, max_size=3))
    regions = sorted(scope.regions_of(hints, rs.REGIONS))
    network_type = draw(st.sampled_from(['vxlan', 'vxlan', 'vlan', 'local']))
    most = 1 if network_type == 'local' else None
    instances = draw(
        st.lists(st.sampled_from(regions), unique=True, max_size=most)
    )
    made = rs.network(
        number,
        *hints,
        instances=tuple(instances),
        network_type=network_type,
    )
    return rs.dual(made, number) if draw(st.booleans()) else made


@st.composite
def routers(
    draw: st.DrawFn, local: bool | None = None
) -> router_state.RouterState:
    """A router of either kind, before central has done its part."""
    count = draw(st.integers(0, 5))
    attached = [draw(networks(number)) for number in range(1, count + 1)]
    hosts = {one.id: draw(st.sampled_from([1, 200])) for one in attached}
    if local is None:
        local = draw(st.booleans())
    hints: tuple[str, ...] = (draw(st.sampled_from(PODS)),) if local else ()
    gateway = (
        rs.external(draw(st.sampled_from(PODS)))
        if draw(st.booleans())
        else None
    )
    floating_ips = tuple(
        rs.floating(
            number,
            f'{one.subnets[0].cidr.removesuffix("0/24")}230',
            one,
            min(one.instance_regions, default=None),
            'ext1',
        )
        for number, one in enumerate(attached)
        if gateway is not None
    )
    routes = draw(
        st.lists(
            st.tuples(
                st.sampled_from(['192.0.2.0/24', '10.0.1.0/24', '0.0.0.0/0']),
                st.integers(1, 5).map(lambda number: f'10.0.{number}.2'),
            ),
            unique=True,
            max_size=3,
        )
    )
    return rs.router(
        *attached,
        hints=hints,
        hosts=hosts,
        gateway=gateway,
        floating_ips=floating_ips,
        routes=tuple(routes),
    )


settled = rs.settled


def addresses(body: bodies.RouterBody) -> list[tuple[str, str]]:
    """Return the addresses of a piece with the networks they are on."""
    gateway = body['gateway']
    return [
        (port['network_id'], fixed['ip_address'])
        for port in (*body['interfaces'], *([gateway] if gateway else []))
        for fixed in port['fixed_ips']
    ]


def in_subnet(subnet: router_state.Subnet, address: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(subnet.cidr)


@given(routers())
def test_no_two_pieces_share_an_address(
    before: router_state.RouterState,
) -> None:
    made = plan.bodies(settled(before))

    used = [one for body, _ in made.values() for one in addresses(body)]

    assert len(used) == len(set(used))


@given(routers())
def test_no_two_pieces_share_a_port(before: router_state.RouterState) -> None:
    made = plan.bodies(settled(before))

    ports = [
        port['port_id']
        for body, _ in made.values()
        for port in (
            *body['interfaces'],
            *([body['gateway']] if body['gateway'] else []),
        )
    ]

    assert len(ports) == len(set(ports))


@given(routers(local=False))
def test_the_user_s_address_is_kept_where_only_one_region_can_have_it(
    before: router_state.RouterState,
) -> None:
    state = settled(before)
    made = {key[1]: body for key, (body, _) in plan.bodies(state).items()}
    for port in state.interfaces:
        (one,) = (one for one in state.networks if one.id == port.network_id)
        used = {
            (region, fixed['ip_address'])
            for region, body in made.items()
            for interface in body['interfaces']
            if interface['network_id'] == one.id
            for fixed in interface['fixed_ips']
        }
        confined = one.network_type == 'local' or (
            len(one.hints) == 1 and one.hints[0] in PODS
        )
        gateways = {subnet.gateway_ip for subnet in one.subnets}
        for fixed in port.fixed_ips:
            where = {
                region
                for region, address in used
                if address == fixed.ip_address
            }
            if confined and fixed.ip_address not in gateways:
                assert where == {region for region, _ in used}
            else:
                assert where == set()


@given(routers(local=False), st.sampled_from(['az1', 'az2']))
def test_no_address_moves_when_a_zone_grows(
    before: router_state.RouterState, zone: str
) -> None:
    state = settled(before)
    regions = (*state.regions, scope.Region('pod_9', zone))
    networks = tuple(
        dataclasses.replace(
            one, instance_regions=one.instance_regions | {'pod_9'}
        )
        if one.network_type != 'local'
        and 'pod_9' in scope.regions_of(one.hints, regions)
        else one
        for one in state.networks
    )
    later = settled(
        dataclasses.replace(state, regions=regions, networks=networks)
    )

    users: dict[tuple[str, str], set[str]] = {}
    for moment in (state, later):
        for (_, region), (body, _) in plan.bodies(moment).items():
            for one in addresses(body):
                users.setdefault(one, set()).add(region)

    assert all(len(where) == 1 for where in users.values()), users


@given(routers())
def test_no_route_points_at_the_piece_itself(
    before: router_state.RouterState,
) -> None:
    for body, _ in plan.bodies(settled(before)).values():
        own = {address for _, address in addresses(body)}
        assert not own & {one['nexthop'] for one in body['routes']}


@given(routers())
def test_every_next_hop_is_on_a_subnet_of_the_piece(
    before: router_state.RouterState,
) -> None:
    state = settled(before)
    every = [*state.networks, *([state.bridge] if state.bridge else [])]
    subnets = {subnet.id: subnet for one in every for subnet in one.subnets}
    for body, _ in plan.bodies(state).values():
        gateway = body['gateway']
        connected = [
            subnets[fixed['subnet_id']]
            for port in (*body['interfaces'], *([gateway] if gateway else []))
            for fixed in port['fixed_ips']
        ]
        for route in body['routes']:
            assert any(in_subnet(one, route['nexthop']) for one in connected)


@given(routers(local=False))
def test_every_remote_subnet_has_exactly_one_way_to_where_it_is(
    before: router_state.RouterState,
) -> None:
    plain = dataclasses.replace(
        before, router=dataclasses.replace(before.router, routes=())
    )
    state = settled(plain)
    pieces = {(one.id, one.region): one for one in plan.pieces(state)}
    made = plan.bodies(state)
    carriers = {
        fixed.ip_address: pieces[held.router_id or '', held.region_name]
        for held in state.reservations
        if held.kind == types.KIND_BRIDGE_LEG
        and held.router_id == state.router.id
        for fixed in held.fixed_ips
    }
    attached = [one for one in state.networks if not one.external]
    for key, (body, _) in made.items():
        ways = {one['destination']: one['nexthop'] for one in body['routes']}
        assert len(ways) == len(body['routes'])
        for one in attached:
            somewhere = any(
                one.id in piece.networks for piece in pieces.values()
            )
            for subnet in one.subnets:
                if one.id in pieces[key].networks or not somewhere:
                    assert subnet.cidr not in ways
                else:
                    assert one.id in carriers[ways[subnet.cidr]].networks
        assert len(ways) == sum(
            len(one.subnets)
            for one in attached
            if one.id not in pieces[key].networks
            and any(one.id in piece.networks for piece in pieces.values())
        )


@given(routers())
def test_nothing_is_outside_its_scope(
    before: router_state.RouterState,
) -> None:
    state = settled(before)
    known = {one.id: one for one in state.networks}
    mine = scope.regions_of(state.router.hints, state.regions)
    for region, network_ids in plan.beside(state).items():
        for network_id in network_ids:
            its = scope.regions_of(known[network_id].hints, state.regions)
            assert region in mine & its & known[network_id].presences
    for piece in plan.pieces(state):
        assert piece.region in mine
        for network_id in set(piece.networks) & set(known):
            its = scope.regions_of(known[network_id].hints, state.regions)
            assert piece.region in its


@given(routers())
def test_a_network_of_type_local_stays_in_one_region(
    before: router_state.RouterState,
) -> None:
    for one in settled(before).networks:
        if one.network_type == 'local':
            assert len(one.presences) <= 1


@given(routers(), st.data())
def test_the_order_of_what_is_read_does_not_show(
    before: router_state.RouterState, data: st.DataObject
) -> None:
    state = settled(before)
    shuffled = dataclasses.replace(
        state,
        **{
            name: tuple(data.draw(st.permutations(getattr(state, name))))
            for name in (
                'regions',
                'interfaces',
                'networks',
                'floating_ips',
                'reservations',
            )
        },
        router=dataclasses.replace(
            state.router,
            routes=tuple(data.draw(st.permutations(state.router.routes))),
        ),
    )

    assert plan.pieces(shuffled) == plan.pieces(state)
    assert plan.bodies(shuffled) == plan.bodies(state)
    for region in PODS:
        assert plan.host_routes(shuffled, region) == plan.host_routes(
            state, region
        )


@given(routers(), st.sampled_from(['az1', 'az9']))
def test_a_region_without_instances_changes_nothing(
    before: router_state.RouterState, zone: str
) -> None:
    state = settled(before)
    grown = dataclasses.replace(
        state, regions=(*state.regions, scope.Region('pod_9', zone))
    )

    assert plan.bodies(grown) == plan.bodies(state)
    assert plan.missing(grown) == ()


@given(routers())
def test_what_central_does_once_is_all_there_is_to_do(
    before: router_state.RouterState,
) -> None:
    state = settled(before)

    assert plan.missing(state) == ()
    assert plan.surplus(state) == ()
    assert set(plan.bodies(state)) == {
        (one.id, one.region) for one in plan.pieces(before)
    }


@given(routers())
def test_a_body_alone_is_the_same_as_among_all(
    before: router_state.RouterState,
) -> None:
    state = settled(before)
    for (piece_id, region), made in plan.bodies(state).items():
        assert plan.body(state, piece_id, region) == made
        assert (
            plan.body_of(
                state,
                next(
                    one
                    for one in plan.pieces(state)
                    if (one.id, one.region) == (piece_id, region)
                ),
            )
            == made
        )
    assert plan.body(state, state.router.id, 'elsewhere') is None


@given(routers(local=False))
def test_host_routes_lead_to_the_piece_and_to_what_is_elsewhere(
    before: router_state.RouterState,
) -> None:
    state = settled(before)
    subnets = {one.id: one for net in state.networks for one in net.subnets}
    owners = {one.id: net.id for net in state.networks for one in net.subnets}
    for piece in plan.pieces(state):
        if piece.role is not plan.Role.REGULAR:
            continue
        found = plan.body(state, piece.id, piece.region)
        assert found is not None
        own = {address for _, address in addresses(found[0])}
        for subnet_id, routes in plan.host_routes(state, piece.region).items():
            assert owners[subnet_id] in piece.networks
            for route in routes:
                assert route.nexthop in own
                assert in_subnet(subnets[subnet_id], route.nexthop)
                (there,) = (
                    one
                    for one in subnets.values()
                    if one.cidr == route.destination
                )
                assert owners[there.id] not in piece.networks


@given(routers())
def test_lists_that_mean_sets_are_in_the_order_of_bodies(
    before: router_state.RouterState,
) -> None:
    for body, _ in plan.bodies(settled(before)).values():
        whole: dict[str, Any] = dict(body)
        for name in ('interfaces', 'routes', 'floating_ips'):
            assert whole[name] == canonical.ordered(whole[name])


@st.composite
def earlier(
    draw: st.DrawFn, later: router_state.RouterState
) -> router_state.RouterState:
    """Return a router before some of what made it what it is."""
    networks = tuple(
        one
        if one.external or one.network_type == 'local' or draw(st.booleans())
        else dataclasses.replace(
            one, instance_regions=frozenset(), presences=frozenset()
        )
        for one in later.networks
    )
    return dataclasses.replace(
        later,
        networks=networks,
        interfaces=tuple(
            one for one in later.interfaces if draw(st.booleans())
        ),
        gateway=later.gateway if draw(st.booleans()) else None,
        router=dataclasses.replace(
            later.router,
            routes=tuple(
                one for one in later.router.routes if draw(st.booleans())
            ),
        ),
    )


def grown(
    before: router_state.RouterState, after: router_state.RouterState
) -> router_state.RouterState:
    """Return what became of one router while it was turned into another."""
    had = {one.id: one.presences for one in before.networks}
    return dataclasses.replace(
        after,
        networks=tuple(
            dataclasses.replace(one, presences=one.presences | had[one.id])
            for one in after.networks
        ),
        reservations=before.reservations,
        bridge=before.bridge,
    )


def labelled(state: router_state.RouterState) -> dict[Any, Any]:
    """Return all bodies, with what is held for what in place of values."""
    names = {
        value: f'{one.kind} {one.region_name} {one.router_id} {one.subnet_id}'
        for one in state.reservations
        for value in (
            one.port_id,
            one.mac_address,
            *(fixed.ip_address for fixed in one.fixed_ips),
        )
    }

    def label(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: label(each) for key, each in value.items()}
        if isinstance(value, list):
            return canonical.ordered([label(each) for each in value])
        return names.get(value, value) if isinstance(value, str) else value

    return {
        key: (label(dict(body)), omitted)
        for key, (body, omitted) in plan.bodies(state).items()
    }


@given(st.data(), routers())
def test_the_order_of_events_does_not_show(
    data: st.DataObject, before: router_state.RouterState
) -> None:
    # Next hops that no piece can have, whatever is reserved when.
    routes = tuple(
        dataclasses.replace(one, nexthop=f'{one.nexthop}40')
        for one in before.router.routes
    )
    before = dataclasses.replace(
        before, router=dataclasses.replace(before.router, routes=routes)
    )
    at_once = settled(before)
    half = settled(data.draw(earlier(before)))

    in_steps = settled(grown(half, before))

    assert plan.missing(in_steps) == ()
    assert {(one.id, one.region) for one in plan.pieces(in_steps)} == {
        (one.id, one.region) for one in plan.pieces(at_once)
    }
    assert labelled(in_steps) == labelled(at_once)


@given(st.data(), routers())
def test_what_is_held_stays_and_the_rest_can_go(
    data: st.DataObject, before: router_state.RouterState
) -> None:
    half = settled(data.draw(earlier(before)))
    whole = settled(grown(half, before))

    now = {one.port_id: one for one in whole.reservations}
    for one in half.reservations:
        # A leg gets another address when IPv6 comes.
        assert {*one.fixed_ips} <= {*now[one.port_id].fixed_ips}
        assert dataclasses.replace(one, fixed_ips=()) == dataclasses.replace(
            now[one.port_id], fixed_ips=()
        )
    gone = set(plan.surplus(whole))
    rest = dataclasses.replace(
        whole,
        reservations=tuple(
            one for one in whole.reservations if one not in gone
        ),
    )
    assert plan.surplus(rest) == ()
    assert plan.missing(rest) == ()
    assert plan.bodies(rest) == plan.bodies(whole)


@given(routers())
def test_a_router_that_loses_all_its_ports_gives_everything_back(
    before: router_state.RouterState,
) -> None:
    whole = settled(before)
    bare = dataclasses.replace(
        whole, interfaces=(), gateway=None, floating_ips=()
    )

    assert plan.pieces(bare) == ()
    assert plan.bodies(bare) == {}
    assert set(plan.surplus(bare)) == {
        one for one in whole.reservations if one.kind != types.KIND_GATEWAY
    }


def _on(
    state: router_state.RouterState, networks: Iterable[router_state.Network]
) -> router_state.RouterState:
    """Return a router with interfaces on all subnets of its networks."""
    made = tuple(networks)
    subnets = {each.id for one in made for each in one.subnets}
    return dataclasses.replace(
        state,
        networks=made,
        interfaces=tuple(
            dataclasses.replace(
                port,
                fixed_ips=tuple(
                    fixed
                    for fixed in port.fixed_ips
                    if fixed.subnet_id in subnets
                ),
            )
            for port in state.interfaces
        ),
    )


@given(routers())
def test_no_route_or_address_goes_when_ipv6_comes(
    before: router_state.RouterState,
) -> None:
    wide = settled(before)
    plain = [
        dataclasses.replace(
            one,
            subnets=tuple(
                each for each in one.subnets if each.ip_version == 4
            ),
        )
        for one in before.networks
    ]
    only_v4 = _on(before, plain)
    assert plan.bridge_versions(only_v4) == (4,)

    state = settled(only_v4)
    later = settled(
        dataclasses.replace(
            _on(state, before.networks), reservations=state.reservations
        )
    )

    assert not plan.lacks_bridge(later)
    assert {**plan.bodies(later)}.keys() == {**plan.bodies(wide)}.keys()
    now = plan.bodies(later)
    for key, (body, _) in plan.bodies(state).items():
        assert {*addresses(body)} <= {*addresses(now[key][0])}
        old = {(one['destination'], one['nexthop']) for one in body['routes']}
        assert old <= {
            (one['destination'], one['nexthop'])
            for one in now[key][0]['routes']
        }
