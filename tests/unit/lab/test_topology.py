# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is wrong with a topology file is said with the file and the key."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from lab import topology
from tests.unit.lab import shipped

#: Stands for what is not there.
ABSENT = object()


def default() -> dict[str, Any]:
    return dict(yaml.safe_load(shipped.DEFAULT.read_text()))


def refusal(path: Path) -> str:
    with pytest.raises(topology.InvalidTopology) as refused:
        topology.load(path)
    return str(refused.value)


def test_these_topologies_come_with_the_lab() -> None:
    assert shipped.NAMES == [
        'cells',
        'default',
        'distributed',
        'gateway',
        'provider',
        'single',
        'three',
        'tls',
    ]


def test_what_is_in_the_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / 'mine.yaml'
    path.write_text(
        yaml.safe_dump(
            {
                'regions': [
                    {
                        'name': 'North',
                        'availability_zone': 'n',
                        'hosts': ['a', 'b'],
                    },
                    {
                        'name': 'South',
                        'availability_zone': 's',
                        'hosts': ['c'],
                    },
                ],
                'physical_networks': {'wire': {'vlans': [10, 20]}},
            }
        )
    )
    north = topology.Region(1, 'North', 'n', ('a', 'b'))
    south = topology.Region(2, 'South', 's', ('c',))
    found = topology.load(path)
    assert found == topology.Topology(
        (north, south), (topology.PhysicalNetwork('wire', (10, 20)),), ()
    )
    assert found.hosts == {'a': north, 'b': north, 'c': south}
    assert found.region('South') == south


def test_an_unknown_region_is_told_with_those_that_there_are() -> None:
    with pytest.raises(LookupError, match=r'Nowhere.*RegionOne, RegionTwo'):
        topology.load(shipped.DEFAULT).region('Nowhere')


def test_the_mtu_may_be_chosen(tmp_path: Path) -> None:
    assert topology.load(shipped.DEFAULT).mtu == 1550
    path = tmp_path / 'mine.yaml'
    path.write_text(yaml.safe_dump({**default(), 'mtu': 1450}))
    assert topology.load(path).mtu == 1450


def test_the_vnis_may_be_chosen(tmp_path: Path) -> None:
    found = topology.load(shipped.DEFAULT)
    assert found.vnis == (1001, 2000)
    assert [one.vnis for one in found.regions] == [
        (10001, 10999),
        (20001, 20999),
    ]
    path = tmp_path / 'mine.yaml'
    path.write_text(
        yaml.safe_dump({**default(), 'tunnels': {'vnis': [5000, 5999]}})
    )
    assert topology.load(path).vnis == (5000, 5999)


def wires(found: tuple[topology.PhysicalNetwork, ...]) -> list[str]:
    return [one.name for one in found]


def test_every_host_is_on_a_wire_that_does_not_say_who_sees_it() -> None:
    found = topology.load(shipped.DEFAULT)
    for host in found.all_hosts:
        assert wires(found.seen_from(host)) == ['bridge', 'extern']


