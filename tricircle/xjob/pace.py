# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How fast a region is compared with central.

A region reads back each replica that is compared, in the threads that its
tenants have as well. So a comparison waits between two pages when it was
faster than it may be.
"""

from collections.abc import Callable
import time


class Pace:
    """Holds what is done to a rate; for one thread.

    Only a page is ever done at once: of a time in which less was done, or
    nothing, nothing is made up for.

    :param rate: returns the most that may be done in a second, 0 for any; it
        is asked each time, as the option may change meanwhile
    :param wait: waits for some seconds; it may come back before
    :param clock: returns seconds
    """

    def __init__(
        self,
        rate: Callable[[], float],
        wait: Callable[[float], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rate = rate
        self._wait = wait
        self._clock = clock
        self._since = clock()

    def did(self, number: int) -> None:
        """Wait until what was done since the last call may have been done."""
        rate = self._rate()
        now = self._clock()
        if rate > 0:
            # Not for longer than for a page at the rate there is now.
            left = self._since + number / rate - now
            if left > 0:
                self._wait(left)
        self._since = self._clock()
