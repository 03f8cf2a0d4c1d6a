# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Processes of a cloud that are forked off one that has imported Neutron."""

from collections.abc import Iterator
import json
import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from tests.functional.cloud import daemons
from tests.functional.cloud import neutron
from tests.functional.cloud import process
from tests.functional.cloud import reaper
from tests.functional.cloud import waiting
from tests.functional.cloud import workspace as workspaces

#: of the standard library, and nothing that a Python imports by itself
_MODULE = 'wave'

_SAY = f"""
import json, os, sys
print(json.dumps({{
    'name': __name__,
    'arguments': sys.argv,
    'environment': dict(os.environ),
    'directory': os.getcwd(),
    'session': os.getsid(0),
    'group': os.getpgid(0),
    'imported': '{_MODULE}' in sys.modules,
    'input': sys.stdin.read(),
}}), flush=True)
"""


class Warm(process.Process):
    """A script whose libraries are imported before it is started."""

    warm = _MODULE


@pytest.fixture
def ground() -> Iterator[workspaces.Workspace]:
    with workspaces.Workspace() as workspace:
        yield workspace


def _script(ground: workspaces.Workspace, text: str) -> str:
    path = ground.path / 'script'
    path.write_text(text)
    return str(path)


def _ended(started: process.Process) -> None:
    assert not started.alive


def _said(started: process.Process) -> Any:
    waiting.eventually(lambda: _ended(started))
    return json.loads(started.log())


def test_a_fork_has_what_its_parent_imported(
    ground: workspaces.Workspace,
) -> None:
    script = _script(ground, _SAY)
    fork = Warm(ground, 'fork', [script])
    executed = process.Process(ground, 'executed', [sys.executable, script])
    fork.start()
    executed.start()
    assert [_said(fork)['imported'], _said(executed)['imported']] == [
        True,
        False,
    ]


def test_a_fork_is_otherwise_as_if_it_had_been_executed(
    ground: workspaces.Workspace,
) -> None:
    script = _script(ground, _SAY)
    fork = Warm(ground, 'fork', [script, '--one', 'two'], {'OF_ITS': 'own'})
    fork.start(environment={'OF_THIS': 'run'})
    said = _said(fork)
    expected = {
        **ground.environment(),
        'OF_ITS': 'own',
        'OF_THIS': 'run',
        process.FAULT_POINT: f'@{ground.logs}/fork.fault-point',
    }
    assert said == {
        'name': '__main__',
        'arguments': [script, '--one', 'two'],
        'environment': expected,
        'directory': str(workspaces.ROOT),
        'session': fork.pid,
        'group': fork.pid,
        'imported': True,
        'input': '',
    }


def test_a_module_is_forked_as_well(ground: workspaces.Workspace) -> None:
    fork = Warm(ground, 'fork', [sys.executable, '-m', 'platform'])
    fork.start()
    waiting.eventually(lambda: _ended(fork))
    assert fork.log().startswith('Linux')


@pytest.mark.parametrize(
    ('text', 'code'),
    [
        ('', 0),
        ('import sys; sys.exit(3)', 3),
        ('import sys; sys.exit("why")', 1),
        ('import os; os.kill(os.getpid(), 9)', -signal.SIGKILL),
    ],
)
def test_how_a_fork_ended_is_known(
    ground: workspaces.Workspace, text: str, code: int
) -> None:
    parent = ground.warm_parent(_MODULE)
    with (
        (ground.path / 'output').open('w') as output,
        open(os.devnull) as none,
    ):
        fork = parent.start(
            [_script(ground, text)],
            ground.environment(),
            ground.path,
            (none.fileno(), output.fileno(), output.fileno()),
        )
    assert [fork.wait(10), fork.poll(), fork.returncode] == [code] * 3


def test_one_is_killed_and_the_others_live(
    ground: workspaces.Workspace,
) -> None:
    script = _script(ground, 'import time; time.sleep(600)')
    first, second = (Warm(ground, name, [script]) for name in ('a', 'b'))
    first.start()
    second.start()
    first.kill9()
    assert [first.alive, second.alive] == [False, True]
    first.start()
    second.stop()
    assert [first.alive, second.alive] == [True, False]


def test_a_fork_is_a_group_of_its_own_as_soon_as_it_is_there(
    ground: workspaces.Workspace,
) -> None:
    # One thread of a fork and the one who asked race for two processors.
    script = _script(ground, 'import time; time.sleep(600)')
    forks = [Warm(ground, f'fork-{number}', [script]) for number in range(50)]
    groups = []
    for fork in forks:
        fork.start(wait=False)
        groups.append(os.getpgid(fork.pid))
        fork.kill9()
    assert groups == [fork.pid for fork in forks]


def test_forks_end_with_their_workspace() -> None:
    with workspaces.Workspace() as ground:
        marker = (
            'TRICIRCLE_TEST_SESSION='
            + (ground.environment()['TRICIRCLE_TEST_SESSION'])
        )
        fork = Warm(
            ground, 'fork', [_script(ground, 'input = 1\nwhile 1: pass')]
        )
        fork.start()
        assert fork.pid in reaper.marked_processes(marker)
    assert reaper.marked_processes(marker) == []


def test_forks_of_another_workspace_live_on(
    ground: workspaces.Workspace,
) -> None:
    script = _script(ground, 'import time; time.sleep(600)')
    here = Warm(ground, 'fork', [script])
    here.start()
    with workspaces.Workspace() as other:
        there = Warm(other, 'fork', [script])
        there.start()
    assert [here.alive, there.alive] == [True, False]
    assert ground.warm_parent(_MODULE) is other.warm_parent(_MODULE)


@pytest.mark.parametrize(
    'module',
    sorted(kind.warm for kind in (neutron.NeutronProcess, daemons.XJob)),
)
def test_nothing_of_tricircles_is_imported_beforehand(module: str) -> None:
    # Each process must be able to import that by itself.
    done = subprocess.run(
        [
            sys.executable,
            '-c',
            f'import sys, {module}\n'
            'print([n for n in sys.modules if n.startswith("tricircle")])',
        ],
        cwd=workspaces.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == '[]\n'
