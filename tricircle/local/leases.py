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
dies.
"""

from collections.abc import Iterator
import contextlib
import datetime
import time
from typing import Any

from neutron_lib import context as neutron_context
from neutron_lib.db import api as db_api
from oslo_db import exception as db_exc
from oslo_utils import timeutils
import sqlalchemy as sa

from tricircle.db.local_models import Replica
from tricircle.db.local_models import State
from tricircle.local import holder
from tricircle.local import refusals
from tricircle.replica import document

#: Seconds a lease is good for without being renewed.
TIME = 15.0
#: Seconds after which it is renewed.
YOUNG = TIME / 5
#: Seconds to wait for another holder of a lease.
PATIENCE = 6.0
_POLL = 0.05


class Lease:
    """The right to change one replica, held by one worker of the region.

    :ivar row: the ledger row as it was when the lease was taken
    """

    def __init__(
        self, resource_type: str, resource_id: str, owner: str
    ) -> None:
        self.resource_type = resource_type
        self.resource_id = resource_id
        self.owner = owner
        self.row: Replica | None = None
        self._held = True
        self._renewed = time.monotonic()

    def _update(self, **values: Any) -> bool:
        context = neutron_context.get_admin_context()
        with db_api.CONTEXT_WRITER.using(context):
            result = context.session.execute(
                sa.update(Replica)
                .where(
                    Replica.resource_type == self.resource_type,
                    Replica.resource_id == self.resource_id,
                    Replica.lease_owner == self.owner,
                )
                .values(updated_at=timeutils.utcnow(), **values)
                .execution_options(synchronize_session=False)
            )
            return bool(result.rowcount)

    def renew(self) -> None:
        """See that it holds for some time, up to :data:`TIME`.

        One that is young needs nothing: nobody takes it before it runs out.

        :raises ReplicaBusy: when the lease was lost
        """
        now = time.monotonic()
        if now - self._renewed < YOUNG:
            return
        until = timeutils.utcnow() + datetime.timedelta(seconds=TIME)
        if not self._update(lease_until=until):
            raise refusals.ReplicaBusy(
                type=self.resource_type, id=self.resource_id
            )
        self._renewed = now

    def finish(
        self, generation: document.Generation, digest: str, **values: Any
    ) -> None:
        """Note what was reached, and let go."""
        self._update(
            state=State.PRESENT,
            epoch=generation.epoch,
            counter=generation.counter,
            digest=digest,
            lease_owner=None,
            lease_until=None,
            **values,
        )
        self._held = False

    def release(self) -> None:
        """Let go; what was marked stays marked for the next attempt."""
        if self._held:
            self._update(lease_owner=None, lease_until=None)
            self._held = False


def _take(lease: Lease, insert_as: State | None) -> bool:
    context = neutron_context.get_admin_context()
    now = timeutils.utcnow()
    until = now + datetime.timedelta(seconds=TIME)
    key = (lease.resource_type, lease.resource_id)
    with db_api.CONTEXT_WRITER.using(context):
        session = context.session
        row = session.get(Replica, key)
        if row is None:
            if insert_as is None:
                return True
            session.add(
                Replica(
                    resource_type=key[0],
                    resource_id=key[1],
                    state=insert_as,
                    epoch=0,
                    counter=0,
                    lease_owner=lease.owner,
                    lease_until=until,
                )
            )
            return True
        other = row.lease_owner
        free = (
            other is None
            or other == lease.owner
            or row.lease_until is None
            or row.lease_until <= now
            or holder.is_gone(other)
        )
        if not free:
            return False
        session.expunge(row)
        lease.row = row
        held_by = (
            Replica.lease_owner.is_(None)
            if other is None
            else Replica.lease_owner == other
        )
        result = session.execute(
            sa.update(Replica)
            .where(
                Replica.resource_type == key[0],
                Replica.resource_id == key[1],
                held_by,
            )
            .values(lease_owner=lease.owner, lease_until=until, updated_at=now)
            .execution_options(synchronize_session=False)
        )
        return bool(result.rowcount)


@contextlib.contextmanager
def leased(
    resource_type: str,
    resource_id: str,
    insert_as: State | None = State.APPLYING,
) -> Iterator[Lease]:
    """Hold the lease on a replica, over all processes of the region.

    A thread may take it again while it holds it; the inner block lets go.

    :param insert_as: state of the row when there is none yet; None to make
        none
    :raises ReplicaBusy: when another worker holds it for too long
    """
    lease = Lease(resource_type, resource_id, holder.me())
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            if _take(lease, insert_as):
                break
        except (db_exc.DBDuplicateEntry, db_exc.DBDeadlock):
            # Somebody made the row meanwhile: look again.
            pass
        if time.monotonic() > deadline:
            raise refusals.ReplicaBusy(type=resource_type, id=resource_id)
        time.sleep(_POLL)
    try:
        yield lease
    finally:
        lease.release()
