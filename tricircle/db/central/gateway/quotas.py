# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Quotas of the whole cloud: what is under way, and what regions last said.

Whoever is about to take something reads what regions use, and then reserves
it. Between the two anything may happen: a reservation that went meanwhile,
because the region counts its server by now, may be in what was read or not.
So it stays as a row that says when it was settled, and counts for those who
began to read before that, or have an older answer of its region only. Clocks
are the database's alone.
"""

from collections.abc import Collection, Mapping
import dataclasses
import datetime
import json
from typing import Any, cast, Final

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db import clock
from tricircle.db import upsert
from tricircle.db.central import models as central_models
from tricircle.db.central.gateway import homes

_TURNS: Final = cast(sa.Table, central_models.QuotaTurn.__table__)
_ROWS: Final = cast(sa.Table, central_models.QuotaReservation.__table__)
_USAGES: Final = cast(sa.Table, central_models.QuotaUsage.__table__)
_HOMES: Final = cast(sa.Table, central_models.ResourceHome.__table__)
#: How long a settled one stays: longer than anybody reads.
_READING: Final = datetime.timedelta(minutes=10)
#: After that much time it goes, whatever its region says.
_LONGEST: Final = datetime.timedelta(days=7)
_CLEARED: Final = 100


@dataclasses.dataclass(frozen=True)
class Reservation:
    """What a request takes that no region counts yet.

    :ivar amounts: by the name of a resource
    :ivar region_name: where it was answered, '' before
    :ivar server_id: what tells whether the region counts it, '' of nothing
    """

    id: str
    project_id: str
    amounts: Mapping[str, int]
    region_name: str = ''
    server_id: str = ''


def unsettled(session: orm.Session, project_id: str) -> list[Reservation]:
    """Return those that were answered, and that no region may count yet."""
    return [
        Reservation(
            row.id,
            row.project_id,
            json.loads(row.amounts),
            row.region_name,
            row.server_id,
        )
        for row in session.execute(
            sa.select(_ROWS).where(
                _ROWS.c.project_id == project_id,
                _ROWS.c.region_name != '',
                _ROWS.c.settled_at.is_(None),
            )
        )
    ]


def settle(session: orm.Session, ids: Collection[str]) -> None:
    """Note that regions count these from now on."""
    session.execute(
        sa.update(_ROWS)
        .where(_ROWS.c.id.in_(list(ids)), _ROWS.c.settled_at.is_(None))
        .values(settled_at=clock.Now())
    )


def take_turn(session: orm.Session, project_id: str) -> None:
    """Have nobody else reserve for a project until this transaction ends.

    It comes first in a transaction: what is read before may be old.
    """
    upsert.insert_or_change(
        session,
        _TURNS,
        [{'project_id': project_id, 'turns': 1}],
        lambda new: [('turns', _TURNS.c.turns + 1)],
    )


def clear(
    session: orm.Session, project_id: str, answered: Collection[str]
) -> None:
    """Take away what counts no more.

    What is past its deadline goes when its region has answered since, or was
    never known: a region that is away has not counted it.

    :param answered: names of regions that have just said what they use
    """
    now = clock.now(session)
    past = list(
        session.scalars(
            sa.select(_ROWS.c.id)
            .where(
                _ROWS.c.project_id == project_id,
                sa.or_(
                    sa.and_(
                        _ROWS.c.settled_at < now - _READING,
                        _ROWS.c.region_name.in_(list(answered)),
                    ),
                    sa.and_(
                        _ROWS.c.settled_at.is_(None),
                        _ROWS.c.deadline < now,
                        _ROWS.c.region_name.in_(['', *answered]),
                    ),
                ),
            )
            .order_by(_ROWS.c.id)
        )
    )
    past += session.scalars(
        sa.select(_ROWS.c.id)
        .where(_ROWS.c.deadline < now - _LONGEST)
        .order_by(_ROWS.c.id)
        .limit(_CLEARED)
    )
    for one in past:
        end(session, one)


def reserved(
    session: orm.Session,
    project_id: str,
    since: Mapping[str, datetime.datetime],
) -> list[Mapping[str, int]]:
    """Return the amounts that may not be in what regions said.

    :param since: when each was asked for what counts of it
    """
    rows = session.execute(
        sa.select(
            _ROWS.c.amounts, _ROWS.c.region_name, _ROWS.c.settled_at
        ).where(_ROWS.c.project_id == project_id)
    )
    return [
        json.loads(row.amounts)
        for row in rows
        if row.settled_at is None
        or row.region_name not in since
        or row.settled_at > since[row.region_name]
    ]


def reserve(session: orm.Session, one: Reservation, seconds: float) -> None:
    """Reserve what a request takes.

    :param seconds: until it counts no more, if nobody ends it
    """
    now = clock.now(session)
    session.execute(
        sa.insert(_ROWS).values(
            id=one.id,
            project_id=one.project_id,
            amounts=json.dumps(dict(one.amounts), sort_keys=True),
            region_name='',
            server_id='',
            created_at=now,
            deadline=now + datetime.timedelta(seconds=seconds),
        )
    )


def answered(
    session: orm.Session,
    reservation_id: str,
    server: tuple[str, str],
    seconds: float,
) -> None:
    """Note that a region takes it, and by which server that can be seen.

    :param server: region and ID; without a region that where it is noted
    :param seconds: until it counts no more, if the region never says
    """
    region_name, server_id = server
    region = region_name or homes.region_of(session, 'server', server_id)
    session.execute(
        sa.update(_ROWS)
        .where(_ROWS.c.id == reservation_id)
        .values(
            region_name=(region or '') if server_id else '',
            server_id=server_id,
            deadline=clock.Now(seconds),
        )
    )


def end(session: orm.Session, reservation_id: str) -> None:
    """Note that nothing was taken."""
    session.execute(sa.delete(_ROWS).where(_ROWS.c.id == reservation_id))


@dataclasses.dataclass(frozen=True)
class Said:
    """What a region said that a project uses.

    :ivar since: when it was asked, at the latest
    """

    amounts: Mapping[str, int]
    since: datetime.datetime


def last_known(session: orm.Session, project_id: str) -> dict[str, Said]:
    """Return what regions last said that a project uses, by region."""
    return {
        row.region_name: Said(json.loads(row.amounts), row.noted_at)
        for row in session.execute(
            sa.select(_USAGES).where(_USAGES.c.project_id == project_id)
        )
    }


def note(
    session: orm.Session, project_id: str, said: Mapping[str, Said]
) -> None:
    """Note what regions said that a project uses, unless it is older.

    It is for whoever has the turn.

    :param said: by region
    """
    last = last_known(session, project_id)
    rows: list[dict[str, Any]] = [
        {
            'project_id': project_id,
            'region_name': region,
            'amounts': json.dumps(dict(said[region].amounts), sort_keys=True),
            'noted_at': said[region].since,
        }
        for region in sorted(said)
        if region not in last or last[region].since < said[region].since
    ]
    if rows:
        upsert.insert_or_change(session, _USAGES, rows, _changes)


def _changes(new: Any) -> upsert.Changes:
    return [(name, getattr(new, name)) for name in ('amounts', 'noted_at')]


def servers_noted(
    session: orm.Session, project_id: str, region_name: str
) -> int:
    """Return how many servers of a project are noted to be in a region."""
    return session.scalars(
        sa.select(sa.func.count()).where(
            _HOMES.c.project_id == project_id,
            _HOMES.c.resource_type == 'server',
            _HOMES.c.region_name == region_name,
        )
    ).one()