def test_a_wire_is_seen_by_the_regions_and_hosts_that_it_names(
    tmp_path: Path,
) -> None:
    data = dict(
        yaml.safe_load(shipped.DEFAULT.with_name('three.yaml').read_text())
    )
    data['physical_networks'] = {
        'every': {'vlans': [10, 20]},
        'mixed': {'vlans': [10, 20], 'seen_by': ['RegionTwo', 'h1b']},
        'three': {'vlans': [10, 20], 'seen_by': ['RegionThree']},
    }
    data['external_hosts'] = []
    path = tmp_path / 'mine.yaml'
    path.write_text(yaml.safe_dump(data))
    found = topology.load(path)
    assert {host: wires(found.seen_from(host)) for host in found.hosts} == {
        'h1': ['every'],
        'h1b': ['every', 'mixed'],
        'h2': ['every', 'mixed'],
        'h3': ['every', 'three'],
    }
    # A region offers what one of its hosts can reach.
    assert {one.name: wires(found.seen_in(one)) for one in found.regions} == {
        'RegionOne': ['every', 'mixed'],
        'RegionTwo': ['every', 'mixed'],
        'RegionThree': ['every', 'three'],
    }


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the default topology with something else at a path, or less."""
    data = default()
    place: Any = data
    *way, last = path.split('.')
    for part in way:
        place = place[int(part) if isinstance(place, list) else part]
    if value is ABSENT:
        del place[last]
    else:
        place[last] = value
    return data


#: What is changed in the default topology, and to what; the key that is told,
#: and what else is told.
MISTAKES: list[tuple[str, Any, str, str]] = [
    ('regions', ABSENT, 'the file', "'regions'"),
    ('physical_networks', ABSENT, 'the file', "'physical_networks'"),
    ('speed', 1, 'the file', "'speed'"),
    ('regions', [], 'regions', '[]'),
    ('regions', default()['regions'] * 3, 'regions', 'too long'),
    ('regions.1.hosts', ABSENT, 'regions.1', "'hosts'"),
    (
        'regions.0.zone',
        'az1',
        'regions.0',
        'known are name, availability_zone, hosts',
    ),
    ('physical_networks.a-b', {}, 'physical_networks', "'a-b'"),
    (
        'physical_networks.bridge.hosts',
        ['h1'],
        'physical_networks.bridge',
        'known are vlans, seen_by',
    ),
    (
        'physical_networks.extern.vlans',
        [3001, 4095],
        'physical_networks.extern.vlans.1',
        '4095',
    ),
    (
        'external_hosts.0.address',
        ABSENT,
        'external_hosts.0',
        "'address'",
    ),
    ('tunnels', {'vnis': [0, 9]}, 'tunnels.vnis.0', 'minimum of 1'),
    ('tunnels', {'vnis': [9, 1 << 24]}, 'tunnels.vnis.1', '16777215'),
    ('tunnels', {'vnis': [1, 9], 'to': []}, 'tunnels', 'known are vnis'),
    *(
        (path, value, path, told)
        for path, value, told in (
            # The very key.
            ('mtu', 1329, 'minimum of 1330'),
            ('mtu', 'high', "'high'"),
            ('regions.1.name', 'Region-Two', "'Region-Two'"),
            ('regions.0.hosts', 'h1', "'h1'"),
            ('regions.0.availability_zone', '', "''"),
            ('physical_networks.bridge.vlans', [1], '[1]'),
            ('physical_networks.bridge.seen_by', [], '[]'),
        )
    ),
    # What each key allows, but not together.
    ('regions.1.hosts', ['h1'], 'hosts', 'the name h1 is taken'),
    ('external_hosts.0.name', 'h2', 'hosts', 'the name h2 is taken'),
    ('regions.0.hosts', ['ctl'], 'hosts', 'the name ctl is taken'),
    ('external_hosts.0.name', 'fab', 'hosts', 'the name fab is taken'),
    (
        'regions.0.hosts',
        ['h1', 'muchtoolong'],
        'regions.0.hosts.1',
        "'muchtoolong'",
    ),
    (
        'regions.0.hosts',
        [f'n{number}' for number in range(244)],
        'hosts',
        '245 are too many for 172.30.0.0/24; take at most 244',
    ),
    (
        'regions.1.name',
        'RegionOne',
        'regions',
        'the name RegionOne is taken',
    ),
    (
        'regions.1.name',
        'CentralRegion',
        'regions',
        'the name CentralRegion is taken',
    ),
    (
        'regions.1.availability_zone',
        'RegionOne',
        'regions.RegionTwo.availability_zone',
        'RegionOne is the name of a region; choose another',
    ),
    (
        'regions.0.availability_zone',
        'centralregion',
        'regions.RegionOne.availability_zone',
        'centralregion is the name of a region; choose another',
    ),
    (
        'physical_networks.bridge.vlans',
        [9, 8],
        'physical_networks.bridge.vlans',
        '9 is greater than 8',
    ),
    (
        'physical_networks.bridge.seen_by',
        ['RegionOne', 'h3'],
        'physical_networks.bridge.seen_by',
        'h3 is neither a region nor a host; take RegionOne, RegionTwo, h1, h2',
    ),
    (
        'external_hosts.0.physical_network',
        'nowhere',
        'external_hosts',
        'ext is on nowhere, which is no physical network; take bridge or '
        'extern',
    ),
    (
        'external_hosts.0.address',
        '10.50.0.300',
        'external_hosts',
        "ext: '10.50.0.300'",
    ),
    (
        'external_hosts.0.address',
        '172.30.0.9/24',
        'external_hosts',
        "in the lab's own network 172.30.0.0/24",
    ),
    (
        'tunnels',
        {'vnis': [2000, 1001]},
        'tunnels.vnis',
        '2000 is greater than 1001',
    ),
    (
        'tunnels',
        {'vnis': [2000, 20001]},
        'tunnels.vnis',
        '10001 to 10999 are of networks of RegionOne alone',
    ),
]


@pytest.mark.parametrize(
    ('at', 'value', 'key', 'told'),
    MISTAKES,
)
def test_a_mistake_is_told_with_file_and_key(
    tmp_path: Path, at: str, value: Any, key: str, told: str
) -> None:
    path = tmp_path / 'wrong.yaml'
    path.write_text(yaml.safe_dump(changed(at, value)))
    said = refusal(path)
    assert said.startswith(f'{path}: {key}: ')
    assert told in said


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / 'absent.yaml'
    assert refusal(path) == f'{path}: No such file or directory'


@pytest.mark.parametrize('text', ['', '- a\n- b\n', 'regions'])
def test_a_file_that_is_no_mapping(tmp_path: Path, text: str) -> None:
    path = tmp_path / 'other.yaml'
    path.write_text(text)
    told = refusal(path)
    assert told.startswith(f'{path}: the file: ')
    assert "is not of type 'object'" in told


def test_a_file_that_is_no_yaml(tmp_path: Path) -> None:
    path = tmp_path / 'broken.yaml'
    path.write_text('regions:\n  - name: a\n  hosts: [\n')
    told = refusal(path)
    assert told.startswith(f'{path}: no YAML: ')
    assert 'line' in told


def test_a_key_that_is_there_twice_is_told_with_its_line(
    tmp_path: Path,
) -> None:
    path = tmp_path / 'twice.yaml'
    path.write_text(
        'physical_networks:\n'
        '  bridge: {vlans: [2001, 3000]}\n'
        '  bridge: {vlans: [3001, 4000]}\n'
    )
    told = refusal(path)
    assert 'the key bridge is there twice; remove one' in told
    assert 'line 3' in told


def test_two_regions_in_one_zone_are_fine(tmp_path: Path) -> None:
    data = default()
    for region in data['regions']:
        region['availability_zone'] = 'az1'
    path = tmp_path / 'fine.yaml'
    path.write_text(yaml.safe_dump(data))
    assert len(topology.load(path).regions) == 2
