# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How far each region is from what central wants of it, by the journal.

Neutron's tables are not read: the Admin API does not load Neutron.
"""

from collections.abc import Mapping
import dataclasses
import datetime
from typing import Any, cast, Final

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db import clock
from tricircle.db.central import models as central_models
from tricircle.db.central.job import entries
from tricircle.db.central.pod import contacts
from tricircle.db.central.pod import data_paths
from tricircle.db.central.pod import releases as noted
from tricircle.db.central.pod.departures import Failure
from tricircle.replica import data_path
from tricircle.replica import kinds
from tricircle.replica import releases
from tricircle.replica import types

_JOURNAL = entries.JOURNAL
_CONTACTS = contacts.CONTACTS
_RELEASES = noted.NOTED
_PODS = cast(sa.Table, central_models.Pod.__table__)
#: What was removed from a region leaves an entry without a digest.
_THERE: Final = sa.and_(entries.CONFIRMED, _JOURNAL.c.digest.is_not(None))
_FAILS: Final = sa.and_(entries.WAITS, _JOURNAL.c.reason.is_not(None))
_LACKS: Final = sa.or_(entries.WAITS, entries.ENDED)
_WANTED_AT: Final = sa.func.coalesce(
    _JOURNAL.c.wanted_at, _JOURNAL.c.created_at
)


@dataclasses.dataclass(frozen=True)
class RegionStatus:
    """What a region has of what it is to have.

    :ivar state: how it is served
    :ivar answers: whether it answers XJob; None when nobody has looked lately
    :ivar answers_since: since when it does, or does not; None then, too
    :ivar contact_failure: why it does not
    :ivar looked_age: seconds since somebody looked last, whatever the answer;
        None when nobody ever did
    :ivar version: of Tricircle, as its Neutron said when it was asked last;
        None when it does not say, or never was
    :ivar document_schema: version of the format of documents, likewise
    :ivar release_at: when it was asked last
    :ivar release_failure: why it did not say
    :ivar lacking_extensions: aliases of central's that it lacks; None when
        those of one side are not known
    :ivar in_sync: replicas that it has as central wants them
    :ivar incomplete: those of them that lack what it has no place for
    :ivar pending: changes that it has not confirmed
    :ivar failing: those of them whose last attempt failed
    :ivar ended: those that an operator does not want tried any more, beside
        the pending
    :ivar age: seconds for which it has lacked the oldest of them
    :ivar pending_age: the same without those that were ended
    :ivar oldest: of those that fail, the one that is wanted for longest
    :ivar swept_at: when all of it was compared with central last, None when
        it never was
    :ivar swept_age: the seconds since then
    :ivar sweep_failure: why the last attempt at that failed
    :ivar paused_at: since when an operator has all wait that is for it
    :ivar pause_reason: what for
    :ivar paused: replicas that are paused by themselves
    :ivar paused_since: since when the first of them is
    :ivar data_path: how its tunnels to other regions are
    """

    pod_id: str
    region_name: str
    state: str
    answers: bool | None
    answers_since: datetime.datetime | None
    contact_failure: str | None
    looked_age: float | None
    version: str | None
    document_schema: int | None
    release_at: datetime.datetime | None
    release_failure: str | None
    lacking_extensions: list[str] | None
    in_sync: int
    incomplete: int
    pending: int
    failing: int
    ended: int
    age: float | None
    pending_age: float | None
    oldest: Failure | None
    swept_at: datetime.datetime | None
    swept_age: float | None
    sweep_failure: str | None
    paused_at: datetime.datetime | None
    pause_reason: str | None
    paused: int
    paused_since: datetime.datetime | None
    data_path: data_path.Found

    @property
    def replicas(self) -> int:
        """What it is to have, or to be rid of."""
        return self.in_sync + self.pending + self.ended

    @property
    def percent(self) -> float:
        """How much of that is as central wants it; rounded down."""
        if not self.replicas:
            return 100.0
        return self.in_sync * 1000 // self.replicas / 10


def read(
    session: orm.Session,
    filters: Mapping[str, str],
    marker: str | None,
    limit: int | None,
) -> list[RegionStatus]:
    """Return the status of regions, not of central's, by their names.

    Five statements, whatever the number of regions.

    :param filters: values of columns of pods
    :param marker: name of the region after which to begin
    :param limit: None for all
    """
    conditions = [_PODS.c[name] == value for name, value in filters.items()]
    if marker is not None:
        conditions.append(_PODS.c.region_name > marker)
    pods = session.execute(
        sa.select(
            _PODS.c.pod_id,
            _PODS.c.region_name,
            _PODS.c.state,
            _PODS.c.paused_at,
            _PODS.c.pause_reason,
            *contacts.SHOWN,
            *data_paths.COLUMNS,
            _CONTACTS.c.found_at,
            clock.Now().label('now'),
            _RELEASES.c.version,
            _RELEASES.c.document_schema,
            _RELEASES.c.extensions,
            _RELEASES.c.reason.label('release_failure'),
            _RELEASES.c.noted_at.label('release_at'),
        )
        .select_from(
            data_paths.joined(_PODS, _PODS.c.region_name)
            .outerjoin(
                _CONTACTS, _CONTACTS.c.region_name == _PODS.c.region_name
            )
            .outerjoin(
                _RELEASES,
                sa.and_(
                    _RELEASES.c.program == noted.REGION,
                    _RELEASES.c.name == _PODS.c.region_name,
                ),
            )
        )
        .where(_PODS.c.az_name != '', *conditions)
        .order_by(_PODS.c.region_name)
        .limit(limit)
    ).all()
    names = [pod.region_name for pod in pods]
    counts, oldest = _counts(session, names), _oldest(session, names)
    sweeps = _sweeps(session, names)
    central = noted.extensions_of_central(session)
    return [
        RegionStatus(
            pod_id=pod.pod_id,
            region_name=pod.region_name,
            state=pod.state,
            paused_at=pod.paused_at,
            pause_reason=pod.pause_reason,
            answers=pod.answers,
            answers_since=pod.answers_since,
            contact_failure=pod.contact_failure,
            data_path=data_paths.read(pod),
            looked_age=_age(pod.now, pod.found_at),
            version=pod.version,
            document_schema=pod.document_schema,
            release_at=pod.release_at,
            release_failure=pod.release_failure,
            lacking_extensions=_lacking(central, pod.extensions),
            oldest=oldest.get(pod.region_name),
            **_numbers(counts.get(pod.region_name)),
            **_compared(sweeps.get(pod.region_name), pod.now),
        )
        for pod in pods
    ]


def _lacking(
    central: frozenset[str] | None, region: str | None
) -> list[str] | None:
    if central is None or region is None:
        return None
    return releases.lacking(central, noted.read_extensions(region))


def _of_replicas(region_names: list[str]) -> sa.ColumnElement[bool]:
    return sa.and_(
        _JOURNAL.c.region_name.in_(region_names),
        _JOURNAL.c.resource_type.in_([one.type for one in kinds.KINDS]),
    )


def _how_many(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
    return sa.func.sum(sa.case((condition, 1), else_=0))


def _counts(session: orm.Session, region_names: list[str]) -> dict[str, Any]:
    rows = session.execute(
        sa.select(
            _JOURNAL.c.region_name,
            _how_many(_THERE).label('in_sync'),
            _how_many(sa.and_(_THERE, _JOURNAL.c.omitted.is_not(None))).label(
                'incomplete'
            ),
            _how_many(entries.WAITS).label('pending'),
            _how_many(_FAILS).label('failing'),
            _how_many(entries.ENDED).label('ended'),
            _how_many(_JOURNAL.c.paused_at.is_not(None)).label('paused'),
            sa.func.min(_JOURNAL.c.paused_at).label('paused_since'),
            sa.func.min(sa.case((_LACKS, _WANTED_AT))).label('since'),
            sa.func.min(sa.case((entries.WAITS, _WANTED_AT))).label(
                'pending_since'
            ),
            sa.func.min(clock.Now()).label('now'),
        )
        .where(_of_replicas(region_names))
        .group_by(_JOURNAL.c.region_name)
    )
    return {row.region_name: row for row in rows}


def _numbers(row: Any) -> dict[str, Any]:
    names = (
        'in_sync',
        'incomplete',
        'pending',
        'failing',
        'ended',
        'paused',
    )
    if row is None:
        unknown = ('age', 'pending_age', 'paused_since')
        return {**dict.fromkeys(names, 0), **dict.fromkeys(unknown)}
    return {
        **{name: int(getattr(row, name)) for name in names},
        'age': _age(row.now, row.since),
        'pending_age': _age(row.now, row.pending_since),
        'paused_since': row.paused_since,
    }


def _oldest(
    session: orm.Session, region_names: list[str]
) -> dict[str, Failure]:
    ranked = (
        sa.select(
            _JOURNAL.c.region_name,
            _JOURNAL.c.resource_type,
            _JOURNAL.c.resource_id,
            _JOURNAL.c.reason,
            _JOURNAL.c.attempts,
            sa.func.row_number()
            .over(
                partition_by=_JOURNAL.c.region_name,
                order_by=(_WANTED_AT, _JOURNAL.c.id),
            )
            .label('place'),
        )
        .where(_of_replicas(region_names), _FAILS)
        .subquery()
    )
    return {
        row.region_name: Failure(
            row.resource_type, row.resource_id, row.reason, row.attempts
        )
        for row in session.execute(
            sa.select(ranked).where(ranked.c.place == 1)
        )
    }


def _sweeps(session: orm.Session, region_names: list[str]) -> dict[str, Any]:
    ids = [entries.entry_id(types.SWEEP, one, one) for one in region_names]
    rows = session.execute(
        sa.select(
            _JOURNAL.c.region_name,
            _JOURNAL.c.applied,
            _JOURNAL.c.wanted_at,
            _JOURNAL.c.reason,
        ).where(_JOURNAL.c.id.in_(ids))
    )
    return {row.region_name: row for row in rows}


def _compared(row: Any, now: datetime.datetime) -> dict[str, Any]:
    if row is None:
        return dict.fromkeys(('swept_at', 'swept_age', 'sweep_failure'))
    swept_at = row.wanted_at if row.applied else None
    return {
        'swept_at': swept_at,
        'swept_age': _age(now, swept_at),
        'sweep_failure': row.reason,
    }


def _age(
    now: datetime.datetime, since: datetime.datetime | None
) -> float | None:
    if since is None:
        return None
    return max(0.0, (now - since).total_seconds())
