# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a process that dies while a gateway changes leaves behind."""

from typing import Any
from unittest import mock

from neutron_lib import constants

from tests.unit.central_presence.routers import RouterTestCase
from tricircle.central import l3_plugin
from tricircle.central import plugin


class Died(BaseException):
    """The process ends here; nothing of it runs any more."""


class TestInterruptedGateways(RouterTestCase):
    def setUp(self):
        super().setUp()
        self.read_router = self.l3_plugin._get_router
        self.external = self.make_external('RegionTwo')
        self.router_id = self.make_router(external=self.external['id'])

    def clear_gateway(self) -> None:
        self.l3_plugin.update_router(
            self.context,
            self.router_id,
            {'router': {'external_gateway_info': {}}},
        )

    def ports(self) -> list[str]:
        return [
            one['id']
            for one in self.plugin.get_ports(
                self.context, {'network_id': [self.external['id']]}
            )
        ]

    def delete_external(self) -> int:
        answer = self.ask(
            'DELETE', f'/networks/{self.external["id"]}', roles=('admin',)
        )
        return int(answer.status)

    def test_a_gateway_port_of_no_router_does_not_keep_its_network(self):
        with (
            mock.patch.object(
                plugin.TricirclePlugin,
                'delete_port',
                autospec=True,
                side_effect=Died,
            ),
            self.assertRaises(Died),
        ):
            self.clear_gateway()
        self.assertEqual(1, len(self.ports()))

        self.assertEqual(204, self.delete_external())

    def test_a_gateway_keeps_its_network(self):
        before = self.ports()

        self.assertEqual(409, self.delete_external())

        self.assertEqual(before, self.ports())

    def set_gateway(self, network_id: str) -> None:
        self.l3_plugin.update_router(
            self.context,
            self.router_id,
            {'router': {'external_gateway_info': {'network_id': network_id}}},
        )

    def gateways(self) -> list[str]:
        """Return the networks that the router has gateway ports on."""
        return [
            one['network_id']
            for one in self.plugin.get_ports(
                self.context,
                {
                    'device_id': [self.router_id],
                    'device_owner': [constants.DEVICE_OWNER_ROUTER_GW],
                },
            )
        ]

    def test_a_gateway_that_was_half_taken_off_keeps_no_other_away(self):
        other = self.make_external('RegionOne')
        with (
            mock.patch.object(
                plugin.TricirclePlugin,
                'delete_port',
                autospec=True,
                side_effect=Died,
            ),
            self.assertRaises(Died),
        ):
            self.set_gateway(other['id'])

        self.set_gateway(other['id'])

        self.assertEqual([other['id']], self.gateways())

    def test_a_gateway_that_was_half_made_is_made_anew(self):
        self.clear_gateway()
        with (
            mock.patch.object(
                l3_plugin.TricircleL3Plugin,
                '_get_router',
                autospec=True,
                side_effect=lambda _plugin, *args: self.router_once_made(
                    *args
                ),
            ),
            self.assertRaises(Died),
        ):
            self.set_gateway(self.external['id'])
        self.assertEqual([self.external['id']], self.gateways())

        self.set_gateway(self.external['id'])

        self.assertEqual([self.external['id']], self.gateways())

    def router_once_made(self, context: Any, router_id: str) -> Any:
        """Read the router, and die as soon as there is a gateway port."""
        if self.ports():
            raise Died
        return self.read_router(context, router_id)
