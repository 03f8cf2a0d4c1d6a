# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Routers, read from central's database and made into documents."""

from typing import Any

import sqlalchemy as sa

from tests.unit.central_presence import base
from tests.unit.central_presence.routers import RouterTestCase
from tricircle.db.central import models as central_models
from tricircle.db.central import sources
from tricircle.db.central.router import documents as central_router_documents
from tricircle.db.central.router import routers as central_routers
from tricircle.plan.router import planner as router_plan
from tricircle.plan.router import state as router_state
from tricircle.plan.state import Route
from tricircle.replica import types
from tricircle.replica import validation
from tricircle.replica.body import canonical
from tricircle.replica.held_ports import HeldPort


class TestRouterState(RouterTestCase):
    def test_a_router_is_read_with_all_that_is_its_own(self):
        network = self.make_network(
            '10.0.1.0/24', availability_zone_hints=['az1', 'RegionTwo']
        )
        router_id = self.make_router('az1', 'RegionTwo')
        self.attach(router_id, network)
        self.l3_plugin.update_router(
            self.context,
            router_id,
            {
                'router': {
                    'routes': [
                        {
                            'destination': '192.0.2.0/24',
                            'nexthop': '10.0.1.9',
                        }
                    ]
                }
            },
        )
        self.ask('PUT', f'/routers/{router_id}/tags', {'tags': ['b', 'a']})

        found = self.state(router_id)

        self.assertEqual(
            router_state.Router(
                id=router_id,
                project_id=base.PROJECT,
                name='r1',
                description='d',
                admin_state_up=True,
                hints=found.router.hints,
                routes=(Route('192.0.2.0/24', '10.0.1.9'),),
                tags=found.router.tags,
            ),
            found.router,
        )
        self.assertEqual({'a', 'b'}, set(found.router.tags))
        self.assertEqual({'az1', 'RegionTwo'}, set(found.router.hints))
        (interface,) = found.interfaces
        self.assertEqual(network['id'], interface.network_id)
        self.assertEqual(
            ['10.0.1.1'], [one.ip_address for one in interface.fixed_ips]
        )
        self.assertIsNone(found.gateway)
        self.assertIsNone(found.bridge)
        self.assertEqual(
            {'CentralRegion', 'RegionOne', 'RegionTwo', 'RegionThree'},
            {one.region_name for one in found.regions},
        )

    def test_networks_are_read_with_where_they_are(self):
        network = self.make_network(
            '10.0.1.0/24', availability_zone_hints=['az1', 'RegionTwo']
        )
        router_id = self.make_router()
        self.attach(router_id, network)
        self.boot(network, 'RegionOne')
        self.boot(network, 'RegionOne')
        self.pulled('network', network['id'], 'RegionTwo')

        (found,) = self.state(router_id).networks

        self.assertEqual({'az1', 'RegionTwo'}, set(found.hints))
        self.assertEqual('vxlan', found.network_type)
        self.assertEqual({'RegionOne', 'RegionTwo'}, found.presences)
        self.assertEqual({'RegionOne'}, found.instance_regions)
        (subnet,) = found.subnets
        self.assertEqual(
            ('10.0.1.0/24', 4, '10.0.1.1'),
            (subnet.cidr, subnet.ip_version, subnet.gateway_ip),
        )

    def test_gateway_and_floating_ips_are_read(self):
        external = self.make_external('RegionTwo')
        network = self.make_network('10.0.1.0/24')
        router_id = self.make_router(external=external['id'])
        self.attach(router_id, network)
        port = self.boot(network, 'RegionOne')
        made = self.make(
            'floatingip',
            floating_network_id=external['id'],
            port_id=port['id'],
            description='f',
        )

        found = self.state(router_id)

        self.assertEqual(external['id'], found.gateway.network_id)
        (floating,) = found.floating_ips
        self.assertEqual(
            router_state.FloatingIP(
                id=made['id'],
                project_id=base.PROJECT,
                floating_network_id=external['id'],
                floating_ip_address=made['floating_ip_address'],
                fixed_port_id=port['id'],
                fixed_ip_address=port['fixed_ips'][0]['ip_address'],
                fixed_network_id=network['id'],
                fixed_region='RegionOne',
                description='f',
            ),
            floating,
        )

    def test_reservations_of_its_pieces_are_read(self):
        external = self.make_external('RegionTwo')
        network = self.make_network('10.0.1.0/24')
        router_id = self.make_router(external=external['id'])
        self.attach(router_id, network)
        self.boot(network, 'RegionOne')

        self.make_pieces(router_id)

        found = self.state(router_id)
        self.assertEqual((), router_plan.missing(found))
        self.assertEqual(
            {
                (HeldPort.GATEWAY, 'RegionOne', None),
                (HeldPort.BRIDGE_LEG, 'RegionOne', router_id),
                (
                    HeldPort.BRIDGE_LEG,
                    'RegionTwo',
                    router_plan.north_south_id(router_id),
                ),
            },
            {
                (one.kind, one.region_name, one.router_id)
                for one in found.held_ports
            },
        )
        self.assertEqual(
            ['100.0.1.1'],
            [
                fixed.ip_address
                for one in found.held_ports
                if one.router_id == router_plan.north_south_id(router_id)
                for fixed in one.fixed_ips
            ],
        )

    def test_other_routers_are_not_mixed_in(self):
        network = self.make_network('10.0.1.0/24')
        one, two = self.make_router(), self.make_router()
        self.attach(one, network)

        found = self.state(two)

        self.assertEqual((), found.interfaces)
        self.assertEqual((), found.networks)

    def test_a_router_that_is_gone_is_not_read(self):
        with base.db_api.CONTEXT_READER.using(self.context):
            self.assertEqual(
                {}, central_routers.read(self.context.session, ['gone'])
            )


