# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Whose turn it is, of all that waits for one region.

Projects take turns: whoever wants little does not wait for who wants much.
What lets traffic through or stops it goes first, and what a sweep found goes
last; but each priority has its share, whatever waits of the others (weighted
round robin).
"""

from collections.abc import Iterator, Mapping
import dataclasses
import enum
from typing import Final

from tricircle.replica import types


class Priority(enum.IntEnum):
    """What goes first; the value is kept in the journal."""

    #: Traffic waits for it, or is to end.
    ACCESS = 0
    #: Somebody changed something.
    CHANGE = 1
    #: A sweep found that a region has something otherwise.
    REPAIR = 2


#: Which priority goes first, of so many jobs one after the other.
_ROUND: Final = (
    *(3 * (Priority.ACCESS,)),
    Priority.CHANGE,
    *(3 * (Priority.ACCESS,)),
    Priority.REPAIR,
)

_OF_ACCESS: Final = frozenset(
    {
        types.ADDRESS_GROUP,
        types.GROUP_MEMBERS,
        types.PORT,
        types.SECURITY_GROUP,
        types.SHADOW_PORTS,
        types.TRUNK,
    }
)


def priority_of(resource_type: str) -> Priority:
    """Return the priority of a change of such a resource."""
    return Priority.ACCESS if resource_type in _OF_ACCESS else Priority.CHANGE


class Turns:
    """Who had a turn last in one lane; for one thread."""

    def __init__(self) -> None:
        self._taken = 0
        self._last: dict[Priority, str | None] = {}

    def order(self) -> list[Priority]:
        """Return the priorities in the order in which they are next."""
        first = _ROUND[self._taken % len(_ROUND)]
        return [first, *(one for one in Priority if one != first)]

    def last(self, priority: Priority) -> str | None:
        """Return whose turn it was, ``''`` of no project, None before any."""
        return self._last.get(priority)

    def took(self, priority: Priority, project_id: str | None) -> None:
        """Note whose turn it was."""
        self._taken += 1
        self._last[priority] = project_id or ''


@dataclasses.dataclass
class Waits:
    """What waits of one project in one priority, the first first.

    :ivar project: ``''`` of no project
    :ivar ids: of what waits, or of so much as may have a turn
    """

    project: str
    ids: list[str]


class _Round:
    """The projects of one priority, one after the other, again and again."""

    def __init__(self, projects: Iterator[Waits]) -> None:
        self._new = projects
        self._known: list[Waits] = []
        self._at = 0

    def next(self, most: int) -> tuple[str, str] | None:
        """Return what is next, with its project; None when nothing is left.

        :param most: projects that may have a turn
        """
        if len(self._known) < most:
            one = next(self._new, None)
            if one is not None:
                self._known.append(one)
                return one.project, one.ids.pop(0)
        for _ in range(len(self._known)):
            one = self._known[self._at % len(self._known)]
            self._at += 1
            if one.ids:
                return one.project, one.ids.pop(0)
        return None


def pick(
    taken: Turns, waits: Mapping[Priority, Iterator[Waits]], limit: int
) -> list[str]:
    """Return what is next of all that waits, and note whose turn it was.

    :param waits: the projects of each priority in the order of their turns,
        each with something. They are asked for one by one, when it may be
        their turn
    :param limit: how many at most
    """
    rounds = {priority: _Round(those) for priority, those in waits.items()}
    picked: list[str] = []
    while len(picked) < limit:
        for priority in taken.order():
            found = rounds[priority].next(limit)
            if found is not None:
                project, id_ = found
                picked.append(id_)
                taken.took(priority, project)
                break
        else:
            break
    return picked
