# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

import subprocess
import sys
import time
from unittest import mock
import uuid

from neutron.tests.unit import testlib_api

from tests.unit.central_presence import base
from tricircle.db.central import documents as central_state
from tricircle.db.central import sources
from tricircle.journal import intent
from tricircle.replica import document as documents
from tricircle.replica import kinds
from tricircle.replica import types
from tricircle.replica.body import digest


class TestDocuments(base.PresenceTestCase):
    def test_subnets_have_all_that_regions_need(self):
        network = self.make('network', description='d', mtu=1400)
        subnet = self.make_subnet(
            network,
            '10.0.1.0/24',
            name='s',
            description='e',
            dns_nameservers=['192.0.2.2', '192.0.2.1'],
            host_routes=[
                {'destination': '10.9.0.0/16', 'nexthop': '10.0.1.9'}
            ],
            service_types=['compute:nova'],
            allocation_pools=[
                {'start': '10.0.1.20', 'end': '10.0.1.30'},
                {'start': '10.0.1.40', 'end': '10.0.1.50'},
            ],
        )
        self.ask('PUT', f'/subnets/{subnet["id"]}/tags', {'tags': ['b', 'a']})
        self.ask('PUT', f'/networks/{network["id"]}/tags', {'tags': ['n']})
        body = self.pulled('network', network['id'])['body']
        self.assertEqual(['n'], body['network']['tags'])
        self.assertEqual('d', body['network']['description'])
        self.assertEqual(1400, body['network']['mtu'])
        (found,) = body['subnets']
        gateway = self.reserved(network['id'])['gateway'][0]
        self.assertEqual('10.0.1.20', gateway)
        self.assertEqual(
            {
                'id': subnet['id'],
                'project_id': base.PROJECT,
                'name': 's',
                'description': 'e',
                'ip_version': 4,
                'cidr': '10.0.1.0/24',
                'gateway_ip': gateway,
                'allocation_pools': [
                    {'start': '10.0.1.1', 'end': '10.0.1.1'},
                    {'start': '10.0.1.21', 'end': '10.0.1.30'},
                    {'start': '10.0.1.40', 'end': '10.0.1.50'},
                ],
                'enable_dhcp': True,
                'dns_nameservers': ['192.0.2.2', '192.0.2.1'],
                'host_routes': [
                    {'destination': '10.9.0.0/16', 'nexthop': '10.0.1.9'}
                ],
                'ipv6_ra_mode': None,
                'ipv6_address_mode': None,
                'service_types': ['compute:nova'],
                'tags': ['a', 'b'],
            },
            {
                **found,
                'allocation_pools': sorted(
                    found['allocation_pools'], key=lambda pool: pool['end']
                ),
            },
        )

    def test_port_has_all_that_its_region_needs(self):
        network = self.make_network()
        group = self.make('security_group', name='web')
        port = self.make(
            'port',
            network_id=network['id'],
            name='n',
            description='d',
            security_groups=[group['id']],
            admin_state_up=False,
            mac_address='fa:16:3e:12:34:56',
            fixed_ips=[{'ip_address': '10.0.1.99'}],
            allowed_address_pairs=[{'ip_address': '10.0.1.100'}],
            extra_dhcp_opts=[{'opt_name': 'mtu', 'opt_value': '1400'}],
            **{'binding:vnic_type': 'macvtap'},
        )
        self.ask('PUT', f'/ports/{port["id"]}/tags', {'tags': ['x']})
        found = self.pulled('port', port['id'])['body']['port']
        self.assertEqual(
            {
                'id': port['id'],
                'network_id': network['id'],
                'project_id': base.PROJECT,
                'name': 'n',
                'description': 'd',
                'admin_state_up': False,
                'mac_address': 'fa:16:3e:12:34:56',
                'fixed_ips': port['fixed_ips'],
                'security_groups': [group['id']],
                'port_security_enabled': True,
                'allowed_address_pairs': [
                    {
                        'mac_address': 'fa:16:3e:12:34:56',
                        'ip_address': '10.0.1.100',
                    }
                ],
                'extra_dhcp_opts': [
                    {'opt_name': 'mtu', 'opt_value': '1400', 'ip_version': 4}
                ],
                'binding:vnic_type': 'macvtap',
                'tags': ['x'],
            },
            found,
        )

    def test_group_has_its_rules(self):
        group = self.make(
            'security_group', name='web', description='d', stateful=False
        )
        rule = self.make(
            'security_group_rule',
            security_group_id=group['id'],
            direction='ingress',
            ethertype='IPv4',
            protocol='tcp',
            port_range_min=80,
            port_range_max=81,
            remote_ip_prefix='198.51.100.0/24',
            description='http',
        )
        body = self.pulled('security-group', group['id'])['body']
        self.assertEqual(
            {
                'id': group['id'],
                'project_id': base.PROJECT,
                'name': 'web',
                'description': 'd',
                'stateful': False,
                'default': False,
                'tags': [],
            },
            body['security_group'],
        )
        (found,) = [one for one in body['rules'] if one['id'] == rule['id']]
        self.assertEqual(
            {
                'id': rule['id'],
                'direction': 'ingress',
                'ethertype': 'IPv4',
                'protocol': 'tcp',
                'port_range_min': 80,
                'port_range_max': 81,
                'remote_ip_prefix': '198.51.100.0/24',
                'remote_group_id': None,
                'description': 'http',
            },
            found,
        )

    def test_what_does_not_travel_is_named_and_shown(self):
        network = self.make(
            'network', is_default=True, **{'router:external': True}
        )
        port = self.make(
            'port',
            network_id=network['id'],
            roles=(*base.ADMIN, *base.SERVICE),
            **{'binding:profile': {'of': 'somebody'}},
        )
        document = self.pulled('network', network['id'])
        self.assertEqual(
            ['network.is_default'],
            document['omitted'],
        )
        answer = self.ask('GET', f'/networks/{network["id"]}/replicas')
        self.assertEqual(
            document['omitted'], answer.body['replicas'][0]['omitted']
        )
        document = self.pulled('port', port['id'])
        self.assertIn('port.binding:profile', document['omitted'])

    def test_documents_can_be_read_back_and_have_their_digest(self):
        network = self.make_network()
        port = self.allocated(network['id'])
        json = port['tricircle:document']
        read = documents.Document.from_dict(json)
        self.assertEqual(json, read.to_dict())
        self.assertEqual(json['digest'], digest.digest(json['body']))

    def test_what_is_gone_has_no_document(self):
        for resource_type in kinds.COLLECTIONS:
            self.assertIsNone(self.document(resource_type, str(uuid.uuid4())))

    def test_network_that_lacks_addresses_has_no_document_yet(self):
        network = self.make_network()
        failure = self.assertRaises(
            sources.MissingReservation,
            self.document,
            types.NETWORK,
            network['id'],
        )
        self.assertEqual(network['id'], failure.resource_id)
        port = self.make('port', network_id=network['id'])
        self.assertRaises(
            sources.MissingReservation,
            self.document,
            types.PORT,
            port['id'],
        )

    def test_generation_is_the_journals(self):
        network = self.make_network()
        self.pulled('network', network['id'])
        self.ask(
            'PUT', f'/networks/{network["id"]}', {'network': {'name': 'other'}}
        )
        document = self.document(types.NETWORK, network['id'])
        self.assertEqual(documents.Generation(1, 2), document.generation)
        self.assertEqual('other', document.body['network']['name'])


