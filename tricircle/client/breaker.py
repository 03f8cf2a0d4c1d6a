# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Not hammering a side that is away."""

from collections.abc import Callable
import threading
import time


class Breaker:
    """Whether the other side counts as away, and when to look again.

    So a side that is away costs one waiting call now and then, not all
    threads.

    :param failures: calls in a row without an answer that open it
    :param pause: returns the seconds until the next look, given how many
        looks were in vain since it opened
    """

    def __init__(self, failures: int, pause: Callable[[int], float]) -> None:
        self._limit = failures
        self._pause = pause
        self._lock = threading.Lock()
        self._failures = 0
        self._next_look = 0.0
        self._reason = ''

    @property
    def is_open(self) -> bool:
        """True while the other side is away: only looks are let through."""
        with self._lock:
            return self._failures >= self._limit

    @property
    def failures(self) -> int:
        """Calls without an answer since the last that got one."""
        with self._lock:
            return self._failures

    def wait(self) -> float:
        """Return the seconds until a call may be made."""
        with self._lock:
            return self._wait()

    def _wait(self) -> float:
        if self._failures < self._limit:
            return 0.0
        return max(0.0, self._next_look - time.monotonic())

    def refusal(self) -> str | None:
        """Return why not to call now, None when a call is right.

        Of several callers one looks; the others wait for what it finds.
        """
        with self._lock:
            if self._wait():
                return self._reason
            self._look_later()
            return None

    def failed(self, reason: str = '') -> None:
        """Note that no answer came, and why."""
        with self._lock:
            self._failures += 1
            self._reason = reason
            self._look_later()

    def _look_later(self) -> None:
        over = self._failures - self._limit
        if over >= 0:
            self._next_look = time.monotonic() + self._pause(over)

    def answered(self) -> bool:
        """Note an answer, whatever it said; tell whether it was open."""
        with self._lock:
            was_open = self._failures >= self._limit
            self._failures = 0
            return was_open
