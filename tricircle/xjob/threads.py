# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The threads of a lane that carry out what waits.

A thread goes on to the next job by itself. To have the pool do each would
take a lock that all lanes have in common.
"""

from collections.abc import Callable
from concurrent import futures
import threading

from oslo_log import log as logging

LOG = logging.getLogger(__name__)


class Threads:
    """As many threads at a time as there may be, and is something to do.

    :param most: threads
    :param name: that theirs begin with
    :param left: returns how much waits
    :param begin: carries out what is next
    """

    def __init__(
        self,
        most: int,
        name: str,
        left: Callable[[], int],
        begin: Callable[[], None],
    ) -> None:
        self._most = most
        self._left = left
        self._begin = begin
        self._lock = threading.Lock()
        self._working = 0
        self._pool = futures.ThreadPoolExecutor(most, thread_name_prefix=name)

    def go(self) -> None:
        """Have what waits carried out."""
        with self._lock:
            more = min(self._left(), self._most - self._working)
            self._working += more
        for _ in range(more):
            self._pool.submit(self._work)

    def _work(self) -> None:
        while self._goes_on():
            try:
                self._begin()
            except Exception:
                # The next one may do better, and is not to wait for ever.
                LOG.exception('A job came to no end')

    def _goes_on(self) -> bool:
        """Tell whether a thread goes on; what comes then needs another."""
        with self._lock:
            if self._left():
                return True
            self._working -= 1
            return False

    def stop(self, wait: bool) -> None:
        """Begin nothing new.

        :param wait: until what is running has come to its end
        """
        self._pool.shutdown(wait=wait, cancel_futures=True)
