# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Work that waits in a table: who does it, and how it ended.

Central's journal and the outbox of a region are such tables. A row stands
for all that is to be done about one thing, and says not what: who does it
looks how the thing is. Wanting more raises ``counter``, so that work is over
only if the counter is what it was when the work was claimed.

Work that fails is done again when ``next_try_at`` has come, by the database's
clock, and for ever: whether anything is in vain only its owner knows.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
import contextlib
from typing import Any, Final, Protocol

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db import clock
from tricircle.db import lease
from tricircle.db import upsert

#: Rows that one statement changes of many.
PIECE: Final = 100
#: Characters of a reason that are kept.
_LONGEST_REASON: Final = 2000

Key = tuple[str, ...]
Condition = sa.ColumnElement[bool]
_ALWAYS: Final[Condition] = sa.true()
Transaction = Callable[[], contextlib.AbstractContextManager[orm.Session]]


class Claimed(Protocol):
    """Work that somebody holds.

    :ivar key: the primary key of its row
    :ivar counter: what was wanted when it was claimed
    :ivar attempts: that failed before
    :ivar owner: who holds it
    """

    @property
    def key(self) -> Key: ...
    @property
    def counter(self) -> int: ...
    @property
    def attempts(self) -> int: ...
    @property
    def owner(self) -> str: ...


def want(
    session: orm.Session,
    table: sa.Table,
    rows: Sequence[dict[str, Any]],
    waits: Condition = _ALWAYS,
    also: Callable[[Any], upsert.Changes] = lambda _new: (),
) -> None:
    """Have something done about each row, at its ``next_try_at``.

    One statement, in the transaction of what it is wanted for. Give the rows
    in the order of their keys: who wants the same then waits.

    :param waits: as for :class:`Queue`
    :param also: what else to set in a row that is there, given the one that
        would have been inserted
    """
    now = table.c

    def changes(new: Any) -> upsert.Changes:
        sooner = sa.and_(waits, now.next_try_at < new.next_try_at)
        return [
            # First, because MySQL would read what is set before it. What may
            # wait must not hold back what is due.
            (
                'next_try_at',
                sa.case((sooner, now.next_try_at), else_=new.next_try_at),
            ),
            ('counter', now.counter + 1),
            ('attempts', 0),
            ('reason', sa.null()),
            *also(new),
        ]

    upsert.insert_or_change(session, table, rows, changes)


