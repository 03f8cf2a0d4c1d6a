# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The journal as the sweep reads it, and how the sweep is due.

The sweep of a region is an entry of the journal itself, of a type that no
region knows: so it is claimed, leased, taken over and put off like any job,
and one process at a time sweeps a region.
"""

from collections.abc import Iterable, Mapping
import dataclasses
import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db import clock
from tricircle.db import lease
from tricircle.db.central.job import entries
from tricircle.journal import intent
from tricircle.plan import turns
from tricircle.replica import types

_JOURNAL = entries.JOURNAL


@dataclasses.dataclass(frozen=True)
class Entry:
    """What the journal holds of a resource in a region.

    :ivar in_flight: something is to be done, or being done
    :ivar partial: the region said that it has no place for all of it
    :ivar ended: an operator does not want it tried any more
    """

    resource_id: str
    in_flight: bool
    partial: bool
    ended: bool = False


def page(
    session: orm.Session,
    region_name: str,
    resource_type: str,
    marker: str | None,
    limit: int,
) -> list[Entry]:
    """Return the next entries of a region, by the resource's ID.

    :param marker: the ID after which to begin, None for the first
    """
    query = _entries(region_name, resource_type).limit(limit)
    if marker is not None:
        query = query.where(_JOURNAL.c.resource_id > marker)
    return [_entry(row) for row in session.execute(query)]


def of(
    session: orm.Session,
    region_name: str,
    resource_type: str,
    resource_id: str,
) -> list[Entry]:
    """Return the entry of one resource in a region, if there is one."""
    query = _entries(region_name, resource_type).where(
        _JOURNAL.c.id
        == intent.entry_id(resource_type, resource_id, region_name)
    )
    return [_entry(row) for row in session.execute(query)]


def _entries(region_name: str, resource_type: str) -> sa.Select[Any]:
    # By the clock: of what is not pending nobody takes a lease over that a
    # dead process has left.
    in_flight = sa.or_(_JOURNAL.c.pending, sa.not_(lease.is_over(_JOURNAL.c)))
    return (
        sa.select(
            _JOURNAL.c.resource_id,
            _JOURNAL.c.omitted,
            in_flight.label('in_flight'),
            entries.ENDED.label('ended'),
        )
        .where(
            _JOURNAL.c.region_name == region_name,
            _JOURNAL.c.resource_type == resource_type,
            # What was removed there and may return is none of its replicas.
            sa.or_(_JOURNAL.c.digest.is_not(None), in_flight, entries.ENDED),
        )
        .order_by(_JOURNAL.c.resource_id)
    )


def _entry(row: Any) -> Entry:
    return Entry(
        row.resource_id,
        bool(row.in_flight),
        bool(json.loads(row.omitted)) if row.omitted else False,
        bool(row.ended),
    )


def repair(
    resource_type: str, resource_id: str, region_name: str
) -> intent.Intent:
    """Return the intent to make right what a sweep found."""
    return intent.Intent(
        resource_type,
        resource_id,
        region_name,
        priority=turns.Priority.REPAIR,
    )


def adopt(
    session: orm.Session,
    region_name: str,
    resource_type: str,
    counters: Mapping[str, int],
) -> None:
    """Record intents for what a region has and the journal knows not of.

    :param counters: by ID of the resource, the counter that the region
        applied; the intent is a later one, so that the region heeds it
    """
    intent.record(
        session,
        [
            repair(resource_type, resource_id, region_name)
            for resource_id in counters
        ],
    )
    for resource_id, counter in sorted(counters.items()):
        session.execute(
            sa.update(_JOURNAL)
            .where(
                _JOURNAL.c.id
                == intent.entry_id(resource_type, resource_id, region_name),
                _JOURNAL.c.counter <= counter,
            )
            .values(counter=counter + 1)
        )


def plan(
    session: orm.Session, region_names: Iterable[str], delay: float
) -> None:
    """Have regions swept in `delay` seconds, if it is not planned yet."""
    intent.ensure(
        session,
        [
            intent.Intent(types.SWEEP, name, name, delay=delay)
            for name in region_names
        ],
    )


def planned(session: orm.Session) -> set[str]:
    """Return the regions whose sweep is planned, or under way."""
    return set(
        session.scalars(
            sa.select(_JOURNAL.c.region_name).where(
                _JOURNAL.c.resource_type == types.SWEEP
            )
        )
    )


def put_off(
    session: orm.Session, entry_id: str, owner: str, delay: float
) -> None:
    """Note that a sweep is over, and when the next one is due.

    :param owner: who held the entry
    """
    values: dict[str, Any] = {
        'next_try_at': clock.Now(delay),
        # When it was done last; that it was, the counters tell.
        'wanted_at': clock.Now(),
        'attempts': 0,
        'reason': None,
        **lease.NOBODY,
    }
    session.execute(
        sa.update(_JOURNAL)
        .where(_JOURNAL.c.id == entry_id, _JOURNAL.c.lease_owner == owner)
        # In this order: MySQL makes one change after the other.
        .ordered_values(
            ('applied', _JOURNAL.c.counter),
            ('counter', _JOURNAL.c.counter + 1),
            *values.items(),
        )
    )


def call_off(session: orm.Session, region_name: str) -> None:
    """Sweep a region no more."""
    intent.forget(session, types.SWEEP, region_name, region_name)
