# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is due in which region, and what will be next.

One look serves all lanes of a process: it takes one statement, whatever the
number of regions, and claims nothing. Of each region it reads the first row
of an index, so that it costs the same whatever a region is behind.
"""

import dataclasses
import datetime
import math
import queue
import time
from typing import cast, Final

import sqlalchemy as sa

from tricircle.db import clock
from tricircle.db import lease
from tricircle.db import session as sessions
from tricircle.db.central import models as central_models
from tricircle.db.central.job import pauses
from tricircle.journal import claims
from tricircle.journal import router_intents
from tricircle.replica import types

_JOURNAL: Final = cast(sa.Table, central_models.JournalEntry.__table__)


@dataclasses.dataclass(frozen=True)
class Due:
    """When a region wants something, in seconds from now.

    What somebody holds is not counted, until the lease has run out.

    :ivar jobs: the first of its jobs; 0.0 when it is due, None without one
    :ivar sweep: the same of its sweep
    """

    jobs: float | None
    sweep: float | None


def _waiting(region_name: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    return sa.and_(
        _JOURNAL.c.region_name == region_name,
        _JOURNAL.c.pending,
        _JOURNAL.c.paused_at.is_(None),
        lease.is_over(_JOURNAL.c),
    )


def _statement() -> sa.Select[
    tuple[
        str,
        datetime.datetime | None,
        datetime.datetime | None,
        datetime.datetime,
    ]
]:
    busy = (
        sa.select(_JOURNAL.c.region_name)
        .where(_JOURNAL.c.pending)
        .distinct()
        .subquery()
    )
    name = busy.c.region_name
    jobs = (
        sa.select(_JOURNAL.c.next_try_at)
        .where(_waiting(name), _JOURNAL.c.resource_type.not_in(claims.OTHERS))
        # Ends at the first row that nobody holds.
        .order_by(_JOURNAL.c.next_try_at)
        .limit(1)
    )
    # There is one. Without an order it is found by the index on resources,
    # not behind all that the region waits for.
    sweep = sa.select(sa.func.min(_JOURNAL.c.next_try_at)).where(
        _waiting(name),
        _JOURNAL.c.resource_type == types.SWEEP,
        _JOURNAL.c.resource_id == name,
    )
    return sa.select(
        name,
        jobs.scalar_subquery().label('jobs'),
        sweep.scalar_subquery().label('sweep'),
        clock.Now().label('now'),
    ).where(name != sa.bindparam('central'), name.not_in(pauses.regions()))


#: Made once; SQLAlchemy then has its text, too.
_STATEMENT: Final = _statement()


@sessions.retry
def read() -> dict[str, Due]:
    """Return what is due in all regions that want anything, by name.

    Nothing of what an operator has wait. What central itself is to do is for
    its own processes.
    """
    with sessions.reader() as session:
        rows = session.execute(
            _STATEMENT, {'central': router_intents.region_name()}
        ).all()
    return {
        row.region_name: Due(
            _seconds(row.jobs, row.now), _seconds(row.sweep, row.now)
        )
        for row in rows
    }


def _seconds(
    moment: datetime.datetime | None, now: datetime.datetime
) -> float | None:
    """Return the seconds until a moment, by the database's clock."""
    if moment is None:
        return None
    return max(0.0, (moment - now).total_seconds())


class Alarm:
    """When to look next, which any thread may bring forward.

    One thread waits; what is wanted when it does not wait, or for later than
    it waits, is kept for it.
    """

    def __init__(self) -> None:
        # Unlike an event it may be used in the handler of a signal that
        # comes while the same thread waits.
        self._wanted: queue.SimpleQueue[float] = queue.SimpleQueue()
        self._next = math.inf

    def within(self, seconds: float) -> None:
        """Have somebody look in so many seconds at the latest."""
        self._wanted.put(time.monotonic() + seconds)

    def wait(self, seconds: float) -> bool:
        """Wait, and tell if it ended because somebody wanted it.

        Of several who wanted it the first is told so. The look that comes
        then finds in the journal what the others wait for.
        """
        end = time.monotonic() + seconds
        while (left := min(end, self._next) - time.monotonic()) > 0:
            try:
                wanted = self._wanted.get(timeout=left)
            except queue.Empty:
                break
            self._next = min(self._next, wanted)
        if self._next > time.monotonic():
            return False
        self._next = math.inf
        return True
