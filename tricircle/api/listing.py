# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Lists: what a query asks for, and where the next page is."""

from collections.abc import Callable, Collection, Mapping
import dataclasses
from typing import Any, Final
from urllib import parse

from tricircle.api import faults
from tricircle.api import transactions
from tricircle.replica import border

Reader = Callable[[str, str], Any]
#: A hundred years: what databases can take from now.
LONGEST: Final = 3_155_760_000.0
#: Of a row, in any database.
LARGEST_NUMBER: Final = 2**63 - 1


@dataclasses.dataclass(frozen=True)
class Asked:
    """What a query asks for.

    :ivar filters: values by name
    :ivar text: the filters and the order as the query had them
    """

    filters: dict[str, Any]
    text: dict[str, str]
    limit: int
    marker: str | None
    sort_key: str | None
    descending: bool

    @property
    def row_marker(self) -> int | None:
        """The marker, where rows have numbers.

        :raises tricircle.api.faults.Fault: it is none
        """
        return None if self.marker is None else number('marker', self.marker)


def as_it_is(name: str, value: str) -> str:
    """Return the value of a filter that takes any text."""
    return value


def read(
    query: Mapping[str, str],
    most: int,
    filters: Mapping[str, Reader],
    sorts: Collection[str] = (),
) -> Asked:
    """Return what a query asks for.

    :param most: items in one answer
    :param filters: what reads the value of each filter, by name
    :param sorts: what may be sorted by
    :raises tricircle.api.faults.Fault: it asks for what there is not
    """
    found: dict[str, Any] = {}
    text: dict[str, str] = {}
    limit, marker, sort_key, descending = most, None, None, True
    for name, value in query.items():
        if name == 'limit':
            limit = _limit(value, most)
            continue
        if name == 'marker':
            marker = value
            continue
        if name in filters:
            found[name] = filters[name](name, value)
        elif sorts and name == 'sort_key':
            sort_key = one_of(sorts)(name, value)
        elif sorts and name == 'sort_dir':
            descending = one_of(('asc', 'desc'))(name, value) == 'desc'
        else:
            more = ('sort_key', 'sort_dir') if sorts else ()
            raise faults.Fault(
                400,
                f'Unsupported filter {border.shortened(name)}; there are '
                f'{", ".join((*filters, *more))}, limit and marker',
            )
        text[name] = value
    return Asked(found, text, limit, marker, sort_key, descending)


def _limit(value: str, most: int) -> int:
    try:
        wanted = int(value)
    except ValueError:
        raise faults.Fault(
            400, f'limit is no number: {border.shortened(value)}'
        ) from None
    return min(most, wanted) if wanted > 0 else most


def one_of(
    values: Collection[str], as_written: Callable[[str], str] = str
) -> Reader:
    """Return what reads one of some words.

    :param as_written: makes the word of what may be written for it
    """

    def reader(name: str, value: str) -> str:
        word = as_written(value)
        if word not in values:
            raise faults.Fault(
                400,
                f'{name} cannot be {border.shortened(value)}; there are '
                f'{", ".join(sorted(values))}',
            )
        return word

    return reader


def seconds(name: str, value: str) -> float:
    """Return the seconds that a filter says.

    :raises tricircle.api.faults.Fault: that is no number of them
    """
    try:
        found = float(value)
    except ValueError:
        found = -1.0
    # Also false of what is not a number.
    if not 0 <= found <= LONGEST:
        raise faults.Fault(
            400,
            f'{name} is no number of seconds: {border.shortened(value)}',
        )
    return found


def number_of(text: str) -> int | None:
    """Return the number of a row that a text is, None if it is none."""
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        return None
    found = int(text)
    return found if found <= LARGEST_NUMBER else None


def row_number(called: str, text: str) -> int:
    """Return the number of a row that a path names.

    :param called: what the row is of, in the error
    :raises tricircle.api.faults.Fault: there can be no such row
    """
    found = number_of(text)
    if found is None:
        raise faults.Fault(
            404, f'{called} {border.shortened(text)} could not be found'
        )
    return found


def number(name: str, value: str) -> int:
    """Return the number of a row that a filter says.

    :raises tricircle.api.faults.Fault: that is none
    """
    found = number_of(value)
    if found is None:
        raise faults.Fault(
            400, f'{name} is no number: {border.shortened(value)}'
        )
    return found


def next_page(path: str, asked: Asked, marker: str) -> list[dict[str, str]]:
    """Return the links of a page that is not the last one.

    :param marker: what the next page begins after
    """
    query = parse.urlencode(
        {**asked.text, 'limit': asked.limit, 'marker': marker}
    )
    return [{'rel': 'next', 'href': f'{path}?{query}'}]


def answer(
    path: str,
    asked: Asked,
    find: Any,
    shown: Callable[[Any], dict[str, Any]],
    *args: Any,
    key: str = 'id',
) -> dict[str, Any]:
    """Return an answer with the items of one page, read in a transaction.

    :param path: of the list; its collection comes behind the version
    :param find: called with a session, the filters, what is in `args`, and
        how many items are wanted: one more than are shown tells of a next
        page
    :param shown: makes what the API shows of an item
    :param key: what the next page begins after
    """
    collection = path.split('/')[2]

    def page(items: list[Any]) -> dict[str, Any]:
        found = [shown(one) for one in items[: asked.limit]]
        body: dict[str, Any] = {collection: found}
        if len(items) > asked.limit:
            body[f'{collection}_links'] = next_page(
                path, asked, found[-1][key]
            )
        return body

    return transactions.run(
        find, page, asked.filters, *args, asked.limit + 1, writes=False
    )
