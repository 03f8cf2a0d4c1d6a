# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a lane has claimed and not begun yet.

A region that answers quickly has its next jobs claimed and read together, a
moment before they can begin. One that is slow has none: whoever comes
meanwhile is not to wait behind them.
"""

import collections
from collections.abc import Iterable, Iterator
import contextlib
import dataclasses
import threading
import time
from typing import Final

from tricircle.journal.job import Job
from tricircle.replica.document import Document

#: Seconds of work that are claimed beside what is being carried out.
_SECONDS: Final = 0.1
#: The most jobs of that.
MOST: Final = 50
#: Seconds after which what has not begun is given back, if the region has
#: become slow.
_OLD: Final = 1.0
#: Jobs of each worker of which the quickest says what the region takes. What
#: others take longer is XJob's own doing, which has much to do.
_ROUNDS: Final = 2


@dataclasses.dataclass(frozen=True)
class Waiting:
    """A job that is claimed.

    :ivar document: what the region is to have; None when its job reads it
    :ivar since: when it was claimed, by time.monotonic()
    """

    job: Job
    document: Document | None
    since: float


class Ahead:
    """The jobs of one lane that wait; for several threads.

    :param workers: jobs that are carried out at the same time
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._lock = threading.Lock()
        self._waiting: collections.deque[Waiting] = collections.deque()
        #: What the last jobs took, in seconds.
        self._took: collections.deque[float] = collections.deque(
            maxlen=_ROUNDS * workers
        )

    def __len__(self) -> int:
        """Return how many wait."""
        with self._lock:
            return len(self._waiting)

    def room(self, held: int, is_away: bool) -> int:
        """Return how many jobs to claim now, 0 for none yet.

        :param held: jobs that are claimed and have not ended
        :param is_away: the region is: it gets one job at a time, a probe
        """
        if is_away:
            return max(0, 1 - held)
        with self._lock:
            most = self._most()
        room = self._workers + most - held
        # Many together, while there is something to do meanwhile.
        return room if room >= max(1, most // 2) else 0

    def _most(self) -> int:
        """Return how many may wait."""
        if not self._took:
            return 0
        # A job that takes no time at all is none to divide by.
        each = max(min(self._took), _SECONDS / MOST) / self._workers
        return min(MOST, int(_SECONDS / each))

    @property
    def is_quick(self) -> bool:
        """Whether the region answers quickly, as far as is known."""
        with self._lock:
            return not self._took or min(self._took) < _SECONDS

    def add(self, jobs: Iterable[Job], documents: dict[str, Document]) -> None:
        """Have jobs wait for :meth:`take`.

        :param documents: those that were read, by the jobs' IDs
        """
        now = time.monotonic()
        with self._lock:
            self._waiting.extend(
                Waiting(job, documents.get(job.id), now) for job in jobs
            )

    def take(self) -> Waiting | None:
        """Return what is to begin next; None when nothing is.

        Nothing that has waited too long for a region that has become slow:
        that is for :meth:`give_up`.
        """
        with self._lock:
            if not self._waiting or self._is_late():
                return None
            return self._waiting.popleft()

    def _is_late(self) -> bool:
        waited = time.monotonic() - self._waiting[0].since
        return waited > _OLD and len(self._waiting) > self._most()

    def give_up(self) -> list[Job]:
        """Return all that has not begun: it waits no more."""
        with self._lock:
            waiting, self._waiting = self._waiting, collections.deque()
        return [one.job for one in waiting]

    @contextlib.contextmanager
    def timed(self) -> Iterator[None]:
        """Carry out a job, and note how long that takes."""
        started = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                self._took.append(time.monotonic() - started)
