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

from oslo_db import api as oslo_db_api
from oslo_log import log as logging
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db import clock
from tricircle.db import owner as owner_of
from tricircle.db import session as sessions
from tricircle.db.central import models as central_models
from tricircle.journal import confirmation
from tricircle.journal import intent
from tricircle.replica import types
from tricircle.replica.document import Generation

LOG = logging.getLogger(__name__)

_JOURNAL = cast(sa.Table, central_models.JournalEntry.__table__)
_PODS = cast(sa.Table, central_models.Pod.__table__)
#: Entries that one statement changes.
_PIECE: Final = 100
#: Types of entries that central itself carries out.
FOR_CENTRAL: Final = (types.ROUTER_PLAN,)
#: Types of entries that are not what a region is to have.
OTHERS: Final = (types.SWEEP, *FOR_CENTRAL)

retry = oslo_db_api.wrap_db_retry(
    max_retries=10,
    retry_interval=0.1,
    inc_retry_interval=True,
    max_retry_interval=2,
    retry_on_deadlock=True,
)


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


@retry
def claim(
    region_name: str,
    owner: str,
    limit: int,
    lease: float,
    running: Iterable[str] = (),
) -> list[Job]:
    """Take due entries of a region that nobody holds, of what it is to have.

    No sweep, and nothing that is for central itself.

    :param lease: seconds until another process may take them over
    :param running: IDs of entries whose jobs this process is at. It does
        not take them over from itself when it is so busy that their leases
        have run out: of two jobs of one owner each would end the lease of
        the other
    """
    return _claim(
        region_name,
        owner,
        limit,
        lease,
        sa.and_(
            _JOURNAL.c.resource_type.not_in(OTHERS),
            _JOURNAL.c.id.not_in(sorted(running)),
        ),
    )


@retry
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


@retry
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


@retry
def claim_sweep(region_name: str, owner: str, lease: float) -> Job | None:
    """Take the sweep of a region, if it is due and nobody holds it.

    :param lease: seconds until another process may take it over
    """
    # By its key: it may be behind all that the region waits for, and every
    # row that is looked at on the way there would be locked.
    key = intent.entry_id(types.SWEEP, region_name, region_name)
    jobs = _claim(region_name, owner, 1, lease, _JOURNAL.c.id == key)
    return jobs[0] if jobs else None


def _claim(
    region_name: str,
    owner: str,
    limit: int,
    lease: float,
    which: sa.ColumnElement[bool],
) -> list[Job]:
    table = _JOURNAL
    with sessions.writer() as session:
        due = (
            sa.select(
                table.c.id,
                table.c.resource_type,
                table.c.resource_id,
                table.c.counter,
                table.c.attempts,
                intent.current_epoch().label('epoch'),
            )
            .where(
                table.c.region_name == region_name,
                which,
                table.c.pending,
                table.c.next_try_at <= clock.Now(),
                sa.or_(
                    table.c.lease_until.is_(None),
                    table.c.lease_until <= clock.Now(),
                ),
            )
            .order_by(table.c.next_try_at)
            .limit(limit)
        )
        if session.get_bind().dialect.name != 'sqlite':
            due = due.with_for_update(skip_locked=True, of=table)
        jobs = [
            Job(
                row.id,
                row.resource_type,
                row.resource_id,
                region_name,
                Generation(row.epoch, row.counter),
                row.attempts,
                owner,
            )
            for row in session.execute(due)
        ]
        if jobs:
            session.execute(
                sa.update(table)
                .where(table.c.id.in_([job.id for job in jobs]))
                .values(lease_owner=owner, lease_until=clock.Now(lease))
            )
        return jobs


def _mine(job: Job) -> sa.ColumnElement[bool]:
    return sa.and_(
        _JOURNAL.c.id == job.id, _JOURNAL.c.lease_owner == job.owner
    )


@retry
def renew(owner: str, ids: Sequence[str], lease: float) -> None:
    """Hold on to entries whose jobs are still running."""
    if not ids:
        return
    with sessions.writer() as session:
        session.execute(
            sa.update(_JOURNAL)
            .where(
                _JOURNAL.c.id.in_(list(ids)), _JOURNAL.c.lease_owner == owner
            )
            .values(lease_until=clock.Now(lease))
        )


@retry
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
        session.execute(
            sa.update(_JOURNAL)
            .where(_mine(job))
            .values(
                {
                    **intent.applied_values(job.generation.counter, digest),
                    'omitted': json.dumps(sorted(omitted))
                    if omitted
                    else None,
                    'lease_owner': None,
                    'lease_until': None,
                }
            )
        )
        if also is not None:
            also(session)


