# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a region is answered of a network that is changed meanwhile.

Neutron deletes a network step by step: its DHCP ports go first, each in a
transaction of its own, and a region that asks then has them reserved again.
"""

from typing import Any
from unittest import mock

from neutron_lib import constants
from neutron_lib import exceptions as n_exc

from tests.unit.central import base
from tricircle.central.engine import documents
from tricircle.central.held import ownership
from tricircle.central.network import presence as network_presence
from tricircle.replica import types


class AnswersTest(base.CentralTestCase):
    def setUp(self) -> None:
        super().setUp()
        with self.subnet() as subnet:
            self.network_id = subnet['subnet']['network_id']
        network_presence.grant(self.network_id, 'RegionOne')
        self.all = len(self.reserved())

    def reserved(self) -> list[str]:
        return [
            port['id']
            for port in self.plugin.get_ports(
                self.context,
                {
                    'network_id': [self.network_id],
                    'device_owner': [constants.DEVICE_OWNER_DHCP],
                },
            )
        ]

    def answered_while_ports_go(self, times: int) -> Any:
        """Ask while somebody deletes reserved ports, as often as that."""
        read = documents._read
        self.looks = 0

        def read_late(*args: Any) -> Any:
            self.looks += 1
            if self.looks <= times:
                for port_id in self.reserved():
                    with ownership.acting():
                        self.plugin.delete_port(self.context, port_id)
            return read(*args)

        with mock.patch.object(documents, '_read', read_late):
            return documents.answer(
                types.NETWORK, self.network_id, 'RegionOne'
            )

    def test_what_went_once_is_reserved_again(self) -> None:
        self.answered_while_ports_go(1)

        self.assertEqual(self.all, len(self.reserved()))

    def test_what_goes_again_is_reserved_again(self) -> None:
        self.answered_while_ports_go(2)

        self.assertEqual(self.all, len(self.reserved()))

    def test_one_that_does_not_stand_still_is_a_conflict(self) -> None:
        # 409, which a region tells its user; not a failure of central's.
        refused = self.assertRaises(
            n_exc.Conflict, self.answered_while_ports_go, 99
        )

        self.assertIn(self.network_id, str(refused))
        self.assertIn('RegionOne', str(refused))
        self.assertLess(self.looks, 10)
