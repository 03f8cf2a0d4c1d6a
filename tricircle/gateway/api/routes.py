# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The form of a table of routes: what is done at which path."""

from collections.abc import Sequence
import dataclasses
import re
from typing import Final

_PARAMETER: Final = re.compile(r'\{(\w+)\}')


@dataclasses.dataclass(frozen=True)
class Route:
    """What is done with some methods at a path.

    :ivar methods: as ``GET POST``, or ``*`` for all
    :ivar path: template, relative to the project; ``{id}`` stands for one
        part, and ``/**`` at the end for whatever comes below
    :ivar behaviour: see :mod:`tricircle.gateway.behaviours`
    :ivar resource: type of resource, as homes name it, '' where none matters
    :ivar key: of the body: of the list, or of the resource
    :ivar reason: why it is refused, for users
    """

    methods: str
    path: str
    behaviour: str
    resource: str = ''
    key: str = ''
    reason: str = ''

    def match(self, path: str) -> dict[str, str] | None:
        """Return what stands in a path; None when it is not of this route."""
        found = re.fullmatch(_pattern(self.path), path)
        return found.groupdict() if found else None

    def takes(self, method: str) -> bool:
        """Tell whether it is for a method."""
        return self.methods == '*' or method in self.methods.split()


def _pattern(template: str) -> str:
    whole = template.removesuffix('/**')
    parts = _PARAMETER.split(whole)
    # Every second one is the name of a parameter.
    pattern = ''.join(
        f'(?P<{part}>[^/]+)' if odd else re.escape(part)
        for part, odd in zip(parts, [False, True] * len(parts), strict=False)
    )
    return pattern + ('(?:/.*)?' if whole != template else '')


@dataclasses.dataclass(frozen=True)
class Found:
    """A route of a request.

    :ivar arguments: what stands in the path
    """

    route: Route
    arguments: dict[str, str]


class NoRoute(Exception):
    """There is nothing at a path."""


class NoMethod(Exception):
    """There is something at a path, but not with that method."""


def find(table: Sequence[Route], method: str, path: str) -> Found:
    """Return the first route that fits.

    :raises NoRoute: none has this path
    :raises NoMethod: those that have it are for other methods
    """
    there = False
    for route in table:
        arguments = route.match(path)
        if arguments is None:
            continue
        there = True
        if route.takes(method):
            return Found(route, arguments)
    raise NoMethod(path) if there else NoRoute(path)
