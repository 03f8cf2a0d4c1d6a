# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Routers of the guides' topologies: what regions get."""

import dataclasses
import itertools
import uuid

import pytest

from tests.unit.plan import router_states as rs
from tricircle.plan import router as plan
from tricircle.plan import router_state
from tricircle.plan.state import Route
from tricircle.replica import types


def where(state: router_state.RouterState) -> list[tuple[str, str]]:
    return [(one.role.value, one.region) for one in plan.pieces(state)]


def body(state, piece_id, region):
    found = plan.body(state, piece_id, region)
    assert found is not None
    return found[0]


def omitted(state, piece_id, region):
    found = plan.body(state, piece_id, region)
    assert found is not None
    return found[1]


def test_the_north_south_id_is_another_uuid_and_leads_back() -> None:
    made = plan.north_south_id(rs.R1)

    assert made != rs.R1
    assert uuid.UUID(made).version == 4
    assert uuid.UUID(made).variant == uuid.RFC_4122
    assert plan.north_south_id(made) == rs.R1
    assert plan.possible_ids(made) == (made, rs.R1)
    assert plan.possible_ids('subnet_1') == ()


# T1: everything in one region.


def t1() -> router_state.RouterState:
    net1 = rs.network(1, 'pod_1', instances=('pod_1',))
    return rs.settled(
        rs.router(
            net1,
            hints=('pod_1',),
            gateway=rs.external('pod_1'),
            floating_ips=(
                rs.floating(1, '10.0.1.20', net1, 'pod_1', 'ext1'),
                rs.floating(2, '10.0.1.21', net1, None, 'ext1'),
            ),
            routes=(('192.0.2.0/24', '10.0.1.9'),),
        )
    )


def test_a_local_router_is_central_s_router_in_its_region() -> None:
    state = t1()

    made = body(state, rs.R1, 'pod_1')

    assert where(state) == [('local', 'pod_1')]
    assert made['interfaces'] == [
        {
            'port_id': 'port-net1-1',
            'network_id': 'net1',
            'mac_address': 'fa:16:3e:00:00:01',
            'fixed_ips': [{'subnet_id': 's1', 'ip_address': '10.0.1.1'}],
        }
    ]
    assert made['gateway'] == {
        'port_id': 'port-ext1-50',
        'network_id': 'ext1',
        'mac_address': 'fa:16:3e:00:00:01',
        'fixed_ips': [{'subnet_id': 'e1', 'ip_address': '203.0.1.50'}],
        'enable_snat': True,
    }
    assert made['routes'] == [
        {'destination': '192.0.2.0/24', 'nexthop': '10.0.1.9'}
    ]


def test_a_local_router_has_floating_ips_of_ports_in_its_region() -> None:
    state = t1()

    made = body(state, rs.R1, 'pod_1')

    assert [
        (one['id'], one['port_id'], one['fixed_ip_address'])
        for one in made['floating_ips']
    ] == [('fip1', 'vm1', '10.0.1.20')]
    assert omitted(state, rs.R1, 'pod_1') == ('floating_ip.fip2',)


def test_a_local_router_needs_nothing_reserved_and_no_bridge() -> None:
    state = t1()

    assert plan.missing(state) == ()
    assert not plan.needs_bridge(state)
    assert plan.pieces(state)[0].networks == ('ext1', 'net1')


def test_a_local_router_is_nowhere_without_interface_and_gateway() -> None:
    assert plan.pieces(rs.router(hints=('pod_1',))) == ()


def test_a_local_router_leaves_out_what_cannot_be_in_its_region() -> None:
    state = rs.router(
        rs.network(1, 'pod_1'),
        rs.network(2, 'pod_2'),
        hints=('pod_1',),
        gateway=rs.external('pod_2'),
    )

    made = body(state, rs.R1, 'pod_1')

    assert [one['network_id'] for one in made['interfaces']] == ['net1']
    assert made['gateway'] is None
    assert omitted(state, rs.R1, 'pod_1') == (
        'interface.s2',
        'router.external_gateway_info',
    )