class Queue:
    """The work of one table.

    The table has a primary key of texts, and the columns counter, attempts,
    reason, next_try_at, lease_owner and lease_until. What takes no session
    runs in transactions of its own, and may be tried again.

    :param reader: begins a transaction that reads
    :param writer: begins one that writes
    :param columns: what is to be known of work that is claimed
    :param waits: a row for which something is to be done; each by default
    """

    def __init__(
        self,
        table: sa.Table,
        reader: Transaction,
        writer: Transaction,
        columns: Sequence[sa.ColumnElement[Any]],
        waits: Condition = _ALWAYS,
    ) -> None:
        self._table = table
        self._keys = tuple(table.primary_key)
        self._reader = reader
        self._writer = writer
        self._columns = columns
        self._waits = waits

    def claim(
        self,
        owner: str,
        seconds: float,
        limit: int,
        which: Condition = _ALWAYS,
    ) -> Sequence[sa.Row[Any]]:
        """Take some of what is due and nobody holds.

        It is looked for without locks and taken by primary key: a search
        that locks would lock the gaps of the index too, into which requests
        insert.

        :param seconds: for which it is held
        """
        while True:
            with self._reader() as session:
                keys = self.due(session, limit, which)
            if not keys:
                return []
            taken = self.take(keys, owner, seconds, self.is_due(which))
            if taken:
                return taken
            # Others were quicker; there may be more behind.
            which = sa.and_(which, sa.not_(self._are(keys)))

    def due(
        self, session: orm.Session, limit: int, which: Condition = _ALWAYS
    ) -> list[Key]:
        """Return some of what is due and nobody holds, the first first."""
        found = session.execute(
            sa.select(*self._keys)
            .where(self.is_due(which))
            .order_by(self._table.c.next_try_at)
            .limit(limit)
        )
        return [tuple(row) for row in found]

    def is_due(self, which: Condition) -> Condition:
        """Return the condition that something is due and nobody holds it."""
        return sa.and_(
            which,
            self._waits,
            self._table.c.next_try_at <= clock.Now(),
            lease.is_over(self._table.c),
        )

    def take(
        self,
        keys: Iterable[Key],
        owner: str,
        seconds: float,
        which: Condition = _ALWAYS,
    ) -> Sequence[sa.Row[Any]]:
        """Take those of some rows that nobody holds, due or not."""
        table = self._table
        free = sa.and_(which, self._waits, lease.is_over(table.c))
        found = sa.select(*self._keys, *self._columns).where(
            self._are(keys), free
        )
        with self._writer() as session:
            # SQLite locks nothing.
            rows = session.execute(
                found.with_for_update(skip_locked=True, of=table)
            ).all()
            if not rows:
                return []
            these = self._are(self._key(row) for row in rows)
            done = self._change(
                session, sa.and_(these, free), lease.of(owner, seconds)
            )
            if done < len(rows):
                # Others have come in between.
                rows = session.execute(
                    sa.select(*self._keys, *self._columns).where(
                        these, table.c.lease_owner == owner
                    )
                ).all()
            return rows

    def _key(self, row: Any) -> Key:
        return tuple(row[: len(self._keys)])

    def _are(self, keys: Iterable[Key]) -> Condition:
        # Not a comparison of tuples, of which MySQL scans the table.
        if len(self._keys) == 1:
            return self._keys[0].in_([key for (key,) in keys])
        return sa.or_(
            sa.false(),
            *(
                sa.and_(
                    *(
                        column == value
                        for column, value in zip(self._keys, key, strict=True)
                    )
                )
                for key in keys
            ),
        )

    def _mine(self, work: Claimed) -> Condition:
        return next(self._held([work]))

    def _held(self, several: Iterable[Claimed]) -> Iterator[Condition]:
        """Yield for each owner that a row is of what he holds of these."""
        by_owner: dict[str, list[Key]] = {}
        for one in several:
            by_owner.setdefault(one.owner, []).append(one.key)
        for owner, keys in by_owner.items():
            yield sa.and_(
                self._are(sorted(keys)), self._table.c.lease_owner == owner
            )

    def _change(
        self, session: orm.Session, which: Condition, values: dict[str, Any]
    ) -> int:
        result: Any = session.execute(
            sa.update(self._table).where(which).values(values)
        )
        return int(result.rowcount)

    def renew(self, keys: Collection[Key], owner: str, seconds: float) -> None:
        """Hold on to what is still being done."""
        if not keys:
            return
        with self._writer() as session:
            self._change(
                session,
                sa.and_(self._are(keys), self._table.c.lease_owner == owner),
                lease.renewed(seconds),
            )

    def change(
        self,
        session: orm.Session,
        work: Claimed,
        values: dict[str, Any],
        still: Condition = _ALWAYS,
    ) -> bool:
        """Change the row of work that is held; tell if it still was."""
        return bool(
            self._change(session, sa.and_(self._mine(work), still), values)
        )

    def let_go(self, *several: Claimed) -> None:
        """Let the next one have work that was left off; it stays due."""
        with self._writer() as session:
            self.change_all(session, several, lease.NOBODY)

    def lock(
        self,
        session: orm.Session,
        several: Iterable[Claimed],
        *columns: sa.ColumnElement[Any],
    ) -> dict[Key, sa.Row[Any]]:
        """Lock the rows of work that is still held, and wait for nobody.

        :param columns: what is to be known of them
        :returns: the columns by key; without what is not held any more, and
            without what somebody else has locked
        """
        # SQLite locks nothing, and has one who writes.
        return {
            self._key(row): row
            for which in self._held(several)
            for row in session.execute(
                sa.select(*self._keys, *columns)
                .where(which)
                .with_for_update(skip_locked=True, of=self._table)
            )
        }

    def change_all(
        self,
        session: orm.Session,
        several: Iterable[Claimed],
        values: dict[str, Any],
    ) -> None:
        """Change the rows of work that is held, all in the same way."""
        for which in self._held(several):
            self._change(session, which, values)

    def end(
        self,
        session: orm.Session,
        work: Claimed,
        values: dict[str, Any] | None = None,
    ) -> bool:
        """Remove what was done; let go of it if more is wanted meanwhile.

        :param values: what to set instead of removing the row
        :returns: whether nothing more was wanted
        """
        last = self._table.c.counter == work.counter
        if values is None:
            gone: Any = session.execute(
                sa.delete(self._table).where(self._mine(work), last)
            )
            done = bool(gone.rowcount)
        else:
            done = self.change(session, work, {**values, **lease.NOBODY}, last)
        if not done:
            self.change(session, work, lease.NOBODY)
        return done

    def fail(self, work: Claimed, reason: str, delay: float) -> None:
        """Note why it was not done; try again in `delay` seconds.

        What was wanted meanwhile does not wait longer because of that.
        """
        now = self._table.c
        with self._writer() as session:
            self.change(
                session,
                work,
                {
                    'attempts': work.attempts + 1,
                    'reason': reason[:_LONGEST_REASON],
                    'next_try_at': sa.case(
                        (now.counter > work.counter, now.next_try_at),
                        else_=clock.Now(delay),
                    ),
                    **lease.NOBODY,
                },
            )

    def owners(self, which: Condition = _ALWAYS) -> set[str]:
        """Return who holds leases that have not run out."""
        held = (
            sa.select(self._table.c.lease_owner)
            .where(
                # By an index, if there is one: most is held by nobody.
                self._table.c.lease_owner.is_not(None),
                self._table.c.lease_until > clock.Now(),
                which,
            )
            .distinct()
        )
        with self._reader() as session:
            return set(session.scalars(held))

    def give_back(self, owner: str) -> None:
        """Let others have what somebody holds who is at it no more."""
        self._change_all(self._table.c.lease_owner == owner, lease.NOBODY)

    def pull_forward(self, which: Condition = _ALWAYS) -> None:
        """Make what failed due: who did not answer does again."""
        self._change_all(
            sa.and_(
                which,
                self._waits,
                self._table.c.next_try_at > clock.Now(),
                self._table.c.attempts > 0,
                self._table.c.lease_until.is_(None),
            ),
            {'next_try_at': clock.Now()},
        )

    def _change_all(self, which: Condition, values: dict[str, Any]) -> None:
        """Change rows, some at a time.

        Nothing is locked: they are looked for by one statement, and changed
        by others, by their keys, if what they were chosen for is still so.
        Who wants something meanwhile waits for one piece at most.
        """
        with self._reader() as session:
            keys = sorted(
                tuple(row)
                for row in session.execute(sa.select(*self._keys).where(which))
            )
        for start in range(0, len(keys), PIECE):
            piece = self._are(keys[start : start + PIECE])
            with self._writer() as session:
                self._change(session, sa.and_(piece, which), values)
