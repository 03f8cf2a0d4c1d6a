# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A shadow port that two documents are at, at the same time.

As of a port that goes to another region: it is in another chunk there.
"""

import contextvars
import dataclasses
import itertools
from typing import Any
from unittest import mock

from neutron_lib import context as neutron_context

from tests.unit.local import documents
from tests.unit.local import plugin_base
from tricircle.conf import durations
from tricircle.local.engine import apply
from tricircle.local.engine import ledger
from tricircle.local.engine.lease import leases
from tricircle.replica import types
from tricircle.replica.document import Document


class ShadowsTestCase(plugin_base.PluginTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.network, self.group = documents.network(), documents.group()
        self.apply(self.group, self.network)

    def chunks(self) -> tuple[Document, Document]:
        """Return a chunk with a port, and another with it elsewhere."""
        first = documents.shadows(self.network, self.group, 'far')
        (port,), (agent,) = first.body['ports'], first.body['agents']
        other = documents.shadows(self.network, self.group, 'farther')
        body: dict[str, Any] = {
            **other.body,
            'chunk': 1,
            'ports': [{**port, 'region': 'RegionThree', 'host': 'farther'}],
            'agents': [{**agent, 'region': 'RegionThree', 'host': 'farther'}],
        }
        moved = documents.later(other, body)
        return first, dataclasses.replace(
            moved, id=types.shadow_id(self.network.id, 1)
        )

    def come(self, document: Document) -> None:
        """Carry a document out in another thread, which does not wait."""
        with mock.patch.object(durations, 'REPLICA_LEASE_AWAITED', 0.0):
            try:
                applied = apply.apply(
                    neutron_context.get_admin_context(), document
                )
            except Exception as error:
                self.assertIn('ReplicaBusy', f'{type(error).__name__} {error}')
                return
        self.done = applied['digest'] == document.digest


class TestMoves(ShadowsTestCase):
    def test_it_is_there_whichever_document_comes_first(self) -> None:
        for number in itertools.count(1):
            first, second = self.chunks()
            self.apply(first)
            self.done = False
            steps = self.at_step(number, self.come, second)
            apply.apply(
                self.context,
                documents.later(first, {'ports': [], 'agents': []}),
            )
            self.undo_step()
            if steps[0] < number:
                self.assertGreater(number, 4)
                return
            if not self.done:
                # XJob comes again.
                self.apply(documents.later(second, {}))
            self.assert_moved(second, number)
            for one in (first, second):
                apply.remove(self.context, one.type, one.id)

    def assert_moved(self, second: Document, number: int) -> None:
        (port,) = second.body['ports']
        row = self.row(ledger.SHADOW_PORT, port['id'])
        self.assertIsNotNone(row, number)
        self.assertEqual(second.id, row.parent_id)
        found = self.plugin.get_port(self.context, port['id'])
        self.assertEqual('farther', found['binding:host_id'], number)


class TestAskedFor(ShadowsTestCase):
    """A shadow goes while somebody asks central for its port."""

    def setUp(self) -> None:
        super().setUp()
        self.first, _ = self.chunks()
        self.apply(self.first)
        ((port),) = self.first.body['ports']
        self.port_id = port['id']
        self.without = documents.later(self.first, {'ports': [], 'agents': []})

    def exists(self) -> bool:
        found = self.plugin.get_ports(
            self.context, filters={'id': [self.port_id]}
        )
        return bool(found)

    def test_it_waits_until_the_port_has_come_or_not(self) -> None:
        with leases.leased(types.PORT, self.port_id) as asking:
            contextvars.Context().run(self.come, self.without)
            asking.forget()
        self.apply(documents.later(self.without, dict(self.without.body)))
        assert not self.exists()
        assert self.row(ledger.SHADOW_PORT, self.port_id) is None

    def test_what_somebody_asked_for_and_died_is_a_shadow(self) -> None:
        with leases.leased(types.PORT, self.port_id):
            pass
        self.apply(self.without)
        assert not self.exists()

    def test_it_does_not_take_the_port_that_came(self) -> None:
        (shadow,) = self.first.body['ports']
        port = documents.port(
            self.network,
            self.group,
            id=self.port_id,
            fixed_ips=shadow['fixed_ips'],
            mac_address=shadow['mac_address'],
        )
        self.apply(port)
        self.apply(self.without)
        assert self.exists()
