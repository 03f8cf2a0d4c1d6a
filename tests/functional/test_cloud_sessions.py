# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Sessions of the functional tests: their files, ports, and an end."""

import contextlib
from pathlib import Path
import signal
import subprocess
import sys

from oslo_config import cfg
import pytest

from tests.functional.cloud import configuration
from tests.functional.cloud import ports
from tests.functional.cloud import reaper
from tests.functional.cloud import waiting
from tests.functional.cloud import workspace as workspaces

#: It hears of SIGINT also when the tests were started in the background.
_SESSION = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
from tests.functional.cloud import process, workspace
ground = workspace.Workspace()
inner = 'import subprocess; subprocess.run(["sleep", "600"])'
process.Process(ground, 'one', [sys.executable, '-c', inner]).start()
print(ground.path, ground.environment()['TRICIRCLE_TEST_SESSION'], flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize('number', [signal.SIGKILL, signal.SIGINT])
def test_nothing_is_left_of_a_killed_session(number: signal.Signals) -> None:
    session = subprocess.Popen(
        [sys.executable, '-c', _SESSION],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=workspaces.ROOT,
    )
    assert session.stdout is not None
    path, token = session.stdout.readline().split()
    marker = f'TRICIRCLE_TEST_SESSION={token}'
    try:
        waiting.eventually(lambda: _assert_count(marker, 2))
        assert Path(path).is_dir()
    finally:
        session.send_signal(number)
        session.wait()
    waiting.eventually(lambda: _assert_count(marker, 0))
    waiting.eventually(lambda: _assert_gone(Path(path)))


def _assert_count(marker: str, count: int) -> None:
    assert len(reaper.marked_processes(marker)) == count


def _assert_gone(path: Path) -> None:
    assert not path.exists()


def test_a_port_is_given_to_one_session_only() -> None:
    first, second = ports.PortReservations(), ports.PortReservations()
    with contextlib.closing(first), contextlib.closing(second):
        given = [one.take() for one in (first, second) for _turn in range(20)]
    assert len(set(given)) == 40


def test_options_are_read_as_they_were_meant(tmp_path: Path) -> None:
    file = tmp_path / 'a.conf'
    configuration.write(
        file,
        configuration.merged(
            {'one': {'text': 'a$b', 'list': ['x', 'y'], 'gone': 1}},
            {'one': {'yes': True, 'map': {'R': 'http://127.0.0.1:1'}}},
            {'one': {'gone': None}},
        ),
    )
    conf = cfg.ConfigOpts()
    conf.register_opts(
        [
            cfg.StrOpt('text'),
            cfg.ListOpt('list'),
            cfg.BoolOpt('yes'),
            cfg.DictOpt('map'),
            cfg.IntOpt('gone', default=7),
        ],
        group='one',
    )
    conf(['--config-file', str(file)], project='none')
    assert conf.one.text == 'a$b'
    assert conf.one.list == ['x', 'y']
    assert conf.one.yes is True
    assert conf.one.map == {'R': 'http://127.0.0.1:1'}
    assert conf.one.gone == 7
