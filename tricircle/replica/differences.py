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
from typing import Any

#: Most places that are named.
_MOST = 5


def between(wanted: Any, found: Any) -> list[str]:
    """Return the fields that differ, without IDs and values.

    :returns: such as ``network.mtu`` or ``subnets.gateway_ip``; some of
        them, where there are many; what is only in one of two lists is
        named by its list
    """
    places = sorted(set(_between('', wanted, found)))
    return [one or 'body' for one in places[:_MOST]]


def _between(at: str, wanted: Any, found: Any) -> Iterator[str]:
    if wanted == found:
        return
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        for key in {*wanted, *found}:
            place = f'{at}.{key}' if at else str(key)
            if key in wanted and key in found:
                yield from _between(place, wanted[key], found[key])
            else:
                yield place
        return
    mine, theirs = _by_id(wanted), _by_id(found)
    if mine is None or theirs is None:
        yield at
        return
    if list(mine) != list(theirs):
        # One is missing, or they are in another order.
        yield at
    for key in set(mine) & set(theirs):
        yield from _between(at, mine[key], theirs[key])


def _by_id(items: Any) -> dict[Any, Any] | None:
    """Return the items of a list by their IDs, if they have some."""
    if not isinstance(items, Sequence) or isinstance(items, str):
        return None
    if not all(isinstance(one, Mapping) and 'id' in one for one in items):
        return None
    return {one['id']: one for one in items}
