# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How the tunnels of regions are, as XJob found last.

Several processes may ask one region; what one of them found last counts, for
a while.
"""

import dataclasses
from typing import Any, cast, Final

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.conf import durations
from tricircle.db import clock
from tricircle.db import upsert
from tricircle.db.central import models as central_models
from tricircle.replica import data_path

PATHS: Final = cast(sa.Table, central_models.RegionDataPath.__table__)
#: It was found lately. What is older is never told as if it were so.
_IS_KNOWN: Final = PATHS.c.found_at > clock.Now(-durations.DATA_PATH_TRUSTED)
_NUMBERS: Final = tuple(
    one.name for one in dataclasses.fields(data_path.Summary)
)
_PREFIX: Final = 'data_path_'
#: What is to be selected of it, for :func:`read`.
COLUMNS: Final = tuple(
    column.label(f'{_PREFIX}{name}')
    for name, column in (
        ('known', sa.case((_IS_KNOWN, 1), else_=0)),
        *(
            (column.name, column)
            for column in PATHS.c
            if column.name != 'region_name'
        ),
    )
)
#: A reason may be as long as the answer of something that is no Neutron.
_LONGEST_REASON: Final = 1000


def joined(regions: Any, region_name: Any) -> Any:
    """Return what to select from, with what is known of each region.

    :param regions: a table or a join
    :param region_name: its column with the name
    """
    return regions.outerjoin(PATHS, PATHS.c.region_name == region_name)


def read(row: Any) -> data_path.Found:
    """Return what a row with :data:`COLUMNS` says."""
    found = {
        name.removeprefix(_PREFIX): value
        for name, value in row._mapping.items()
        if name.startswith(_PREFIX)
    }
    if found['found_at'] is None:
        return data_path.Found()
    if not found['known']:
        return data_path.Found(
            since=found['found_at'], found_at=found['found_at']
        )
    state = data_path.State(found['state'])
    return data_path.Found(
        state=state,
        summary=None
        if found['reason'] is not None
        else data_path.Summary(**{name: found[name] for name in _NUMBERS}),
        since=found['since'],
        found_at=found['found_at'],
        failure=found['reason'],
    )


def note(
    session: orm.Session,
    region_name: str,
    found: data_path.Summary | str,
) -> None:
    """Note what the agents of a region say, or why it does not tell."""
    said = data_path.Summary() if isinstance(found, str) else found
    row = {
        'region_name': region_name,
        'state': said.state.value,
        **dataclasses.asdict(said),
        'reason': found[:_LONGEST_REASON] if isinstance(found, str) else None,
        'found_at': clock.Now(),
        'since': clock.Now(),
    }
    upsert.insert_or_change(session, PATHS, [row], _changes)


def _changes(new: Any) -> upsert.Changes:
    now = PATHS.c
    # Of what was not known in between nobody knows since when it is so.
    same = sa.and_(now.state == new.state, _IS_KNOWN)
    return [
        # Before what it reads, which MySQL would have set by then.
        ('since', sa.case((same, now.since), else_=new.since)),
        ('state', new.state),
        *((name, new[name]) for name in (*_NUMBERS, 'reason')),
        ('found_at', new.found_at),
    ]


def is_fresh(session: orm.Session, region_name: str, seconds: float) -> bool:
    """Tell whether somebody has found it within some seconds."""
    return (
        session.scalar(
            sa.select(PATHS.c.region_name).where(
                PATHS.c.region_name == region_name,
                PATHS.c.found_at > clock.Now(-seconds),
            )
        )
        is not None
    )


def forget(session: orm.Session, region_name: str) -> None:
    """Forget a region that is none any more."""
    session.execute(sa.delete(PATHS).where(PATHS.c.region_name == region_name))
