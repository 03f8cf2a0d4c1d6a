# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""``bin/lab``, while the lab is up."""

from collections.abc import Iterator
import contextlib
import json
import subprocess

from lab import cloud
from lab import layout as layouts
from lab import links
from lab import machines
from tests.lab import operator_shell
from tricircle.cli.diagnosis import reaching
from tricircle.cli.diagnosis import regions

#: Instances of the lab ask no metadata, so nobody misses it.
_MISSED_BY_NOBODY = 'nova-metadata-{region}'

_LISTENER = """
import socket, sys, time
listener = socket.create_server((sys.argv[1], int(sys.argv[2])))
print('listens', flush=True)
while True:
    listener.accept()
"""


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(layouts.ROOT / 'bin' / 'lab'), *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=layouts.environment(),
        timeout=120,
        check=False,
    )


def test_status_has_every_service_and_its_memory(lab: cloud.Lab) -> None:
    told = _run('status', '--json')

    found = json.loads(told.stdout)
    assert {one['name'] for one in found} == set(lab.services)
    assert {one['state'] for one in found} == {'RUNNING'}
    # Each of these is a Python process of its own.
    apis = [one for one in found if one['name'].startswith('neutron-server')]
    assert len(apis) == 1 + len(lab.topology.regions)
    assert all(one['memory'] > 30 for one in apis), apis


def test_nothing_is_wrong_with_how_the_lab_is_set_up(lab: cloud.Lab) -> None:
    # Jobs of other tests may fail for a moment.
    numbers = [
        one.number
        for one in (*reaching.CHECKERS, *regions.CHECKERS)
        # Tests have networks of a region's own, and take agents and hosts
        # away.
        if one.number
        not in {'TRI0204', 'TRI0207', 'TRI0209', 'TRI0210', 'TRI0211'}
    ]

    code, found = operator_shell.run(
        lab,
        'diagnose',
        '--strict',
        *(word for one in numbers for word in ('--only', one)),
    )

    assert (code, found) == (0, [])


def test_what_is_killed_is_missed_until_it_is_started_again(
    lab: cloud.Lab,
) -> None:
    service = _MISSED_BY_NOBODY.format(region=lab.topology.regions[0].name)

    assert _run('kill', service).returncode == 0
    without = _run('status')
    again = _run('restart', service)
    after = _run('status')

    assert without.returncode == 1
    (line,) = (line for line in without.stdout.splitlines() if service in line)
    assert 'EXITED' in line
    assert f'{service} ready after' in again.stdout
    assert (after.returncode, 'EXITED' in after.stdout) == (0, False)


def test_a_port_that_another_process_has_is_named(lab: cloud.Lab) -> None:
    service = _MISSED_BY_NOBODY.format(region=lab.topology.regions[0].name)
    where = lab.services[service].address
    assert where is not None
    host, port = where
    _run('kill', service)
    with _listening(lab.machines[links.CONTROL], host, port):
        taken = _run('restart', service)
    free = _run('restart', service)

    assert taken.returncode == 1
    assert (
        f'lab: {service} does not start: another process listens at {host}, '
        f'port {port}; '
    ) in taken.stderr
    assert free.returncode == 0


@contextlib.contextmanager
def _listening(
    machine: machines.Machine, host: str, port: int
) -> Iterator[None]:
    """Have a process that is not the lab's listen in a machine."""
    with subprocess.Popen(
        machine.command(['python3', '-c', _LISTENER, host, str(port)]),
        stdout=subprocess.PIPE,
        text=True,
    ) as listener:
        assert listener.stdout is not None
        try:
            assert listener.stdout.readline() == 'listens\n'
            yield
        finally:
            listener.kill()


def test_exec_is_the_command_that_it_runs() -> None:
    told = _run('exec', links.CONTROL, '--', 'sh', '-c', 'hostname; exit 3')

    assert (told.returncode, told.stdout) == (3, f'{links.CONTROL}\n')


def test_exec_in_a_server_that_nobody_has_says_so() -> None:
    told = _run('exec', 'nobody', '--', 'true')

    assert told.returncode == 1
    assert told.stderr == 'lab: no server nobody runs in any region\n'


def test_logs_prints_the_log_of_a_service() -> None:
    told = _run('logs', 'tricircle-xjob')

    assert told.returncode == 0
    assert ' works' in told.stdout


def test_a_second_up_says_so() -> None:
    told = _run('up')

    assert told.returncode == 1
    assert 'is up already; bin/lab down ends it' in told.stderr
