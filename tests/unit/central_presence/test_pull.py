# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

from unittest import mock
import uuid

from oslo_db import exception as db_exc

from tests.unit.central_presence import base
from tricircle.central.held import reservations
from tricircle.db import retries
from tricircle.replica import types


class TestPullOfNetworks(base.PresenceTestCase):
    def test_region_gets_network_and_subnets_with_its_own_gateway(self):
        network = self.make_network('10.0.1.0/24', name='net1')
        document = self.pulled('network', network['id'])
        held = self.reserved(network['id'])
        self.assertEqual(network['id'], document['body']['network']['id'])
        self.assertEqual('net1', document['body']['network']['name'])
        (subnet,) = document['body']['subnets']
        self.assertEqual([subnet['gateway_ip']], held['gateway'])
        self.assertNotEqual('10.0.1.1', subnet['gateway_ip'])
        (dhcp,) = document['body']['dhcp_ports']
        self.assertEqual([dhcp['fixed_ips'][0]['ip_address']], held['dhcp'])
        self.assertEqual(['RegionOne'], self.presence(network['id']))

    def test_pull_is_answered_the_same_again(self):
        network = self.make_network()
        first = self.pulled('network', network['id'])
        again = self.pulled('network', network['id'])
        self.assertEqual(first, again)
        self.assertEqual(2, len(self.rows(base.ReservedPort)))

    def test_regions_share_no_address(self):
        network = self.make_network('10.0.1.0/24', '10.0.2.0/24')
        for region in ('RegionOne', 'RegionTwo', 'RegionThree'):
            self.pulled('network', network['id'], region)
        ips = [
            ip
            for region in ('RegionOne', 'RegionTwo', 'RegionThree')
            for kind in self.reserved(network['id'], region).values()
            for ip in kind
        ]
        self.assertEqual(12, len(ips))
        self.assertEqual(12, len(set(ips)))
        self.assertEqual(
            ['RegionOne', 'RegionThree', 'RegionTwo'],
            self.presence(network['id']),
        )

    def test_region_gets_a_dhcp_port_for_each_agent(self):
        network = self.make_network('10.0.1.0/24', '10.0.2.0/24')
        document = self.pulled('network', network['id'], dhcp_agents=2)
        self.assertEqual(2, len(document['body']['dhcp_ports']))
        more = self.pulled('network', network['id'], dhcp_agents=3)
        self.assertEqual(3, len(more['body']['dhcp_ports']))
        for port in more['body']['dhcp_ports']:
            self.assertEqual(2, len(port['fixed_ips']))

    def test_default_group_of_the_project_comes_along(self):
        network = self.make_network()
        document = self.pulled('network', network['id'])
        group_id = document['body']['default_security_group']
        self.assertEqual(['RegionOne'], self.presence(group_id))
        self.assertIn(
            (types.SECURITY_GROUP, group_id, 'RegionOne'), self.intents()
        )

    def test_xjob_looks_after_what_was_pulled(self):
        network = self.make_network()
        self.pulled('network', network['id'])
        self.assertEqual(
            1, self.intents()[types.NETWORK, network['id'], 'RegionOne']
        )

    def test_foreign_network_materialises_nothing(self):
        network = self.make_network()
        answer = self.pull('network', network['id'], project='p2')
        self.assertEqual(404, answer.status)
        self.assertEqual('NetworkNotFound', answer.error['type'])
        self.assertEqual([], self.presence(network['id']))
        self.assertEqual([], self.rows(base.ReservedPort))
        self.assertEqual({}, self.intents())

    def test_nobody_sees_networks_of_no_project(self):
        network = self.make_network(project='')
        answer = self.pull('network', network['id'], project='')
        self.assertEqual(404, answer.status)

    def test_admin_of_a_region_sees_everything(self):
        network = self.make_network()
        self.pulled('network', network['id'], project='p2', is_admin=True)
        self.assertEqual(['RegionOne'], self.presence(network['id']))

    def test_shared_network_is_for_all(self):
        network = self.make_network(shared=True)
        document = self.pulled('network', network['id'], project='p2')
        (entry,) = document['body']['rbac']
        self.assertEqual('*', entry['target_tenant'])
        self.assertEqual('access_as_shared', entry['action'])

    def test_network_shared_with_a_project_is_for_that_project(self):
        network, other = self.make_network(), uuid.uuid4().hex
        answer = self.ask(
            'POST',
            '/rbac-policies',
            {
                'rbac_policy': {
                    'object_type': 'network',
                    'object_id': network['id'],
                    'action': 'access_as_shared',
                    'target_tenant': other,
                }
            },
        )
        self.assertEqual(201, answer.status, answer)
        self.assertEqual(
            404, self.pull('network', network['id'], project='p3').status
        )
        document = self.pulled('network', network['id'], project=other)
        self.assertEqual(other, document['body']['rbac'][0]['target_tenant'])

    def test_external_network_is_for_all_and_keeps_its_gateway(self):
        network = self.make_network(
            '203.0.113.0/24',
            **{
                'router:external': True,
                'provider:network_type': 'vlan',
                'provider:physical_network': 'extern',
                'provider:segmentation_id': 201,
            },
        )
        document = self.pulled('network', network['id'], project='p2')
        self.assertIs(True, document['body']['network']['router:external'])
        self.assertEqual(
            '203.0.113.1', document['body']['subnets'][0]['gateway_ip']
        )
        self.assertNotIn('gateway', self.reserved(network['id']))

    def test_region_out_of_scope_is_told_the_hints(self):
        network = self.make_network(
            availability_zone_hints=['az2', 'RegionThree']
        )
        answer = self.pull('network', network['id'])
        self.assertEqual(404, answer.status)
        self.assertEqual('NetworkNotFound', answer.error['type'])
        self.assertIn('hints are RegionThree, az2', answer.error['message'])
        self.assertIn('RegionOne', answer.error['message'])
        self.assertEqual([], self.presence(network['id']))
        self.assertEqual([], self.rows(base.ReservedPort))
        self.pulled('network', network['id'], 'RegionTwo')

    def test_admin_does_not_get_around_the_scope(self):
        network = self.make_network(availability_zone_hints=['RegionTwo'])
        answer = self.pull('network', network['id'], is_admin=True)
        self.assertEqual(404, answer.status)
        self.assertEqual([], self.presence(network['id']))

    def test_local_network_settles_in_the_first_region(self):
        network = self.make_network(**{'provider:network_type': 'local'})
        document = self.pulled('network', network['id'], 'RegionTwo')
        self.assertNotIn('provider:network_type', document['body']['network'])
        answer = self.pull('network', network['id'], 'RegionOne')
        self.assertEqual(404, answer.status)
        self.assertEqual('NetworkNotFound', answer.error['type'])
        self.assertIn('RegionTwo', answer.error['message'])
        self.assertEqual(['RegionTwo'], self.presence(network['id']))
        self.pulled('network', network['id'], 'RegionTwo')

    def test_region_that_is_no_pod_is_unknown(self):
        network = self.make_network()
        for region in ('Nowhere', 'CentralRegion'):
            answer = self.pull('network', network['id'], region)
            self.assertEqual(404, answer.status)
            self.assertEqual('PodNotFound', answer.error['type'])
            self.assertIn(region, answer.error['message'])

    def test_network_that_is_not_there_is_not_found(self):
        for is_admin in (True, False):
            answer = self.pull('network', str(uuid.uuid4()), is_admin=is_admin)
            self.assertEqual(404, answer.status)
            self.assertEqual('NetworkNotFound', answer.error['type'])

    def test_duplicate_that_does_not_go_away_is_a_conflict_soon(self):
        network = self.make_network()
        with mock.patch.object(
            reservations,
            'reserve',
            autospec=True,
            side_effect=db_exc.DBDuplicateEntry(columns=['port_id']),
        ) as reserve:
            answer = self.pull('network', network['id'])
        self.assertEqual(409, answer.status, answer)
        self.assertEqual('DuplicateRemains', answer.error['type'])
        self.assertEqual(retries.SAME_DUPLICATE, reserve.call_count)
        self.assertEqual([], self.presence(network['id']))

    def test_database_that_is_busy_is_unavailable_soon(self):
        network = self.make_network()
        with mock.patch.object(
            reservations,
            'reserve',
            autospec=True,
            side_effect=db_exc.DBDeadlock(),
        ) as reserve:
            answer = self.pull('network', network['id'])
        self.assertEqual(503, answer.status, answer)
        self.assertEqual('DatabaseBusy', answer.error['type'])
        self.assertLessEqual(reserve.call_count, retries.TRIES)

    def test_only_services_may_pull(self):
        network = self.make_network()
        for roles in (base.MEMBER, ('admin', *base.MEMBER)):
            answer = self.pull('network', network['id'], roles=roles)
            self.assertEqual(403, answer.status, answer)
            self.assertEqual('PolicyNotAuthorized', answer.error['type'])
        self.assertEqual([], self.presence(network['id']))

    def test_body_that_breaks_the_schema_is_refused(self):
        network = self.make_network()
        pull = {'project_id': 'p1', 'is_admin': False, 'dhcp_agents': 1}
        for body in (
            None,
            [],
            {},
            {'replica': {}},
            {'replica': {'pull': {}}},
            {'replica': {'pull': {**pull, 'is_admin': 'yes'}}},
            {'replica': {'pull': {**pull, 'dhcp_agents': -1}}},
            {'replica': {'report': {}}},
        ):
            answer = self.ask(
                'PUT',
                f'/networks/{network["id"]}/replicas/RegionOne',
                body,
                'service',
                base.SERVICE,
            )
            self.assertEqual(400, answer.status, (body, answer))
        self.assertEqual([], self.presence(network['id']))

    def test_key_of_a_later_version_is_let_pass(self):
        network = self.make_network()
        answer = self.ask(
            'PUT',
            f'/networks/{network["id"]}/replicas/RegionOne',
            {
                'replica': {
                    'later': 1,
                    'pull': {
                        'project_id': 'p1',
                        'is_admin': False,
                        'dhcp_agents': 1,
                        'later': 1,
                    },
                }
            },
            'service',
            base.SERVICE,
        )
        self.assertEqual(200, answer.status, answer)

    def test_region_that_comes_late_is_sent_the_shadows(self):
        network = self.make_network()
        port = self.allocated(network['id'])
        self.report(port['id'])
        self.pulled('network', network['id'], 'RegionTwo')
        self.assertIn(
            (
                types.SHADOW_PORTS,
                types.shadow_id(network['id'], 0),
                'RegionTwo',
            ),
            self.intents(),
        )


