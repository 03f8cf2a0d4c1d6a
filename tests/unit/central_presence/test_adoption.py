# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a region had of its own is central's: all of it, or nothing."""

import copy
import dataclasses
from typing import Any
from unittest import mock
import uuid

from neutron.db import models_v2
from neutron_lib import exceptions as n_exc
import sqlalchemy as sa

from tests.unit.central_presence import base
from tricircle.central.adoption import rows
from tricircle.central.engine import documents
from tricircle.conf import fault_point
from tricircle.db.central import neutron_tables as tables
from tricircle.plan.adoption import networks as adoption
from tricircle.replica import types

PROJECT = base.PROJECT
POOLS = [{'start': '10.9.0.2', 'end': '10.9.0.254'}]


def _id() -> str:
    return str(uuid.uuid4())


def _rule(group_id: str, **more: Any) -> dict[str, Any]:
    return {
        'id': _id(),
        'security_group_id': group_id,
        'project_id': PROJECT,
        'direction': 'egress',
        'ethertype': 'IPv4',
        'protocol': None,
        'port_range_min': None,
        'port_range_max': None,
        'remote_ip_prefix': None,
        'remote_group_id': None,
        'remote_address_group_id': None,
        'description': '',
        **more,
    }


def _group(name: str, *rules: dict[str, Any]) -> dict[str, Any]:
    group_id = _id()
    return {
        'id': group_id,
        'project_id': PROJECT,
        'name': name,
        'description': '',
        'stateful': True,
        'security_group_rules': [_rule(group_id, **one) for one in rules],
    }


def region_network(vni: int = 7001) -> adoption.Network:
    """Return a network as its region says, with two instances on it."""
    network_id, subnet_id = _id(), _id()
    callers = _group('callers')
    served = _group(
        'served',
        {'direction': 'ingress', 'remote_group_id': callers['id']},
        {'remote_ip_prefix': '192.0.2.0/24'},
    )

    def port(last: int, **more: Any) -> dict[str, Any]:
        return {
            'id': _id(),
            'project_id': PROJECT,
            'network_id': network_id,
            'name': f'port {last}',
            'description': '',
            'admin_state_up': True,
            'mac_address': f'fa:16:3e:00:00:{last:02x}',
            'fixed_ips': [
                {'subnet_id': subnet_id, 'ip_address': f'10.9.0.{last}'}
            ],
            'device_id': _id(),
            'device_owner': 'compute:nova',
            'port_security_enabled': True,
            'binding:vnic_type': 'normal',
            'extra_dhcp_opts': [],
            'allowed_address_pairs': [],
            'security_groups': [served['id']],
            **more,
        }

    return adoption.Network(
        network={
            'id': network_id,
            'project_id': PROJECT,
            'name': 'old',
            'description': 'here before',
            'admin_state_up': True,
            'mtu': 1400,
            'port_security_enabled': True,
            'provider:network_type': 'vxlan',
            'provider:physical_network': None,
            'provider:segmentation_id': vni,
        },
        subnets=(
            {
                'id': subnet_id,
                'project_id': PROJECT,
                'network_id': network_id,
                'name': 'old subnet',
                'description': '',
                'ip_version': 4,
                'cidr': '10.9.0.0/24',
                'gateway_ip': '10.9.0.1',
                'allocation_pools': POOLS,
                'enable_dhcp': True,
                'dns_nameservers': ['192.0.2.53'],
                'host_routes': [],
                'service_types': [],
                'ipv6_ra_mode': None,
                'ipv6_address_mode': None,
            },
        ),
        ports=(
            port(10),
            port(254),
            port(
                2,
                device_owner='network:dhcp',
                device_id=f'dhcp1-{network_id}',
                security_groups=[],
                project_id='',
            ),
        ),
        groups=(callers, served),
    )