def test_a_local_router_settles_a_network_of_type_local() -> None:
    unsettled = rs.network(1, network_type='local')

    state = rs.router(unsettled, hints=('pod_2',))

    assert plan.pieces(state)[0].networks == ('net1',)


def test_a_local_router_may_be_distributed() -> None:
    net1 = rs.network(1, instances=('pod_1',))

    local = rs.router(net1, hints=('pod_1',), distributed=True)
    wide = rs.settled(rs.router(net1, distributed=True))

    assert body(local, rs.R1, 'pod_1')['router']['distributed'] is True
    assert body(wide, rs.R1, 'pod_1')['router']['distributed'] is False
    assert 'router.distributed' in omitted(wide, rs.R1, 'pod_1')


# A.3, T3 and the figure of 3.12.


def t3(
    ext: str = 'pod_2', gateway: bool = True, **changes
) -> router_state.RouterState:
    net1 = rs.network(1, 'pod_1', instances=('pod_1',))
    net2 = rs.network(2, 'pod_2', instances=('pod_2',))
    return rs.settled(
        rs.router(
            net1,
            net2,
            gateway=rs.external(ext) if gateway else None,
            floating_ips=(
                rs.floating(1, '10.0.1.20', net1, 'pod_1', 'ext1'),
                rs.floating(2, '10.0.2.20', net2, 'pod_2', 'ext1'),
            )
            if gateway
            else (),
            **changes,
        )
    )


def test_pieces_lead_to_each_other_s_subnets_over_the_bridge() -> None:
    state = t3(gateway=False)
    one, two = (rs.leg(state, rs.R1, pod) for pod in ('pod_1', 'pod_2'))

    assert where(state) == [('regular', 'pod_1'), ('regular', 'pod_2')]
    assert rs.routes(state, rs.R1, 'pod_1') == {'10.0.2.0/24': two}
    assert rs.routes(state, rs.R1, 'pod_2') == {'10.0.1.0/24': one}


def test_a_network_on_both_pieces_needs_no_route() -> None:
    net1 = rs.network(1, 'pod_1', 'pod_2', instances=('pod_1', 'pod_2'))
    net2 = rs.network(2, 'pod_2', instances=('pod_2',))
    state = rs.settled(rs.router(net1, net2))

    assert rs.routes(state, rs.R1, 'pod_1') == {
        '10.0.2.0/24': rs.leg(state, rs.R1, 'pod_2')
    }
    assert rs.routes(state, rs.R1, 'pod_2') == {}


@pytest.mark.parametrize('ext', ['pod_2', 'pod_3'])
def test_a_gateway_makes_the_north_south_piece(ext: str) -> None:
    state = t3(ext)
    one, two = (rs.leg(state, rs.R1, pod) for pod in ('pod_1', 'pod_2'))

    made = body(state, rs.NS1, ext)

    assert where(state) == [
        ('regular', 'pod_1'),
        ('regular', 'pod_2'),
        ('north-south', ext),
    ]
    assert made['router']['id'] == rs.NS1
    assert made['router']['name'] == 'R'
    assert made['gateway'] is not None
    assert made['gateway']['port_id'] == 'port-ext1-50'
    assert made['gateway']['enable_snat'] is True
    assert [one['fixed_ips'] for one in made['interfaces']] == [
        [{'subnet_id': 'bridge-4', 'ip_address': '100.0.1.1'}]
    ]
    assert rs.routes(state, rs.NS1, ext) == {
        '10.0.1.0/24': one,
        '10.0.2.0/24': two,
    }


def test_regular_pieces_have_the_bridge_as_gateway_without_snat() -> None:
    state = t3()

    for region in ('pod_1', 'pod_2'):
        made = body(state, rs.R1, region)['gateway']
        assert made is not None
        assert made['network_id'] == 'bridge'
        assert made['enable_snat'] is False
        assert [one['ip_address'] for one in made['fixed_ips']] == [
            rs.leg(state, rs.R1, region)
        ]


