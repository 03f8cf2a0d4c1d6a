# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""A proxy before a Neutron that loses, doubles and delays on demand."""

from collections.abc import Iterator, Sequence
import contextlib
import http.client
from http.server import BaseHTTPRequestHandler
import socket
import socketserver
import threading
import time
from typing import Any
from urllib.parse import urlsplit

from tests.functional.cloud import faults
from tests.functional.cloud import ports

_HOP_BY_HOP = frozenset(
    {'connection', 'keep-alive', 'transfer-encoding', 'te', 'upgrade'}
)
_UPSTREAM_TIMEOUT = 120.0

Answer = tuple[int, list[tuple[str, str]], bytes]


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 100

    def __init__(self, port: int, proxy: 'FaultProxy') -> None:
        self.proxy = proxy
        super().__init__((ports.HOST, port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that are killed break their connections."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: the proxy keeps a record."""

    def __getattr__(self, name: str) -> Any:
        # Each method is treated alike, whatever it is called.
        if name.startswith('do_'):
            return self._serve
        raise AttributeError(name)

    def _serve(self) -> None:
        self.close_connection = True
        length = int(self.headers.get('Content-Length') or 0)
        body = self.rfile.read(length)
        record = self.server.proxy.calls
        record.begin()
        call = answer = None
        try:
            call, answer = self._pass_on(body)
        finally:
            # Before the client hears: who has its answer finds the call.
            record.end(call)
        if answer:
            # A client that has gone meanwhile is no matter of the proxy.
            with contextlib.suppress(OSError):
                self._answer(*answer)

    def _pass_on(self, body: bytes) -> tuple[faults.Call, Answer | None]:
        proxy = self.server.proxy
        started = time.monotonic()
        parts = urlsplit(self.path)
        fault = proxy.fault_for(self.command, parts.path, body)
        forwarded = 0
        answer: Answer | None = None

        def forward() -> Answer | None:
            nonlocal forwarded
            forwarded += 1
            return self._ask_upstream(proxy.upstream, body)

        match fault.action if fault else None:
            case faults.Action.DROP_REQUEST:
                pass
            case faults.Action.DROP_ANSWER:
                forward()
            case faults.Action.DUPLICATE:
                answer = forward()
                forward()
            case faults.Action.DUPLICATE_SECOND:
                forward()
                answer = forward()
            case faults.Action.DELAY:
                assert fault is not None
                fault.hold()
                answer = forward()
            case faults.Action.DELAY_ANSWER:
                assert fault is not None
                answer = forward()
                fault.hold()
            case faults.Action.STATUS:
                assert fault is not None
                answer = (
                    fault.status,
                    [('Content-Type', 'text/plain')],
                    b'said by the fault proxy\n',
                )
            case _:
                answer = forward()
        call = faults.Call(
            proxy=proxy.name,
            method=self.command,
            path=parts.path,
            query=parts.query,
            headers=dict(self.headers.items()),
            body=body,
            status=answer[0] if answer else None,
            started=started,
            seconds=time.monotonic() - started,
            forwarded=forwarded,
            action=fault.action if fault else None,
        )
        return call, answer

    def _ask_upstream(self, upstream: str, body: bytes) -> Answer | None:
        connection = http.client.HTTPConnection(
            urlsplit(upstream).netloc, timeout=_UPSTREAM_TIMEOUT
        )
        headers = {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in _HOP_BY_HOP
        }
        try:
            connection.request(self.command, self.path, body or None, headers)
            response = connection.getresponse()
            return response.status, response.getheaders(), response.read()
        except (OSError, http.client.HTTPException):
            # As a client would see it without the proxy: no answer.
            return None
        finally:
            connection.close()

    def _answer(
        self, status: int, headers: list[tuple[str, str]], body: bytes
    ) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in {*_HOP_BY_HOP, 'content-length'}:
                self.send_header(name, value)
        if status not in (204, 304):
            self.send_header('Content-Length', str(len(body)))
        self.send_header('Connection', 'close')
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)


class FaultProxy:
    """Listens for a Neutron's clients and passes their requests on.

    :param name: in the calls it records
    :param upstream: URL of the Neutron
    :param calls: a record, which may be shared with other proxies
    """

    def __init__(
        self,
        name: str,
        upstream: str,
        port: int,
        calls: faults.CallRecord | None = None,
    ) -> None:
        self.name = name
        self.upstream = upstream
        self.port = port
        self.url = f'http://{ports.HOST}:{port}'
        self.calls = calls or faults.CallRecord()
        self._faults: list[faults.Fault] = []
        self._lock = threading.Lock()
        self._server: _Server | None = None

    def start(self) -> None:
        """Listen."""
        if self._server is not None:
            return
        self._server = _Server(self.port, self)
        threading.Thread(
            target=self._server.serve_forever,
            kwargs={'poll_interval': 0.02},
            name=f'proxy-{self.name}',
            daemon=True,
        ).start()

    def stop(self) -> None:
        """Listen no more: connections are refused."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """Refuse connections during the ``with`` block."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def heal(self) -> None:
        """Forget all faults, release what they hold, and listen."""
        with self._lock:
            old, self._faults = self._faults, []
        for fault in old:
            fault.cancel()
        self.start()

    @property
    def disturbed(self) -> bool:
        """Whether something keeps it from passing requests on."""
        with self._lock:
            return self._server is None or not all(
                fault.spent for fault in self._faults
            )

    def fault_for(
        self, method: str, path: str, body: bytes
    ) -> faults.Fault | None:
        """Return the first fault that takes a request."""
        with self._lock:
            armed: Sequence[faults.Fault] = list(self._faults)
        return next((f for f in armed if f.take(method, path, body)), None)

    # -- what tests ask for -------------------------------------------------

    def fault(
        self,
        action: faults.Action,
        method: str | None = None,
        path: str | None = None,
        times: int | None = 1,
        seconds: float | None = None,
        status: int = 503,
        body: str | None = None,
    ) -> faults.Fault:
        """Do something to the next requests that match.

        :param method: a regular expression for the whole method
        :param path: a regular expression for some of the path
        :param times: how many requests; None is all until cancelled
        :param body: a regular expression for some of the body
        """
        fault = faults.Fault(
            action, method, path, times, seconds, status, body
        )
        with self._lock:
            self._faults.append(fault)
        return fault

    def drop_request(self, **match: Any) -> faults.Fault:
        """Lose requests on their way."""
        return self.fault(faults.Action.DROP_REQUEST, **match)

    def drop_answer(self, **match: Any) -> faults.Fault:
        """Lose answers on their way back."""
        return self.fault(faults.Action.DROP_ANSWER, **match)

    def duplicate(
        self, second_answer: bool = False, **match: Any
    ) -> faults.Fault:
        """Deliver requests twice, and one of the answers."""
        action = (
            faults.Action.DUPLICATE_SECOND
            if second_answer
            else faults.Action.DUPLICATE
        )
        return self.fault(action, **match)

    def delay(self, seconds: float, **match: Any) -> faults.Fault:
        """Deliver requests later."""
        return self.fault(faults.Action.DELAY, seconds=seconds, **match)

    def hold(self, **match: Any) -> faults.Fault:
        """Keep requests until the fault is released."""
        return self.fault(faults.Action.DELAY, **match)

    def hold_answer(self, **match: Any) -> faults.Fault:
        """Keep answers until the fault is released."""
        return self.fault(faults.Action.DELAY_ANSWER, **match)

    def answer(self, status: int = 503, **match: Any) -> faults.Fault:
        """Answer requests in place of the upstream."""
        return self.fault(faults.Action.STATUS, status=status, **match)


def refused(port: int) -> bool:
    """Return whether nothing listens on a port of the loopback."""
    with socket.socket() as probe:
        return probe.connect_ex((ports.HOST, port)) != 0
