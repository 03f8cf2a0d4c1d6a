# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Hosts of central whose clocks are an hour fast, and an hour slow."""

import itertools

from neutron_lib.db import api as db_api
import sqlalchemy as sa

from tests.unit import clocks
from tests.unit.central_presence import base
from tests.unit.central_presence import router_plans
from tricircle.conf import durations
from tricircle.db import clock
from tricircle.db.central import neutron_tables as tables
from tricircle.journal import router_intents

_PAIRS = tuple(itertools.product((*clocks.WRONG, 0.0), repeat=2))


class TestFloatingIPs(base.PresenceTestCase):
    """A floating IP's port, which is made before the floating IP is."""

    def half_made(self, wrong: float) -> tuple[str, str]:
        """Return an external network, and the port that stands alone there.

        :param wrong: by how much the clock is fast of the host that makes it
        """
        network = self.make_network(f'203.0.{len(self.made)}.0/24')
        self.made.append(network['id'])
        with clocks.host_clock(wrong):
            port = self.make(
                'port',
                network_id=network['id'],
                device_owner='network:floatingip',
                device_id='PENDING',
            )
        return network['id'], port['id']

    def setUp(self) -> None:
        super().setUp()
        self.made: list[str] = []

    def delete(self, network_id: str, wrong: float) -> int:
        with clocks.host_clock(wrong):
            answer = self.ask('DELETE', f'/networks/{network_id}')
        return int(answer.status)

    def test_one_that_is_being_made_is_not_taken_away(self) -> None:
        for first, second in _PAIRS:
            network_id, port_id = self.half_made(first)

            assert self.delete(network_id, second) == 409, (first, second)

            assert self.ask('GET', f'/ports/{port_id}').status == 200

    def test_one_that_was_left_over_keeps_no_network(self) -> None:
        for first, second in _PAIRS:
            network_id, port_id = self.half_made(first)
            self.grow_old(port_id)

            assert self.delete(network_id, second) == 204, (first, second)

    def grow_old(self, port_id: str) -> None:
        """Let the time pass in which a floating IP is made."""
        attributes, ports = tables.standard_attributes, tables.ports
        passed = f'-{durations.FLOATING_IP_AWAITED + 2} seconds'
        with db_api.CONTEXT_WRITER.using(self.context):
            self.context.session.execute(
                sa.update(attributes)
                .where(
                    attributes.c.id
                    == sa.select(ports.c.standard_attr_id)
                    .where(ports.c.id == port_id)
                    .scalar_subquery()
                )
                .values(
                    created_at=sa.func.strftime(
                        '%Y-%m-%d %H:%M:%f', attributes.c.created_at, passed
                    ).concat('000')
                )
            )


class TestSecondLooks(router_plans.PlanningTestCase):
    def test_a_look_comes_in_time(self) -> None:
        for first, second in _PAIRS:
            with clocks.host_clock(first):
                network = self.make_network()
                router_id = self.make_router()
                self.attach(router_id, network)
            with (
                clocks.host_clock(second),
                db_api.CONTEXT_WRITER.using(self.context),
            ):
                router_intents.look_again(self.context.session)
            assert self.wants_plan(router_id)


def test_the_clock_of_a_database_is_its_own() -> None:
    engine = sa.create_engine('sqlite://')
    with engine.connect() as connection:
        right = connection.scalar(sa.select(clock.Now()))
        for wrong in clocks.WRONG:
            with clocks.host_clock(wrong):
                found = connection.scalar(sa.select(clock.Now()))
            assert abs((found - right).total_seconds()) < 60
