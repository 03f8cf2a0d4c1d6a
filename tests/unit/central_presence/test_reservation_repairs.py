# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Reserved ports that somebody broke in the database."""

from typing import Any

import sqlalchemy as sa

from tests.unit.central_presence import base
from tests.unit.central_presence.router_plans import PlanningTestCase
from tricircle.db.central import models as central_models
from tricircle.db.central import neutron_tables as tables
from tricircle.replica.held_ports import HeldPort


class _BrokenTestCase(PlanningTestCase):
    def execute(self, statement: Any) -> None:
        with base.db_api.CONTEXT_WRITER.using(self.context):
            self.context.session.execute(statement)

    def lose_port(self, port_id: str) -> None:
        """Remove a port as SQL does; what IPAM gave out stays so."""
        self.execute(
            sa.delete(tables.ports).where(tables.ports.c.id == port_id)
        )

    def free(self, address: str) -> None:
        """Have IPAM give an address to whoever comes next."""
        table = tables.ipam_allocations
        self.execute(sa.delete(table).where(table.c.ip_address == address))

    def forget_row(self, port_id: str) -> None:
        row = central_models.ReservedPort
        self.execute(sa.delete(row).where(row.port_id == port_id))

    def shown(self, port_id: str) -> dict[str, Any]:
        """Return what a region gets of a reserved port, and its kind."""
        port = self.plugin.get_port(self.context, port_id)
        return {
            'mac': port['mac_address'],
            'ips': [one['ip_address'] for one in port['fixed_ips']],
            'owner': port['device_owner'],
            'device': port['device_id'],
            'project': port['project_id'],
            'binding': port['binding:vif_type'],
        }


