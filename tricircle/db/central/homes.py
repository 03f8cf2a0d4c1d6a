# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Where the resources are that are reached through the gateway.

A cache of what regions said. A row that is missing or wrong costs a question
to all regions, and no resource.
"""

from collections.abc import Iterable
import dataclasses
import datetime
from typing import Any, cast, Final

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db import upsert
from tricircle.db.central import models as central_models

_HOMES: Final = cast(sa.Table, central_models.ResourceHome.__table__)
#: How many regions a project's preference is told from.
_LOOKED_AT: Final = 50


@dataclasses.dataclass(frozen=True, order=True)
class Home:
    """Where a resource is.

    :ivar created_at: in UTC, without a zone
    """

    resource_type: str
    resource_id: str
    region_name: str
    project_id: str
    created_at: datetime.datetime


def note(session: orm.Session, homes: Iterable[Home]) -> None:
    """Note where resources are; what was noted before is replaced."""
    rows = [dataclasses.asdict(home) for home in sorted(set(homes))]
    if rows:
        upsert.insert_or_change(session, _HOMES, rows, _changes)


def _changes(new: Any) -> upsert.Changes:
    return [
        (name, getattr(new, name))
        for name in ('region_name', 'project_id', 'created_at')
    ]


def region_of(
    session: orm.Session, resource_type: str, resource_id: str
) -> str | None:
    """Return the region of a resource; None when it is not noted."""
    return session.scalar(
        sa.select(_HOMES.c.region_name).where(
            _HOMES.c.resource_type == resource_type,
            _HOMES.c.resource_id == resource_id,
        )
    )


def forget(
    session: orm.Session, resource_type: str, resource_ids: Iterable[str]
) -> None:
    """Forget resources that are gone."""
    session.execute(
        sa.delete(_HOMES).where(
            _HOMES.c.resource_type == resource_type,
            _HOMES.c.resource_id.in_(list(resource_ids)),
        )
    )


def newest(
    session: orm.Session,
    resource_type: str,
    project_id: str,
    region_name: str | None = None,
    limit: int = _LOOKED_AT,
) -> list[Home]:
    """Return the newest resources of a project, the newest first.

    :param region_name: only those that are there
    """
    query = (
        sa.select(
            *(_HOMES.c[field.name] for field in dataclasses.fields(Home))
        )
        .where(
            _HOMES.c.project_id == project_id,
            _HOMES.c.resource_type == resource_type,
        )
        .order_by(_HOMES.c.created_at.desc(), _HOMES.c.resource_id.desc())
        .limit(limit)
    )
    if region_name is not None:
        query = query.where(_HOMES.c.region_name == region_name)
    return [Home(**row) for row in session.execute(query).mappings()]