class TestCosts(RouterTestCase):
    def reading(self, router_ids: list[str]) -> int:
        with (
            base.db_api.CONTEXT_READER.using(self.context),
            self.statements() as made,
        ):
            found = central_routers.read(self.context.session, router_ids)
        self.assertEqual(set(router_ids), set(found))
        return len([one for one in made if one.startswith('SELECT')])

    def test_more_of_everything_takes_no_more_statements(self):
        networks = [
            self.make_network(f'10.0.{number}.0/24') for number in range(1, 6)
        ]
        small, large = self.make_router(), self.make_router()
        self.attach(small, networks[0])
        for one in networks[1:]:
            self.attach(large, one)
            for region in ('RegionOne', 'RegionTwo', 'RegionThree'):
                self.boot(one, region)
        self.boot(networks[0], 'RegionOne')

        self.assertEqual(self.reading([small]), self.reading([large]))
        self.assertEqual(self.reading([small]), self.reading([small, large]))
        self.assertEqual(12, self.reading([small]))

    def test_instances_are_counted_on_an_index(self):
        with base.db_api.CONTEXT_READER.using(self.context):
            plan = self.context.session.execute(
                sa.text(
                    'EXPLAIN QUERY PLAN SELECT DISTINCT network_id, pod_id'
                    " FROM port_locations WHERE network_id IN ('a', 'b')"
                    ' AND piece_id IS NULL'
                )
            ).all()

        self.assertIn(
            'USING COVERING INDEX ix_port_locations_network_pod_piece',
            str(plan),
        )


class TestRouterDocuments(RouterTestCase):
    def t3(self) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """Two local networks on a router that goes out in RegionThree."""
        external = self.make_external('RegionThree')
        router_id = self.make_router(external=external['id'])
        net1, _ = self.attach_in_both(router_id)
        return router_id, net1, external

    def test_each_region_gets_its_piece_with_the_networks_on_it(self):
        router_id, net1, external = self.t3()
        self.make_pieces(router_id)
        inner = router_plan.north_south_id(router_id)

        one = self.document(types.ROUTER, router_id, 'RegionOne')
        out = self.document(types.ROUTER, inner, 'RegionThree')

        self.assertEqual(
            [
                {
                    'destination': '10.0.2.0/24',
                    'nexthop': self.leg(router_id, 'RegionTwo'),
                }
            ],
            one.body['routes'],
        )
        self.assertEqual(
            {self.bridge(), net1['id']}, {each.id for each in one.requires}
        )
        self.assertEqual(inner, out.body['router']['id'])
        self.assertEqual(
            {self.bridge(), external['id']},
            {each.id for each in out.requires},
        )
        self.assertEqual(
            ['10.0.1.0/24', '10.0.2.0/24'],
            [each['destination'] for each in out.body['routes']],
        )

    def test_documents_have_the_form_that_regions_accept(self):
        router_id, _, _ = self.t3()
        self.make_pieces(router_id)
        inner = router_plan.north_south_id(router_id)

        for document in (
            self.document(types.ROUTER, router_id, 'RegionOne'),
            self.document(types.ROUTER, inner, 'RegionThree'),
        ):
            for one in document.flattened():
                validation.validate(one)
            self.assertEqual(
                document.body['interfaces'],
                canonical.ordered(document.body['interfaces']),
            )

    def bridge(self) -> str:
        (row,) = self.rows(central_models.BridgeNetwork)
        return str(row.network_id)

    def leg(self, piece_id: str, region: str) -> str:
        (found,) = (
            one
            for one in self.state(piece_id).held_ports
            if one.kind == HeldPort.BRIDGE_LEG
            and (one.region_name, one.router_id) == (region, piece_id)
        )
        return found.fixed_ips[0].ip_address

    def test_a_region_that_is_to_have_no_piece_gets_no_document(self):
        router_id, _, _ = self.t3()
        self.make_pieces(router_id)
        inner = router_plan.north_south_id(router_id)

        self.assertIsNone(
            self.document(types.ROUTER, router_id, 'RegionThree')
        )
        self.assertIsNone(self.document(types.ROUTER, inner, 'RegionOne'))
        self.assertIsNone(self.document(types.ROUTER, 'gone', 'RegionOne'))

    def test_a_bridge_network_is_external_in_regions_and_no_pool(self):
        router_id, _, _ = self.t3()
        self.make_pieces(router_id)

        body = self.document(types.NETWORK, self.bridge(), 'RegionOne').body

        self.assertTrue(body['network']['router:external'])
        self.assertEqual([], body['rbac'])
        self.assertEqual('100.0.1.1', body['subnets'][0]['gateway_ip'])

    def test_what_was_not_granted_is_asked_for(self):
        router_id, _, _ = self.t3()
        self.make_bridge(router_id)

        with self.assertRaises(sources.MissingReservation) as raised:
            self.document(types.ROUTER, router_id, 'RegionOne')

        self.assertEqual(self.bridge(), raised.exception.resource_id)
        self.assertEqual('RegionOne', raised.exception.region_name)

    def test_a_leg_that_was_not_reserved_is_an_error(self):
        router_id, _, _ = self.t3()
        bridge = self.make_bridge(router_id)
        self.pulled('network', bridge['id'], 'RegionOne', is_admin=True)

        with self.assertRaises(central_router_documents.MissingLeg) as raised:
            self.document(types.ROUTER, router_id, 'RegionOne')

        self.assertEqual(router_id, raised.exception.router_id)
        self.assertIn(HeldPort.BRIDGE_LEG, str(raised.exception))
