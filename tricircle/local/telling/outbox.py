# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""The outbox: what central must hear of this region.

An entry names a resource, nothing more: the sender reads how the resource
is when it sends. So the entries of one resource are one row, and it does not
matter how often or in which order things happened meanwhile.
"""

from collections.abc import Callable, Iterable
import dataclasses
import threading
from typing import Any, cast

from neutron_lib import context as neutron_context
from neutron_lib.db import api as db_api
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db import after_commit
from tricircle.db import clock
from tricircle.db import lease
from tricircle.db import owner
from tricircle.db import retries
from tricircle.db import upsert
from tricircle.db.local import models as local_models

_OUTBOX = cast(sa.Table, local_models.OutboxEntry.__table__)

#: Set when there may be something to send; the sender of this process
#: waits for it.
due = threading.Event()
_starters: list[Callable[[], None]] = []

#: Seconds for which a sender may hold an entry.
LEASE_TIME = 60.0


@dataclasses.dataclass(frozen=True)
class Entry:
    """An entry that this sender holds."""

    resource_type: str
    resource_id: str
    counter: int
    attempts: int
    owner: str


def enqueue(
    session: orm.Session,
    resource_type: str,
    ids: Iterable[str],
    delay: float = 0.0,
) -> None:
    """Note, in the caller's transaction, that central must hear of these.

    One statement, in the order of the primary key, so that two transactions
    noting the same rows wait instead of deadlocking.

    :param delay: seconds before it is sent, unless it is due earlier anyhow
    """
    moment = clock.Now(delay)
    rows = [
        {
            'resource_type': resource_type,
            'resource_id': one,
            'counter': 1,
            'attempts': 0,
            'next_try_at': moment,
            'created_at': clock.Now(),
        }
        for one in sorted(set(ids))
    ]
    if not rows:
        return
    raised = [
        ('counter', _OUTBOX.c.counter + 1),
        ('attempts', 0),
        (
            'next_try_at',
            sa.case(
                (_OUTBOX.c.next_try_at < moment, _OUTBOX.c.next_try_at),
                else_=moment,
            ),
        ),
    ]
    upsert.insert_or_change(session, _OUTBOX, rows, lambda _new: raised)
    if delay <= 0:
        after_commit.tell(session, _kick)


def start_with_first(start: Callable[[], None]) -> None:
    """Have a sender started when this process has something to send.

    :param start: safe to repeat
    """
    _starters[:] = [start]


def _kick(_what: object = None) -> None:
    due.set()
    for start in _starters:
        start()


@retries.bounded
def enqueue_now(
    resource_type: str, ids: Iterable[str], delay: float = 0.0
) -> None:
    """Note it in a transaction of its own."""
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        enqueue(context.session, resource_type, list(ids), delay)


def is_waiting(
    session: orm.Session, resource_type: str, resource_id: str
) -> bool:
    """Tell whether central is yet to hear of a resource."""
    return (
        session.execute(
            sa.select(_OUTBOX.c.counter).where(_is(resource_type, resource_id))
        ).first()
        is not None
    )


def _is(resource_type: str, resource_id: str) -> Any:
    return sa.and_(
        _OUTBOX.c.resource_type == resource_type,
        _OUTBOX.c.resource_id == resource_id,
    )


@retries.bounded
def claim(limit: int) -> list[Entry]:
    """Take due entries that no other sender holds.

    They are looked for without locks and taken one by one by primary key: a
    locking search would lock the gaps of the index too, into which requests
    insert.
    """
    waiting = (
        sa.select(
            _OUTBOX.c.resource_type,
            _OUTBOX.c.resource_id,
            _OUTBOX.c.lease_owner,
        )
        .where(
            _OUTBOX.c.next_try_at <= clock.Now(),
            sa.or_(
                lease.is_over(_OUTBOX.c),
                _OUTBOX.c.lease_owner.in_(_owners_gone()),
            ),
        )
        .order_by(_OUTBOX.c.next_try_at)
        .limit(limit)
    )
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_READER.using(context):
        found = context.session.execute(waiting).all()
    entries = [
        _take(row.resource_type, row.resource_id, row.lease_owner)
        for row in found
    ]
    return [one for one in entries if one is not None]


@retries.bounded
def claim_one(resource_type: str, resource_id: str) -> Entry | None:
    """Take an entry that no sender holds, due or not; None if there is none.

    For who has just made it and sends it at once.
    """
    return _take(resource_type, resource_id, None)


def _owners_gone() -> list[str]:
    """Return who holds entries and has died; those that live are few."""
    held = (
        sa.select(_OUTBOX.c.lease_owner)
        .where(
            _OUTBOX.c.next_try_at <= clock.Now(),
            _OUTBOX.c.lease_owner.is_not(None),
        )
        .distinct()
    )
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_READER.using(context):
        owners = context.session.scalars(held).all()
    return [one for one in owners if owner.is_dead(one)]


def _take(
    resource_type: str, resource_id: str, former: str | None
) -> Entry | None:
    holder = owner.hold()
    context = neutron_context.get_admin_context()
    this = _is(resource_type, resource_id)
    with db_api.CONTEXT_WRITER.using(context):
        taken = context.session.execute(
            sa.update(_OUTBOX)
            .where(
                this,
                # IS NULL, of nobody.
                _OUTBOX.c.lease_owner == former,
            )
            .values(lease.of(holder, LEASE_TIME))
        )
        if not taken.rowcount:
            return None
        row = context.session.execute(
            sa.select(_OUTBOX.c.counter, _OUTBOX.c.attempts).where(this)
        ).one()
    return Entry(resource_type, resource_id, row.counter, row.attempts, holder)


def _mine(entry: Entry) -> Any:
    return sa.and_(
        _is(entry.resource_type, entry.resource_id),
        _OUTBOX.c.lease_owner == entry.owner,
    )


@retries.bounded
def sent(entry: Entry) -> None:
    """Central has heard; keep the entry if more happened meanwhile."""
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        gone = context.session.execute(
            sa.delete(_OUTBOX).where(
                _mine(entry), _OUTBOX.c.counter == entry.counter
            )
        )
        if gone.rowcount:
            return
        context.session.execute(
            sa.update(_OUTBOX)
            .where(_mine(entry))
            .values(lease_owner=None, lease_until=None, reason=None)
        )
    _kick()


@retries.bounded
def failed(entry: Entry, reason: str, delay: float) -> None:
    """Central has not heard; try again in `delay` seconds.

    What happened meanwhile does not wait longer because of this failure.
    """
    changes = {
        'reason': reason,
        'lease_owner': None,
        'lease_until': None,
        'attempts': entry.attempts + 1,
        'next_try_at': clock.Now(delay),
    }
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        context.session.execute(
            sa.update(_OUTBOX).where(_mine(entry)).values(changes)
        )


@retries.bounded
def pull_forward(limit: int = 1000) -> None:
    """Make failed entries due: central answers again."""
    waiting = (
        sa.select(_OUTBOX.c.resource_type, _OUTBOX.c.resource_id)
        .where(_OUTBOX.c.attempts > 0, _OUTBOX.c.next_try_at > clock.Now())
        .limit(limit)
    )
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_READER.using(context):
        found = context.session.execute(waiting).all()
    for row in found:
        with db_api.CONTEXT_WRITER.using(context):
            context.session.execute(
                sa.update(_OUTBOX)
                .where(
                    _is(row.resource_type, row.resource_id),
                    _OUTBOX.c.next_try_at > clock.Now(),
                )
                .values(next_try_at=clock.Now())
            )
