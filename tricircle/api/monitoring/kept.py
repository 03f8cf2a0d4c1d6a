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
from typing import Generic, NamedTuple, TypeVar

from oslo_log import log as logging

from tricircle.conf import durations
from tricircle.db import away

LOG = logging.getLogger(__name__)

_T = TypeVar('_T')


class Found(NamedTuple, Generic[_T]):
    """What was read.

    :ivar seconds: that it took
    """

    value: _T
    seconds: float


class Kept(Generic[_T]):
    """Reads something, and tells it to all who ask soon after.

    Who asks often keeps no database busy; and a database that does not
    answer takes one thread, not all.

    :param what: is read, for the log
    :param read: reads it
    """

    def __init__(self, what: str, read: Callable[[], _T]) -> None:
        self._what = what
        self._read = read
        self._lock = threading.Lock()
        self._found: Found[_T] | None = None
        self._kept_until = -math.inf

    def get(self) -> Found[_T] | None:
        """Return what was read, None when it cannot be."""
        # One reads; who comes meanwhile waits for what it finds, but not for
        # a database that does not answer.
        if not self._lock.acquire(timeout=durations.METRICS_AWAITED):
            return None
        try:
            if time.monotonic() >= self._kept_until:
                self._found = self._try()
                # A database that is back is not to be looked away from.
                took = 0.0 if self._found is None else self._found.seconds
                self._kept_until = time.monotonic() + max(
                    durations.METRICS_KEPT, durations.METRICS_KEPT_TIMES * took
                )
            return self._found
        finally:
            self._lock.release()

    def _try(self) -> Found[_T] | None:
        began = time.monotonic()
        try:
            return Found(self._read(), time.monotonic() - began)
        except Exception as exc:
            away.note(LOG, f'{self._what} could not be read', exc)
            return None
