# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Several routers of one project, each with a way out of its own."""

from typing import Any

from neutron_lib import exceptions as n_exc
import sqlalchemy as sa

from tests.unit.central_presence import base
from tests.unit.central_presence.router_plans import PlanningTestCase
from tricircle.central.held import ownership
from tricircle.central.router import bridge_networks
from tricircle.db.central import models as central_models
from tricircle.db.central import neutron_tables as tables
from tricircle.plan.router import planner as router_plan
from tricircle.replica import types
from tricircle.replica.held_ports import HeldPort

FIRST, SECOND = '100.0.0', '100.0.1'


class SeveralRoutersTestCase(PlanningTestCase):
    """Central with external networks, and routers on them."""

    def outside(self, region: str, number: int) -> str:
        made = self.make(
            'network',
            **{
                'router:external': True,
                'provider:network_type': 'flat',
                'provider:physical_network': f'extern{number}',
                'availability_zone_hints': [region],
            },
        )
        self.make_subnet(made, f'203.0.{number}.0/24')
        return str(made['id'])

    def routed(self, first: int, external: str | None) -> str:
        """Return a router with a network and an instance in two regions."""
        router_id = self.make_router(external=external)
        self.attach_in_both(router_id, first=first)
        return router_id

    def set_gateway(self, router_id: str, external: str | None) -> None:
        self.l3_plugin.update_router(
            self.context,
            router_id,
            {
                'router': {
                    'external_gateway_info': external
                    and {'network_id': external}
                }
            },
        )

    def delete_router(self, router_id: str) -> None:
        self.set_gateway(router_id, None)
        for port in self.plugin.get_ports(
            self.context,
            {
                'device_id': [router_id],
                'device_owner': ['network:router_interface'],
            },
        ):
            self.l3_plugin.remove_router_interface(
                self.context, router_id, {'port_id': port['id']}
            )
        self.l3_plugin.delete_router(self.context, router_id)

    def carried_out(self, *router_ids: str) -> None:
        """Plan until nothing is left to do, as central and XJob do."""
        for _round in range(8):
            failures = [self.plan(one) for one in router_ids]
            done = not self.pending()
            self.settle()
            if done and not any(failures):
                return
        self.fail(f'it does not come to rest: {failures}')

    def documents(self, router_id: str) -> dict[tuple[str, str], Any]:
        """Return the bodies that regions get, by piece and region."""
        found = {}
        for piece in router_plan.pieces(self.state(router_id)):
            made = self.document(types.ROUTER, piece.id, piece.region)
            assert made is not None
            found[piece.id, piece.region] = made.body
        return found

    def way_out(self, router_id: str) -> set[str]:
        """Return where the pieces of a router send what has no route.

        That is the gateway address of the subnets that they are on.
        """
        bridge = self.state(router_id).bridge
        assert bridge is not None
        gateways = {one.id: str(one.gateway_ip) for one in bridge.subnets}
        return {
            gateways[fixed['subnet_id']]
            for (piece_id, _), body in self.documents(router_id).items()
            if piece_id == router_id
            for fixed in body['gateway']['fixed_ips']
        }

    def inner_leg(self, router_id: str) -> set[str]:
        """Return the addresses of a router's way out on its inner side."""
        (found,) = (
            body['interfaces']
            for (piece_id, _), body in self.documents(router_id).items()
            if piece_id != router_id
        )
        return {
            fixed['ip_address'] for one in found for fixed in one['fixed_ips']
        }


