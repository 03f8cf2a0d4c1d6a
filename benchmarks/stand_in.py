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
document is not measured here.
"""

from collections.abc import Iterator
import contextlib
import dataclasses
import http.server
import json
import threading
import time
from typing import Any


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


class StandIn(http.server.ThreadingHTTPServer):
    """All regions, each below its name.

    :param delay: seconds that every document takes
    """

    daemon_threads = True
    request_queue_size = 128

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
        return f'http://127.0.0.1:{self.server_port}/{region}'

    def note(self, call: Call) -> None:
        """Remember a call."""
        with self._guard:
            self._calls.append(call)

    def taken(self) -> list[Call]:
        """Return the calls since the last time."""
        with self._guard:
            calls, self._calls = self._calls, []
        return calls


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    server: StandIn

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def _answer(self, status: int, body: Any = None) -> None:
        content = b'' if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_PUT(self) -> None:
        """Take a document."""
        began = time.monotonic()
        _, region, _version, _replicas, kind, resource_id = self.path.split(
            '/'
        )
        length = int(self.headers['Content-Length'])
        document = json.loads(self.rfile.read(length))['replica']
        time.sleep(self.server.delay)
        generation = document['generation']
        self._answer(
            200,
            {
                'replica': {
                    'id': resource_id,
                    'type': kind,
                    'epoch': generation['epoch'],
                    'counter': generation['counter'],
                    'digest': document['digest'],
                    'desired': document['digest'],
                    'omitted': [],
                }
            },
        )
        self.server.note(
            Call(region, kind, resource_id, began, time.monotonic())
        )

    def do_DELETE(self) -> None:
        """Remove a replica."""
        self._answer(204)

    def do_GET(self) -> None:
        """List nothing: nobody sweeps here."""
        self._answer(200, {'replicas': []})
