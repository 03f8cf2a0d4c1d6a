# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Daemons under a real supervisord: what it is told, and in what order."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
import dataclasses
from pathlib import Path
import shlex
import socket
import tempfile
import time

import pytest
from supervisor import options

from lab import cloud
from lab import layout as layouts
from lab import machines
from lab import supervision
from lab.service import LogProbe
from lab.service import Service
from lab.service import TcpProbe
from tests.unit.lab import shipped


class Here(machines.Machine):
    """A machine without a namespace: this computer."""

    def command(self, argv: Sequence[str] | str) -> list[str]:
        return shlex.split(argv) if isinstance(argv, str) else list(argv)


@pytest.fixture
def layout() -> Iterator[layouts.Layout]:
    # The path of a Unix socket is short, pytest's folders may not be.
    with tempfile.TemporaryDirectory(prefix='lab-') as home:
        made = layouts.Layout(Path(home))
        made.make()
        yield made


# -- what supervisord is told ------------------------------------------------


def understood(
    services: Iterable[Service], layout: layouts.Layout
) -> dict[str, tuple[list[str], dict[str, str]]]:
    """Return argv and environment of each, as supervisord reads them."""
    path = layout.home / 'supervisord.conf'
    path.write_text(
        supervision.configuration(services, layout, lambda it: [*it.argv])
    )
    read = options.ServerOptions()
    read.realize(['-c', str(path)])
    return {
        program.name: (shlex.split(program.command), program.environment)
        for group in read.process_group_configs
        for program in group.process_configs
    }


@pytest.mark.parametrize(
    'word',
    [
        'plain',
        '',
        'two words',
        '100%',
        '%(ENV_HOME)s',
        '%s',
        "it's",
        'say "yes"',
        'back\\slash',
        '$HOME `id`',
        'a;b',
        'a=b,c=d',
    ],
)
def test_a_command_comes_as_it_was_given(
    word: str, layout: layouts.Layout
) -> None:
    argv = ('program', word, 'last')
    found = understood([Service('one', 'h1', argv)], layout)
    assert found['one'][0] == list(argv)


@pytest.mark.parametrize(
    'value',
    [
        'plain',
        '',
        'two words',
        '100%',
        '%(ENV_HOME)s',
        "it's",
        'back\\slash',
        'a=b,c=d',
        'neutron.conf;ml2_conf.ini',
        '+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}',
        'say "yes" twice',
        '{"a": 1}',
    ],
)
def test_a_variable_comes_as_it_was_given(
    value: str, layout: layouts.Layout
) -> None:
    one = Service('one', 'h1', ('true',), environment={'LAB': value})
    found = understood([one], layout)['one'][1]
    assert found['LAB'] == value
    assert found['PATH'] == layouts.environment()['PATH']


@pytest.mark.parametrize(
    'value',
    ['say "yes"', "'", 'a "b" it\'s c', 'a\nb', 'a ;b', 'a #b'],
)
def test_a_variable_that_supervisord_would_not_get_is_refused(
    value: str, layout: layouts.Layout
) -> None:
    one = Service('one', 'h1', ('true',), environment={'LAB': value})
    with pytest.raises(supervision.ServiceFailed, match='variable LAB') as no:
        supervision.configuration([one], layout, lambda it: [*it.argv])
    # It may be a password.
    assert value == "'" or value not in str(no.value)


@pytest.mark.parametrize('path', shipped.FILES, ids=shipped.NAMES)
def test_all_services_of_a_lab_come_as_they_were_given(
    path: Path, layout: layouts.Layout
) -> None:
    services = cloud.load(layout, path).services
    assert understood(services.values(), layout) == {
        name: (
            list(one.argv),
            {**layouts.environment(), **one.environment},
        )
        for name, one in services.items()
    }


def test_how_a_daemon_is_ended(layout: layouts.Layout) -> None:
    one = Service('one', 'h1', ('true',), stop_signal='INT', stop_seconds=3)
    text = supervision.configuration([one], layout, lambda it: [*it.argv])
    lines = text.splitlines()
    assert 'stopsignal = INT' in lines
    assert 'stopwaitsecs = 3' in lines
    # What a test kills stays dead.
    assert 'autorestart = false' in lines


# -- in what order -----------------------------------------------------------


