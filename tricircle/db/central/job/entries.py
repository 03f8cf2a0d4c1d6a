# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Entries of the journal: what names one, and whether it is waited for.

An entry is work while ``pending``. Until the region has confirmed the last
intent, ``applied`` is behind ``counter``; an entry that is so and not pending
was *ended*: an operator said that it is not to be tried any more. What the
region lacks it goes on lacking, what is held until it confirms stays held,
and the next intent makes work of it again.
"""

from collections.abc import Sequence
from typing import Any, cast, Final
import uuid

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db import clock
from tricircle.db import upsert
from tricircle.db import work_queue
from tricircle.db.central import models as central_models
from tricircle.plan import turns

_NAMESPACE: Final = uuid.UUID('c7b64b9a-6a0f-4d35-9a0c-6f2f4a9e5c1d')
# The bare table: an ORM statement would flush the session first, and intents
# are also recorded from within a flush.
JOURNAL: Final = cast(sa.Table, central_models.JournalEntry.__table__)
#: There is something to do.
WAITS: Final = JOURNAL.c.pending == sa.true()
#: There would be, and an operator does not want it done.
ENDED: Final = sa.and_(
    JOURNAL.c.pending == sa.false(), JOURNAL.c.applied < JOURNAL.c.counter
)
#: The region has what was wanted last.
CONFIRMED: Final = sa.and_(
    JOURNAL.c.pending == sa.false(), JOURNAL.c.applied >= JOURNAL.c.counter
)


def entry_id(resource_type: str, resource_id: str, region_name: str) -> str:
    """Return the journal's key of a resource in a region, a UUID."""
    return str(
        uuid.uuid5(_NAMESPACE, f'{resource_type}/{resource_id}/{region_name}')
    )


def row(
    resource_type: str,
    resource_id: str,
    region_name: str,
    project_id: str | None,
    delay: float = 0.0,
    priority: turns.Priority | None = None,
) -> dict[str, Any]:
    """Return a new entry with its first intent.

    :param delay: seconds before XJob looks at it
    :param priority: that of a change of such a resource if None
    """
    if priority is None:
        priority = turns.priority_of(resource_type)
    return {
        'id': entry_id(resource_type, resource_id, region_name),
        'resource_type': resource_type,
        'resource_id': resource_id,
        'region_name': region_name,
        'project_id': project_id,
        'counter': 1,
        'applied': 0,
        'pending': True,
        'priority': int(priority),
        'attempts': 0,
        'next_try_at': clock.Now(delay),
        'created_at': clock.Now(),
        'wanted_at': clock.Now(),
    }


def want(session: orm.Session, rows: Sequence[dict[str, Any]]) -> None:
    """Record an intent more in each row, or make the row.

    :param rows: of :func:`row`, in the order of their IDs
    """
    work_queue.want(session, JOURNAL, rows, WAITS, _also)


def _also(new: Any) -> upsert.Changes:
    now = JOURNAL.c
    return [
        # Before 'pending', which MySQL would have set by then.
        (
            'wanted_at',
            sa.case((WAITS, now.wanted_at), else_=new.wanted_at),
        ),
        (
            # What waits is not put behind others because a sweep found it.
            'priority',
            sa.case(
                (sa.and_(WAITS, now.priority < new.priority), now.priority),
                else_=new.priority,
            ),
        ),
        ('pending', sa.true()),
        ('project_id', sa.func.coalesce(new.project_id, now.project_id)),
        ('updated_at', clock.Now()),
    ]
