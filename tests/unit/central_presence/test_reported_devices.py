# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a region says of a port's device, and is not the region's to say."""

import uuid

from tests.unit.central_presence import base
from tests.unit.central_presence.test_devices import _OWN
from tricircle.replica import held_ports
from tricircle.replica import types


class TestReportedDevices(base.PresenceTestCase):
    def setUp(self):
        super().setUp()
        self.network = self.make_network()
        self.port = self.allocated(self.network['id'])

    def shown(self):
        return self.plugin.get_port(self.context, self.port['id'])

    def test_no_region_makes_a_port_one_of_neutrons_or_tricircles_own(self):
        before = self.shown()
        for owner in (*_OWN, types.SHADOW_DEVICE_OWNER):
            answer = self.report(
                self.port['id'],
                device_owner=owner,
                device_id=str(uuid.uuid4()),
                revision=9999,
            )
            self.assertIn(
                (answer.status, answer.error['type']),
                [(403, 'ReservedDevice'), (404, 'PortNotFound')],
                owner,
            )
        for device_id in held_ports.DEVICE_IDS:
            answer = self.report(
                self.port['id'], device_id=device_id, revision=9999
            )
            self.assertEqual(403, answer.status, answer)
            self.assertEqual('ReservedDevice', answer.error['type'])
        self.assertEqual(before, self.shown())
        # The true one is not kept out.
        self.assertEqual(200, self.report(self.port['id']).status)
        self.assertEqual('vm-1', self.shown()['device_id'])

    def test_no_region_puts_a_port_on_a_strangers_router(self):
        router = self.make('router', 'p2', name='r')
        self.report(
            self.port['id'],
            device_owner='network:router_centralized_snat',
            device_id=router['id'],
        )
        self.assertNotEqual(router['id'], self.shown()['device_id'])

    def test_no_region_deletes_a_port_that_it_has_not(self):
        unused = self.make('port', network_id=self.network['id'])
        for port, region in (
            (unused, 'RegionOne'),
            (unused, 'RegionTwo'),
            (self.port, 'RegionTwo'),
        ):
            answer = self.ask(
                'DELETE',
                f'/ports/{port["id"]}/replicas/{region}',
                project='service',
                roles=base.SERVICE,
            )
            self.assertEqual(204, answer.status, answer)
            self.plugin.get_port(self.context, port['id'])

    def call_it(self, owner):
        """Have a port be Neutron's own; by no request that names ports."""
        self.plugin.update_port(
            self.context, self.port['id'], {'port': {'device_owner': owner}}
        )

    def test_an_administrator_calls_a_port_that_a_region_has_nothing(self):
        self.report(self.port['id'])
        answer = self.ask(
            'PUT',
            f'/ports/{self.port["id"]}',
            {'port': {'device_owner': 'network:router_interface'}},
            roles=base.ADMIN,
        )
        self.assertEqual(409, answer.status, answer)
        self.assertEqual('DeviceOfRegion', answer.body['NeutronError']['type'])

    def test_a_port_that_an_administrator_called_a_routers_is_deleted(self):
        self.report(self.port['id'])
        self.forget_intents()
        self.call_it('network:router_interface')
        self.forget_intents()
        answer = self.ask(
            'DELETE', f'/ports/{self.port["id"]}', roles=base.ADMIN
        )
        self.assertEqual(204, answer.status, answer)
        self.assertIn(
            (types.PORT, self.port['id'], 'RegionOne'), self.intents()
        )

    def test_a_port_that_an_administrator_called_neutrons_is_pulled(self):
        self.report(self.port['id'])
        for owner in ('network:dhcp', 'network:whatever'):
            self.call_it(owner)
            self.pulled('port', self.port['id'])
            self.assertEqual(
                409,
                self.pull('port', self.port['id'], 'RegionTwo').status,
            )
