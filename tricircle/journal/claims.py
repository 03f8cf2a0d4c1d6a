# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Who carries out which entry of the journal, and how it ended."""

from collections.abc import Callable, Collection, Iterable, Sequence
import dataclasses
import json
from typing import Any, cast, Final

from oslo_log import log as logging
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db import lease as row_lease
from tricircle.db import owner as owner_of
from tricircle.db import session as sessions
from tricircle.db import work_queue
from tricircle.db.central import entries
from tricircle.db.central import models as central_models
from tricircle.db.central import pauses
from tricircle.journal import confirmation
from tricircle.journal import intent
from tricircle.plan import turns
from tricircle.replica import types
from tricircle.replica.document import Generation

LOG = logging.getLogger(__name__)

_JOURNAL = cast(sa.Table, central_models.JournalEntry.__table__)
_PODS = cast(sa.Table, central_models.Pod.__table__)
#: Types of entries that central itself carries out.
FOR_CENTRAL: Final = (
    types.ROUTER_PLAN,
    types.DEPARTURE,
    types.ADOPTION_ROWS,
)
#: Types of entries that are not what a region is to have.
OTHERS: Final = (types.SWEEP, *FOR_CENTRAL)


@dataclasses.dataclass(frozen=True)
class Job:
    """An entry that this process holds.

    :ivar generation: what was wanted when it was claimed
    """

    id: str
    resource_type: str
    resource_id: str
    region_name: str
    generation: Generation
    attempts: int
    owner: str

    def __str__(self) -> str:
        """Return what the line in the log begins with."""
        return (
            f'{self.resource_type} {self.resource_id} in {self.region_name}, '
            f'counter {self.counter}'
        )

    @property
    def key(self) -> work_queue.Key:
        """What the entry is found by."""
        return (self.id,)

    @property
    def counter(self) -> int:
        """What was wanted when it was claimed."""
        return self.generation.counter


_queue: Final = work_queue.Queue(
    _JOURNAL,
    sessions.reader,
    sessions.writer,
    (
        _JOURNAL.c.resource_type,
        _JOURNAL.c.resource_id,
        _JOURNAL.c.counter,
        _JOURNAL.c.attempts,
        intent.current_epoch().label('epoch'),
    ),
    intent.WAITS,
)

fail = sessions.retry(_queue.fail)
put_back = sessions.retry(_queue.let_go)
owners = sessions.retry(_queue.owners)
give_back = sessions.retry(_queue.give_back)


@sessions.retry
def claim(
    region_name: str,
    owner: str,
    limit: int,
    lease: float,
    running: Iterable[str] = (),
    taken: turns.Turns | None = None,
) -> list[Job]:
    """Take due entries of a region that nobody holds, of what it is to have.

    No sweep, nothing that is for central itself, and nothing that an operator
    has wait. Where more waits than
    may be taken, whose turn it is is taken: see :mod:`tricircle.plan.turns`.

    :param lease: seconds until another process may take them over
    :param running: IDs of entries whose jobs this process is at. It does
        not take them over from itself when it is so busy that their leases
        have run out: of two jobs of one owner each would end the lease of
        the other
    :param taken: whose turn it was before
    """
    which = sa.and_(
        _JOURNAL.c.region_name == region_name,
        _JOURNAL.c.resource_type.not_in(OTHERS),
        _JOURNAL.c.id.not_in(sorted(running)),
        pauses.may_go(region_name),
    )
    with sessions.reader() as session:
        keys = _queue.due(session, limit + 1, which)
        if len(keys) > limit:
            # There is more than there is room for.
            keys = _in_turn(session, limit, which, taken or turns.Turns())
    rows = _queue.take(keys, owner, lease, _queue.is_due(which))
    if keys and not rows:
        # Others were quicker.
        rows = _queue.claim(owner, lease, limit, which)
    return _jobs(region_name, owner, rows)


def _in_turn(
    session: orm.Session,
    limit: int,
    which: sa.ColumnElement[bool],
    taken: turns.Turns,
) -> list[work_queue.Key]:
    """Return what is next of all that is due, so many at most.

    :param which: of one region
    """
    found: list[work_queue.Key] = []
    while len(found) < limit:
        others = sa.and_(
            which, _JOURNAL.c.id.not_in([id_ for (id_,) in found])
        )
        row = next(
            filter(
                None,
                (
                    _after(session, others, priority, last)
                    for priority in taken.order()
                    # The others first, then all from the beginning.
                    for last in dict.fromkeys([taken.last(priority), None])
                ),
            ),
            None,
        )
        if row is None:
            break
        found.append((row.id,))
        taken.took(turns.Priority(row.priority), row.project_id)
    return found


