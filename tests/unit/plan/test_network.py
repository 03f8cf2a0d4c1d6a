# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

import dataclasses

from hypothesis import given
from hypothesis import strategies as st
import pytest

from tests.unit.plan import states
from tricircle.plan import network as plan
from tricircle.plan import state
from tricircle.replica.body import digest
from tricircle.replica.held_ports import HeldPort


def test_subnet_has_the_gateway_and_the_pools_of_the_region():
    body, omitted = plan.body(states.network(states.subnet()))
    (subnet,) = body['subnets']
    assert subnet['gateway_ip'] == '10.0.0.2'
    assert subnet['allocation_pools'] == [
        {'start': '10.0.0.1', 'end': '10.0.0.1'},
        {'start': '10.0.0.3', 'end': '10.0.0.254'},
    ]
    assert omitted == ()


def test_gateway_of_external_network_is_the_same_everywhere():
    network = states.network(
        states.subnet(enable_dhcp=False), external=True, held_ports=()
    )
    body, _ = plan.body(network)
    assert plan.is_complete(network)
    assert body['subnets'][0]['gateway_ip'] == '10.0.0.1'
    assert body['subnets'][0]['allocation_pools'] == [
        {'start': '10.0.0.2', 'end': '10.0.0.254'}
    ]


def test_subnet_without_gateway_has_none_in_the_region():
    network = states.network(states.subnet(gateway_ip=None))
    body, _ = plan.body(network)
    assert body['subnets'][0]['gateway_ip'] is None
    assert body['subnets'][0]['allocation_pools'] == [
        {'start': '10.0.0.2', 'end': '10.0.0.254'}
    ]


def test_dhcp_port_has_addresses_where_dhcp_is_on():
    network = states.network(
        states.subnet(0), states.subnet(1, enable_dhcp=False)
    )
    body, _ = plan.body(network)
    assert body['dhcp_ports'] == [
        {
            'id': 'dhcp-None',
            'mac_address': 'fa:16:3e:00:00:01',
            'fixed_ips': [{'subnet_id': 'subnet-0', 'ip_address': '10.0.0.3'}],
        }
    ]


def test_region_gets_no_dhcp_port_without_dhcp():
    body, _ = plan.body(states.network(states.subnet(enable_dhcp=False)))
    assert body['dhcp_ports'] == []


@pytest.mark.parametrize(
    ('network_type', 'expected'),
    [
        (
            'vxlan',
            {
                'provider:network_type': 'vxlan',
                'provider:physical_network': None,
                'provider:segmentation_id': 7,
            },
        ),
        ('local', {}),
    ],
)
def test_region_takes_its_own_type_for_local_networks(network_type, expected):
    body, _ = plan.body(
        states.network(segments=(state.Segment(network_type, None, 7),))
    )
    assert {
        key: value
        for key, value in body['network'].items()
        if key.startswith('provider:')
    } == expected


def test_what_a_local_network_carries_is_the_regions_and_named():
    local = states.network(segments=(state.Segment('local', None, None),))
    body, omitted = plan.body(local)
    assert 'mtu' not in body['network']
    assert omitted == ('network.mtu',)


@pytest.mark.parametrize(
    ('changes', 'name'),
    [
        ({'unsupported': ('pvlan',)}, 'network.pvlan'),
        (
            {
                'segments': (
                    state.Segment('vlan', 'p1', 1),
                    state.Segment('vlan', 'p2', 2),
                )
            },
            'network.segments',
        ),
        (
            {'subnets': (states.subnet(unsupported=('segment_id',)),)},
            'subnet.segment_id',
        ),
        (
            {'subnets': (states.subnet(cidr=plan.WAITING_FOR_PREFIX),)},
            'subnet.prefix_delegation',
        ),
        (
            {'subnets': (states.subnet(subnetpool_id=plan.DELEGATED),)},
            'subnet.prefix_delegation',
        ),
    ],
)
def test_what_does_not_travel_is_named(changes, name):
    assert plan.omitted(states.network(**changes)) == (name,)


def test_a_subnet_names_its_pool_and_no_other_does():
    network = states.network(
        subnets=(
            states.subnet(id='a', subnetpool_id='pool'),
            states.subnet(id='b', subnetpool_id=plan.DELEGATED),
            states.subnet(id='c'),
            states.subnet(
                id='d',
                subnetpool_id='other',
                cidr=plan.WAITING_FOR_PREFIX,
            ),
        )
    )
    body, _omitted = plan.body(network)
    assert [one.get('subnetpool_id', '') for one in body['subnets']] == [
        'pool',
        '',
        '',
    ]
    assert plan.subnet_pools(network) == {'pool'}


def test_subnet_that_waits_for_its_prefix_stays_in_central():
    network = states.network(
        subnets=(states.subnet(cidr=plan.WAITING_FOR_PREFIX),)
    )
    body, _ = plan.body(network)
    assert body['subnets'] == []
    assert plan.is_complete(network)


