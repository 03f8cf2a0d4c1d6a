# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Routers with IPv6 subnets (T8), and IPv6 on the network between."""

import dataclasses

from tests.unit.plan import router_states as rs
from tricircle.plan.router import planner as plan
from tricircle.plan.router import state as router_state


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
        before, bridge=both.bridge, held_ports=both.held_ports
    )

    assert plan.is_complete(state)
    for piece_id, region in ((rs.R1, 'pod_1'), (rs.R1, 'pod_2')):
        made = rs.body(state, piece_id, region)
        assert made['gateway'] == rs.body(both, piece_id, region)['gateway']
        assert len(made['gateway']['fixed_ips']) == 2


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
