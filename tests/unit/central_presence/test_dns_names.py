# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What central says of DNS names, and what it takes of a region's."""

from neutron.conf import common as common_config

from tests.unit.central_presence import base
from tricircle.replica import types

DRIVERS = ['port_security', 'subnet_dns_publish_fixed_ip']


class DnsTestCase(base.PresenceTestCase):
    def set_options(self):
        super().set_options()
        self.set_option('extension_drivers', DRIVERS)
        common_config.register_core_common_config_opts()
        self.set_option('dns_domain', 'example.org.', None)

    def name(self, port_id):
        return self.shown(port_id)['dns_name']

    def shown(self, port_id):
        answer = self.ask('GET', f'/ports/{port_id}', roles=base.ADMIN)
        self.assertEqual(200, answer.status, answer)
        return answer.body['port']

    def rename(self, port_id, name):
        answer = self.ask(
            'PUT',
            f'/ports/{port_id}',
            {'port': {'dns_name': name}},
            roles=base.ADMIN,
        )
        self.assertEqual(200, answer.status, answer)

    def named(self, port_id, name, *before, **more):
        """Report the name that a port has in RegionOne."""
        answer = self.report(
            port_id, dns_name=name, dns_names_before=list(before), **more
        )
        self.assertEqual(200, answer.status, answer)


class TestDocuments(DnsTestCase):
    def document_of(self, kind, resource_id):
        document = self.pulled(kind, resource_id)
        self.assertEqual([], document.get('omitted', []))
        return document['body']

    def test_domains_and_what_is_published_travel(self):
        network = self.make('network', dns_domain='net.example.org.')
        self.make_subnet(network, '10.0.1.0/24', dns_publish_fixed_ip=True)
        body = self.document_of('network', network['id'])
        self.assertEqual('net.example.org.', body['network']['dns_domain'])
        self.assertIs(True, body['subnets'][0]['dns_publish_fixed_ip'])

    def test_what_is_not_set_is_not_in_a_document(self):
        network = self.make_network()
        port = self.make('port', network_id=network['id'])
        body = self.document_of('network', network['id'])
        self.assertNotIn('dns_domain', body['network'])
        self.assertNotIn('dns_publish_fixed_ip', body['subnets'][0])
        body = self.document_of('port', port['id'])
        self.assertFalse({'dns_name', 'dns_domain'} & set(body['port']))

    def test_the_name_of_a_port_travels(self):
        port = self.make(
            'port',
            network_id=self.make_network()['id'],
            dns_name='www',
            dns_domain='ports.example.org.',
        )
        body = self.document_of('port', port['id'])
        self.assertEqual('www', body['port']['dns_name'])
        self.assertEqual('ports.example.org.', body['port']['dns_domain'])

    def test_a_name_that_was_taken_back_is_said_no_more(self):
        port = self.make(
            'port', network_id=self.make_network()['id'], dns_name='www'
        )
        self.rename(port['id'], '')
        body = self.document_of('port', port['id'])
        self.assertNotIn('dns_name', body['port'])

    def test_a_change_is_told_to_the_region(self):
        port = self.allocated(self.make_network()['id'])
        before = self.document('port', port['id']).generation
        self.rename(port['id'], 'www')
        after = self.document('port', port['id'])
        self.assertTrue(before.older_than(after.generation))
        self.assertEqual('www', after.body['port']['dns_name'])


