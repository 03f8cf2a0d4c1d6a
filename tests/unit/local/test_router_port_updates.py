# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Changing a router's port in a region, which only its router does."""

from typing import Any
from unittest import mock

from neutron_lib import constants
from oslo_config import cfg
import sqlalchemy as sa

from tests.unit.local import base
from tricircle.client import central
from tricircle.local.engine import ledger
from tricircle.local.engine import refusals
from tricircle.local.port import update as port_update
from tricircle.replica import types

PORT = {
    'id': 'port',
    'name': '',
    'description': '',
    'admin_state_up': True,
    'mac_address': 'fa:16:3e:00:00:01',
    'fixed_ips': [{'subnet_id': 'subnet', 'ip_address': '10.0.0.1'}],
    'device_id': 'router',
    'device_owner': constants.DEVICE_OWNER_ROUTER_INTF,
    'security_groups': [],
    'allowed_address_pairs': [],
    'port_security_enabled': False,
}
#: What Nova says when it binds a port, at every boot.
BOOT = {
    'device_id': 'instance',
    'device_owner': 'compute:nova',
    'binding:host_id': 'host',
    'binding:profile': {},
}


class CorePlugin:
    """Has one port."""

    def get_port(self, context: Any, port_id: str) -> dict[str, Any]:
        assert port_id == PORT['id']
        return PORT


class RouterPortTest(base.RegionTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.mark(ledger.ROUTER_PORT, 'port', parent_id='router')
        self.client = mock.create_autospec(central.CentralClient)
        self.updates = port_update.PortUpdates(cfg.CONF, self.client)

    def settle(self, port_id: str = 'port', **attributes: Any) -> Any:
        return self.updates.settle(
            self.context, port_id, attributes, CorePlugin()
        )

    def test_what_the_router_decides_is_refused(self) -> None:
        for change in (
            {'name': 'mine'},
            {'description': 'mine'},
            {'admin_state_up': False},
            {'mac_address': 'fa:16:3e:00:00:02'},
            {'fixed_ips': []},
            {'fixed_ips': [{'ip_address': '10.0.0.2'}]},
            {'fixed_ips': [{'subnet_id': 'subnet'}]},
            {'device_id': ''},
            {'device_owner': ''},
            {'security_groups': ['group']},
            {'allowed_address_pairs': [{'ip_address': '10.0.0.9'}]},
            {'port_security_enabled': True},
        ):
            self.assertRaises(refusals.BelongsToCentral, self.settle, **change)
        # Central has no say in it either: the router is to be changed.
        self.assertEqual([], self.client.mock_calls)

    def test_saying_what_it_has_already_changes_nothing(self) -> None:
        same = {key: value for key, value in PORT.items() if key != 'id'}

        self.assertEqual(same, self.settle(**same))

    def test_where_it_is_bound_is_the_regions_business(self) -> None:
        binding = {'binding:host_id': 'host'}

        self.assertEqual(binding, self.settle(**binding))

    def test_it_stays_a_routers_port_after_it_was_asked_for_by_id(
        self,
    ) -> None:
        self.mark(types.PORT, 'port')

        self.assertRaises(refusals.BelongsToCentral, self.settle, name='mine')

    def test_a_port_of_the_regions_own_is_left_alone(self) -> None:
        change = {'name': 'mine', 'device_id': ''}

        self.assertEqual(change, self.settle('own', **change))

    def test_a_boot_costs_no_query_here(self) -> None:
        sent: list[str] = []

        def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
            sent.append(statement)

        engine = self.context.session.get_bind()
        sa.event.listen(engine, 'before_cursor_execute', note)
        self.addCleanup(sa.event.remove, engine, 'before_cursor_execute', note)

        self.assertEqual(BOOT, self.settle(**BOOT))

        self.assertEqual([], sent)
        # The count counts: another request does send one.
        self.settle('own', name='mine')
        self.assertNotEqual([], sent)
