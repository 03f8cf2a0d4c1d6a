# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a soak kills, and in which order."""

from pathlib import Path

import pytest

from lab import cloud
from lab import layout as layouts
from lab.soak import killer
from tests.unit.lab import shipped


@pytest.fixture
def lab(tmp_path: Path) -> cloud.Lab:
    """A lab that is down."""
    return cloud.load(layouts.Layout(tmp_path / 'lab'), shipped.DEFAULT)


def test_only_services_of_the_lab_are_killed(lab: cloud.Lab) -> None:
    found = killer.victims([one.name for one in lab.topology.regions])

    assert found == [
        'tricircle-xjob',
        'neutron-server-central',
        'neutron-server-RegionOne',
        'neutron-server-RegionTwo',
    ]
    assert set(found) <= set(lab.services)


def test_each_has_its_turn_before_one_comes_again(
    lab: cloud.Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(killer, '_BETWEEN', (0.0, 0.0))
    monkeypatch.setattr(killer, '_DEAD', (0.0, 0.0))
    killed: list[str] = []
    back: list[str] = []
    kills = killer.Killer(lab, 'seed', lambda _text: None)

    def kill(name: str) -> None:
        killed.append(name)

    def restart(name: str, _progress: object) -> None:
        back.append(name)
        if len(back) == 8:
            kills._over.set()

    monkeypatch.setattr(lab, 'kill', kill)
    monkeypatch.setattr(lab, 'restart', restart)
    kills.begin()
    kills._thread.join(20.0)

    assert back == killed
    assert len(set(killed[:4])) == len(set(killed[4:])) == 4
    assert [one.split()[-1] for one in kills.killed] == killed


def test_what_cannot_be_started_again_ends_the_killing(
    lab: cloud.Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(killer, '_BETWEEN', (0.0, 0.0))
    kills = killer.Killer(lab, 'seed', lambda _text: None)

    kills.begin()
    kills._thread.join(20.0)

    # The lab is down: nothing can be killed there.
    assert 'the lab is down' in str(kills.error)
