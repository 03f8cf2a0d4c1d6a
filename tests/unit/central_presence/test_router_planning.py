# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""How central lays routers out over the regions."""

from typing import Any
from unittest import mock

from tests.unit.central_presence.router_plans import PlanningTestCase
from tricircle.central.router import planning as router_planning
from tricircle.db.central import models as central_models
from tricircle.plan.router import planner as router_plan
from tricircle.replica import types


class TestPlan(PlanningTestCase):
    def test_every_piece_gets_a_leg_and_the_way_out_the_gateways(self):
        router_id, _, _ = self.t3()

        self.assertFalse(self.planned(router_id))

        outside = router_plan.north_south_id(router_id)
        legs = self.legs()
        self.assertEqual(
            {
                (router_id, 'RegionOne'),
                (router_id, 'RegionTwo'),
                (outside, 'RegionTwo'),
            },
            set(legs),
        )
        self.assertEqual({'100.0.0.1'}, legs[outside, 'RegionTwo'])
        addresses = [one for found in legs.values() for one in found]
        self.assertEqual(len(addresses), len(set(addresses)))
        self.assertEqual(
            {
                (types.ROUTER, router_id, 'RegionOne'),
                (types.ROUTER, router_id, 'RegionTwo'),
                (types.ROUTER, outside, 'RegionTwo'),
            },
            {one for one in self.pending() if one[0] == types.ROUTER},
        )

    def test_a_second_plan_changes_nothing(self):
        router_id, _, _ = self.t3()
        self.planned(router_id)
        self.settle()
        legs, held = self.legs(), self.rows(central_models.ReservedPort)

        self.planned(router_id)

        self.assertEqual(set(), self.pending())
        self.assertEqual(legs, self.legs())
        self.assertEqual(held, self.rows(central_models.ReservedPort))

    def test_only_regions_with_a_difference_hear_of_a_change(self):
        router_id, first, _ = self.t3()
        self.planned(router_id)
        self.settle()
        self.l3_plugin.update_router(
            self.context,
            router_id,
            {
                'router': {
                    'routes': [
                        {'destination': '10.9.0.0/24', 'nexthop': '10.0.1.9'}
                    ]
                }
            },
        )
        self.assertTrue(self.wants_plan(router_id))

        self.planned(router_id)

        self.assertIn((types.ROUTER, router_id, 'RegionOne'), self.pending())
        self.assertNotIn(
            (types.NETWORK, first['id'], 'RegionOne'), self.pending()
        )

    def test_an_instance_that_comes_meanwhile_is_not_left_waiting(self):
        router_id = self.make_router()
        networks = [
            self.make_network(cidr) for cidr in ('10.0.1.0/24', '10.0.2.0/24')
        ]
        for network in networks:
            self.attach(router_id, network)
        self.allocated(networks[0]['id'], 'RegionOne')
        join = router_planning._join
        looks: list[object] = []

        def early(state: Any, failures: list[str]) -> Any:
            # The first look came before the instance was there.
            looks.append(state)
            return state if len(looks) == 1 else join(state, failures)

        with mock.patch.object(router_planning, '_join', early):
            self.assertFalse(self.planned(router_id))

        self.assertEqual(2, len(looks))
        self.assertIn('RegionOne', self.presence(networks[1]['id']))
        self.assertIn((types.ROUTER, router_id, 'RegionOne'), self.pending())

    def test_what_never_comes_to_rest_is_tried_again(self):
        router_id, _, _ = self.t3()

        with mock.patch.object(
            router_planning, '_join', lambda state, failures: state
        ):
            self.assertIsNotNone(self.plan(router_id))

    def test_a_piece_that_is_over_is_removed_with_its_leg(self):
        router_id, first, _ = self.t3()
        self.planned(router_id)
        self.settle()
        for row in self.rows(
            central_models.PortLocation, network_id=first['id']
        ):
            self.plugin.delete_port(self.context, row.port_id)
        self.assertTrue(self.wants_plan(router_id))

        self.planned(router_id)
        self.assertIn((router_id, 'RegionOne'), self.legs())
        self.settle()
        self.assertTrue(self.wants_plan(router_id))
        self.planned(router_id)

        self.assertNotIn((router_id, 'RegionOne'), self.legs())
        self.assertIn((router_id, 'RegionTwo'), self.legs())

    def test_nothing_is_left_of_a_router_that_was_deleted(self):
        router_id, first, second = self.t3()
        self.planned(router_id)
        self.settle()
        (bridge,) = self.rows(central_models.BridgeNetwork)
        for network in (first, second):
            self.l3_plugin.remove_router_interface(
                self.context,
                router_id,
                {'subnet_id': self.subnets(network)[0]['id']},
            )
        self.l3_plugin.delete_router(self.context, router_id)

        self.assertFalse(self.planned(router_id))
        self.settle()
        self.assertTrue(self.planned(router_id))

        self.assertEqual({}, self.legs())
        self.assertEqual([], self.rows(central_models.RouterPiece))
        self.assertEqual([], self.rows(central_models.BridgeNetwork))
        self.assertEqual(
            [],
            self.plugin.get_networks(
                self.context, {'id': [bridge.network_id]}
            ),
        )

    def test_the_network_between_is_nobodys(self):
        router_id, _, _ = self.t3()

        self.planned(router_id)

        (row,) = self.rows(central_models.BridgeNetwork)
        bridge = self.plugin.get_network(self.context, row.network_id)
        self.assertEqual('', bridge['project_id'])
        self.assertFalse(bridge['router:external'])
        listed = self.ask('GET', '/networks').body['networks']
        self.assertNotIn(row.network_id, [one['id'] for one in listed])

    def test_a_local_router_needs_no_network_between(self):
        external = self.make_external('RegionOne')
        router_id = self.make_router('RegionOne', external=external['id'])
        network = self.make_network('10.0.1.0/24')
        self.attach(router_id, network)

        self.planned(router_id)

        self.assertEqual([], self.rows(central_models.BridgeNetwork))
        self.assertEqual(['RegionOne'], self.presence(router_id))
        self.assertEqual(['RegionOne'], self.presence(network['id']))
        shown = self.ask('GET', f'/routers/{router_id}').body['router']
        self.assertEqual(['az1'], shown['availability_zones'])


