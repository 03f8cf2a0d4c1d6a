# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Ports that central has forgotten: nobody else gets their addresses."""

from typing import Any
import uuid

from tests.unit.central_presence import base
from tests.unit.central_presence import test_held_addresses
from tricircle.db import session as sessions
from tricircle.db.central import models as central_models
from tricircle.drift import comparing
from tricircle.drift import recording
from tricircle.replica import types

FIXED = test_held_addresses.FIXED
MAC = 'fa:16:3e:00:00:77'


class TestForgottenPorts(test_held_addresses.HeldTestCase):
    """A region has a port of which central, restored, knows nothing."""

    def setUp(self) -> None:
        super().setUp()
        sessions.use(base.db_api.get_context_manager())
        self.pulled(types.NETWORK, self.network['id'])
        self.port_id = str(uuid.uuid4())

    def body(self, **changes: Any) -> dict[str, Any]:
        return {
            'port': {
                'id': self.port_id,
                'network_id': self.network['id'],
                'mac_address': MAC,
                'fixed_ips': self.fixed_ips(FIXED),
                **changes,
            }
        }

    def find(self, body: Any, region: str = 'RegionOne') -> None:
        """Have a sweep find it."""
        recording.record(
            region,
            comparing.Window(
                types.PORT,
                1,
                {self.port_id: comparing.Difference.UNKNOWN},
                {self.port_id: 3},
                (),
                bodies={self.port_id: body},
            ),
        )

    def held(self) -> list[Any]:
        found: list[Any] = self.rows(central_models.HeldAddress)
        return found

    def test_its_address_is_given_to_nobody_who_asks_for_it(self):
        self.find(self.body())
        self.assert_held(self.ask_for(), 'RegionOne')

    def test_its_address_is_given_to_nobody_by_chance(self):
        network = self.make_network('10.0.9.0/29')
        self.pulled(types.NETWORK, network['id'])
        self.find(
            self.body(
                network_id=network['id'],
                fixed_ips=self.fixed_ips('10.0.9.3'),
            )
        )
        given = set()
        while True:
            answer = self.allocate(network['id'], 'RegionTwo')
            if answer.status != 201:
                break
            (one,) = answer.body['port']['fixed_ips']
            given.add(one['ip_address'])
        self.assertNotEqual(set(), given)
        self.assertNotIn('10.0.9.3', given)

    def test_its_address_is_free_when_it_is_gone_there(self):
        self.find(self.body())
        self.assert_held(self.ask_for())
        self.region_removed(types.PORT, self.port_id)
        self.assert_free(self.ask_for())
        self.assertEqual([], self.held())

    def test_its_address_is_free_when_it_went_before_anybody_asked(self):
        self.find(self.body())
        self.region_removed(types.PORT, self.port_id)
        self.assert_free(self.ask_for())

    def test_its_mac_address_is_given_to_nobody(self):
        self.find(self.body(fixed_ips=[]))
        answer = self.ask_for('10.0.1.99', mac_address=MAC)
        self.assertEqual(409, answer.status, answer)

    def test_a_subnet_that_comes_later_holds_its_address(self):
        self.find(self.body(fixed_ips=self.fixed_ips('10.0.2.77')))
        self.make_subnet(self.network, '10.0.2.0/24')
        self.assert_held(self.ask_for('10.0.2.77'))

    def test_who_has_the_address_already_keeps_it(self):
        has = self.ask_for().body['port']
        self.find(self.body())
        self.assert_free(self.ask_for('10.0.1.99'))
        self.assertEqual(FIXED, has['fixed_ips'][0]['ip_address'])
        self.assert_free(self.ask_for('10.0.1.98'))

    def test_what_had_the_address_meanwhile_leaves_it_held(self):
        has = self.ask_for().body['port']
        self.find(self.body())
        self.delete('port', has['id'])
        # Whoever asks next finds that nobody has it but the forgotten port.
        self.assert_free(self.ask_for('10.0.1.99'))
        self.assert_held(self.ask_for())

    def test_of_a_port_that_central_has_nothing_is_held_for_this(self):
        port = self.ask_for().body['port']
        self.port_id = port['id']
        self.find(self.body(fixed_ips=self.fixed_ips('10.0.1.99')))
        self.assertEqual([], self.held())

    def test_a_region_holds_nothing_on_a_network_that_it_has_not(self):
        self.find(self.body(), 'RegionTwo')
        self.assertEqual([], self.held())
        self.assert_free(self.ask_for())

    def test_it_is_held_once_however_often_it_is_found(self):
        self.find(self.body())
        self.find(self.body())
        self.assertEqual(1, len(self.held()))

    def test_lies_hold_nothing(self):
        for body in (
            None,
            [],
            {},
            {'port': None},
            {'port': [1]},
            self.body(id=5),
            self.body(id='../x'),
            self.body(network_id=None),
            self.body(network_id='\0'),
            self.body(mac_address=7),
            self.body(mac_address='g'),
        ):
            self.find(body)
            self.assertEqual([], self.held(), body)

    def test_of_lies_about_addresses_the_mac_address_is_left(self):
        for fixed_ips in (
            None,
            'x',
            [None],
            [{'ip_address': None}],
            [{'ip_address': '1'}],
            [{'ip_address': 'x' * 1000}],
        ):
            self.find(self.body(fixed_ips=fixed_ips))
            self.assertEqual(
                [('', MAC)],
                [(one.ip_address, one.mac_address) for one in self.held()],
                fixed_ips,
            )
