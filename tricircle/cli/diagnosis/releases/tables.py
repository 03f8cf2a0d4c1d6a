# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Central's tables, and those that its programs are made for."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tricircle.cli.diagnosis import facts

Is = Callable[[int, int], bool]


def programs(found: facts.Facts, matches: Is) -> Iterator[str]:
    """Yield programs by how their tables compare with those there are.

    :param matches: is given the number of the tables that are there, 0 of
        none, and of those that a program is made for
    """
    if not found.releases:
        return
    there = _number(found.tables or '0')
    for one in found.releases:
        wanted = _number(one['tables'])
        if None not in (there, wanted) and matches(there or 0, wanted or 0):
            yield _named(one)


def _named(one: Mapping[str, Any]) -> str:
    return f'{one["program"]} on {one["host"]} ({one["tables"]})'


def _number(version: str) -> int | None:
    """Return the number that a version of the tables is, None of others."""
    return int(version) if version.isascii() and version.isdigit() else None
