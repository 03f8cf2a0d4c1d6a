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

import sqlalchemy as sa

from tests.unit.central_presence import base
from tricircle.db.central import models as central_models
from tricircle.journal import intent
from tricircle.journal import router_intents
from tricircle.replica import document
from tricircle.replica import types


class TestReplicaStates(base.PresenceTestCase):
    def setUp(self):
        super().setUp()
        self.network = self.make_network()
        self.path = f'/networks/{self.network["id"]}/replicas'

    def confirm(self, region='RegionOne'):
        with base.db_api.CONTEXT_WRITER.using(self.context):
            intent.confirm(
                self.context.session,
                types.NETWORK,
                self.network['id'],
                region,
                document.Generation(1, 1),
                'sha256:x',
            )

    def test_owner_sees_each_region(self):
        for region in ('RegionTwo', 'RegionOne'):
            self.pulled('network', self.network['id'], region)
        self.confirm()
        answer = self.ask('GET', self.path)
        self.assertEqual(200, answer.status, answer)
        one, two = answer.body['replicas']
        self.assertEqual(
            {
                'region': 'RegionOne',
                'status': 'IN_SYNC',
                'reason': None,
                'attempts': 0,
                'next_try_at': None,
                'counter': 1,
                'applied': 1,
                'digest': 'sha256:x',
                'omitted': [],
            },
            one,
        )
        self.assertEqual(
            ('RegionTwo', 'PENDING'), (two['region'], two['status'])
        )
        self.assertRegex(two['next_try_at'], r'^\d{4}-.*T.*Z$')

    def test_a_router_shows_that_it_waits_to_be_laid_out(self):
        router = self.make('router', name='r1')
        with base.db_api.CONTEXT_WRITER.using(self.context):
            router_intents.record(self.context.session, [router['id']])

        answer = self.ask('GET', f'/routers/{router["id"]}/replicas')

        self.assertEqual(200, answer.status, answer)
        self.assertEqual(
            [('central', 'PENDING')],
            [
                (one['region'], one['status'])
                for one in answer.body['replicas']
            ],
        )

    def test_one_region_can_be_asked_for(self):
        self.pulled('network', self.network['id'])
        answer = self.ask('GET', f'{self.path}/RegionOne')
        self.assertEqual('RegionOne', answer.body['replica']['region'])
        answer = self.ask('GET', f'{self.path}/RegionTwo')
        self.assertEqual(404, answer.status)
        self.assertEqual('ReplicaNotFound', answer.error['type'])

    def test_resource_in_no_region_has_no_replicas(self):
        answer = self.ask('GET', self.path)
        self.assertEqual({'replicas': []}, answer.body)

    def fail(self, reason):
        with base.db_api.CONTEXT_WRITER.using(self.context):
            self.context.session.execute(
                sa.update(central_models.JournalEntry)
                .where(
                    central_models.JournalEntry.resource_id
                    == self.network['id']
                )
                .values(reason=reason, attempts=1)
            )

    def test_a_tenant_reads_no_url_no_host_and_no_id_of_others(self):
        self.pulled('network', self.network['id'])
        self.fail(
            'RegionOne does not answer: http://10.0.0.3:9696/v2.0 for '
            f'{uuid.uuid4()} on host compute-3; {self.network["id"]} waits'
        )

        (listed,) = self.ask('GET', self.path).body['replicas']
        shown = self.ask('GET', f'{self.path}/RegionOne').body['replica']

        self.assertEqual(
            'RegionOne does not answer: <URL> for <ID> on host <host>; '
            f'{self.network["id"]} waits',
            listed['reason'],
        )
        self.assertEqual(listed, shown)

    def test_an_administrator_reads_the_whole_reason(self):
        self.pulled('network', self.network['id'])
        self.fail('http://10.0.0.3:9696/ does not answer')

        (state,) = self.ask('GET', self.path, roles=base.ADMIN).body[
            'replicas'
        ]

        self.assertEqual(
            'http://10.0.0.3:9696/ does not answer', state['reason']
        )

    def test_readers_and_services_may_read(self):
        for kwargs in (
            {'roles': ('reader',)},
            {'roles': base.ADMIN},
            {'roles': base.SERVICE, 'project': 'service'},
        ):
            self.assertEqual(200, self.ask('GET', self.path, **kwargs).status)

    def test_others_do_not_learn_of_the_network(self):
        answer = self.ask('GET', self.path, project='p2')
        self.assertEqual(404, answer.status)
        self.assertEqual('NetworkNotFound', answer.error['type'])

    def test_users_of_a_shared_network_do_not_learn_where_it_is(self):
        network = self.make_network('10.0.3.0/24', shared=True)
        answer = self.ask(
            'GET', f'/networks/{network["id"]}/replicas', project='p2'
        )
        self.assertEqual(403, answer.status, answer)

    def test_unknown_resources_are_not_found(self):
        for collection, error in (
            ('networks', 'NetworkNotFound'),
            ('ports', 'PortNotFound'),
            ('security-groups', 'SecurityGroupNotFound'),
            ('address-groups', 'AddressGroupNotFound'),
            ('address-scopes', 'AddressScopeNotFound'),
            ('subnetpools', 'SubnetPoolNotFound'),
        ):
            answer = self.ask('GET', f'/{collection}/{uuid.uuid4()}/replicas')
            self.assertEqual(404, answer.status)
            self.assertEqual(error, answer.error['type'])

    def test_ports_and_groups_have_replicas_too(self):
        port = self.allocated(self.network['id'])
        for path in (
            f'/ports/{port["id"]}',
            f'/security-groups/{port["security_groups"][0]}',
        ):
            answer = self.ask('GET', f'{path}/replicas')
            self.assertEqual(
                ['RegionOne'],
                [one['region'] for one in answer.body['replicas']],
            )

    def test_networks_and_groups_are_not_deleted_by_regions(self):
        self.pulled('network', self.network['id'])
        answer = self.ask(
            'DELETE',
            f'{self.path}/RegionOne',
            project='service',
            roles=base.SERVICE,
        )
        self.assertEqual(405, answer.status, answer)
        self.assertEqual(['RegionOne'], self.presence(self.network['id']))

    def test_what_there_is_not_is_refused(self):
        for method, path, status in (
            ('POST', self.path, 405),
            ('GET', f'{self.path}/new', 404),
            ('GET', f'{self.path}/RegionOne/edit', 404),
        ):
            answer = self.ask(method, path, {} if method == 'POST' else None)
            self.assertEqual(status, answer.status, (path, answer))
