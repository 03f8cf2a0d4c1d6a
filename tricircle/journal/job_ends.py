# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How jobs end: what the journal then says of their entries."""

from collections.abc import Callable, Collection, Iterable, Sequence
import dataclasses
import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db import clock
from tricircle.db import lease as row_lease
from tricircle.db import session as sessions
from tricircle.db.central.job import entries
from tricircle.journal import confirmation
from tricircle.journal import intent
from tricircle.journal.job import Job
from tricircle.journal.job import JOURNAL
from tricircle.journal.job import QUEUE
from tricircle.replica.document import Generation

fail = sessions.retry(QUEUE.fail)


@dataclasses.dataclass(frozen=True)
class End:
    """How a job ended that was done.

    :ivar digest: that the region answered
    :ivar omitted: what it does not get
    """

    job: Job
    digest: str | None
    omitted: Collection[str] = ()

    @property
    def values(self) -> dict[str, Any]:
        """What to set; pending again if more was wanted meanwhile."""
        omitted = json.dumps(sorted(self.omitted)) if self.omitted else None
        return {
            **intent.applied_values(self.job.counter, self.digest),
            'omitted': omitted,
            **row_lease.NOBODY,
        }


@sessions.retry
def finish(
    job: Job,
    digest: str | None,
    omitted: Collection[str],
    also: Callable[[orm.Session], None] | None = None,
) -> None:
    """The region has it; pending again if more was wanted meanwhile.

    :param also: what else to do in the same transaction
    """
    with sessions.writer() as session:
        QUEUE.change(session, job, End(job, digest, omitted).values)
        if also is not None:
            also(session)


@sessions.retry
def finish_together(ends: Sequence[End]) -> list[End]:
    """As :func:`finish` for each, in one transaction that waits for nobody.

    :returns: those whose rows are as before: somebody else is at them, or
        they are not held any more
    """
    with sessions.writer() as session:
        rows = QUEUE.lock(
            session, [one.job for one in ends], JOURNAL.c.counter
        )
        done, others, left = [], [], []
        for one in ends:
            row = rows.get(one.job.key)
            if row is None:
                left.append(one)
            elif row.counter == one.job.counter and not one.omitted:
                done.append(one)
            else:
                others.append(one)
        jobs = [one.job for one in done]
        if jobs:
            QUEUE.change_all(session, jobs, _all_there(done))
        for one in others:
            QUEUE.change(session, one.job, one.values)
    return left


def _all_there(ends: Iterable[End]) -> dict[str, Any]:
    """Return what to set where nothing more was wanted, nor left out."""
    return {
        'digest': sa.case(
            {one.job.id: one.digest for one in ends}, value=JOURNAL.c.id
        ),
        'applied': JOURNAL.c.counter,
        'pending': False,
        'attempts': 0,
        'reason': None,
        'omitted': None,
        'updated_at': clock.Now(),
        **row_lease.NOBODY,
    }


@sessions.retry
def overtake(job: Job, applied: Generation) -> bool:
    """Count on from what a region has applied, if the journal is behind.

    It is when central lost the entry, or was restored: a new entry counts
    from the beginning, and the region would refuse all that comes. The job
    is due again with a later counter.

    :param applied: what the region says
    :returns: whether the journal was behind
    """
    with sessions.writer() as session:
        return QUEUE.change(
            session,
            job,
            {'counter': applied.counter + 1, 'pending': True},
            sa.and_(
                # It stays ended; the next intent overtakes the region.
                sa.not_(entries.ENDED),
                JOURNAL.c.counter <= applied.counter,
                intent.current_epoch() == applied.epoch,
            ),
        )


def unconfirmed(session: orm.Session, job: Job) -> int:
    """Return how many changes the region has not confirmed, with this one."""
    return int(
        session.scalar(
            sa.select(JOURNAL.c.counter - JOURNAL.c.applied).where(
                JOURNAL.c.id == job.id
            )
        )
        or 0
    )


@sessions.retry
def remove(
    job: Job, revoke: Callable[[orm.Session], None], may_return: bool = False
) -> None:
    """Forget a tombstone that was carried out, if nothing came after it.

    :param revoke: what else to do in the same transaction
    :param may_return: the region may get it again, and then has to see a
        later generation: the entry stays, without digest
    """
    done = {
        'applied': job.counter,
        'pending': False,
        'digest': None,
        'omitted': None,
        'attempts': 0,
        'reason': None,
    }
    with sessions.writer() as session:
        if QUEUE.end(session, job, done if may_return else None):
            if not may_return:
                confirmation.entry_gone(session, [job.id])
            revoke(session)
