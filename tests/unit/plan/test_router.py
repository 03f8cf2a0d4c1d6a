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
from tricircle.plan.router import planner as plan
from tricircle.plan.router import state as router_state
from tricircle.replica.held_ports import HeldPort


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

    assert held.kind == HeldPort.GATEWAY
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
        dataclasses.replace(rs.router(net1, net2), held_ports=alone.held_ports)
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
    bare = dataclasses.replace(state, held_ports=())

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
