# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How long what was deleted is remembered, and what forgetting it costs."""

import datetime
from typing import Any
from unittest import mock

from neutron_lib.db import api as db_api
import sqlalchemy as sa
from sqlalchemy import event

from tests.unit.local import base
from tricircle.db.local.models import Replica
from tricircle.db.local.models import State
from tricircle.local.engine import ledger
from tricircle.local.telling import outbox
from tricircle.replica import types

HOUR = 3600.0


class TestTombstones(base.RegionTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.deletions: list[str] = []

        def note(
            connection: Any, cursor: Any, statement: str, *args: Any
        ) -> None:
            if statement.startswith('DELETE'):
                self.deletions.append(statement)

        event.listen(self.engine, 'before_cursor_execute', note)
        self.addCleanup(
            event.remove, self.engine, 'before_cursor_execute', note
        )

    def ids(self) -> set[str]:
        with db_api.CONTEXT_READER.using(self.context):
            return set(
                self.context.session.scalars(sa.select(Replica.resource_id))
            )

    def test_old_ones_that_central_knows_of_are_forgotten(self) -> None:
        for name in ('a', 'b', 'c'):
            self.mark(types.PORT, name, state=State.DELETED)
        self.mark(types.PORT, 'there')
        with db_api.CONTEXT_WRITER.using(self.context):
            outbox.enqueue(self.context.session, types.PORT, ['b'])

        with mock.patch.object(ledger, '_PIECE', 1):
            self.assertEqual(2, ledger.purge(-HOUR))

        self.assertEqual({'b', 'there'}, self.ids())

    def test_young_ones_stay(self) -> None:
        self.mark(types.PORT, 'a', state=State.DELETED)

        self.assertEqual(0, ledger.purge(HOUR))

        self.assertEqual({'a'}, self.ids())

    def test_announcements_that_nothing_came_of_are_forgotten(self) -> None:
        for name in ('old', 'young'):
            self.mark(ledger.ADOPTION, name, state=State.ANNOUNCED)
        with db_api.CONTEXT_WRITER.using(self.context):
            row = ledger.get(self.context.session, ledger.ADOPTION, 'old')
            assert row is not None
            row.updated_at = datetime.datetime(2020, 1, 1)

        self.assertEqual(1, ledger.purge(HOUR))

        self.assertEqual({'young'}, self.ids())

    def test_looking_for_them_locks_nothing(self) -> None:
        self.mark(types.PORT, 'a', state=State.DELETED)

        ledger.purge(HOUR)
        self.assertEqual([], self.deletions)
        ledger.purge(-HOUR)

        # By its key: a search would lock all that it comes by.
        (statement,) = self.deletions
        self.assertIn('resource_id', statement)
        self.assertNotIn('tricircle_outbox', statement)
