# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a tenant says of a port's device, and only central may mean."""

from tests.unit.central_presence import base
from tricircle.db import device_owners
from tricircle.replica import held_ports

#: Owners of ports that Neutron makes for itself.
_OWN = sorted(device_owners.MADE_BY_NEUTRON)
_FOR_NOBODY = (
    {'device_owner': 'compute:shadow'},
    *({'device_id': one} for one in sorted(held_ports.DEVICE_IDS)),
)


class TestDevicesOfTenants(base.PresenceTestCase):
    def setUp(self):
        super().setUp()
        self.network = self.make_network()

    def post(self, roles, bulk=False, **attributes):
        body = {'network_id': self.network['id'], **attributes}
        return self.ask(
            'POST',
            '/ports',
            {'ports': [body]} if bulk else {'port': body},
            roles=roles,
        )

    def put(self, port, roles, **attributes):
        return self.ask(
            'PUT', f'/ports/{port["id"]}', {'port': attributes}, roles=roles
        )

    def ports(self):
        answer = self.ask('GET', '/ports')
        return answer.body['ports']

    def assertForbidden(self, answer):
        self.assertEqual(403, answer.status, answer)
        self.assertEqual('ReservedDevice', answer.error['type'])

    def test_ports_of_neutrons_own_are_made_by_no_member(self):
        for owner in _OWN:
            for bulk in (False, True):
                self.assertForbidden(
                    self.post(base.MEMBER, bulk, device_owner=owner)
                )
        self.assertEqual([], self.ports())

    def test_what_is_tricircles_is_said_by_nobody(self):
        for attributes in _FOR_NOBODY:
            for roles in (base.MEMBER, base.ADMIN):
                for bulk in (False, True):
                    self.assertForbidden(self.post(roles, bulk, **attributes))
        self.assertEqual([], self.ports())

    def test_no_port_becomes_what_it_may_not_be_made_as(self):
        port = self.make('port', network_id=self.network['id'])
        for owner in _OWN:
            self.assertForbidden(
                self.put(port, base.MEMBER, device_owner=owner)
            )
        for attributes in _FOR_NOBODY:
            for roles in (base.MEMBER, base.ADMIN):
                self.assertForbidden(self.put(port, roles, **attributes))
        (found,) = self.ports()
        self.assertEqual(('', ''), (found['device_owner'], found['device_id']))

    def test_region_gets_no_such_port_for_its_user(self):
        for attributes in ({'device_owner': _OWN[0]}, *_FOR_NOBODY):
            self.assertForbidden(
                self.allocate(self.network['id'], **attributes)
            )

    def test_administrators_make_ports_of_neutrons_own(self):
        answer = self.post(
            base.ADMIN, device_owner='network:dhcp', device_id='agent'
        )
        self.assertEqual(201, answer.status, answer)

    def test_repeating_what_a_port_is_changes_nothing(self):
        answer = self.post(
            base.ADMIN, device_owner='network:dhcp', device_id='agent'
        )
        port = answer.body['port']
        changed = self.put(
            port, base.MEMBER, device_owner='network:dhcp', name='named'
        )
        self.assertEqual(200, changed.status, changed)

    def test_members_attach_networks_to_routers(self):
        router = self.make('router')
        for body in (
            {'subnet_id': self.network_subnet()},
            {'port_id': self.other_port()},
        ):
            answer = self.ask(
                'PUT', f'/routers/{router["id"]}/add_router_interface', body
            )
            self.assertEqual(200, answer.status, answer)

    def network_subnet(self):
        answer = self.ask('GET', f'/networks/{self.network["id"]}')
        (subnet_id,) = answer.body['network']['subnets']
        return subnet_id

    def other_port(self):
        network = self.make_network('10.0.7.0/24')
        return self.make('port', network_id=network['id'])['id']