class TestStatements(base.PresenceTestCase):
    """How many statements things take; printed by pytest -s."""

    def count(self, what, function, *args, **kwargs):
        with self.statements() as made:
            function(*args, **kwargs)
        print(f'\n{what}: {len(made)} statements', end='')
        return len(made)

    def documents_of(self, resource_type, *ids):
        with base.db_api.CONTEXT_READER.using(self.context):
            return central_state.documents(
                self.context.session,
                resource_type,
                ids,
                'RegionOne',
                intent.generations,
            )

    def test_network_takes_as_many_with_ten_subnets_as_with_one(self):
        few = self.make_network('10.0.1.0/24')
        many = self.make_network(*(f'10.1.{n}.0/24' for n in range(10)))
        for network in (few, many):
            self.pulled('network', network['id'])
        counts = {
            self.count(
                'network document',
                self.documents_of,
                types.NETWORK,
                network['id'],
            )
            for network in (few, many)
        }
        self.assertEqual(1, len(counts), counts)
        self.assertLessEqual(max(counts), 14)

    def test_ports_take_as_many_for_ten_as_for_one(self):
        network = self.make_network()
        ports = [self.allocated(network['id'])['id'] for _ in range(10)]
        counts = {
            self.count('port document', self.documents_of, types.PORT, *some)
            for some in (ports[:1], ports)
        }
        self.assertEqual(1, len(counts), counts)
        self.assertLessEqual(max(counts), 28)

    def test_port_for_a_region_takes_little_more_than_a_plain_one(self):
        # Neutron's policy remembers for 5 s whose network it is.
        clock = self.enterContext(
            mock.patch('dogpile.cache.region.time', autospec=True)
        )
        clock.time.return_value = time.time()
        network = self.make_network()
        self.allocated(network['id'])
        plain = self.count(
            'POST port',
            self.ask,
            'POST',
            '/ports',
            {'port': {'network_id': network['id']}},
        )
        region = self.count(
            'POST port with region', self.allocated, network['id']
        )
        self.assertLess(region, plain * 1.5)

    def test_counts_of_the_rest(self):
        network = self.make_network()
        self.count('PUT pull, cold', self.pulled, 'network', network['id'])
        self.count('PUT pull, warm', self.pulled, 'network', network['id'])
        port = self.make('port', network_id=network['id'])
        self.count('PUT pull of a port', self.pulled, 'port', port['id'])
        self.assertLess(
            self.count('PUT report, first', self.report, port['id']), 25
        )
        self.assertLess(
            self.count('PUT report, again', self.report, port['id']), 15
        )


class TestWithoutPlugins(testlib_api.base.BaseTestCase):
    def test_reading_documents_loads_no_plugin(self):
        # As XJob does it: in a process that is no Neutron.
        program = """
import sys
from tricircle.db.central import documents as central_state
from sqlalchemy import orm

orm.configure_mappers()
print([name for name in sys.modules if name.startswith((
    'neutron.plugins.ml2.plugin', 'neutron.manager', 'tricircle.central.',
    'tricircle.local.'))])
"""
        done = subprocess.run(
            [sys.executable, '-W', 'ignore', '-c', program],
            capture_output=True,
            text=True,
            check=True,
        )
        self.assertEqual('[]', done.stdout.strip())
