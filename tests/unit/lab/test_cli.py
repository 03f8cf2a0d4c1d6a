# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The command line: what it understands, and how it refuses the rest.

No command here may change anything: a lab may be running on the computer.
"""

from pathlib import Path
import shlex
import subprocess
import sys

import pytest

from lab import cli
from lab import layout as layouts


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder takes the place of the lab's own."""
    path = tmp_path / 'lab'
    monkeypatch.setenv(layouts.VARIABLE, str(path))
    return path


@pytest.mark.parametrize(
    'line',
    [
        '',
        'fly',
        'up default.yaml',
        'up --topology',
        'up --wipe',
        'down --wip-e',
        'status --yaml',
        'status mariadb',
        'openrc',
        'openrc RegionOne RegionTwo',
        'openrc RegionOne --password x',
        'exec',
        'exec demo-RegionOne',
        'exec demo-RegionOne --',
        'logs',
        'logs mariadb keystone',
        'logs mariadb --surprises',
        'soak',
        'soak --minutes',
        'soak --minutes some',
        'soak --minutes 0',
        'soak --minutes -1',
        'soak --minutes nan',
        'soak --minutes inf',
        'soak --minutes 1 --tenants 0',
        'soak --minutes 1 --tenants 101',
        'restart',
        'kill',
        '--nonsense status',
    ],
)
def test_nonsense_is_refused_with_2(
    line: str, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(shlex.split(line))
    assert ended.value.code == 2
    told = capsys.readouterr()
    assert told.out == ''
    assert told.err.startswith('usage: lab')
    assert not home.exists()


@pytest.mark.parametrize(
    ('line', 'expected'),
    [
        ('up', {'command': 'up', 'topology': None}),
        (
            'up --topology a.yaml',
            {'command': 'up', 'topology': Path('a.yaml')},
        ),
        ('demo', {'command': 'demo', 'topology': None}),
        ('down', {'command': 'down', 'wipe': False}),
        ('down --wipe', {'command': 'down', 'wipe': True}),
        ('status --json', {'command': 'status', 'json': True}),
        (
            'openrc RegionOne',
            {
                'command': 'openrc',
                'region': 'RegionOne',
                'project': 'demo',
                'user': None,
            },
        ),
        (
            'exec vm -- ip -4 addr',
            {
                'command': 'exec',
                'server': 'vm',
                'argv': ['ip', '-4', 'addr'],
            },
        ),
        (
            'logs mariadb',
            {'command': 'logs', 'service': 'mariadb', 'surprises': False},
        ),
        (
            'logs --surprises',
            {'command': 'logs', 'service': None, 'surprises': True},
        ),
        (
            'soak --minutes 0.5 --kill',
            {
                'command': 'soak',
                'minutes': 0.5,
                'tenants': 3,
                'kill': True,
                'seed': '',
                'json': False,
            },
        ),
        ('kill mariadb', {'command': 'kill', 'service': 'mariadb'}),
    ],
)
def test_what_is_understood(line: str, expected: dict[str, object]) -> None:
    assert vars(cli.parser().parse_args(shlex.split(line))) == expected


def test_help_names_all_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(['--help'])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    for command in (
        'up',
        'demo',
        'down',
        'status',
        'openrc',
        'exec',
        'logs',
        'restart',
        'kill',
    ):
        assert f'\n    {command} ' in told


@pytest.mark.parametrize(
    ('line', 'complaint'),
    [
        ('status', 'the lab is down; bin/lab up brings it up'),
        ('soak --minutes 1', 'the lab is down; bin/lab up brings it up'),
        ('exec demo -- true', 'the lab is down; bin/lab up brings it up'),
        ('openrc Nowhere', 'there is no region Nowhere'),
        ('logs nothing', 'there is no service nothing'),
        ('up --topology /nonexistent/a.yaml', '/nonexistent/a.yaml: No such'),
    ],
)
def test_what_cannot_be_done_is_one_line_and_1(
    line: str, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(shlex.split(line)) == 1
    told = capsys.readouterr()
    assert told.out == ''
    assert told.err.startswith(f'lab: {complaint}')
    assert told.err.count('\n') == 1


@pytest.mark.parametrize(
    ('options', 'project', 'user'),
    [
        ('', 'demo', 'demo'),
        ('--project admin', 'admin', 'admin'),
        ('--user admin', 'demo', 'admin'),
        ("--project 'a b'", 'a b', 'demo'),
    ],
)
def test_openrc_is_for_a_shell(
    options: str, project: str, user: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(['openrc', 'RegionTwo', *shlex.split(options)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith('export OS_') for line in lines)
    found = dict(shlex.split(line)[1].split('=', 1) for line in lines)
    assert found['OS_REGION_NAME'] == 'RegionTwo'
    assert found['OS_PROJECT_NAME'] == project
    assert found['OS_USERNAME'] == user


def test_logs_without_surprises_are_0(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(['logs', '--surprises']) == 0
    told = capsys.readouterr()
    assert (told.out, told.err) == ('', '')


def test_surprises_are_told_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    layout = layouts.Layout.usual()
    layout.make()
    layout.log('keystone').write_text(
        '2026-11-28 08:12:35.974 6554 ERROR keystone.api [-] Gone\n'
    )

    assert cli.main(['logs', '--surprises']) == 1

    told = capsys.readouterr()
    assert told.out.startswith('1 x ERROR of keystone.api: Gone\n')
    assert 'keystone (1), from 2026-11-28 08:12:35' in told.out
    assert 'nothing explains: 1;' in told.err


def test_the_sdk_is_not_loaded_for_a_command_that_asks_no_api() -> None:
    done = subprocess.run(
        [
            sys.executable,
            '-c',
            "import lab.cli, sys; print('openstack' in sys.modules)",
        ],
        env=layouts.environment(),
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == 'False\n'
