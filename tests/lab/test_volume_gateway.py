# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A cloud whose CentralRegion has block storage of all regions.

``tools/lab-tests lab/topologies/gateway.yaml all -k volume_gateway`` runs it.
"""

from collections.abc import Callable, Iterator
import json
import subprocess
from typing import Any

from openstack import exceptions
import pytest

from lab import cloud
from lab import topology as topologies
from lab.services import cinder
from lab.services import tricircle
from tests.lab import stock_client
from tests.lab import tenant
from tests.lab import waiting

CENTRAL = topologies.CENTRAL
MISSING = 'X-Tricircle-Regions-Missing'
DATA = 'what a tenant wrote'
Cli = Callable[..., Any]
pytestmark = [pytest.mark.alone, pytest.mark.thorough]


@pytest.fixture(scope='module', autouse=True)
def _block_storage(lab: cloud.Lab) -> None:
    if not (lab.topology.gateway and lab.topology.volumes):
        pytest.skip('needs block storage in CentralRegion: gateway.yaml')


@pytest.fixture(scope='module')
def zones(lab: cloud.Lab) -> list[str]:
    return [one.availability_zone for one in lab.topology.regions]


@pytest.fixture(scope='module')
def servers(
    module_tenant: tenant.Tenant, zones: list[str]
) -> Iterator[list[tenant.Instance]]:
    """Two servers in the first zone, and one in the second."""
    network = module_tenant.network('10.81.0.0/24')
    yield [
        module_tenant.boot(
            CENTRAL,
            {'uuid': network.id},
            name=f'{number}-in-{zone}',
            availability_zone=zone,
        )
        for number, zone in enumerate([zones[0], zones[0], zones[1]])
    ]


@pytest.fixture(scope='module')
def cli(shell: dict[str, str], module_tenant: tenant.Tenant) -> Cli:
    """The stock client in CentralRegion; says what it is told as JSON."""

    def run(*command: str) -> Any:
        said = stock_client.run(
            shell, module_tenant, CENTRAL, *command, '-f', 'json'
        )
        return json.loads(said)

    return run


@pytest.fixture(scope='module')
def do(shell: dict[str, str], module_tenant: tenant.Tenant) -> Cli:
    """The stock client, for commands that print nothing."""
    return lambda *command: stock_client.run(
        shell, module_tenant, CENTRAL, *command
    )


@pytest.fixture(scope='module')
def new(cli: Cli, module_tenant: tenant.Tenant) -> Iterator[Cli]:
    """Make volumes, which are deleted in the end."""

    def make(name: str, *options: str) -> str:
        made = cli('volume', 'create', *options, name)
        settled(module_tenant, made['id'])
        return str(made['id'])

    yield make
    storage = block_storage(module_tenant)
    for one in storage.snapshots():
        storage.delete_snapshot(one)
    waiting.eventually(lambda: nothing(storage.snapshots()))
    for one in storage.volumes():
        storage.delete_volume(one)
    waiting.eventually(lambda: nothing(storage.volumes()))


def nothing(found: Any) -> None:
    assert [one.id for one in found] == []


@pytest.fixture(scope='module')
def volumes(new: Cli, zones: list[str]) -> dict[str, str]:
    """A volume in each zone, by the zones' names."""
    return {
        zone: new(f'in-{zone}', '--size', '1', '--availability-zone', zone)
        for zone in zones
    }


@pytest.fixture
def one_is_away(
    lab: cloud.Lab, volumes: dict[str, str]
) -> Iterator[topologies.Region]:
    """A region whose block storage API was killed, and comes back."""
    gone = lab.topology.regions[-1]
    lab.kill(cinder.api(gone))
    yield gone
    lab.restart(cinder.api(gone), lambda text: print(text, flush=True))


def block_storage(one: tenant.Tenant, region: str = CENTRAL) -> Any:
    return one.at(region).block_storage


