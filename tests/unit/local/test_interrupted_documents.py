# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Somebody else acts between two steps of a document that is applied.

Each test has that happen before every step in turn: a user of the region
deletes the port, or central has it removed or released. Nothing of the
document comes after that. :mod:`tests.unit.local.test_interrupted_kinds` has
the same of every kind.
"""

from collections.abc import Callable
import contextlib
import itertools
from typing import Any
from unittest import mock

from neutron.objects import ports as port_objects
from neutron_lib import context as neutron_context
from neutron_lib import exceptions

from tests.unit.local import documents
from tests.unit.local import plugin_base
from tricircle.conf import durations
from tricircle.db.local.models import State
from tricircle.local.engine import apply
from tricircle.local.engine import refusals
from tricircle.replica import types
from tricircle.replica.document import Document

Act = Callable[[Document], Any]
Later = Callable[[Document], Document]


class SteppedTestCase(plugin_base.PluginTestCase):
    def setUp(self) -> None:
        super().setUp()
        # Nobody waits for a lease here: the other cannot go on meanwhile.
        patch = mock.patch.object(durations, 'REPLICA_LEASE_AWAITED', 0.0)
        patch.start()
        self.addCleanup(patch.stop)
        self.group = documents.group(documents.rule(22))
        self.other = documents.group(documents.rule(80))
        self.network = documents.network()
        self.apply(self.group, self.other, self.network)

    def each_step(
        self,
        make: Callable[[], Document],
        change: Later,
        act: Act,
        check: Act,
        at_least: int,
        *,
        here: bool = True,
    ) -> None:
        """Apply a document, once for each of its steps, with an interruption.

        :param make: returns a document of a fresh resource
        :param change: returns the one to interrupt
        :param act: what somebody else does meanwhile
        :param check: looks at what is here in the end
        :param at_least: steps that the change has
        :param here: apply what `make` returns before
        """
        for number in itertools.count(1):
            first = make()
            if here:
                self.apply(first)
            steps = self.at_step(number, act, first)
            with contextlib.suppress(
                refusals.ReplicaDeleted, refusals.ReplicaBusy
            ):
                apply.apply(self.context, change(first), pulled=True)
            self.undo_step()
            if steps[0] < number:
                self.assertGreater(number, at_least)
                apply.remove(self.context, first.type, first.id)
                return
            check(first)
            if self.row(first.type, first.id).state != State.DELETED:
                apply.remove(self.context, first.type, first.id)


class TestPorts(SteppedTestCase):
    def port(self) -> Document:
        return documents.port(self.network, self.group)

    def change(self, port: Document) -> Document:
        return documents.changed(
            port,
            name='x',
            security_groups=[self.other.id],
            extra_dhcp_opts=[
                {'opt_name': 'a', 'opt_value': 'b', 'ip_version': 4}
            ],
            tags=['a'],
        )

    def delete(self, port: Document) -> None:
        self.plugin.delete_port(neutron_context.get_admin_context(), port.id)

    def assert_deleted(self, port: Document) -> None:
        self.assertFalse(
            port_objects.Port.objects_exist(self.context, id=port.id)
        )
        row = self.row(types.PORT, port.id)
        self.assertEqual(State.DELETED, row.state)
        self.assertIn('"by_region": true', row.detail)
        self.assertIn((types.PORT, port.id), self.waiting())

    def assert_here(self, port: Document) -> None:
        self.assertEqual(
            'x', self.plugin.get_port(self.context, port.id)['name']
        )
        self.assertEqual(State.PRESENT, self.row(types.PORT, port.id).state)

    def test_a_port_that_a_user_deletes_does_not_come_back(self) -> None:
        self.each_step(
            self.port, self.change, self.delete, self.assert_deleted, 4
        )

    def test_a_port_is_gone_that_is_deleted_before_the_answer_came(
        self,
    ) -> None:
        def delete(port: Document) -> None:
            with contextlib.suppress(exceptions.PortNotFound):
                self.delete(port)

        def check(port: Document) -> None:
            # Where it was not here yet there was nothing to delete.
            if self.row(types.PORT, port.id).state == State.DELETED:
                self.assert_deleted(port)
            else:
                self.assert_here(port)

        self.each_step(self.port, self.change, delete, check, 3, here=False)

    def test_what_central_removes_meanwhile_is_refused(self) -> None:
        def remove(port: Document) -> None:
            self.assertRaises(
                refusals.ReplicaBusy,
                apply.remove,
                neutron_context.get_admin_context(),
                types.PORT,
                port.id,
                release=True,
            )

        self.each_step(self.port, self.change, remove, self.assert_here, 4)

    def test_what_a_user_deleted_is_not_released_to_another_region(
        self,
    ) -> None:
        port = self.port()
        self.apply(port)
        self.delete(port)

        self.assertRaises(
            refusals.ReplicaDeleted,
            apply.remove,
            self.context,
            types.PORT,
            port.id,
            release=True,
        )

        self.assert_deleted(port)

    def test_a_user_who_deletes_before_a_removal_ends_is_heard(self) -> None:
        for number in itertools.count(1):
            port = self.port()
            self.apply(port)
            steps = self.at_step(number, self.delete, port)
            with contextlib.suppress(refusals.ReplicaDeleted):
                apply.remove(self.context, types.PORT, port.id)
            self.undo_step()
            if steps[0] < number:
                self.assertGreater(number, 1)
                return
            with contextlib.suppress(refusals.ReplicaNotFound):
                apply.remove(self.context, types.PORT, port.id)
            self.assert_deleted(port)
