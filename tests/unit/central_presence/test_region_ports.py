# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

import uuid

import fixtures
from neutron.plugins.ml2 import plugin as ml2_plugin

from tests.unit.central_presence import base
from tricircle.replica import types


class TestRegionPorts(base.PresenceTestCase):
    def setUp(self):
        super().setUp()
        self.network = self.make_network()

    def test_port_has_the_regions_id_and_its_document(self):
        port_id = str(uuid.uuid4())
        port = self.allocated(
            self.network['id'], port_id=port_id, name='web', device_id='vm-1'
        )
        self.assertEqual(port_id, port['id'])
        document = port['tricircle:document']
        self.assertEqual(
            port['mac_address'], document['body']['port']['mac_address']
        )
        self.assertEqual(
            port['fixed_ips'], document['body']['port']['fixed_ips']
        )
        self.assertEqual(
            [
                ('network', self.network['id']),
                ('security-group', port['security_groups'][0]),
            ],
            [(one['type'], one['id']) for one in document['requires']],
        )
        self.assertEqual(['RegionOne'], self.presence(port_id))
        (location,) = self.rows(base.PortLocation)
        self.assertEqual(
            (port_id, self.network['id'], '', 'vm-1', True),
            (
                location.port_id,
                location.network_id,
                location.host,
                location.device_id,
                location.made_here,
            ),
        )
        self.assertEqual(1, self.intents()[types.PORT, port_id, 'RegionOne'])

    def test_same_request_is_answered_the_same(self):
        port_id = str(uuid.uuid4())
        first = self.allocated(self.network['id'], port_id=port_id)
        again = self.allocated(self.network['id'], port_id=port_id)
        for key in (
            'id',
            'mac_address',
            'fixed_ips',
            'security_groups',
            'tricircle:document',
            'project_id',
        ):
            self.assertEqual(first[key], again[key])
        self.assertEqual(1, len(self.rows(base.PortLocation)))

    def test_other_region_cannot_have_the_same_port(self):
        port = self.allocated(self.network['id'])
        answer = self.allocate(self.network['id'], 'RegionTwo', port['id'])
        self.assertEqual(409, answer.status)
        self.assertEqual('PortInUse', answer.error['type'])
        self.assertIn('RegionOne', answer.error['message'])
        self.assertEqual(['RegionOne'], self.presence(port['id']))

    def test_id_of_another_port_is_refused(self):
        other = self.make_network('10.0.2.0/24')
        there = self.allocated(self.network['id'])
        plain = self.make('port', network_id=self.network['id'])
        shared = self.make_network('10.0.3.0/24', shared=True)
        for answer in (
            self.allocate(other['id'], port_id=there['id']),
            self.allocate(self.network['id'], port_id=plain['id']),
            self.allocate(shared['id'], port_id=there['id'], project='p2'),
        ):
            self.assertEqual(409, answer.status, answer)
            self.assertEqual('PortTaken', answer.error['type'])

    def test_id_is_looked_up_before_each_try(self):
        # As when the same request is being carried out elsewhere: the port
        # appears after this request had looked for it.
        port_id = str(uuid.uuid4())
        create = ml2_plugin.Ml2Plugin._create_port_db
        tries = []

        def lose_the_race(plugin, context, port):
            tries.append(port['port']['id'])
            if len(tries) == 1:
                # Not through the API, which does not nest in a thread.
                plugin.create_port(
                    base.n_context.Context(
                        project_id=base.PROJECT, roles=list(base.MEMBER)
                    ),
                    {
                        'port': {
                            **port['port'],
                            'tricircle:region': 'RegionOne',
                        }
                    },
                )
            return create(plugin, context, port)

        self.useFixture(
            fixtures.MockPatchObject(
                ml2_plugin.Ml2Plugin, '_create_port_db', lose_the_race
            )
        )
        answer = self.allocate(self.network['id'], port_id=port_id)
        self.assertEqual(201, answer.status, answer)
        self.assertEqual(port_id, answer.body['port']['id'])
        self.assertEqual(2, len(tries))
        self.assertEqual(1, len(self.rows(base.PortLocation)))

    def test_network_is_given_to_the_region_along_with_the_port(self):
        self.assertEqual([], self.presence(self.network['id']))
        self.allocated(self.network['id'])
        self.assertEqual(['RegionOne'], self.presence(self.network['id']))

    def test_region_out_of_scope_gets_no_port(self):
        network = self.make_network(
            '10.0.5.0/24', availability_zone_hints=['RegionTwo']
        )
        answer = self.allocate(network['id'])
        self.assertEqual(404, answer.status)
        self.assertEqual('NetworkNotFound', answer.error['type'])
        self.assertEqual([], self.rows(base.PortLocation))
        self.assertEqual([], self.presence(network['id']))

    def test_foreign_network_is_given_to_nobody(self):
        answer = self.allocate(self.network['id'], project='p2')
        self.assertEqual(404, answer.status)
        self.assertEqual([], self.presence(self.network['id']))

    def test_unknown_region_is_refused(self):
        for region in ('Nowhere', 'CentralRegion'):
            answer = self.allocate(self.network['id'], region)
            self.assertEqual(404, answer.status, answer)
            self.assertEqual('PodNotFound', answer.error['type'])

    def test_region_has_to_choose_the_id(self):
        answer = self.ask(
            'POST',
            '/ports',
            {
                'port': {
                    'network_id': self.network['id'],
                    'tricircle:region': 'RegionOne',
                }
            },
            through_service=True,
        )
        self.assertEqual(400, answer.status, answer)

    def test_tenants_may_not_choose_id_or_region(self):
        for extra in (
            {'id': str(uuid.uuid4())},
            {'tricircle:region': 'RegionOne'},
        ):
            for roles in (base.MEMBER, base.ADMIN):
                answer = self.ask(
                    'POST',
                    '/ports',
                    {'port': {'network_id': self.network['id'], **extra}},
                    roles=roles,
                )
                self.assertEqual(403, answer.status, answer)
                self.assertEqual('PolicyNotAuthorized', answer.error['type'])
        self.assertEqual([], self.rows(base.PortLocation))

    def test_id_that_is_no_uuid_is_refused(self):
        answer = self.allocate(self.network['id'], port_id='x')
        self.assertEqual(400, answer.status, answer)

    def test_port_of_central_is_in_no_region(self):
        port = self.make('port', network_id=self.network['id'])
        self.assertNotIn('tricircle:document', port)
        self.assertNotIn('tricircle:region', port)
        self.assertEqual([], self.presence(port['id']))

    def test_quota_of_the_caller_counts(self):
        answer = self.ask(
            'PUT',
            f'/quotas/{base.PROJECT}',
            {'quota': {'port': 1}},
            roles=base.ADMIN,
        )
        self.assertEqual(200, answer.status, answer)
        self.allocated(self.network['id'])
        answer = self.allocate(self.network['id'])
        self.assertEqual(409, answer.status, answer)
        self.assertEqual('OverQuota', answer.error['type'])

    def test_network_that_is_full_is_neutrons_conflict(self):
        # Two to hand out, both for the region's own needs.
        network = self.make('network')
        self.make_subnet(
            network,
            '10.0.8.0/24',
            allocation_pools=[{'start': '10.0.8.5', 'end': '10.0.8.6'}],
        )
        answer = self.allocate(network['id'])
        self.assertEqual(409, answer.status, answer)
        self.assertEqual('IpAddressGenerationFailure', answer.error['type'])
        self.assertEqual([], self.rows(base.PortLocation))

    def test_groups_of_a_project_come_with_its_first_port(self):
        network = self.make_network('10.0.6.0/24', shared=True)
        other = self.make('security_group', 'p2', name='web')
        port = self.allocated(network['id'], project='p2')
        self.assertEqual(['RegionOne'], self.presence(other['id']))
        self.assertEqual(
            ['RegionOne'], self.presence(port['security_groups'][0])
        )

    def test_group_that_a_port_gets_later_follows_it(self):
        port = self.allocated(self.network['id'])
        network = self.make_network('10.0.6.0/24', shared=True)
        self.allocated(network['id'], 'RegionTwo')
        group = self.make('security_group', name='late')
        # Of another project, so that it goes nowhere by itself.
        shared = self.make('security_group', 'p2', name='shared')
        answer = self.ask(
            'POST',
            '/rbac-policies',
            {
                'rbac_policy': {
                    'object_type': 'security_group',
                    'object_id': shared['id'],
                    'action': 'access_as_shared',
                    'target_tenant': '*',
                }
            },
            'p2',
            base.ADMIN,
        )
        self.assertEqual(201, answer.status, answer)
        self.assertEqual([], self.presence(shared['id']))
        answer = self.ask(
            'PUT',
            f'/ports/{port["id"]}',
            {'port': {'security_groups': [group['id'], shared['id']]}},
            roles=base.ADMIN,
        )
        self.assertEqual(200, answer.status, answer)
        self.assertEqual(['RegionOne'], self.presence(shared['id']))

    def test_deletion_in_central_is_for_the_region_to_follow(self):
        port = self.allocated(self.network['id'])
        answer = self.ask('DELETE', f'/ports/{port["id"]}')
        self.assertEqual(204, answer.status, answer)
        self.assertEqual([], self.rows(base.PortLocation))
        self.assertEqual(['RegionOne'], self.presence(port['id']))
        self.assertEqual(
            2, self.intents()[types.PORT, port['id'], 'RegionOne']
        )

    def test_id_of_a_port_that_a_region_is_to_delete_is_refused(self):
        # It is a conflict at once, and not a race to be tried for minutes.
        port = self.allocated(self.network['id'])
        self.plugin.delete_port(self.context, port['id'])
        for region in ('RegionOne', 'RegionTwo'):
            answer = self.allocate(
                self.network['id'], region, port_id=port['id']
            )
            self.assertEqual(409, answer.status, answer)
            self.assertEqual('PortTaken', answer.error['type'])
            self.assertIn('was deleted', answer.error['message'])


