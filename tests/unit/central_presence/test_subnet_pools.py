# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Subnet pools and address scopes: which regions get them, what they hear."""

from collections.abc import Callable
from typing import Any

from tests.unit.central_presence import base
from tricircle.db.central import models as central_models
from tricircle.drift import adoption
from tricircle.replica import types

OTHER = '0123456789abcdef0123456789abcdef'


class TestSubnetPools(base.PresenceTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.scope = self.make('address_scope', name='space', ip_version=4)
        self.pool = self.make(
            'subnetpool',
            name='pool',
            description='of ours',
            prefixes=['10.2.0.0/16', '10.1.0.0/16'],
            default_prefixlen=24,
            default_quota=512,
            address_scope_id=self.scope['id'],
        )
        self.id = self.pool['id']

    def ask(
        self, method: str, path: str, *args: Any, **kwargs: Any
    ) -> base.Answer:
        """Make a request as somebody.

        Of pools not by what stands in front of Neutron's core API in its own
        tests: it takes an extension with more verbs for all there is.
        """
        there = self._api
        if path.startswith('/subnetpools') and path.count('/') < 3:
            self._api = self.api
        try:
            return super().ask(method, path, *args, **kwargs)
        finally:
            self._api = there

    def change(self, **changes: Any) -> None:
        path = f'/subnetpools/{self.id}'
        answer = self.ask('PUT', path, {'subnetpool': changes})
        self.assertEqual(200, answer.status, answer)

    def act(self, verb: str, body: dict[str, Any]) -> None:
        answer = self.ask('PUT', f'/subnetpools/{self.id}/{verb}', body)
        self.assertEqual(200, answer.status, answer)

    def share(self, kind: str, resource_id: str, project: str) -> None:
        entry = {
            'object_type': kind,
            'object_id': resource_id,
            'target_tenant': project,
            'action': 'access_as_shared',
        }
        answer = self.ask('POST', '/rbac-policies', {'rbac_policy': entry})
        self.assertEqual(201, answer.status, answer)

    def counter(
        self, resource_type: str, resource_id: str, region: str = 'RegionOne'
    ) -> int:
        """Return how many changes a region was to hear of."""
        found = self.rows(
            central_models.JournalEntry,
            resource_type=resource_type,
            resource_id=resource_id,
            region_name=region,
        )
        return int(found[0].counter) if found else 0

    def pooled(self) -> dict[str, Any]:
        """Make a network with a subnet out of the pool."""
        network = self.make('network')
        self.from_pool(network, prefixlen=24)
        return network

    def from_pool(self, network: dict[str, Any], **what: Any) -> Any:
        return self.make(
            'subnet',
            network_id=network['id'],
            ip_version=4,
            subnetpool_id=self.id,
            **what,
        )

    def test_a_network_brings_scope_and_pool_first(self) -> None:
        network = self.pooled()

        document = self.pulled('network', network['id'])

        scope, pool = document['first']
        self.assertEqual([], document['requires'])
        self.assertEqual([], document['omitted'])
        (subnet,) = document['body']['subnets']
        self.assertEqual(self.id, subnet['subnetpool_id'])
        self.assertEqual(
            {
                'address_scope': {
                    'id': self.scope['id'],
                    'project_id': base.PROJECT,
                    'name': 'space',
                    'ip_version': 4,
                },
                'rbac': [],
            },
            scope['body'],
        )
        self.assertEqual(
            {
                'subnetpool': {
                    'id': self.id,
                    'project_id': base.PROJECT,
                    'name': 'pool',
                    'description': 'of ours',
                    'ip_version': 4,
                    'prefixes': ['10.1.0.0/16', '10.2.0.0/16'],
                    'default_prefixlen': 24,
                    'min_prefixlen': 8,
                    'max_prefixlen': 32,
                    'default_quota': 512,
                    'address_scope_id': self.scope['id'],
                    'tags': [],
                },
                'rbac': [],
            },
            pool['body'],
        )
        for one in (self.id, self.scope['id'], network['id']):
            self.assertEqual(['RegionOne'], self.presence(one))

    def test_a_port_brings_them_too(self) -> None:
        network = self.pooled()
        port = self.make('port', network_id=network['id'])

        document = self.pulled('port', port['id'])

        self.assertEqual(
            ['address-scope', 'subnet-pool'],
            [one['type'] for one in document['first']],
        )
        self.assertEqual(
            ['network', 'security-group'],
            [one['type'] for one in document['requires']],
        )
        self.assertEqual(['RegionOne'], self.presence(self.scope['id']))

    def test_those_of_a_new_subnet_follow_to_the_regions(self) -> None:
        network = self.make('network')
        self.pulled('network', network['id'])
        self.assertEqual([], self.presence(self.id))

        self.from_pool(network)

        self.assertEqual(['RegionOne'], self.presence(self.id))
        self.assertEqual(['RegionOne'], self.presence(self.scope['id']))

    def test_so_do_those_of_subnets_that_are_put_into_a_pool(self) -> None:
        network = self.make_network('10.7.0.0/24')
        self.pulled('network', network['id'])
        before = self.counter(types.NETWORK, network['id'])

        self.act('onboard_network_subnets', {'network_id': network['id']})

        self.assertEqual(['RegionOne'], self.presence(self.id))
        self.assertLess(before, self.counter(types.NETWORK, network['id']))
        document = self.document(types.NETWORK, network['id'])
        (subnet,) = document.body['subnets']
        self.assertEqual(self.id, subnet['subnetpool_id'])

    def test_so_does_a_scope_that_a_pool_gets(self) -> None:
        self.change(address_scope_id=None)
        self.pulled('subnet-pool', self.id)
        self.assertEqual([], self.presence(self.scope['id']))

        self.change(address_scope_id=self.scope['id'])

        self.assertEqual(['RegionOne'], self.presence(self.scope['id']))
        (scope,) = self.document(types.SUBNET_POOL, self.id).requires
        self.assertEqual(self.scope['id'], scope.id)

    def test_a_pool_without_a_scope_says_none(self) -> None:
        self.change(address_scope_id=None)

        document = self.pulled('subnet-pool', self.id)

        self.assertNotIn('address_scope_id', document['body']['subnetpool'])
        self.assertNotIn('first', document)

    def test_that_it_is_a_default_is_centrals_and_said(self) -> None:
        answer = self.ask(
            'PUT',
            f'/subnetpools/{self.id}',
            {'subnetpool': {'is_default': True}},
            roles=base.ADMIN,
        )
        self.assertEqual(200, answer.status, answer)

        document = self.pulled('subnet-pool', self.id)

        self.assertEqual(['subnetpool.is_default'], document['omitted'])
        self.assertNotIn('is_default', document['body']['subnetpool'])

    def test_a_delegated_prefix_needs_no_pool(self) -> None:
        network = self.make_network()
        self.make(
            'subnet',
            network_id=network['id'],
            ip_version=6,
            subnetpool_id='prefix_delegation',
            ipv6_ra_mode='slaac',
            ipv6_address_mode='slaac',
        )

        document = self.pulled('network', network['id'])

        self.assertEqual(['subnet.prefix_delegation'], document['omitted'])
        self.assertEqual(
            ['10.0.1.0/24'],
            [one['cidr'] for one in document['body']['subnets']],
        )
        self.assertNotIn('first', document)

    def test_a_user_of_a_region_gets_one_by_its_id(self) -> None:
        document = self.pulled('address-scope', self.scope['id'])

        self.assertEqual('space', document['body']['address_scope']['name'])
        self.assertEqual([], self.presence(self.id))

        self.pulled('subnet-pool', self.id)

        self.assertEqual(['RegionOne'], self.presence(self.id))

    def test_where_they_are_is_shown(self) -> None:
        self.pulled('subnet-pool', self.id)
        for path in (
            f'/subnetpools/{self.id}',
            f'/address-scopes/{self.scope["id"]}',
        ):
            answer = self.ask('GET', f'{path}/replicas')
            self.assertEqual(200, answer.status, answer)
            (state,) = answer.body['replicas']
            self.assertEqual('RegionOne', state['region'])

    def test_a_foreign_one_materialises_nothing(self) -> None:
        for kind, one, error in (
            ('subnet-pool', self.id, 'SubnetPoolNotFound'),
            ('address-scope', self.scope['id'], 'AddressScopeNotFound'),
        ):
            answer = self.pull(kind, one, project=OTHER)

            self.assertEqual(404, answer.status)
            self.assertEqual(error, answer.error['type'])
            self.assertEqual([], self.presence(one))

    def test_shared_ones_are_got_by_whom_they_are_shared_with(self) -> None:
        self.share('address_scope', self.scope['id'], OTHER)
        self.share('subnetpool', self.id, OTHER)

        document = self.pulled('subnet-pool', self.id, project=OTHER)

        for one in (document, *document['first']):
            (entry,) = one['body']['rbac']
            self.assertEqual(OTHER, entry['target_tenant'])

    def test_every_change_is_recorded_for_the_regions_that_have_it(
        self,
    ) -> None:
        self.pulled('subnet-pool', self.id)
        tags = f'/subnetpools/{self.id}/tags'

        def tag() -> None:
            answer = self.ask('PUT', tags, {'tags': ['a']}, roles=base.ADMIN)
            self.assertEqual(200, answer.status, answer)

        acts: tuple[Callable[[], None], ...] = (
            lambda: self.act('add_prefixes', {'prefixes': ['10.9.0.0/16']}),
            lambda: self.act('remove_prefixes', {'prefixes': ['10.9.0.0/16']}),
            lambda: self.change(name='other'),
            lambda: self.change(description='other'),
            lambda: self.change(default_quota=7),
            lambda: self.change(default_prefixlen=25, min_prefixlen=20),
            lambda: self.change(address_scope_id=None),
            lambda: self.share('subnetpool', self.id, OTHER),
            tag,
        )
        for act in acts:
            before = self.counter(types.SUBNET_POOL, self.id)
            act()
            self.assertLess(before, self.counter(types.SUBNET_POOL, self.id))
        body = self.document(types.SUBNET_POOL, self.id).body['subnetpool']
        self.assertEqual(
            ('other', 'other', 7, 25, ['a']),
            (
                body['name'],
                body['description'],
                body['default_quota'],
                body['default_prefixlen'],
                body['tags'],
            ),
        )
        self.assertEqual(
            0, self.counter(types.SUBNET_POOL, self.id, 'RegionTwo')
        )

    def test_so_is_every_change_of_a_scope(self) -> None:
        scope_id = self.scope['id']
        self.pulled('address-scope', scope_id)

        def rename() -> None:
            answer = self.ask(
                'PUT',
                f'/address-scopes/{scope_id}',
                {'address_scope': {'name': 'other'}},
            )
            self.assertEqual(200, answer.status, answer)

        for act in (
            rename,
            lambda: self.share('address_scope', scope_id, OTHER),
        ):
            before = self.counter(types.ADDRESS_SCOPE, scope_id)
            act()
            self.assertLess(
                before, self.counter(types.ADDRESS_SCOPE, scope_id)
            )

    def test_a_subnet_taken_from_a_pool_is_no_change_of_it(self) -> None:
        self.pulled('subnet-pool', self.id)
        before = self.counter(types.SUBNET_POOL, self.id)

        self.pooled()

        self.assertEqual(before, self.counter(types.SUBNET_POOL, self.id))

    def test_deletions_are_recorded(self) -> None:
        self.pulled('subnet-pool', self.id)
        for collection, kind, one in (
            ('subnetpools', types.SUBNET_POOL, self.id),
            ('address-scopes', types.ADDRESS_SCOPE, self.scope['id']),
        ):
            before = self.counter(kind, one)
            answer = self.ask('DELETE', f'/{collection}/{one}')
            self.assertEqual(204, answer.status, answer)
            self.assertLess(before, self.counter(kind, one))
            self.assertIsNone(self.document(kind, one))

    def test_a_change_of_what_no_region_has_is_recorded_for_none(
        self,
    ) -> None:
        self.change(name='other', address_scope_id=None)

        self.assertEqual([], self.rows(central_models.JournalEntry))

    def test_ones_that_central_lost_track_of_are_adopted(self) -> None:
        for kind, one in (
            (types.SUBNET_POOL, self.id),
            (types.ADDRESS_SCOPE, self.scope['id']),
        ):
            with base.db_api.CONTEXT_WRITER.using(self.context):
                adoption.adopt(
                    self.context.session, 'RegionOne', kind, {one: 7}
                )
            self.assertEqual(['RegionOne'], self.presence(one))