class TestReports(DnsTestCase):
    def setUp(self):
        super().setUp()
        self.port = self.allocated(self.make_network()['id'])['id']

    def test_a_name_given_in_a_region_is_shown(self):
        before = self.shown(self.port)['revision_number']
        self.named(self.port, 'vm-1', '')
        self.assertEqual('vm-1', self.name(self.port))
        self.assertLess(before, self.shown(self.port)['revision_number'])

    def test_what_a_region_has_named_has_that_name_in_its_document(self):
        self.named(self.port, 'vm-1', '')
        body = self.document('port', self.port).body
        self.assertEqual('vm-1', body['port']['dns_name'])

    def test_the_domain_of_a_port_stays_when_a_region_names_it(self):
        answer = self.ask(
            'PUT',
            f'/ports/{self.port}',
            {'port': {'dns_name': 'www', 'dns_domain': 'other.example.org.'}},
            roles=base.ADMIN,
        )
        self.assertEqual(200, answer.status, answer)
        self.named(self.port, 'vm-1', 'www')
        self.assertEqual('vm-1', self.name(self.port))
        self.assertEqual(
            'other.example.org.', self.shown(self.port)['dns_domain']
        )

    def test_a_name_that_a_region_takes_back_is_gone(self):
        self.named(self.port, 'vm-1', '')
        self.named(self.port, '', 'vm-1', revision=2)
        self.assertEqual('', self.name(self.port))

    def test_a_name_given_in_central_meanwhile_stays(self):
        self.rename(self.port, 'www')
        self.named(self.port, 'vm-1', '')
        self.assertEqual('www', self.name(self.port))

    def test_a_name_whose_answer_was_lost_gives_way_to_the_next(self):
        self.named(self.port, 'vm-1', '')
        self.named(self.port, 'vm-2', '', 'vm-1', revision=2)
        self.assertEqual('vm-2', self.name(self.port))

    def test_an_older_report_changes_no_name(self):
        self.named(self.port, 'vm-2', '', revision=2)
        self.named(self.port, 'vm-1', '', 'vm-2', revision=1)
        self.assertEqual('vm-2', self.name(self.port))

    def test_a_region_without_names_leaves_them(self):
        self.rename(self.port, 'www')
        self.assertEqual(200, self.report(self.port).status)
        self.assertEqual('www', self.name(self.port))

    def test_the_same_name_again_changes_nothing(self):
        self.named(self.port, 'vm-1', '')
        before = self.shown(self.port)
        self.named(self.port, 'vm-1', 'vm-1', revision=2)
        self.assertEqual(before, self.shown(self.port))

    def test_what_is_no_dns_name_is_refused(self):
        for name in ('a b', '-a', 'a' * 64, 'a.' * 200, 5, None, ['a']):
            with self.subTest(name):
                answer = self.report(
                    self.port, dns_name=name, dns_names_before=['']
                )
                self.assertEqual(400, answer.status, answer)
        self.assertEqual('', self.name(self.port))


class TestShadows(DnsTestCase):
    """Of a port in RegionOne, as RegionTwo is told of it."""

    def setUp(self):
        super().setUp()
        network = self.make_network()
        self.pulled('network', network['id'], 'RegionTwo')
        self.port = self.allocated(network['id'])['id']
        self.chunk = types.shadow_id(network['id'], 0)

    def shadow(self):
        document = self.document(types.SHADOW_PORTS, self.chunk, 'RegionTwo')
        (port,) = document.body['ports']
        return document.generation, port.get('dns_name')

    def test_a_port_that_nobody_named_has_no_name_elsewhere(self):
        self.named(self.port, '', '')
        self.assertIsNone(self.shadow()[1])

    def test_a_name_given_in_a_region_is_told_to_the_others(self):
        self.named(self.port, '', '')
        before, _none = self.shadow()
        self.named(self.port, 'vm-1', '', revision=2)
        after, name = self.shadow()
        self.assertEqual('vm-1', name)
        self.assertTrue(before.older_than(after))

    def test_a_name_given_in_central_is_told_to_the_others(self):
        self.named(self.port, '', '')
        before, _none = self.shadow()
        self.rename(self.port, 'www')
        after, name = self.shadow()
        self.assertEqual('www', name)
        self.assertTrue(before.older_than(after))

    def test_the_same_name_again_is_told_to_nobody(self):
        self.named(self.port, 'vm-1', '')
        before = self.shadow()
        self.named(self.port, 'vm-1', 'vm-1', revision=2)
        self.assertEqual(before, self.shadow())


class TestCentralWithoutNames(base.PresenceTestCase):
    def test_a_name_given_in_a_region_is_told_to_the_next(self):
        port_id = self.allocated(self.make_network()['id'])['id']
        answer = self.report(port_id, dns_name='vm-1', dns_names_before=[''])
        self.assertEqual(200, answer.status, answer)
        body = self.document('port', port_id).body
        self.assertEqual('vm-1', body['port']['dns_name'])
        shown = self.ask('GET', f'/ports/{port_id}', roles=base.ADMIN)
        self.assertNotIn('dns_name', shown.body['port'])
