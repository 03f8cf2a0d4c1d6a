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