class TestSeveralGateways(SeveralRoutersTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.external = self.outside('RegionTwo', 1)

    def test_the_second_router_s_pieces_go_out_through_its_own(self):
        first, second = (self.routed(one, self.external) for one in (1, 5))

        self.carried_out(first, second)

        for router_id, prefix in ((first, FIRST), (second, SECOND)):
            self.assertEqual({f'{prefix}.1'}, self.inner_leg(router_id))
            self.assertEqual({f'{prefix}.1'}, self.way_out(router_id))

    def test_a_router_without_gateway_goes_out_through_no_other(self):
        first = self.routed(1, self.external)
        second = self.routed(5, None)

        self.carried_out(first, second)

        self.assertNotEqual(self.way_out(first), self.way_out(second))
        self.set_gateway(second, self.external)
        self.carried_out(first, second)
        self.assertEqual(self.inner_leg(second), self.way_out(second))

    def test_no_leg_has_the_address_of_another(self):
        routers = [self.routed(one, self.external) for one in (1, 5, 9)]

        self.carried_out(*routers)

        legs = [one for found in self.legs().values() for one in found]
        self.assertEqual(9, len(legs))
        self.assertEqual(9, len(set(legs)))

    def test_a_router_goes_and_another_stays_as_it_is(self):
        first, second = (self.routed(one, self.external) for one in (1, 5))
        self.carried_out(first, second)
        before = self.documents(second)

        self.delete_router(first)
        self.carried_out(first, second)

        self.assertEqual(before, self.documents(second))
        (row,) = self.rows(central_models.BridgeNetwork)
        self.assertEqual(second, row.router_id)
        third = self.routed(9, self.external)
        self.carried_out(second, third)
        self.assertEqual({f'{FIRST}.1'}, self.way_out(third))

    def test_floating_ips_of_each_are_on_its_own_way_out(self):
        routers = [self.routed(one, self.external) for one in (1, 5)]
        made = {}
        for router_id in routers:
            network = self.state(router_id).interfaces[0].network_id
            port = self.make('port', network_id=network)
            made[router_id] = self.make(
                'floatingip',
                floating_network_id=self.external,
                port_id=port['id'],
            )['id']

        self.carried_out(*routers)

        for router_id in routers:
            out = self.documents(router_id)[
                router_plan.north_south_id(router_id), 'RegionTwo'
            ]
            self.assertEqual(
                [made[router_id]], [one['id'] for one in out['floating_ips']]
            )

    def test_a_gateway_that_moves_to_another_region_takes_its_address(self):
        first, second = (self.routed(one, self.external) for one in (1, 5))
        self.carried_out(first, second)
        before = self.documents(first)
        elsewhere = self.outside('RegionOne', 2)

        self.set_gateway(second, elsewhere)
        self.carried_out(first, second)

        out = router_plan.north_south_id(second)
        self.assertEqual(
            {
                (second, 'RegionOne'),
                (second, 'RegionTwo'),
                (out, 'RegionOne'),
            },
            {*self.documents(second)},
        )
        self.assertEqual({f'{SECOND}.1'}, self.inner_leg(second))
        self.assertEqual(before, self.documents(first))

    def test_while_a_gateway_moves_the_other_pieces_have_their_changes(self):
        router_id = self.routed(1, self.external)
        self.carried_out(router_id)

        self.set_gateway(router_id, self.outside('RegionThree', 2))
        failure = self.plan(router_id)

        self.assertIn('100.0.0.1', str(failure))
        out = router_plan.north_south_id(router_id)
        self.assertIn((types.ROUTER, out, 'RegionTwo'), self.pending())


class TestLostBridges(SeveralRoutersTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.router_id = self.routed(1, self.outside('RegionTwo', 1))
        self.carried_out(self.router_id)
        (row,) = self.rows(central_models.BridgeNetwork)
        self.lost = row.network_id

    def lose(self) -> None:
        """Remove the rows of a bridge network, as by hand in the database."""
        with base.db_api.CONTEXT_WRITER.using(self.context):
            session = self.context.session
            for table, column in (
                (tables.allocations, 'network_id'),
                (tables.ports, 'network_id'),
                (tables.subnets, 'network_id'),
                (tables.networks, 'id'),
            ):
                session.execute(
                    sa.delete(table).where(table.c[column] == self.lost)
                )

    def test_a_bridge_network_that_is_gone_is_planned_anew(self):
        self.lose()

        self.carried_out(self.router_id)

        (row,) = self.rows(central_models.BridgeNetwork)
        self.assertNotEqual(self.lost, row.network_id)
        self.assertEqual(
            self.inner_leg(self.router_id), self.way_out(self.router_id)
        )
        self.assertEqual(
            [], self.rows(central_models.ReservedPort, network_id=self.lost)
        )

    def test_a_router_whose_bridge_network_is_gone_can_be_deleted(self):
        self.lose()

        self.delete_router(self.router_id)
        self.carried_out(self.router_id)

        self.assertEqual([], self.rows(central_models.BridgeNetwork))
        self.assertEqual(
            [], self.rows(central_models.ReservedPort, network_id=self.lost)
        )

    def test_no_bridge_network_is_made_for_a_router_that_is_no_more(self):
        with self.assertRaises(n_exc.NotFound):
            bridge_networks.ensure('gone', base.PROJECT, (4,))

        (row,) = self.rows(central_models.BridgeNetwork)
        self.assertEqual(self.router_id, row.router_id)


class TestBridgesInUse(SeveralRoutersTestCase):
    def test_one_that_cannot_be_deleted_keeps_no_router_from_its_plan(self):
        external = self.outside('RegionTwo', 1)
        first, second = (self.routed(one, external) for one in (1, 5))
        self.carried_out(first, second)
        bridge = self.state(first).bridge.id
        # Made before anybody was refused it, or by hand.
        with ownership.acting():
            port = self.make('port', network_id=bridge)
        self.delete_router(first)

        with self.assertLogs(
            'tricircle.central.router.bridge_networks'
        ) as logs:
            self.carried_out(first, second)

        self.assertIn(bridge, '\n'.join(logs.output))
        self.assertTrue(self.planned(first))
        self.assertEqual(
            [bridge],
            [
                row.network_id
                for row in self.rows(central_models.BridgeNetwork)
                if row.router_id is None
            ],
        )
        self.plugin.delete_port(self.context, port['id'])
        self.planned(second)
        (row,) = self.rows(central_models.BridgeNetwork)
        self.assertEqual(second, row.router_id)


class TestSharedBefore(SeveralRoutersTestCase):
    """Routers of a project that shared a bridge network before 0005."""

    def setUp(self) -> None:
        super().setUp()
        self.external = self.outside('RegionTwo', 1)
        self.first = self.routed(1, self.external)
        self.second = self.routed(5, None)
        self.carried_out(self.first)
        (row,) = self.rows(central_models.BridgeNetwork)
        self.shared = row.network_id
        # As it was: the second's pieces are on the network of the first.
        self.own(self.second)
        self.carried_out(self.second)
        self.own(self.first)

    def own(self, router_id: str) -> None:
        with base.db_api.CONTEXT_WRITER.using(self.context):
            self.context.session.execute(
                sa.update(central_models.BridgeNetwork)
                .where(central_models.BridgeNetwork.network_id == self.shared)
                .values(router_id=router_id)
            )

    def on_shared(self) -> set[str]:
        return {
            row.router_id
            for row in self.rows(
                central_models.ReservedPort,
                network_id=self.shared,
                kind=HeldPort.BRIDGE_LEG,
            )
        }

    def test_the_first_keeps_it_and_the_second_gets_one(self):
        before = self.documents(self.first)
        out = router_plan.north_south_id(self.first)
        self.assertEqual({self.first, self.second, out}, self.on_shared())

        self.set_gateway(self.second, self.external)
        self.carried_out(self.second, self.first)

        self.assertEqual({self.first, out}, self.on_shared())
        self.assertEqual(before, self.documents(self.first))
        self.assertEqual({f'{SECOND}.1'}, self.way_out(self.second))

    def test_it_goes_with_the_last_leg(self):
        self.delete_router(self.first)
        self.carried_out(self.first)
        self.assertEqual({self.second}, self.on_shared())

        self.carried_out(self.second)

        (row,) = self.rows(central_models.BridgeNetwork)
        self.assertEqual(self.second, row.router_id)
        self.assertNotEqual(self.shared, row.network_id)