class TestEvents(PlanningTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.network = self.make_network('10.0.1.0/24')
        self.router_id = self.make_router()
        self.attach(self.router_id, self.network)
        self.assertTrue(self.wants_plan(self.router_id))

    def test_first_port_in_a_region_has_it_planned_and_the_next_not(self):
        self.allocated(self.network['id'])
        self.assertTrue(self.wants_plan(self.router_id))

        self.allocated(self.network['id'])
        self.assertFalse(self.wants_plan(self.router_id))

        self.allocated(self.network['id'], 'RegionTwo')
        self.assertTrue(self.wants_plan(self.router_id))

    def test_detaching_has_it_planned(self):
        self.l3_plugin.remove_router_interface(
            self.context,
            self.router_id,
            {'subnet_id': self.subnets(self.network)[0]['id']},
        )

        self.assertTrue(self.wants_plan(self.router_id))

    def test_tags_have_it_planned(self):
        self.ask('PUT', f'/routers/{self.router_id}/tags', {'tags': ['a']})

        self.assertTrue(self.wants_plan(self.router_id))

    def test_gateway_and_floating_ip_have_it_planned(self):
        external = self.make_external('RegionTwo')
        self.l3_plugin.update_router(
            self.context,
            self.router_id,
            {
                'router': {
                    'external_gateway_info': {'network_id': external['id']}
                }
            },
        )
        self.assertTrue(self.wants_plan(self.router_id))
        port = self.make('port', network_id=self.network['id'])

        floating_ip = self.make(
            'floatingip',
            floating_network_id=external['id'],
            port_id=port['id'],
        )
        self.assertTrue(self.wants_plan(self.router_id))

        self.l3_plugin.delete_floatingip(self.context, floating_ip['id'])
        self.assertTrue(self.wants_plan(self.router_id))

        for empty in (None, {}):
            self.l3_plugin.update_router(
                self.context,
                self.router_id,
                {'router': {'external_gateway_info': empty}},
            )
            shown = self.l3_plugin.get_router(self.context, self.router_id)
            self.assertIsNone(shown['external_gateway_info'])
            self.assertTrue(self.wants_plan(self.router_id))
