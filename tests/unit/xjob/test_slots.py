# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How many calls want the processor at the same time."""

from collections.abc import Callable, Iterator
import queue
import threading

import pytest

from tricircle.xjob import slots

LONG = 20.0


class Calls:
    """Calls that end when they are told to."""

    def __init__(self, room: slots.Slots) -> None:
        self._room = room
        self.began: queue.Queue[str] = queue.Queue()
        self._ends: dict[str, threading.Event] = {}
        self._threads: list[threading.Thread] = []

    def make(self, name: str, is_quick: bool = True) -> None:
        self._ends[name] = threading.Event()

        def call() -> None:
            with self._room.one(is_quick):
                self.began.put(name)
                self._ends[name].wait(LONG)

        thread = threading.Thread(target=call)
        thread.start()
        self._threads.append(thread)

    def end(self, *names: str) -> None:
        for one in names or self._ends:
            self._ends[one].set()

    def wait(self) -> None:
        self.end()
        for one in self._threads:
            one.join(LONG)


@pytest.fixture
def calls() -> Iterator[Callable[[float], Calls]]:
    made: list[Calls] = []

    def make(quick: float) -> Calls:
        made.append(Calls(slots.Slots(1, quick)))
        return made[-1]

    yield make
    for one in made:
        one.wait()


def test_a_call_waits_until_there_is_room(calls):
    found = calls(LONG)
    found.make('first')
    assert found.began.get(timeout=LONG) == 'first'
    found.make('second')
    assert found.began.empty()

    found.end('first')

    assert found.began.get(timeout=LONG) == 'second'


def test_a_call_that_takes_long_takes_no_room_from_others(calls):
    found = calls(0.01)
    found.make('hangs')
    found.began.get(timeout=LONG)

    found.make('other')

    assert found.began.get(timeout=LONG) == 'other'


def test_a_call_to_a_slow_region_needs_no_room(calls):
    found = calls(LONG)
    found.make('quick')
    found.began.get(timeout=LONG)

    found.make('slow', is_quick=False)

    assert found.began.get(timeout=LONG) == 'slow'


def test_a_call_that_took_long_makes_no_room_when_it_ends(calls):
    found = calls(0.01)
    found.make('hangs')
    found.began.get(timeout=LONG)
    found.make('second')
    found.began.get(timeout=LONG)
    room = found._room

    found.wait()

    assert room._free.acquire(blocking=False)
    assert not room._free.acquire(blocking=False)
