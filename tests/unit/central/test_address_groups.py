# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A change of several addresses is made as a whole, or not at all."""

from unittest import mock

from neutron.db import address_group_db

from tests.unit.central import base

HERE = '192.0.2.1/32'
NEW = ('192.0.2.0/32', '192.0.2.2/32')


class AddressGroupsTest(base.CentralTestCase):
    def _change(self, group_id, verb, addresses, expected=200):
        return self.request(
            'PUT',
            f'address-groups/{group_id}/{verb}',
            {'addresses': list(addresses)},
            expected,
        )

    def _made(self):
        body = {'address_group': {'name': 'ag', 'addresses': [HERE]}}
        made = self.request('POST', 'address-groups', body, 201)
        return made['address_group']['id']

    def _addresses(self, group_id):
        shown = self.request('GET', f'address-groups/{group_id}')
        return shown['address_group']['addresses']

    def test_of_those_that_another_request_was_faster_with_none_is_added(self):
        group_id = self._made()
        seen = (
            address_group_db.AddressGroupDbMixin._process_requested_addresses
        )
        late = iter([([], [NEW[0], HERE, NEW[1]])])

        # The other request commits after this one has read.
        with mock.patch.object(
            address_group_db.AddressGroupDbMixin,
            '_process_requested_addresses',
            lambda *what: next(late, None) or seen(*what),
        ):
            answer = self._change(
                group_id, 'add_addresses', [*NEW, HERE], expected=400
            )

        self.assertEqual(
            'AddressesAlreadyExist', answer['NeutronError']['type']
        )
        self.assertEqual([HERE], self._addresses(group_id))

    def test_several_are_added_and_removed(self):
        group_id = self._made()

        self._change(group_id, 'add_addresses', NEW)
        self._change(group_id, 'remove_addresses', [NEW[0], HERE])

        self.assertEqual([NEW[1]], self._addresses(group_id))
