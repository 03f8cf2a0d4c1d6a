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

import dataclasses
import ipaddress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plan import router_states as rs
from tests.unit.plan import router_strategies
from tricircle.plan import scope
from tricircle.plan.router import planner as plan
from tricircle.plan.router import state as router_state
from tricircle.replica.body import canonical
from tricircle.replica.held_ports import HeldPort


def in_subnet(subnet: router_state.Subnet, address: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(subnet.cidr)


@given(router_strategies.routers())
def test_no_two_pieces_share_an_address(
    before: router_state.RouterState,
) -> None:
    made = plan.bodies(rs.settled(before))

    used = [one for body, _ in made.values() for one in rs.addresses(body)]

    assert len(used) == len(set(used))


@given(router_strategies.routers())
def test_no_two_pieces_share_a_port(before: router_state.RouterState) -> None:
    made = plan.bodies(rs.settled(before))

    ports = [
        port['port_id']
        for body, _ in made.values()
        for port in (
            *body['interfaces'],
            *([body['gateway']] if body['gateway'] else []),
        )
    ]

    assert len(ports) == len(set(ports))


@given(router_strategies.routers(local=False))
def test_the_user_s_address_is_kept_where_only_one_region_can_have_it(
    before: router_state.RouterState,
) -> None:
    state = rs.settled(before)
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
            len(one.hints) == 1 and one.hints[0] in router_strategies.PODS
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


@given(router_strategies.routers(local=False), st.sampled_from(['az1', 'az2']))
def test_no_address_moves_when_a_zone_grows(
    before: router_state.RouterState, zone: str
) -> None:
    state = rs.settled(before)
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
    later = rs.settled(
        dataclasses.replace(state, regions=regions, networks=networks)
    )

    users: dict[tuple[str, str], set[str]] = {}
    for moment in (state, later):
        for (_, region), (body, _) in plan.bodies(moment).items():
            for one in rs.addresses(body):
                users.setdefault(one, set()).add(region)

    assert all(len(where) == 1 for where in users.values()), users


@given(router_strategies.routers())
def test_no_route_points_at_the_piece_itself(
    before: router_state.RouterState,
) -> None:
    for body, _ in plan.bodies(rs.settled(before)).values():
        own = {address for _, address in rs.addresses(body)}
        assert not own & {one['nexthop'] for one in body['routes']}


@given(router_strategies.routers())
def test_every_next_hop_is_on_a_subnet_of_the_piece(
    before: router_state.RouterState,
) -> None:
    state = rs.settled(before)
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


@given(router_strategies.routers(local=False))
def test_every_remote_subnet_has_exactly_one_way_to_where_it_is(
    before: router_state.RouterState,
) -> None:
    plain = dataclasses.replace(
        before, router=dataclasses.replace(before.router, routes=())
    )
    state = rs.settled(plain)
    pieces = {(one.id, one.region): one for one in plan.pieces(state)}
    made = plan.bodies(state)
    carriers = {
        fixed.ip_address: pieces[held.router_id or '', held.region_name]
        for held in state.held_ports
        if held.kind == HeldPort.BRIDGE_LEG
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


@given(router_strategies.routers())
def test_nothing_is_outside_its_scope(
    before: router_state.RouterState,
) -> None:
    state = rs.settled(before)
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


@given(router_strategies.routers())
def test_a_network_of_type_local_stays_in_one_region(
    before: router_state.RouterState,
) -> None:
    for one in rs.settled(before).networks:
        if one.network_type == 'local':
            assert len(one.presences) <= 1


@given(router_strategies.routers(), st.data())
def test_the_order_of_what_is_read_does_not_show(
    before: router_state.RouterState, data: st.DataObject
) -> None:
    state = rs.settled(before)
    shuffled = dataclasses.replace(
        state,
        **{
            name: tuple(data.draw(st.permutations(getattr(state, name))))
            for name in (
                'regions',
                'interfaces',
                'networks',
                'floating_ips',
                'held_ports',
            )
        },
        router=dataclasses.replace(
            state.router,
            routes=tuple(data.draw(st.permutations(state.router.routes))),
        ),
    )

    assert plan.pieces(shuffled) == plan.pieces(state)
    assert plan.bodies(shuffled) == plan.bodies(state)
    for region in router_strategies.PODS:
        assert plan.host_routes(shuffled, region) == plan.host_routes(
            state, region
        )


@given(router_strategies.routers(), st.sampled_from(['az1', 'az9']))
def test_a_region_without_instances_changes_nothing(
    before: router_state.RouterState, zone: str
) -> None:
    state = rs.settled(before)
    grown = dataclasses.replace(
        state, regions=(*state.regions, scope.Region('pod_9', zone))
    )

    assert plan.bodies(grown) == plan.bodies(state)
    assert plan.missing(grown) == ()


@given(router_strategies.routers())
def test_what_central_does_once_is_all_there_is_to_do(
    before: router_state.RouterState,
) -> None:
    state = rs.settled(before)

    assert plan.missing(state) == ()
    assert plan.surplus(state) == ()
    assert set(plan.bodies(state)) == {
        (one.id, one.region) for one in plan.pieces(before)
    }


@given(router_strategies.routers())
def test_a_body_alone_is_the_same_as_among_all(
    before: router_state.RouterState,
) -> None:
    state = rs.settled(before)
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


@given(router_strategies.routers(local=False))
def test_host_routes_lead_to_the_piece_and_to_what_is_elsewhere(
    before: router_state.RouterState,
) -> None:
    state = rs.settled(before)
    subnets = {one.id: one for net in state.networks for one in net.subnets}
    owners = {one.id: net.id for net in state.networks for one in net.subnets}
    for piece in plan.pieces(state):
        if piece.role is not plan.Role.REGULAR:
            continue
        found = plan.body(state, piece.id, piece.region)
        assert found is not None
        own = {address for _, address in rs.addresses(found[0])}
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


@given(router_strategies.routers())
def test_lists_that_mean_sets_are_in_the_order_of_bodies(
    before: router_state.RouterState,
) -> None:
    for body, _ in plan.bodies(rs.settled(before)).values():
        whole: dict[str, Any] = dict(body)
        for name in ('interfaces', 'routes', 'floating_ips'):
            assert whole[name] == canonical.ordered(whole[name])
