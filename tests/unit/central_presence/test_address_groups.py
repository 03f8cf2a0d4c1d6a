# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Address groups: which regions get them, and what they hear."""

from typing import Any

from tests.unit.central_presence import base
from tricircle.db.central import models as central_models
from tricircle.db.central import presence as presence_db
from tricircle.drift import adoption
from tricircle.replica import types

OTHER = '0123456789abcdef0123456789abcdef'


class TestAddressGroups(base.PresenceTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.addresses = self.make(
            'address_group',
            name='offices',
            description='of ours',
            addresses=['10.1.0.0/16', '10.0.0.1/32', '2001:db8::/32'],
        )
        self.id = self.addresses['id']

    def name_in_rule(self, group: dict[str, Any], address_group: str) -> str:
        rule = self.make(
            'security_group_rule',
            security_group_id=group['id'],
            direction='ingress',
            ethertype='IPv4',
            remote_address_group_id=address_group,
        )
        return str(rule['id'])

    def counter(self, resource_id: str, region: str = 'RegionOne') -> int:
        """Return how many changes a region was to hear of."""
        found = self.rows(
            central_models.JournalEntry,
            resource_type=types.ADDRESS_GROUP,
            resource_id=resource_id,
            region_name=region,
        )
        return int(found[0].counter) if found else 0

    def change(self, verb: str, *addresses: str) -> None:
        answer = self.ask(
            'PUT',
            f'/address-groups/{self.id}/{verb}',
            {'addresses': list(addresses)},
        )
        self.assertEqual(200, answer.status, answer)

    def share(self, project: str) -> None:
        entry = {
            'object_type': 'address_group',
            'object_id': self.id,
            'target_tenant': project,
            'action': 'access_as_shared',
        }
        answer = self.ask('POST', '/rbac-policies', {'rbac_policy': entry})
        self.assertEqual(201, answer.status, answer)

    def test_a_group_brings_the_address_groups_of_its_rules_first(self):
        group, remote = (
            self.make('security_group', name=name) for name in 'ab'
        )
        self.make(
            'security_group_rule',
            security_group_id=group['id'],
            direction='ingress',
            ethertype='IPv4',
            remote_group_id=remote['id'],
        )
        rule = self.name_in_rule(remote, self.id)

        document = self.pulled('security-group', group['id'])

        addresses, named = document['requires']
        self.assertEqual(
            {
                'address_group': {
                    'id': self.id,
                    'project_id': base.PROJECT,
                    'name': 'offices',
                    'description': 'of ours',
                    'addresses': [
                        '10.0.0.1/32',
                        '10.1.0.0/16',
                        '2001:db8::/32',
                    ],
                },
                'rbac': [],
            },
            addresses['body'],
        )
        self.assertEqual(remote['id'], named['id'])
        self.assertEqual(
            {rule: self.id},
            {
                one['id']: one['remote_address_group_id']
                for one in named['body']['rules']
                if 'remote_address_group_id' in one
            },
        )
        self.assertEqual([], named['omitted'])
        self.assertEqual(['RegionOne'], self.presence(self.id))

    def test_a_port_brings_them_too(self):
        network = self.make_network()
        port = self.make('port', network_id=network['id'])
        (group_id,) = port['security_groups']
        self.name_in_rule({'id': group_id}, self.id)

        document = self.pulled('port', port['id'])

        self.assertEqual(
            ['network', 'address-group', 'security-group'],
            [one['type'] for one in document['requires']],
        )
        self.assertEqual(['RegionOne'], self.presence(self.id))

    def test_that_of_a_new_rule_follows_to_the_regions(self):
        group = self.make('security_group', name='a')
        self.pulled('security-group', group['id'])
        self.assertEqual([], self.presence(self.id))

        self.name_in_rule(group, self.id)

        self.assertEqual(['RegionOne'], self.presence(self.id))
        self.assertEqual(1, self.counter(self.id))

    def test_a_user_of_a_region_gets_one_by_its_id(self):
        document = self.pulled('address-group', self.id)

        self.assertEqual('offices', document['body']['address_group']['name'])
        self.assertEqual(['RegionOne'], self.presence(self.id))

    def test_a_foreign_one_materialises_nothing(self):
        answer = self.pull('address-group', self.id, project=OTHER)

        self.assertEqual(404, answer.status)
        self.assertEqual('AddressGroupNotFound', answer.error['type'])
        self.assertEqual([], self.presence(self.id))

    def test_a_shared_one_is_got_by_whom_it_is_shared_with(self):
        self.share(OTHER)

        document = self.pulled('address-group', self.id, project=OTHER)

        (entry,) = document['body']['rbac']
        self.assertEqual(OTHER, entry['target_tenant'])

    def test_every_change_is_recorded_for_the_regions_that_have_it(self):
        self.pulled('address-group', self.id)
        path = f'/address-groups/{self.id}'

        def put(**changes: str) -> None:
            answer = self.ask('PUT', path, {'address_group': changes})
            self.assertEqual(200, answer.status, answer)

        for act in (
            lambda: self.change('add_addresses', '10.9.0.0/16'),
            lambda: self.change('remove_addresses', '10.1.0.0/16'),
            lambda: put(name='other'),
            lambda: put(description='other'),
            lambda: self.share(OTHER),
        ):
            before = self.counter(self.id)
            act()
            self.assertLess(before, self.counter(self.id))
        body = self.document(types.ADDRESS_GROUP, self.id).body
        self.assertEqual(
            ['10.0.0.1/32', '10.9.0.0/16', '2001:db8::/32'],
            body['address_group']['addresses'],
        )
        self.assertEqual(0, self.counter(self.id, 'RegionTwo'))

    def test_a_deletion_is_recorded(self):
        self.pulled('address-group', self.id)
        before = self.counter(self.id)

        answer = self.ask('DELETE', f'/address-groups/{self.id}')

        self.assertEqual(204, answer.status, answer)
        self.assertLess(before, self.counter(self.id))
        self.assertIsNone(self.document(types.ADDRESS_GROUP, self.id))

    def test_a_change_of_what_no_region_has_is_recorded_for_none(self):
        self.change('add_addresses', '10.9.0.0/16')

        self.assertEqual([], self.rows(central_models.JournalEntry))

    def test_one_that_central_lost_track_of_is_adopted(self):
        with base.db_api.CONTEXT_WRITER.using(self.context):
            adoption.adopt(
                self.context.session,
                'RegionOne',
                types.ADDRESS_GROUP,
                {self.id: 7},
            )

        self.assertEqual(['RegionOne'], self.presence(self.id))
        with base.db_api.CONTEXT_READER.using(self.context):
            self.assertEqual(
                ['RegionOne'],
                presence_db.regions_of(
                    self.context.session, types.ADDRESS_GROUP, self.id
                ),
            )
