# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Time that a question may take, whatever the other side does."""

from collections.abc import Callable
import threading
import time
from typing import Final, TypeVar

_T = TypeVar('_T')

#: Seconds for a request to say itself that it had no more time.
_GRACE: Final = 1.0


class Late(Exception):
    """There was no answer in time."""


class Deadline:
    """A moment until which a question is to be answered.

    :ivar seconds: from its beginning
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return how many seconds are left.

        :raises Late: when none are
        """
        found = self._end - time.monotonic()
        if found <= 0:
            raise self._late()
        return found

    def keep(self, ask: Callable[[], _T]) -> _T:
        """Return what a function returns, if it does so in time.

        Libraries take no deadline for all that they do: a name is looked up,
        or an answer comes byte by byte, for as long as it likes. A function
        that is late goes on in a thread that keeps no process alive.

        :raises Late: when it takes longer
        """
        found: list[_T] = []
        failed: list[Exception] = []

        def run() -> None:
            try:
                found.append(ask())
            except Exception as exc:
                failed.append(exc)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join(max(0, self._end - time.monotonic()) + _GRACE)
        if failed:
            raise failed[0]
        if not found:
            raise self._late()
        return found[0]

    def _late(self) -> Late:
        return Late(f'no answer within {self.seconds:g} s')
