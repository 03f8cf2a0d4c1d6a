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
from tricircle.plan import scope
from tricircle.replica import types


def where(state: router_state.RouterState) -> list[tuple[str, str]]:
    return [(one.role.value, one.region) for one in plan.pieces(state)]


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

    made = rs.body(state, rs.R1, 'pod_1')

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

    made = rs.body(state, rs.R1, 'pod_1')

    assert [
        (one['id'], one['port_id'], one['fixed_ip_address'])
        for one in made['floating_ips']
    ] == [('fip1', 'vm1', '10.0.1.20')]
    assert rs.omitted(state, rs.R1, 'pod_1') == ('floating_ip.fip2',)


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

    made = rs.body(state, rs.R1, 'pod_1')

    assert [one['network_id'] for one in made['interfaces']] == ['net1']
    assert made['gateway'] is None
    assert rs.omitted(state, rs.R1, 'pod_1') == (
        'interface.s2',
        'router.external_gateway_info',
    )


def test_a_local_router_settles_a_network_of_type_local() -> None:
    unsettled = rs.network(1, network_type='local')

    state = rs.router(unsettled, hints=('pod_2',))

    assert plan.pieces(state)[0].networks == ('net1',)


@pytest.mark.parametrize('kind', ['distributed', 'ha'])
def test_a_local_router_may_be_distributed_or_highly_available(
    kind: str,
) -> None:
    net1 = rs.network(1, 'pod_1', instances=('pod_1',))

    local = rs.router(net1, hints=('pod_1',), **{kind: True})
    wide = rs.settled(rs.router(net1, **{kind: True}))

    assert dict(rs.body(local, rs.R1, 'pod_1')['router'])[kind] is True
    assert rs.omitted(local, rs.R1, 'pod_1') == ()
    assert dict(rs.body(wide, rs.R1, 'pod_1')['router'])[kind] is False
    assert f'router.{kind}' in rs.omitted(wide, rs.R1, 'pod_1')


def test_a_distributed_router_has_central_s_ports_for_snat() -> None:
    net1, net2 = rs.network(1, 'pod_1'), rs.network(2, 'pod_1')
    snat1, snat2 = rs.interface(net1, 7), rs.interface(net2, 7)
    state = dataclasses.replace(
        rs.router(
            net1,
            net2,
            hints=('pod_1',),
            gateway=rs.external('pod_1'),
            distributed=True,
        ),
        snat_ports=(snat2, snat1),
    )

    body = rs.body(state, rs.R1, 'pod_1')

    assert {one['port_id'] for one in body['snat_ports']} == {
        snat1.port_id,
        snat2.port_id,
    }
    assert body['snat_ports'][0]['fixed_ips'] == [
        {'subnet_id': 's1', 'ip_address': '10.0.1.7'}
    ]
    assert {snat1.port_id, snat2.port_id} <= plan.port_ids(
        state, plan.pieces(state)[0]
    )
    # The order in which they are read makes no difference.
    turned = dataclasses.replace(state, snat_ports=(snat1, snat2))
    assert rs.body(turned, rs.R1, 'pod_1') == body


def test_a_router_in_one_place_says_nothing_of_ports_for_snat() -> None:
    net1 = rs.network(1, 'pod_1')

    body = rs.body(rs.router(net1, hints=('pod_1',)), rs.R1, 'pod_1')

    # So that a region of the version before has what it is to have.
    assert 'snat_ports' not in body


def test_a_distributed_router_without_gateway_needs_none() -> None:
    net1 = rs.network(1, 'pod_1')

    body = rs.body(
        rs.router(net1, hints=('pod_1',), distributed=True), rs.R1, 'pod_1'
    )

    # They are named all the same: this central has the addresses.
    assert body['snat_ports'] == []


@pytest.mark.parametrize(
    ('hints', 'zone_of_pod_2', 'distributed'),
    [
        (('pod_1',), 'az2', True),
        (('az1',), 'az2', True),
        # Of a zone that has got another region.
        (('az1',), 'az1', False),
        ((), 'az2', False),
    ],
)
def test_a_network_for_several_regions_keeps_a_router_in_one_place(
    hints: tuple[str, ...], zone_of_pod_2: str, distributed: bool
) -> None:
    state = rs.router(
        rs.network(1, *hints),
        hints=('pod_1',),
        distributed=True,
        regions=(*rs.REGIONS[:2], scope.Region('pod_2', zone_of_pod_2)),
    )

    body = rs.body(state, rs.R1, 'pod_1')

    assert body['router']['distributed'] is distributed
    assert ('snat_ports' in body) is distributed
    left = 'router.distributed' in rs.omitted(state, rs.R1, 'pod_1')
    assert left is not distributed


# A.3, T3 and the figure of 3.12.


