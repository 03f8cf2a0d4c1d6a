# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A comparison is held to its rate, by a clock that the test sets."""

from collections.abc import Iterator
import types as python_types
from typing import Any

import pytest

from tricircle.drift import comparing
from tricircle.drift import recording
from tricircle.replica import types
from tricircle.xjob import agenda
from tricircle.xjob import lane
from tricircle.xjob import outcomes
from tricircle.xjob import pace
from tricircle.xjob import slots
from tricircle.xjob.job import sweep


class Clock:
    """A clock that goes on when somebody waits.

    :ivar rate: what may be done in a second
    :ivar waits: seconds for which somebody waited
    """

    def __init__(self, rate: float) -> None:
        self.now = 1000.0
        self.rate = rate
        self.waits: list[float] = []

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def pace(self) -> pace.Pace:
        return pace.Pace(lambda: self.rate, self.wait, lambda: self.now)


def test_what_is_done_at_once_takes_the_time_that_it_may() -> None:
    clock = Clock(100.0)
    held = clock.pace()

    for _ in range(10):
        held.did(50)

    assert clock.waits == pytest.approx([0.5] * 10)


def test_the_time_that_it_took_counts() -> None:
    clock = Clock(100.0)
    held = clock.pace()

    clock.now += 0.3
    held.did(50)

    assert clock.waits == pytest.approx([0.2])


def test_what_was_slower_waits_for_nothing_and_nothing_is_made_up_for() -> (
    None
):
    clock = Clock(100.0)
    held = clock.pace()

    clock.now += 30.0
    held.did(50)
    held.did(50)

    assert clock.waits == pytest.approx([0.5])


def test_without_a_rate_nothing_waits() -> None:
    clock = Clock(0.0)

    clock.pace().did(1_000_000)

    assert clock.waits == []


def test_a_rate_that_is_changed_counts_from_the_next_page_on() -> None:
    clock = Clock(100.0)
    held = clock.pace()
    held.did(50)

    clock.rate = 500.0
    held.did(50)

    assert clock.waits == pytest.approx([0.5, 0.1])


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A region that has 120 replicas, all as they should be."""

    def found(_client: Any) -> Iterator[comparing.Window]:
        for number in (50, 50, 20):
            yield comparing.Window(types.PORT, number, {}, {}, ())

    monkeypatch.setattr(comparing, 'windows', found)
    monkeypatch.setattr(recording, 'record', lambda *_: None)


def test_a_sweep_waits_between_its_pages(windows: None) -> None:
    clock = Clock(100.0)
    client: Any = python_types.SimpleNamespace(region_name='RegionOne')

    summary = sweep.sweep(client, held=clock.pace())

    assert summary.complete
    assert sum(clock.waits) == pytest.approx(1.2)


def test_who_is_told_to_stop_is_waited_for_no_longer(
    windows: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rate of one in an hour would keep it for days."""
    conf: Any = python_types.SimpleNamespace(
        workers=1,
        breaker_failures=3,
        max_probe_interval=30.0,
        worker_sleep_time=60.0,
        job_run_expire=60.0,
        sweep_interval=600.0,
        sweep_rate=1 / 3600,
        probe_interval=0,
        retry_interval=1.0,
        max_retry_interval=30.0,
    )
    monkeypatch.setattr(
        lane.region_client,
        'RegionClient',
        lambda *_: python_types.SimpleNamespace(region_name='RegionOne'),
    )
    left: list[Any] = []
    monkeypatch.setattr(sweep, 'known_regions', lambda: ['RegionOne'])
    monkeypatch.setattr(sweep, '_is_paused', lambda _job: False)
    monkeypatch.setattr(sweep.claims, 'put_back', left.append)
    one = lane.Lane(
        conf,
        'RegionOne',
        'xjob',
        agenda.Alarm(),
        outcomes.Outcomes(),
        slots.Slots(),
    )
    one.begin_nothing()
    job: Any = python_types.SimpleNamespace(region_name='RegionOne')

    assert one._sweep(job) == 'left off'

    assert left == [job]
