# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The largest packet is found, and with few packets when nothing changed."""

from hypothesis import given
from hypothesis import strategies as st

from tricircle.agent.probing import sizes

LEAST, MOST = 46, 9000
passing = st.integers(LEAST, MOST + 1000)


def find(limit: int, known: int | None) -> tuple[int, list[int]]:
    """Return what is found on a path, and how many sizes each step tried."""
    search = sizes.Search(LEAST, MOST, known)
    steps = []
    while tried := search.sizes():
        assert list(tried) == sorted(set(tried))
        assert tried[0] > LEAST
        assert tried[-1] <= MOST
        steps.append(len(tried))
        search.tell(set(tried), {size for size in tried if size <= limit})
    return search.largest, steps


@given(passing, st.none() | st.integers(0, MOST + 1000))
def test_the_largest_packet_is_found_whatever_it_was(
    limit: int, known: int | None
) -> None:
    found, steps = find(limit, known)

    assert found == min(limit, MOST)
    assert len(steps) <= 6
    assert max(steps, default=0) <= 8


@given(passing)
def test_two_sizes_are_enough_when_nothing_has_changed(limit: int) -> None:
    limit = min(limit, MOST)
    found, steps = find(limit, limit)

    assert found == limit
    assert sum(steps) <= 2 or limit == LEAST


def test_one_that_is_lost_by_chance_does_not_make_the_path_smaller() -> None:
    search = sizes.Search(LEAST, MOST, None)
    tried = search.sizes()
    search.tell(set(tried), {tried[0], tried[2]})

    assert search.largest == tried[2]


def test_one_that_is_larger_than_what_is_tried_now_is_not_tried() -> None:
    assert max(sizes.Search(LEAST, 1500, 8950).sizes()) == 1500
