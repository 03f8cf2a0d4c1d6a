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

from tests.unit.central_presence import base
from tests.unit.central_presence.test_routers import RouterTestCase
from tricircle.central import router_planning
from tricircle.db import central_models
from tricircle.db import central_state
from tricircle.db import presence as presence_db
from tricircle.journal import intent
from tricircle.journal import router_plan as router_journal
from tricircle.plan import router as router_plan
from tricircle.replica import types

NOBODY = ('member', 'reader')


class PlanningTestCase(RouterTestCase):
    def plan(self, router_id: str, roles: Any = base.SERVICE) -> base.Answer:
        return self.ask(
            'PUT',
            f'/routers/{router_id}/replicas/CentralRegion',
            {'replica': {'plan': {}}},
            'service',
            roles,
        )

    def planned(self, router_id: str) -> bool:
        answer = self.plan(router_id)
        self.assertEqual(200, answer.status, answer)
        return bool(answer.body['replica']['gone'])

    def settle(self) -> None:
        """Let every region have what it is to have, as XJob does."""
        for row in self.rows(central_models.JournalEntry, pending=True):
            if row.resource_type == types.ROUTER_PLAN:
                continue
            with base.db_api.CONTEXT_WRITER.using(self.context):
                session = self.context.session
                found = central_state.document(
                    session,
                    row.resource_type,
                    row.resource_id,
                    row.region_name,
                    intent.generations,
                )
                if found is not None:
                    intent.confirm(
                        session,
                        row.resource_type,
                        row.resource_id,
                        row.region_name,
                        found.generation,
                        found.digest,
                    )
                    continue
                intent.forget(
                    session,
                    row.resource_type,
                    row.resource_id,
                    row.region_name,
                )
                presence_db.revoke(
                    session,
                    row.resource_type,
                    row.resource_id,
                    row.region_name,
                )
                if row.resource_type == types.ROUTER:
                    router_journal.remove_piece(
                        session, row.resource_id, row.region_name
                    )

    def pending(self) -> set[tuple[str, str, str]]:
        return {
            (row.resource_type, row.resource_id, row.region_name)
            for row in self.rows(central_models.JournalEntry, pending=True)
            if row.resource_type != types.ROUTER_PLAN
        }

    def wants_plan(self, router_id: str) -> bool:
        """Tell whether the router is to be laid out, and forget it."""
        key = intent.entry_id(
            types.ROUTER_PLAN, router_id, router_journal.region_name()
        )
        found = self.rows(central_models.JournalEntry, id=key)
        with base.db_api.CONTEXT_WRITER.using(self.context):
            intent.forget(
                self.context.session,
                types.ROUTER_PLAN,
                router_id,
                router_journal.region_name(),
            )
        return bool(found)

    def t3(self) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """Return a router with a network in each region, and a way out."""
        external = self.make_external('RegionTwo')
        router_id = self.make_router(external=external['id'])
        networks = []
        for number, region in enumerate(('RegionOne', 'RegionTwo'), 1):
            network = self.make_network(
                f'10.0.{number}.0/24', availability_zone_hints=[region]
            )
            self.attach(router_id, network)
            self.allocated(network['id'], region)
            networks.append(network)
        return router_id, networks[0], networks[1]

    def legs(self) -> dict[tuple[str, str], set[str]]:
        """Return the addresses of legs by piece and region."""
        names = {
            row.pod_id: row.region_name
            for row in self.rows(central_models.Pod)
        }
        return {
            (row.router_id, names[row.pod_id]): {
                fixed['ip_address']
                for fixed in self.plugin.get_port(self.context, row.port_id)[
                    'fixed_ips'
                ]
            }
            for row in self.rows(
                central_models.ReservedPort, kind=types.KIND_BRIDGE_LEG
            )
        }


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
            answer = self.plan(router_id)

        self.assertEqual(409, answer.status, answer)
        self.assertEqual('NotPlanned', answer.error['type'])

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

    def test_two_routers_of_a_project_share_the_network_between(self):
        first, _, _ = self.t3()
        second = self.make_router()
        for number, region in enumerate(('RegionOne', 'RegionTwo'), 5):
            network = self.make_network(
                f'10.0.{number}.0/24', availability_zone_hints=[region]
            )
            self.attach(second, network)
            self.allocated(network['id'], region)

        self.planned(first)
        self.planned(second)

        self.assertEqual(1, len(self.rows(central_models.BridgeNetwork)))
        self.assertEqual(5, len(self.legs()))

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

    def test_a_user_may_not_ask_for_a_plan(self):
        router_id = self.make_router()

        self.assertEqual(403, self.plan(router_id, NOBODY).status)


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