class TestPullOfPorts(base.PresenceTestCase):
    def setUp(self):
        super().setUp()
        self.network = self.make_network()
        self.port = self.make(
            'port',
            network_id=self.network['id'],
            name='web',
            fixed_ips=[{'ip_address': '10.0.1.77'}],
        )

    def test_region_gets_port_network_and_groups(self):
        document = self.pulled('port', self.port['id'])
        port = document['body']['port']
        self.assertEqual('10.0.1.77', port['fixed_ips'][0]['ip_address'])
        self.assertEqual(self.port['mac_address'], port['mac_address'])
        self.assertEqual(
            [
                ('network', self.network['id']),
                ('security-group', self.port['security_groups'][0]),
            ],
            [(one['type'], one['id']) for one in document['requires']],
        )
        self.assertEqual(['RegionOne'], self.presence(self.port['id']))
        self.assertEqual(['RegionOne'], self.presence(self.network['id']))

    def test_second_region_is_refused_and_the_first_asked_to_release(self):
        self.pulled('port', self.port['id'])
        answer = self.pull('port', self.port['id'], 'RegionTwo')
        self.assertEqual(409, answer.status)
        self.assertEqual('PortBeingReleased', answer.error['type'])
        self.assertIn(
            'RegionOne is being asked to release it', answer.error['message']
        )
        self.assertEqual(['RegionOne'], self.presence(self.port['id']))
        (location,) = self.rows(base.PortLocation)
        self.assertTrue(location.release)
        self.assertEqual(
            2, self.intents()[types.PORT, self.port['id'], 'RegionOne']
        )

    def look(self, region):
        return self.pull('port', self.port['id'], region, purpose='look')

    def test_look_at_a_port_asks_no_region_to_release_it(self):
        self.pulled('port', self.port['id'])
        answer = self.look('RegionTwo')
        self.assertEqual(409, answer.status)
        self.assertEqual('PortElsewhere', answer.error['type'])
        (location,) = self.rows(base.PortLocation)
        self.assertFalse(location.release)
        self.assertEqual(
            1, self.intents()[types.PORT, self.port['id'], 'RegionOne']
        )

    def test_look_at_a_port_elsewhere_materialises_no_network(self):
        self.pulled('port', self.port['id'])
        self.look('RegionTwo')
        self.assertEqual(['RegionOne'], self.presence(self.network['id']))

    def test_look_from_out_of_scope_sees_no_port_elsewhere(self):
        network = self.make_network(
            '10.0.9.0/24', availability_zone_hints=['RegionTwo']
        )
        port = self.make('port', network_id=network['id'])
        self.pulled('port', port['id'], 'RegionTwo')
        for purpose in ('look', 'delete'):
            answer = self.pull('port', port['id'], purpose=purpose)
            self.assertEqual(404, answer.status)
            self.assertEqual('NetworkNotFound', answer.error['type'])

    def test_port_that_is_to_be_deleted_is_given_to_no_region(self):
        answer = self.pull('port', self.port['id'], purpose='delete')
        self.assertEqual('PortElsewhere', answer.error['type'])
        self.assertEqual([], self.presence(self.port['id']))

    def test_look_calls_no_release_off(self):
        self.pulled('port', self.port['id'])
        self.pull('port', self.port['id'], 'RegionTwo')
        answer = self.look('RegionOne')
        self.assertEqual('PortElsewhere', answer.error['type'])
        (location,) = self.rows(base.PortLocation)
        self.assertTrue(location.release)

    def test_look_at_a_port_that_no_region_has_brings_it(self):
        self.assertEqual(200, self.look('RegionTwo').status)
        self.assertEqual(['RegionTwo'], self.presence(self.port['id']))

    def test_pull_of_a_port_whose_network_is_there_locks_no_network(self):
        self.pulled('network', self.network['id'])
        with self.statements() as made:
            self.pulled('port', self.port['id'])
        # SQLite has no locks; the grant of a network reserves for it.
        self.assertFalse(
            [
                one
                for one in made
                if 'networks.availability_zone_hints \nFROM' in one
            ]
        )

    def test_purpose_of_a_pull_is_look_or_use(self):
        answer = self.pull('port', self.port['id'], purpose='steal')
        self.assertEqual(400, answer.status)

    def test_port_that_is_used_is_not_given_up(self):
        self.pulled('port', self.port['id'])
        self.report(self.port['id'])
        answer = self.pull('port', self.port['id'], 'RegionTwo')
        self.assertEqual(409, answer.status)
        self.assertIn('device vm-1 uses it there', answer.error['message'])
        (location,) = self.rows(base.PortLocation)
        self.assertFalse(location.release)

    def test_region_that_wants_its_port_again_keeps_it(self):
        self.pulled('port', self.port['id'])
        self.pull('port', self.port['id'], 'RegionTwo')
        self.pulled('port', self.port['id'])
        (location,) = self.rows(base.PortLocation)
        self.assertFalse(location.release)
        self.assertEqual(
            3, self.intents()[types.PORT, self.port['id'], 'RegionOne']
        )

    def test_foreign_port_materialises_nothing(self):
        answer = self.pull('port', self.port['id'], project='p2')
        self.assertEqual(404, answer.status)
        self.assertEqual('PortNotFound', answer.error['type'])
        self.assertEqual([], self.presence(self.port['id']))
        self.assertEqual([], self.presence(self.network['id']))

    def test_port_is_not_for_a_region_out_of_its_networks_scope(self):
        network = self.make_network(
            '10.0.9.0/24', availability_zone_hints=['RegionTwo']
        )
        port = self.make('port', network_id=network['id'])
        answer = self.pull('port', port['id'], is_admin=True)
        self.assertEqual(404, answer.status)
        self.assertEqual('NetworkNotFound', answer.error['type'])
        self.assertEqual([], self.presence(port['id']))

    def test_ports_of_central_itself_are_for_no_region(self):
        self.pulled('network', self.network['id'])
        gateway = next(row.port_id for row in self.rows(base.ReservedPort))
        interface = self.make(
            'port',
            network_id=self.network['id'],
            device_owner='network:router_interface',
        )
        for port_id in (gateway, interface['id']):
            answer = self.pull('port', port_id, is_admin=True)
            self.assertEqual(404, answer.status, answer)
            self.assertEqual('PortNotFound', answer.error['type'])
            self.assertEqual([], self.presence(port_id))