def test_pieces_lead_to_each_other_s_subnets_over_the_bridge() -> None:
    state = rs.t3(gateway=False)
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
    state = rs.t3(ext)
    one, two = (rs.leg(state, rs.R1, pod) for pod in ('pod_1', 'pod_2'))

    made = rs.body(state, rs.NS1, ext)

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
    state = rs.t3()

    for region in ('pod_1', 'pod_2'):
        made = rs.body(state, rs.R1, region)['gateway']
        assert made is not None
        assert made['network_id'] == 'bridge'
        assert made['enable_snat'] is False
        assert [one['ip_address'] for one in made['fixed_ips']] == [
            rs.leg(state, rs.R1, region)
        ]


def test_floating_ips_are_translated_where_the_way_out_is_only() -> None:
    state = rs.t3('pod_3')

    made = rs.body(state, rs.NS1, 'pod_3')

    inner = made['interfaces'][0]['port_id']
    assert [
        (one['id'], one['port_id'], one['fixed_ip_address'])
        for one in made['floating_ips']
    ] == [('fip1', inner, '10.0.1.20'), ('fip2', inner, '10.0.2.20')]
    for region in ('pod_1', 'pod_2'):
        assert rs.body(state, rs.R1, region)['floating_ips'] == []


def test_interfaces_have_the_gateways_that_regions_reserved() -> None:
    state = rs.t3()
    held = rs.held_on(state, 's1', 'pod_1')

    made = rs.body(state, rs.R1, 'pod_1')

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
    assert rs.body(state, rs.NS1, 'pod_2')['floating_ips'] == []
    assert rs.omitted(state, rs.NS1, 'pod_2') == ('floating_ip.fip1',)


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


def test_a_piece_alone_with_a_network_of_its_region_is_on_the_bridge() -> None:
    net1 = rs.network(1, 'pod_1', instances=('pod_1',))
    net2 = rs.network(2, 'pod_2', instances=('pod_2',))
    alone = rs.settled(rs.router(net1))
    later = rs.settled(
        dataclasses.replace(
            rs.router(net1, net2), reservations=alone.reservations
        )
    )

    before, after = (rs.body(one, rs.R1, 'pod_1') for one in (alone, later))

    # What comes on the router elsewhere takes one route more, and no leg.
    assert before['gateway'] == after['gateway']
    assert before['gateway'] is not None
    assert before['interfaces'] == after['interfaces']
    assert before['routes'] == []
    assert len(after['routes']) == 1


@pytest.mark.parametrize(
    'network',
    [
        rs.network(1, instances=('pod_1',)),
        rs.network(1, 'az1', instances=('pod_1',)),
        # In the scope of one region, and with nothing there yet.
        rs.network(1, 'pod_1'),
    ],
)
def test_what_can_be_in_other_regions_needs_no_bridge_by_itself(
    network: router_state.Network,
) -> None:
    assert not plan.needs_bridge(rs.router(network))


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
    state = rs.t3()
    bare = dataclasses.replace(state, reservations=())

    made = rs.body(bare, rs.R1, 'pod_1')

    assert made['interfaces'] == []
    assert made['gateway'] is None
    assert rs.omitted(bare, rs.R1, 'pod_1') == (
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


def _with_ipv6(state: router_state.RouterState) -> router_state.RouterState:
    """Return a router whose first network got an IPv6 subnet and is on it."""
    one = rs.dual(state.networks[0], 1)
    return dataclasses.replace(
        state,
        networks=(one, *state.networks[1:]),
        interfaces=(rs.interface(one), *state.interfaces[1:]),
    )


def test_a_first_ipv6_subnet_wants_one_on_the_bridge_and_on_all_legs() -> None:
    state = rs.t3()
    assert not plan.lacks_bridge(state)
    assert plan.bridge_versions(state) == (4,)

    later = _with_ipv6(state)

    assert plan.lacks_bridge(later)
    assert plan.bridge_versions(later) == (4, 6)
    made = dataclasses.replace(later, bridge=rs.DUAL_BRIDGE)
    assert not plan.lacks_bridge(made)
    for one in (later, made):
        legs = [each for each in plan.missing(one) if each.versions]
        assert [each.region for each in legs] == ['pod_1', 'pod_2', 'pod_2']
        assert {each.versions for each in legs} == {(4, 6)}


def test_the_ipv6_of_another_router_does_not_concern_an_ipv4_router() -> None:
    state = rs.t3()

    other = dataclasses.replace(state, bridge=rs.DUAL_BRIDGE)

    assert not plan.lacks_bridge(other)
    assert plan.is_complete(other)
    assert plan.bodies(other) == plan.bodies(state)


def test_legs_that_were_on_both_subnets_from_the_beginning_stay() -> None:
    both = rs.settled(_with_ipv6(rs.t3()))
    before = rs.t3()

    state = dataclasses.replace(
        before, bridge=both.bridge, reservations=both.reservations
    )

    assert plan.is_complete(state)
    for piece_id, region in ((rs.R1, 'pod_1'), (rs.R1, 'pod_2')):
        made = rs.body(state, piece_id, region)
        assert made['gateway'] == rs.body(both, piece_id, region)['gateway']
        assert len(made['gateway']['fixed_ips']) == 2


def test_what_no_piece_needs_is_surplus() -> None:
    state = rs.t3()
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
        ('bridge_leg', rs.R1, 'pod_2'),
        ('bridge_leg', rs.NS1, 'pod_2'),
    ]


