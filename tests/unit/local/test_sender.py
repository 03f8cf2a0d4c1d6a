# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Who tells central what is in the outbox, and what becomes of it."""

import threading
from typing import Any
from unittest import mock

from neutron_lib.db import api as db_api
from oslo_config import cfg
import sqlalchemy as sa

from tests.unit.local import base
from tricircle.client import breaker
from tricircle.client import central_errors
from tricircle.conf import durations
from tricircle.conf import local as local_conf
from tricircle.db import clock
from tricircle.db import retries
from tricircle.db.local import models as local_models
from tricircle.local.engine import refusals
from tricircle.local.telling import outbox
from tricircle.local.telling import sender as senders
from tricircle.replica import types

Entry = local_models.OutboxEntry


class _Enough(BaseException):
    """Ends a thread's loop, which nothing else does."""


def _central_error() -> central_errors.CentralError:
    return central_errors.CentralError(500, 'Oops', 'not today')


class TestSender(base.RegionTestCase):
    def setUp(self) -> None:
        super().setUp()
        local_conf.register(cfg.CONF)
        cfg.CONF.set_override(
            'local_region_name', 'RegionOne', local_conf.GROUP
        )
        self.told: list[str] = []
        self.errors: dict[str, Exception] = {}
        self.looked: list[int] = []
        self.told_now: list[tuple[str, float]] = []
        self.central = mock.Mock(spec=['breaker'])
        self.central.breaker = breaker.Breaker(2, lambda _looks: 60.0)
        self.sender = senders.OutboxSender(
            cfg.CONF,
            self.central,
            {types.PORT: self.tell},
            self.tell_now,
            [lambda: self.looked.append(1)],
        )

    def tell(self, port_id: str) -> None:
        if port_id in self.errors:
            raise self.errors[port_id]
        self.told.append(port_id)

    def tell_now(self, port_id: str, seconds: float) -> None:
        self.tell(port_id)
        self.told_now.append((port_id, seconds))

    def enqueue(self, *ids: str, delay: float = 0.0) -> None:
        with db_api.CONTEXT_WRITER.using(self.context):
            outbox.enqueue(self.context.session, types.PORT, ids, delay)

    def entries(self) -> dict[str, Any]:
        with db_api.CONTEXT_READER.using(self.context):
            return {
                row.resource_id: row
                for row in self.context.session.execute(
                    sa.select(Entry.__table__)
                )
            }

    def seconds_until(self, entry: Any) -> float:
        with db_api.CONTEXT_READER.using(self.context):
            now = self.context.session.scalar(sa.select(clock.Now()))
        return float((entry.next_try_at - now).total_seconds())

    def test_what_is_due_is_told_and_forgotten(self) -> None:
        self.enqueue('a', 'b')
        self.enqueue('c', delay=60.0)

        self.assertEqual(2, self.sender.send_due())

        self.assertEqual({'a', 'b'}, set(self.told))
        self.assertEqual({'c'}, set(self.entries()))
        self.assertEqual(0, self.sender.send_due())

    def test_one_that_central_does_not_take_keeps_no_other_back(self) -> None:
        self.errors['a'] = _central_error()
        self.errors['b'] = ValueError('a defect')
        self.enqueue('a', 'b', 'c')

        self.assertEqual(1, self.sender.send_due())

        self.assertEqual(['c'], self.told)
        left = self.entries()
        self.assertEqual({'a', 'b'}, set(left))
        self.assertIn('not today', left['a'].reason)
        self.assertIn('ValueError: a defect', left['b'].reason)
        for entry in left.values():
            self.assertEqual(1, entry.attempts)
            self.assertIsNone(entry.lease_owner)
            wait = self.seconds_until(entry)
            self.assertGreater(wait, 0)
            self.assertLessEqual(wait, durations.REPORT_AGAIN_LONGEST)

    def test_a_replica_that_is_being_changed_is_no_defect(self) -> None:
        self.errors['a'] = refusals.ReplicaBusy(type='network', id='n')
        self.enqueue('a')

        with self.assertLogs(senders.__name__, 'WARNING') as logged:
            self.assertEqual(0, self.sender.send_due())

        self.assertIn('ReplicaBusy', self.entries()['a'].reason)
        (record,) = logged.records
        self.assertIn('try again', record.getMessage())
        self.assertIsNone(record.exc_info)

    def test_when_central_answers_again_all_that_failed_is_due(self) -> None:
        self.errors.update({one: _central_error() for one in 'ab'})
        self.enqueue('a', 'b')
        self.sender.send_due()
        self.errors.clear()
        outbox.pull_forward()

        sent = 0
        while self.entries():
            sent += self.sender.send_due()

        self.assertEqual(2, sent)

    def test_an_end_of_use_is_told_before_the_user_goes_on(self) -> None:
        self.enqueue('a')

        self.sender.tell_now('a', 2.0)

        self.assertEqual([('a', 2.0)], self.told_now)
        self.assertEqual({}, self.entries())

    def test_an_end_of_use_that_is_not_heard_is_told_later(self) -> None:
        self.errors['a'] = _central_error()
        self.enqueue('a')

        self.sender.tell_now('a', 2.0)

        self.assertIn('not today', self.entries()['a'].reason)

    def test_a_busy_database_keeps_no_user(self) -> None:
        with mock.patch.object(
            outbox,
            'claim_one',
            autospec=True,
            side_effect=retries.DatabaseBusy(tries=3, reason='busy'),
        ):
            self.sender.tell_now('a', 2.0)

        self.assertEqual([], self.told_now)

    def test_what_another_sender_tells_is_waited_for(self) -> None:
        # Of a call before; central is back.
        self.central.breaker.failed()
        self.enqueue('a')
        (entry,) = outbox.claim(1)
        looks: list[str] = []
        is_waiting = outbox.is_waiting

        def look(session: Any, *what: str) -> bool:
            looks.append(what[1])
            found = bool(is_waiting(session, *what))
            if len(looks) == 2:
                # Seen at the next look.
                outbox_sent.append(entry)
            return found

        outbox_sent: list[outbox.Entry] = []

        def pause(_seconds: float) -> None:
            while outbox_sent:
                outbox.sent(outbox_sent.pop())

        with (
            mock.patch.object(outbox, 'is_waiting', look),
            mock.patch.object(senders.time, 'sleep', pause),
        ):
            self.sender.tell_now('a', 60.0)

        self.assertEqual(3, len(looks))
        self.assertEqual([], self.told_now)

    def test_nobody_waits_for_a_central_that_does_not_answer(self) -> None:
        self.enqueue('a')
        outbox.claim(1)
        self.central.breaker.failed()
        self.central.breaker.failed()

        self.sender.tell_now('a', 600.0)

        self.assertEqual({'a'}, set(self.entries()))

    def test_nobody_waits_for_a_call_that_got_no_answer(self) -> None:
        self.enqueue('a')
        outbox.claim(1)

        def pause(_seconds: float) -> None:
            self.central.breaker.failed()

        with mock.patch.object(senders.time, 'sleep', pause):
            self.sender.tell_now('a', 600.0)

        self.assertEqual({'a'}, set(self.entries()))

    def test_what_no_request_does_is_done_now_and_then(self) -> None:
        self.sender.look_after()
        self.sender.look_after()
        self.assertEqual(1, len(self.looked))

        much_later = senders.time.monotonic() + 2 * durations.HOUSEKEEPING
        with mock.patch.object(senders.time, 'monotonic', lambda: much_later):
            self.sender.look_after()
        self.assertEqual(2, len(self.looked))

    def _run(self, *looks: Exception | None) -> None:
        """Run the loop until the one after the last of these looks ends it.

        :param looks: what they raise
        """
        outbox.due.set()
        self.addCleanup(outbox.due.clear)
        with (
            mock.patch.object(
                self.sender,
                'look_after',
                autospec=True,
                side_effect=[*looks, _Enough],
            ),
            mock.patch.object(senders.time, 'sleep', lambda _s: None),
            mock.patch.object(
                senders.back_off, 'about', lambda _seconds: 0.01
            ),
        ):
            self.assertRaises(_Enough, self.sender._run)

    def test_the_loop_tells_all_and_goes_on_after_a_defect(self) -> None:
        self.enqueue(*(f'a{number:02}' for number in range(25)))

        self._run(None, ValueError('a defect'), None)

        self.assertEqual(25, len(self.told))
        self.assertFalse(outbox.due.is_set())

    def test_a_process_sends_from_one_thread(self) -> None:
        started: list[str | None] = []

        def start(thread: threading.Thread) -> None:
            started.append(thread.name)

        with mock.patch.object(threading.Thread, 'start', start):
            for _again in range(2):
                self.sender.start()

            self.assertEqual(['tricircle-outbox'], started)
            # A fork has none of its threads.
            with mock.patch.object(senders.os, 'getpid', lambda: -1):
                self.sender.start()
        self.assertEqual(2, len(started))

    def test_it_starts_when_the_process_is_what_it_will_be(self) -> None:
        with (
            mock.patch.object(self.sender, 'start', autospec=True) as start,
            mock.patch.object(outbox, '_starters', []),
        ):
            self.sender.start_with_process()
            start.assert_not_called()
            senders.registry.publish(
                senders.resources.PROCESS,
                senders.events.AFTER_INIT,
                self,
                payload=None,
            )

            start.assert_called_once_with()
