# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A server that accepts every connection, and answers few."""

from collections.abc import Iterator, Mapping
import contextlib
import json
import socket
import threading
from typing import Any


class Server:
    """Answers on a free port of this host.

    :param answers: bodies by path; of all else a header that never ends
    :ivar asked: paths that nobody got an answer for
    """

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.asked: list[str] = []
        self._answers = answers
        self._listener = socket.create_server(('127.0.0.1', 0))
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f'http://127.0.0.1:{self._listener.getsockname()[1]}'

    def stop(self) -> None:
        """End, and leave no thread."""
        self._stopped.set()
        # Wakes who waits for a connection.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            with contextlib.suppress(OSError):
                connection, _ = self._listener.accept()
                thread = threading.Thread(
                    target=self._serve, args=(connection,)
                )
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            request = connection.recv(65536)
            if not request:
                return
            path = request.split()[1].decode().split('?')[0]
            if path in self._answers:
                body = json.dumps(self._answers[path]).encode()
                connection.sendall(
                    b'HTTP/1.1 200 OK\r\nConnection: close\r\n'
                    b'Content-Length: %d\r\n\r\n%b' % (len(body), body)
                )
                return
            self.asked.append(path)
            connection.sendall(b'HTTP/1.1 200 OK\r\nX-Later: ')
            # No wait for a byte is long; all of them are.
            while not self._stopped.wait(0.02):
                connection.sendall(b'.')


@contextlib.contextmanager
def server(**answers: Any) -> Iterator[Server]:
    """Run a server.

    :param answers: of Neutron, by the name of the collection
    """
    made = Server({f'/v2.0/{name}': one for name, one in answers.items()})
    try:
        yield made
    finally:
        made.stop()
