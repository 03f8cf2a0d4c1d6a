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

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab import topology
from tests.unit.lab import shipped

Change = Callable[[dict[str, Any]], object]


def default() -> dict[str, Any]:
    return dict(yaml.safe_load(shipped.DEFAULT.read_text()))


def refusal(path: Path) -> str:
    with pytest.raises(topology.InvalidTopology) as refused:
        topology.load(path)
    return str(refused.value)


def test_these_topologies_come_with_the_lab() -> None:
    assert shipped.NAMES == ['default', 'provider', 'single', 'three']


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


@pytest.mark.parametrize(
    ('change', 'key', 'value'),
    [
        (lambda it: it.pop('regions'), 'the file', "'regions'"),
        (
            lambda it: it.pop('physical_networks'),
            'the file',
            "'physical_networks'",
        ),
        (lambda it: it.update(speed=1), 'the file', "'speed'"),
        (lambda it: it.update(regions=[]), 'regions', '[]'),
        (lambda it: it.update(mtu=1329), 'mtu', 'minimum of 1330'),
        (lambda it: it.update(mtu='high'), 'mtu', "'high'"),
        (
            lambda it: it.update(regions=it['regions'] * 3),
            'regions',
            'too long',
        ),
        (
            lambda it: it['regions'][1].pop('hosts'),
            'regions.1',
            "'hosts'",
        ),
        (
            lambda it: it['regions'][1].update(name='Region-Two'),
            'regions.1.name',
            "'Region-Two'",
        ),
        (
            lambda it: it['regions'][0].update(hosts='h1'),
            'regions.0.hosts',
            "'h1'",
        ),
        (
            lambda it: it['regions'][0].update(hosts=['h1', 'muchtoolong']),
            'regions.0.hosts.1',
            "'muchtoolong'",
        ),
        (
            lambda it: it['regions'][0].update(availability_zone=''),
            'regions.0.availability_zone',
            "''",
        ),
        (
            lambda it: it['physical_networks']['bridge'].update(vlans=[1]),
            'physical_networks.bridge.vlans',
            '[1]',
        ),
        (
            lambda it: it['physical_networks']['extern'].update(
                vlans=[3001, 4095]
            ),
            'physical_networks.extern.vlans.1',
            '4095',
        ),
        (
            lambda it: it['physical_networks'].update({'a-b': {}}),
            'physical_networks',
            "'a-b'",
        ),
        (
            lambda it: it['external_hosts'][0].pop('address'),
            'external_hosts.0',
            "'address'",
        ),
        # What each key allows, but not together.
        (
            lambda it: it['regions'][1].update(hosts=['h1']),
            'hosts',
            'the name h1 is taken',
        ),
        (
            lambda it: it['external_hosts'][0].update(name='h2'),
            'hosts',
            'the name h2 is taken',
        ),
        (
            lambda it: it['regions'][0].update(hosts=['ctl']),
            'hosts',
            'the name ctl is taken',
        ),
        (
            lambda it: it['external_hosts'][0].update(name='fab'),
            'hosts',
            'the name fab is taken',
        ),
        (
            lambda it: it['regions'][1].update(name='RegionOne'),
            'regions',
            'the name RegionOne is taken',
        ),
        (
            lambda it: it['regions'][1].update(name='CentralRegion'),
            'regions',
            'the name CentralRegion is taken',
        ),
        (
            lambda it: it['external_hosts'][0].update(
                physical_network='nowhere'
            ),
            'external_hosts',
            'ext is on nowhere',
        ),
        (
            lambda it: it['external_hosts'][0].update(address='10.50.0.300'),
            'external_hosts',
            "ext: '10.50.0.300'",
        ),
        (
            lambda it: it['regions'][1].update(availability_zone='RegionOne'),
            'regions.RegionTwo.availability_zone',
            'RegionOne is the name of a region; choose another',
        ),
        (
            lambda it: it['regions'][0].update(
                availability_zone='centralregion'
            ),
            'regions.RegionOne.availability_zone',
            'centralregion is the name of a region; choose another',
        ),
        (
            lambda it: it['regions'][0].update(
                hosts=[f'n{number}' for number in range(244)]
            ),
            'hosts',
            '245 are too many for 172.30.0.0/24; take at most 244',
        ),
        (
            lambda it: it['physical_networks']['bridge'].update(vlans=[9, 8]),
            'physical_networks.bridge.vlans',
            '9 is greater than 8',
        ),
        (
            lambda it: it['physical_networks']['bridge'].update(
                seen_by=['RegionOne', 'h3']
            ),
            'physical_networks.bridge.seen_by',
            'h3 is neither a region nor a host; take RegionOne, RegionTwo, '
            'h1, h2',
        ),
        (
            lambda it: it['physical_networks']['bridge'].update(seen_by=[]),
            'physical_networks.bridge.seen_by',
            '[]',
        ),
        (
            lambda it: it['physical_networks']['bridge'].update(hosts=['h1']),
            'physical_networks.bridge',
            'known are vlans, seen_by',
        ),
        (
            lambda it: it['external_hosts'][0].update(physical_network='x'),
            'external_hosts',
            'take bridge or extern',
        ),
        (
            lambda it: it['external_hosts'][0].update(address='172.30.0.9/24'),
            'external_hosts',
            "in the lab's own network 172.30.0.0/24",
        ),
        (
            lambda it: it['regions'][0].update(zone='az1'),
            'regions.0',
            'known are name, availability_zone, hosts',
        ),
    ],
)
def test_a_mistake_is_told_with_file_and_key(
    tmp_path: Path, change: Change, key: str, value: str
) -> None:
    data = default()
    change(data)
    path = tmp_path / 'wrong.yaml'
    path.write_text(yaml.safe_dump(data))
    told = refusal(path)
    assert told.startswith(f'{path}: {key}: ')
    assert value in told


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
