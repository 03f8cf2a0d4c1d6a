# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Whether a region answers is found out, and written down."""

from collections.abc import Callable, Iterator
import contextlib
import time
import types as python_types
from typing import Any

from oslo_db import exception as db_exc
import pytest
import sqlalchemy as sa

from tests.unit.xjob.test_lane import CONF
from tricircle.client import region as region_client
from tricircle.conf import durations
from tricircle.db import session as sessions
from tricircle.db.central.pod import contacts
from tricircle.journal import intent
from tricircle.replica import types
from tricircle.xjob import agenda
from tricircle.xjob import lane
from tricircle.xjob import outcomes
from tricircle.xjob import slots
from tricircle.xjob.job import carry_out
from tricircle.xjob.region import contact

LONG = 20.0


class Region:
    """A region that answers or not, as a lane's client of it.

    :ivar failure: raised by every call
    :ivar said: what it says that it runs
    :ivar tunnels: what it says of its tunnels
    """

    region_name = 'RegionOne'

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.looks = 0
        self.said: Any = None
        self.tunnels: Any = None

    def page(self, *_args: Any) -> list[Any]:
        self.looks += 1
        if self.failure is not None:
            raise self.failure
        return []

    def release(self) -> Any:
        if self.failure is not None:
            raise self.failure
        return self.said

    def data_path(self) -> Any:
        if self.failure is not None:
            raise self.failure
        return self.tunnels

    def carry_out(self, *_args: Any) -> str:
        if self.failure is not None:
            raise self.failure
        return 'applied'


def found() -> tuple[bool, str | None] | None:
    """Return what is written down: whether it answers, and why not."""
    with sessions.reader() as session:
        row = session.execute(sa.select(contacts.CONTACTS)).one_or_none()
    return None if row is None else (bool(row.answers), row.reason)


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def region(monkeypatch: pytest.MonkeyPatch, journal: None) -> Region:
    made = Region()
    monkeypatch.setattr(lane.region_client, 'RegionClient', lambda *_: made)
    monkeypatch.setattr(carry_out, 'carry_out', made.carry_out)
    monkeypatch.setattr(intent.wakeup, 'after_commit', lambda *_: None)
    monkeypatch.setattr(durations, 'CONTACT_AGAIN', 0.01)
    return made


@contextlib.contextmanager
def working(**options: float) -> Iterator[lane.Lane]:
    """Run a lane of the region."""
    conf: Any = python_types.SimpleNamespace(
        **{
            **vars(CONF),
            'probe_interval': 0.05,
            'worker_sleep_time': 0.05,
            'max_probe_interval': 0.05,
            **options,
        }
    )
    one = lane.Lane(
        conf,
        'RegionOne',
        'xjob',
        agenda.Alarm(),
        outcomes.Outcomes(),
        slots.Slots(),
    )
    one.start()
    try:
        yield one
    finally:
        one.stop()


def test_a_region_that_has_nothing_to_do_is_asked_again_and_again(
    region: Region,
) -> None:
    with working():
        eventually(lambda: region.looks > 2)
        assert found() == (True, None)


@pytest.mark.parametrize('sweeps', [0.0, 600.0])
def test_one_that_goes_away_is_found_out_and_one_that_is_back(
    region: Region, sweeps: float
) -> None:
    with working(sweep_interval=sweeps):
        eventually(lambda: found() == (True, None))

        region.failure = region_client.RegionUnreachable('no route')
        eventually(lambda: found() == (False, 'no route'))

        region.failure = None
        eventually(lambda: found() == (True, None))


def test_one_call_in_vain_is_not_away_yet(region: Region) -> None:
    with working() as one:
        eventually(lambda: found() == (True, None))

        one._reach.lost(region_client.RegionUnreachable('slow'))

        assert found() == (True, None)


def test_a_refusal_is_an_answer(region: Region) -> None:
    region.failure = region_client.ReplicaRefused(404, 'NotFound', 'none here')

    with working():
        eventually(lambda: found() == (True, None))


def test_who_has_jobs_is_found_out_by_them(region: Region) -> None:
    with working(probe_interval=30.0) as one:
        eventually(lambda: region.looks == 1)
        region.failure = region_client.RegionUnreachable('no route')
        with sessions.writer() as session:
            intent.record(
                session,
                [
                    intent.Intent(types.NETWORK, name, 'RegionOne')
                    for name in 'abc'
                ],
            )

        one.wake()

        eventually(lambda: found() == (False, 'no route'))


def test_nobody_is_asked_who_is_not_to_be(region: Region) -> None:
    with working(probe_interval=0.0) as one:
        one._reach.answered()
        one.wake_sweeper()
        time.sleep(0.2)

    assert (region.looks, found()) == (0, None)


class Written:
    """What is written down, and when that may not be done."""

    def __init__(self) -> None:
        self.notes: list[bool] = []
        self.failure: Exception | None = None

    def write(self, _name: str, answers: bool, _reason: str | None) -> None:
        if self.failure is not None:
            raise self.failure
        self.notes.append(answers)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    moved = python_types.SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr(contact, 'time', moved)
    return now


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Written:
    made = Written()
    monkeypatch.setattr(contact, '_write', made.write)
    return made


def test_what_stays_so_is_written_now_and_then(
    clock: list[float], written: Written
) -> None:
    one = contact.Contact('RegionOne', 10.0)

    for _ in range(12):
        one.answered()
        clock[0] += 1.0

    assert written.notes == [True] * 3


def test_a_change_is_written_at_once(
    clock: list[float], written: Written
) -> None:
    one = contact.Contact('RegionOne', 10.0)

    one.answered()
    one.lost('no route')
    one.answered()

    assert written.notes == [True, False, True]


def test_it_is_due_an_interval_after_the_last_word(
    clock: list[float], written: Written
) -> None:
    one = contact.Contact('RegionOne', 10.0)
    assert one.wait() == 0.0

    one.answered()
    clock[0] += 3.0

    assert one.wait() == 7.0


def test_a_database_that_is_away_ends_nothing(
    clock: list[float], written: Written, caplog: pytest.LogCaptureFixture
) -> None:
    one = contact.Contact('RegionOne', 10.0)
    written.failure = db_exc.DBConnectionError(OSError('no route'))

    one.answered()

    assert 'RegionOne answers could not be noted' in caplog.text
    written.failure = None
    clock[0] += 5.0
    one.answered()
    assert written.notes == [True]
