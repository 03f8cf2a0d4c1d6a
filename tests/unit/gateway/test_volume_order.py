# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Lists of volumes are in the order in which one Cinder has them."""

import random
from typing import Any

import hypothesis
from hypothesis import strategies as st
import pytest
import webob.multidict

from tricircle.api import faults
from tricircle.gateway.answer import merging
from tricircle.gateway.api import volume

Lists = dict[str, list[dict[str, Any]]]
#: Values of ``sort``, and the same as pairs of field and direction.
SORTS = st.sampled_from(
    [
        ('', (('created_at', True), ('id', True))),
        ('size', (('size', True), ('created_at', True), ('id', True))),
        (
            'name:asc,size',
            (
                ('name', False),
                ('size', True),
                ('created_at', False),
                ('id', False),
            ),
        ),
        ('id:asc', (('id', False), ('created_at', False))),
        (
            'status:desc,created_at:asc',
            (('status', True), ('created_at', False), ('id', True)),
        ),
    ]
)
Sort = tuple[str, tuple[tuple[str, bool], ...]]


def query(**fields: str) -> Any:
    return webob.multidict.MultiDict(fields)


@st.composite
def lists(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Volumes of some regions, with many that compare the same."""
    count = draw(st.integers(0, 16))
    ids = random.Random(count).sample(range(100, 1000), count)
    return [
        {
            'id': f'{number}-abcdef',
            'region': draw(st.sampled_from('ABC')),
            'created_at': f't{draw(st.integers(0, 2))}',
            'name': draw(st.sampled_from(['a', 'B', '', None])),
            'size': draw(st.integers(1, 11)),
            'status': draw(st.sampled_from(['available', 'in-use'])),
        }
        for number in ids
    ]


def as_one(
    items: list[dict[str, Any]], keys: tuple[tuple[str, bool], ...]
) -> list[dict[str, Any]]:
    """Sort as one database would, by another way than the gateway's."""

    def value(item: dict[str, Any], field: str) -> Any:
        found = item[field]
        if isinstance(found, int):
            return found
        return str(found or '').lower()

    found = list(items)
    for field, descends in reversed(keys):
        found.sort(
            key=lambda item, name=field: value(item, name),  # type: ignore[misc]
            reverse=descends,
        )
    return found


def by_region(items: list[dict[str, Any]]) -> Lists:
    found: Lists = {}
    for item in items:
        found.setdefault(item['region'], []).append(item)
    return found


@hypothesis.given(items=lists(), sort=SORTS, limit=st.integers(1, 7))
def test_pages_are_the_list_that_one_cinder_would_have(
    items: list[dict[str, Any]], sort: Sort, limit: int
) -> None:
    text, keys = sort
    whole = as_one(items, keys)
    regions = by_region(whole)
    order = volume.order(query(sort=text) if text else query())
    marks: dict[str, str] = {}
    seen: list[str] = []
    more = True
    while more:
        streams = {
            region: iter(
                there[
                    next(
                        (
                            position + 1
                            for position, item in enumerate(there)
                            if item['id'] == marks.get(region)
                        ),
                        0,
                    ) :
                ]
            )
            for region, there in regions.items()
        }
        page = merging.page(streams, order, limit, marks)
        seen += [str(item['id']) for _region, item in page.items]
        marks, more = dict(page.marks), page.has_more
    assert seen == [item['id'] for item in whole]


@hypothesis.given(
    items=lists(), sort=SORTS, limit=st.integers(1, 7), skip=st.integers(0, 20)
)
def test_an_offset_is_that_of_the_whole_list(
    items: list[dict[str, Any]], sort: Sort, limit: int, skip: int
) -> None:
    text, keys = sort
    whole = as_one(items, keys)
    page = merging.page(
        by_region(whole),
        volume.order(query(sort=text) if text else query()),
        limit,
        {},
        skip,
    )
    assert [item['id'] for _region, item in page.items] == [
        item['id'] for item in whole[skip : skip + limit]
    ]


def test_the_newest_come_first_where_nothing_is_said() -> None:
    assert volume.order(query()).keys == (('created_at', True), ('id', True))


def test_one_key_and_its_direction_may_be_said_apart() -> None:
    found = volume.order(query(sort_key='name', sort_dir='asc'))
    assert found.keys[0] == ('name', False)


def test_behind_a_key_that_is_in_no_answer_nothing_is_compared() -> None:
    found = volume.order(query(sort='size:asc,cluster_name,name'))
    assert found.keys == (('size', False),)


def test_two_ways_of_sorting_are_refused() -> None:
    with pytest.raises(faults.Fault, match='sort'):
        volume.order(query(sort='name', sort_dir='asc'))
