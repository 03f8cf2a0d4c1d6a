# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How jobs ended, written for many in one transaction.

An outcome waits some milliseconds for others, of whichever region; nobody
waits for it. What cannot be written together is written by itself, so that
one row that somebody holds keeps no other from being written.
"""

from collections.abc import Callable, Sequence
from concurrent import futures
import dataclasses
import queue
import threading
import time
from typing import Final

from oslo_log import log as logging

from tricircle.conf import fault_point
from tricircle.db import away
from tricircle.journal import job_ends

LOG = logging.getLogger(__name__)

#: Seconds that an outcome waits for others.
_TOGETHER: Final = 0.005
#: The most that are written in one transaction.
_MOST: Final = 100
#: Rows that are waited for at the same time because somebody else is at them.
_ALONE: Final = 4

#: Called with what went wrong; None when the outcome is written.
Then = Callable[[Exception | None], None]


@dataclasses.dataclass(frozen=True)
class _Outcome:
    end: job_ends.End
    then: Then


class Outcomes:
    """Writes what lanes hand over, in a thread of its own."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[_Outcome] = queue.SimpleQueue()
        self._changed = threading.Condition()
        self._left = 0
        self._thread: threading.Thread | None = None
        self._alone = futures.ThreadPoolExecutor(
            _ALONE, thread_name_prefix='outcomes-alone'
        )

    def note(self, end: job_ends.End, then: Then) -> None:
        """Have an outcome written soon.

        :param then: called when that is over, from another thread
        """
        with self._changed:
            self._left += 1
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name='outcomes', daemon=True
                )
                self._thread.start()
        self._queue.put(_Outcome(end, then))

    def wait(self) -> None:
        """Wait until all is written that was handed over."""
        with self._changed:
            self._changed.wait_for(lambda: not self._left)

    def _run(self) -> None:
        while True:
            several = [self._queue.get()]
            time.sleep(_TOGETHER)
            while len(several) < _MOST and not self._queue.empty():
                several.append(self._queue.get())
            self._write(several)

    def _write(self, several: Sequence[_Outcome]) -> None:
        try:
            left = {
                one.job.id
                for one in job_ends.finish_together(
                    [one.end for one in several]
                )
            }
        except Exception as exc:
            away.note(LOG, 'Outcomes could not be written together', exc)
            left = {one.end.job.id for one in several}
        for one in several:
            if one.end.job.id in left:
                self._alone.submit(self._write_alone, one)
            else:
                self._over(one, None)

    def _write_alone(self, one: _Outcome) -> None:
        failure: Exception | None = None
        try:
            job_ends.finish(one.end.job, one.end.digest, one.end.omitted)
        except Exception as exc:
            failure = exc
        self._over(one, failure)

    def _over(self, one: _Outcome, failure: Exception | None) -> None:
        if failure is None:
            fault_point.reach('xjob.finished')
        try:
            one.then(failure)
        except Exception:
            # Whoever it is of, others wait for this thread.
            LOG.exception('The end of job %s was not heard', one.end.job.id)
        finally:
            with self._changed:
                self._left -= 1
                self._changed.notify_all()