@pytest.mark.parametrize(
    'changes',
    [
        {'held_ports': ()},
        # A gateway only.
        {
            'held_ports': (
                states.held(
                    HeldPort.GATEWAY, 'subnet-0', ('subnet-0', '10.0.0.2')
                ),
            )
        },
        # A gateway whose address went with the subnet's range.
        {
            'held_ports': (
                states.held(HeldPort.GATEWAY, 'subnet-0'),
                states.held(HeldPort.DHCP, None, ('subnet-0', '10.0.0.3')),
            )
        },
        # An address of the gateway's on some other subnet is none on this.
        {
            'held_ports': (
                states.held(HeldPort.GATEWAY, 'subnet-0', ('subnet-9', '::1')),
                states.held(HeldPort.DHCP, None, ('subnet-0', '10.0.0.3')),
            )
        },
        # One of two DHCP ports lacks an address.
        {
            'held_ports': (
                states.held(
                    HeldPort.GATEWAY, 'subnet-0', ('subnet-0', '10.0.0.2')
                ),
                states.held(HeldPort.DHCP, None, ('subnet-0', '10.0.0.3')),
                states.held(HeldPort.DHCP, None, port_id='second'),
            )
        },
    ],
)
def test_network_is_incomplete_without_each_address(changes):
    network = states.network(states.subnet(), **changes)
    assert not plan.is_complete(network)


def test_network_is_complete_with_as_many_dhcp_ports_as_asked_for():
    network = states.network(states.subnet())
    assert plan.is_complete(network, dhcp_agents=1)
    assert not plan.is_complete(network, dhcp_agents=2)


def test_network_without_dhcp_needs_no_dhcp_port():
    network = states.network(states.subnet(enable_dhcp=False))
    bare = dataclasses.replace(
        network,
        held_ports=tuple(
            held
            for held in network.held_ports
            if held.kind == HeldPort.GATEWAY
        ),
    )
    assert plan.is_complete(bare, dhcp_agents=2)


@given(states.networks, st.randoms(use_true_random=False))
def test_order_of_rows_does_not_show(network, random):
    def shuffled(values):
        return tuple(random.sample(values, len(values)))

    other = dataclasses.replace(
        network,
        rbac=shuffled(network.rbac),
        tags=shuffled(network.tags),
        held_ports=shuffled(network.held_ports),
        unsupported=shuffled(network.unsupported),
        subnets=shuffled(
            tuple(
                dataclasses.replace(
                    subnet,
                    host_routes=shuffled(subnet.host_routes),
                    service_types=shuffled(subnet.service_types),
                    tags=shuffled(subnet.tags),
                )
                for subnet in network.subnets
            )
        ),
    )
    body, omitted = plan.body(network)
    body_of_other, omitted_of_other = plan.body(other)
    assert digest.canonical(body) == digest.canonical(body_of_other)
    assert omitted == omitted_of_other


@given(states.networks)
def test_same_network_has_the_same_digest(network):
    first, second = plan.body(network)[0], plan.body(network)[0]
    assert digest.digest(first) == digest.digest(second)


@given(states.networks)
def test_change_of_any_plain_field_changes_the_digest(network):
    before = digest.digest(plan.body(network)[0])
    for changes in (
        {'name': 'other'},
        {'mtu': 9},
        {'description': 'x'},
        {'admin_state_up': False},
        {'tags': ('z',)},
        {'port_security_enabled': False},
        {'default_security_group': 'g'},
    ):
        after = plan.body(dataclasses.replace(network, **changes))[0]
        assert digest.digest(after) != before


def test_name_servers_keep_their_order():
    def body(*servers):
        return plan.body(
            states.network(states.subnet(dns_nameservers=servers))
        )[0]

    assert digest.digest(body('a', 'b')) != digest.digest(body('b', 'a'))


def test_local_router_is_the_gateway_and_no_address_for_instances():
    subnet = states.subnet(1, router_gateway='10.0.1.9')
    body, _ = plan.body(states.network(subnet))
    (made,) = body['subnets']
    assert made['gateway_ip'] == '10.0.1.9'
    # In the order of canonical.ordered, which is that of text.
    assert made['allocation_pools'] == [
        {'start': '10.0.1.10', 'end': '10.0.1.254'},
        {'start': '10.0.1.1', 'end': '10.0.1.8'},
    ]


def test_region_keeps_its_own_gateway_reserved_beside_a_local_router():
    subnet = states.subnet(1, router_gateway='10.0.1.9')
    bare = states.network(subnet, held_ports=())
    assert plan.gateways_missing(bare) == [subnet]


@pytest.mark.parametrize('changes', [{'external': True}, {'bridge': True}])
def test_local_router_is_no_gateway_where_the_gateway_is_given(changes):
    subnet = states.subnet(1, router_gateway='10.0.1.9')
    body, _ = plan.body(states.network(subnet, **changes))
    assert body['subnets'][0]['gateway_ip'] == '10.0.1.1'


def test_bridge_network_is_external_in_the_region_and_needs_no_gateway():
    network = states.network(states.subnet(1), bridge=True, held_ports=())
    body, _ = plan.body(network)
    assert body['network']['router:external'] is True
    assert body['rbac'] == []
    assert plan.gateways_missing(network) == []
    assert body['subnets'][0]['allocation_pools'] == [
        {'start': '10.0.1.2', 'end': '10.0.1.254'}
    ]


def test_host_routes_of_users_come_before_those_to_routers():
    subnet = states.subnet(
        1,
        host_routes=(state.Route('10.0.2.0/24', '10.0.1.77'),),
        router_routes=(
            state.Route('10.0.2.0/24', '10.0.1.3'),
            state.Route('10.0.3.0/24', '10.0.1.3'),
        ),
    )
    body, _ = plan.body(states.network(subnet))
    assert body['subnets'][0]['host_routes'] == [
        {'destination': '10.0.2.0/24', 'nexthop': '10.0.1.77'},
        {'destination': '10.0.3.0/24', 'nexthop': '10.0.1.3'},
    ]
