# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Lists of several regions to one list, page by page. Pure.

A page is merged from a stream of items a region. The streams are in the order
that the client asked for, so the merged list is as well; of two items that
compare the same, the one of the region that comes first by name is first.
A marker is the last item of the page before. What every region's last item
was goes into the link to the next page (:data:`MARKS`), so that no region is
read from its beginning again; a client that makes its own link from the last
ID alone gets the same page, more slowly.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
import dataclasses
import functools
import heapq
import itertools
from typing import Any, Final

Item = Mapping[str, Any]

#: Query parameter of a next link: ``RegionOne:<id>,RegionTwo:<id>``.
MARKS: Final = 'tricircle_marks'

#: What the keys that Nova sorts by are called in its answers.
SERVER_FIELDS: Final[Mapping[str, str]] = {
    'access_ip_v4': 'accessIPv4',
    'access_ip_v6': 'accessIPv6',
    'auto_disk_config': 'OS-DCF:diskConfig',
    'availability_zone': 'OS-EXT-AZ:availability_zone',
    'config_drive': 'config_drive',
    'created_at': 'created',
    'display_description': 'description',
    'display_name': 'name',
    'host': 'OS-EXT-SRV-ATTR:host',
    'image_ref': 'image',
    'instance_type_id': 'flavor',
    'key_name': 'key_name',
    'launched_at': 'OS-SRV-USG:launched_at',
    'locked': 'locked',
    'node': 'OS-EXT-SRV-ATTR:hypervisor_hostname',
    'power_state': 'OS-EXT-STS:power_state',
    'project_id': 'tenant_id',
    'root_device_name': 'OS-EXT-SRV-ATTR:root_device_name',
    'task_state': 'OS-EXT-STS:task_state',
    'terminated_at': 'OS-SRV-USG:terminated_at',
    'updated_at': 'updated',
    'user_id': 'user_id',
    'uuid': 'id',
    'vm_state': 'OS-EXT-STS:vm_state',
}


@dataclasses.dataclass(frozen=True)
class Order:
    """An order of a list.

    :ivar keys: name of a field of an item, and whether it descends
    """

    keys: tuple[tuple[str, bool], ...]

    def before(self, first: Item, second: Item) -> int:
        """Compare two items: below 0 when the first comes first."""
        for field, descends in self.keys:
            a, b = (
                _comparable(first.get(field)),
                _comparable(second.get(field)),
            )
            if a != b:
                return (-1 if a < b else 1) * (-1 if descends else 1)
        return 0


def _comparable(value: Any) -> tuple[int, Any]:
    """Return what sorts as databases do: nothing comes first."""
    if value is None or value == '':
        return (0, '')
    if isinstance(value, bool | int | float):
        return (1, float(value))
    if isinstance(value, Mapping):
        return (2, str(value.get('id', '')))
    return (2, str(value).lower())


#: Nova's own, of a request that names none.
NEWEST_FIRST: Final = Order((('created', True),))


def order_of(
    sort_keys: Sequence[str],
    sort_dirs: Sequence[str],
    fields: Mapping[str, str] = SERVER_FIELDS,
) -> Order:
    """Return the order that a query asks for.

    A key that is in no answer orders nothing: regions keep their own order
    and are merged one after the other.

    :param sort_keys: values of ``sort_key``, in order
    :param sort_dirs: values of ``sort_dir``; those that are missing are
        ``desc``, as in Nova
    """
    keys = tuple(
        (fields[key], direction != 'asc')
        for key, direction in itertools.zip_longest(
            sort_keys, sort_dirs[: len(sort_keys)], fillvalue='desc'
        )
        if key in fields
    )
    if not sort_keys:
        return NEWEST_FIRST
    return Order(keys)


def merged(
    streams: Mapping[str, Iterable[Item]], order: Order
) -> Iterator[tuple[str, Item]]:
    """Yield the items of all regions in order, with their region.

    Nothing is taken from a stream before it is needed.
    """

    def compare(a: tuple[str, Item], b: tuple[str, Item]) -> int:
        return order.before(a[1], b[1]) or ((a[0] > b[0]) - (a[0] < b[0]))

    def named(region: str) -> Iterator[tuple[str, Item]]:
        return ((region, item) for item in streams[region])

    return heapq.merge(
        *(named(region) for region in sorted(streams)),
        key=functools.cmp_to_key(compare),
    )


def after(
    items: Iterable[Item],
    region: str,
    marker: tuple[str, Item],
    order: Order,
    skipped: Callable[[Item], None],
) -> Iterator[Item]:
    """Yield the items of a region that come after a marker of another.

    :param marker: region of the marker, and the item itself
    :param skipped: gets each item that comes before
    """
    home, marked = marker

    def comes_before(item: Item) -> bool:
        found = order.before(item, marked)
        before = found < 0 or (found == 0 and region < home)
        if before:
            skipped(item)
        return before

    return itertools.dropwhile(comes_before, items)


def read_marks(text: str) -> dict[str, str]:
    """Return where each region's list goes on; {} of what is none."""
    pairs = (part.rpartition(':') for part in text.split(',') if part)
    return {region: marker for region, _colon, marker in pairs if region}


def write_marks(marks: Mapping[str, str]) -> str:
    """Return the text of :func:`read_marks`."""
    return ','.join(f'{region}:{marks[region]}' for region in sorted(marks))


@dataclasses.dataclass(frozen=True)
class Page:
    """A page of the merged list.

    :ivar items: region and item
    :ivar marks: where each region's list goes on after it
    :ivar has_more: whether anything comes after it
    """

    items: tuple[tuple[str, Item], ...]
    marks: Mapping[str, str]
    has_more: bool


def page(
    streams: Mapping[str, Iterable[Item]],
    order: Order,
    limit: int,
    marks: Mapping[str, str],
    skipped: int = 0,
) -> Page:
    """Return the first items of streams, as one page.

    :param limit: most items
    :param marks: where the streams begin
    :param skipped: how many items come before the page
    """
    found = merged(streams, order)
    before = tuple(itertools.islice(found, skipped))
    items = tuple(itertools.islice(found, limit))
    has_more = next(found, None) is not None
    # Not before: who reads a stream may skip what is at its beginning.
    left_off = dict(marks)
    left_off.update(
        (region, str(item['id'])) for region, item in (*before, *items)
    )
    return Page(items, left_off, has_more)
