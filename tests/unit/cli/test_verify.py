# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``verify``: what it ends with, and that it removes what it made."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from osc_lib import exceptions
import pytest

from tricircle.cli.v1 import verify
from tricircle.cli.verifying import layout
from tricircle.cli.verifying import scene as scenes
from tricircle.cli.verifying.checks import End
from tricircle.replica import probes

_PODS = [
    {'region_name': 'Central', 'az_name': ''},
    {'region_name': 'One', 'az_name': 'az1'},
    {'region_name': 'Two', 'az_name': 'az2'},
    {'region_name': 'Gone', 'az_name': 'az3', 'state': 'lost'},
]


class Scene:
    """A cloud in which all that is sent has the same answer."""

    answer: probes.Found = 1.5
    fails = ''
    calls: list[str]

    def __init__(
        self, _central: Any, regions: Mapping[str, Any], _progress: Any
    ) -> None:
        self.run = 'run'
        self.regions = sorted(regions)
        self.ports: dict[End, layout.Port] = {}
        self._rounds = 0
        self._sent: dict[End, int] = {}

    def _step(self, name: str) -> None:
        self.calls.append(name)
        if name == self.fails:
            raise exceptions.CommandError(f'{name} was refused')

    def agent(self, region: str) -> Mapping[str, Any]:
        self._step('agent')
        return {'id': region, 'host': f'host-{region}'}

    def make(self, _planned: Any, ends: Sequence[End]) -> None:
        self._step('make')
        for end in ends:
            addresses = {4: '198.18.0.5', 6: '2001:2::5'}
            self.ports[end] = layout.Port('p', 'n', addresses, 1450)

    def bind(self, _hosts: Any, sent: Mapping[End, Any]) -> None:
        self._step('bind')
        self._sent = {end: len(mine) for end, mine in sent.items()}

    def servers(self) -> dict[str, frozenset[str]]:
        return {}

    def results(self, _agents: Any) -> Iterator[tuple[End, probes.Result]]:
        self._step('results')
        self._rounds += 1
        for end, count in self._sent.items():
            yield end, probes.Result(self._rounds, (self.answer,) * count)

    def remove(self) -> None:
        self._step('remove')


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> type[Scene]:
    """The scene of every command of a test."""
    monkeypatch.setattr(Scene, 'calls', [], raising=False)
    monkeypatch.setattr(scenes, 'Scene', Scene)
    monkeypatch.setattr(scenes, 'left', lambda *_: [])
    monkeypatch.setattr(verify, '_LOOK', 0.0)
    return Scene


def _run(*words: str, stdout: io.StringIO | None = None) -> int:
    app = SimpleNamespace(
        stdout=stdout or io.StringIO(),
        stderr=io.StringIO(),
        client_manager=SimpleNamespace(
            region_name='Central',
            multiregion_networking=SimpleNamespace(pods=lambda: _PODS),
        ),
    )
    made = verify.Verify(app, argparse.Namespace())
    return made.run(made.get_parser('verify').parse_args(words))


def test_all_that_is_as_it_should_be_ends_with_0(
    scene: type[Scene], tmp_path: Path
) -> None:
    file = tmp_path / 'report.xml'

    code = _run('--only', 'layer2', '--junit', str(file))

    assert code == 0
    assert 'tests="8" failures="0"' in file.read_text()
    assert scene.calls[-1] == 'remove'


def test_something_that_does_not_arrive_ends_with_1(
    scene: type[Scene], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(scene, 'answer', None)
    file = tmp_path / 'report.xml'

    code = _run(
        *('--only', 'layer2', '--timeout', '0.01', '--junit', str(file))
    )

    assert code == 1
    assert 'tests="8" failures="8"' in file.read_text()
    assert scene.calls[-1] == 'remove'


@pytest.mark.parametrize('step', ['make', 'bind', 'results'])
def test_what_cannot_be_done_ends_with_2_and_is_removed(
    scene: type[Scene],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    step: str,
) -> None:
    monkeypatch.setattr(scene, 'fails', step)

    assert _run('--only', 'layer2') == 2
    assert f'{step} was refused' in caplog.text
    assert scene.calls[-1] == 'remove'


def test_nothing_is_made_where_a_region_has_no_host_for_it(
    scene: type[Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scene, 'fails', 'agent')

    assert _run() == 2
    assert scene.calls == ['agent']


def test_an_interrupted_run_is_removed(
    scene: type[Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_self: Scene, *_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(scene, 'bind', interrupted)

    with pytest.raises(KeyboardInterrupt):
        _run('--only', 'layer2')
    assert scene.calls[-1] == 'remove'


@pytest.mark.parametrize(
    'words',
    [
        ('--region', 'Nowhere'),
        # Central has no hosts, and nothing is expected of one that is lost.
        ('--region', 'Central'),
        ('--region', 'Gone'),
        ('--region', 'One', '--only', 'layer2'),
        ('--timeout', '0'),
        ('--timeout', '1e9'),
    ],
)
def test_what_makes_no_sense_ends_with_2(
    scene: type[Scene], words: tuple[str, ...]
) -> None:
    assert _run(*words) == 2
    assert scene.calls == []


def test_a_report_that_cannot_be_written_ends_with_2(
    scene: type[Scene], tmp_path: Path
) -> None:
    nowhere = tmp_path / 'nowhere' / 'report.xml'

    assert _run('--only', 'layer2', '--junit', str(nowhere)) == 2
    assert scene.calls[-1] == 'remove'


def test_what_was_found_is_shown_also_when_something_is_left(
    scene: type[Scene],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(scene, 'fails', 'remove')

    shown = io.StringIO()
    assert _run('--only', 'layer2', stdout=shown) == 2
    assert shown.getvalue().count('passed') == 8
    assert 'Something is left of run: remove was refused' in caplog.text
