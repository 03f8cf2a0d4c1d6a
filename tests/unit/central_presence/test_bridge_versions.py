# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""When a bridge network has an IPv6 subnet, and who is on it."""

from typing import Any

from tests.unit.central_presence import base
from tests.unit.central_presence.router_plans import PlanningTestCase
from tricircle.central.router import bridge_networks
from tricircle.db.central import models as central_models
from tricircle.plan.router import planner as router_plan
from tricircle.replica import types

FOUR, SIX = '100.0.0.0/24', 'fd74:7269:6369::/64'


class TestBridgeVersions(PlanningTestCase):
    def cidrs(self, router_id: str) -> list[str]:
        """Return the subnets of a router's bridge network."""
        (row,) = self.rows(central_models.BridgeNetwork, router_id=router_id)
        return sorted(
            one['cidr'] for one in self.subnets({'id': row.network_id})
        )

    def attach_v6(self, router_id: str, network: Any, number: int) -> None:
        subnet = self.make_subnet(network, f'2001:db8:{number}::/64')
        self.l3_plugin.add_router_interface(
            self.context, router_id, {'subnet_id': subnet['id']}
        )

    def test_there_is_no_ipv6_subnet_before_a_router_has_one(self):
        router_id, _, _ = self.t3()

        self.planned(router_id)

        self.assertEqual([FOUR], self.cidrs(router_id))
        self.assertEqual(
            {1}, {len(addresses) for addresses in self.legs().values()}
        )

    def test_an_ipv6_subnet_comes_with_the_first_on_a_router(self):
        router_id, first, _ = self.t3()
        self.planned(router_id)
        self.settle()
        before = self.legs()

        self.attach_v6(router_id, first, 1)
        self.planned(router_id)

        self.assertEqual([FOUR, SIX], self.cidrs(router_id))
        after = self.legs()
        for key, addresses in before.items():
            self.assertLess(addresses, after[key])
            self.assertEqual(2, len(after[key]))
        outside = router_plan.north_south_id(router_id)
        self.assertEqual(
            {'100.0.0.1', 'fd74:7269:6369::1'}, after[outside, 'RegionTwo']
        )
        (bridge,) = self.rows(central_models.BridgeNetwork)
        self.assertLessEqual(
            {
                *((types.ROUTER, *key) for key in before),
                *(
                    (types.NETWORK, bridge.network_id, region)
                    for region in ('RegionOne', 'RegionTwo')
                ),
            },
            self.pending(),
        )
        self.settle()
        self.planned(router_id)
        self.assertEqual(set(), self.pending())

    def test_another_router_s_ipv6_does_not_concern_an_ipv4_router(self):
        router_id, _, _ = self.t3()
        self.planned(router_id)
        self.settle()
        before = self.legs()
        other = self.make_router()
        networks = self.attach_in_both(other, first=5)
        self.attach_v6(other, networks[0], 5)

        self.planned(other)
        self.settle()
        self.planned(router_id)

        self.assertEqual([FOUR], self.cidrs(router_id))
        self.assertEqual(
            ['100.0.1.0/24', 'fd74:7269:6369:1::/64'], self.cidrs(other)
        )
        self.assertEqual(
            before,
            {
                key: addresses
                for key, addresses in self.legs().items()
                if key in before
            },
        )
        self.assertEqual(set(), self.pending())

    def ensure(self, router_id: str, *versions: int) -> str:
        return bridge_networks.ensure(router_id, base.PROJECT, versions)

    def test_to_ask_again_makes_nothing(self):
        router_id = self.make_router()
        made = self.ensure(router_id, 4, 6)

        for versions in ((4,), (4, 6), (6,)):
            self.assertEqual(made, self.ensure(router_id, *versions))

        self.assertEqual([FOUR, SIX], self.cidrs(router_id))

    def test_a_router_of_ipv6_alone_has_both(self):
        router_id = self.make_router()

        self.ensure(router_id, 6)

        self.assertEqual([FOUR, SIX], self.cidrs(router_id))

    def test_the_ipv6_subnet_is_the_counterpart_of_the_ipv4_subnet(self):
        router_id = self.make_router()
        self.ensure(self.make_router(), 4)
        self.ensure(router_id, 4)

        self.ensure(router_id, 6)

        self.assertEqual(
            ['100.0.1.0/24', 'fd74:7269:6369:1::/64'], self.cidrs(router_id)
        )

    def test_ipv6_stays_when_its_last_subnet_goes(self):
        router_id, first, _ = self.t3()
        self.attach_v6(router_id, first, 1)
        self.planned(router_id)
        self.settle()
        legs = self.legs()
        (subnet,) = (
            one for one in self.subnets(first) if one['ip_version'] == 6
        )

        self.l3_plugin.remove_router_interface(
            self.context, router_id, {'subnet_id': subnet['id']}
        )
        self.planned(router_id)

        self.assertEqual(legs, self.legs())
