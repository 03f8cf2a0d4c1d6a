# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What is filled into a new cloud waits for the APIs that it needs."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
import threading
from typing import Any

import pytest

from lab import bootstrap
from lab import cloud
from lab import computing
from lab import layout as layouts
from lab import openvswitch
from lab import startup
from lab import supervision
from lab import topology as topologies

Completion = Mapping[str, Callable[[], object]]


class Staged:
    """Starts nothing: tells that daemons are ready, those named last."""

    def __init__(self, last: str, filled: threading.Event) -> None:
        self._last = last
        self._filled = filled
        self.filled_too_early = False
        self.filled_meanwhile = False

    def start(
        self, names: Iterable[str], _progress: object, completion: Completion
    ) -> None:
        wanted = set(names)
        for name in wanted - {self._last, 'l3-agent-h1'}:
            completion[name]()
        self.filled_too_early = self._filled.wait(0.5)
        completion[self._last]()
        # Agents are not ready yet.
        self.filled_meanwhile = self._filled.wait(5)
        completion['l3-agent-h1']()


class Failing:
    def start(self, *_more: object) -> None:
        raise supervision.ServiceFailed('no broker')


def begin(
    supervisor: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[startup.Startup, set[str]]:
    monkeypatch.setattr(openvswitch, 'connect', lambda *_more: None)
    lab = cloud.load(layouts.Layout(tmp_path / 'lab'))
    made: Any = startup.Startup(
        lab.renderer,
        lab.services,
        lab.machines,
        supervisor,  # type: ignore[arg-type]
    )
    return made, set(lab.services)


def nothing(_text: str) -> None:
    pass


@pytest.mark.parametrize('last', ['keystone', 'tricircle-api'])
def test_pods_wait_for_their_apis_and_not_for_agents(
    last: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled = threading.Event()
    monkeypatch.setattr(bootstrap, 'pods', lambda _renderer: filled.set())
    monkeypatch.setattr(computing, 'flavors_and_image', lambda *_more: None)
    supervisor = Staged(last, filled)
    made, names = begin(supervisor, tmp_path, monkeypatch)
    made._start_and_fill(names, nothing)
    assert not supervisor.filled_too_early
    assert supervisor.filled_meanwhile


@pytest.mark.parametrize(
    'last', ['keystone', 'nova-api-RegionTwo', 'glance-RegionTwo']
)
def test_a_region_waits_for_its_own_apis(
    last: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled = threading.Event()

    def fill(_renderer: object, region: topologies.Region) -> None:
        if region.name == 'RegionTwo':
            filled.set()

    monkeypatch.setattr(bootstrap, 'pods', lambda _renderer: None)
    monkeypatch.setattr(computing, 'flavors_and_image', fill)
    supervisor = Staged(last, filled)
    made, names = begin(supervisor, tmp_path, monkeypatch)
    made._start_and_fill(names, nothing)
    assert not supervisor.filled_too_early
    assert supervisor.filled_meanwhile


@pytest.mark.timeout(30)
def test_when_a_daemon_fails_nothing_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, names = begin(Failing(), tmp_path, monkeypatch)
    with pytest.raises(supervision.ServiceFailed, match='no broker'):
        made._start_and_fill(names, nothing)


def test_what_cannot_be_filled_in_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_more: object) -> None:
        raise LookupError('no such region')

    monkeypatch.setattr(bootstrap, 'pods', refuse)
    monkeypatch.setattr(computing, 'flavors_and_image', refuse)
    made, names = begin(
        Staged('keystone', threading.Event()), tmp_path, monkeypatch
    )
    with pytest.raises(LookupError, match='no such region'):
        made._start_and_fill(names, nothing)
