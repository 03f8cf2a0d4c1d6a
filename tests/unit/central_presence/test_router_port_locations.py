# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

from typing import Any

from tests.unit.central_presence import base
from tests.unit.central_presence.router_plans import PlanningTestCase
from tricircle.db.central import models as central_models
from tricircle.replica import types
from tricircle.replica.held_ports import HeldPort


class TestRouterPortLocations(PlanningTestCase):
    def test_a_leg_that_is_bound_is_shown_to_the_other_regions(self):
        router_id, _, _ = self.t3()
        self.planned(router_id)
        self.settle()
        leg = self.reserved(
            HeldPort.BRIDGE_LEG, 'RegionOne', router_id=router_id
        )

        answer = self.report(
            leg.port_id,
            'RegionOne',
            device_id=router_id,
            device_owner='network:router_gateway',
        )

        self.assertEqual(200, answer.status, answer)
        shown = self.plugin.get_port(self.context, leg.port_id)
        self.assertEqual('network:dhcp', shown['device_owner'])
        shadow = types.shadow_id(leg.network_id, 0)
        self.assertIn(
            (types.SHADOW_PORTS, shadow, 'RegionTwo'), self.pending()
        )
        self.assertNotIn(
            (types.SHADOW_PORTS, shadow, 'RegionOne'), self.pending()
        )

    def reserved(self, kind: str, region: str, **values: Any) -> Any:
        """Return the one port that is held for something in a region."""
        pods = {
            pod.region_name: pod.pod_id
            for pod in self.rows(central_models.Pod)
        }
        (found,) = self.rows(
            central_models.ReservedPort,
            kind=kind,
            pod_id=pods[region],
            **values,
        )
        return found

    def gateway(self, network: dict[str, Any], region: str) -> Any:
        """Return the gateway of a network's subnet in a region."""
        return self.reserved(
            HeldPort.GATEWAY, region, network_id=network['id']
        )

    def instance_beside(self, port: Any) -> Any:
        """Return the one other port that is where a reserved one is."""
        (found,) = (
            row
            for row in self.rows(
                central_models.PortLocation, pod_id=port.pod_id
            )
            if row.port_id != port.port_id
        )
        return found

    def location(self, port_id: str) -> list[Any]:
        """Return where a port is, in as many rows as there are."""
        return self.rows(central_models.PortLocation, port_id=port_id)

    def say_bound(
        self, port_id: str, region: str, router_id: str, **report: Any
    ) -> base.Answer:
        return self.report(
            port_id,
            region,
            device_id=router_id,
            device_owner='network:router_interface',
            **report,
        )

    def t7(self) -> tuple[str, dict[str, Any]]:
        """Return a router on a network over regions, used in RegionOne."""
        router_id = self.make_router()
        network = self.make_network('10.0.1.0/24')
        self.attach(router_id, network)
        self.allocated(network['id'], 'RegionOne')
        self.pulled(types.NETWORK, network['id'], 'RegionTwo')
        self.planned(router_id)
        self.settle()
        return router_id, network

    def test_a_gateway_that_is_bound_is_shown_to_the_other_regions(self):
        router_id, network = self.t7()
        gateway = self.gateway(network, 'RegionOne')

        answer = self.say_bound(gateway.port_id, 'RegionOne', router_id)

        self.assertEqual(200, answer.status, answer)
        shadow = types.shadow_id(network['id'], 0)
        self.assertEqual(
            {(types.SHADOW_PORTS, shadow, 'RegionTwo')}, self.pending()
        )

    def test_a_gateway_that_no_router_is_to_have_is_not_taken(self):
        router_id, network = self.t7()
        gateway = self.gateway(network, 'RegionTwo')

        # A report that comes when the piece is gone.
        answer = self.say_bound(gateway.port_id, 'RegionTwo', router_id)

        self.assertEqual(404, answer.status, answer)
        self.assertEqual([], self.location(gateway.port_id))

    def test_a_gateway_of_another_region_is_not_taken(self):
        router_id, network = self.t7()
        gateway = self.gateway(network, 'RegionOne')

        answer = self.say_bound(gateway.port_id, 'RegionTwo', router_id)

        self.assertEqual(409, answer.status, answer)

    def test_a_router_is_no_instance_that_it_is_laid_out_for(self):
        router_id, network = self.t7()
        self.allocated(network['id'], 'RegionTwo')
        self.planned(router_id)
        self.settle()
        gateway = self.gateway(network, 'RegionTwo')
        self.say_bound(gateway.port_id, 'RegionTwo', router_id)
        instance = self.instance_beside(gateway)

        self.plugin.delete_port(self.context, instance.port_id)
        self.planned(router_id)

        self.assertIn((types.ROUTER, router_id, 'RegionTwo'), self.pending())

    def test_where_ports_were_is_forgotten_when_the_region_has_followed(self):
        router_id, network = self.t7()
        gateway = self.gateway(network, 'RegionOne')
        self.say_bound(gateway.port_id, 'RegionOne', router_id)
        self.settle()
        instance = self.instance_beside(gateway)
        self.plugin.delete_port(self.context, instance.port_id)
        self.planned(router_id)
        self.assertNotEqual([], self.location(gateway.port_id))

        self.settle()
        self.planned(router_id)

        self.assertEqual([], self.location(gateway.port_id))
        self.assertIn(
            (
                types.SHADOW_PORTS,
                types.shadow_id(network['id'], 0),
                'RegionTwo',
            ),
            self.pending(),
        )

    def test_a_local_routers_own_port_is_shown_until_it_is_off(self):
        router_id = self.make_router('RegionOne')
        network = self.make_network('10.0.1.0/24')
        self.attach(router_id, network)
        self.allocated(network['id'], 'RegionTwo')
        self.planned(router_id)
        self.settle()
        (port,) = self.plugin.get_ports(
            self.context, {'device_id': [router_id]}
        )
        key = (
            types.SHADOW_PORTS,
            types.shadow_id(network['id'], 0),
            'RegionTwo',
        )

        answer = self.say_bound(port['id'], 'RegionOne', router_id)

        self.assertEqual(200, answer.status, answer)
        self.assertIn(key, self.pending())
        self.settle()

        self.l3_plugin.remove_router_interface(
            self.context, router_id, {'port_id': port['id']}
        )

        self.assertIn(key, self.pending())
        self.assertEqual([], self.location(port['id']))
