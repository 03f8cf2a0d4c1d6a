# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Prepared databases are used for what they were prepared for only."""

import dataclasses
from pathlib import Path
import shutil

import pytest

from lab import databases
from lab import layout as layouts
from lab import topology as topologies
from tests.unit.lab import shipped

DEFAULT = topologies.load(shipped.DEFAULT)


def changed(**changes: object) -> topologies.Topology:
    """Return the default topology with another first region."""
    first, *rest = DEFAULT.regions
    return dataclasses.replace(
        DEFAULT,
        regions=(dataclasses.replace(first, **changes), *rest),  # type: ignore[arg-type]
    )


def test_every_topology_has_its_key() -> None:
    assert len({databases.key(one) for one in shipped.ALL}) == 7


def test_the_same_topology_has_the_same_key(tmp_path: Path) -> None:
    copy = Path(shutil.copy(shipped.DEFAULT, tmp_path / 'copy.yaml'))
    assert databases.key(topologies.load(copy)) == databases.key(DEFAULT)


@pytest.mark.parametrize(
    'other',
    [
        changed(name='Elsewhere'),
        changed(availability_zone='az9'),
        changed(hosts=('h1', 'h9')),
        dataclasses.replace(DEFAULT, regions=DEFAULT.regions[::-1]),
        dataclasses.replace(DEFAULT, regions=DEFAULT.regions[:1]),
        dataclasses.replace(DEFAULT, gateway=True),
        dataclasses.replace(DEFAULT, volumes=True),
        dataclasses.replace(DEFAULT, cells=True),
    ],
    ids=[
        *('name', 'zone', 'host', 'order', 'fewer'),
        *('gateway', 'volumes', 'cells'),
    ],
)
def test_other_regions_are_another_key(other: topologies.Topology) -> None:
    assert databases.key(other) != databases.key(DEFAULT)


@pytest.mark.parametrize(
    'changed_file',
    [
        'constraints.txt',
        'constraints-volumes.txt',
        'lab/addresses.py',
        'lab/bootstrap.py',
        'lab/cells.py',
        'lab/databases.py',
        'lab/rendering.py',
        'lab/templates/keystone.conf.j2',
        'lab/templates/macros.j2',
        'tricircle/db/migration/versions/0001.py',
    ],
)
def test_what_databases_are_made_of_is_in_the_key(
    changed_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ('lab', 'tricircle/db/migration'):
        shutil.copytree(layouts.ROOT / folder, tmp_path / folder)
    for path in layouts.ROOT.glob('constraints*.txt'):
        shutil.copy(path, tmp_path)
    before = databases.key(DEFAULT)
    monkeypatch.setattr(layouts, 'ROOT', tmp_path)
    monkeypatch.setattr(
        databases, '__file__', str(tmp_path / 'lab' / 'databases.py')
    )
    assert databases.key(DEFAULT) == before
    path = tmp_path / changed_file
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open('a') as file:
        file.write('# other\n')
    assert databases.key(DEFAULT) != before
    path = tmp_path / 'lab' / 'demo.py'
    kept = databases.key(DEFAULT)
    path.write_text('# no matter\n')
    assert databases.key(DEFAULT) == kept


def test_a_key_is_the_name_of_a_folder() -> None:
    key = databases.key(DEFAULT)
    assert len(key) == 16
    assert set(key) <= set('0123456789abcdef')


@pytest.mark.parametrize('topology', shipped.ALL, ids=shipped.NAMES)
def test_names_of_databases_are_unique(topology: topologies.Topology) -> None:
    names = databases.names(topology)
    # Of each region, and of what is there once.
    each, once = (7 if topology.volumes else 6), 2
    if topology.cells:
        each, once = 2, 6
    regions = len(topology.regions)
    assert len(set(names)) == len(names) == once + each * regions


def test_kept_databases_come_back_for_their_topology_only(
    tmp_path: Path,
) -> None:
    before = layouts.Layout(tmp_path / 'before')
    for folder in (before.var('mariadb'), before.etc('keystone')):
        folder.mkdir(parents=True)
    (before.var('mariadb') / 'table').write_text('rows')
    (before.etc('keystone') / 'fernet').write_text('keys')
    databases.keep(before, DEFAULT)
    # Another folder, which has nothing but what was kept.
    after = layouts.Layout(tmp_path / 'after')
    shutil.copytree(before.cache, after.cache)
    assert not databases.restore(after, changed(name='Elsewhere'))
    assert not (after.var('mariadb') / 'table').exists()
    assert databases.restore(after, DEFAULT)
    assert (after.var('mariadb') / 'table').read_text() == 'rows'
    assert (after.etc('keystone') / 'fernet').read_text() == 'keys'


def test_databases_of_the_last_time_are_those_of_the_same_key(
    tmp_path: Path,
) -> None:
    layout = layouts.Layout(tmp_path)
    layout.make()
    assert databases.state(layout, DEFAULT) is databases.State.ABSENT
    databases.mark(layout, DEFAULT)
    assert databases.state(layout, DEFAULT) is databases.State.CURRENT
    other = changed(name='Elsewhere')
    assert databases.state(layout, other) is databases.State.OUTDATED
