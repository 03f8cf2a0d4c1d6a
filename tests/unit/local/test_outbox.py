# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What of the outbox a sender takes."""

from neutron_lib.db import api as db_api
import sqlalchemy as sa

from tests.unit.local import base
from tricircle.db import clock
from tricircle.db.local import models as local_models
from tricircle.local.telling import outbox
from tricircle.replica import types

Entry = local_models.OutboxEntry


class TestClaims(base.RegionTestCase):
    def enqueue(self, *ids: str, delay: float = 0.0) -> None:
        with db_api.CONTEXT_WRITER.using(self.context):
            outbox.enqueue(self.context.session, types.PORT, ids, delay)

    def claimed(self, limit: int = 10) -> set[str]:
        return {one.resource_id for one in outbox.claim(limit)}

    def test_what_others_hold_takes_no_place(self) -> None:
        self.enqueue(*(f'a{number:02}' for number in range(10)))
        held = self.claimed(10)
        self.enqueue(*(f'b{number:02}' for number in range(10)))

        self.assertEqual(10, len(held))
        self.assertEqual(
            {f'b{number:02}' for number in range(10)}, self.claimed(10)
        )

    def test_what_is_held_is_nobody_elses(self) -> None:
        self.enqueue('a')
        self.assertEqual({'a'}, self.claimed())

        self.assertEqual(set(), self.claimed())

    def test_what_is_not_due_waits(self) -> None:
        self.enqueue('a', delay=60.0)

        self.assertEqual(set(), self.claimed())

    def test_what_a_dead_process_held_is_free(self) -> None:
        self.enqueue('a')
        (entry,) = outbox.claim(1)
        process, _slash, number = entry.owner.rpartition('/')
        name, machine, pid, _started = process.rsplit(':', 3)
        self.hold_as(f'{name}:{machine}:{pid}:1/{number}')

        self.assertEqual({'a'}, self.claimed())

    def test_what_another_container_of_the_host_holds_is_its(self) -> None:
        self.enqueue('a')
        (entry,) = outbox.claim(1)
        process, _slash, number = entry.owner.rpartition('/')
        name, machine, pid, _started = process.rsplit(':', 3)
        self.hold_as(f'{name}:{machine}0:{pid}:1/{number}')

        self.assertEqual(set(), self.claimed())

    def test_what_happens_during_a_report_that_fails_does_not_wait(
        self,
    ) -> None:
        self.enqueue('a')
        (entry,) = outbox.claim(1)
        self.enqueue('a')

        outbox.failed(entry, 'central is away', 300.0)

        self.assertEqual({'a'}, self.claimed())

    def test_what_failed_waits_until_central_answers_again(self) -> None:
        self.enqueue('a', 'b')
        for entry in outbox.claim(10):
            outbox.failed(entry, 'central is away', 300.0)
        self.assertEqual(set(), self.claimed())

        outbox.pull_forward()

        self.assertEqual({'a', 'b'}, self.claimed())

    def test_what_happened_during_a_report_is_reported_too(self) -> None:
        self.enqueue('a', 'b')
        for entry in outbox.claim(10):
            if entry.resource_id == 'a':
                self.enqueue('a')
            outbox.sent(entry)

        self.assertEqual({'a'}, self.claimed())

    def test_who_has_lost_an_entry_says_nothing_of_it(self) -> None:
        self.enqueue('a')
        (late,) = outbox.claim(1)
        self.hold_as('other')

        outbox.sent(late)
        outbox.failed(late, 'central is away', 300.0)

        self.assertEqual({'a'}, self.let_run_out())

    def let_run_out(self) -> set[str]:
        with db_api.CONTEXT_WRITER.using(self.context):
            self.context.session.execute(
                sa.update(Entry).values(lease_until=clock.Now(-1.0))
            )
        return self.claimed()

    def hold_as(self, owner: str) -> None:
        with db_api.CONTEXT_WRITER.using(self.context):
            self.context.session.execute(
                sa.update(Entry).values(lease_owner=owner)
            )
