# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Where two bodies of a document differ, in the words of its fields."""

from collections.abc import Iterator, Mapping, Sequence
import dataclasses
from typing import Any

#: Most places that are named.
_MOST = 5


@dataclasses.dataclass(frozen=True)
class Difference:
    """A field that two bodies of a document have otherwise.

    :ivar place: such as ``network.mtu`` or ``subnets.gateway_ip``
    :ivar item: ID of the item of a list whose field it is, None of no list
    :ivar wanted: None also when there is no such field
    :ivar found: likewise; of a list whose items have IDs both are those
        items that the other has not
    """

    place: str
    item: str | None
    wanted: Any
    found: Any


def between(wanted: Any, found: Any) -> list[str]:
    """Return the fields that differ, without IDs and values.

    :returns: such as ``network.mtu`` or ``subnets.gateway_ip``; some of
        them, where there are many; what is only in one of two lists is
        named by its list
    """
    places = sorted({one.place for one in _between('', None, wanted, found)})
    return [one or 'body' for one in places[:_MOST]]


def each(wanted: Any, found: Any) -> list[Difference]:
    """Return all that differs, with IDs and values: for operators."""
    return sorted(
        _between('', None, wanted, found),
        key=lambda one: (one.place, one.item or ''),
    )


def _between(
    at: str, item: str | None, wanted: Any, found: Any
) -> Iterator[Difference]:
    if wanted == found:
        return
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        for key in {*wanted, *found}:
            place = f'{at}.{key}' if at else str(key)
            if key in wanted and key in found:
                yield from _between(place, item, wanted[key], found[key])
            else:
                yield Difference(place, item, wanted.get(key), found.get(key))
        return
    mine, theirs = _by_id(wanted), _by_id(found)
    if mine is None or theirs is None:
        yield Difference(at, item, wanted, found)
        return
    if list(mine) != list(theirs):
        # One is missing, or they are in another order.
        yield Difference(
            at,
            item,
            [one for key, one in mine.items() if key not in theirs],
            [one for key, one in theirs.items() if key not in mine],
        )
    for key in set(mine) & set(theirs):
        yield from _between(at, str(key), mine[key], theirs[key])


def _by_id(items: Any) -> dict[Any, Any] | None:
    """Return the items of a list by their IDs, if they have some."""
    if not isinstance(items, Sequence) or isinstance(items, str):
        return None
    if not all(isinstance(one, Mapping) and 'id' in one for one in items):
        return None
    return {one['id']: one for one in items}
