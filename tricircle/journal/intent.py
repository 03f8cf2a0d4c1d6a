# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Record what a region must hear of, and tell how far it got.

Every function runs in the transaction of its caller. A row's counter is
raised under the row's lock, so counters are ordered as the commits are: a
document made after reading counter N holds every change up to N.
"""

from collections.abc import Iterable, Iterator
import dataclasses
import datetime
import enum
import json
from typing import Any, cast, Final

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db import clock
from tricircle.db import upsert
from tricircle.db.central import models as central_models
from tricircle.db.central.job import entries
from tricircle.db.central.job import pauses
from tricircle.journal import confirmation
from tricircle.journal import wakeup
from tricircle.plan import turns
from tricircle.replica import document
from tricircle.replica import types

#: Rows in one statement; more go into several.
_BATCH: Final = 500

_JOURNAL = entries.JOURNAL
_PODS = cast(sa.Table, central_models.Pod.__table__)
_EPOCH = cast(sa.Table, central_models.Epoch.__table__)
_FIRST_EPOCH: Final = 1
#: There is something to do.
WAITS: Final = entries.WAITS
entry_id = entries.entry_id


@dataclasses.dataclass(frozen=True)
class Intent:
    """A region must be made to have what central has of one resource.

    :ivar resource_type: one of :data:`tricircle.replica.kinds.KINDS`, or one
        of the journal's own types beside them
    :ivar resource_id: ID of the resource, or of its chunk
    :ivar project_id: for whom, shown to operators
    :ivar delay: seconds before XJob looks at it
    :ivar priority: that of a change of such a resource if None
    """

    resource_type: str
    resource_id: str
    region_name: str
    project_id: str | None = None
    delay: float = 0.0
    priority: turns.Priority | None = None


class Status(enum.StrEnum):
    """Where a replica stands."""

    IN_SYNC = 'IN_SYNC'
    PENDING = 'PENDING'
    #: It is tried again at ``next_try_at``, or an operator has ended it.
    FAILED = 'FAILED'


@dataclasses.dataclass(frozen=True)
class ReplicaState:
    """How far one resource got in one region; by default nowhere yet."""

    region: str
    status: Status = Status.PENDING
    reason: str | None = None
    attempts: int = 0
    next_try_at: datetime.datetime | None = None
    counter: int = 0
    applied: int = 0
    digest: str | None = None
    omitted: tuple[str, ...] = ()


def record(session: orm.Session, intents: Iterable[Intent]) -> None:
    """Raise the counter of each intent's row, or make the row.

    One statement for all of them, in the order of the primary key, so that
    two transactions recording the same rows wait instead of deadlocking.
    XJob is woken after the commit.

    :param session: the session of the change itself
    """
    wanted = _by_key(intents)
    for rows in _batches(wanted):
        entries.want(session, rows)
    wakeup.after_commit(
        session,
        {
            intent.region_name
            for intent in wanted.values()
            if intent.delay <= 0
        },
    )


def ensure(session: orm.Session, intents: Iterable[Intent]) -> None:
    """Make the rows that are absent, pending; leave the others as they are.

    For what a region is being handed in the answer to its own request:
    XJob looks after it when the region has not confirmed it in `delay`.
    Rows that exist are only read: concurrent requests that hand out the
    same network do not wait for each other.
    """
    wanted = _by_key(intents)
    if not wanted:
        return
    known = set(
        session.scalars(
            sa.select(_JOURNAL.c.id).where(_JOURNAL.c.id.in_(list(wanted)))
        )
    )
    missing = {
        key: intent for key, intent in wanted.items() if key not in known
    }
    for rows in _batches(missing):
        upsert.insert_absent(session, _JOURNAL, rows)
    wakeup.after_commit(
        session,
        {
            intent.region_name
            for intent in missing.values()
            if intent.delay <= 0
        },
    )


def generations(
    session: orm.Session, keys: Iterable[tuple[str, str]], region_name: str
) -> dict[tuple[str, str], document.Generation]:
    """Return the generation of each (type, ID) in one region.

    Read it before the state that goes into the document: the state is then
    at least as new as the generation says. A key without a row has
    counter 0, older than every intent.
    """
    by_id = {
        entry_id(kind, resource_id, region_name): (kind, resource_id)
        for kind, resource_id in keys
    }
    if not by_id:
        return {}
    # One row at least, also when none of the keys has one: the epoch.
    anchor = sa.select(current_epoch().label('epoch')).subquery()
    rows = session.execute(
        sa.select(
            anchor.c.epoch, _JOURNAL.c.id, _JOURNAL.c.counter
        ).select_from(
            anchor.outerjoin(_JOURNAL, _JOURNAL.c.id.in_(list(by_id)))
        )
    ).all()
    counters = {row.id: row.counter for row in rows}
    epoch = rows[0].epoch
    return {
        key: document.Generation(epoch, counters.get(row_id, 0))
        for row_id, key in by_id.items()
    }


def confirm(
    session: orm.Session,
    resource_type: str,
    resource_id: str,
    region_name: str,
    generation: document.Generation,
    digest: str,
) -> None:
    """Note what a region said that it applied.

    What it says of another epoch, or of a counter older than one confirmed
    before, changes nothing.
    """
    key = entry_id(resource_type, resource_id, region_name)
    session.execute(
        sa.update(_JOURNAL)
        .where(_JOURNAL.c.id == key, current_epoch() == generation.epoch)
        .values(applied_values(generation.counter, digest))
    )


def forget(
    session: orm.Session,
    resource_type: str,
    resource_id: str,
    region_name: str,
) -> None:
    """Remove the row: the region no longer has the resource."""
    key = entry_id(resource_type, resource_id, region_name)
    session.execute(sa.delete(_JOURNAL).where(_JOURNAL.c.id == key))
    confirmation.entry_gone(session, [key])


def record_awaited(
    session: orm.Session, intents: Iterable[Intent]
) -> dict[str, int]:
    """Record intents, and return what to wait for.

    :returns: the counter that the region has to confirm, by entry
    """
    wanted = list(intents)
    record(session, wanted)
    return awaited(session, wanted)


def awaited(session: orm.Session, intents: Iterable[Intent]) -> dict[str, int]:
    """Return what to wait for of intents that were just recorded."""
    keys = _by_key(intents)
    return confirmation.counters(session, keys) if keys else {}


def forget_chunks(
    session: orm.Session, network_id: str, region_name: str
) -> None:
    """Remove the rows of a network's shadow ports: the network is gone."""
    table = _JOURNAL
    session.execute(
        sa.delete(table).where(
            table.c.resource_type == types.SHADOW_PORTS,
            table.c.resource_id.startswith(network_id, autoescape=True),
            table.c.region_name == region_name,
        )
    )


