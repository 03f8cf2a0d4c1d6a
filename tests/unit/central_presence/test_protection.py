# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is Tricircle's own in central, and what an administrator may do."""

from typing import Any, ClassVar

from tests.unit.central_presence import base
from tests.unit.central_presence.router_plans import PlanningTestCase
from tricircle.db.central import models as central_models
from tricircle.replica.held_ports import HeldPort


class _ProtectionTestCase(PlanningTestCase):
    def as_admin(
        self, method: str, path: str, body: Any = None
    ) -> base.Answer:
        return self.ask(method, path, body, 'admin', base.ADMIN)

    def refused(self, method: str, path: str, body: Any = None) -> str:
        """Check that an administrator is told that it is central's own."""
        answer = self.as_admin(method, path, body)
        self.assertEqual(409, answer.status, answer)
        return answer.error['message']

    def allowed(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.as_admin(method, path, body)
        self.assertIn(answer.status, (200, 201, 204), answer)
        return answer.body


class TestReservedPorts(_ProtectionTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.network = self.make_network()
        self.pulled('network', self.network['id'])
        (self.gateway,) = [
            row.port_id
            for row in self.rows(base.ReservedPort, kind=HeldPort.GATEWAY)
        ]

    def port(self, port_id: str) -> dict[str, Any]:
        return dict(self.plugin.get_port(self.context, port_id))

    def test_what_regions_rely_on_cannot_be_changed(self):
        before = self.port(self.gateway)
        for change in (
            {'device_owner': ''},
            {'device_id': ''},
            {'device_owner': '', 'device_id': ''},
            {'fixed_ips': []},
            {'fixed_ips': [{'ip_address': '10.0.1.99'}]},
            {'mac_address': 'fa:16:3e:00:00:99'},
            {'binding:host_id': 'h1'},
            {'admin_state_up': False},
        ):
            with self.subTest(change):
                message = self.refused(
                    'PUT', f'/ports/{self.gateway}', {'port': change}
                )
                self.assertIn('gateway of region RegionOne', message)
        self.assertEqual(before, self.port(self.gateway))

    def test_name_and_description_can_be_changed(self):
        self.allowed(
            'PUT',
            f'/ports/{self.gateway}',
            {'port': {'name': 'n', 'description': 'd'}},
        )
        port = self.port(self.gateway)
        self.assertEqual(('n', 'd'), (port['name'], port['description']))

    def test_what_changes_nothing_is_no_change(self):
        self.allowed(
            'PUT',
            f'/ports/{self.gateway}',
            {'port': {'device_owner': 'network:dhcp', 'name': 'n'}},
        )

    def test_one_cannot_be_deleted(self):
        for row in self.rows(base.ReservedPort):
            message = self.refused('DELETE', f'/ports/{row.port_id}')
            self.assertIn('region RegionOne', message)
        self.assertEqual(2, len(self.rows(base.ReservedPort)))

    def test_one_is_known_whatever_its_attributes_say(self):
        ports = central_models.ReservedPort
        with base.db_api.CONTEXT_WRITER.using(self.context):
            port = self.plugin._get_port(self.context, self.gateway)
            port.device_owner = port.device_id = ''
        self.refused('DELETE', f'/ports/{self.gateway}')
        self.refused(
            'PUT', f'/ports/{self.gateway}', {'port': {'device_id': 'vm'}}
        )
        answer = self.pull('port', self.gateway, is_admin=True)
        self.assertEqual(404, answer.status, answer)
        self.assertEqual(2, len(self.rows(ports)))

    def test_no_floating_ip_leads_to_one(self):
        external = self.make_external('RegionTwo')
        floating = self.make('floatingip', floating_network_id=external['id'])
        self.refused(
            'PUT',
            f'/floatingips/{floating["id"]}',
            {'floatingip': {'port_id': self.gateway}},
        )
        self.refused(
            'POST',
            '/floatingips',
            {
                'floatingip': {
                    'floating_network_id': external['id'],
                    'port_id': self.gateway,
                    'project_id': base.PROJECT,
                }
            },
        )

    def test_a_tenant_is_told_nothing_of_them(self):
        answer = self.ask(
            'PUT', f'/ports/{self.gateway}', {'port': {'device_id': ''}}
        )
        self.assertEqual(404, answer.status, answer)
        answer = self.ask('DELETE', f'/ports/{self.gateway}')
        self.assertEqual(404, answer.status, answer)

    def test_they_go_with_their_subnet(self):
        (subnet,) = self.subnets(self.network)
        self.allowed('DELETE', f'/subnets/{subnet["id"]}')
        self.assertEqual(
            [],
            self.rows(base.ReservedPort, kind=HeldPort.GATEWAY),
        )

    def test_they_go_with_their_network(self):
        self.allowed('DELETE', f'/networks/{self.network["id"]}')
        self.assertEqual([], self.rows(base.ReservedPort))

    def test_nothing_is_left_of_one_without_a_binding(self):
        # Neutron tells no mechanism driver of the end of such a port.
        for row in self.rows(base.ReservedPort):
            self.unbind(row.port_id)
        self.allowed('DELETE', f'/networks/{self.network["id"]}')
        self.assertEqual([], self.rows(base.ReservedPort))

    def unbind(self, port_id: str) -> None:
        with base.db_api.CONTEXT_WRITER.using(self.context):
            port = self.plugin._get_port(self.context, port_id)
            for binding in port.port_bindings:
                self.context.session.delete(binding)


class TestBridgeNetworks(_ProtectionTestCase):
    service_plugins: ClassVar = {'segments': 'segments'}

    def setUp(self) -> None:
        super().setUp()
        self.router_id, self.one, self.two = self.t3()
        self.planned(self.router_id)
        (row,) = self.rows(central_models.BridgeNetwork)
        self.bridge = row.network_id
        (self.subnet,) = self.subnets({'id': self.bridge})

    def test_one_cannot_be_deleted(self):
        message = self.refused('DELETE', f'/networks/{self.bridge}')
        self.assertIn('bridge network', message)
        self.plugin.get_network(self.context, self.bridge)

    def test_it_cannot_be_changed(self):
        for change in (
            {'admin_state_up': False},
            {'shared': True},
            {'router:external': True},
            {'mtu': 1280},
        ):
            with self.subTest(change):
                self.refused(
                    'PUT', f'/networks/{self.bridge}', {'network': change}
                )

    def test_its_segments_stay_as_they_are(self):
        answer = self.as_admin('GET', '/segments')
        (segment_id,) = [
            one['id']
            for one in answer.body['segments']
            if one['network_id'] == self.bridge
        ]
        self.refused('DELETE', f'/segments/{segment_id}')
        body = {
            'network_id': self.bridge,
            'network_type': 'vlan',
            'physical_network': 'bridge',
            'segmentation_id': 105,
        }
        self.refused('POST', '/segments', {'segment': body})

    def test_its_name_can_be_changed(self):
        self.allowed(
            'PUT', f'/networks/{self.bridge}', {'network': {'name': 'n'}}
        )

    def test_it_cannot_be_shared(self):
        for action in ('access_as_shared', 'access_as_external'):
            self.refused(
                'POST',
                '/rbac-policies',
                {
                    'rbac_policy': {
                        'object_type': 'network',
                        'object_id': self.bridge,
                        'action': action,
                        'target_tenant': '*',
                        'project_id': 'admin',
                    }
                },
            )

    def test_it_takes_no_more_subnets(self):
        body = {
            'network_id': self.bridge,
            'cidr': '198.51.100.0/24',
            'ip_version': 4,
            'project_id': 'admin',
        }
        self.refused('POST', '/subnets', {'subnet': body})
        self.refused('POST', '/subnets', {'subnets': [body]})

    def test_its_subnets_stay_as_they_are(self):
        path = f'/subnets/{self.subnet["id"]}'
        self.refused('DELETE', path)
        self.refused('PUT', path, {'subnet': {'gateway_ip': None}})
        self.refused('PUT', path, {'subnet': {'enable_dhcp': True}})
        self.allowed('PUT', path, {'subnet': {'name': 'n'}})

    def test_no_port_is_made_on_it(self):
        body = {'network_id': self.bridge, 'project_id': 'admin'}
        self.refused('POST', '/ports', {'port': body})
        self.refused('POST', '/ports', {'ports': [body]})

    def test_no_router_is_put_on_it(self):
        router_id = self.make_router()
        answer = self.as_admin(
            'PUT',
            f'/routers/{router_id}/add_router_interface',
            {'subnet_id': self.subnet['id']},
        )
        self.assertEqual(409, answer.status, answer)

    def test_its_legs_are_reserved(self):
        for row in self.rows(base.ReservedPort, kind=HeldPort.BRIDGE_LEG):
            self.refused('DELETE', f'/ports/{row.port_id}')

    def test_it_goes_with_its_last_router(self):
        self.settle()
        for network in (self.one, self.two):
            (subnet,) = self.subnets(network)
            self.l3_plugin.remove_router_interface(
                self.context, self.router_id, {'subnet_id': subnet['id']}
            )
        self.l3_plugin.delete_router(self.context, self.router_id)
        self.planned(self.router_id)
        self.settle()
        self.planned(self.router_id)
        self.assertEqual([], self.rows(central_models.BridgeNetwork))
        self.assertEqual(
            [], self.plugin.get_networks(self.context, {'id': [self.bridge]})
        )
