# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What programs run, as they said last.

Regions are asked by XJob; of several processes what one heard last counts.
XJob and central Neutron write it themselves, again and again, a row a host:
while one is upgraded there are two that differ.
"""

from collections.abc import Collection
import dataclasses
import datetime
import functools
import json
from typing import Any, cast, Final

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.conf import durations
from tricircle.db import clock
from tricircle.db import upsert
from tricircle.db.central import models as central_models
from tricircle.db.migration import central as migration
from tricircle.replica import releases

REGION: Final = 'region'
CENTRAL: Final = 'central'
XJOB: Final = 'xjob'
NOTED: Final = cast(sa.Table, central_models.NotedRelease.__table__)
#: A reason may be as long as the answer of something that is no Neutron.
_LONGEST_REASON: Final = 1000


@dataclasses.dataclass(frozen=True)
class Noted:
    """What central or an XJob runs on a host.

    :ivar program: :data:`CENTRAL` or :data:`XJOB`
    :ivar name: of the host
    :ivar tables: version of the tables that it is made for
    """

    program: str
    name: str
    version: str
    document_schema: int
    tables: str
    noted_at: datetime.datetime


@functools.cache
def own_tables() -> str:
    """Return the version of the tables that this process is made for."""
    return migration.head() or ''


def note_region(
    session: orm.Session, region_name: str, release: releases.Release
) -> None:
    """Note what a region said."""
    _note(session, REGION, region_name, **_values(release))


def note_silence(session: orm.Session, region_name: str, reason: str) -> None:
    """Note that a region answers, and does not say what it runs.

    :param reason: why, for operators
    """
    _note(session, REGION, region_name, reason=reason[:_LONGEST_REASON])


def note_own(
    session: orm.Session, program: str, host: str, release: releases.Release
) -> None:
    """Note what this process runs, and forget who is long gone.

    :param program: :data:`CENTRAL` or :data:`XJOB`
    """
    _note(session, program, host, **_values(release), tables=own_tables())
    gone = session.scalars(
        sa.select(NOTED.c.name).where(
            NOTED.c.program == program,
            NOTED.c.noted_at <= clock.Now(-durations.RELEASE_KEPT),
        )
    ).all()
    if gone:
        # By the key alone: two that do so at once lock nothing else.
        session.execute(
            sa.delete(NOTED).where(
                NOTED.c.program == program, NOTED.c.name.in_(gone)
            )
        )


def forget(session: orm.Session, region_name: str) -> None:
    """Forget a region that is none any more."""
    session.execute(
        sa.delete(NOTED).where(
            NOTED.c.program == REGION, NOTED.c.name == region_name
        )
    )


def running(session: orm.Session) -> list[Noted]:
    """Return what runs of central and XJob, by program and host.

    Who has not said so for a while does not run any more.
    """
    rows = session.execute(
        sa.select(
            NOTED.c.program,
            NOTED.c.name,
            NOTED.c.version,
            NOTED.c.document_schema,
            NOTED.c.tables,
            NOTED.c.noted_at,
        )
        .where(NOTED.c.program != REGION, _runs())
        .order_by(NOTED.c.program, NOTED.c.name)
    )
    return [Noted(*row) for row in rows]


def of_regions(session: orm.Session) -> dict[str, releases.Release]:
    """Return what the regions said last that said something, by name."""
    rows = session.execute(
        sa.select(NOTED.c.name, NOTED.c.version, NOTED.c.document_schema)
        .where(NOTED.c.program == REGION, NOTED.c.version.is_not(None))
        .order_by(NOTED.c.name)
    )
    return {row[0]: releases.Release(row[1], row[2]) for row in rows}


def extensions_of_central(session: orm.Session) -> frozenset[str] | None:
    """Return aliases of all extensions of central, None when not known."""
    rows = session.scalars(
        sa.select(NOTED.c.extensions).where(
            NOTED.c.program == CENTRAL, _runs()
        )
    ).all()
    if not rows:
        return None
    return frozenset(alias for row in rows for alias in read_extensions(row))


def read_extensions(text: str | None) -> Collection[str]:
    """Return what is noted as extensions; nothing of None."""
    return [] if text is None else cast(list[str], json.loads(text))


def tables(session: orm.Session) -> str | None:
    """Return the version of the tables that are there."""
    return migration.version_in(session.connection())


def _runs() -> sa.ColumnElement[bool]:
    return NOTED.c.noted_at > clock.Now(-durations.RELEASE_TRUSTED)


def _values(release: releases.Release) -> dict[str, Any]:
    return {
        'version': release.version,
        'document_schema': release.document_schema,
        'extensions': json.dumps(list(release.extensions)),
    }


def _note(
    session: orm.Session, program: str, name: str, **values: Any
) -> None:
    row = {
        'program': program,
        'name': name,
        'version': None,
        'document_schema': None,
        'tables': None,
        'extensions': None,
        'reason': None,
        **values,
        'noted_at': clock.Now(),
    }
    upsert.insert_or_change(
        session,
        NOTED,
        [row],
        lambda new: [
            (one.name, new[one.name])
            for one in NOTED.columns
            if not one.primary_key
        ],
    )
