# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How much a lane claims beside what it carries out."""

import types as python_types

import pytest

from tricircle.xjob import ahead


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(ahead, 'time', found)
    return found


def lane(clock: Clock, seconds: float | None) -> ahead.Ahead:
    """Return what a lane of 8 workers has, whose jobs take so long."""
    found = ahead.Ahead(8)
    if seconds is not None:
        with found.timed():
            clock.now += seconds
    return found


def jobs(number: int) -> list:
    return [python_types.SimpleNamespace(id=f'{one}') for one in range(number)]


@pytest.mark.parametrize(
    ('seconds', 'room'),
    [
        # Nothing is known yet.
        (None, 8),
        (10.0, 8),
        (0.8, 9),
        (0.08, 18),
        (0.0, 58),
    ],
)
def test_what_a_region_takes_in_a_moment_is_claimed_ahead(
    clock, seconds, room
):
    assert lane(clock, seconds).room(0, False) == room


@pytest.mark.parametrize(('held', 'room'), [(7, 1), (8, 0)])
def test_a_slow_region_has_no_more_claimed_than_is_carried_out(
    clock, held, room
):
    assert lane(clock, 10.0).room(held, False) == room


@pytest.mark.parametrize(('held', 'room'), [(25, 33), (33, 25), (34, 0)])
def test_a_quick_region_has_many_claimed_together(clock, held, room):
    assert lane(clock, 0.0).room(held, False) == room


@pytest.mark.parametrize(('held', 'room'), [(0, 1), (1, 0), (30, 0)])
def test_a_region_that_is_away_has_one_at_a_time(clock, held, room):
    assert lane(clock, 0.0).room(held, True) == room


def become_slow(found: ahead.Ahead, clock: Clock) -> None:
    for _ in range(16):
        with found.timed():
            clock.now += 10.0


def test_a_region_that_becomes_slow_has_less_claimed(clock):
    found = lane(clock, 0.01)
    before = found.room(0, False)

    become_slow(found, clock)

    assert found.room(0, False) == 8 < before


def test_jobs_that_take_long_beside_a_quick_one_are_our_own_doing(clock):
    found = lane(clock, 0.01)
    before = found.room(0, False)

    with found.timed():
        clock.now += 10.0

    assert found.room(0, False) == before


def test_what_was_claimed_first_begins_first_with_what_was_read(clock):
    found = lane(clock, None)
    first, second = jobs(2)
    found.add([first, second], {second.id: 'document'})

    taken = [found.take(), found.take(), found.take()]

    assert [one and (one.job, one.document) for one in taken] == [
        (first, None),
        (second, 'document'),
        None,
    ]


def test_what_waits_for_a_region_that_became_slow_does_not_begin(clock):
    found = lane(clock, 0.01)
    waiting = jobs(3)
    found.add(waiting, {})
    found.take()

    become_slow(found, clock)

    assert found.take() is None
    assert found.give_up() == waiting[1:]
    assert found.give_up() == []


def test_what_waits_for_us_begins_however_long_it_waited(clock):
    found = lane(clock, 0.01)
    (waiting,) = jobs(1)
    found.add([waiting], {})

    clock.now += 10.0

    taken = found.take()
    assert taken is not None
    assert taken.job is waiting
