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

from unittest import mock

from tests.unit.central_presence.routers import RouterTestCase
from tricircle.central import plugin


class Died(BaseException):
    """The process ends here; nothing of it runs any more."""


class TestInterruptedGateways(RouterTestCase):
    def setUp(self):
        super().setUp()
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
