# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Compare what a region has with what it should have, a window at a time.

Nothing is changed here: what is found is for :mod:`tricircle.drift.recording`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
import dataclasses
import enum
from typing import Any, Final

from oslo_log import log as logging

from tricircle.client import region as region_client
from tricircle.drift import wanted as central_side
from tricircle.plan import sweep as sweep_plan
from tricircle.replica import kinds

LOG = logging.getLogger(__name__)

#: Replicas in a window. The region reads each back for it.
PAGE: Final = 50
#: What regions have replicas of, in the order in which they depend on each
#: other.
TYPES: Final = tuple(one.type for one in kinds.KINDS)


class Difference(enum.StrEnum):
    """How a replica is not as it should be."""

    DIFFERS = 'differs'
    MISSING = 'missing'
    #: It is there, and central's journal does not know of it.
    UNKNOWN = 'unknown'


class Unreadable(Exception):
    """A region fails to read one replica; others may be as they should."""


@dataclasses.dataclass(frozen=True)
class Window:
    """What a comparison of some replicas brought to light.

    :ivar compared: how many the region has of them
    :ivar found: how each is that is not as it should be, by ID
    :ivar unknown: of those that central does not know of, the counter that
        the region applied, by ID
    :ivar arrived: those that are there and were not to be asked for any more
    :ivar end: the last ID that was compared, None when there are no others
    :ivar bodies: what the region has of those that central does not know of,
        by ID
    """

    resource_type: str
    compared: int
    found: Mapping[str, Difference]
    unknown: Mapping[str, int]
    arrived: tuple[str, ...]
    end: str | None = None
    bodies: Mapping[str, Mapping[str, Any]] = dataclasses.field(
        default_factory=dict
    )

    def cut(self, most: int) -> 'Window':
        """Return the part of this window with some of what it found.

        :param most: of what is not as it should be, at least 1
        """
        if len(self.found) <= most:
            return self
        kept = sorted(self.found)[:most]
        return dataclasses.replace(
            self,
            found={one: self.found[one] for one in kept},
            unknown={
                one: counter
                for one, counter in self.unknown.items()
                if one in kept
            },
            arrived=tuple(one for one in self.arrived if one <= kept[-1]),
            end=kept[-1],
        )


def windows(
    client: region_client.RegionClient,
    resource_types: Sequence[str] = TYPES,
    start: tuple[str, str | None] | None = None,
) -> Iterator[Window]:
    """Compare one window after the other.

    A region of the version before has no replicas of some types. These are
    left out.

    :param start: the type with which to begin, and the ID after which, None
        for the first; None for the first type
    :raises tricircle.client.region.RegionError: as :func:`page`; or the
        region has no replicas at all
    """
    first, marker = start or (resource_types[0], None)
    unserved: list[region_client.ReplicaRefused] = []
    for resource_type in resource_types[resource_types.index(first) :]:
        while True:
            try:
                window = page(client, resource_type, marker)
            except region_client.ReplicaRefused as exc:
                if exc.status != 404:
                    raise
                unserved.append(exc)
                break
            yield window
            marker = window.end
            if marker is None:
                break
        marker = None
    if len(unserved) == len(resource_types):
        raise unserved[0]


def page(
    client: region_client.RegionClient,
    resource_type: str,
    marker: str | None,
) -> Window:
    """Compare the replicas of a type that come next, by ID.

    :param marker: the ID after which to begin, None for the first
    :raises tricircle.client.region.RegionError: the region did not answer,
        or not to this
    """
    # The region first: what comes later is then later in central too, so
    # that nothing new counts as missing there.
    here = [_here(one) for one in client.page(resource_type, marker, PAGE)]
    wanted = central_side.page(client.region_name, resource_type, marker, PAGE)
    end = sweep_plan.end_of_window(
        ([one.id for one in here], PAGE), ([one.id for one in wanted], PAGE)
    )
    if end is not None:
        here = [one for one in here if one.id <= end]
        wanted = [one for one in wanted if one.id <= end]
    return _compare(client, resource_type, here, wanted, end)


@dataclasses.dataclass(frozen=True)
class One:
    """What a comparison of one replica brought to light.

    :ivar window: with nothing else
    :ivar body: what the region has, None when it has nothing or cannot tell
    :ivar known: central counts on it there
    :ivar in_flight: a job has it, or is about to: then it is not compared
    """

    window: Window
    body: Mapping[str, Any] | None
    known: bool
    in_flight: bool


