# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What the compute gateway costs, with more and more regions.

Its WSGI application is in this process, as in one of its threads; its
database is a MariaDB, and the regions are an HTTP server in another process
that has its answers ready. Beside each request stands the same one to a
region itself, in turns. Then one request after the other for servers of all
regions, and what the process has of memory before and after.
"""

import argparse
from collections.abc import Callable, Iterator
import contextlib
import dataclasses
import os
import statistics
import subprocess
import sys
import time
from typing import Any, Final

from oslo_config import cfg
import psutil
import requests
import webob

from benchmarks import gateway_novas
from benchmarks import table
from tests.functional.cloud import workspace as workspaces
from tests.functional.programs.bed import Bed
from tricircle.db import session as sessions
from tricircle.db.central import models
from tricircle.gateway import asked as asking
from tricircle.gateway import deploy
from tricircle.gateway import handler
from tricircle.gateway.api import compute

PROJECT: Final = '0' * 32
#: Calls after which caches are as full as they get.
_WARM: Final = 500


@dataclasses.dataclass(frozen=True)
class Cost:
    """What one kind of request takes, in seconds.

    :ivar alone: the same, asked of one region itself
    """

    what: str
    regions: int
    ours: float
    alone: float


class Gateway:
    """The gateway to some regions.

    :param port: of the server that is all of them
    """

    def __init__(self, port: int, number: int) -> None:
        self._port = port
        self.names = [f'r{one:03}' for one in range(number)]
        with sessions.writer() as session:
            session.query(models.Pod).delete()
            for name in self.names:
                session.add(
                    models.Pod(
                        pod_id=f'pod-{name}', region_name=name, az_name=name
                    )
                )
        self.application = handler.Handler(_cloud(port))
        self._plain = requests.Session()

    def ask(self, method: str, path: str, body: Any = None) -> webob.Response:
        """Ask the gateway."""
        request = webob.Request.blank(
            f'/v2.1{path}',
            method=method,
            headers={
                'X-User-Id': 'u',
                'X-Project-Id': PROJECT,
                'X-Auth-Token': 't',
            },
        )
        if body is not None:
            request.json = body
        answer = request.get_response(self.application)
        assert answer.status_int < 300, answer.text
        return answer

    def alone(self, method: str, path: str, body: Any = None) -> None:
        """Ask the first region."""
        url = f'http://127.0.0.1:{self._port}/{self.names[0]}/v2.1{path}'
        answer = self._plain.request(method, url, json=body, timeout=60)
        assert answer.ok, answer.text


def _cloud(port: int) -> asking.Cloud:
    conf = cfg.CONF
    found = deploy.cloud(conf, compute.SERVICE)

    def root(name: str) -> str:
        return f'http://127.0.0.1:{port}/{name}'

    # In place of a catalogue.
    there: Any = found.regions
    there._find_root = root
    return found


def _times(act: Callable[[], object], rounds: int) -> list[float]:
    took = []
    for _round in range(rounds):
        began = time.perf_counter()
        act()
        took.append(time.perf_counter() - began)
    return took


def costs(gateway: Gateway, rounds: int) -> Iterator[Cost]:
    """Measure each kind of request, in turns with one region alone."""
    last = gateway.names[-1]
    first = gateway.names[0]
    number = 0

    def flavor() -> dict[str, Any]:
        nonlocal number
        number += 1
        name = f'{len(gateway.names)}-{number}'
        wish = {'name': name, 'ram': 1, 'vcpus': 1, 'disk': 1, 'id': name}
        return {'flavor': wish}

    kinds: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
        'server, known where': (
            lambda: gateway.ask('GET', f'/servers/{last}-1'),
            lambda: gateway.alone('GET', f'/servers/{first}-1'),
        ),
        'servers, a page of 20': (
            lambda: gateway.ask('GET', '/servers/detail?limit=20'),
            lambda: gateway.alone('GET', '/servers/detail?limit=20'),
        ),
        'flavor, made in all': (
            lambda: gateway.ask('POST', '/flavors', flavor()),
            lambda: gateway.alone('POST', '/flavors', flavor()),
        ),
    }
    for what, (ours, alone) in kinds.items():
        ours()
        mine, plain = [], []
        for _turn in range(3):
            mine += _times(ours, rounds)
            plain += _times(alone, rounds)
        yield Cost(
            what,
            len(gateway.names),
            statistics.median(mine),
            statistics.median(plain),
        )


def memory(gateway: Gateway, calls: int) -> tuple[int, int]:
    """Return the bytes of the process before and after many calls."""
    process = psutil.Process(os.getpid())

    def go(number: int) -> None:
        for one in range(number):
            name = gateway.names[one % len(gateway.names)]
            gateway.ask('GET', f'/servers/{name}-{one % 5000}')

    go(_WARM)
    before = process.memory_info().rss
    go(calls)
    return int(before), int(process.memory_info().rss)


@contextlib.contextmanager
def _bed() -> Iterator[int]:
    """Start database and regions; yields the port of these."""
    with workspaces.Workspace() as workspace:
        made = Bed(workspace)
        novas = subprocess.Popen(
            [sys.executable, '-m', gateway_novas.__name__],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            file = workspace.path / 'gateway.conf'
            file.write_text(
                '[DEFAULT]\n'
                f'tricircle_db_connection = {made.database().url}\n'
                f'log_file = {workspace.logs / "gateway.log"}\n'
                '[client]\nauth_strategy = noauth\n'
            )
            deploy.configure(cfg.CONF, [], [str(file)])
            assert novas.stdout is not None
            yield int(novas.stdout.readline())
        finally:
            novas.kill()
            novas.wait()
            made.mariadb.kill9()


def main(argv: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks gateway', description=__doc__
    )
    parser.add_argument('--regions', type=int, default=50, help='default 50')
    parser.add_argument('--calls', type=int, default=10_000, help='10000')
    parser.add_argument('--rounds', type=int, default=10, help='default 10')
    arguments = parser.parse_args(argv)
    with _bed() as port:
        found = []
        for number in (1, 2, arguments.regions):
            gateway = Gateway(port, number)
            print(f'{number} regions', file=sys.stderr)
            found += list(costs(gateway, arguments.rounds))
        print('calls one after the other', file=sys.stderr)
        began = time.perf_counter()
        before, after = memory(gateway, arguments.calls)
        seconds = time.perf_counter() - began
    print(
        table.text(
            ('request', 'regions', 'ms', 'one region alone', 'ratio'),
            [
                (
                    one.what,
                    str(one.regions),
                    f'{1000 * one.ours:.1f}',
                    f'{1000 * one.alone:.1f}',
                    f'{one.ours / one.alone:.1f}',
                )
                for one in sorted(found, key=lambda one: one.what)
            ],
        )
    )
    print(
        f'{arguments.calls} calls to {arguments.regions} regions in '
        f'{seconds:.0f} s: {before / 2**20:.1f} MiB before, '
        f'{after / 2**20:.1f} after'
    )
    return 0
