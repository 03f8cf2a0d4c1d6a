# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What DHCP agents are told of, and what is of no use to them."""

from typing import Any
from unittest import mock

from neutron.api.rpc.agentnotifiers import dhcp_rpc_agent_api
from neutron_lib import constants
from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources

from tests.unit.local import base
from tricircle.local.engine.owner import actor
from tricircle.local.router.notice import dhcp_agents
from tricircle.local.router.port import interfaces as router_interfaces
from tricircle.replica import types

BRIDGE, OWN = 'bridge', 'own'


class TestNotifier(base.RegionTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.told: list[tuple[str, str]] = []
        for name, stub in (
            ('__init__', lambda notifier: None),
            ('_notify_agents', self._notify_agents),
        ):
            patch = mock.patch.object(
                dhcp_rpc_agent_api.DhcpAgentNotifyAPI, name, stub
            )
            patch.start()
            self.addCleanup(patch.stop)
        self.notifier = dhcp_agents.Notifier()
        self.mark(types.NETWORK, BRIDGE, project_id='')
        self.mark(types.NETWORK, OWN, project_id='p')

    def _notify_agents(
        self,
        context: Any,
        method: str,
        payload: Any,
        network_id: str,
        network: Any = None,
    ) -> None:
        self.told.append((method, network_id))

    def tell(
        self, method: str, network_id: str, project_id: str
    ) -> list[tuple[str, str]]:
        """Tell of something new or gone, and return what went out."""
        what = method.split('_')[0]
        self.notifier._notify_agents(
            self.context,
            method,
            {what: {'project_id': project_id}},
            network_id,
        )
        return self.told

    def test_a_network_between_routers_gets_no_agent(self) -> None:
        with actor.applying():
            for method in ('subnet_create_end', 'port_create_end'):
                self.assertEqual([], self.tell(method, BRIDGE, ''))

    def test_of_others_agents_are_told(self) -> None:
        with actor.applying():
            # A shadow port, and an instance's.
            for project_id in ('', 'p'):
                self.tell('port_create_end', OWN, project_id)

        self.assertEqual([('port_create_end', OWN)] * 2, self.told)

    def test_what_is_no_document_s_is_told_of(self) -> None:
        told = self.tell('port_create_end', BRIDGE, '')

        self.assertEqual([('port_create_end', BRIDGE)], told)

    def test_what_goes_is_told_of_to_who_has_it(self) -> None:
        with actor.applying():
            told = self.tell('port_delete_end', BRIDGE, '')

        self.assertEqual([('port_delete_end', BRIDGE)], told)

    def attached(self) -> None:
        self.notifier._after_router_interface_created(
            resources.ROUTER_INTERFACE,
            events.AFTER_CREATE,
            None,
            events.DBEventPayload(
                self.context,
                metadata={'port': {'project_id': 'p', 'network_id': OWN}},
            ),
        )

    def test_a_document_s_interface_was_told_of_as_a_port(self) -> None:
        router = {'distributed': False, 'ha': False}
        with router_interfaces._adding(router, {'port_id': 'x'}):
            self.attached()
        self.assertEqual([], self.told)

        self.attached()

        self.assertEqual([('port_create_end', OWN)], self.told)


class TestUse(base.RegionTestCase):
    def setUp(self) -> None:
        super().setUp()
        patch = mock.patch.object(
            dhcp_rpc_agent_api.n_rpc, 'get_client', autospec=True
        )
        patch.start()
        self.addCleanup(patch.stop)

    def test_the_stock_notifier_is_replaced_and_hears_nothing(self) -> None:
        stock = dhcp_rpc_agent_api.DhcpAgentNotifyAPI()
        notifiers = {constants.AGENT_TYPE_DHCP: stock}

        dhcp_agents.use(notifiers)

        ours = notifiers[constants.AGENT_TYPE_DHCP]
        self.assertIsInstance(ours, dhcp_agents.Notifier)
        with (
            mock.patch.object(ours, '_notify_agents', autospec=True) as told,
            mock.patch.object(stock, '_notify_agents', autospec=True) as old,
        ):
            registry.publish(
                resources.ROUTER_INTERFACE,
                events.AFTER_CREATE,
                self,
                payload=events.DBEventPayload(
                    self.context,
                    metadata={'port': {'network_id': OWN}},
                ),
            )
        told.assert_called_once()
        old.assert_not_called()

    def test_what_somebody_else_put_there_stays(self) -> None:
        for other in (None, object()):
            notifiers = {constants.AGENT_TYPE_DHCP: other}

            dhcp_agents.use(notifiers)

            self.assertIs(other, notifiers[constants.AGENT_TYPE_DHCP])
