# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Leases on replicas: one worker of the region changes one at a time.

They hold over all processes of the region, and run out when their holder
dies. While a thread holds one, each transaction in which it writes begins
with a look at the replica's row, and locks it: nothing is made or changed
for a document once a user has deleted the resource here, or another worker
has taken over. Who deletes it meanwhile waits for that transaction only.
"""

from collections.abc import Iterator
import contextlib
import json
import time
from typing import Any, cast
import weakref

from neutron_lib import context as neutron_context
from neutron_lib.db import api as db_api
from oslo_db import exception as db_exc
from oslo_log import log as logging
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.conf import durations
from tricircle.conf import fault_point
from tricircle.db import lease as row_lease
from tricircle.db import owner
from tricircle.db.local.models import Replica
from tricircle.db.local.models import State
from tricircle.local.engine import refusals
from tricircle.local.engine.lease import standing as standings
from tricircle.local.engine.lease import watch
from tricircle.replica import document

LOG = logging.getLogger(__name__)

_POLL = 0.05


class Lease:
    """The right to change one replica, held by one worker of the region.

    :param outer: the lease on the same replica that this thread holds
        already; it stays when this one is let go
    :ivar row: the ledger row as it was when the lease was taken
    :ivar is_held: it was not let go, nor is known to be lost
    :ivar refusal: what there is to say since it was lost
    """

    def __init__(
        self,
        resource_type: str,
        resource_id: str,
        owner: str,
        outer: 'Lease | None' = None,
    ) -> None:
        self.resource_type = resource_type
        self.resource_id = resource_id
        self.owner = owner
        self.row: Replica | None = None
        self._outer = outer
        #: What this thread held of others when it took this one.
        self.enclosing: watch.Lease | None = (
            watch.held() if outer is None else outer.enclosing
        )
        self.is_held = True
        self.refusal: Exception | None = None
        self._standing: standings.Standing = (
            standings.Standing() if outer is None else outer._standing
        )

    @property
    def _this(self) -> sa.ColumnElement[bool]:
        return sa.and_(
            Replica.resource_type == self.resource_type,
            Replica.resource_id == self.resource_id,
        )

    @property
    def _mine(self) -> sa.ColumnElement[bool]:
        return sa.and_(
            self._this,
            Replica.lease_owner == self.owner,
            Replica.state == self._standing.state,
        )

    def _update(self, **values: Any) -> bool:
        """Change the row if it is as this holder left it."""
        return self._write(sa.update(Replica).where(self._mine).values(values))

    def _write(self, statement: Any) -> bool:
        context = neutron_context.get_admin_context()
        with (
            # It says itself what it depends on.
            watch.watching(None),
            db_api.CONTEXT_WRITER.using(context),
        ):
            result = context.session.execute(
                statement.execution_options(synchronize_session=False)
            )
            return bool(result.rowcount)

    def _lost(self) -> Exception:
        """Return what to say when the row is not as it was left."""
        context = neutron_context.get_admin_context()
        with db_api.CONTEXT_READER.using(context):
            row = context.session.execute(
                sa.select(Replica.state, Replica.detail).where(self._this)
            ).one_or_none()
        return self._refusal(row)

    def _refusal(self, row: Any) -> Exception:
        self.is_held = False
        deleted = (
            row is not None
            and row.state == State.DELETED
            and json.loads(row.detail or '{}').get('by_region')
        )
        refusal = refusals.ReplicaDeleted if deleted else refusals.ReplicaBusy
        self.refusal = refusal(type=self.resource_type, id=self.resource_id)
        return self.refusal

    def begin(self, **values: Any) -> None:
        """Note that what follows may leave the replica half made.

        :param values: columns of the row, and ``detail`` as a dictionary
        :raises ReplicaDeleted: when a user has deleted it here
        :raises ReplicaBusy: when the lease was lost
        """
        self.note(state=State.APPLYING, **values)
        self._standing.state = State.APPLYING

    def note(self, **values: Any) -> None:
        """Change columns of the row; as :meth:`begin`, in the same state."""
        if 'detail' in values:
            values['detail'] = json.dumps(values['detail'], sort_keys=True)
        if not self._update(**values):
            raise self._lost()

    def renew(self) -> None:
        """See that it holds for some time, REPLICA_LEASE at most.

        With it all that the thread held when it took this one: a port, while
        its network is made. One that is young needs nothing: nobody takes it
        before it runs out. Nor does one whose row the thread has locked, or
        has none.

        :raises ReplicaDeleted: when a user has deleted the replica here
        :raises ReplicaBusy: when the lease was lost
        """
        if self.enclosing is not None:
            self.enclosing.renew()
        standing = self._standing
        if standing.state is None or standing.is_locked:
            return
        now = time.monotonic()
        if now - standing.renewed < durations.REPLICA_LEASE_YOUNG:
            return
        if not self._update(**row_lease.renewed(durations.REPLICA_LEASE)):
            raise self._lost()
        standing.renewed = now

    def finish(
        self, generation: document.Generation, digest: str, **values: Any
    ) -> None:
        """Note what was reached, and let go.

        :raises ReplicaDeleted: when a user has deleted the replica here
        :raises ReplicaBusy: when the lease was lost: what is here may be
            another document's
        """
        if self._outer is None:
            values.update(row_lease.NOBODY)
        if not self._update(
            state=State.PRESENT,
            epoch=generation.epoch,
            counter=generation.counter,
            digest=digest,
            **values,
        ):
            raise self._lost()
        self._standing.state = State.PRESENT
        self.is_held = False

    def forget(self) -> None:
        """Leave the row as it was found; none if there was none.

        For what was refused outright. A row that somebody else has changed
        meanwhile stays.
        """
        row = self.row
        if row is not None and row.state == State.DELETED:
            if self._update(state=row.state, detail=row.detail):
                self._standing.state = row.state
        elif self._write(sa.delete(Replica).where(self._mine)):
            self._standing.state = None
            self.is_held = False

    def bury(self, generation: document.Generation, by_region: bool) -> None:
        """Note that the replica is gone, as central wanted, and let go.

        :param generation: that of the deletion; what is older never comes
        :param by_region: a user deleted it here before, and central is yet
            to hear
        :raises ReplicaDeleted: when a user has deleted it here meanwhile
        :raises ReplicaBusy: when the lease was lost
        """
        self.note(
            state=State.DELETED,
            digest=None,
            detail={'by_region': by_region},
            epoch=generation.epoch,
            counter=generation.counter,
            **row_lease.NOBODY,
        )
        self._standing.state = State.DELETED
        self.is_held = False

    def release(self) -> None:
        """Let go; what was marked stays marked for the next attempt."""
        if not self.is_held:
            return
        self.is_held = False
        if (
            self._outer is None
            and self._standing.state is not None
            and not self._update(**row_lease.NOBODY)
        ):
            LOG.info(
                '%s %s has been taken from its holder',
                self.resource_type,
                self.resource_id,
            )

    def look(self, connection: Any, session: orm.Session) -> None:
        """Look at the row, and keep it as it is during a transaction.

        :raises ReplicaDeleted: when a user has deleted the replica here
        :raises ReplicaBusy: when the lease was lost
        """
        standing = self._standing
        if not self.is_held or standing.state is None:
            return
        if standing.is_locked:
            # In the middle of that, with a session of its own.
            return
        if self.enclosing is None:
            # Before anything is locked.
            fault_point.reach('local.apply.step')
        row = connection.execute(
            sa.select(Replica.state, Replica.lease_owner, Replica.detail)
            .where(self._this)
            .with_for_update()
        ).one_or_none()
        if (
            row is None
            or row.lease_owner != self.owner
            or row.state != standing.state
        ):
            raise self._refusal(row)
        standing.looked = weakref.ref(session)


def _take(lease: Lease, insert_as: State | None) -> bool:
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        session = context.session
        found = session.execute(
            sa.select(
                Replica, row_lease.is_over(Replica).label('is_over')
            ).where(lease._this)
        ).one_or_none()
        # Of a row that was seen before, and lost to another, it may be gone.
        lease.row = lease._standing.state = None
        if found is None:
            if insert_as is not None:
                session.add(
                    Replica(
                        resource_type=lease.resource_type,
                        resource_id=lease.resource_id,
                        state=insert_as,
                        epoch=0,
                        counter=0,
                        **row_lease.of(lease.owner, durations.REPLICA_LEASE),
                    )
                )
                lease._standing.state = insert_as
            return True
        row = found.Replica
        other = row.lease_owner
        if other and not found.is_over and not owner.is_dead(other):
            return False
        session.expunge(row)
        lease.row = row
        lease._standing.state = row.state
        result = session.execute(
            sa.update(Replica)
            .where(
                lease._this,
                Replica.state == row.state,
                # IS NULL, of nobody.
                Replica.lease_owner == other,
            )
            .values(row_lease.of(lease.owner, durations.REPLICA_LEASE))
            .execution_options(synchronize_session=False)
        )
        return bool(cast('sa.CursorResult[Any]', result).rowcount)


def _take_again(lease: Lease) -> None:
    """Read the row anew that this thread holds.

    :raises ReplicaDeleted: when a user has deleted the replica here
    :raises ReplicaBusy: when the lease was lost
    """
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_READER.using(context):
        row = context.session.scalar(sa.select(Replica).where(lease._mine))
        if row is not None:
            context.session.expunge(row)
    if row is None:
        raise lease._lost()
    lease.row = row


def _outer(resource_type: str, resource_id: str) -> Lease | None:
    held = watch.held()
    if (
        isinstance(held, Lease)
        and held.is_held
        and (held.resource_type, held.resource_id)
        == (resource_type, resource_id)
    ):
        return held
    return None


@contextlib.contextmanager
def leased(
    resource_type: str,
    resource_id: str,
    insert_as: State | None = State.APPLYING,
) -> Iterator[Lease]:
    """Hold the lease on a replica, over all processes of the region.

    A thread may take it again while it holds it; the outer block lets go.

    :param insert_as: state of the row when there is none yet; None to make
        none
    :raises ReplicaBusy: when another worker holds it for too long
    :raises ReplicaDeleted: when it was taken before, and a user has deleted
        the replica here since
    """
    outer = _outer(resource_type, resource_id)
    if outer is not None:
        lease = Lease(resource_type, resource_id, outer.owner, outer)
        _take_again(lease)
    else:
        lease = Lease(resource_type, resource_id, owner.hold())
        _wait(lease, insert_as)
    try:
        if lease.enclosing is not None:
            lease.enclosing.renew()
        with watch.watching(lease):
            yield lease
    except Exception as exc:
        # It may have come out of Neutron's callbacks, as another error.
        if lease.refusal is not None and exc is not lease.refusal:
            raise lease.refusal from exc
        raise
    finally:
        lease.release()


def _wait(lease: Lease, insert_as: State | None) -> None:
    deadline = time.monotonic() + durations.REPLICA_LEASE_AWAITED
    with watch.watching(None):
        while True:
            with contextlib.suppress(
                # Somebody made the row meanwhile: look again.
                db_exc.DBDuplicateEntry,
                db_exc.DBDeadlock,
            ):
                if _take(lease, insert_as):
                    return
            if time.monotonic() > deadline:
                raise refusals.ReplicaBusy(
                    type=lease.resource_type, id=lease.resource_id
                )
            time.sleep(_POLL)