def test_floating_ips_are_translated_where_the_way_out_is_only() -> None:
    state = t3('pod_3')

    made = body(state, rs.NS1, 'pod_3')

    inner = made['interfaces'][0]['port_id']
    assert [
        (one['id'], one['port_id'], one['fixed_ip_address'])
        for one in made['floating_ips']
    ] == [('fip1', inner, '10.0.1.20'), ('fip2', inner, '10.0.2.20')]
    for region in ('pod_1', 'pod_2'):
        assert body(state, rs.R1, region)['floating_ips'] == []


def test_interfaces_have_the_gateways_that_regions_reserved() -> None:
    state = t3()
    held = rs.held_on(state, 's1', 'pod_1')

    made = body(state, rs.R1, 'pod_1')

    assert held.kind == types.KIND_GATEWAY
    assert made['interfaces'] == [
        {
            'port_id': held.port_id,
            'network_id': 'net1',
            'mac_address': held.mac_address,
            'fixed_ips': [
                {
                    'subnet_id': 's1',
                    'ip_address': held.fixed_ips[0].ip_address,
                }
            ],
        }
    ]


def test_a_floating_ip_waits_for_a_way_to_its_network() -> None:
    net1 = rs.network(1, 'pod_1')
    state = rs.settled(
        rs.router(
            net1,
            gateway=rs.external('pod_2'),
            floating_ips=(rs.floating(1, '10.0.1.20', net1, None, 'ext1'),),
        )
    )

    assert where(state) == [('north-south', 'pod_2')]
    assert body(state, rs.NS1, 'pod_2')['floating_ips'] == []
    assert omitted(state, rs.NS1, 'pod_2') == ('floating_ip.fip1',)


def test_the_way_out_prefers_the_piece_beside_it() -> None:
    net1 = rs.network(1, instances=('pod_1', 'pod_2'))
    state = rs.settled(rs.router(net1, gateway=rs.external('pod_2')))

    assert rs.routes(state, rs.NS1, 'pod_2') == {
        '10.0.1.0/24': rs.leg(state, rs.R1, 'pod_2')
    }


def test_a_way_leads_where_instances_are() -> None:
    wide = rs.network(1, 'pod_1', 'pod_2', instances=('pod_2',))
    net2 = rs.network(2, 'pod_1', instances=('pod_1',))
    net3 = rs.network(3, 'pod_3', instances=('pod_3',))
    state = rs.settled(rs.router(wide, net2, net3))

    assert rs.routes(state, rs.R1, 'pod_3') == {
        '10.0.1.0/24': rs.leg(state, rs.R1, 'pod_2'),
        '10.0.2.0/24': rs.leg(state, rs.R1, 'pod_1'),
    }


def test_a_network_without_instances_has_no_piece_and_no_way() -> None:
    state = rs.settled(
        rs.router(
            rs.network(1, 'pod_1', instances=('pod_1',)),
            rs.network(2, 'pod_2'),
        )
    )

    assert where(state) == [('regular', 'pod_1')]
    assert rs.routes(state, rs.R1, 'pod_1') == {}
    assert not plan.needs_bridge(state)


def test_an_unsettled_network_of_type_local_is_put_nowhere() -> None:
    state = rs.router(
        rs.network(1, network_type='local'),
        rs.network(2, instances=('pod_1', 'pod_2')),
    )

    assert {one.networks for one in plan.pieces(state)} == {('net2',)}


def test_a_settled_network_of_type_local_stays_where_it_is() -> None:
    net1 = rs.network(1, network_type='local', instances=('pod_1',))
    net2 = rs.network(2, 'pod_2', instances=('pod_2',))

    pieces = plan.pieces(rs.router(net1, net2))

    assert [(one.region, one.networks) for one in pieces] == [
        ('pod_1', ('net1',)),
        ('pod_2', ('net2',)),
    ]


