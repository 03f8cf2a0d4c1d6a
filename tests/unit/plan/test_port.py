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
from tricircle.plan import port as plan
from tricircle.plan import state
from tricircle.replica.body import digest


def test_port_has_what_central_owns_of_it():
    body, omitted = plan.body(
        states.port(
            fixed_ips=(
                state.FixedIP('s2', '10.0.2.5'),
                state.FixedIP('s1', '10.0.1.5'),
            ),
            security_groups=('g2', 'g1'),
            address_pairs=(
                state.AddressPair('fa:16:3e:00:00:01', '10.0.0.9'),
            ),
            dhcp_options=(state.DhcpOption('mtu', '1400', 4),),
            tags=('b', 'a'),
            unsupported=('qos_policy_id', 'pvlan_type'),
        )
    )
    assert body['port'] == {
        'id': 'port-1',
        'network_id': states.NETWORK,
        'project_id': 'p1',
        'name': '',
        'description': '',
        'admin_state_up': True,
        'mac_address': 'fa:16:3e:00:00:09',
        'fixed_ips': [
            {'subnet_id': 's2', 'ip_address': '10.0.2.5'},
            {'subnet_id': 's1', 'ip_address': '10.0.1.5'},
        ][::-1],
        'security_groups': ['g1', 'g2'],
        'port_security_enabled': True,
        'allowed_address_pairs': [
            {'mac_address': 'fa:16:3e:00:00:01', 'ip_address': '10.0.0.9'}
        ],
        'extra_dhcp_opts': [
            {'opt_name': 'mtu', 'opt_value': '1400', 'ip_version': 4}
        ],
        'binding:vnic_type': 'normal',
        'tags': ['a', 'b'],
    }
    assert omitted == ('port.pvlan_type', 'port.qos_policy_id')


@given(states.ports, st.randoms(use_true_random=False))
def test_order_of_rows_does_not_show(port, random):
    other = dataclasses.replace(
        port,
        **{
            name: tuple(
                random.sample(getattr(port, name), len(getattr(port, name)))
            )
            for name in (
                'fixed_ips',
                'security_groups',
                'address_pairs',
                'dhcp_options',
                'tags',
                'unsupported',
            )
        },
    )
    body, omitted = plan.body(port)
    body_of_other, omitted_of_other = plan.body(other)
    assert digest.canonical(body) == digest.canonical(body_of_other)
    assert omitted == omitted_of_other


@given(states.ports)
def test_change_of_any_field_changes_the_digest(port):
    before = digest.digest(plan.body(port)[0])
    for changes in (
        {'name': 'other'},
        {'admin_state_up': False},
        {'security_groups': (*port.security_groups, 'zz')},
        {'fixed_ips': (*port.fixed_ips, state.FixedIP('s', '::1'))},
        {'vnic_type': 'direct'},
        {'tags': ('zz',)},
    ):
        after = plan.body(dataclasses.replace(port, **changes))[0]
        assert digest.digest(after) != before


def test_a_region_makes_the_port_for_the_device_that_central_names():
    port = states.port(device_owner='Octavia', device_id='lb-1')
    assert plan.initial(port) == {
        'device_owner': 'Octavia',
        'device_id': 'lb-1',
    }
    assert plan.body(port) == plan.body(states.port())


@pytest.mark.parametrize(
    'owner',
    ['', 'compute:nova', 'baremetal:none', 'network:dhcp', 'trunk:subport'],
)
def test_of_the_devices_of_nova_and_neutron_the_region_hears_from_them(owner):
    device_id = 'device' if owner else ''
    port = states.port(device_owner=owner, device_id=device_id)
    assert plan.initial(port) == {}


def test_a_region_is_told_what_it_said_of_its_port():
    port = states.port(
        device_owner='compute:nova',
        told=state.Told('RegionOne', 7, 'host-1', 'server-1'),
        trunk_id='trunk-1',
    )

    assert plan.told(port, 'RegionOne') == {
        'revision': 7,
        'host': 'host-1',
        'device_id': 'server-1',
        'device_owner': 'compute:nova',
        'trunk_id': 'trunk-1',
    }


@pytest.mark.parametrize(
    'changes',
    [
        {'told': None},
        # Somebody used it in another region.
        {'told': state.Told('RegionTwo', 7, 'host-1', 'server-1')},
        # It is there, and nothing was said yet.
        {'told': state.Told('RegionOne', 0, '', '')},
        # An agent's, which claims it by itself.
        {'device_owner': 'network:dhcp'},
    ],
)
def test_a_region_is_told_nothing_else(changes):
    port = dataclasses.replace(
        states.port(
            device_owner='compute:nova',
            told=state.Told('RegionOne', 7, 'host-1', 'server-1'),
        ),
        **changes,
    )

    assert plan.told(port, 'RegionOne') is None
