# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""SIGTERM is obeyed within 10 s, whatever a daemon waits for."""

from collections.abc import Iterator
import concurrent.futures
import contextlib
import functools
import os
import signal
import socket
import time

import pytest
import requests

from tests.functional.cloud import configuration
from tests.functional.cloud import daemons
from tests.functional.cloud import eventually
from tests.functional.cloud import ports
from tests.functional.cloud import roles
from tests.functional.programs import bed as beds
from tests.functional.programs.bed import Bed

LONGEST_END = 10.0


@contextlib.contextmanager
def running(process: daemons.TricircleProcess) -> Iterator[None]:
    try:
        yield
    finally:
        process.kill9()


def has_ended(process: daemons.TricircleProcess) -> None:
    assert not process.alive


def says(process: daemons.TricircleProcess, text: str) -> None:
    assert text in process.log_of_this_run()


def ends(process: daemons.TricircleProcess) -> float:
    """Tell the process to end; return the seconds that it took."""
    started = time.monotonic()
    os.kill(process.pid, signal.SIGTERM)
    eventually(functools.partial(has_ended, process), seconds=60)
    return time.monotonic() - started


@pytest.mark.parametrize('program', ['tricircle-api', 'tricircle-xjob'])
def test_a_daemon_that_waits_for_its_database_says_so_and_ends_when_told(
    bed: Bed, program: str
) -> None:
    found = bed.database()
    process = daemons.TricircleProcess(
        bed.workspace,
        f'waiting-{program}',
        program,
        found,
        {
            'DEFAULT': {'tricircle_db_connection': beds.away(bed)},
            'database': {'max_retries': -1},
        },
    )
    with running(process):
        process.start(wait=False)
        eventually(functools.partial(says, process, 'again in 10 s'))

        assert ends(process) < LONGEST_END


def test_a_daemon_works_once_its_database_answers(bed: Bed) -> None:
    process = daemons.XJob(
        bed.workspace,
        'early-xjob',
        bed.database(),
        {'database': {'retry_interval': 1}},
    )
    bed.mariadb.kill9()
    try:
        with running(process):
            process.start(wait=False)
            eventually(functools.partial(says, process, 'tried again in 1 s'))
            bed.mariadb.start()
            process.wait_ready()
    finally:
        if not bed.mariadb.alive:
            bed.mariadb.start()


@pytest.mark.parametrize('sign', [signal.SIGKILL, signal.SIGSTOP])
def test_xjob_ends_when_told_while_its_database_is_away(
    bed: Bed, sign: signal.Signals
) -> None:
    process = daemons.XJob(
        bed.workspace, f'xjob-{sign.name}', bed.database(), {}
    )
    with running(process):
        process.start()
        os.killpg(bed.mariadb.pid, sign)
        try:
            # It has met that by now.
            time.sleep(0.5)

            assert ends(process) < LONGEST_END
        finally:
            if sign == signal.SIGSTOP:
                os.killpg(bed.mariadb.pid, signal.SIGCONT)
            else:
                bed.mariadb.kill9()
                bed.mariadb.start()
    assert 'Traceback' not in process.log_of_this_run()


@contextlib.contextmanager
def silent() -> Iterator[socket.socket]:
    """Something that takes connections and never says a word."""
    with socket.create_server((ports.HOST, 0)) as listener:
        listener.settimeout(20)
        yield listener


def hanging(who: str, port: int) -> configuration.Options:
    """Return the options that name somebody at a port."""
    named: dict[str, configuration.Options] = {
        'keystone': {'client': beds.keystone_at(port)},
        'region': {
            # A region that has just come is looked through.
            'DEFAULT': {'sweep_interval': 600},
            'client': {
                'endpoint_overrides': f'RegionOne:http://{ports.HOST}:{port}'
            },
        },
        'broker': {
            'DEFAULT': {'transport_url': f'rabbit://u:p@{ports.HOST}:{port}/'}
        },
    }
    return named[who]


@pytest.mark.parametrize('who', ['keystone', 'region', 'broker'])
def test_xjob_ends_when_told_while_somebody_hangs(bed: Bed, who: str) -> None:
    found = bed.database()
    for name in (roles.CENTRAL_REGION, 'RegionOne'):
        beds.add_pod(found, name)
    with silent() as listener:
        process = daemons.XJob(
            bed.workspace,
            f'xjob-{who}',
            found,
            hanging(who, listener.getsockname()[1]),
        )
        with running(process):
            process.start(wait=False)
            # It waits for an answer now.
            with listener.accept()[0]:
                assert ends(process) < LONGEST_END
    assert 'Traceback' not in process.log_of_this_run()


def test_the_admin_api_ends_when_told_while_its_database_hangs(
    bed: Bed,
) -> None:
    process = daemons.AdminApi(bed.workspace, 'api-hangs', bed.database(), {})
    with running(process), concurrent.futures.ThreadPoolExecutor(1) as pool:
        process.start()
        os.killpg(bed.mariadb.pid, signal.SIGSTOP)
        try:
            asked = pool.submit(process.request, 'GET', '/pods')

            assert ends(process) < LONGEST_END
        finally:
            os.killpg(bed.mariadb.pid, signal.SIGCONT)
        assert isinstance(asked.exception(), requests.ConnectionError)
