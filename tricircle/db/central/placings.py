# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What regions have been asked to make, and have not answered yet.

A row is written before a region is asked, and goes with its answer. So who
looks for what a lost answer made knows since when to look, and whether
anybody else waits for the like of it.
"""

from collections.abc import Iterable
import dataclasses
import datetime
from typing import cast, Final

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db import clock
from tricircle.db import upsert
from tricircle.db.central import homes
from tricircle.db.central import models as central_models

_PLACINGS: Final = cast(sa.Table, central_models.Placing.__table__)
_HOMES: Final = cast(sa.Table, central_models.ResourceHome.__table__)
#: Rows past their deadline that one placing takes away.
_CLEARED: Final = 100


@dataclasses.dataclass(frozen=True)
class Placing:
    """What a region is asked to make.

    :ivar request_id: of the client's request
    :ivar mark: digest of what can be told apart
    """

    request_id: str
    resource_type: str
    region_name: str
    project_id: str
    mark: str


def begin(
    session: orm.Session, placing: Placing, seconds: float
) -> datetime.datetime:
    """Note that a region is about to be asked; safe to repeat.

    What others left behind past their deadline goes.

    :param seconds: until its own
    :returns: now, by the database's clock
    """
    now = clock.now(session)
    # Read first, then by primary key: a range would lock what others insert.
    past = list(
        session.scalars(
            sa.select(_PLACINGS.c.request_id)
            .where(_PLACINGS.c.deadline < now)
            .order_by(_PLACINGS.c.request_id)
            .limit(_CLEARED)
        )
    )
    if past:
        session.execute(
            sa.delete(_PLACINGS).where(_PLACINGS.c.request_id.in_(past))
        )
    row = {
        **dataclasses.asdict(placing),
        'created_at': now,
        'deadline': now + datetime.timedelta(seconds=seconds),
    }
    upsert.insert_or_change(
        session,
        _PLACINGS,
        [row],
        lambda new: [
            (name, getattr(new, name)) for name in row if name != 'request_id'
        ],
    )
    return now


def end(session: orm.Session, request_id: str) -> None:
    """Note that nothing came of it, or that it is known what did."""
    session.execute(
        sa.delete(_PLACINGS).where(_PLACINGS.c.request_id == request_id)
    )


def has_like(session: orm.Session, placing: Placing) -> bool:
    """Tell whether another request waits for the like of it there."""
    found = session.scalar(
        sa.select(_PLACINGS.c.request_id)
        .where(
            _PLACINGS.c.mark == placing.mark,
            _PLACINGS.c.request_id != placing.request_id,
            _PLACINGS.c.resource_type == placing.resource_type,
            _PLACINGS.c.region_name == placing.region_name,
            _PLACINGS.c.project_id == placing.project_id,
            _PLACINGS.c.deadline >= clock.now(session),
        )
        .limit(1)
    )
    return found is not None


def answered(
    session: orm.Session, resource_type: str, resource_ids: Iterable[str]
) -> set[str]:
    """Return those that were the answer to a request."""
    return set(
        session.scalars(
            sa.select(_HOMES.c.resource_id).where(
                _HOMES.c.resource_type == resource_type,
                _HOMES.c.resource_id.in_(list(resource_ids)),
                _HOMES.c.request_id.is_not(None),
            )
        )
    )


def claim(session: orm.Session, home: homes.Home, request_id: str) -> bool:
    """Make a resource the answer to a request, and end its placing.

    :returns: False, with nothing done, when it answers another already
    """
    homes.note(session, [home])
    ours = (
        _HOMES.c.resource_type == home.resource_type,
        _HOMES.c.resource_id == home.resource_id,
    )
    session.execute(
        sa.update(_HOMES)
        .where(*ours, _HOMES.c.request_id.is_(None))
        .values(request_id=request_id)
    )
    holder = session.scalar(sa.select(_HOMES.c.request_id).where(*ours))
    if holder != request_id:
        return False
    end(session, request_id)
    return True
