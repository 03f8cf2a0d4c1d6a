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

from collections.abc import Callable, Iterable, Iterator
import contextlib
import dataclasses
import threading
from typing import Any, cast, Final

from neutron_lib import context as neutron_context
from neutron_lib.db import api as db_api
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.conf import durations
from tricircle.db import after_commit
from tricircle.db import clock
from tricircle.db import owner
from tricircle.db import retries
from tricircle.db import work_queue
from tricircle.db.local import models as local_models

_OUTBOX = cast(sa.Table, local_models.OutboxEntry.__table__)

#: Set when there may be something to send; the sender of this process
#: waits for it.
due = threading.Event()
_starters: list[Callable[[], None]] = []


@dataclasses.dataclass(frozen=True)
class Entry:
    """An entry that this sender holds."""

    resource_type: str
    resource_id: str
    counter: int
    attempts: int
    owner: str

    @property
    def key(self) -> work_queue.Key:
        """What it is found by."""
        return self.resource_type, self.resource_id


@contextlib.contextmanager
def _reader() -> Iterator[orm.Session]:
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_READER.using(context):
        yield context.session


@contextlib.contextmanager
def _writer() -> Iterator[orm.Session]:
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        yield context.session


_queue: Final = work_queue.Queue(
    _OUTBOX, _reader, _writer, (_OUTBOX.c.counter, _OUTBOX.c.attempts)
)

failed = retries.bounded(_queue.fail)
pull_forward = retries.bounded(_queue.pull_forward)


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
    rows = [
        {
            'resource_type': resource_type,
            'resource_id': one,
            'counter': 1,
            'attempts': 0,
            'next_try_at': clock.Now(delay),
            'created_at': clock.Now(),
        }
        for one in sorted(set(ids))
    ]
    if not rows:
        return
    work_queue.want(session, _OUTBOX, rows)
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
    with _writer() as session:
        enqueue(session, resource_type, list(ids), delay)


def is_waiting(
    session: orm.Session, resource_type: str, resource_id: str
) -> bool:
    """Tell whether central is yet to hear of a resource."""
    return (
        session.execute(
            sa.select(_OUTBOX.c.counter).where(
                _OUTBOX.c.resource_type == resource_type,
                _OUTBOX.c.resource_id == resource_id,
            )
        ).first()
        is not None
    )


@retries.bounded
def claim(limit: int) -> list[Entry]:
    """Take due entries that no other sender holds, or has died with."""
    due = _OUTBOX.c.next_try_at <= clock.Now()
    for one in sorted(_queue.owners(due)):
        if owner.is_dead(one):
            _queue.give_back(one)
    holder = owner.hold()
    return [
        _entry(row, holder)
        for row in _queue.claim(holder, durations.REPORT_LEASE, limit)
    ]


@retries.bounded
def claim_one(resource_type: str, resource_id: str) -> Entry | None:
    """Take an entry that no sender holds, due or not; None if there is none.

    For who has just made it and sends it at once.
    """
    holder = owner.hold()
    rows = _queue.take(
        [(resource_type, resource_id)], holder, durations.REPORT_LEASE
    )
    return _entry(rows[0], holder) if rows else None


def _entry(row: sa.Row[Any], holder: str) -> Entry:
    return Entry(
        row.resource_type, row.resource_id, row.counter, row.attempts, holder
    )


@retries.bounded
def sent(entry: Entry) -> None:
    """Central has heard; keep the entry if more happened meanwhile."""
    with _writer() as session:
        gone = _queue.end(session, entry)
    if not gone:
        _kick()
