# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Regions that leave, as the journal has them."""

from collections.abc import Iterable
from typing import cast

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db import lease
from tricircle.db.central import models as central_models
from tricircle.db.central.pod import departures
from tricircle.journal import confirmation
from tricircle.journal import intent
from tricircle.journal import router_intents
from tricircle.replica import types

_JOURNAL = cast(sa.Table, central_models.JournalEntry.__table__)
_ROUTINGS = cast(sa.Table, central_models.ResourceRouting.__table__)
#: Entries in one statement.
_BATCH = 500


def want(session: orm.Session, pod_ids: Iterable[str]) -> None:
    """Have central look after pods whose regions leave, once more.

    What it is at, or failed at and tries again by itself, is left alone.
    """
    name = router_intents.region_name()
    wanted = {
        intent.entry_id(types.DEPARTURE, one, name): one for one in pod_ids
    }
    busy = set(
        session.scalars(
            sa.select(_JOURNAL.c.id).where(
                _JOURNAL.c.id.in_(sorted(wanted)),
                sa.or_(_JOURNAL.c.pending, ~lease.is_over(_JOURNAL.c)),
            )
        )
    )
    intent.record(
        session,
        [
            intent.Intent(types.DEPARTURE, pod_id, name)
            for key, pod_id in wanted.items()
            if key not in busy
        ],
    )


def take_away(
    session: orm.Session,
    pod_id: str,
    region_name: str,
    resource_type: str,
    limit: int,
) -> bool:
    """Have a region lose what it has of a type.

    :returns: whether it has any of it
    """
    found = session.execute(
        sa.select(_ROUTINGS.c.top_id, _ROUTINGS.c.project_id)
        .where(
            _ROUTINGS.c.pod_id == pod_id,
            _ROUTINGS.c.resource_type == resource_type,
        )
        .order_by(_ROUTINGS.c.top_id)
    ).all()
    if not found:
        return False
    busy = set(
        session.scalars(
            sa.select(_JOURNAL.c.resource_id).where(
                _JOURNAL.c.region_name == region_name,
                _JOURNAL.c.resource_type == resource_type,
                sa.or_(_JOURNAL.c.pending, ~lease.is_over(_JOURNAL.c)),
            )
        )
    )
    intent.record(
        session,
        [
            intent.Intent(
                resource_type, row.top_id, region_name, row.project_id
            )
            for row in found
            if row.top_id not in busy
        ][:limit],
    )
    return True


def is_busy(session: orm.Session, region_name: str) -> bool:
    """Tell whether somebody is at a job of a region."""
    return (
        session.scalar(
            sa.select(_JOURNAL.c.id)
            .where(
                _JOURNAL.c.region_name == region_name,
                _JOURNAL.c.resource_type != types.SWEEP,
                ~lease.is_over(_JOURNAL.c),
            )
            .limit(1)
        )
        is not None
    )


def forget(session: orm.Session, region_name: str) -> bool:
    """Forget entries of a region; what waits for them is free.

    :returns: whether there may be more
    """
    found = list(departures.entries(session, region_name, _BATCH))
    if found:
        session.execute(sa.delete(_JOURNAL).where(_JOURNAL.c.id.in_(found)))
        confirmation.entry_gone(session, found)
    return len(found) == _BATCH
