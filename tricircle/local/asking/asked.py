# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a process of a region is asking central, and was told is not there."""

from collections.abc import Callable
from concurrent import futures
import threading
import time
from typing import Any, TypeVar

from tricircle.client import central_errors
from tricircle.local.asking import request

#: Type and ID or names, then the project and the rest of who asks.
Key = tuple[object, ...]

_Answer = TypeVar('_Answer')


class Memory:
    """What central did not know a moment ago, by ID and caller."""

    def __init__(self, seconds: float, size: int = 10000) -> None:
        self._seconds = seconds
        self._size = size
        self._lock = threading.Lock()
        self._answers: dict[
            Key, tuple[float, central_errors.CentralError]
        ] = {}

    def recall(self, key: Key) -> central_errors.CentralError | None:
        """Return what this request may take for central's answer.

        What the request itself was told. What an earlier one was told is
        good for a look, and for a moment: a network may have been made or
        shared since.
        """
        told: central_errors.CentralError | None = request.not_found(key)
        if told is not None or request.is_write():
            return told
        with self._lock:
            until, answer = self._answers.get(key, (0.0, None))
            return answer if until > time.monotonic() else None

    def note(self, key: Key, answer: central_errors.CentralError) -> None:
        """Keep what this request was told."""
        request.note_not_found(key, answer)
        if request.is_write():
            # The caller's next look comes after this.
            return
        now = time.monotonic()
        with self._lock:
            if len(self._answers) >= self._size:
                self._answers = {
                    one: kept
                    for one, kept in self._answers.items()
                    if kept[0] > now
                }
            if len(self._answers) < self._size:
                self._answers[key] = (now + self._seconds, answer)

    def forget(self, project_id: str) -> None:
        """Forget what those of a project were told."""
        with self._lock:
            self._answers = {
                key: kept
                for key, kept in self._answers.items()
                if project_of(key) != project_id
            }


def project_of(key: Key) -> object:
    """Return the project that a question was for; see Puller._question."""
    return key[2]


class Flights:
    """One question at a time for each key, in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[Key, futures.Future[Any]] = {}

    def join(
        self, key: Key, ask: Callable[[], _Answer], patience: float
    ) -> _Answer:
        """Ask, or wait for what somebody else is being told; return that.

        :raises TimeoutError: when that takes longer than `patience`
        """
        with self._lock:
            flight = self._flights.get(key)
            if flight is None:
                self._flights[key] = futures.Future()
        if flight is not None:
            told: _Answer = flight.result(patience)
            return told
        try:
            answer = ask()
        except BaseException as exc:
            self._land(key).set_exception(exc)
            raise
        self._land(key).set_result(answer)
        return answer

    def _land(self, key: Key) -> 'futures.Future[Any]':
        with self._lock:
            return self._flights.pop(key)
