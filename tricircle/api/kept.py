# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is read of the database for whoever asks, without a token."""

from collections.abc import Callable
import math
import threading
import time
from typing import Generic, TypeVar

from tricircle.conf import durations

_T = TypeVar('_T')


class Kept(Generic[_T]):
    """Reads something, and tells it to all who ask soon after.

    Who asks often keeps no database busy; and a database that does not
    answer takes one thread, not all.

    :param read: reads it; returns None when it cannot be read
    """

    def __init__(self, read: Callable[[], _T | None]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._found: _T | None = None
        self._kept_until = -math.inf

    def get(self) -> _T | None:
        """Return what was read, None when it cannot be."""
        # One reads; who comes meanwhile waits for what it finds, but not for
        # a database that does not answer.
        if not self._lock.acquire(timeout=durations.METRICS_AWAITED):
            return None
        try:
            if time.monotonic() >= self._kept_until:
                began = time.monotonic()
                self._found = self._read()
                ended = time.monotonic()
                # A database that is back is not to be looked away from.
                took = 0.0 if self._found is None else ended - began
                self._kept_until = ended + max(
                    durations.METRICS_KEPT, durations.METRICS_KEPT_TIMES * took
                )
            return self._found
        finally:
            self._lock.release()
