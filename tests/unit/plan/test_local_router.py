# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A router of one region (T1): what its region gets."""

import dataclasses

import pytest

from tests.unit.plan import router_states as rs
from tricircle.plan import scope
from tricircle.plan.router import planner as plan
from tricircle.plan.router import state as router_state


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

    (piece,) = plan.pieces(state)
    assert (piece.role.value, piece.region) == ('local', 'pod_1')
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


def test_the_policy_of_a_gateway_is_where_the_router_goes_out() -> None:
    for state in (
        rs.settled(
            rs.router(
                rs.network(1, 'pod_1', instances=('pod_1',)),
                hints=('pod_1',),
                gateway=rs.external('pod_1'),
                gateway_qos_policy_id='q',
            )
        ),
        rs.t3(gateway_qos_policy_id='q'),
    ):
        bodies = plan.bodies(state)
        named = {
            piece.role.value: plan.qos_policies(
                bodies[piece.id, piece.region][0]
            )
            for piece in plan.pieces(state)
        }
        for role, policies in named.items():
            wanted = frozenset() if role == 'regular' else frozenset({'q'})
            assert policies == wanted, role


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
