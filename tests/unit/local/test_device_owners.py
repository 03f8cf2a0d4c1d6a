# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Whose a port is in a region the ledger says, and no attribute of it."""

from typing import Any
import uuid

from neutron.db import models_v2
from neutron_lib import context as neutron_context
from neutron_lib import exceptions
from neutron_lib.db import api as db_api
import sqlalchemy as sa

from tests.unit.local import documents
from tests.unit.local import plugin_base
from tricircle.local.asking import known
from tricircle.local.network import dhcp_ports
from tricircle.local.router.port import gateway as router_gateway
from tricircle.replica import held_ports
from tricircle.replica import types


class DeviceOwnersTestCase(plugin_base.PluginTestCase):
    """Ports that say of themselves what they are not."""

    def setUp(self) -> None:
        super().setUp()
        self.tenant = neutron_context.Context(
            user_id='t',
            project_id=self._project_id,
            roles=['member', 'reader'],
        )

    def own_network(self) -> str:
        """Make a network of the region's own; return its ID."""
        return str(
            self._make_network(
                self.fmt,
                'own',
                True,
                project_id=self._project_id,
                as_admin=True,
            )['network']['id']
        )

    def own_port(self, network_id: str, **said: Any) -> str:
        """Make a port of the tenant's; return its ID."""
        made = self._make_port(
            self.fmt,
            network_id,
            project_id=self._project_id,
            as_admin=True,
            arg_list=tuple(said),
            **said,
        )
        return str(made['port']['id'])

    def say(self, port_id: str, **values: str) -> None:
        """Write attributes of a port by hand."""
        with db_api.CONTEXT_WRITER.using(self.context):
            self.context.session.execute(
                sa.update(models_v2.Port)
                .where(models_v2.Port.id == port_id)
                .values(**values)
            )

    def listed(self, context: Any, network_id: str) -> set[str]:
        """Return the ports of a network that somebody sees."""
        return {
            port['id']
            for port in self.plugin.get_ports(
                context, {'network_id': [network_id]}
            )
        }


class TestShadows(DeviceOwnersTestCase):
    """Shadow ports, and what calls itself so."""

    def with_shadow(self) -> tuple[str, str]:
        """Return network and shadow port."""
        network = documents.network(project_id=self._project_id)
        group = documents.group(project_id=self._project_id)
        shadows = documents.shadows(network, group)
        self.apply(network, group, shadows)
        return network.id, str(shadows.body['ports'][0]['id'])

    def test_a_port_of_the_regions_own_is_no_shadow(self) -> None:
        network_id = self.own_network()
        port_id = self.own_port(
            network_id, device_owner=types.SHADOW_DEVICE_OWNER
        )

        self.assertEqual({port_id}, self.listed(self.tenant, network_id))
        self.assertEqual([], known.unknown(types.PORT, [port_id]))

    def test_a_shadow_is_hidden_whatever_its_owner_is(self) -> None:
        network_id, port_id = self.with_shadow()
        self.say(port_id, device_owner='compute:nova')

        self.assertNotIn(port_id, self.listed(self.tenant, network_id))
        self.assertIn(port_id, self.listed(self.context, network_id))
        self.assertEqual([port_id], known.unknown(types.PORT, [port_id]))
        with self.assertRaises(exceptions.PortNotFound):
            self.plugin.get_port(self.tenant, port_id)

    def test_a_shadow_whose_owner_was_changed_by_hand_goes(self) -> None:
        network = documents.network()
        group = documents.group()
        shadows = documents.shadows(network, group)
        self.apply(network, group, shadows)
        (port,) = shadows.body['ports']
        self.say(port['id'], device_owner='')

        self.apply(
            documents.later(shadows, {'ports': [{**port, 'name': 'renamed'}]})
        )
        self.apply(documents.later(shadows, {'ports': [], 'agents': []}))

        self.assertNotIn(port['id'], self.listed(self.context, network.id))

    def test_a_port_that_came_where_its_shadow_is_is_none(self) -> None:
        network = documents.network(project_id=self._project_id)
        group = documents.group(project_id=self._project_id)
        shadows = documents.shadows(network, group)
        (shadow,) = shadows.body['ports']
        port = documents.port(
            network,
            group,
            project_id=self._project_id,
            fixed_ips=shadow['fixed_ips'],
            mac_address=shadow['mac_address'],
            id=shadow['id'],
        )
        self.apply(network, group, shadows, port)

        self.assertIn(shadow['id'], self.listed(self.tenant, network.id))
        self.assertEqual([], known.unknown(types.PORT, [shadow['id']]))


class TestPortsOfAgents(DeviceOwnersTestCase):
    """What is reserved for agents, and what calls itself so."""

    def test_only_what_central_reserved_is_given_to_a_dhcp_agent(
        self,
    ) -> None:
        network_id = self.own_network()
        self.own_port(network_id, device_id=held_ports.RESERVED_DHCP_DEVICE_ID)

        self.assertIsNone(
            dhcp_ports.claim(self.context, network_id, 'dhcp-here')
        )

    def test_what_central_reserved_is_given_to_a_dhcp_agent(self) -> None:
        network = documents.network()
        self.apply(network)

        self.assertEqual(
            network.body['dhcp_ports'][0]['id'],
            dhcp_ports.claim(self.context, network.id, 'dhcp-here'),
        )


class TestPortsOfRouters(DeviceOwnersTestCase):
    """Ports that name a router."""

    def test_a_port_that_names_a_router_as_its_gateway_stays(self) -> None:
        network_id = self.own_network()
        router_id = str(uuid.uuid4())
        port_id = self.own_port(network_id)
        self.say(
            port_id,
            device_owner='network:router_gateway',
            device_id=router_id,
        )

        router_gateway.remove_strays(self.context, router_id, None)

        self.assertIn(port_id, self.listed(self.context, network_id))
