# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A floating IP that two routers' documents are at, at the same time."""

from collections.abc import Callable
import contextvars
from typing import Any
from unittest import mock

from tests.unit.local import test_floating_ips as floating
from tricircle.conf import durations
from tricircle.local.engine import refusals

OTHER = 'other'


class TestMoves(floating.FloatingIPTestCase):
    """It goes from one router to another, each in a thread of its own."""

    def setUp(self) -> None:
        super().setUp()
        self.one = floating.wanted('a')
        self.assertEqual([], self.put(self.one))

    def once_after(self, name: str, act: Callable[[], Any]) -> None:
        """Do something as another thread, once, in a call of the plugin."""
        call = getattr(self.plugin, name)
        left = [act]

        def called(*args: Any) -> Any:
            answer = call(*args)
            if left:
                contextvars.Context().run(left.pop())
            return answer

        target = floating.router_reads if name == 'read' else self.plugin
        patch = mock.patch.object(
            target, 'floating_ips' if name == 'read' else name, called
        )
        patch.start()
        self.addCleanup(patch.stop)

    def test_one_that_was_just_taken_is_not_deleted(self) -> None:
        self.once_after(
            'read',
            lambda: self.assertEqual([], self.put(self.one, router=OTHER)),
        )

        self.assertEqual([], self.put())

        self.assertEqual([self.one], self.here(OTHER))
        self.assertEqual([], self.here())
        self.assertEqual(1, len(self.plugin.rows))

    def test_one_that_is_just_being_deleted_is_made_anew(self) -> None:
        refused: list[Exception] = []

        def take() -> None:
            with mock.patch.object(durations, 'REPLICA_LEASE_AWAITED', 0.0):
                refused.extend(self.put(self.one, router=OTHER))

        self.once_after('delete_floatingip', take)

        self.assertEqual([], self.put())
        # It waited for longer than it would.
        self.assertEqual([], self.put(self.one, router=OTHER))

        for error in refused:
            self.assertIsInstance(error, refusals.ReplicaBusy)
        self.assertEqual([self.one], self.here(OTHER))
        self.assertEqual(1, len(self.plugin.rows))
