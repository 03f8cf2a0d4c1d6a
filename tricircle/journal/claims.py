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

from collections.abc import Iterable, Sequence
from typing import Any, cast, Final

from oslo_log import log as logging
import sqlalchemy as sa

from tricircle.db import owner as owner_of
from tricircle.db import session as sessions
from tricircle.db.central import models as central_models
from tricircle.db.central.job import pauses
from tricircle.journal import in_turn
from tricircle.journal import intent
from tricircle.journal.job import Job
from tricircle.journal.job import JOURNAL
from tricircle.journal.job import QUEUE
from tricircle.plan import turns
from tricircle.replica import types
from tricircle.replica.document import Generation

LOG = logging.getLogger(__name__)

_PODS = cast(sa.Table, central_models.Pod.__table__)
#: Types of entries that central itself carries out.
FOR_CENTRAL: Final = (
    types.ROUTER_PLAN,
    types.DEPARTURE,
    types.ADOPTION_ROWS,
)
#: Types of entries that are not what a region is to have.
OTHERS: Final = (types.SWEEP, *FOR_CENTRAL, *types.MIRRORED)


put_back = sessions.retry(QUEUE.let_go)
owners = sessions.retry(QUEUE.owners)
give_back = sessions.retry(QUEUE.give_back)


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
    has wait. Where more waits than may be taken, whose turn it is is taken:
    see :mod:`tricircle.plan.turns`.

    :param lease: seconds until another process may take them over
    :param running: IDs of entries whose jobs this process is at. It does
        not take them over from itself when it is so busy that their leases
        have run out: of two jobs of one owner each would end the lease of
        the other
    :param taken: whose turn it was before
    """
    which = sa.and_(
        JOURNAL.c.region_name == region_name,
        JOURNAL.c.resource_type.not_in(OTHERS),
        JOURNAL.c.id.not_in(sorted(running)),
        pauses.may_go(region_name),
    )
    with sessions.reader() as session:
        keys = QUEUE.due(session, limit + 1, which)
        if len(keys) > limit:
            # There is more than there is room for.
            keys = in_turn.keys(
                session, QUEUE.is_due(which), limit, taken or turns.Turns()
            )
    rows = QUEUE.take(keys, owner, lease, QUEUE.is_due(which))
    if keys and not rows:
        # Others were quicker.
        rows = QUEUE.claim(owner, lease, limit, which)
    return _jobs(region_name, owner, rows)


@sessions.retry
def claim_mirrored(
    region_name: str,
    owner: str,
    lease: float,
    kinds: Iterable[str],
    keys: Iterable[str] | None = None,
) -> list[Job]:
    """Take what a gateway is to do in a region.

    :param lease: seconds until another process may take it over
    :param kinds: some of :data:`tricircle.replica.types.MIRRORED`
    :param keys: IDs of the entries to take, due or not; None for the first
        that is due
    """
    which = sa.and_(
        JOURNAL.c.region_name == region_name,
        JOURNAL.c.resource_type.in_(sorted(kinds)),
        pauses.may_go(region_name),
    )
    if keys is None:
        rows = QUEUE.claim(owner, lease, 1, which)
    else:
        rows = QUEUE.take([(key,) for key in keys], owner, lease, which)
    return _jobs(region_name, owner, rows)


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
        JOURNAL.c.resource_type.in_(FOR_CENTRAL),
    )
    return jobs[0] if jobs else None


@sessions.retry
def central_names() -> set[str]:
    """Return the names under which something may be pending for central.

    One, unless not all programs are configured with the same: every name
    that is of no region.
    """
    busy = (
        sa.select(JOURNAL.c.region_name)
        .where(JOURNAL.c.pending)
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
    which = sa.and_(JOURNAL.c.id == key, pauses.may_go(region_name))
    jobs = _claim(region_name, owner, 1, lease, which)
    return jobs[0] if jobs else None


def _claim(
    region_name: str,
    owner: str,
    limit: int,
    lease: float,
    which: sa.ColumnElement[bool],
) -> list[Job]:
    taken = QUEUE.claim(
        owner,
        lease,
        limit,
        sa.and_(JOURNAL.c.region_name == region_name, which),
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
    QUEUE.renew([(one,) for one in ids], owner, lease)


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
    QUEUE.pull_forward(JOURNAL.c.region_name == region_name)
