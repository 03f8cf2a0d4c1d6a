# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What stands in for regions where there are more than a machine can run.

One HTTP server is all of them: it takes documents as a region does, waits as
long as a region may take, and answers that it has what it was sent. Central
and XJob are real, and do not know the difference; what a region does with a
document is not measured here. It reads no more of a request than it needs, so
that it has the next one before XJob has made it.
"""

from collections.abc import Iterator
import contextlib
import dataclasses
import json
import socket
import socketserver
import threading
import time
from typing import Any, Final


@dataclasses.dataclass(frozen=True)
class Call:
    """A document that came.

    :ivar began: by time.monotonic(), and so is `ended`
    """

    region: str
    type: str
    id: str
    began: float
    ended: float


_ANSWER: Final = (
    'HTTP/1.1 {}\r\nContent-Type: application/json\r\n'
    'Content-Length: {}\r\n\r\n'
)
_LENGTH: Final = b'content-length:'


class StandIn(socketserver.ThreadingTCPServer):
    """All regions, each below its name.

    :param delay: seconds that every document takes
    """

    daemon_threads = True
    request_queue_size = 512

    def __init__(self, delay: float) -> None:
        super().__init__(('127.0.0.1', 0), _Handler)
        self.delay = delay
        self._calls: list[Call] = []
        self._guard = threading.Lock()

    @classmethod
    @contextlib.contextmanager
    def running(cls, delay: float) -> Iterator['StandIn']:
        """Start it, and end it."""
        with cls(delay) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield server
            finally:
                server.shutdown()
                thread.join()

    def url(self, region: str) -> str:
        """Return the endpoint of a region's Neutron."""
        return f'http://127.0.0.1:{self.server_address[1]}/{region}'

    def note(self, call: Call) -> None:
        """Remember a call."""
        with self._guard:
            self._calls.append(call)

    def taken(self) -> list[Call]:
        """Return the calls since the last time."""
        with self._guard:
            calls, self._calls = self._calls, []
        return calls


class _Handler(socketserver.StreamRequestHandler):
    """One connection, for as long as it is kept."""

    server: StandIn
    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Answer requests until nobody sends any."""
        with contextlib.suppress(ConnectionError):
            while line := self.rfile.readline():
                method, path, _version = line.decode().split(' ')
                self._answer(method, path, self._body())

    def _body(self) -> bytes:
        length = 0
        while (header := self.rfile.readline().lower()) not in (b'\r\n', b''):
            if header.startswith(_LENGTH):
                length = int(header[len(_LENGTH) :])
        return self.rfile.read(length)

    def _answer(self, method: str, path: str, body: bytes) -> None:
        if method == 'PUT':
            self._take(path, json.loads(body)['replica'])
        elif method == 'DELETE':
            self._send('204 No Content', b'')
        else:
            # Nobody sweeps here.
            self._send('200 OK', b'{"replicas": []}')

    def _send(self, status: str, body: bytes) -> None:
        self.wfile.write(_ANSWER.format(status, len(body)).encode() + body)

    def _take(self, path: str, document: dict[str, Any]) -> None:
        """Take a document."""
        began = time.monotonic()
        _, region, _version, _replicas, kind, resource_id = path.split('/')
        time.sleep(self.server.delay)
        generation = document['generation']
        replica = {
            'id': resource_id,
            'type': kind,
            'epoch': generation['epoch'],
            'counter': generation['counter'],
            'digest': document['digest'],
            'desired': document['digest'],
            'omitted': [],
        }
        self._send('200 OK', json.dumps({'replica': replica}).encode())
        self.server.note(
            Call(region, kind, resource_id, began, time.monotonic())
        )


class Silence:
    """A region that takes connections, and answers nothing."""

    def __init__(self) -> None:
        self._socket = socket.create_server(('127.0.0.1', 0), backlog=512)

    @classmethod
    @contextlib.contextmanager
    def kept(cls) -> Iterator['Silence']:
        """Keep it, and end it."""
        found = cls()
        with found._socket:
            yield found

    @property
    def url(self) -> str:
        """The endpoint of its Neutron."""
        return f'http://127.0.0.1:{self._socket.getsockname()[1]}'
