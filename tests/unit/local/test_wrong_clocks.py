# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Hosts of a region whose clocks are an hour fast, and an hour slow.

Nothing is taken from who holds it, and nothing waits for the hour to pass.
"""

import datetime
import itertools
import json

from neutron.db.models import agent as agent_models
from neutron_lib.db import api as db_api
import sqlalchemy as sa

from tests.unit import clocks
from tests.unit.local import base
from tests.unit.local import documents
from tests.unit.local import plugin_base
from tricircle.conf import durations
from tricircle.db import clock
from tricircle.db.local.models import OutboxEntry
from tricircle.db.local.models import Replica
from tricircle.db.local.models import State
from tricircle.local.engine import apply
from tricircle.local.engine import ledger
from tricircle.local.engine import refusals
from tricircle.local.engine.lease import leases
from tricircle.local.port.usage import release
from tricircle.local.shadow import agents
from tricircle.local.telling import outbox
from tricircle.replica import types

#: The clock of who does something, and of who comes after that.
_PAIRS = tuple(itertools.product((*clocks.WRONG, 0.0), repeat=2))


class TestLeases(base.RegionTestCase):
    def takes(self, resource_id: str) -> bool:
        lease = leases.Lease(types.ROUTER, resource_id, 'other')
        return leases._take(lease, State.APPLYING)

    def test_no_lease_is_taken_early_and_none_is_held_longer(self) -> None:
        for number, (first, second) in enumerate(_PAIRS):
            name = f'r{number}'
            with clocks.host_clock(first):
                lease = leases.Lease(types.ROUTER, name, 'me')
                assert leases._take(lease, State.APPLYING)
            with clocks.host_clock(second):
                assert not self.takes(name)
            with clocks.host_clock(first):
                lease._standing.renewed -= durations.REPLICA_LEASE
                lease.renew()
            with clocks.host_clock(second):
                assert not self.takes(name)
            with db_api.CONTEXT_WRITER.using(self.context):
                self.context.session.execute(
                    sa.update(Replica)
                    .where(Replica.resource_id == name)
                    .values(
                        lease_until=_earlier(
                            Replica.lease_until, durations.REPLICA_LEASE + 1
                        )
                    )
                )
            with clocks.host_clock(second):
                assert self.takes(name)


class TestOutbox(base.RegionTestCase):
    def claimed(self, limit: int = 10) -> list[outbox.Entry]:
        return list(outbox.claim(limit))

    def test_what_is_due_is_taken_and_what_is_held_is_not(self) -> None:
        for number, (first, second) in enumerate(_PAIRS):
            name = f'p{number}'
            with (
                clocks.host_clock(first),
                db_api.CONTEXT_WRITER.using(self.context),
            ):
                outbox.enqueue(self.context.session, types.PORT, [name])
                outbox.enqueue(
                    self.context.session, types.PORT, [f'{name}-late'], 60.0
                )
            with clocks.host_clock(second):
                (entry,) = self.claimed()
            assert entry.resource_id == name
            with clocks.host_clock(first):
                assert self.claimed() == []
            with clocks.host_clock(second):
                outbox.failed(entry, 'central is away', 10.0)
            with clocks.host_clock(first):
                # It waits its ten seconds, and no more.
                assert self.claimed() == []
            with db_api.CONTEXT_WRITER.using(self.context):
                self.context.session.execute(
                    sa.update(OutboxEntry)
                    .where(OutboxEntry.resource_id == name)
                    .values(next_try_at=_earlier(OutboxEntry.next_try_at, 11))
                )
            with clocks.host_clock(first):
                (entry,) = self.claimed()
                outbox.sent(entry)

    def test_tombstones_are_forgotten_in_time(self) -> None:
        for first, second in _PAIRS:
            with clocks.host_clock(first):
                self.mark(types.PORT, 'gone', state=State.DELETED)
            with clocks.host_clock(second):
                assert ledger.purge(60.0) == 0
                assert ledger.purge(-1.0) == 1


class TestPorts(plugin_base.PluginTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.group, self.network = documents.group(), documents.network()
        self.port = documents.port(self.network, self.group)
        self.apply(self.group, self.network, self.port)

    def release(self) -> None:
        with db_api.CONTEXT_WRITER.using(self.context):
            release.check_unused(self.context.session, self.port.id)

    def test_one_that_was_asked_for_is_kept_for_a_moment(self) -> None:
        for first, second in _PAIRS:
            with clocks.host_clock(first), release.kept(self.port.id):
                pass
            with (
                clocks.host_clock(second),
                self.assertRaises(refusals.ReplicaInUse),
            ):
                self.release()

    def test_and_for_no_longer(self) -> None:
        for first, second in _PAIRS:
            with clocks.host_clock(first), release.kept(self.port.id):
                pass
            self.grow_old(durations.PORT_KEPT + 1)
            with clocks.host_clock(second):
                self.release()

    def grow_old(self, seconds: float) -> None:
        """Let time pass: what was written now is of some time ago."""
        row = self.row(types.PORT, self.port.id)
        with db_api.CONTEXT_WRITER.using(self.context):
            self.context.session.execute(
                sa.update(Replica)
                .where(Replica.resource_id == self.port.id)
                .values(detail=_older(row.detail, seconds))
            )


class TestShadowAgents(plugin_base.PluginTestCase):
    def setUp(self) -> None:
        super().setUp()
        group, network = documents.group(), documents.network()
        self.shadows = documents.shadows(network, group)
        self.apply(group, network)

    def test_they_are_alive_for_everybody_whose_clock_is_right(self) -> None:
        for wrong in clocks.WRONG:
            with clocks.host_clock(wrong):
                self.apply(documents.later(self.shadows, {}))
                agents.refresh()
            self.assert_alive()
            # And they stay so, whoever keeps them.
            self.forget()
            with clocks.host_clock(wrong):
                agents.refresh()
            self.assert_alive()
            apply.remove(self.context, self.shadows.type, self.shadows.id)

    def assert_alive(self) -> None:
        (agent,) = self.plugin.get_agents(self.context)
        assert agent['alive'], agent

    def forget(self) -> None:
        table = agent_models.Agent.__table__
        with db_api.CONTEXT_WRITER.using(self.context):
            self.context.session.execute(
                sa.update(table).values(heartbeat_timestamp=clock.Now(-300.0))
            )


def _earlier(
    column: sa.ColumnElement[datetime.datetime], seconds: float
) -> sa.ColumnElement[str]:
    """Return a moment of a row as if some time had passed; on SQLite."""
    return sa.func.strftime(
        '%Y-%m-%d %H:%M:%f', column, f'-{seconds} seconds'
    ).concat('000')


def _older(detail: str, seconds: float) -> str:
    """Return what is noted of a port as if some time had passed."""
    found = json.loads(detail)
    moment = datetime.datetime.fromisoformat(found['brought_at'])
    found['brought_at'] = (
        moment - datetime.timedelta(seconds=seconds)
    ).isoformat()
    return json.dumps(found)