def tower(ended: Path) -> dict[str, Service]:
    """Return daemons that note their end, those above later than asked."""

    def daemon(name: str, *after: str) -> Service:
        wait = 0.3 if name in ('top', 'peak') else 0.0
        note = f'echo {name} >> {ended}'
        script = (
            f"trap 'sleep {wait}; {note}; exit' TERM; echo works; "
            'while :; do sleep 0.05; done'
        )
        return Service(
            name,
            'here',
            ('sh', '-c', script),
            after=frozenset(after),
            ends_last=name in ('base', 'left', 'right'),
        )

    return {
        one.name: one
        for one in (
            daemon('peak', 'top', 'base'),
            daemon('top', 'left', 'right'),
            daemon('left', 'base'),
            daemon('right', 'base'),
            daemon('base'),
        )
    }


@pytest.fixture
def there(layout: layouts.Layout) -> Mapping[str, machines.Machine]:
    return {'here': Here('here', layout)}


def logging(services: dict[str, Service], layout: layouts.Layout) -> None:
    """Have each be ready only when it has said so."""
    for name, one in services.items():
        services[name] = dataclasses.replace(
            one, ready=LogProbe(layout.log(name), 'works')
        )


@pytest.mark.parametrize('path', shipped.FILES, ids=shipped.NAMES)
def test_what_others_work_with_ends_last(
    path: Path, layout: layouts.Layout
) -> None:
    lab = cloud.load(layout, path)
    last = {name for name, one in lab.services.items() if one.ends_last}
    hosts = lab.topology.hosts
    assert last == {
        'mariadb',
        'epmd',
        'rabbitmq',
        'keystone',
        *(['haproxy'] if lab.topology.tls else []),
        *(
            f'cell-database-{region.name}'
            for region in lab.topology.regions
            if lab.topology.cells
        ),
        *(f'ovsdb-server-{host}' for host in hosts),
        *(f'ovs-vswitchd-{host}' for host in hosts),
    }
    for name in last:
        assert lab.services[name].after <= last


def test_daemons_start_and_end_in_order(
    layout: layouts.Layout, there: Mapping[str, machines.Machine]
) -> None:
    ended = layout.home / 'ended'
    services = tower(ended)
    logging(services, layout)
    supervisor = supervision.Supervisor(layout, services)
    assert not supervisor.running()
    told: list[str] = []
    supervisor.up(there)
    try:
        assert {one.state for one in supervisor.statuses()} == {'STOPPED'}
        supervisor.start(services, told.append)
        assert {one.state for one in supervisor.statuses()} == {'RUNNING'}
    finally:
        supervisor.down()
    started = [line.split()[0] for line in told]
    assert started[0] == 'base'
    assert started[-2:] == ['top', 'peak']
    assert sorted(started) == sorted(services)
    swept = ended.read_text().split()
    assert sorted(swept[:2]) == ['peak', 'top']
    assert sorted(swept[2:]) == ['base', 'left', 'right']
    assert not supervisor.running()


