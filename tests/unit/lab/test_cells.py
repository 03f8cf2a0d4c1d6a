# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""One Nova, of which each region is a cell."""

import argparse
import configparser
from pathlib import Path
import shlex

import pytest
import yaml

from lab import bootstrap
from lab import cells
from lab import checks
from lab import cli
from lab import cloud
from lab import databases
from lab import layout as layouts
from lab import topology as topologies
from lab.services import nova
from tests.unit.lab import shipped

CELLS = shipped.DEFAULT.with_name('cells.yaml')
CENTRAL = topologies.CENTRAL
#: What belongs to Nova, and is there once.
ONCE = ('compute', 'placement', 'image')


@pytest.fixture
def lab(tmp_path: Path) -> cloud.Lab:
    return cloud.load(layouts.Layout(tmp_path), CELLS)


def configuration(lab: cloud.Lab, name: str) -> configparser.ConfigParser:
    found = configparser.ConfigParser(interpolation=None)
    path = lab.layout.etc(name) / (
        'nova.conf' if name.startswith('nova') else 'neutron.conf'
    )
    found.read_string(lab.renderer.files[path])
    return found


def novas(lab: cloud.Lab) -> set[str]:
    kinds = ('nova-', 'placement-', 'glance-')
    return {one for one in lab.services if one.startswith(kinds)}


def test_there_is_one_nova_with_a_cell_in_each_region(lab: cloud.Lab) -> None:
    assert novas(lab) == {
        *(f'nova-{one}-{CENTRAL}' for one in ('api', 'scheduler')),
        *(f'{one}-{CENTRAL}' for one in ('placement', 'glance')),
        *(
            f'nova-conductor-{one}'
            for one in (CENTRAL, 'RegionOne', 'RegionTwo')
        ),
        *(f'nova-metadata-{one}' for one in ('RegionOne', 'RegionTwo')),
        *(f'nova-compute-{one}' for one in ('h1', 'h1b', 'h2')),
    }


def test_without_cells_each_region_has_a_nova(tmp_path: Path) -> None:
    lab = cloud.load(layouts.Layout(tmp_path), shipped.DEFAULT)
    assert not [one for one in lab.services if CENTRAL in one]
    assert {f'nova-api-{one}' for one in ('RegionOne', 'RegionTwo')} <= novas(
        lab
    )


def test_the_apis_of_nova_are_registered_in_central_alone(
    lab: cloud.Lab,
) -> None:
    found = bootstrap.endpoints(lab.topology)
    for kind in ONCE:
        (region,) = (where for _, one, where, _ in found if one == kind)
        assert region == CENTRAL
    assert [where for _, one, where, _ in found if one == 'network'] == [
        *(CENTRAL, 'RegionOne', 'RegionTwo')
    ]


def test_each_part_of_nova_asks_the_neutron_that_is_its_own(
    lab: cloud.Lab,
) -> None:
    asked = {
        name: configuration(lab, name)['neutron']['region_name']
        for name in (
            f'nova-{CENTRAL}',
            *('nova-RegionOne', 'nova-RegionTwo', 'nova-h1b', 'nova-h2'),
        )
    }
    assert asked == {
        f'nova-{CENTRAL}': CENTRAL,
        'nova-RegionOne': 'RegionOne',
        'nova-RegionTwo': 'RegionTwo',
        'nova-h1b': 'RegionOne',
        'nova-h2': 'RegionTwo',
    }


@pytest.mark.parametrize('region', ['RegionOne', 'RegionTwo'])
def test_the_neutron_of_a_cell_tells_the_one_nova(
    lab: cloud.Lab, region: str
) -> None:
    found = configuration(lab, f'neutron-{region}')
    assert found['nova']['region_name'] == CENTRAL
    assert found['placement']['region_name'] == CENTRAL
    assert found['tricircle']['local_region_name'] == region


def test_a_cell_reaches_its_own_database_and_broker_alone(
    lab: cloud.Lab,
) -> None:
    found = configuration(lab, 'nova-RegionTwo')
    assert 'api_database' not in found
    assert 'cell2_nova:' in found['database']['connection']
    assert ':23306/nova_regiontwo?' in found['database']['connection']
    way = 'cell-database-RegionTwo'
    assert way in lab.services[nova.conductor(lab.topology.regions[1])].after
    assert found['DEFAULT']['transport_url'].endswith('/RegionTwo')
    compute = configuration(lab, 'nova-h2')
    assert not {'api_database', 'database'} & set(compute)
    assert compute['DEFAULT']['transport_url'].endswith('/RegionTwo')


def test_what_makes_cells_has_no_password(lab: cloud.Lab) -> None:
    commands = databases.migrations(lab.layout, lab.topology)['nova']
    assert not [one for one in commands if lab.renderer.password in one]
    made = [shlex.split(one) for one in commands if 'create_cell' in one]
    assert [one[one.index('--name') + 1] for one in made] == ['cell1', 'cell2']
    assert made[1][-1] == (
        '{scheme}://cell2_nova:{password}@{hostname}:23306/nova_regiontwo'
        '?{query}'
    )


@pytest.mark.parametrize('other', ['gateway', 'volumes'])
def test_what_is_instead_of_cells_is_refused_beside_them(
    other: str, tmp_path: Path
) -> None:
    path = tmp_path / 'both.yaml'
    path.write_text(
        yaml.safe_dump({**yaml.safe_load(CELLS.read_text()), other: True})
    )
    with pytest.raises(topologies.InvalidTopology, match=f'leave out {other}'):
        topologies.load(path)


def test_a_region_asks_its_own_nova_or_that_of_all(lab: cloud.Lab) -> None:
    region = lab.topology.regions[1]
    assert cells.asked(lab.topology, region) == cells.CENTRAL
    default = topologies.load(shipped.DEFAULT)
    assert cells.asked(default, region) == region


def test_a_soak_that_boots_in_each_region_is_refused(
    lab: cloud.Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cloud.Lab, 'is_up', True)
    with pytest.raises(checks.LabError, match='without cells'):
        cli._soak(lab, argparse.Namespace())