def states(
    session: orm.Session, resource_type: str, resource_id: str
) -> list[ReplicaState]:
    """Return the state of one resource in every region that has a row."""
    table = _JOURNAL
    rows = session.execute(
        sa.select(
            table.c.region_name,
            table.c.counter,
            table.c.applied,
            table.c.pending,
            table.c.reason,
            table.c.attempts,
            table.c.next_try_at,
            table.c.digest,
            table.c.omitted,
            table.c.paused_at,
            table.c.pause_reason,
            _PODS.c.paused_at.label('region_paused_at'),
            _PODS.c.pause_reason.label('region_pause_reason'),
        )
        .select_from(
            table.outerjoin(_PODS, _PODS.c.region_name == table.c.region_name)
        )
        .where(
            table.c.resource_id == resource_id,
            table.c.resource_type == resource_type,
        )
        .order_by(table.c.region_name)
    )
    return [_state(row) for row in rows]


def current_epoch() -> sa.ColumnElement[int]:
    """Return the SQL expression of central's epoch."""
    stored = (
        sa.select(_EPOCH.c.epoch)
        .where(_EPOCH.c.id == 1)
        .correlate(None)
        .scalar_subquery()
    )
    return sa.func.coalesce(stored, _FIRST_EPOCH)


def applied_values(counter: int, digest: str | None) -> dict[str, Any]:
    """Return the columns to set when `counter` turned out to be applied.

    MySQL evaluates assignments one after the other, the others all at
    once: each expression has the same value either way, because applying
    the same counter twice is applying it once.
    """
    table = _JOURNAL
    # A region cannot have applied what was never recorded.
    reached = sa.case(
        (table.c.counter < counter, table.c.counter), else_=counter
    )
    applied = sa.case(
        (table.c.applied < reached, reached), else_=table.c.applied
    )
    done = table.c.counter <= applied
    return {
        'digest': sa.case(
            (table.c.applied <= reached, digest), else_=table.c.digest
        ),
        'attempts': sa.case((done, 0), else_=table.c.attempts),
        'reason': sa.case((done, sa.null()), else_=table.c.reason),
        # One that was ended is still so when an earlier change has arrived.
        'pending': sa.case((done, sa.false()), else_=table.c.pending),
        'applied': applied,
        'updated_at': clock.Now(),
    }


def _state(row: Any) -> ReplicaState:
    reason = row.reason
    next_try_at = row.next_try_at if row.pending else None
    if not row.pending and row.applied < row.counter:
        status = Status.FAILED
        reason = f'an operator ended it: {reason or "it was not tried yet"}'
    elif not row.pending:
        status = Status.IN_SYNC
    elif row.paused_at is not None or row.region_paused_at is not None:
        status, next_try_at = Status.PENDING, None
        reason = (
            pauses.said('it', row.paused_at, row.pause_reason)
            if row.paused_at is not None
            else pauses.said(
                row.region_name, row.region_paused_at, row.region_pause_reason
            )
        )
    elif reason is not None:
        status = Status.FAILED
    else:
        status = Status.PENDING
    return ReplicaState(
        region=row.region_name,
        status=status,
        reason=reason,
        attempts=row.attempts,
        next_try_at=next_try_at,
        counter=row.counter,
        applied=row.applied,
        digest=row.digest,
        omitted=tuple(json.loads(row.omitted)) if row.omitted else (),
    )


def _by_key(intents: Iterable[Intent]) -> dict[str, Intent]:
    wanted: dict[str, Intent] = {}
    for intent in intents:
        key = entry_id(
            intent.resource_type, intent.resource_id, intent.region_name
        )
        other = wanted.get(key)
        if other is None or intent.delay < other.delay:
            wanted[key] = intent
    return dict(sorted(wanted.items()))


def _batches(wanted: dict[str, Intent]) -> Iterator[list[dict[str, Any]]]:
    rows = [_row(one) for one in wanted.values()]
    for start in range(0, len(rows), _BATCH):
        yield rows[start : start + _BATCH]


def _row(intent: Intent) -> dict[str, Any]:
    return entries.row(
        intent.resource_type,
        intent.resource_id,
        intent.region_name,
        intent.project_id,
        intent.delay,
        intent.priority,
    )