# Routes of users.


def test_a_user_s_route_goes_on_where_its_next_hop_is() -> None:
    state = rs.t3(routes=(('192.0.2.0/24', '10.0.2.9'),))
    two = rs.leg(state, rs.R1, 'pod_2')

    assert rs.routes(state, rs.R1, 'pod_2')['192.0.2.0/24'] == '10.0.2.9'
    assert rs.routes(state, rs.R1, 'pod_1')['192.0.2.0/24'] == two
    assert rs.routes(state, rs.NS1, 'pod_2')['192.0.2.0/24'] == two


def test_a_user_s_route_out_is_on_the_north_south_piece_only() -> None:
    state = rs.t3('pod_3', routes=(('192.0.2.0/24', '203.0.1.9'),))

    assert rs.routes(state, rs.NS1, 'pod_3')['192.0.2.0/24'] == '203.0.1.9'
    assert '192.0.2.0/24' not in rs.routes(state, rs.R1, 'pod_1')


def test_a_user_s_route_takes_the_place_of_ours_where_it_starts() -> None:
    state = rs.t3(gateway=False, routes=(('10.0.2.0/24', '10.0.1.9'),))

    assert rs.routes(state, rs.R1, 'pod_1') == {'10.0.2.0/24': '10.0.1.9'}
    assert '10.0.2.0/24' not in rs.routes(state, rs.R1, 'pod_2')


def test_several_routes_of_a_user_to_one_destination_all_stay() -> None:
    state = rs.t3(
        routes=(('192.0.2.0/24', '10.0.2.9'), ('192.0.2.0/24', '10.0.2.8'))
    )

    made = rs.body(state, rs.R1, 'pod_2')['routes']

    assert [
        one['nexthop'] for one in made if one['destination'] == '192.0.2.0/24'
    ] == ['10.0.2.8', '10.0.2.9']


def test_a_user_s_route_to_the_region_itself_is_left_out() -> None:
    own = rs.held_on(rs.t3(), 's1', 'pod_1').fixed_ips[0].ip_address

    state = rs.t3(routes=(('192.0.2.0/24', own),))

    assert '192.0.2.0/24' not in rs.routes(state, rs.R1, 'pod_1')
    assert rs.omitted(state, rs.R1, 'pod_1') == ('router.routes.192.0.2.0/24',)


def test_a_router_that_is_not_local_is_no_gateway_of_a_region() -> None:
    state = rs.t3()

    assert plan.region_gateways(state, 'pod_1') == {}
    assert plan.host_routes(state, 'pod_1') == {}


# T7: networks of both regions on one router.


def test_stretched_networks_are_routed_in_the_local_piece() -> None:
    net1, net2 = (
        rs.network(number, instances=('pod_1', 'pod_2')) for number in (1, 2)
    )
    state = rs.settled(rs.router(net1, net2))

    assert not plan.needs_bridge(state)
    for region in ('pod_1', 'pod_2'):
        made = rs.body(state, rs.R1, region)
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
    state = rs.settled(rs.router(net1, net2, gateway=rs.external('pod_2')))
    gateway = rs.body(state, rs.R1, 'pod_2')['gateway']
    assert gateway is not None
    four, six = (one['ip_address'] for one in gateway['fixed_ips'])

    assert rs.routes(state, rs.R1, 'pod_1') == {
        '10.0.2.0/24': four,
        '2001:db8:2::/64': six,
    }
    inner = rs.body(state, rs.NS1, 'pod_2')['interfaces']
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

    made = rs.body(state, rs.R1, 'pod_1')['interfaces']

    assert [
        [fixed['subnet_id'] for fixed in one['fixed_ips']] for one in made
    ] == [['a'], ['b'], ['c', 'd']]


def test_host_routes_are_of_the_subnet_s_own_family() -> None:
    net1 = rs.dual(rs.network(1, 'pod_1', instances=('pod_1',)), 1)
    net2 = rs.dual(rs.network(2, 'pod_2', instances=('pod_2',)), 2)
    state = rs.settled(rs.router(net1, net2, hosts={'net1': 200, 'net2': 200}))

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
