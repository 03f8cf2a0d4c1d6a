# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The merged list is the sorted union, whatever the pages."""

from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
from hypothesis import strategies as st

from tricircle.gateway.answer import merging

Lists = dict[str, list[dict[str, Any]]]


@st.composite
def lists(draw: st.DrawFn) -> Lists:
    """Lists of regions, each in the order of Nova, with ties."""
    found: Lists = {}
    for region in draw(st.lists(st.sampled_from('ABC'), unique=True)):
        moments = draw(st.lists(st.integers(0, 5), max_size=8))
        found[region] = [
            {'id': f'{region.lower()}{number}', 'created': f't{moment}'}
            for number, moment in enumerate(sorted(moments, reverse=True))
        ]
    return found


def whole(found: Lists) -> list[str]:
    """The list as one database would have it."""
    return [
        item['id']
        for _region, item in sorted(
            (
                (region, item)
                for region, items in sorted(found.items())
                for item in items
            ),
            key=lambda pair: pair[1]['created'],
            reverse=True,
        )
    ]


def from_mark(items: list[dict[str, Any]], mark: str | None) -> Iterator[Any]:
    ids = [item['id'] for item in items]
    return iter(items[ids.index(mark) + 1 :] if mark else items)


@hypothesis.given(found=lists(), limit=st.integers(1, 7))
def test_pages_by_the_marks_of_links_are_the_whole_list(
    found: Lists, limit: int
) -> None:
    marks: dict[str, str] = {}
    seen: list[str] = []
    more = True
    while more:
        page = merging.page(
            {
                region: from_mark(items, marks.get(region))
                for region, items in found.items()
            },
            merging.NEWEST_FIRST,
            limit,
            marks,
        )
        seen += [str(item['id']) for _region, item in page.items]
        marks, more = dict(page.marks), page.has_more
    assert seen == whole(found)


def after_item(
    found: Lists, home: str, last: dict[str, Any], marks: dict[str, str]
) -> dict[str, Iterator[Any]]:
    """What each region has after an item, as of a client's own link."""

    def skipped(region: str) -> Callable[[merging.Item], None]:
        return lambda item: marks.update({region: str(item['id'])})

    marks[home] = last['id']
    return {
        region: (
            from_mark(items, last['id'])
            if region == home
            else merging.after(
                items,
                region,
                (home, last),
                merging.NEWEST_FIRST,
                skipped(region),
            )
        )
        for region, items in found.items()
    }


@hypothesis.given(found=lists(), limit=st.integers(1, 7))
def test_pages_by_the_last_id_alone_are_the_whole_list(
    found: Lists, limit: int
) -> None:
    seen: list[str] = []
    streams: dict[str, Iterator[Any]] = {
        region: iter(items) for region, items in found.items()
    }
    more = True
    while more:
        page = merging.page(streams, merging.NEWEST_FIRST, limit, {})
        seen += [str(item['id']) for _region, item in page.items]
        more = page.has_more
        if more:
            home, last = page.items[-1]
            streams = after_item(found, home, dict(last), {})
    assert seen == whole(found)


@hypothesis.given(found=lists())
def test_what_was_skipped_is_not_seen_again_by_a_link(found: Lists) -> None:
    order = whole(found)
    hypothesis.assume(len(order) > 2)
    last_id = order[len(order) // 2 - 1]
    home = last_id[0].upper()
    last = next(item for item in found[home] if item['id'] == last_id)
    marks: dict[str, str] = {}
    streams = after_item(found, home, last, marks)
    first = merging.page(streams, merging.NEWEST_FIRST, 1, marks)
    second = merging.page(
        {
            region: from_mark(items, first.marks.get(region))
            for region, items in found.items()
        },
        merging.NEWEST_FIRST,
        len(order),
        first.marks,
    )
    after = [
        str(item['id']) for _region, item in (*first.items, *second.items)
    ]
    assert after == order[len(order) // 2 :]


def test_names_sort_without_case_and_nothing_comes_first() -> None:
    order = merging.order_of(['display_name'], ['asc'])
    streams = {
        'A': [{'id': '1', 'name': None}, {'id': '2', 'name': 'b'}],
        'B': [{'id': '3', 'name': 'A'}, {'id': '4', 'name': 'C'}],
    }
    found = [item['id'] for _r, item in merging.merged(streams, order)]
    assert found == ['1', '3', '2', '4']


def test_a_direction_that_is_missing_descends() -> None:
    order = merging.order_of(['uuid', 'created_at'], ['asc'])
    assert order.keys == (('id', False), ('created', True))


def test_marks_are_read_as_they_were_written() -> None:
    marks = {'Region:Two': 'b', 'RegionOne': 'a'}
    assert merging.read_marks(merging.write_marks(marks)) == marks


def test_marks_that_are_none_are_no_marks() -> None:
    assert merging.read_marks('nonsense,,:') == {}