class TestPullOfGroups(base.PresenceTestCase):
    def test_region_gets_a_group_and_those_its_rules_lead_to(self):
        first, second, third = (
            self.make('security_group', name=name) for name in 'abc'
        )
        for group, remote in ((first, second), (second, third)):
            self.make(
                'security_group_rule',
                security_group_id=group['id'],
                direction='ingress',
                ethertype='IPv4',
                remote_group_id=remote['id'],
            )
        document = self.pulled('security-group', first['id'])
        self.assertEqual(
            sorted([second['id'], third['id']]),
            [one['id'] for one in document['requires']],
        )
        for group in (first, second, third):
            self.assertEqual(['RegionOne'], self.presence(group['id']))
        (rule,) = [
            rule
            for rule in document['body']['rules']
            if rule['remote_group_id']
        ]
        self.assertEqual(second['id'], rule['remote_group_id'])

    def test_foreign_group_materialises_nothing(self):
        group = self.make('security_group', name='a')
        answer = self.pull('security-group', group['id'], project='p2')
        self.assertEqual(404, answer.status)
        self.assertEqual('SecurityGroupNotFound', answer.error['type'])
        self.assertEqual([], self.presence(group['id']))

    def test_remote_group_of_a_new_rule_follows_to_the_regions(self):
        first, second = (
            self.make('security_group', name=name) for name in 'ab'
        )
        self.pulled('security-group', first['id'])
        self.assertEqual([], self.presence(second['id']))
        self.make(
            'security_group_rule',
            security_group_id=first['id'],
            direction='ingress',
            ethertype='IPv4',
            remote_group_id=second['id'],
        )
        self.assertEqual(['RegionOne'], self.presence(second['id']))
        self.assertEqual(
            2, self.intents()[types.SECURITY_GROUP, first['id'], 'RegionOne']
        )
