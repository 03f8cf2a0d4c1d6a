# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Which documents that come along are looked at, and which only counted."""

from typing import Any
from unittest import mock

import sqlalchemy as sa

from tests.unit.local import base
from tricircle.db.local.models import Replica
from tricircle.db.local.models import State
from tricircle.local.engine import apply
from tricircle.local.engine import kinds
from tricircle.replica import types
from tricircle.replica.document import Document
from tricircle.replica.document import Generation

ID = '11111111-1111-4111-8111-111111111111'


class TestRequired(base.RegionTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.applied: list[int] = []
        self.handler = mock.Mock()
        for one in (
            mock.patch.object(
                kinds, 'applier', autospec=True, return_value=self.handler
            ),
            mock.patch.object(apply, '_apply_one', self._apply_one),
        ):
            one.start()
            self.addCleanup(one.stop)

    def _apply_one(self, context: Any, document: Document, pulled: bool):
        self.applied.append(document.generation.counter)

    def document(self, counter: int, name: str = 'a') -> Document:
        return Document(
            type=types.NETWORK,
            id=ID,
            region='RegionOne',
            generation=Generation(7, counter),
            body={'name': name},
        )

    def here(self, counter: int, **values: Any) -> None:
        """Note that a document with name ``a`` was applied."""
        self.mark(types.NETWORK, ID, state=State.PRESENT)
        self.update(
            epoch=7,
            counter=counter,
            digest=self.document(counter).digest,
            **values,
        )

    def update(self, **values: Any) -> None:
        with base.db_api.CONTEXT_WRITER.using(self.context):
            self.context.session.execute(sa.update(Replica).values(**values))

    def counter(self) -> int:
        with base.db_api.CONTEXT_READER.using(self.context):
            return int(self.context.session.scalar(sa.select(Replica.counter)))

    def require(self, *documents: Document) -> list[int]:
        """Return the counters of those that were applied."""
        apply._apply_required(self.context, documents, False)
        return self.applied

    def test_what_is_here_as_wanted_only_counts_on(self) -> None:
        self.here(3)

        self.assertEqual([], self.require(self.document(5)))

        self.assertEqual(5, self.counter())

    def test_what_is_later_here_stays(self) -> None:
        self.here(6)

        self.assertEqual([], self.require(self.document(5)))

        self.assertEqual(6, self.counter())

    def test_other_content_is_applied(self) -> None:
        self.here(3)

        self.assertEqual([5], self.require(self.document(5, 'b')))

        self.assertEqual(3, self.counter())

    def test_what_was_begun_and_not_ended_is_applied(self) -> None:
        self.here(3, state=State.APPLYING)

        self.assertEqual([5], self.require(self.document(5)))

    def test_what_was_deleted_is_applied(self) -> None:
        self.here(3, state=State.DELETED)

        self.assertEqual([5], self.require(self.document(5)))

    def test_what_somebody_is_at_is_applied(self) -> None:
        self.here(3, lease_owner='other')

        self.assertEqual([5], self.require(self.document(5)))

        self.assertEqual(3, self.counter())

    def test_after_a_restored_central_all_is_applied(self) -> None:
        self.here(3, state=State.PRESENT)
        self.update(epoch=6)

        self.assertEqual([5], self.require(self.document(5)))

    def test_what_is_not_here_is_applied(self) -> None:
        self.assertEqual([5], self.require(self.document(5)))
