# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Whom to ask, and what to conclude."""

import pytest

from tricircle.agent.probing import peers
from tricircle.agent.probing.peers import State

OWN = '172.30.1.1'


def addresses(count: int) -> list[str]:
    return [f'172.30.2.{n}' for n in range(1, count + 1)]


def watching(count: int, own: str = OWN) -> peers.Peers:
    found = peers.Peers(own)
    found.there_are(addresses(count))
    return found


def answer(found: peers.Peers, asked: list[str], silent: set[str]) -> None:
    for one in asked:
        found.answered(one, [] if one in silent else [0.001])


def test_everybody_is_asked_once_before_anybody_is_asked_again() -> None:
    found = watching(12)
    asked = []
    for _ in range(4):
        now = found.next_round(3)
        answer(found, now, set())
        asked += now

    assert sorted(asked) == sorted(addresses(12))


def test_all_are_asked_when_there_are_few() -> None:
    assert sorted(watching(2).next_round(5)) == addresses(2)
    assert watching(0).next_round(5) == []


def test_hosts_do_not_all_begin_with_the_same() -> None:
    first = {
        tuple(watching(12, own=f'172.30.1.{n}').next_round(1))
        for n in range(1, 50)
    }

    assert len(first) > 6


@pytest.mark.parametrize('most', [1, 2, 5])
def test_many_dead_hosts_do_not_keep_the_others_from_being_asked(
    most: int,
) -> None:
    found = watching(40)
    dead = set(addresses(36))
    asked: list[str] = []
    for _ in range(120):
        now = found.next_round(most)
        assert len(now) == most
        answer(found, now, dead)
        asked += now

    assert set(addresses(40)) <= set(asked)
    alive = sum(one not in dead for one in asked[-40 * most :])
    assert alive >= 40 * most // (40 if most == 1 else 2) - 2


def test_a_dead_host_is_asked_again_before_all_others_were() -> None:
    found = watching(100)
    (dead, *_) = now = found.next_round(4)
    answer(found, now, {dead})

    assert dead in found.next_round(4)


def test_dead_hosts_have_all_places_when_there_is_nobody_else() -> None:
    found = watching(4)
    answer(found, found.next_round(4), set(addresses(4)))

    assert sorted(found.next_round(4)) == addresses(4)


def test_a_host_that_answers_is_up_with_its_shortest_round_trip() -> None:
    found = watching(1)
    (one,) = found.next_round(1)
    change = found.answered(one, [0.004, 0.002, 0.003])

    assert change is not None
    assert (change.before.state, change.now.state) == (
        State.UNASKED,
        State.UP,
    )
    assert found.known()[one].round_trip == 0.002


def test_a_host_that_never_answered_is_not_up_and_not_down() -> None:
    found = watching(1)
    changes = []
    for _ in range(3):
        (one,) = found.next_round(1)
        changes.append(found.answered(one, []))

    assert found.known()[one].state is State.SILENT
    assert [change is not None for change in changes] == [True, False, False]


def test_going_down_and_coming_up_is_told_once_each() -> None:
    found = watching(1)
    told = []
    for trips in ([0.1], [0.1], [], [], [], [0.2], [0.1]):
        (one,) = found.next_round(1)
        change = found.answered(one, trips)
        told.append(None if change is None else change.now.state)

    up, down = State.UP, State.DOWN
    assert told == [up, None, down, None, None, up, None]


def test_what_is_down_has_neither_round_trip_nor_size() -> None:
    found = watching(1)
    (one,) = found.next_round(1)
    found.answered(one, [0.1])
    found.largest_is(one, 1450)
    found.next_round(1)
    found.answered(one, [])
    found.largest_is(one, 1450)

    known = found.known()[one]
    assert (known.state, known.round_trip, known.largest) == (
        State.DOWN,
        None,
        None,
    )


def test_another_size_is_told_and_the_first_is_not() -> None:
    found = watching(1)
    (one,) = found.next_round(1)
    found.answered(one, [0.1])

    assert found.largest_is(one, 1450) is None
    assert found.largest_is(one, 1450) is None
    change = found.largest_is(one, 1400)
    assert change is not None
    assert (change.before.largest, change.now.largest) == (1450, 1400)


def test_a_tunnel_that_is_gone_is_forgotten_and_nothing_is_told() -> None:
    found = watching(2)
    (one, _) = found.next_round(2)
    found.answered(one, [0.1])
    found.there_are([])

    assert found.answered(one, []) is None
    assert found.largest_is(one, 1400) is None
    assert found.known() == {}
