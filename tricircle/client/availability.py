# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Not hammering a central that is away."""

from collections.abc import Callable
import threading
import time


class Availability:
    """Remembers whether the other side answered lately.

    After `failures` calls in a row without an answer, calls are refused for
    `pause` seconds; then one is let through to see. So a central that is
    away costs a region's workers one waiting call each, not all threads.

    :param failures: consecutive failures that close the way
    :param pause: seconds until the next try
    :param clock: seconds, monotonic
    """

    def __init__(
        self,
        failures: int = 3,
        pause: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = failures
        self._pause = pause
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._next_try = 0.0
        self._reason = ''

    def refusal(self) -> str | None:
        """Return why not to call now, None when a call is right."""
        with self._lock:
            if self._failures < self._limit:
                return None
            now = self._clock()
            if now >= self._next_try:
                # This caller looks; the others wait for what it finds.
                self._next_try = now + self._pause
                return None
            return self._reason

    def answers(self) -> bool:
        """Tell whether the last call got an answer, or none was made."""
        with self._lock:
            return self._failures == 0

    def answered(self) -> bool:
        """Note an answer, whatever it said; tell whether there was none."""
        with self._lock:
            was_away = self._failures > 0
            self._failures = 0
            return was_away

    def failed(self, reason: str) -> None:
        """Note that no answer came."""
        with self._lock:
            self._failures += 1
            self._reason = reason
            if self._failures >= self._limit:
                self._next_try = self._clock() + self._pause
