# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What a proxy does to the requests that a test chooses."""

from collections.abc import Mapping
import dataclasses
import enum
import re
import threading
import time

from tests.functional.cloud import waiting


class Action(enum.Enum):
    """What happens to a request."""

    #: the connection closes, the upstream never sees the request
    DROP_REQUEST = 'drop request'
    #: the upstream does it, and the connection closes without an answer
    DROP_ANSWER = 'drop answer'
    #: the upstream gets it twice, the client the first answer
    DUPLICATE = 'duplicate'
    #: the upstream gets it twice, the client the second answer
    DUPLICATE_SECOND = 'duplicate, second answer'
    #: the upstream gets it after some time
    DELAY = 'delay'
    #: the client gets the answer after some time
    DELAY_ANSWER = 'delay answer'
    #: the client gets a status, the upstream nothing
    STATUS = 'status'


@dataclasses.dataclass(frozen=True)
class Call:
    """A request that came to a proxy, and what became of it."""

    proxy: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    #: of the answer; None when the client got none
    status: int | None
    #: when it came, by time.monotonic()
    started: float
    seconds: float
    #: how often the upstream got it
    forwarded: int = 1
    action: Action | None = None

    def __str__(self) -> str:
        query = f'?{self.query}' if self.query else ''
        return f'{self.method} {self.path}{query} -> {self.status}'


class Fault:
    """An action on the next requests that match; off when those are over.

    With DELAY and DELAY_ANSWER and no number of seconds, the request is
    held until :meth:`release`.
    """

    def __init__(
        self,
        action: Action,
        method: str | None,
        path: str | None,
        times: int | None,
        seconds: float | None,
        status: int,
        body: str | None = None,
    ) -> None:
        self.action = action
        self.seconds = seconds
        self.status = status
        self._method = re.compile(method or '')
        self._path = re.compile(path or '')
        self._body = None if body is None else re.compile(body)
        self._left = times
        self._hits = 0
        self._lock = threading.Lock()
        self._hit = threading.Condition(self._lock)
        self._released = threading.Event()

    @property
    def hits(self) -> int:
        """How many requests met this fault so far."""
        with self._lock:
            return self._hits

    @property
    def spent(self) -> bool:
        """Whether it will do nothing any more."""
        with self._lock:
            return self._left == 0

    def take(self, method: str, path: str, body: bytes) -> bool:
        """Return whether this fault is for a request, and count it."""
        if self._method.pattern and not self._method.fullmatch(method):
            return False
        if not self._path.search(path):
            return False
        if self._body and not self._body.search(body.decode(errors='replace')):
            return False
        with self._lock:
            if self._left == 0:
                return False
            if self._left is not None:
                self._left -= 1
            self._hits += 1
            self._hit.notify_all()
        return True

    def wait(self, hits: int = 1, seconds: float = 30.0) -> None:
        """Wait until so many requests met this fault."""
        with self._lock:
            if not self._hit.wait_for(lambda: self._hits >= hits, seconds):
                raise AssertionError(
                    'no request met: %s %s %s'
                    % (
                        self.action.value,
                        self._method.pattern,
                        self._path.pattern,
                    )
                )

    def hold(self) -> None:
        """Stay here for the delay, or until released; for proxies."""
        self._released.wait(self.seconds)

    def release(self) -> None:
        """Let the held requests go on, and hold no others."""
        self.cancel()

    def cancel(self) -> None:
        """Do nothing any more, and release what is held."""
        with self._lock:
            self._left = 0
        self._released.set()


class CallRecord:
    """The calls that went through one or more proxies, in their order."""

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._lock = threading.Lock()
        self._open = 0

    def begin(self) -> None:
        """Note that a request came; for proxies."""
        with self._lock:
            self._open += 1

    def end(self, call: Call | None) -> None:
        """Note what became of a request that came; for proxies."""
        with self._lock:
            self._open -= 1
            if call is not None:
                self._calls.append(call)

    def mark(self) -> int:
        """Return a position for :meth:`since`."""
        with self._lock:
            return len(self._calls)

    def since(
        self,
        mark: int = 0,
        method: str | None = None,
        path: str | None = None,
    ) -> list[Call]:
        """Return the calls that ended after a mark.

        :param method: a regular expression for all of it
        :param path: a regular expression for some of it
        """
        with self._lock:
            calls = self._calls[mark:]
        return [
            call
            for call in calls
            if (method is None or re.fullmatch(method, call.method))
            and (path is None or re.search(path, call.path))
        ]

    def wait_quiet(self, quiet: float = 0.3, seconds: float = 20.0) -> None:
        """Wait until no call is open and none came for a while."""
        size, since = -1, time.monotonic()
        for _left in waiting.poll(seconds, 0.02):
            with self._lock:
                now, is_open = len(self._calls), self._open > 0
            if now != size or is_open:
                size, since = now, time.monotonic()
            elif time.monotonic() - since >= quiet:
                return
        raise AssertionError('calls do not cease')
