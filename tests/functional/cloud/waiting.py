# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Waiting for what other processes will do."""

from collections.abc import Callable, Iterator
import time
from typing import TypeVar

T = TypeVar('T')


def poll(seconds: float, interval: float = 0.05) -> Iterator[float]:
    """Yield the seconds left, at intervals, until there are none.

    The body of the loop leaves it when what it looks for is there; the
    loop's ``else`` is the time-out. The body runs at least once.
    """
    deadline = time.monotonic() + seconds
    left = max(seconds, interval)
    while left > 0:
        yield left
        time.sleep(interval)
        left = deadline - time.monotonic()


def eventually(
    look: Callable[[], T], seconds: float = 10.0, interval: float = 0.05
) -> T:
    """Call a function until it does not fail, and return what it returns.

    :param look: asserts what must become true; it is called again after an
        AssertionError or a LookupError, or a ValueError, as one element is
        unpacked where there are two yet; its last one is raised when the
        time is over
    :param interval: seconds between two calls; longer when a call takes
        long or the wait is long, for many ask those who are to do what is
        waited for, and would keep them from it
    """
    began = time.monotonic()
    deadline = began + seconds
    while True:
        started = time.monotonic()
        try:
            return look()
        except (AssertionError, LookupError, ValueError):
            ended = time.monotonic()
            if ended > deadline:
                raise
        pause = max(4 * (ended - started), (ended - began) / 10)
        time.sleep(max(interval, min(1.0, pause)))
