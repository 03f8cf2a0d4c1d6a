# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a kind of thing is that all regions have alike, and how one is asked.

A document is a JSON object with all that regions are to have of one thing,
and nothing that is a region's own.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
import contextlib
import dataclasses
import json
from typing import Any, Protocol
from urllib import parse

from tricircle.gateway import exchange

Document = Mapping[str, Any]


class NotSo(Exception):
    """A region cannot have what it is to have; the text says why."""


class Conflict(NotSo):
    """A region has another thing by that name."""


class Refused(NotSo):
    """A region refused.

    :ivar answer: what it said
    """

    def __init__(self, region_name: str, answer: exchange.Answer) -> None:
        text = answer.body[:300].decode(errors='replace')
        super().__init__(f'{region_name} answered {answer.status}: {text}')
        self.region_name = region_name
        self.answer = answer


@dataclasses.dataclass(frozen=True)
class Region:
    """A region, as somebody asks it.

    :ivar send: asks it, and raises
        :class:`tricircle.gateway.regions.RegionAway`
    :ivar headers: as whom
    """

    name: str
    pod_id: str
    send: Callable[[exchange.Question], exchange.Answer]
    headers: Mapping[str, str]

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: str = '',
        version: str = '',
    ) -> exchange.Answer:
        """Return what the region says.

        :param version: as in ``OpenStack-API-Version``
        :raises Refused: it is neither fine nor 404
        """
        answer = self.send(
            exchange.Question(
                method,
                path,
                query,
                {
                    **self.headers,
                    **({'OpenStack-API-Version': version} if version else {}),
                    'Content-Type': 'application/json',
                },
                b'' if body is None else json.dumps(body).encode(),
            )
        )
        if not answer.is_fine and answer.status != 404:
            raise Refused(self.name, answer)
        return answer

    def do(self, method: str, path: str, body: Any = None, **more: str) -> Any:
        """Have the region do something, and return what it says of it.

        :raises Refused: it does not
        """
        answer = self.ask(method, path, body, **more)
        if not answer.is_fine:
            raise Refused(self.name, answer)
        return answer.json if answer.body else None


class Kind(Protocol):
    """A kind of thing that all regions have alike.

    :ivar type: of its jobs
    :ivar called: in errors
    :ivar key: of bodies with one
    :ivar prefix: of its paths
    :ivar fixed: fields of documents that cannot be changed
    """

    @property
    def type(self) -> str: ...

    @property
    def called(self) -> str: ...

    @property
    def key(self) -> str: ...

    @property
    def prefix(self) -> str: ...

    @property
    def fixed(self) -> tuple[str, ...]: ...

    def own_id(self, said: Mapping[str, Any]) -> str:
        """Return what a region calls what it says that it has."""

    def find(self, region: Region, document: Document) -> str | None:
        """Return what a region calls what has the name of a document."""

    def read(
        self, region: Region, own_id: str, owner: str
    ) -> dict[str, Any] | None:
        """Return what a region has, as a document; None of nothing."""

    def make(self, region: Region, document: Document) -> str:
        """Make one, and return what the region calls it."""

    def change(
        self, region: Region, own_id: str, there: Document, wanted: Document
    ) -> None:
        """Change what is there to what is wanted."""

    def remove(self, region: Region, own_id: str, owner: str) -> None:
        """Remove one; none is fine."""


@contextlib.contextmanager
def understood(region_name: str) -> Iterator[None]:
    """Take what a region answers as such an API's answer.

    :raises NotSo: it is none
    """
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        raise NotSo(
            f'{region_name} answered what is not understood ({exc!r})'
        ) from exc


def quoted(text: str) -> str:
    """Return a text as one part of a path.

    :raises NotSo: it would lead elsewhere
    """
    if not text.strip('.'):
        raise NotSo(f'{text!r} can be no part of a path')
    return parse.quote(text, safe='')


def differing(there: Document, wanted: Document) -> list[str]:
    """Return the names of the fields that differ."""
    return sorted(
        name
        for name in {*there, *wanted}
        if there.get(name) != wanted.get(name)
    )


def set_difference(
    there: Iterable[str], wanted: Iterable[str]
) -> tuple[list[str], list[str]]:
    """Return what is to come, and what is to go."""
    now, then = set(there), set(wanted)
    return sorted(then - now), sorted(now - then)


def set_specs(
    region: Region,
    path: str,
    key: str,
    there: Mapping[str, str],
    wanted: Mapping[str, str],
    version: str,
) -> None:
    """Set the specifications below a path to those that are wanted."""
    new = {
        name: value
        for name, value in wanted.items()
        if there.get(name) != value
    }
    # What is to go first: what comes may be checked with what is there.
    for name in sorted(set(there) - set(wanted)):
        region.ask('DELETE', f'{path}/{quoted(name)}', version=version)
    if new:
        region.do('POST', path, {key: new}, version=version)


def seen(said: Mapping[str, Any], field: str, region: Region) -> Any:
    """Return a field of what a region says.

    :raises NotSo: the caller may not see it
    """
    if field not in said:
        raise NotSo(f'{region.name} does not tell {field}')
    return said[field]