def test_any_order_of_steps_ends_the_same() -> None:
    net1 = rs.network(1, 'pod_1', instances=('pod_1',))
    net2 = rs.network(2, 'pod_2', instances=('pod_2',))
    gateway = rs.external('pod_3')

    ends = [
        plan.bodies(rs.settled(rs.router(*order, gateway=gateway)))
        for order in itertools.permutations([net1, net2])
    ]

    assert ends[0] == ends[1]


def test_what_is_not_reserved_is_named_and_left_out() -> None:
    state = t3()
    bare = dataclasses.replace(state, reservations=())

    made = body(bare, rs.R1, 'pod_1')

    assert made['interfaces'] == []
    assert made['gateway'] is None
    assert omitted(bare, rs.R1, 'pod_1') == (
        f'bridge_leg.{rs.R1}',
        'gateway.s1',
    )
    assert not plan.is_complete(bare)
    assert plan.is_complete(state)
    assert {(one.kind, one.region) for one in plan.missing(bare)} == {
        ('bridge_leg', 'pod_1'),
        ('gateway', 'pod_1'),
        ('bridge_leg', 'pod_2'),
        ('gateway', 'pod_2'),
    }


def test_a_leg_that_lacks_an_address_on_the_bridge_is_missing() -> None:
    state = dataclasses.replace(t3(), bridge=rs.DUAL_BRIDGE)

    assert {one.kind for one in plan.missing(state)} == {'bridge_leg'}


def test_what_no_piece_needs_is_surplus() -> None:
    state = t3()
    alone = dataclasses.replace(
        state,
        interfaces=state.interfaces[:1],
        gateway=None,
        floating_ips=(),
    )

    assert plan.surplus(state) == ()
    assert [
        (one.kind, one.router_id, one.region_name)
        for one in plan.surplus(alone)
    ] == [
        ('bridge_leg', rs.R1, 'pod_1'),
        ('bridge_leg', rs.R1, 'pod_2'),
        ('bridge_leg', rs.NS1, 'pod_2'),
    ]


# Routes of users.


def test_a_user_s_route_goes_on_where_its_next_hop_is() -> None:
    state = t3(routes=(('192.0.2.0/24', '10.0.2.9'),))
    two = rs.leg(state, rs.R1, 'pod_2')

    assert rs.routes(state, rs.R1, 'pod_2')['192.0.2.0/24'] == '10.0.2.9'
    assert rs.routes(state, rs.R1, 'pod_1')['192.0.2.0/24'] == two
    assert rs.routes(state, rs.NS1, 'pod_2')['192.0.2.0/24'] == two


def test_a_user_s_route_out_is_on_the_north_south_piece_only() -> None:
    state = t3('pod_3', routes=(('192.0.2.0/24', '203.0.1.9'),))

    assert rs.routes(state, rs.NS1, 'pod_3')['192.0.2.0/24'] == '203.0.1.9'
    assert '192.0.2.0/24' not in rs.routes(state, rs.R1, 'pod_1')


def test_a_user_s_route_takes_the_place_of_ours_where_it_starts() -> None:
    state = t3(gateway=False, routes=(('10.0.2.0/24', '10.0.1.9'),))

    assert rs.routes(state, rs.R1, 'pod_1') == {'10.0.2.0/24': '10.0.1.9'}
    assert '10.0.2.0/24' not in rs.routes(state, rs.R1, 'pod_2')


def test_several_routes_of_a_user_to_one_destination_all_stay() -> None:
    state = t3(
        routes=(('192.0.2.0/24', '10.0.2.9'), ('192.0.2.0/24', '10.0.2.8'))
    )

    made = body(state, rs.R1, 'pod_2')['routes']

    assert [
        one['nexthop'] for one in made if one['destination'] == '192.0.2.0/24'
    ] == ['10.0.2.8', '10.0.2.9']


