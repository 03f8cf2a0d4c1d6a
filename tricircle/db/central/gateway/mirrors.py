# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What all regions are to have alike, and which of them have a copy of ours.

Every function runs in the transaction of its caller.
"""

from collections.abc import Collection, Iterable, Mapping
import dataclasses
import json
from typing import Any, cast, Final
import uuid

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db import upsert
from tricircle.db.central import models as central_models
from tricircle.db.central.job import entries

_MIRRORS: Final = cast(sa.Table, central_models.Mirror.__table__)
_COPIES: Final = cast(sa.Table, central_models.MirrorCopy.__table__)
_PODS: Final = cast(sa.Table, central_models.Pod.__table__)
_NAMESPACE: Final = uuid.UUID('5b0e36ab-3f0c-4c36-8f6b-0d4b6a0b8f3e')


@dataclasses.dataclass(frozen=True)
class Mirror:
    """What regions are to have of one flavor, key pair or type.

    :ivar kind: one of :data:`tricircle.replica.types.MIRRORED`
    :ivar owner: user of a key pair, '' where it is of the whole cloud
    :ivar name: what clients find it by
    :ivar document: the last that there was, also of what is deleted
    :ivar version: counts the changes; 0 of what is not here yet
    :ivar incarnation: counts how often it was made
    """

    kind: str
    owner: str
    name: str
    document: Mapping[str, Any]
    version: int = 0
    incarnation: int = 1
    is_deleted: bool = False

    @property
    def id(self) -> str:
        """What the journal calls it, a UUID."""
        return mirror_id(self.kind, self.owner, self.name)


@dataclasses.dataclass(frozen=True)
class Copy:
    """What a region has is ours.

    :ivar own_id: what the region calls it, '' until it has said so
    :ivar incarnation: of the mirror, when it was made
    """

    own_id: str
    incarnation: int


def mirror_id(kind: str, owner: str, name: str) -> str:
    """Return the ID of a mirror."""
    return str(uuid.uuid5(_NAMESPACE, json.dumps([kind, owner, name])))


def get(session: orm.Session, key: str) -> Mirror | None:
    """Return a mirror by its ID."""
    row = session.execute(
        sa.select(_MIRRORS).where(_MIRRORS.c.id == key)
    ).one_or_none()
    return None if row is None else _mirror(row)


def find(
    session: orm.Session, kind: str, owner: str, name: str
) -> Mirror | None:
    """Return a mirror by what clients or a region call it."""
    found = get(session, mirror_id(kind, owner, name))
    if found is not None or owner or not name:
        return found
    key = session.scalar(
        sa.select(_COPIES.c.mirror_id)
        .join(_MIRRORS, _MIRRORS.c.id == _COPIES.c.mirror_id)
        .where(_COPIES.c.own_id == name, _MIRRORS.c.kind == kind)
        .limit(1)
    )
    return None if key is None else get(session, key)


def of_kind(session: orm.Session, kind: str) -> list[Mirror]:
    """Return what there is of a kind, and is not deleted."""
    return [
        _mirror(row)
        for row in session.execute(
            sa.select(_MIRRORS).where(
                _MIRRORS.c.kind == kind, _MIRRORS.c.is_deleted.is_(False)
            )
        )
    ]


def _mirror(row: Any) -> Mirror:
    return Mirror(
        row.kind,
        row.owner,
        row.name,
        json.loads(row.document),
        row.version,
        row.incarnation,
        bool(row.is_deleted),
    )


def put(session: orm.Session, mirror: Mirror, expected: int) -> bool:
    """Write a mirror as the next version of the one that is expected.

    :returns: whether that was still the last
    """
    if not expected:
        row = {
            'id': mirror.id,
            'kind': mirror.kind,
            'owner': mirror.owner,
            'name': mirror.name,
            'document': '{}',
            'version': 0,
            'incarnation': 1,
            'is_deleted': True,
        }
        # Of two that make the same the second waits here.
        upsert.insert_absent(session, _MIRRORS, [row])
    changed: Any = session.execute(
        sa.update(_MIRRORS)
        .where(_MIRRORS.c.id == mirror.id, _MIRRORS.c.version == expected)
        .values(
            document=json.dumps(mirror.document, sort_keys=True),
            version=expected + 1,
            incarnation=mirror.incarnation,
            is_deleted=mirror.is_deleted,
        )
    )
    return bool(changed.rowcount)


def forget(session: orm.Session, key: str, version: int) -> None:
    """Remove what is deleted and that no region is to lose any more."""
    waits = (
        sa.select(entries.JOURNAL.c.id)
        .where(entries.JOURNAL.c.resource_id == key)
        .exists()
    )
    session.execute(
        sa.delete(_MIRRORS).where(
            _MIRRORS.c.id == key,
            _MIRRORS.c.version == version,
            _MIRRORS.c.is_deleted.is_(True),
            sa.not_(waits),
        )
    )


def copies(session: orm.Session, key: str) -> dict[str, Copy]:
    """Return the copies of a mirror, by pod."""
    return {
        row.pod_id: Copy(row.own_id, row.incarnation)
        for row in session.execute(
            sa.select(_COPIES).where(_COPIES.c.mirror_id == key)
        )
    }


def own_ids(
    session: orm.Session, kind: str, pod_ids: Collection[str]
) -> dict[str, str]:
    """Return by what a region calls it what clients find a mirror by."""
    return {
        row.own_id: row.name
        for row in session.execute(
            sa.select(_COPIES.c.own_id, _MIRRORS.c.name)
            .join(_MIRRORS, _MIRRORS.c.id == _COPIES.c.mirror_id)
            .where(
                _MIRRORS.c.kind == kind, _COPIES.c.pod_id.in_(sorted(pod_ids))
            )
        )
        if row.own_id
    }


def note_copy(session: orm.Session, key: str, pod_id: str, copy: Copy) -> None:
    """Note that what a region has is ours."""
    upsert.insert_or_change(
        session,
        _COPIES,
        [{'mirror_id': key, 'pod_id': pod_id, **dataclasses.asdict(copy)}],
        lambda new: [
            ('own_id', new.own_id),
            ('incarnation', new.incarnation),
        ],
    )


def forget_copy(session: orm.Session, key: str, pod_id: str) -> None:
    """Forget the copy of a region."""
    session.execute(
        sa.delete(_COPIES).where(
            _COPIES.c.mirror_id == key, _COPIES.c.pod_id == pod_id
        )
    )


def forget_gone(session: orm.Session) -> None:
    """Forget copies of regions that are none any more, and what they kept.

    By what is read first: there is nothing, most of the time.
    """
    gone = session.scalars(
        sa.select(_COPIES.c.pod_id)
        .where(_COPIES.c.pod_id.not_in(sa.select(_PODS.c.pod_id)))
        .distinct()
    ).all()
    if gone:
        session.execute(sa.delete(_COPIES).where(_COPIES.c.pod_id.in_(gone)))
    deleted = session.execute(
        sa.select(_MIRRORS.c.id, _MIRRORS.c.version).where(
            _MIRRORS.c.is_deleted.is_(True)
        )
    ).all()
    for row in deleted:
        forget(session, row.id, row.version)


def behind(
    session: orm.Session, kinds: Iterable[str], key: str | None = None
) -> set[str]:
    """Return the regions that do not have all that they are to have.

    :param key: of one mirror; None for all of these kinds
    """
    journal = entries.JOURNAL.c
    query = sa.select(journal.region_name).where(
        journal.resource_type.in_(sorted(kinds)),
        journal.applied < journal.counter,
    )
    if key is not None:
        query = query.where(journal.resource_id == key)
    return set(session.scalars(query.distinct()))


def unplanned(
    session: orm.Session, region_name: str, kinds: Iterable[str], limit: int
) -> list[tuple[str, str]]:
    """Return kind and ID of what a region was never told of."""
    journal = entries.JOURNAL.c
    told = (
        sa.select(journal.id)
        .where(
            journal.region_name == region_name,
            journal.resource_id == _MIRRORS.c.id,
            journal.resource_type == _MIRRORS.c.kind,
        )
        .exists()
    )
    rows = session.execute(
        sa.select(_MIRRORS.c.kind, _MIRRORS.c.id)
        .where(
            _MIRRORS.c.kind.in_(sorted(kinds)),
            _MIRRORS.c.is_deleted.is_(False),
            sa.not_(told),
        )
        .limit(limit)
    )
    return [(row.kind, row.id) for row in rows]
