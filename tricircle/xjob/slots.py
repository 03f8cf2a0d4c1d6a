# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How many calls of a process want its processor at the same time.

All threads of a process share one: the more of them want it, the more of it
goes into taking turns. So quick calls are made some at a time, whatever the
number of regions. A call that takes longer waits for its region, and wants no
processor meanwhile: it is not counted, so that a region which does not answer
takes nothing away from others.
"""

from collections.abc import Iterator
import contextlib
import itertools
import threading
import time
from typing import Final

#: Calls at a time.
_AT_A_TIME: Final = 32
#: Seconds after which a call waits for its region.
_QUICK: Final = 1.0


class Slots:
    """Room for quick calls, of all lanes of a process.

    :param at_a_time: how many there are
    :param quick: seconds for which a call has its slot at most, about
    """

    def __init__(
        self, at_a_time: int = _AT_A_TIME, quick: float = _QUICK
    ) -> None:
        self._quick = quick
        self._free = threading.Semaphore(at_a_time)
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        #: When calls began that have a slot.
        self._began: dict[int, float] = {}
        self._look = threading.Event()
        self._looker: threading.Thread | None = None

    @contextlib.contextmanager
    def one(self, is_quick: bool) -> Iterator[None]:
        """Make a call when there is room for it.

        :param is_quick: the region answers quickly; else no room is needed
        """
        if not is_quick:
            yield
            return
        number = next(self._numbers)
        self._free.acquire()
        with self._lock:
            self._began[number] = time.monotonic()
            if self._looker is None:
                self._looker = threading.Thread(
                    target=self._look_again_and_again,
                    name='slots',
                    daemon=True,
                )
                self._looker.start()
        self._look.set()
        try:
            yield
        finally:
            self._give_back([number])

    def _give_back(self, numbers: list[int]) -> None:
        with self._lock:
            for one in numbers:
                # One that took long has lost it before.
                if self._began.pop(one, None) is not None:
                    self._free.release()

    def _look_again_and_again(self) -> None:
        """Take the slots away from calls that take long."""
        while True:
            self._look.wait()
            self._look.clear()
            time.sleep(self._quick / 2)
            since = time.monotonic() - self._quick
            with self._lock:
                late = [one for one, at in self._began.items() if at < since]
                if self._began:
                    self._look.set()
            self._give_back(late)
