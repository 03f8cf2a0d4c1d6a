# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The threads that carry out what waits."""

import queue
import threading

from tricircle.xjob import threads

LONG = 20.0


class Work:
    """Jobs that end when they may."""

    def __init__(self, number: int) -> None:
        self._waiting: queue.Queue[int] = queue.Queue()
        self.began: queue.Queue[int] = queue.Queue()
        self.may_end = threading.Event()
        self.add(number)

    def add(self, number: int) -> None:
        for one in range(number):
            self._waiting.put(one)

    def left(self) -> int:
        return self._waiting.qsize()

    def begin(self) -> None:
        try:
            one = self._waiting.get_nowait()
        except queue.Empty:
            return
        self.began.put(one)
        self.may_end.wait(LONG)


def test_there_are_no_more_at_a_time_than_there_may_be():
    work = Work(5)
    found = threads.Threads(2, 'lane', work.left, work.begin)

    found.go()
    found.go()
    first = {work.began.get(timeout=LONG) for _ in range(2)}
    waited = work.left()
    work.may_end.set()
    rest = {work.began.get(timeout=LONG) for _ in range(3)}
    found.stop(wait=True)

    assert (first, waited, rest) == ({0, 1}, 3, {2, 3, 4})


def test_what_comes_later_is_carried_out():
    work = Work(1)
    work.may_end.set()
    found = threads.Threads(1, 'lane', work.left, work.begin)

    for _ in range(50):
        found.go()
        work.began.get(timeout=LONG)
        work.add(1)

    found.go()
    found.stop(wait=True)


def test_one_that_fails_takes_no_thread_away():
    work = Work(3)
    work.may_end.set()

    def begin() -> None:
        work.begin()
        raise KeyError('defect')

    found = threads.Threads(1, 'lane', work.left, begin)
    found.go()

    assert [work.began.get(timeout=LONG) for _ in range(3)] == [0, 1, 2]
    found.stop(wait=True)
