# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Whether a region answers, for operators to see."""

import threading
import time

from oslo_log import log as logging

from tricircle.db import away
from tricircle.db import session as sessions
from tricircle.db.central.pod import contacts

LOG = logging.getLogger(__name__)


class Contact:
    """What this process finds of one region.

    It is written down when it changes, and again after a while: what nobody
    writes down any more is not known any more.

    :param interval: seconds after which it is due to be found anew; 0 when
        nobody looks, so that nothing is written down
    """

    def __init__(self, region_name: str, interval: float) -> None:
        self._region_name = region_name
        self._interval = interval
        self._lock = threading.Lock()
        self._answers: bool | None = None
        self._noted = 0.0

    def answered(self) -> None:
        """Note an answer, whatever it said."""
        self._note(True, None)

    def lost(self, reason: str) -> None:
        """Note that there is none.

        :param reason: why
        """
        self._note(False, reason)

    @property
    def answers(self) -> bool:
        """Whether it answered when this process heard of it last."""
        with self._lock:
            return self._answers is True

    def wait(self) -> float:
        """Return the seconds until somebody should look again."""
        with self._lock:
            if self._answers is None:
                return 0.0
            passed = time.monotonic() - self._noted
            return max(0.0, self._interval - passed)

    def _note(self, answers: bool, reason: str | None) -> None:
        if self._interval <= 0:
            return
        with self._lock:
            now = time.monotonic()
            if (
                answers is self._answers
                and now - self._noted < self._interval / 2
            ):
                return
            self._answers, self._noted = answers, now
        try:
            _write(self._region_name, answers, reason)
        except Exception as exc:
            # It is found anew.
            away.note(
                LOG,
                f'Whether {self._region_name} answers could not be noted',
                exc,
            )


@sessions.retry
def _write(region_name: str, answers: bool, reason: str | None) -> None:
    with sessions.writer() as session:
        contacts.note(session, region_name, answers, reason)
