# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What subnets become in a region by the routers that are on them."""

from typing import Any

from tests.unit.central_presence.routers import RouterTestCase
from tricircle.replica import types
from tricircle.replica.held_ports import HeldPort


class TestSubnetsOfRouters(RouterTestCase):
    def subnet(self, network: dict[str, Any], region: str) -> dict[str, Any]:
        document = self.document(types.NETWORK, network['id'], region)
        (found,) = document.body['subnets']
        return dict(found)

    def t6(self) -> dict[str, Any]:
        """One network with a local router in each of two regions."""
        network = self.make_network('10.0.3.0/24')
        for region in ('RegionOne', 'RegionTwo'):
            self.pulled('network', network['id'], region)
        self.attach(self.make_router('RegionOne'), network)
        self.attach(self.make_router('RegionTwo'), network, '10.0.3.222')
        return network

    def test_a_local_router_is_the_gateway_of_its_region(self):
        network = self.t6()

        one = self.subnet(network, 'RegionOne')
        two = self.subnet(network, 'RegionTwo')

        self.assertEqual('10.0.3.1', one['gateway_ip'])
        self.assertEqual('10.0.3.222', two['gateway_ip'])
        self.assertEqual(
            [
                {'start': '10.0.3.1', 'end': '10.0.3.221'},
                {'start': '10.0.3.223', 'end': '10.0.3.254'},
            ],
            two['allocation_pools'],
        )
        self.assertEqual([], one['host_routes'])

    def test_other_regions_keep_the_gateway_reserved_for_them(self):
        network = self.t6()
        self.pulled('network', network['id'], 'RegionThree')

        self.assertEqual(
            self.reserved(network['id'], 'RegionThree')['gateway'],
            [self.subnet(network, 'RegionThree')['gateway_ip']],
        )

    def test_host_routes_lead_to_a_router_that_is_no_gateway(self):
        _, networks = self.t5()

        one = self.subnet(networks[0], 'RegionOne')

        # Of the user's port: no other region can need an address there.
        self.assertEqual(
            [{'destination': '10.0.2.0/24', 'nexthop': '10.0.1.200'}],
            one['host_routes'],
        )
        reserved = self.reserved(networks[0]['id'])
        self.assertNotIn(HeldPort.INTERFACE, reserved)
        self.assertEqual(reserved['gateway'], [one['gateway_ip']])

    def t5(self) -> tuple[str, list[dict[str, Any]]]:
        """A router beside the gateways of two local networks."""
        router_id = self.make_router()
        networks = []
        for number, region in enumerate(('RegionOne', 'RegionTwo'), start=1):
            one = self.make_network(
                f'10.0.{number}.0/24', availability_zone_hints=[region]
            )
            # First: what follows may have any address that is free.
            self.attach(router_id, one, f'10.0.{number}.200')
            self.boot(one, region)
            networks.append(one)
        self.make_pieces(router_id)
        return router_id, networks

    def test_the_way_out_and_the_way_across_are_different_routers(self):
        _, networks = self.t5()
        for region, network in zip(
            ('RegionOne', 'RegionTwo'), networks, strict=True
        ):
            self.attach(self.make_router(region), network)

        one, two = (
            self.subnet(network, region)
            for region, network in zip(
                ('RegionOne', 'RegionTwo'), networks, strict=True
            )
        )

        self.assertEqual('10.0.1.1', one['gateway_ip'])
        self.assertEqual('10.0.2.1', two['gateway_ip'])
        self.assertEqual(
            [('10.0.2.0/24', '10.0.1.'), ('10.0.1.0/24', '10.0.2.')],
            [
                (route['destination'], route['nexthop'][:7])
                for subnet in (one, two)
                for route in subnet['host_routes']
            ],
        )

    def test_a_user_s_host_route_to_the_same_place_stays(self):
        _, networks = self.t5()
        (subnet,) = self.subnets(networks[0])
        routes = [{'destination': '10.0.2.0/24', 'nexthop': '10.0.1.77'}]
        self.plugin.update_subnet(
            self.context, subnet['id'], {'subnet': {'host_routes': routes}}
        )

        self.assertEqual(
            routes, self.subnet(networks[0], 'RegionOne')['host_routes']
        )

    def test_ours_do_not_show_in_central(self):
        _, networks = self.t5()

        (subnet,) = self.subnets(networks[0])

        self.assertEqual([], subnet['host_routes'])
        self.assertEqual('10.0.1.1', subnet['gateway_ip'])

    def test_networks_that_no_router_is_on_take_one_statement_more(self):
        network = self.make_network('10.0.1.0/24')
        self.pulled('network', network['id'])

        with self.statements() as made:
            self.subnet(network, 'RegionOne')

        asked = [one for one in made if 'router_extra_attributes' in one]
        self.assertEqual(1, len(asked))
        self.assertEqual([], [one for one in made if 'routerroutes' in one])
