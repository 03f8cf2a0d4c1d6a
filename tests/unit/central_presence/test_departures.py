# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Regions that leave, and regions that are lost, step by step."""

import uuid

import sqlalchemy as sa

from tests.unit.central_presence import base
from tests.unit.central_presence.base import db_api
from tricircle.central.departure import steps
from tricircle.db.central import models as central_models
from tricircle.db.central import presence as presence_db
from tricircle.db.central.pod import departures
from tricircle.db.central.pod import pods
from tricircle.replica import types

Journal = central_models.JournalEntry


class DepartureTestCase(base.PresenceTestCase):
    """What central does, with XJob's part done by hand."""

    def setUp(self):
        super().setUp()
        self.network = self.make_network()
        self.pulled(types.NETWORK, self.network['id'])
        (self.pod_id,) = (
            row.pod_id
            for row in self.rows(central_models.Pod)
            if row.region_name == 'RegionOne'
        )

    def do(self, function, *arguments):
        with db_api.CONTEXT_WRITER.using(self.context):
            found = function(self.context.session, *arguments)
            self.context.session.flush()
        self.context.session.expire_all()
        return found

    def drain(self, force=False):
        self.do(departures.drain, self.pod_id, force)

    def settle(self):
        """Have the region do whatever it is asked for; return what it was."""
        with db_api.CONTEXT_WRITER.using(self.context):
            session = self.context.session
            found = session.execute(
                sa.select(
                    central_models.ResourceRouting.resource_type,
                    central_models.ResourceRouting.top_id,
                )
                .join(
                    Journal,
                    Journal.resource_id
                    == central_models.ResourceRouting.top_id,
                )
                .where(
                    Journal.region_name == 'RegionOne',
                    Journal.resource_type
                    == central_models.ResourceRouting.resource_type,
                    central_models.ResourceRouting.pod_id == self.pod_id,
                    Journal.counter > 1,
                )
            ).all()
            for kind, one in found:
                presence_db.revoke(session, kind, one, 'RegionOne')
                session.execute(
                    sa.delete(Journal).where(
                        Journal.resource_id == one,
                        Journal.region_name == 'RegionOne',
                    )
                )
        return {row.resource_type for row in found}


class TestDrain(DepartureTestCase):
    def confirm_all(self):
        with db_api.CONTEXT_WRITER.using(self.context):
            self.context.session.execute(
                sa.update(Journal)
                .where(Journal.region_name == 'RegionOne')
                .values(applied=Journal.counter, pending=False)
            )

    def test_what_uses_others_goes_before_them_and_then_the_pod(self):
        port = self.allocated(self.network['id'])
        addresses = base.ipam_allocations(self)
        self.confirm_all()
        self.drain()
        order = []
        for _ in range(10):
            if steps.depart(self.pod_id):
                break
            order.append(self.settle())

        self.assertEqual({types.PORT}, order[0])
        self.assertEqual({types.NETWORK}, order[1])
        self.assertIn({types.SECURITY_GROUP}, order[2:])
        self.assertEqual([], self.rows(central_models.ReservedPort))
        self.assertNotIn(
            'RegionOne',
            [row.region_name for row in self.rows(central_models.Pod)],
        )
        # The tenant's port keeps its address, the region's own are free.
        left = base.ipam_allocations(self)
        self.assertLess(len(left), len(addresses))
        self.assertIn(port['fixed_ips'][0]['ip_address'], left)

    def test_a_port_in_use_keeps_it_and_is_named(self):
        port = self.allocated(self.network['id'])
        self.report(port['id'])

        with self.assertRaisesRegex(pods.PodConflict, port['id']):
            self.do(departures.drain, self.pod_id, False)

    def test_by_force_nothing_uses_it_any_more(self):
        port = self.allocated(self.network['id'])
        self.report(port['id'])

        self.drain(force=True)
        steps.depart(self.pod_id)

        shown = self.plugin.get_port(self.context, port['id'])
        self.assertEqual('DOWN', shown['status'])
        self.assertEqual('', shown['device_id'])
        self.assertEqual('', shown['binding:host_id'])
        (location,) = self.rows(base.PortLocation)
        self.assertFalse(location.release)

    def test_it_is_given_nothing_and_is_in_no_scope(self):
        self.drain()
        other = self.make_network('10.0.9.0/24')

        for answer in (
            self.pull(types.NETWORK, other['id']),
            self.allocate(self.network['id']),
        ):
            self.assertEqual(409, answer.status, answer)
            self.assertEqual('RegionLeaves', answer.error['type'])
        answer = self.ask(
            'POST',
            '/networks',
            {'network': {'availability_zone_hints': ['RegionOne']}},
        )
        self.assertEqual(404, answer.status, answer)
        self.assertEqual([], self.presence(other['id']))

    def test_who_stops_it_keeps_what_is_left(self):
        self.drain()
        self.do(departures.stop, self.pod_id)

        self.assertTrue(steps.depart(self.pod_id))
        self.assertEqual(['RegionOne'], self.presence(self.network['id']))
        self.allocated(self.network['id'])

    def test_who_looks_has_each_pod_looked_after_once(self):
        self.drain()
        steps.look()
        steps.look()

        (row,) = self.rows(Journal, resource_type=types.DEPARTURE)
        self.assertEqual((self.pod_id, 1), (row.resource_id, row.counter))


