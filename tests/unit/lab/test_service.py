# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Probes, with real sockets and files."""

from collections.abc import Iterator
import contextlib
import dataclasses
from pathlib import Path
import socket
import threading

import pytest

from lab.service import FileProbe
from lab.service import HttpProbe
from lab.service import LogProbe
from lab.service import Service
from lab.service import Started
from lab.service import TcpProbe

LOOPBACK = '127.0.0.1'


@contextlib.contextmanager
def listener() -> Iterator[int]:
    """Yield a port of the loopback that takes connections."""
    with socket.create_server((LOOPBACK, 0)) as one:
        yield int(one.getsockname()[1])


@contextlib.contextmanager
def api(status: int) -> Iterator[str]:
    """Yield the URL of an API that answers one request with a status.

    Not http.server: eventlet, which parts of Neutron import, has it run on
    its own threads if it was the first to import it.
    """

    def answer() -> None:
        connection, _address = one.accept()
        with connection, connection.makefile('rb') as request:
            while request.readline().strip():
                pass
            connection.sendall(
                f'HTTP/1.1 {status} So\r\nContent-Length: 0\r\n\r\n'.encode()
            )

    with socket.create_server((LOOPBACK, 0)) as one:
        thread = threading.Thread(target=answer)
        thread.start()
        yield f'http://{LOOPBACK}:{one.getsockname()[1]}/v3'
        thread.join()


def test_tcp() -> None:
    with listener() as port:
        probe = TcpProbe(LOOPBACK, port)
        assert probe.ready()
        # Again, as a daemon is asked until it is ready.
        assert probe.ready()
    assert not probe.ready()


@pytest.mark.parametrize(
    ('status', 'ready'),
    [
        (200, True),
        (204, True),
        # Keystone's list of versions, and an API that wants a token.
        (300, True),
        (401, True),
        (404, True),
        # uWSGI, when the application did not load.
        (500, False),
        (503, False),
    ],
)
def test_http(status: int, ready: bool) -> None:
    with api(status) as url:
        assert HttpProbe(url).ready() is ready


def test_http_without_anybody_who_listens() -> None:
    with listener() as port:
        pass
    assert not HttpProbe(f'http://{LOOPBACK}:{port}/').ready()


def test_http_when_the_connection_is_closed_without_an_answer() -> None:
    with socket.create_server((LOOPBACK, 0)) as one:

        def hang_up() -> None:
            one.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        port = one.getsockname()[1]
        assert not HttpProbe(f'http://{LOOPBACK}:{port}/').ready()
        thread.join()


def test_log(tmp_path: Path) -> None:
    path = tmp_path / 'agent.log'
    probe = LogProbe(path, r'XJob \S+ works')
    assert not probe.ready()
    path.write_text('')
    assert not probe.ready()
    path.write_text('XJob works\n')
    assert not probe.ready()
    with path.open('a') as log:
        log.write('07:00 INFO XJob one:12 works\n')
    assert probe.ready()
    # Truncated, as before the next start: what was said is of the last run.
    path.write_text('')
    assert not probe.ready()


def test_file(tmp_path: Path) -> None:
    probe = FileProbe(tmp_path / 'socket')
    assert not probe.ready()
    (tmp_path / 'socket').touch()
    assert probe.ready()


def test_started() -> None:
    assert Started().ready()


def test_where_a_daemon_listens_is_what_its_probe_looks_at() -> None:
    one = Service('one', 'here', ('true',))
    assert one.address is None
    for probe, expected in (
        (TcpProbe('10.0.0.1', 3306), ('10.0.0.1', 3306)),
        (HttpProbe('http://10.0.0.1:9696/v2.0'), ('10.0.0.1', 9696)),
        (HttpProbe('http://10.0.0.1'), ('10.0.0.1', 80)),
        (LogProbe(Path('log'), 'works'), None),
    ):
        assert dataclasses.replace(one, ready=probe).address == expected
