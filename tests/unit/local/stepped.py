# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A region in which documents of every kind are interrupted at each step.

One region a module: what a test leaves is what it asserts that nothing does.
"""

from collections.abc import Callable, Iterator
import contextlib
import dataclasses
import functools
import itertools
from typing import Any, ClassVar
from unittest import mock

from neutron.services.qos.drivers.openvswitch import driver as ovs_driver
from neutron_lib import context as neutron_context
from neutron_lib.db import model_base
import sqlalchemy as sa

from tests.unit.local import documents
from tests.unit.local import plugin_base
from tricircle.conf import durations
from tricircle.db import owner
from tricircle.db.local.models import OutboxEntry
from tricircle.db.local.models import Replica
from tricircle.db.local.models import State
from tricircle.local.engine import apply
from tricircle.local.engine import refusals
from tricircle.local.engine.api import read_back
from tricircle.replica.document import Document

Act = Callable[[], object]

#: What whoever was given up for dead may meet.
TAKEN = (
    refusals.ReplicaBusy,
    refusals.ReplicaDeleted,
    refusals.ReplicaNotFound,
)
#: What the region keeps of what was there, or does not know to be gone.
_KEPT = frozenset(
    (OutboxEntry.__tablename__, Replica.__tablename__, 'quotausages')
)


class Running(plugin_base.PluginTestCase):
    """RegionOne, with a plugin for everything that central has documents of.

    Other tests need not have them loaded; here they are for all of a module.
    """

    extension_drivers: ClassVar = ['port_security', 'qos']
    service_plugins: ClassVar = {
        one: one
        for one in ('trunk', 'qos', 'port_forwarding', 'conntrack_helper')
    }

    def runTest(self) -> None:
        """Be a test case, though none that runs."""

    def counts(self) -> dict[str, int]:
        """Return the rows in each table that has any.

        Of the ledger those that are no tombstones, by type.
        """
        with self.engine.connect() as connection:
            found = connection.execute(self._counting)
            return {name: number for name, number in found if number}

    @functools.cached_property
    def _counting(self) -> sa.CompoundSelect[Any]:
        each = [
            sa.select(sa.literal(name), sa.func.count()).select_from(table)
            for name, table in model_base.BASEV2.metadata.tables.items()
            if name not in _KEPT
        ]
        of_ledger = (
            sa.select(Replica.resource_type, sa.func.count())
            .where(Replica.state != State.DELETED)
            .group_by(Replica.resource_type)
        )
        return sa.union_all(*each, of_ledger)


@contextlib.contextmanager
def running() -> Iterator[Running]:
    """Run a region, in which nobody waits for what another holds."""
    region = Running()
    with (
        # Registered once in a process, with the callbacks of one test.
        mock.patch.object(ovs_driver, 'DRIVER', None),
        # The other cannot go on meanwhile.
        mock.patch.object(durations, 'REPLICA_LEASE_AWAITED', 0.0),
    ):
        region.setUp()
        try:
            yield region
        finally:
            region.doCleanups()


@contextlib.contextmanager
def given_up() -> Iterator[None]:
    """Take everybody else who holds a lease for dead."""
    with mock.patch.object(owner, 'is_dead', autospec=True, return_value=True):
        yield


def apply_as_another(document: Document) -> None:
    """Apply a document, as another worker with a context of its own."""
    applied = apply.apply(neutron_context.get_admin_context(), document)
    assert applied['desired'] == applied['digest'], applied


def remove_as_another(document: Document, *, release: bool = False) -> None:
    """Remove what a document is of, by a deletion later than it."""
    apply.remove(
        neutron_context.get_admin_context(),
        document.type,
        document.id,
        release=release,
        generation=documents.later(document, {}).generation,
    )


def assert_is(region: Running, document: Document) -> None:
    """Assert that the region has what a document says, and knows it."""
    row = region.row(document.type, document.id)
    assert (row.state, row.counter, row.digest, row.lease_owner) == (
        State.PRESENT,
        document.generation.counter,
        document.digest,
        None,
    )
    assert document.digest == read_back.digest_of(
        region.context, document.type, {'id': document.id}
    )


def assert_agents_are(region: Running, document: Document) -> None:
    """Assert that Neutron has the agents of shadow ports as they are said."""
    wanted = {one['host']: one['tunnel_ip'] for one in document.body['agents']}
    found = region.plugin.get_agents(region.context)
    assert wanted == {
        one['host']: one['configurations']['tunneling_ip'] for one in found
    }
    driver = region.plugin.type_manager.drivers['vxlan'].obj
    assert wanted == {
        one['host']: one['ip_address'] for one in driver.get_endpoints()
    }


def assert_gone(region: Running, document: Document) -> None:
    """Assert that a resource is gone as central wanted, and stays so."""
    row = region.row(document.type, document.id)
    assert (row.state, row.lease_owner) == (State.DELETED, None)
    with contextlib.suppress(refusals.ReplicaRemoved):
        # Of an earlier document, delivered late.
        apply_as_another(document)
        raise AssertionError(f'{document.type} came back')


@dataclasses.dataclass(frozen=True)
class Steps:
    """What is to happen, once for each step of it with an interruption.

    :ivar first: makes what is here before, afresh each time
    :ivar step: what is interrupted
    :ivar act: what somebody else does meanwhile
    :ivar check: looks at what is here in the end
    """

    region: Running
    first: Callable[[], Document]
    step: Callable[[Document], object]
    act: Callable[[Document], object]
    check: Callable[[Document, int], object]

    def run(self, at_least: int) -> None:
        """Do it, until there is no further step.

        :param at_least: steps that there are
        """
        for number in itertools.count(1):
            document = self.first()
            act = functools.partial(self.act, document)
            with (
                plugin_base.interrupted(number, act) as steps,
                contextlib.suppress(*TAKEN),
            ):
                self.step(document)
            if steps[0] < number:
                assert number > at_least, steps
                with contextlib.suppress(refusals.ReplicaNotFound):
                    remove_as_another(document)
                return
            self.check(document, number)
