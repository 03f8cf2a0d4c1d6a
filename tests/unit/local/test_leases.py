# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""When a lease is written again, and when that it was lost is noticed."""

from typing import Any

from neutron_lib.callbacks import exceptions as callback_exceptions
from neutron_lib.db import api as db_api
import pytest
import sqlalchemy as sa
from sqlalchemy import event

from tests.unit.local import base
from tricircle.conf import durations
from tricircle.db import clock
from tricircle.db.local import models as local_models
from tricircle.db.local.models import State
from tricircle.local.engine import refusals
from tricircle.local.engine.lease import leases
from tricircle.local.engine.lease import watch
from tricircle.replica.document import Generation


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What time it is; the tests move it."""
    clock = [100.0]
    monkeypatch.setattr(leases.time, 'monotonic', lambda: clock[0])
    return clock


class Row(leases.Lease):
    """A lease whose row is here."""

    def __init__(self) -> None:
        super().__init__('router', 'r1', 'me')
        self._standing.state = State.APPLYING
        self.written: list[dict[str, Any]] = []
        self.lost = False

    def _lost(self) -> Exception:
        return refusals.ReplicaBusy(type='router', id='r1')

    def _update(self, **values: Any) -> bool:
        self.written.append(values)
        return not self.lost


def test_a_young_lease_is_not_written_again(now: list[float]) -> None:
    lease = Row()

    now[0] += durations.REPLICA_LEASE_YOUNG - 0.1
    lease.renew()

    assert lease.written == []


def test_an_older_one_is_renewed_and_young_again(now: list[float]) -> None:
    lease = Row()

    now[0] += durations.REPLICA_LEASE_YOUNG
    lease.renew()
    lease.renew()

    assert [set(one) for one in lease.written] == [{'lease_until'}]


def test_one_that_was_lost_is_noticed_before_it_would_run_out(
    now: list[float],
) -> None:
    lease = Row()
    lease.lost = True
    assert durations.REPLICA_LEASE_YOUNG < durations.REPLICA_LEASE / 2

    now[0] += durations.REPLICA_LEASE_YOUNG
    with pytest.raises(refusals.ReplicaBusy):
        lease.renew()


def test_who_has_finished_has_let_go() -> None:
    lease = Row()

    lease.finish(Generation('e', 1), 'digest')
    lease.release()

    assert [one['lease_owner'] for one in lease.written] == [None]


def test_who_has_lost_the_lease_has_finished_nothing() -> None:
    lease = Row()
    lease.lost = True

    with pytest.raises(refusals.ReplicaBusy):
        lease.finish(Generation('e', 1), 'digest')


def test_what_was_not_finished_is_let_go_once() -> None:
    lease = Row()

    lease.release()
    lease.release()

    assert lease.written == [{'lease_owner': None, 'lease_until': None}]


class TestTaking(base.RegionTestCase):
    """Who takes a lease that others want at the same time."""

    def test_a_row_that_others_took_and_removed_was_never_there(self) -> None:
        self.mark('router', 'r1', state=State.APPLYING)
        others = ['other']

        def before(
            connection: Any, cursor: Any, statement: str, *args: Any
        ) -> None:
            if others and statement.startswith('UPDATE tricircle_replicas'):
                connection.connection.cursor().execute(
                    'UPDATE tricircle_replicas SET lease_owner = ?',
                    (others.pop(),),
                )

        event.listen(self.engine, 'before_cursor_execute', before)
        self.addCleanup(
            event.remove, self.engine, 'before_cursor_execute', before
        )
        lease = leases.Lease('router', 'r1', 'me')
        assert not leases._take(lease, State.APPLYING)
        # What the other was to make there was refused outright.
        with db_api.CONTEXT_WRITER.using(self.context):
            self.context.session.execute(sa.delete(local_models.Replica))

        assert leases._take(lease, State.APPLYING)

        assert lease.row is None


class TestHoldingSeveral(base.RegionTestCase):
    """What a worker holds while it makes what that requires."""

    def _grow_old(self, lease: leases.Lease) -> None:
        with db_api.CONTEXT_WRITER.using(self.context):
            self.context.session.execute(
                sa.update(local_models.Replica)
                .where(lease._this)
                .values(lease_until=clock.Now(-1))
            )
        lease._standing.renewed -= durations.REPLICA_LEASE

    def _assert_held(self, resource_type: str) -> None:
        other = leases.Lease(resource_type, 'one', 'other')
        assert not leases._take(other, State.APPLYING)

    def test_it_stays_held_when_another_is_taken(self) -> None:
        with leases.leased('port', 'one') as port:
            self._grow_old(port)
            with leases.leased('network', 'one'):
                self._assert_held('port')

    def test_it_stays_held_when_another_is_renewed(self) -> None:
        with (
            leases.leased('router', 'one') as router,
            leases.leased('port', 'one') as port,
            leases.leased('network', 'one') as network,
        ):
            self._grow_old(router)
            self._grow_old(port)
            network.renew()

            self._assert_held('port')
            self._assert_held('router')

    def test_what_no_row_says_is_not_lost(self) -> None:
        with (
            leases.leased('port', 'one', insert_as=None) as port,
            leases.leased('network', 'one') as network,
        ):
            port._standing.renewed -= durations.REPLICA_LEASE
            network.renew()


class TestLosing(base.RegionTestCase):
    """What is said when another has taken over."""

    def setUp(self) -> None:
        super().setUp()
        watch.watch_transactions()

    def _take_over(self, resource_type: str) -> None:
        with db_api.CONTEXT_WRITER.using(self.context):
            self.context.session.execute(
                sa.update(local_models.Replica)
                .where(local_models.Replica.resource_type == resource_type)
                .values(lease_owner='other')
            )

    def _lose(self, resource_type: str) -> None:
        """Notice a lost lease where Neutron makes another error of it."""
        with watch.watching(None):
            self._take_over(resource_type)
        try:
            with db_api.CONTEXT_WRITER.using(self.context):
                self.context.session.execute(sa.text('SELECT 1'))
        except refusals.ReplicaBusy as exc:
            raise callback_exceptions.CallbackFailure([]) from exc

    def test_it_is_said_whatever_became_of_it_on_the_way(self) -> None:
        with pytest.raises(refusals.ReplicaBusy), leases.leased('port', 'one'):
            self._lose('port')

    def test_it_is_said_of_what_encloses_another(self) -> None:
        with (
            pytest.raises(refusals.ReplicaBusy, match='router'),
            leases.leased('router', 'one'),
            leases.leased('port', 'one'),
        ):
            self._lose('router')

    def test_what_went_wrong_while_it_was_held_is_said_as_it_is(self) -> None:
        with (
            pytest.raises(callback_exceptions.CallbackFailure),
            leases.leased('port', 'one'),
        ):
            raise callback_exceptions.CallbackFailure([])
