# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Several routers on the same networks: topologies T2, T5 and T6."""

import dataclasses

from tests.unit.plan import router_states as rs
from tricircle.plan.router import planner as plan
from tricircle.plan.router import state as router_state
from tricircle.plan.state import Route
from tricircle.replica.held_ports import HeldPort

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
    assert rs.body(one, rs.R1, 'pod_1')['routes'] == []
    assert rs.body(two, rs.R2, 'pod_2')['routes'] == []


# T6: one network, a local router with another address in each region.


def test_a_local_router_is_the_gateway_in_its_region_only() -> None:
    net3 = rs.network(3, instances=('pod_1', 'pod_2'))
    one = rs.router(net3, hints=('pod_1',))
    two = rs.router(net3, hints=('pod_2',), router_id=rs.R2, hosts={'net3': 2})

    assert plan.region_gateways(one, 'pod_1') == {'s3': '10.0.3.1'}
    assert plan.region_gateways(one, 'pod_2') == {}
    assert plan.region_gateways(two, 'pod_2') == {'s3': '10.0.3.2'}
    made = rs.body(two, rs.R2, 'pod_2')['interfaces']
    assert [fixed['ip_address'] for fixed in made[0]['fixed_ips']] == [
        '10.0.3.2'
    ]


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
        held_ports=tuple(
            held
            if held.kind == HeldPort.BRIDGE_LEG
            else dataclasses.replace(
                held,
                fixed_ips=(
                    rs.FixedIP(
                        held.subnet_id or '',
                        figures[held.subnet_id or '', held.region_name],
                    ),
                ),
            )
            for held in made.held_ports
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
    assert plan.beside(rs.t3()) == {}
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

    made = rs.body(state, rs.R3, 'pod_1')

    # Of the network that is in both regions, each has its own address.
    assert {
        (held.kind, held.subnet_id, held.region_name)
        for held in state.held_ports
        if held.kind != HeldPort.BRIDGE_LEG
    } == {
        (HeldPort.INTERFACE, 's3', 'pod_1'),
        (HeldPort.INTERFACE, 's3', 'pod_2'),
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
    assert held.kind == HeldPort.INTERFACE
    made = rs.body(state, rs.R1, 'pod_1')['interfaces']
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

    made = rs.body(state, rs.R1, 'pod_1')['interfaces']

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
