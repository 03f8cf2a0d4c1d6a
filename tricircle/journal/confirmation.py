# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What waits until regions have confirmed.

A row of ``held_addresses`` or ``held_segments`` names a journal entry and a
counter. The region has confirmed when the entry is gone, or has ``applied``
that counter.
"""

from collections.abc import Iterable
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import models as central_models

_JOURNAL = cast(sa.Table, central_models.JournalEntry.__table__)
_HOLDING = tuple(
    cast(sa.Table, model.__table__)
    for model in (central_models.HeldAddress, central_models.HeldSegment)
)


def counters(session: orm.Session, entry_ids: Iterable[str]) -> dict[str, int]:
    """Return the counters of entries whose intents were just recorded.

    The caller's transaction has the locks on the entries until it commits:
    a region that confirms one of these has seen what the transaction did.
    """
    rows = session.execute(
        sa.select(_JOURNAL.c.id, _JOURNAL.c.counter).where(
            _JOURNAL.c.id.in_(sorted(entry_ids))
        )
    )
    return {row.id: row.counter for row in rows}


def waiting(held: Any) -> sa.ColumnElement[bool]:
    """Return the condition that a row still waits for its region.

    :param held: a model or table with ``entry_id`` and ``counter``
    """
    columns = getattr(held, 'c', held)
    return (
        sa.select(sa.literal(1))
        .where(
            _JOURNAL.c.id == columns.entry_id,
            _JOURNAL.c.applied < columns.counter,
        )
        .exists()
    )


def take(session: orm.Session, held: Any, ids: Iterable[int]) -> set[int]:
    """Remove rows that nobody waits for; return which of them there were.

    What this transaction has read may be removed meanwhile, and what the
    rows held be given to somebody: only who removes a row may give that
    back.

    :param held: a model with ``id``, as of :func:`waiting`
    """
    found = set(
        session.scalars(
            sa.select(held.id)
            .where(held.id.in_(sorted(ids)))
            .order_by(held.id)
            .with_for_update()
        )
    )
    if found:
        session.execute(sa.delete(held).where(held.id.in_(sorted(found))))
    return found


def entry_gone(session: orm.Session, entry_ids: Iterable[str]) -> None:
    """Let nothing wait for entries that are removed.

    A later entry with the same key counts from the beginning.
    """
    keys = sorted(entry_ids)
    for table in _HOLDING:
        found = session.scalars(
            sa.select(table.c.id).where(
                table.c.entry_id.in_(keys), table.c.counter > 0
            )
        ).all()
        if found:
            session.execute(
                sa.update(table).where(table.c.id.in_(found)).values(counter=0)
            )