def test_a_user_s_route_to_the_region_itself_is_left_out() -> None:
    own = rs.held_on(t3(), 's1', 'pod_1').fixed_ips[0].ip_address

    state = t3(routes=(('192.0.2.0/24', own),))

    assert '192.0.2.0/24' not in rs.routes(state, rs.R1, 'pod_1')
    assert omitted(state, rs.R1, 'pod_1') == ('router.routes.192.0.2.0/24',)


# T2: T1 in both regions, and a network that no router is on.


def test_local_routers_of_two_regions_know_nothing_of_each_other() -> None:
    one, two = (
        rs.router(
            rs.network(number, pod, instances=(pod,)),
            hints=(pod,),
            router_id=router_id,
            gateway=rs.external(pod, number),
        )
        for number, pod, router_id in (
            (1, 'pod_1', rs.R1),
            (2, 'pod_2', rs.R2),
        )
    )

    assert set(plan.bodies(one)) == {(rs.R1, 'pod_1')}
    assert set(plan.bodies(two)) == {(rs.R2, 'pod_2')}
    assert body(one, rs.R1, 'pod_1')['routes'] == []
    assert body(two, rs.R2, 'pod_2')['routes'] == []


# T6: one network, a local router with another address in each region.


def test_a_local_router_is_the_gateway_in_its_region_only() -> None:
    net3 = rs.network(3, instances=('pod_1', 'pod_2'))
    one = rs.router(net3, hints=('pod_1',))
    two = rs.router(net3, hints=('pod_2',), router_id=rs.R2, hosts={'net3': 2})

    assert plan.region_gateways(one, 'pod_1') == {'s3': '10.0.3.1'}
    assert plan.region_gateways(one, 'pod_2') == {}
    assert plan.region_gateways(two, 'pod_2') == {'s3': '10.0.3.2'}
    made = body(two, rs.R2, 'pod_2')['interfaces']
    assert [fixed['ip_address'] for fixed in made[0]['fixed_ips']] == [
        '10.0.3.2'
    ]


def test_a_router_that_is_not_local_is_no_gateway_of_a_region() -> None:
    state = t3()

    assert plan.region_gateways(state, 'pod_1') == {}
    assert plan.host_routes(state, 'pod_1') == {}


# T5 and the figures of A.4.


def t5() -> router_state.RouterState:
    state = rs.router(
        rs.network(1, 'pod_1', instances=('pod_1',)),
        rs.network(2, 'pod_2', instances=('pod_2',)),
        rs.network(3, 'pod_1', 'pod_2', instances=('pod_1', 'pod_2')),
        router_id=rs.R3,
        hosts={'net1': 3, 'net2': 3, 'net3': 200},
        hints=('pod_1', 'pod_2'),
    )
    figures = {
        ('s3', 'pod_1'): '10.0.3.5',
        ('s3', 'pod_2'): '10.0.3.6',
    }
    made = rs.settled(state)
    return dataclasses.replace(
        made,
        reservations=tuple(
            held
            if held.kind == types.KIND_BRIDGE_LEG
            else dataclasses.replace(
                held,
                fixed_ips=(
                    rs.FixedIP(
                        held.subnet_id or '',
                        figures[held.subnet_id or '', held.region_name],
                    ),
                ),
            )
            for held in made.reservations
        ),
    )


def test_host_routes_lead_to_a_router_that_is_no_gateway() -> None:
    state = t5()

    assert plan.host_routes(state, 'pod_1') == {
        's1': (Route('10.0.2.0/24', '10.0.1.3'),),
        's3': (Route('10.0.2.0/24', '10.0.3.5'),),
    }
    assert plan.host_routes(state, 'pod_2') == {
        's2': (Route('10.0.1.0/24', '10.0.2.3'),),
        's3': (Route('10.0.1.0/24', '10.0.3.6'),),
    }
    assert plan.host_routes(state, 'pod_3') == {}


