# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Compare what a region has with what it should have, a page at a time.

A list can lack what came or went while it was read, so from a list nothing
is concluded but what to look at: what it lacks is asked for by ID
(:attr:`Findings.unlisted`).
"""

from collections.abc import Iterable, Mapping
import dataclasses


@dataclasses.dataclass(frozen=True)
class Here:
    """A replica, as the region lists it.

    :ivar digest: of what is there now; None when nothing is
    :ivar applied_digest: of what the region reached when it last applied a
        document
    :ivar epoch: of the document applied last
    :ivar counter: of the document applied last
    :ivar revision: by which the region counts what it says of this; None
        where it says nothing
    """

    id: str
    digest: str | None
    applied_digest: str | None
    epoch: int
    counter: int
    revision: int | None = None


@dataclasses.dataclass(frozen=True)
class Wanted:
    """A replica, as central knows of it.

    :ivar digest: of the document as it would be sent now; None when there
        is none: central has the resource no more, or cannot tell yet
    :ivar in_flight: a job has it, or is about to
    :ivar partial: the region has no place for all of it, so that what is
        there never has the document's digest
    :ivar ended: an operator does not want it tried any more
    :ivar told: revision of what the region said last; 0 when nothing
    """

    id: str
    digest: str | None
    in_flight: bool = False
    partial: bool = False
    ended: bool = False
    told: int = 0


@dataclasses.dataclass(frozen=True)
class Findings:
    """What a page brought to light, by ID.

    :ivar drifted: listed, and not as it should be
    :ivar unlisted: central counts on it, and the list lacks it
    :ivar unknown: listed, and central does not know that it is there
    :ivar arrived: listed, as it should be, and ended: the region has what it
        was not to be asked for any more
    """

    drifted: tuple[str, ...] = ()
    unlisted: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    arrived: tuple[str, ...] = ()


def differs(here: Here, wanted: Wanted) -> bool:
    """Tell whether a replica is to be applied again."""
    if wanted.digest is None:
        return True
    if here.revision is not None and here.revision < wanted.told:
        # It said what it does not remember.
        return True
    if here.digest == wanted.digest:
        return False
    if not wanted.partial:
        return True
    # Its digest says nothing. As long as it is there, and was reached from
    # the document that is wanted now, it is as good as it gets.
    return here.digest is None or here.applied_digest != wanted.digest


def compare(here: Iterable[Here], wanted: Iterable[Wanted]) -> Findings:
    """Return what is not as it should be in one window of IDs.

    :param here: everything that the region lists in the window
    :param wanted: everything that central knows of in the window
    """
    listed: Mapping[str, Here] = {one.id: one for one in here}
    known: Mapping[str, Wanted] = {one.id: one for one in wanted}
    settled = [one for one in known.values() if not one.in_flight]
    both = [
        (one, differs(listed[one.id], one))
        for one in settled
        if one.id in listed
    ]
    return Findings(
        drifted=tuple(
            sorted(one.id for one, differ in both if differ and not one.ended)
        ),
        unlisted=tuple(
            sorted(one.id for one in settled if one.id not in listed)
        ),
        unknown=tuple(sorted(set(listed) - set(known))),
        arrived=tuple(
            sorted(one.id for one, differ in both if one.ended and not differ)
        ),
    )


def end_of_window(*pages: tuple[Iterable[str], int]) -> str | None:
    """Return the last ID up to which several pages are all complete.

    :param pages: the IDs of each page, and how many were asked for: a page
        that is not full is the last one
    :returns: None when no page is full: everything has been seen
    """
    ends = []
    for ids, limit in pages:
        found = list(ids)
        if len(found) >= limit:
            ends.append(max(found))
    return min(ends) if ends else None
