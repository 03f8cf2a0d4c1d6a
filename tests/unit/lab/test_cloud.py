# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Which topology a lab has, and what is asked of one that is down.

Nothing here brings a lab up or down: machines are namespaces of the whole
computer, where a lab may be running.
"""

import json
from pathlib import Path
import shutil

import pytest

from lab import checks
from lab import cloud
from lab import layout as layouts
from lab import topology as topologies
from tests.unit.lab import shipped

SINGLE = shipped.DEFAULT.with_name('single.yaml')


@pytest.fixture
def layout(tmp_path: Path) -> layouts.Layout:
    return layouts.Layout(tmp_path / 'lab')


def remember(layout: layouts.Layout, topology_file: Path) -> None:
    """Write what ``up`` writes."""
    layout.home.mkdir(parents=True, exist_ok=True)
    layout.state.write_text(json.dumps({'topology': str(topology_file)}))


def names(lab: cloud.Lab) -> list[str]:
    return [region.name for region in lab.topology.regions]


def test_without_a_lab_the_default_topology_is_taken(
    layout: layouts.Layout,
) -> None:
    assert names(cloud.load(layout)) == ['RegionOne', 'RegionTwo']


def test_the_topology_of_the_lab_that_is_there_is_taken(
    layout: layouts.Layout,
) -> None:
    remember(layout, SINGLE)
    assert names(cloud.load(layout)) == ['RegionOne']
    assert names(cloud.load(layout, SINGLE)) == ['RegionOne']


def test_another_topology_than_that_of_the_lab_is_refused(
    layout: layouts.Layout,
) -> None:
    remember(layout, SINGLE)
    with pytest.raises(checks.LabError) as refused:
        cloud.load(layout, shipped.DEFAULT)
    assert str(refused.value) == (
        f'the lab in {layout.home} has the topology {SINGLE}; '
        'bin/lab down --wipe first'
    )
    # Nothing of the lab was touched.
    assert [path.name for path in layout.home.iterdir()] == ['state.json']


def test_after_a_wipe_any_topology_is_taken(layout: layouts.Layout) -> None:
    remember(layout, shipped.DEFAULT)
    layout.state.unlink()
    assert names(cloud.load(layout, SINGLE)) == ['RegionOne']


def test_a_relative_path_is_the_same_file(
    layout: layouts.Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = Path(shutil.copy(SINGLE, tmp_path / 'mine.yaml'))
    remember(layout, copy)
    monkeypatch.chdir(tmp_path)
    assert names(cloud.load(layout, Path('mine.yaml'))) == ['RegionOne']


def test_a_lab_whose_topology_file_is_gone_says_so(
    layout: layouts.Layout, tmp_path: Path
) -> None:
    remember(layout, tmp_path / 'gone.yaml')
    with pytest.raises(
        topologies.InvalidTopology, match=r'gone\.yaml: No such'
    ):
        cloud.load(layout)


@pytest.mark.parametrize('path', shipped.FILES, ids=shipped.NAMES)
def test_every_service_runs_where_there_is_a_machine(
    layout: layouts.Layout, path: Path
) -> None:
    lab = cloud.load(layout, path)
    for one in lab.services.values():
        assert one.machine in lab.machines
        assert one.after <= lab.services.keys()


def option(layout: layouts.Layout, path: str, name: str) -> str:
    """Return an option of a configuration file of the lab."""
    lines = (layout.home / 'etc' / path).read_text().splitlines()
    (found,) = [line for line in lines if line.startswith(f'{name} =')]
    return found.partition('=')[2].strip()


def test_a_region_offers_the_wires_that_its_hosts_are_on(
    layout: layouts.Layout,
) -> None:
    lab = cloud.load(layout, shipped.DEFAULT.with_name('provider.yaml'))
    lab.renderer.install()
    for number, region in enumerate(names(lab), 1):
        seen = f'bridge,extern{number}'
        ml2 = f'neutron-{region}/ml2_conf.ini'
        assert option(layout, ml2, 'network_vlan_ranges') == seen
        assert option(layout, ml2, 'flat_networks') == seen
        assert (
            option(
                layout,
                f'host-h{number}/openvswitch_agent.ini',
                'bridge_mappings',
            )
            == f'bridge:br-bridge,extern{number}:br-extern{number}'
        )
    # Central gives out what any region has.
    central = 'neutron-central/neutron.conf'
    assert option(layout, central, 'network_vlan_ranges') == (
        'bridge:2001:3000,extern1:3001:3500,extern2:3501:4000'
    )
    assert option(layout, central, 'flat_networks') == 'bridge,extern1,extern2'


def test_every_neutron_knows_the_mtu(
    layout: layouts.Layout, tmp_path: Path
) -> None:
    path = tmp_path / 'mine.yaml'
    path.write_text(shipped.DEFAULT.read_text() + 'mtu: 1450\n')
    lab = cloud.load(layout, path)
    lab.renderer.install()
    for name in ('central', *names(lab)):
        where = f'neutron-{name}/neutron.conf'
        assert option(layout, where, 'global_physnet_mtu') == '1450'
    # A tunnel's own bytes have to fit, too.
    assert lab.topology.wire_mtu == 1500


def test_central_and_regions_give_out_vnis_of_their_own(
    layout: layouts.Layout, tmp_path: Path
) -> None:
    path = tmp_path / 'mine.yaml'
    path.write_text(
        shipped.DEFAULT.read_text() + 'tunnels: {vnis: [5000, 5999]}\n'
    )
    lab = cloud.load(layout, path)
    lab.renderer.install()
    central = 'neutron-central/neutron.conf'
    assert option(layout, central, 'vni_ranges') == '5000:5999'
    for region, own in (('One', '10001:10999'), ('Two', '20001:20999')):
        ml2 = f'neutron-Region{region}/ml2_conf.ini'
        assert option(layout, ml2, 'vni_ranges') == own


def test_passwords_are_for_the_owner_only(layout: layouts.Layout) -> None:
    lab = cloud.load(layout)
    lab.renderer.install()
    password = lab.renderer.password
    assert len(password) == 24
    holders = [
        path
        for path in layout.home.rglob('*')
        if path.is_file() and password in path.read_text()
    ]
    assert layout.password in holders
    assert len(holders) > 5
    for path in holders:
        assert path.stat().st_mode & 0o077 == 0, path
    # The next command of the same lab has to have the same one.
    assert cloud.load(layout).renderer.password == password
    for one in lab.services.values():
        assert password not in ' '.join(one.argv)


def test_to_ask_something_of_a_lab_writes_nothing(
    layout: layouts.Layout,
) -> None:
    lab = cloud.load(layout)
    lab.openrc('RegionOne', 'demo', 'demo')
    with pytest.raises(checks.LabError, match='mariadb never ran'):
        lab.log_of('mariadb')
    assert not layout.home.exists()


def test_nothing_is_there_after_wipe(layout: layouts.Layout) -> None:
    lab = cloud.load(layout, SINGLE)
    lab.renderer.install()
    remember(layout, SINGLE)
    (layout.cache / 'key').mkdir(parents=True)
    lab.down()
    assert layout.state.exists()
    assert layout.cache.exists()
    assert layout.password.exists()
    lab.down(wipe=True)
    assert not layout.home.exists()


def test_a_wipe_leaves_what_is_not_of_the_lab(layout: layouts.Layout) -> None:
    lab = cloud.load(layout, SINGLE)
    lab.renderer.install()
    (layout.home / 'mine').write_text('notes')
    lab.down(wipe=True)
    assert [path.name for path in layout.home.iterdir()] == ['mine']


def test_the_environment_of_the_client(layout: layouts.Layout) -> None:
    lab = cloud.load(layout)
    found = lab.openrc('RegionTwo', 'demo', 'demo')
    assert found['OS_REGION_NAME'] == 'RegionTwo'
    assert found['OS_AUTH_URL'] == 'http://172.30.0.10:5000/v3'
    assert found['OS_PASSWORD'] == lab.renderer.password
    assert lab.openrc('CentralRegion', 'demo', 'demo')
    with pytest.raises(checks.LabError, match='CentralRegion, RegionOne'):
        lab.openrc('RegionNine', 'demo', 'demo')


def test_a_lab_that_is_down_says_so(layout: layouts.Layout) -> None:
    lab = cloud.load(layout)
    assert not lab.is_up
    with pytest.raises(checks.LabError, match='bin/lab up'):
        lab.status()
    with pytest.raises(checks.LabError, match='bin/lab up'):
        lab.command_in('h1', ['true'])