def test_host_routes_are_there_before_the_first_instance() -> None:
    # Local routers have put both networks where they are.
    net1, net2 = (
        rs.network(1, 'pod_1', presences=frozenset({'pod_1'})),
        rs.network(2, 'pod_2', presences=frozenset({'pod_2'})),
    )
    state = rs.router(net1, net2, hosts={'net1': 3, 'net2': 3})

    assert plan.pieces(state) == ()
    assert plan.host_routes(state, 'pod_1') == {
        's1': (Route('10.0.2.0/24', '10.0.1.3'),)
    }
    assert plan.beside(state) == {'pod_1': ('net1',), 'pod_2': ('net2',)}
    # One of them is on its way out, and regions have to hear of that too.
    alone = dataclasses.replace(state, interfaces=state.interfaces[:1])
    assert plan.host_routes(alone, 'pod_1') == {}
    assert plan.beside(alone) == {'pod_1': ('net1',)}


def test_what_a_piece_is_on_is_in_its_documents() -> None:
    assert plan.beside(t5()) == {}
    assert plan.beside(t3()) == {}
    local = rs.router(
        rs.network(3, presences=frozenset({'pod_1', 'pod_2'})),
        hints=('pod_1',),
        hosts={'net3': 2},
    )
    assert plan.beside(local) == {}
    assert plan.host_routes(local, 'pod_2') == {}


def test_the_east_west_router_has_the_user_s_ports_where_it_can() -> None:
    state = t5()
    one, two = (rs.leg(state, rs.R3, pod) for pod in ('pod_1', 'pod_2'))

    made = body(state, rs.R3, 'pod_1')

    # Of the network that is in both regions, each has its own address.
    assert {
        (held.kind, held.subnet_id, held.region_name)
        for held in state.reservations
        if held.kind != types.KIND_BRIDGE_LEG
    } == {
        (types.KIND_INTERFACE, 's3', 'pod_1'),
        (types.KIND_INTERFACE, 's3', 'pod_2'),
    }
    assert [
        (port['port_id'], port['fixed_ips'][0]['ip_address'])
        for port in made['interfaces']
    ] == [
        ('port-net1-3', '10.0.1.3'),
        (rs.held_on(state, 's3', 'pod_1').port_id, '10.0.3.5'),
    ]
    assert rs.routes(state, rs.R3, 'pod_1') == {'10.0.2.0/24': two}
    assert rs.routes(state, rs.R3, 'pod_2') == {'10.0.1.0/24': one}


def test_a_network_of_a_zone_has_an_address_for_each_region() -> None:
    # It is one region now, and may become two.
    net1 = rs.network(1, 'az1', instances=('pod_1',))

    state = rs.settled(rs.router(net1, hosts={'net1': 200}))

    held = rs.held_on(state, 's1', 'pod_1')
    assert held.kind == types.KIND_INTERFACE
    made = body(state, rs.R1, 'pod_1')['interfaces']
    assert [one['port_id'] for one in made] == [held.port_id]


def test_the_user_s_port_shares_the_ipv6_port_with_the_gateway() -> None:
    net1 = rs.network(
        1,
        'pod_1',
        instances=('pod_1',),
        subnets=(
            router_state.Subnet('a', '10.0.1.0/24', 4, '10.0.1.1'),
            router_state.Subnet('c', '2001:db8:1::/64', 6, '2001:db8:1::1'),
            router_state.Subnet('d', '2001:db8:2::/64', 6, '2001:db8:2::9'),
        ),
    )
    before = rs.router(net1)
    (port,) = before.interfaces
    own = dataclasses.replace(
        port,
        fixed_ips=(
            rs.FixedIP('a', '10.0.1.200'),
            rs.FixedIP('c', '2001:db8:1::1'),
            rs.FixedIP('d', '2001:db8:2::200'),
        ),
    )
    state = rs.settled(dataclasses.replace(before, interfaces=(own,)))
    gateway = rs.held_on(state, 'c', 'pod_1')

    made = body(state, rs.R1, 'pod_1')['interfaces']

    assert {
        one['port_id']: [fixed['ip_address'] for fixed in one['fixed_ips']]
        for one in made
    } == {
        own.port_id: ['10.0.1.200'],
        gateway.port_id: [
            gateway.fixed_ips[0].ip_address,
            '2001:db8:2::200',
        ],
    }