class TestReservedPorts(_BrokenTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.network = self.make_network()
        self.body = self.pulled('network', self.network['id'])['body']
        self.ports = {
            row.kind: row.port_id for row in self.rows(base.ReservedPort)
        }
        self.before = {
            kind: self.shown(port_id) for kind, port_id in self.ports.items()
        }

    def assert_healed(self) -> None:
        """Check that a pull gives the region what it was given before."""
        body = self.pulled('network', self.network['id'])['body']
        self.assertEqual(self.body, body)
        self.assertEqual(
            self.ports,
            {row.kind: row.port_id for row in self.rows(base.ReservedPort)},
        )
        self.assertEqual(
            self.before,
            {
                kind: self.shown(port_id)
                for kind, port_id in self.ports.items()
            },
        )
        self.assertEqual(base.allocations(self), base.ipam_allocations(self))

    def test_a_port_that_is_gone_comes_back_as_it_was(self):
        for kind, port_id in self.ports.items():
            with self.subTest(kind):
                self.lose_port(port_id)
                self.assert_healed()

    def test_its_address_is_given_to_nobody_meanwhile(self):
        for port_id in self.ports.values():
            self.lose_port(port_id)
        lost = {one for held in self.before.values() for one in held['ips']}
        for _ in range(3):
            port = self.make('port', network_id=self.network['id'])
            self.assertNotIn(port['fixed_ips'][0]['ip_address'], lost)
        self.pulled('network', self.network['id'], 'RegionTwo')
        held = self.reserved(self.network['id'], 'RegionTwo')
        self.assertEqual(
            set(), lost & {one for found in held.values() for one in found}
        )
        self.assertEqual(
            self.body, self.pulled('network', self.network['id'])['body']
        )

    def test_it_comes_back_with_its_address_if_that_is_free(self):
        for kind, port_id in self.ports.items():
            self.lose_port(port_id)
            for address in self.before[kind]['ips']:
                self.free(address)
        self.assert_healed()

    def test_it_says_so_if_somebody_has_its_address(self):
        port_id = self.ports[HeldPort.DHCP]
        (address,) = self.before[HeldPort.DHCP]['ips']
        self.lose_port(port_id)
        self.free(address)
        self.make(
            'port',
            network_id=self.network['id'],
            fixed_ips=[{'ip_address': address}],
        )
        self.pulled('network', self.network['id'])
        port = self.plugin.get_port(self.context, port_id)
        self.assertNotEqual(address, port['fixed_ips'][0]['ip_address'])
        self.assertIn(f'it had {address}', port['description'])
        self.assertEqual(base.allocations(self), base.ipam_allocations(self))

    def test_another_dhcp_port_of_the_region_comes_back_too(self):
        network_id = self.network['id']
        self.body = self.pulled('network', network_id, dhcp_agents=2)['body']
        rows = self.rows(base.ReservedPort, kind=HeldPort.DHCP)
        (second,) = {row.port_id for row in rows} - set(self.ports.values())
        self.lose_port(second)
        body = self.pulled('network', network_id, dhcp_agents=1)['body']
        self.assertEqual(self.body, body)

    def test_a_port_of_which_nothing_was_kept_comes_back(self):
        row = central_models.ReservedPort
        self.execute(sa.update(row).values(addresses=None, mac_address=None))
        for port_id in self.ports.values():
            self.lose_port(port_id)
        body = self.pulled('network', self.network['id'])['body']
        self.assertEqual(1, len(body['dhcp_ports'][0]['fixed_ips']))
        self.assertIsNotNone(body['subnets'][0]['gateway_ip'])

    def test_what_was_not_kept_is_kept_from_the_next_look_on(self):
        row = central_models.ReservedPort
        self.execute(sa.update(row).values(addresses=None, mac_address=None))
        self.pulled('network', self.network['id'])
        for port_id in self.ports.values():
            self.lose_port(port_id)
        self.assert_healed()

    def test_a_port_without_its_row_is_taken(self):
        for kind, port_id in self.ports.items():
            with self.subTest(kind):
                self.forget_row(port_id)
                self.assert_healed()

    def test_a_port_of_somebody_is_not_taken(self):
        port_id = self.ports[HeldPort.GATEWAY]
        self.forget_row(port_id)
        self.execute(
            sa.update(tables.ports)
            .where(tables.ports.c.id == port_id)
            .values(device_owner='compute:nova')
        )
        answer = self.pull('network', self.network['id'])
        self.assertEqual(409, answer.status, answer)
        self.assertEqual('ReservationTaken', answer.error['type'])

    def test_a_port_without_its_binding_gets_one(self):
        table = tables.port_bindings
        for port_id in self.ports.values():
            self.execute(sa.delete(table).where(table.c.port_id == port_id))
        self.assert_healed()

    def test_a_port_without_its_addresses_gets_them_back(self):
        table = tables.allocations
        for port_id in self.ports.values():
            self.execute(sa.delete(table).where(table.c.port_id == port_id))
        self.assert_healed()

    def test_a_port_with_another_owner_gets_its_own(self):
        for port_id in self.ports.values():
            self.execute(
                sa.update(tables.ports)
                .where(tables.ports.c.id == port_id)
                .values(device_owner='', device_id='vm', project_id='p9')
            )
        self.assert_healed()

    def test_a_subnet_can_be_made_while_ports_are_gone(self):
        for port_id in self.ports.values():
            self.lose_port(port_id)
        self.make_subnet(self.network, '10.0.2.0/24')
        held = self.reserved(self.network['id'])
        self.assertEqual(
            {'gateway': 2, 'dhcp': 2},
            {kind: len(found) for kind, found in held.items()},
        )

    def test_the_network_can_be_deleted_while_ports_are_gone(self):
        for port_id in self.ports.values():
            self.lose_port(port_id)
        answer = self.ask('DELETE', f'/networks/{self.network["id"]}')
        self.assertEqual(204, answer.status, answer)
        self.assertEqual([], self.rows(base.ReservedPort))


class TestPortsOfRouters(_BrokenTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.router_id, self.one, self.two = self.t3()
        self.planned(self.router_id)
        self.settle()
        self.held = {
            row.port_id: self.shown(row.port_id)
            for row in self.rows(base.ReservedPort)
            if row.router_id is not None
        }

    def assert_healed(self) -> None:
        self.planned(self.router_id)
        self.assertEqual(
            self.held,
            {
                row.port_id: self.shown(row.port_id)
                for row in self.rows(base.ReservedPort)
                if row.router_id is not None
            },
        )

    def test_legs_that_are_gone_come_back_as_they_were(self):
        for port_id in self.held:
            with self.subTest(port_id):
                self.lose_port(port_id)
                self.assert_healed()

    def test_legs_without_their_rows_are_taken(self):
        for port_id in self.held:
            with self.subTest(port_id):
                self.forget_row(port_id)
                self.assert_healed()

    def test_a_router_goes_whose_legs_are_gone(self):
        for port_id in self.held:
            self.lose_port(port_id)
        for network in (self.one, self.two):
            (subnet,) = self.subnets(network)
            self.l3_plugin.remove_router_interface(
                self.context, self.router_id, {'subnet_id': subnet['id']}
            )
        self.l3_plugin.delete_router(self.context, self.router_id)
        self.planned(self.router_id)
        self.settle()
        self.assertTrue(self.planned(self.router_id))
        self.assertEqual(
            [],
            [
                row
                for row in self.rows(base.ReservedPort)
                if row.router_id is not None
            ],
        )