class TestLost(DepartureTestCase):
    def give_up(self, ends=False):
        self.do(departures.give_up, self.pod_id, ends)
        for _ in range(5):
            if steps.depart(self.pod_id):
                return
        self.fail('it does not come to an end')

    def test_a_port_that_was_there_is_in_no_region_and_keeps_its_address(
        self,
    ):
        port = self.allocated(self.network['id'])
        self.report(port['id'])

        self.give_up()

        self.assertEqual([], self.presence(port['id']))
        self.assertEqual([], self.rows(Journal, region_name='RegionOne'))
        self.assertEqual([], self.rows(central_models.ReservedPort))
        shown = self.plugin.get_port(self.context, port['id'])
        self.assertEqual(port['fixed_ips'], shown['fixed_ips'])
        self.assertEqual(('DOWN', ''), (shown['status'], shown['device_id']))

    def test_an_address_that_waited_for_it_is_given_out(self):
        port = self.allocated(self.network['id'])
        self.report(port['id'])
        self.plugin.delete_port(self.context, port['id'])
        wanted = {'ip_address': port['fixed_ips'][0]['ip_address']}

        def asked():
            return self.ask(
                'POST',
                '/ports',
                {
                    'port': {
                        'network_id': self.network['id'],
                        'fixed_ips': [wanted],
                    }
                },
            )

        self.assertEqual(409, asked().status)
        self.give_up()

        self.assertEqual(201, asked().status)

    def test_what_it_says_is_refused_until_it_joins_anew(self):
        port = self.allocated(self.network['id'])
        self.give_up()
        for answer in (
            self.report(port['id']),
            self.pull(types.NETWORK, self.network['id']),
            self.allocate(self.network['id'], port_id=str(uuid.uuid4())),
        ):
            self.assertEqual(403, answer.status, answer)
            self.assertEqual('RegionGone', answer.error['type'])
        self.do(pods.delete, self.pod_id)
        self.assertEqual(403, self.report(port['id']).status)

        self.do(pods.create, 'RegionOne', 'az1')

        self.pulled(types.NETWORK, self.network['id'])

    def test_it_goes_with_the_pod_if_that_was_said(self):
        self.give_up(ends=True)

        self.assertEqual(
            [], self.rows(central_models.Pod, region_name='RegionOne')
        )

    def test_it_cannot_be_taken_back(self):
        self.give_up()

        for function in (
            lambda session: departures.stop(session, self.pod_id),
            lambda session: departures.drain(session, self.pod_id, True),
        ):
            with self.assertRaises(pods.PodConflict):
                self.do(function)
