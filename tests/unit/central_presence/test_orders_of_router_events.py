# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Routers of a project become what they are to be, whatever comes first."""

from collections.abc import Callable
import functools
import os
import random

from testtools import content

from tests.unit.central_presence import test_several_routers as several
from tricircle.db.central import models as central_models
from tricircle.plan.router import planner as router_plan
from tricircle.replica.held_ports import HeldPort

REGIONS = ('RegionOne', 'RegionTwo', 'RegionThree')
ROUTERS = 3

Event = Callable[[], object]


class TestOrders(several.SeveralRoutersTestCase):
    """Three routers over three regions, each with a way out in another."""

    def setUp(self) -> None:
        super().setUp()
        self.outsides = [
            self.outside(region, number)
            for number, region in enumerate(REGIONS, 1)
        ]

    def events(self, number: int) -> tuple[str, list[Event]]:
        """Return a router, and what a tenant does with it."""
        router_id = self.make_router()
        made: list[Event] = [
            functools.partial(
                self.set_gateway, router_id, self.outsides[number]
            )
        ]
        for index, region in enumerate(REGIONS):
            prefix = 10 * number + index
            # Not every router has IPv6.
            six = [f'fd00:{prefix}::/64'] if number else []
            network = self.make_network(
                f'10.0.{prefix}.0/24', *six, availability_zone_hints=[region]
            )
            made += [
                functools.partial(self.attach, router_id, network),
                functools.partial(self.boot, network, region),
            ]
        return router_id, made

    def test_the_end_is_the_same(self) -> None:
        # One order takes as long as a dozen other tests: CI has always the
        # same, everybody else another.
        seed = 1 if os.environ.get('CI') else random.randrange(1_000_000)
        self.addDetail('seed', content.text_content(str(seed)))
        chances = random.Random(seed)
        routers, events = [], []
        for number in range(ROUTERS):
            router_id, made = self.events(number)
            routers.append(router_id)
            events += made
        for event in chances.sample(events, len(events)):
            event()
            chance = chances.randrange(10)
            if chance < ROUTERS:
                # A plan comes, or a region answers, in between.
                self.plan(routers[chance])
            elif chance == ROUTERS:
                self.settle()

        self.carried_out(*routers)
        for number, router_id in enumerate(routers):
            self.assert_whole(router_id, REGIONS[number], number > 0)
        every = [one for found in self.legs().values() for one in found]
        self.assertEqual(len(every), len(set(every)))

        order = chances.sample(routers, len(routers))
        for gone in range(1, ROUTERS + 1):
            self.delete_router(order[gone - 1])
            self.carried_out(*order)
            for router_id in order[gone:]:
                number = routers.index(router_id)
                self.assert_whole(router_id, REGIONS[number], number > 0)
        self.assertEqual([], self.rows(central_models.BridgeNetwork))
        self.assertEqual([], self.rows(central_models.RouterPiece))
        self.assertEqual(
            [],
            self.rows(central_models.ReservedPort, kind=HeldPort.BRIDGE_LEG),
        )

    def assert_whole(self, router_id: str, outside: str, six: bool) -> None:
        """Assert that a router leads everywhere, by its own way out."""
        documents = self.documents(router_id)
        out = router_plan.north_south_id(router_id)
        self.assertEqual(
            {*((router_id, one) for one in REGIONS), (out, outside)},
            {*documents},
        )
        self.assertEqual(self.inner_leg(router_id), self.way_out(router_id))
        versions = 2 if six else 1
        self.assertEqual(versions, len(self.way_out(router_id)))
        for key, body in documents.items():
            there = len(REGIONS) - (1 if key[0] == router_id else 0)
            self.assertEqual(there * versions, len(body['routes']), key)