def settled(one: tenant.Tenant, volume_id: str, status: str = '') -> None:
    def look() -> None:
        found = block_storage(one).get_volume(volume_id).status
        assert found in ([status] if status else ['available', 'in-use'])

    waiting.eventually(look)


def inside(lab: cloud.Lab, server: tenant.Instance, script: str) -> str:
    return subprocess.run(
        lab.command_in(server.id, ['sh', '-c', script]),
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def device(one: tenant.Tenant, server: tenant.Instance, volume_id: str) -> str:
    """The device of a volume that is attached, as a file of the server's."""
    settled(one, volume_id, 'in-use')
    (found,) = [
        attached.device
        for attached in one.at(CENTRAL).compute.volume_attachments(server.id)
        if attached.volume_id == volume_id
    ]
    return str(found).replace('/dev/', '/mnt/')


def test_volumes_are_where_their_zone_says(
    lab: cloud.Lab, module_tenant: tenant.Tenant, volumes: dict[str, str]
) -> None:
    assert {
        region.availability_zone: [
            one.id
            for one in block_storage(module_tenant, region.name).volumes()
        ]
        for region in lab.topology.regions
    } == {zone: [volume_id] for zone, volume_id in volumes.items()}


def test_a_volume_without_a_zone_is_made_where_the_project_has_some(
    cli: Cli, new: Cli, volumes: dict[str, str], zones: list[str]
) -> None:
    made = new('anywhere', '--size', '1')
    found = cli('volume', 'show', made)
    # The newest of its volumes is in the last zone.
    assert found['availability_zone'] == zones[-1]


def test_a_list_page_by_page_is_all_volumes(
    module_tenant: tenant.Tenant, volumes: dict[str, str]
) -> None:
    storage = block_storage(module_tenant)
    whole = [one.id for one in storage.volumes()]
    assert set(volumes.values()) <= set(whole)
    assert [one.id for one in storage.volumes(limit=1)] == whole


def test_a_name_is_found_in_any_region(
    cli: Cli, volumes: dict[str, str]
) -> None:
    for zone, volume_id in volumes.items():
        assert cli('volume', 'show', f'in-{zone}')['id'] == volume_id


def test_a_zone_that_is_none_is_refused_as_by_cinder(
    module_tenant: tenant.Tenant,
) -> None:
    with pytest.raises(exceptions.BadRequestException, match='nowhere'):
        block_storage(module_tenant).create_volume(
            size=1, availability_zone='nowhere'
        )


def test_data_moves_with_its_volume_from_server_to_server(
    lab: cloud.Lab,
    module_tenant: tenant.Tenant,
    servers: list[tenant.Instance],
    volumes: dict[str, str],
    zones: list[str],
    do: Cli,
) -> None:
    volume_id = volumes[zones[0]]
    first, second, _other = servers
    do('server', 'add', 'volume', first.id, volume_id)
    path = device(module_tenant, first, volume_id)
    inside(lab, first, f'printf "{DATA}" | dd conv=notrunc of={path}')
    do('server', 'remove', 'volume', first.id, volume_id)
    settled(module_tenant, volume_id, 'available')
    assert inside(lab, first, 'ls /mnt') == ''
    do('server', 'add', 'volume', second.id, volume_id)
    path = device(module_tenant, second, volume_id)
    assert inside(lab, second, f'head -c {len(DATA)} {path}') == DATA
    do('server', 'remove', 'volume', second.id, volume_id)
    settled(module_tenant, volume_id, 'available')


def test_a_volume_made_of_a_snapshot_has_its_data_and_is_in_its_region(
    lab: cloud.Lab,
    module_tenant: tenant.Tenant,
    servers: list[tenant.Instance],
    volumes: dict[str, str],
    zones: list[str],
    cli: Cli,
    new: Cli,
    do: Cli,
) -> None:
    source = new('source', '--size', '1', '--availability-zone', zones[0])
    do('server', 'add', 'volume', servers[0].id, source)
    path = device(module_tenant, servers[0], source)
    inside(lab, servers[0], f'printf "{DATA}" | dd conv=notrunc of={path}')
    do('server', 'remove', 'volume', servers[0].id, source)
    settled(module_tenant, source, 'available')
    snapshot = cli('volume', 'snapshot', 'create', '--volume', source, 's')

    def there() -> None:
        (found,) = cli('volume', 'snapshot', 'list')
        assert (found['ID'], found['Status']) == (snapshot['id'], 'available')

    waiting.eventually(there)
    made = new('of-a-snapshot', '--snapshot', snapshot['id'])
    shown = cli('volume', 'show', made)
    assert shown['availability_zone'] == zones[0]
    do('server', 'add', 'volume', servers[1].id, made)
    path = device(module_tenant, servers[1], made)
    assert inside(lab, servers[1], f'head -c {len(DATA)} {path}') == DATA
    do('server', 'remove', 'volume', servers[1].id, made)
    settled(module_tenant, made, 'available')


def test_an_attached_volume_that_grows_is_longer_inside(
    lab: cloud.Lab,
    module_tenant: tenant.Tenant,
    servers: list[tenant.Instance],
    new: Cli,
    zones: list[str],
    do: Cli,
) -> None:
    volume_id = new('grows', '--size', '1', '--availability-zone', zones[1])
    do('server', 'add', 'volume', servers[2].id, volume_id)
    path = device(module_tenant, servers[2], volume_id)
    do('volume', 'set', '--size', '2', volume_id)

    def longer() -> None:
        assert block_storage(module_tenant).get_volume(volume_id).size == 2
        assert int(inside(lab, servers[2], f'stat -c %s {path}')) == 2 << 30

    waiting.eventually(longer)
    settled(module_tenant, volume_id, 'in-use')
    do('server', 'remove', 'volume', servers[2].id, volume_id)
    settled(module_tenant, volume_id, 'available')


def test_a_volume_of_another_zone_is_refused_with_both_zones(
    module_tenant: tenant.Tenant,
    servers: list[tenant.Instance],
    volumes: dict[str, str],
    zones: list[str],
) -> None:
    with pytest.raises(exceptions.BadRequestException) as refused:
        module_tenant.at(CENTRAL).compute.create_volume_attachment(
            servers[0].id, volume_id=volumes[zones[1]]
        )
    assert zones[0] in str(refused.value)
    assert zones[1] in str(refused.value)
    settled(module_tenant, volumes[zones[1]], 'available')


def test_volumes_are_found_after_a_restart(
    lab: cloud.Lab, module_tenant: tenant.Tenant, volumes: dict[str, str]
) -> None:
    lab.kill(tricircle.VOLUME_GATEWAY)
    lab.restart(tricircle.VOLUME_GATEWAY, lambda text: print(text, flush=True))
    for volume_id in volumes.values():
        found = block_storage(module_tenant).get_volume(volume_id)
        assert found.id == volume_id


def test_a_region_that_is_away_is_named_and_keeps_nobody_from_the_others(
    module_tenant: tenant.Tenant,
    volumes: dict[str, str],
    one_is_away: topologies.Region,
) -> None:
    answer = block_storage(module_tenant).get('/volumes')
    assert answer.headers[MISSING] == one_is_away.name
    found = {one['id'] for one in answer.json()['volumes']}
    assert {zone: volumes[zone] in found for zone in volumes} == {
        zone: zone != one_is_away.availability_zone for zone in volumes
    }


def test_a_deleted_volume_is_gone_everywhere(
    module_tenant: tenant.Tenant, new: Cli, do: Cli
) -> None:
    volume_id = new('short', '--size', '1')
    do('volume', 'delete', volume_id)

    def gone() -> None:
        for region in (CENTRAL, *module_tenant.regions):
            storage = block_storage(module_tenant, region)
            nothing(storage.volumes(name='short'))

    waiting.eventually(gone)