class Slow:
    """Answers late, as an API does that accepts and then loads."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def ready(self) -> bool:
        time.sleep(self._seconds)
        return True


def test_a_slow_answer_does_not_keep_others_from_being_started(
    layout: layouts.Layout, there: Mapping[str, machines.Machine]
) -> None:
    services = {
        one.name: one
        for one in (
            Service('slow', 'here', ('sleep', '99'), ready=Slow(2.0)),
            Service('base', 'here', ('sleep', '99')),
            Service('top', 'here', ('sleep', '99'), after=frozenset(['base'])),
        )
    }
    supervisor = supervision.Supervisor(layout, services)
    told: list[str] = []
    supervisor.up(there)
    try:
        supervisor.start(services, told.append)
    finally:
        supervisor.down()
    assert [line.split()[0] for line in told] == ['base', 'top', 'slow']


def test_what_completes_a_daemon_is_done_before_others_start(
    layout: layouts.Layout, there: Mapping[str, machines.Machine]
) -> None:
    services = tower(layout.home / 'ended')
    logging(services, layout)
    supervisor = supervision.Supervisor(layout, services)
    states: list[str] = []

    def complete() -> None:
        time.sleep(0.3)
        states.append(supervisor.status('left').state)

    supervisor.up(there)
    try:
        supervisor.start(services, lambda _text: None, {'base': complete})
    finally:
        supervisor.down()
    assert states == ['STOPPED']


def test_a_completion_that_fails_is_told(
    layout: layouts.Layout, there: Mapping[str, machines.Machine]
) -> None:
    def complete() -> None:
        raise machines.MachineError('no bridge')

    one = Service('one', 'here', ('sleep', '99'))
    supervisor = supervision.Supervisor(layout, {'one': one})
    supervisor.up(there)
    try:
        with pytest.raises(machines.MachineError, match='no bridge'):
            supervisor.start(['one'], lambda _text: None, {'one': complete})
    finally:
        supervisor.down()


def test_a_killed_daemon_stays_dead_and_others_live(
    layout: layouts.Layout, there: Mapping[str, machines.Machine]
) -> None:
    ended = layout.home / 'ended'
    services = tower(ended)
    logging(services, layout)
    supervisor = supervision.Supervisor(layout, services)
    supervisor.up(there)
    try:
        supervisor.start(services, lambda _text: None)
        before = supervisor.status('top').pid
        supervisor.kill('left')
        supervisor.stop(['left'])
        assert supervisor.status('left').state in ('EXITED', 'STOPPED')
        assert supervisor.status('top') == supervision.Status(
            'top', 'RUNNING', before
        )
        supervisor.start(['left'], lambda _text: None)
        assert supervisor.status('left').state == 'RUNNING'
        with pytest.raises(LookupError, match='there is no service other'):
            supervisor.status('other')
    finally:
        supervisor.down()
    # Not the first time: it was not asked.
    assert ended.read_text().split().count('left') == 1


def test_a_daemon_that_ends_is_told_with_its_last_words(
    layout: layouts.Layout, there: Mapping[str, machines.Machine]
) -> None:
    one = Service(
        'one',
        'here',
        ('sh', '-c', 'echo no such table; exit 3'),
        ready=LogProbe(layout.log('one'), 'never'),
    )
    supervisor = supervision.Supervisor(layout, {'one': one})
    supervisor.up(there)
    try:
        with pytest.raises(supervision.ServiceFailed) as failed:
            supervisor.start(['one'], lambda _text: None)
    finally:
        supervisor.down()
    assert str(failed.value).startswith('one is not ready (EXITED)')
    assert 'no such table' in str(failed.value)


def test_a_port_that_is_taken_is_named(
    layout: layouts.Layout,
    there: Mapping[str, machines.Machine],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervision, 'PORT_SECONDS', 0.2)
    with socket.create_server(('127.0.0.1', 0)) as taken:
        port = taken.getsockname()[1]
        one = Service(
            'one', 'here', ('sleep', '99'), ready=TcpProbe('127.0.0.1', port)
        )
        supervisor = supervision.Supervisor(layout, {'one': one})
        supervisor.up(there)
        try:
            with pytest.raises(
                supervision.ServiceFailed,
                match=rf'one does not start: .* 127\.0\.0\.1, port {port};',
            ):
                supervisor.start(['one'], lambda _text: None)
            assert supervisor.status('one').state == 'STOPPED'
        finally:
            supervisor.down()


def test_a_daemon_is_killed_with_its_children(
    layout: layouts.Layout, there: Mapping[str, machines.Machine]
) -> None:
    pid_file = layout.home / 'child'
    one = Service(
        'one',
        'here',
        ('sh', '-c', f'sleep 99 & echo $! > {pid_file}; echo works; wait'),
        ready=LogProbe(layout.log('one'), 'works'),
    )
    supervisor = supervision.Supervisor(layout, {'one': one})
    supervisor.up(there)
    try:
        supervisor.start(['one'], lambda _text: None)
        child = Path('/proc') / pid_file.read_text().strip()
        assert (child / 'comm').read_text() == 'sleep\n'
        supervisor.kill('one')
        assert supervisor.status('one').state == 'EXITED'
        # An orphan that ended may wait for its new parent.
        deadline = time.monotonic() + 5
        while child.exists() and ') Z ' not in (child / 'stat').read_text():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        with pytest.raises(supervision.ServiceFailed, match='not run'):
            supervisor.kill('one')
    finally:
        supervisor.down()