class TestBulk(base.PresenceTestCase):
    def setUp(self):
        super().setUp()
        self.network = self.make_network()

    def bulk(self, *ports):
        return self.ask(
            'POST',
            '/ports',
            {
                'ports': [
                    {
                        'network_id': self.network['id'],
                        'tricircle:region': 'RegionOne',
                        **port,
                    }
                    for port in ports
                ]
            },
            through_service=True,
        )

    def test_all_ports_have_ids_and_documents(self):
        ids = [str(uuid.uuid4()) for _ in range(3)]
        answer = self.bulk(*({'id': one} for one in ids))
        self.assertEqual(201, answer.status, answer)
        ports = answer.body['ports']
        self.assertEqual(ids, [port['id'] for port in ports])
        for port in ports:
            self.assertEqual(port['id'], port['tricircle:document']['id'])
            self.assertEqual(['RegionOne'], self.presence(port['id']))

    def test_same_request_is_answered_the_same(self):
        ids = [str(uuid.uuid4()) for _ in range(2)]
        first = self.bulk(*({'id': one} for one in ids))
        again = self.bulk(*({'id': one} for one in ids))
        self.assertEqual(
            [port['fixed_ips'] for port in first.body['ports']],
            [port['fixed_ips'] for port in again.body['ports']],
        )

    def test_none_is_made_when_one_is_refused(self):
        there = self.allocated(self.network['id'], 'RegionTwo')
        ids = [str(uuid.uuid4()), there['id']]
        answer = self.bulk(*({'id': one} for one in ids))
        self.assertEqual(409, answer.status, answer)
        self.assertEqual(
            [there['id']],
            [row.port_id for row in self.rows(base.PortLocation)],
        )
        self.assertEqual(404, self.ask('GET', f'/ports/{ids[0]}').status)

    def test_what_was_there_before_outlives_a_refusal(self):
        before = self.allocated(self.network['id'])
        there = self.allocated(self.network['id'], 'RegionTwo')
        answer = self.bulk({'id': before['id']}, {'id': there['id']})
        self.assertEqual(409, answer.status, answer)
        self.assertEqual(200, self.ask('GET', f'/ports/{before["id"]}').status)

    def test_ports_of_tenants_are_made_in_bulk_as_ever(self):
        answer = self.ask(
            'POST',
            '/ports',
            {'ports': [{'network_id': self.network['id']} for _ in range(2)]},
        )
        self.assertEqual(201, answer.status, answer)
        self.assertEqual(2, len({port['id'] for port in answer.body['ports']}))
        self.assertEqual([], self.rows(base.PortLocation))
