# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What all regions are to have, in transactions of its own."""

from collections.abc import Collection, Iterable, Mapping
import dataclasses
from types import MappingProxyType
from typing import Final

from sqlalchemy import orm

from tricircle.db import session as sessions
from tricircle.db.central.gateway import mirrors
from tricircle.journal import intent
from tricircle.journal import job_ends
from tricircle.journal.job import Job

#: Of what a region was never told, as many are recorded at once.
_BATCH: Final = 500
#: Seconds after which a gateway looks at what a request is about to carry out
#: itself.
_LATER: Final = 5.0


@sessions.retry
def get(key: str) -> mirrors.Mirror | None:
    """Return a mirror by its ID."""
    with sessions.reader() as session:
        return mirrors.get(session, key)


@sessions.retry
def find(kind: str, owner: str, name: str) -> mirrors.Mirror | None:
    """Return a mirror by what clients or a region call it."""
    with sessions.reader() as session:
        return mirrors.find(session, kind, owner, name)


@sessions.retry
def of_kind(kind: str) -> list[mirrors.Mirror]:
    """Return what there is of a kind, and is not deleted."""
    with sessions.reader() as session:
        return mirrors.of_kind(session, kind)


@sessions.retry
def copies(key: str) -> dict[str, mirrors.Copy]:
    """Return the copies of a mirror, by pod."""
    with sessions.reader() as session:
        return mirrors.copies(session, key)


@sessions.retry
def own_ids(kind: str, pod_ids: Collection[str]) -> dict[str, str]:
    """Return by what a region calls it what clients find a mirror by."""
    with sessions.reader() as session:
        return mirrors.own_ids(session, kind, pod_ids)


@sessions.retry
def behind(kinds: Iterable[str], key: str | None = None) -> set[str]:
    """Return the regions that do not have all that they are to have."""
    with sessions.reader() as session:
        return mirrors.behind(session, kinds, key)


@sessions.retry
def note_copy(key: str, pod_id: str, copy: mirrors.Copy) -> None:
    """Note that what a region has is ours."""
    with sessions.writer() as session:
        mirrors.note_copy(session, key, pod_id, copy)


@dataclasses.dataclass(frozen=True)
class Done:
    """A region that has already what is written down."""

    region_name: str
    pod_id: str


@sessions.retry
def put(
    mirror: mirrors.Mirror,
    expected: int,
    regions: Iterable[str],
    copies: Mapping[str, mirrors.Copy] = MappingProxyType({}),
    done: Done | None = None,
) -> bool:
    """Write what regions are to have, and an intent for each, at once.

    :param expected: the version that this is a change of
    :param regions: all that are to have it
    :param copies: what becomes ours with that, by pod
    :param done: the region that has it already
    :returns: whether nobody came in between
    """
    with sessions.writer() as session:
        if not mirrors.put(session, mirror, expected):
            return False
        intent.record(session, _intents(mirror, regions))
        for pod_id, copy in sorted(copies.items()):
            mirrors.note_copy(session, mirror.id, pod_id, copy)
        if done is not None and mirror.is_deleted:
            mirrors.forget_copy(session, mirror.id, done.pod_id)
        if done is not None:
            _confirm(session, mirror, done.region_name)
        return True


def _intents(
    mirror: mirrors.Mirror, regions: Iterable[str]
) -> list[intent.Intent]:
    return [
        intent.Intent(mirror.kind, mirror.id, name, delay=_LATER)
        for name in regions
    ]


def _confirm(
    session: orm.Session, mirror: mirrors.Mirror, region_name: str
) -> None:
    """Note that a region has what has just been written."""
    if mirror.is_deleted:
        intent.forget(session, mirror.kind, mirror.id, region_name)
        return
    key = (mirror.kind, mirror.id)
    generation = intent.generations(session, [key], region_name)[key]
    intent.confirm(session, *key, region_name, generation, '')


@sessions.retry
def again(mirror: mirrors.Mirror, regions: Iterable[str]) -> None:
    """Have regions looked at once more."""
    with sessions.writer() as session:
        intent.record(session, _intents(mirror, regions))


def brought(job: Job) -> None:
    """Note that a region has what it is to have."""
    job_ends.finish(job, None, ())


def taken_away(job: Job, version: int, pod_id: str) -> None:
    """Note that a region has no more what was deleted."""

    def forget(session: orm.Session) -> None:
        mirrors.forget_copy(session, job.resource_id, pod_id)
        mirrors.forget(session, job.resource_id, version)

    job_ends.remove(job, forget)


@sessions.retry
def plan(region_name: str, kinds: Collection[str]) -> int:
    """Have a region told of what it was never told of; return how much."""
    with sessions.reader() as session:
        found = mirrors.unplanned(session, region_name, kinds, _BATCH)
    if found:
        with sessions.writer() as session:
            intent.ensure(
                session,
                [intent.Intent(kind, key, region_name) for kind, key in found],
            )
    return len(found)


@sessions.retry
def forget_gone() -> None:
    """Forget copies of regions that are none any more, and what they kept."""
    with sessions.writer() as session:
        mirrors.forget_gone(session)