class AdoptionTestCase(base.PresenceTestCase):
    """Networks of RegionOne."""

    def adopt(self, found: adoption.Network) -> None:
        rows.make('RegionOne', found, lambda session: None)

    def known(self) -> set[str]:
        """Return the IDs that central has, of all types."""
        with base.db_api.CONTEXT_READER.using(self.context):
            return {
                one
                for table in (
                    tables.networks,
                    tables.subnets,
                    tables.ports,
                    tables.groups,
                    tables.rules,
                )
                for one in self.context.session.scalars(sa.select(table.c.id))
            }

    def assert_refused(self, found: adoption.Network, error: Any) -> None:
        rows._default_group(self.plugin, self.context, PROJECT)
        before = self.known()
        with self.assertRaises(error):
            self.adopt(found)
        self.assertEqual(before, self.known())
        with base.db_api.CONTEXT_READER.using(self.context):
            for table in (
                base.ReservedPort,
                base.PortLocation,
                base.ResourceRouting,
            ):
                self.assertEqual(
                    [], list(self.context.session.scalars(sa.select(table)))
                )

    def test_all_is_there_under_its_ids(self):
        found = region_network()

        self.adopt(found)

        for resource_type, wanted in adoption.ids(found).items():
            with self.subTest(resource_type):
                self.assertLessEqual(set(wanted), self.known())
        for port in found.ports[:2]:
            shown = self.plugin.get_port(self.context, port['id'])
            for key in (
                'mac_address',
                'fixed_ips',
                'device_id',
                'device_owner',
                'security_groups',
            ):
                self.assertEqual(port[key], shown[key])
        for group in found.groups:
            shown = self.plugin.get_security_group(self.context, group['id'])
            self.assertEqual(
                {one['id'] for one in group['security_group_rules']},
                {one['id'] for one in shown['security_group_rules']},
            )

    def test_what_central_needs_takes_no_address_of_a_port(self):
        # Where the region has no DHCP server yet central chooses an address.
        for vni in range(7001, 7005):
            found = region_network(vni)
            first, second, _agent = found.ports
            (subnet,) = found.subnets
            subnet['allocation_pools'] = [
                {'start': '10.9.0.10', 'end': '10.9.0.13'}
            ]
            second['fixed_ips'][0]['ip_address'] = '10.9.0.11'

            self.adopt(dataclasses.replace(found, ports=(first, second)))

            with base.db_api.CONTEXT_READER.using(self.context):
                addresses = self.context.session.scalars(
                    sa.select(models_v2.IPAllocation.ip_address).where(
                        models_v2.IPAllocation.subnet_id == subnet['id']
                    )
                )
                self.assertEqual(
                    {'10.9.0.1', '10.9.0.10', '10.9.0.11', '10.9.0.12'},
                    set(addresses),
                )

    def test_the_document_of_the_region_says_what_is_there(self):
        found = region_network()

        self.adopt(found)

        body = documents.answer(
            types.NETWORK, found.network['id'], 'RegionOne'
        ).body
        (subnet,) = body['subnets']
        self.assertEqual('10.9.0.1', subnet['gateway_ip'])
        self.assertEqual(POOLS, subnet['allocation_pools'])
        for key in ('name', 'cidr', 'enable_dhcp', 'dns_nameservers'):
            self.assertEqual(found.subnets[0][key], subnet[key])
        agent_port = found.ports[2]
        self.assertEqual(
            [
                {
                    key: agent_port[key]
                    for key in ('id', 'mac_address', 'fixed_ips')
                }
            ],
            body['dhcp_ports'],
        )
        for key, value in found.network.items():
            self.assertEqual(value, body['network'][key], key)

    def test_the_document_of_a_port_says_what_is_there(self):
        found = region_network()

        self.adopt(found)

        for port in found.ports[:2]:
            body = documents.answer(types.PORT, port['id'], 'RegionOne').body
            for key, value in body['port'].items():
                self.assertEqual(port.get(key, []), value, key)

    def test_each_port_is_in_the_region_with_its_device(self):
        found = region_network()

        self.adopt(found)

        with base.db_api.CONTEXT_READER.using(self.context):
            located = {
                one.port_id: one.device_id
                for one in self.context.session.scalars(
                    sa.select(base.PortLocation)
                )
            }
        self.assertEqual(
            {one['id']: one['device_id'] for one in found.ports[:2]}, located
        )

    def test_another_region_gets_addresses_that_nobody_has(self):
        found = region_network()
        self.adopt(found)

        answer = self.pull('network', found.network['id'], 'RegionTwo')

        self.assertEqual(200, answer.status, answer)
        body = answer.body['replica']['document']['body']
        (subnet,) = body['subnets']
        (agent_port,) = body['dhcp_ports']
        given = {
            subnet['gateway_ip'],
            agent_port['fixed_ips'][0]['ip_address'],
        }
        self.assertEqual(2, len(given))
        self.assertFalse(
            given & {'10.9.0.1', '10.9.0.2', '10.9.0.10', '10.9.0.254'}
        )

    def test_a_new_port_gets_an_address_that_nobody_has(self):
        found = region_network()
        self.adopt(found)

        port = self.make('port', network_id=found.network['id'])

        self.assertNotIn(
            port['fixed_ips'][0]['ip_address'],
            {'10.9.0.1', '10.9.0.2', '10.9.0.10', '10.9.0.254'},
        )

    def test_tags_are_there_and_nothing_else_is_tagged(self):
        found = region_network()
        tagged = (
            found.network,
            found.subnets[0],
            found.ports[0],
            found.ports[2],
            found.groups[0],
        )
        for number, one in enumerate(tagged):
            one['tags'] = [f'tag {number}', 'common']

        self.adopt(found)

        for number, (get, one) in enumerate(
            (
                (self.plugin.get_network, found.network),
                (self.plugin.get_subnet, found.subnets[0]),
                (self.plugin.get_port, found.ports[0]),
                (self.plugin.get_port, found.ports[2]),
                (self.plugin.get_security_group, found.groups[0]),
            )
        ):
            # The agent's port is central's to hold, and shows no tag.
            wanted = set() if number == 3 else set(one['tags'])
            shown = get(self.context, one['id'])
            self.assertEqual(wanted, set(shown['tags']))

    def test_a_second_time_is_refused(self):
        found = region_network()
        self.adopt(found)
        before = self.known()

        self.assertRaises(rows.AdoptionRefused, self.adopt, found)

        self.assertEqual(before, self.known())

    def test_an_id_that_central_has_refuses_all(self):
        other = self.make('security_group', name='other')
        found = region_network()
        found.groups[0]['id'] = other['id']

        self.assert_refused(found, rows.AdoptionRefused)

    def test_a_segment_that_central_has_refuses_all(self):
        self.make(
            'network',
            **{
                'provider:network_type': 'vxlan',
                'provider:segmentation_id': 7001,
            },
        )

        self.assert_refused(region_network(), n_exc.TunnelIdInUse)

    def test_a_quota_refuses_all(self):
        base.base.cfg.CONF.set_override('quota_port', 1, group='QUOTAS')

        self.assert_refused(region_network(), n_exc.OverQuota)

    def test_a_subnet_without_a_free_address_refuses_all(self):
        found = region_network()
        found.subnets[0]['allocation_pools'] = [
            {'start': '10.9.0.254', 'end': '10.9.0.254'}
        ]

        self.assert_refused(found, rows.AdoptionRefused)

    def test_what_fails_in_the_middle_leaves_nothing(self):
        class Failed(Exception):
            pass

        def reach(name: str) -> None:
            if name == 'central.adoption.network':
                raise Failed

        with mock.patch.object(fault_point, 'reach', reach):
            self.assert_refused(region_network(), Failed)

    def test_what_was_not_made_can_be_made_later(self):
        found = region_network()
        taken = copy.deepcopy(found)
        taken.ports[1]['mac_address'] = taken.ports[0]['mac_address']
        self.assert_refused(taken, n_exc.MacAddressInUse)

        self.adopt(found)

        self.assertIn(found.network['id'], self.known())

    def test_ports_of_a_default_group_have_that_of_central(self):
        found = region_network()
        mine = rows._default_group(self.plugin, self.context, PROJECT)
        default = copy.deepcopy(mine)
        default['id'] = _id()
        for rule in default['security_group_rules']:
            rule['id'] = _id()
            if rule['remote_group_id']:
                rule['remote_group_id'] = default['id']
        found.ports[0]['security_groups'] = [default['id']]
        found = adoption.Network(
            found.network,
            found.subnets,
            found.ports,
            (*found.groups, default),
        )

        self.adopt(found)

        shown = self.plugin.get_port(self.context, found.ports[0]['id'])
        self.assertEqual([mine['id']], shown['security_groups'])
        self.assertNotIn(default['id'], self.known())
