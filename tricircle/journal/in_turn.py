# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is next of all that waits for a region, many at a time.

Whose turn it is says :mod:`tricircle.plan.turns`; here the first rows of each
project are read, no more of them than may have a turn.
"""

from collections.abc import Iterator
import itertools
import math
from typing import Any, cast, Final

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db import work_queue
from tricircle.db.central import models as central_models
from tricircle.plan import turns

_JOURNAL: Final = cast(sa.Table, central_models.JournalEntry.__table__)


def keys(
    session: orm.Session,
    due: sa.ColumnElement[bool],
    limit: int,
    taken: turns.Turns,
) -> list[work_queue.Key]:
    """Return the keys of what is next of all that is due, so many at most.

    :param due: that something of one region is due, and nobody holds it
    :param taken: whose turn it was before; it is noted whose it was now
    """
    waits = {
        priority: _projects(session, due, priority, limit, taken)
        for priority in turns.Priority
    }
    return [(one,) for one in turns.pick(taken, waits, limit)]


def _projects(
    session: orm.Session,
    due: sa.ColumnElement[bool],
    priority: turns.Priority,
    limit: int,
    taken: turns.Turns,
) -> Iterator[turns.Waits]:
    """Yield the projects of a priority in the order of their turns.

    Nothing is read before it is asked for.
    """
    which = sa.and_(due, _JOURNAL.c.priority == priority)
    last = taken.last(priority)
    found = itertools.chain(
        () if last is None else _after(session, which, limit, last),
        # Then all from the beginning, that one as well.
        _after(session, which, limit, None),
    )
    seen: set[str] = set()
    for one in found:
        if one.project in seen:
            # Round: who was after the last comes no second time.
            return
        seen.add(one.project)
        yield one


def _after(
    session: orm.Session,
    which: sa.ColumnElement[bool],
    limit: int,
    last: str | None,
) -> Iterator[turns.Waits]:
    """Yield what waits of the projects that come after another.

    Some at a time, by an index: a project that wants much is read as far as
    it may have turns, and the next look is for those behind it.

    :param last: that project, ``''`` for what is of none; None for none yet
    """
    project_id = _JOURNAL.c.project_id
    known = 0
    while True:
        # Of so many projects none has more turns than that; those to come
        # may want little, so that several are read at once.
        size = 1 + min(limit, 4 * math.ceil(limit / (known + 1)))
        rows = session.execute(
            sa.select(_JOURNAL.c.id, project_id)
            .where(which, sa.true() if last is None else project_id > last)
            # What is of no project is the first.
            .order_by(project_id, _JOURNAL.c.next_try_at)
            .limit(size)
        ).all()
        several = [
            turns.Waits(project, [row.id for row in those])
            for project, those in itertools.groupby(rows, _project)
        ]
        if len(rows) == size and len(several) > 1:
            turns_left = math.ceil(limit / (known + len(several)))
            if len(several[-1].ids) < turns_left:
                # There may be more of it.
                several.pop()
        yield from several
        if len(rows) < size:
            return
        known += len(several)
        last = several[-1].project


def _project(row: Any) -> str:
    return row.project_id or ''
