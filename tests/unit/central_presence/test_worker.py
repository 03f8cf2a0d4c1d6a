# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What central does by itself: routers are laid out where the change is."""

import threading
from typing import Any
from unittest import mock

from neutron_lib.callbacks import events
from neutron_lib.callbacks import resources
from oslo_utils import timeutils
import sqlalchemy as sa

from tests.unit.central_presence import base
from tests.unit.central_presence import router_plans
from tricircle.central.engine import worker
from tricircle.central.router import looks
from tricircle.central.router import planning
from tricircle.db import session as sessions
from tricircle.db.central import models as central_models
from tricircle.journal import claims
from tricircle.journal import intent
from tricircle.journal import router_intents
from tricircle.journal import wakeup
from tricircle.replica import types

CENTRAL = 'central'
#: The base of these tests has nobody woken.
AFTER_COMMIT = wakeup.after_commit


class Killed(BaseException):
    """The process is no more."""


class WorkerTestCase(router_plans.PlanningTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.enterContext(
            mock.patch.object(
                sessions, '_manager', base.db_api.get_context_manager()
            )
        )

    def worker(self, carry_out: Any = planning.plan) -> worker.Worker:
        """Return what a process of central has, whose thread is the test."""
        return worker.Worker(
            {types.ROUTER_PLAN: carry_out}, [looks.look_again]
        )

    def plan_of(self, router_id: str) -> Any:
        rows = self.rows(
            central_models.JournalEntry,
            resource_type=types.ROUTER_PLAN,
            resource_id=router_id,
        )
        return rows[0] if rows else None

    def change_entry(self, router_id: str, **values: Any) -> None:
        entry = central_models.JournalEntry
        with base.db_api.CONTEXT_WRITER.using(self.context):
            self.context.session.execute(
                sa.update(entry)
                .where(
                    entry.resource_type == types.ROUTER_PLAN,
                    entry.resource_id == router_id,
                )
                .values(**values)
            )


class TestJobs(WorkerTestCase):
    def test_a_change_is_planned_without_xjob(self):
        router_id, _, _ = self.t3()
        self.assertTrue(self.plan_of(router_id).pending)

        self.worker().work()

        plan = self.plan_of(router_id)
        self.assertFalse(plan.pending)
        self.assertIsNone(plan.lease_owner)
        self.assertIn((types.ROUTER, router_id, 'RegionOne'), self.pending())

    def test_what_is_gone_leaves_no_job(self):
        router_id = self.make_router()
        with base.db_api.CONTEXT_WRITER.using(self.context):
            router_intents.record(self.context.session, [router_id])
        self.l3_plugin.delete_router(self.context, router_id)
        self.assertIsNotNone(self.plan_of(router_id))

        self.worker().work()

        self.assertIsNone(self.plan_of(router_id))

    def test_who_dies_between_the_commit_and_the_plan_loses_nothing(self):
        router_id, _, _ = self.t3()

        def die(_router_id: str) -> bool:
            raise Killed

        with self.assertRaises(Killed):
            self.worker(die).work()
        self.assertTrue(self.plan_of(router_id).pending)
        # Another process finds it when the lease has run out.
        self.worker().work()
        self.assertTrue(self.plan_of(router_id).pending)
        self.change_entry(router_id, lease_until=timeutils.utcnow())
        self.worker().work()

        self.assertFalse(self.plan_of(router_id).pending)

    def test_who_dies_after_the_plan_loses_nothing(self):
        router_id, _, _ = self.t3()

        def plan_and_die(one: str) -> bool:
            planning.plan(one)
            raise Killed

        with self.assertRaises(Killed):
            self.worker(plan_and_die).work()
        before = self.rows(central_models.ReservedPort)
        self.change_entry(router_id, lease_until=timeutils.utcnow())
        self.worker().work()

        self.assertFalse(self.plan_of(router_id).pending)
        self.assertEqual(
            [one.port_id for one in before],
            [one.port_id for one in self.rows(central_models.ReservedPort)],
        )

    def test_one_that_fails_shows_why_and_comes_less_and_less_often(self):
        router_id, _, _ = self.t3()

        def fail(one: str) -> bool:
            raise planning.NotPlanned(router_id=one, reason='it is full')

        waits = []
        for attempts in range(1, 12):
            self.worker(fail).work()
            plan = self.plan_of(router_id)
            self.assertEqual(attempts, plan.attempts)
            self.assertIn('it is full', plan.reason)
            waits.append(
                (plan.next_try_at - timeutils.utcnow()).total_seconds()
            )
            self.change_entry(router_id, next_try_at=timeutils.utcnow())

        self.assertLessEqual(waits[0], 1.0)
        self.assertTrue(100 < waits[-1] <= 300, waits)

    def test_one_that_fails_keeps_no_other_back(self):
        poisoned, _, _ = self.t3()
        other = self.make_router()
        with base.db_api.CONTEXT_WRITER.using(self.context):
            router_intents.record(self.context.session, [other])

        def plan(one: str) -> bool:
            if one == poisoned:
                raise RuntimeError('who knows')
            return planning.plan(one)

        self.worker(plan).work()

        self.assertFalse(self.plan_of(other).pending)
        self.assertIn('RuntimeError', self.plan_of(poisoned).reason)

    def test_what_is_no_router_is_ended(self):
        for one in ('x', '../networks/n/replicas/RegionTwo?x='):
            with base.db_api.CONTEXT_WRITER.using(self.context):
                router_intents.record(self.context.session, [one])

            self.worker().work()

            self.assertIsNone(self.plan_of(one))

    def test_what_was_recorded_under_another_name_is_planned(self):
        """As by a program that is configured otherwise than central."""
        router_id = self.make_router()
        with base.db_api.CONTEXT_WRITER.using(self.context):
            intent.record(
                self.context.session,
                [intent.Intent(types.ROUTER_PLAN, router_id, 'Another')],
            )

        self.worker().work()

        self.assertFalse(self.plan_of(router_id).pending)

    def test_looks_are_made_up_for(self):
        network = self.make_network()
        router_id = self.make_router()
        with base.db_api.CONTEXT_WRITER.using(self.context):
            router_intents.record_on(self.context.session, network['id'])
        self.attach(router_id, network)
        self.wants_plan(router_id)

        self.worker().work()

        self.assertFalse(self.plan_of(router_id).pending)
        self.assertEqual([], self.rows(central_models.RouterLook))

    def test_what_regions_are_to_have_is_left_to_xjob(self):
        self.t3()
        self.worker().work()
        before = self.pending()

        self.worker().work()

        self.assertTrue(before)
        self.assertEqual(before, self.pending())

    def test_xjob_leaves_to_central_what_is_for_central(self):
        router_id, _, _ = self.t3()

        self.assertEqual([], claims.claim(CENTRAL, 'xjob', 100, 60.0))

        self.assertTrue(self.plan_of(router_id).pending)


class TestLife(WorkerTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.planned_in: list[tuple[str, str]] = []
        self.is_planned = threading.Event()
        self.made = self.worker(self._note)
        self.addCleanup(self.made.stop)
        # Its thread has a database of its own here.
        for name in ('take_from_the_dead', 'give_back'):
            self.enterContext(mock.patch.object(claims, name, autospec=True))
        self.works = self.enterContext(
            mock.patch.object(self.made, 'work', self._note_work)
        )

    def _note(self, router_id: str) -> bool:
        return False

    def _note_work(self) -> None:
        self.planned_in.append(threading.current_thread().name)
        self.is_planned.set()

    def started(self) -> None:
        self.made.start_with_process()
        # Not published: the plugin's own would begin as well.
        self.made._initialized(resources.PROCESS, events.AFTER_INIT, self)
        self.assertTrue(self.is_planned.wait(10))
        self.is_planned.clear()

    def test_it_works_in_a_thread_of_its_own_once_the_process_is_there(self):
        self.made.start_with_process()
        self.made.wake()
        self.assertIsNone(self.made._thread)

        self.started()

        self.assertEqual({'tricircle-worker'}, set(self.planned_in))

    def test_a_commit_wakes_it_and_no_broker_is_asked(self):
        self.set_option('journal_poll_interval', 600)
        self.started()
        router_id = self.make_router()

        with (
            mock.patch.object(wakeup, 'after_commit', AFTER_COMMIT),
            mock.patch.object(wakeup, '_caster', autospec=True) as caster,
            base.db_api.CONTEXT_WRITER.using(self.context),
        ):
            router_intents.record(self.context.session, [router_id])

        self.assertTrue(self.is_planned.wait(10))
        caster.assert_not_called()

    def test_it_stops_and_gives_back_what_it_holds(self):
        self.started()

        self.made.stop()

        self.assertFalse(self.made._thread.is_alive())
        claims.give_back.assert_called_with(self.made._owner)

    def test_a_process_that_was_forked_has_a_thread_of_its_own(self):
        self.started()
        first = self.made._thread
        with mock.patch.object(worker.os, 'getpid', lambda: 1):
            self.made.wake()
            self.assertIsNot(first, self.made._thread)
            self.made.stop()
        first.join(10)