def one(
    client: region_client.RegionClient, resource_type: str, resource_id: str
) -> One:
    """Compare one replica.

    :raises tricircle.client.region.RegionError: as :func:`page`
    """
    try:
        answer = _ask(client, resource_type, resource_id)
    except Unreadable:
        answer = None
    wanted = central_side.of(client.region_name, resource_type, resource_id)
    return One(
        _compare(
            client,
            resource_type,
            [] if answer is None else [_here(answer)],
            wanted,
            None,
        ),
        None if answer is None else answer['body'],
        bool(wanted),
        any(each.in_flight for each in wanted),
    )


def _compare(
    client: region_client.RegionClient,
    resource_type: str,
    here: list[sweep_plan.Here],
    wanted: list[sweep_plan.Wanted],
    end: str | None,
) -> Window:
    findings = sweep_plan.compare(here, wanted)
    by_id = {one.id: one for one in wanted}
    missing, drifted = [], list(findings.drifted)
    arrived = list(findings.arrived)
    for resource_id in findings.unlisted:
        wanted_one = by_id[resource_id]
        if wanted_one.ended:
            if _has_arrived(client, resource_type, wanted_one):
                arrived.append(resource_id)
            continue
        if wanted_one.digest is None:
            # Gone in central too: the journal will say so to the region.
            drifted.append(resource_id)
            continue
        try:
            there = _look(client, resource_type, resource_id)
        except Unreadable:
            drifted.append(resource_id)
            continue
        if there is None:
            missing.append(resource_id)
        elif sweep_plan.differs(there, wanted_one):
            drifted.append(resource_id)
    # What was released or removed meanwhile is no surprise.
    bodies = {
        one: body
        for one in findings.unknown
        if (body := _body(client, resource_type, one)) is not None
    }
    unknown = {one.id: one.counter for one in here if one.id in bodies}
    return Window(
        resource_type,
        len(here),
        {
            **_all(drifted, Difference.DIFFERS),
            **_all(missing, Difference.MISSING),
            **_all(unknown, Difference.UNKNOWN),
        },
        unknown,
        tuple(arrived),
        end,
        bodies,
    )


def _all(ids: Iterable[str], what: Difference) -> dict[str, Difference]:
    return dict.fromkeys(ids, what)


def _here(body: dict[str, Any]) -> sweep_plan.Here:
    return sweep_plan.Here(
        id=body['id'],
        digest=body['digest'],
        # A region of the version before does not tell.
        applied_digest=body.get('applied_digest', body['digest']),
        epoch=body['epoch'],
        counter=body['counter'],
        revision=body.get('revision'),
    )


def _ask(
    client: region_client.RegionClient, resource_type: str, resource_id: str
) -> dict[str, Any] | None:
    """Ask for a replica itself; None when it is really not there.

    :raises Unreadable: the region cannot tell, of this one
    """
    try:
        return client.get(resource_type, resource_id)
    except region_client.ReplicaRefused as exc:
        if exc.status == 500:
            LOG.warning(
                '%s %s in %s: %s',
                resource_type,
                resource_id,
                client.region_name,
                exc,
            )
            raise Unreadable from exc
        if exc.status != 404:
            raise
        return None


def _look(
    client: region_client.RegionClient, resource_type: str, resource_id: str
) -> sweep_plan.Here | None:
    answer = _ask(client, resource_type, resource_id)
    return None if answer is None else _here(answer)


def _body(
    client: region_client.RegionClient, resource_type: str, resource_id: str
) -> Mapping[str, Any] | None:
    """Return what is there for certain of a replica."""
    try:
        answer = _ask(client, resource_type, resource_id)
    except Unreadable:
        return None
    return None if answer is None else answer.get('body') or {}


def _has_arrived(
    client: region_client.RegionClient,
    resource_type: str,
    wanted: sweep_plan.Wanted,
) -> bool:
    """Tell whether a region has what a job that was ended was to bring."""
    try:
        there = _look(client, resource_type, wanted.id)
    except Unreadable:
        return False
    if there is None:
        return wanted.digest is None
    return not sweep_plan.differs(there, wanted)