@retry
def fail(job: Job, reason: str, delay: float) -> None:
    """The region has it not; try again in `delay` seconds."""
    with sessions.writer() as session:
        session.execute(
            sa.update(_JOURNAL)
            .where(_mine(job))
            .values(
                attempts=job.attempts + 1,
                reason=reason[:2000],
                # More was wanted meanwhile: that need not wait.
                next_try_at=sa.case(
                    (
                        _JOURNAL.c.counter > job.generation.counter,
                        _JOURNAL.c.next_try_at,
                    ),
                    else_=clock.Now(delay),
                ),
                lease_owner=None,
                lease_until=None,
            )
        )


@retry
def overtake(job: Job, applied: Generation) -> bool:
    """Count on from what a region has applied, if the journal is behind.

    It is when central lost the entry, or was restored: a new entry counts
    from the beginning, and the region would refuse all that comes. The job
    is due again with a later counter.

    :param applied: what the region says
    :returns: whether the journal was behind
    """
    with sessions.writer() as session:
        done: Any = session.execute(
            sa.update(_JOURNAL)
            .where(
                _mine(job),
                _JOURNAL.c.counter <= applied.counter,
                intent.current_epoch() == applied.epoch,
            )
            .values(counter=applied.counter + 1, pending=True)
        )
        return bool(done.rowcount)


@retry
def put_back(job: Job) -> None:
    """Let the next one have a job that was left off; it stays due."""
    with sessions.writer() as session:
        session.execute(
            sa.update(_JOURNAL)
            .where(_mine(job))
            .values(lease_owner=None, lease_until=None)
        )


def give_back(owner: str) -> None:
    """Let others have what this process claimed and has not begun."""
    for keys in _pieces(_JOURNAL.c.lease_owner == owner):
        _change(
            keys,
            _JOURNAL.c.lease_owner == owner,
            {'lease_owner': None, 'lease_until': None},
        )


def _pieces(which: sa.ColumnElement[bool]) -> list[list[str]]:
    """Return the IDs of entries, some at a time.

    Nothing is locked: entries are looked for by one statement, and changed
    by others, by their key. Whoever records an intent meanwhile waits for
    one piece at most.
    """
    keys = _ids(which)
    return [
        keys[start : start + _PIECE] for start in range(0, len(keys), _PIECE)
    ]


@retry
def _ids(which: sa.ColumnElement[bool]) -> list[str]:
    with sessions.reader() as session:
        return sorted(session.scalars(sa.select(_JOURNAL.c.id).where(which)))


@retry
def _change(
    keys: list[str], still: sa.ColumnElement[bool], values: dict[str, Any]
) -> None:
    """Change entries, if what they were chosen for is still so."""
    with sessions.writer() as session:
        session.execute(
            sa.update(_JOURNAL)
            .where(_JOURNAL.c.id.in_(keys), still)
            .values(values)
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


@retry
def owners() -> set[str]:
    """Return who holds leases that have not run out."""
    with sessions.reader() as session:
        return {
            owner
            for owner in session.scalars(
                sa.select(_JOURNAL.c.lease_owner)
                .where(
                    # By the index: most entries are held by nobody.
                    _JOURNAL.c.lease_owner.is_not(None),
                    _JOURNAL.c.lease_until > clock.Now(),
                )
                .distinct()
            )
            if owner is not None
        }


def take_from_the_dead() -> None:
    """Let go of what processes of this machine held when they were killed.

    The one that comes after them need not wait for their leases.
    """
    for text in sorted(owners()):
        found = owner_of.read(text)
        if found is not None and found.is_dead:
            LOG.warning('%s has died; its jobs are free again', text)
            give_back(text)


def pull_forward(region_name: str) -> None:
    """Make what failed due: the region answers again."""
    waits = sa.and_(
        _JOURNAL.c.region_name == region_name,
        _JOURNAL.c.pending,
        _JOURNAL.c.next_try_at > clock.Now(),
        _JOURNAL.c.attempts > 0,
        _JOURNAL.c.lease_until.is_(None),
    )
    for keys in _pieces(waits):
        _change(keys, waits, {'next_try_at': clock.Now()})


@retry
def remove(
    job: Job, revoke: Callable[[orm.Session], None], may_return: bool = False
) -> None:
    """Forget a tombstone that was carried out, if nothing came after it.

    :param revoke: what else to do in the same transaction
    :param may_return: the region may get it again, and then has to see a
        later generation: the entry stays, without digest
    """
    with sessions.writer() as session:
        last = sa.and_(
            _mine(job), _JOURNAL.c.counter == job.generation.counter
        )
        gone: Any = session.execute(
            sa.update(_JOURNAL)
            .where(last)
            .values(
                applied=job.generation.counter,
                pending=False,
                digest=None,
                omitted=None,
                attempts=0,
                reason=None,
                lease_owner=None,
                lease_until=None,
            )
            if may_return
            else sa.delete(_JOURNAL).where(last)
        )
        if gone.rowcount:
            if not may_return:
                confirmation.entry_gone(session, [job.id])
            revoke(session)
        else:
            session.execute(
                sa.update(_JOURNAL)
                .where(_mine(job))
                .values(lease_owner=None, lease_until=None)
            )