class TestRules(PlanningTestCase):
    def attach_refused(self, router_id: str, network: Any) -> base.Answer:
        return self.ask(
            'PUT',
            f'/routers/{router_id}/add_router_interface',
            {'subnet_id': self.subnets(network)[0]['id']},
            roles=base.ADMIN,
        )

    def test_a_network_elsewhere_is_refused(self):
        network = self.make_network(
            '10.0.1.0/24', availability_zone_hints=['RegionTwo']
        )
        router_id = self.make_router('RegionOne')

        answer = self.attach_refused(router_id, network)

        self.assertEqual(400, answer.status, answer)
        self.assertEqual('RouterNetworkLocationMismatch', answer.error['type'])

    def test_a_gateway_elsewhere_is_refused(self):
        external = self.make_external('RegionTwo')
        router_id = self.make_router('RegionOne')

        answer = self.ask(
            'PUT',
            f'/routers/{router_id}',
            {
                'router': {
                    'external_gateway_info': {'network_id': external['id']}
                }
            },
            roles=base.ADMIN,
        )

        self.assertEqual(400, answer.status, answer)
        self.assertEqual('RouterNetworkLocationMismatch', answer.error['type'])

    def test_gateway_on_a_non_local_router_keeps_local_ones_off(self):
        network = self.make_network('10.0.1.0/24')
        self.attach(self.make_router(), network)
        router_id = self.make_router('RegionOne')
        port = self.make('port', network_id=network['id'])

        answer = self.ask(
            'PUT',
            f'/routers/{router_id}/add_router_interface',
            {'port_id': port['id']},
            roles=base.ADMIN,
        )

        self.assertEqual(409, answer.status, answer)
        self.assertEqual('NetAttachedToNonLocalRouter', answer.error['type'])

    def test_gateways_of_local_routers_keep_others_from_being_one(self):
        network = self.make_network('10.0.1.0/24')
        subnet = self.subnets(network)[0]
        self.attach(self.make_router('RegionOne'), network, '10.0.1.9')
        router_id = self.make_router()

        answer = self.attach_refused(router_id, network)

        self.assertEqual(409, answer.status, answer)
        self.assertEqual('NetAttachedToLocalRouter', answer.error['type'])
        gateway = self.make(
            'port',
            network_id=network['id'],
            fixed_ips=[{'subnet_id': subnet['id'], 'ip_address': '10.0.1.1'}],
        )
        answer = self.ask(
            'PUT',
            f'/routers/{router_id}/add_router_interface',
            {'port_id': gateway['id']},
            roles=base.ADMIN,
        )
        self.assertEqual('NetAttachedToLocalRouter', answer.error['type'])
        # With another address it is the way across, beside the way out.
        self.attach(router_id, network, '10.0.1.8')
        # A second local router is one more.
        self.attach(self.make_router('RegionTwo'), network, '10.0.1.7')

    def test_a_subnet_out_of_the_pool_between_routers_is_refused(self):
        network = self.make('network')

        for cidr in ('100.1.0.0/16', 'fd74:7269:6369:7::/64'):
            answer = self.ask(
                'POST',
                '/subnets',
                {
                    'subnet': {
                        'network_id': network['id'],
                        'cidr': cidr,
                        'ip_version': 6 if ':' in cidr else 4,
                    }
                },
            )
            self.assertEqual(400, answer.status, answer)
            self.assertEqual('OverlapsBridge', answer.error['type'])
        self.assertEqual([], self.subnets(network))


class TestReports(PlanningTestCase):
    def say(self, piece_id: str, region: str, **report: Any) -> base.Answer:
        return self.ask(
            'PUT',
            f'/routers/{piece_id}/replicas/{region}',
            {
                'replica': {
                    'report': {
                        'revision': 1,
                        'status': 'ACTIVE',
                        'floating_ips': {},
                        **report,
                    }
                }
            },
            'service',
            base.SERVICE,
        )

    def status(self, router_id: str) -> str:
        return str(
            self.l3_plugin.get_router(self.context, router_id)['status']
        )

    def test_the_router_is_what_the_worst_of_its_pieces_is(self):
        router_id, _, _ = self.t3()
        self.planned(router_id)

        self.say(router_id, 'RegionOne', status='ERROR')
        self.say(router_id, 'RegionTwo')
        self.assertEqual('ERROR', self.status(router_id))

        self.say(router_id, 'RegionOne', revision=2)
        self.assertEqual('ACTIVE', self.status(router_id))

        late = self.say(router_id, 'RegionOne', revision=1, status='ERROR')
        self.assertFalse(late.body['replica']['accepted'])
        self.assertEqual('ACTIVE', self.status(router_id))

    def test_a_floating_ip_is_what_its_region_says(self):
        router_id, first, _ = self.t3()
        (port,) = self.rows(
            central_models.PortLocation, network_id=first['id']
        )
        external = self.l3_plugin.get_router(self.context, router_id)[
            'external_gateway_info'
        ]['network_id']
        made = self.make(
            'floatingip', floating_network_id=external, port_id=port.port_id
        )
        self.planned(router_id)

        self.say(
            router_plan.north_south_id(router_id),
            'RegionTwo',
            floating_ips={made['id']: 'ACTIVE'},
        )

        found = self.l3_plugin.get_floatingip(self.context, made['id'])
        self.assertEqual('ACTIVE', found['status'])
        self.l3_plugin.update_floatingip(
            self.context, made['id'], {'floatingip': {'port_id': None}}
        )
        found = self.l3_plugin.get_floatingip(self.context, made['id'])
        self.assertEqual('DOWN', found['status'])

    def test_a_region_without_a_piece_is_told_so(self):
        router_id, _, _ = self.t3()
        self.planned(router_id)

        answer = self.say(router_id, 'RegionThree')

        self.assertEqual(404, answer.status, answer)