def _after(
    session: orm.Session,
    which: sa.ColumnElement[bool],
    priority: turns.Priority,
    last: str | None,
) -> sa.Row[Any, Any, Any] | None:
    """Return what is due first of the project that comes after another.

    One look at an index, however much waits of each.

    :param last: that project, ``''`` for what is of none; None for none yet
    """
    project_id = _JOURNAL.c.project_id
    return session.execute(
        sa.select(_JOURNAL.c.id, _JOURNAL.c.priority, project_id)
        .where(
            _queue.is_due(which),
            _JOURNAL.c.priority == priority,
            sa.true() if last is None else project_id > last,
        )
        # What is of no project is the first.
        .order_by(project_id, _JOURNAL.c.next_try_at)
        .limit(1)
    ).one_or_none()


@sessions.retry
def claim_for_central(
    region_name: str, owner: str, lease: float
) -> Job | None:
    """Take what is due first of what central itself is to do.

    :param region_name: central's, as the entry has it
    :param lease: seconds until another process may take it over
    """
    jobs = _claim(
        region_name,
        owner,
        1,
        lease,
        _JOURNAL.c.resource_type.in_(FOR_CENTRAL),
    )
    return jobs[0] if jobs else None


@sessions.retry
def central_names() -> set[str]:
    """Return the names under which something may be pending for central.

    One, unless not all programs are configured with the same: every name
    that is of no region.
    """
    busy = (
        sa.select(_JOURNAL.c.region_name)
        .where(_JOURNAL.c.pending)
        .distinct()
        .subquery()
    )
    with sessions.reader() as session:
        return set(
            session.scalars(
                sa.select(busy.c.region_name).where(
                    busy.c.region_name.not_in(
                        sa.select(_PODS.c.region_name).where(
                            _PODS.c.az_name != ''
                        )
                    )
                )
            )
        )


@sessions.retry
def claim_sweep(region_name: str, owner: str, lease: float) -> Job | None:
    """Take the sweep of a region, if it is due and nobody holds it.

    :param lease: seconds until another process may take it over
    """
    # By its key: it may be behind all that the region waits for, and every
    # row that is looked at on the way there would be locked.
    key = intent.entry_id(types.SWEEP, region_name, region_name)
    which = sa.and_(_JOURNAL.c.id == key, pauses.may_go(region_name))
    jobs = _claim(region_name, owner, 1, lease, which)
    return jobs[0] if jobs else None


def _claim(
    region_name: str,
    owner: str,
    limit: int,
    lease: float,
    which: sa.ColumnElement[bool],
) -> list[Job]:
    taken = _queue.claim(
        owner,
        lease,
        limit,
        sa.and_(_JOURNAL.c.region_name == region_name, which),
    )
    return _jobs(region_name, owner, taken)


def _jobs(
    region_name: str, owner: str, taken: Iterable[sa.Row[Any]]
) -> list[Job]:
    return [
        Job(
            row.id,
            row.resource_type,
            row.resource_id,
            region_name,
            Generation(row.epoch, row.counter),
            row.attempts,
            owner,
        )
        for row in taken
    ]


@sessions.retry
def renew(owner: str, ids: Sequence[str], lease: float) -> None:
    """Hold on to entries whose jobs are still running."""
    _queue.renew([(one,) for one in ids], owner, lease)


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
    values = {
        **intent.applied_values(job.counter, digest),
        'omitted': json.dumps(sorted(omitted)) if omitted else None,
        **row_lease.NOBODY,
    }
    with sessions.writer() as session:
        _queue.change(session, job, values)
        if also is not None:
            also(session)


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
        return _queue.change(
            session,
            job,
            {'counter': applied.counter + 1, 'pending': True},
            sa.and_(
                # It stays ended; the next intent overtakes the region.
                sa.not_(entries.ENDED),
                _JOURNAL.c.counter <= applied.counter,
                intent.current_epoch() == applied.epoch,
            ),
        )


def unconfirmed(session: orm.Session, job: Job) -> int:
    """Return how many changes the region has not confirmed, with this one."""
    return int(
        session.scalar(
            sa.select(_JOURNAL.c.counter - _JOURNAL.c.applied).where(
                _JOURNAL.c.id == job.id
            )
        )
        or 0
    )


def take_from_the_dead() -> None:
    """Let go of what processes of this machine held when they were killed.

    The one that comes after them need not wait for their leases.
    """
    for text in sorted(owners()):
        if owner_of.is_dead(text):
            LOG.warning('%s has died; its jobs are free again', text)
            give_back(text)


@sessions.retry
def pull_forward(region_name: str) -> None:
    """Make what failed due: the region answers again."""
    _queue.pull_forward(_JOURNAL.c.region_name == region_name)


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
        if _queue.end(session, job, done if may_return else None):
            if not may_return:
                confirmation.entry_gone(session, [job.id])
            revoke(session)