# T7: networks of both regions on one router.


def test_stretched_networks_are_routed_in_the_local_piece() -> None:
    net1, net2 = (
        rs.network(number, instances=('pod_1', 'pod_2')) for number in (1, 2)
    )
    state = rs.settled(rs.router(net1, net2))

    assert not plan.needs_bridge(state)
    for region in ('pod_1', 'pod_2'):
        made = body(state, rs.R1, region)
        assert [one['network_id'] for one in made['interfaces']] == [
            'net1',
            'net2',
        ]
        assert made['routes'] == []
        assert made['gateway'] is None


def test_a_network_is_stretched_to_every_piece_in_its_scope() -> None:
    net1 = rs.network(1, instances=('pod_1',))
    net2 = rs.network(2, 'az2', 'az1', instances=('pod_2',))

    pieces = plan.pieces(rs.router(net1, net2))

    assert [(one.region, one.networks) for one in pieces] == [
        ('pod_1', ('net1', 'net2')),
        ('pod_2', ('net1', 'net2')),
    ]


# T8: dual stack.


def test_ipv6_has_its_own_routes_over_the_bridge() -> None:
    net1 = rs.dual(rs.network(1, 'pod_1', instances=('pod_1',)), 1)
    net2 = rs.dual(rs.network(2, 'pod_2', instances=('pod_2',)), 2)
    state = rs.settled(
        rs.router(net1, net2, gateway=rs.external('pod_2')), rs.DUAL_BRIDGE
    )
    gateway = body(state, rs.R1, 'pod_2')['gateway']
    assert gateway is not None
    four, six = (one['ip_address'] for one in gateway['fixed_ips'])

    assert rs.routes(state, rs.R1, 'pod_1') == {
        '10.0.2.0/24': four,
        '2001:db8:2::/64': six,
    }
    inner = body(state, rs.NS1, 'pod_2')['interfaces']
    assert [one['ip_address'] for one in inner[0]['fixed_ips']] == [
        '100.0.1.1',
        'fd74:7269:6369:1::1',
    ]


def test_ipv6_subnets_of_a_network_share_one_port_as_neutron_wants() -> None:
    net1 = rs.network(
        1,
        instances=('pod_1',),
        subnets=(
            router_state.Subnet('a', '10.0.1.0/24', 4, '10.0.1.1'),
            router_state.Subnet('b', '10.0.2.0/24', 4, '10.0.2.1'),
            router_state.Subnet('c', '2001:db8:1::/64', 6, '2001:db8:1::1'),
            router_state.Subnet('d', '2001:db8:2::/64', 6, '2001:db8:2::1'),
        ),
    )
    state = rs.settled(rs.router(net1))

    made = body(state, rs.R1, 'pod_1')['interfaces']

    assert [
        [fixed['subnet_id'] for fixed in one['fixed_ips']] for one in made
    ] == [['a'], ['b'], ['c', 'd']]


def test_host_routes_are_of_the_subnet_s_own_family() -> None:
    net1 = rs.dual(rs.network(1, 'pod_1', instances=('pod_1',)), 1)
    net2 = rs.dual(rs.network(2, 'pod_2', instances=('pod_2',)), 2)
    state = rs.settled(
        rs.router(net1, net2, hosts={'net1': 200, 'net2': 200}),
        rs.DUAL_BRIDGE,
    )

    made = plan.host_routes(state, 'pod_1')

    assert [one.destination for one in made['s1']] == ['10.0.2.0/24']
    assert [one.destination for one in made['s1v6']] == ['2001:db8:2::/64']


def test_a_subnet_that_waits_for_its_prefix_is_not_attached_yet() -> None:
    net1 = rs.network(
        1,
        instances=('pod_1',),
        subnets=(router_state.Subnet('w', '::/64', 6, '::1'),),
    )

    assert plan.pieces(rs.router(net1)) == ()
