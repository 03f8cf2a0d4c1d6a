# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


from collections.abc import Iterable
import dataclasses

import hypothesis
from hypothesis import strategies as st
import pytest

from tricircle.plan import sweep


def here(
    resource_id: str, digest: str | None = 'd', applied: str | None = None
) -> sweep.Here:
    return sweep.Here(resource_id, digest, applied or digest, 1, 1)


def test_what_is_as_it_should_be_is_no_finding() -> None:
    assert (
        sweep.compare([here('a')], [sweep.Wanted('a', 'd')])
        == sweep.Findings()
    )


def test_another_digest_is_drift() -> None:
    found = sweep.compare([here('a', 'x')], [sweep.Wanted('a', 'd')])

    assert found == sweep.Findings(drifted=('a',))


def test_what_central_has_no_more_is_drift() -> None:
    found = sweep.compare([here('a')], [sweep.Wanted('a', None)])

    assert found == sweep.Findings(drifted=('a',))


def test_what_is_in_flight_is_skipped_listed_or_not() -> None:
    found = sweep.compare(
        [here('a', 'x')],
        [
            sweep.Wanted('a', 'd', in_flight=True),
            sweep.Wanted('b', 'd', in_flight=True),
        ],
    )

    assert found == sweep.Findings()


@pytest.mark.parametrize(
    ('revision', 'drifts'), [(6, True), (7, False), (8, False), (None, False)]
)
def test_a_region_that_said_what_it_does_not_remember_has_drifted(
    revision: int | None, drifts: bool
) -> None:
    found = sweep.compare(
        [dataclasses.replace(here('a'), revision=revision)],
        [sweep.Wanted('a', 'd', told=7)],
    )

    assert found.drifted == (('a',) if drifts else ())


def test_what_was_ended_is_no_finding_until_it_is_as_it_should_be() -> None:
    ended = [sweep.Wanted(one, 'd', ended=True) for one in ('a', 'b', 'c')]
    gone = sweep.Wanted('e', None, ended=True)

    found = sweep.compare(
        [here('a', 'x'), here('b'), here('e')], [*ended, gone]
    )

    assert found == sweep.Findings(arrived=('b',), unlisted=('c',))


def test_what_the_list_lacks_is_to_be_looked_at_not_missing() -> None:
    found = sweep.compare([], [sweep.Wanted('a', 'd')])

    assert found == sweep.Findings(unlisted=('a',))


def test_what_central_does_not_know_of_is_told_apart() -> None:
    found = sweep.compare([here('a')], [])

    assert found == sweep.Findings(unknown=('a',))


def test_a_replica_that_cannot_be_whole_is_not_applied_for_ever() -> None:
    wanted = sweep.Wanted('a', 'd', partial=True)

    assert not sweep.differs(here('a', 'less', applied='d'), wanted)
    assert sweep.differs(here('a', 'less', applied='old'), wanted)
    assert sweep.differs(here('a', None, applied='d'), wanted)


IDS = st.sets(st.sampled_from([f'{n:02}' for n in range(30)]))


def _pages(ids: Iterable[str], after: str | None, size: int) -> list[str]:
    return sorted(one for one in ids if after is None or one > after)[:size]


@hypothesis.given(IDS, IDS, IDS, st.integers(1, 7))
def test_pages_find_what_one_look_would_find(
    listed: set[str], known: set[str], drifted: set[str], size: int
) -> None:
    def of_region(ids: Iterable[str]) -> list[sweep.Here]:
        return [here(one, 'x' if one in drifted else 'd') for one in ids]

    def of_central(ids: Iterable[str]) -> list[sweep.Wanted]:
        return [sweep.Wanted(one, 'd') for one in ids]

    whole = sweep.compare(of_region(listed), of_central(known))
    drift: list[str] = []
    unlisted: list[str] = []
    unknown: list[str] = []
    marker: str | None = None
    while True:
        region = _pages(listed, marker, size)
        central = _pages(known, marker, size)
        end = sweep.end_of_window((region, size), (central, size))
        part = sweep.compare(
            of_region(one for one in region if end is None or one <= end),
            of_central(one for one in central if end is None or one <= end),
        )
        drift += part.drifted
        unlisted += part.unlisted
        unknown += part.unknown
        if end is None:
            break
        assert marker is None or end > marker
        marker = end

    assert (
        sweep.Findings(tuple(drift), tuple(unlisted), tuple(unknown)) == whole
    )
