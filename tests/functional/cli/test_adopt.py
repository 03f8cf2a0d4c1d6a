# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``... network adopt --dry-run`` against real Neutrons."""

from typing import Any
import uuid

from osc_lib import exceptions
import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cli import operator_commands as commands
from tests.functional.cloud.client import Json
from tricircle.cli.v1 import network

pytestmark = pytest.mark.thorough


@pytest.fixture
def app(cloud: clouds.Cloud) -> Any:
    """What the ``openstack`` command gives to its commands."""
    return commands.make_app(cloud)


@pytest.fixture
def own(cloud: clouds.Cloud, fresh_project: str) -> Json:
    """A network of RegionOne's own, with a subnet."""
    user = cloud.one.client(fresh_project)
    made = user.create_network(name=uuid.uuid4().hex)
    user.create_subnet(made['id'], '10.1.0.0/24')
    return made


def conflicts(app: Any, *arguments: str) -> dict[tuple[str, str], str]:
    """Run the command; return the reasons by type and ID."""
    headers, rows = commands.take_action(
        app, network.AdoptNetwork, '--dry-run', '--region', *arguments
    )
    assert headers == ('Type', 'ID', 'Reason', 'Remedy')
    return {(row[0], row[1]): row[2] for row in rows}


def test_a_network_with_bound_ports_could_be_adopted(
    cloud: clouds.Cloud, fresh_project: str, app: Any, own: Json
) -> None:
    # The same addresses as a network of central's.
    regions.make_network(cloud, fresh_project)
    operator = cloud.one.client(fresh_project, roles=('admin',))
    ports = [
        operator.create(
            'port',
            network_id=own['id'],
            device_owner='compute:nova',
            **{'binding:host_id': 'regionone-host1'},
        )
        for _ in range(2)
    ]

    assert conflicts(app, 'RegionOne', own['id']) == {}
    assert conflicts(app, 'RegionOne', own['name']) == {}
    assert (
        commands.run(
            app,
            network.AdoptNetwork,
            *('--dry-run', '--region', 'RegionOne', own['id']),
        )
        == 0
    )

    for port in ports:
        now = operator.show('port', port['id'])
        assert now['revision_number'] == port['revision_number']
    central = cloud.central.client(fresh_project)
    assert own['id'] not in {one['id'] for one in central.list('network')}


def test_all_that_is_in_the_way_is_named_at_once(
    cloud: clouds.Cloud, fresh_project: str, app: Any, own: Json
) -> None:
    user = cloud.one.client(fresh_project)
    (subnet,) = user.list('subnet', network_id=own['id'])
    router = user.create('router', name='edge')
    user.add_router_interface(router['id'], subnet_id=subnet['id'])
    default, *_ = user.list('security_group', name='default')
    user.create(
        'security_group_rule',
        security_group_id=default['id'],
        direction='ingress',
        protocol='tcp',
    )
    user.create('port', network_id=own['id'])
    (interface,) = user.list(
        'port',
        network_id=own['id'],
        device_owner='network:router_interface',
    )
    admin = cloud.central.client(fresh_project, roles=('admin',))
    quota = {'quota': {'network': 0}}
    admin.put(f'/quotas/{fresh_project}', quota).raise_for_status()

    found = conflicts(app, 'RegionOne', own['id'])

    assert router['id'] in found['port', interface['id']]
    assert 'default group' in found['security-group', default['id']]
    assert 'of network' in found['quota', fresh_project]
    assert len(found) == 3
    assert (
        commands.run(
            app,
            network.AdoptNetwork,
            *('--dry-run', '--region', 'RegionOne', own['id']),
        )
        == 1
    )


def test_a_subnet_without_room_for_central_is_named_and_nothing_is_begun(
    cloud: clouds.Cloud, fresh_project: str, app: Any
) -> None:
    user = cloud.one.client(fresh_project)
    full = user.create_network(name=uuid.uuid4().hex)
    subnet = user.create_subnet(full['id'], '10.1.1.0/29')
    # Of five addresses one is left: central needs two.
    ports = [user.create_port(full['id']) for _ in range(4)]
    adopt = ('--region', 'RegionOne', full['id'])

    for how in (('--dry-run', *adopt), adopt):
        headers, rows = commands.take_action(app, network.AdoptNetwork, *how)

        assert headers == ('Type', 'ID', 'Reason', 'Remedy')
        assert [row[:2] for row in rows] == [('subnet', subnet['id'])]
        assert '1 of its addresses are free, and 2 needed' in rows[0][2]
        assert 'allocation pool' in rows[0][3]
    assert not cloud.central.database.query(
        'SELECT state FROM adoptions WHERE network_id = %s', full['id']
    )
    assert not regions.ledger(cloud.one, resource_id=full['id'])

    user.remove('port', ports[0]['id'])
    status = commands.run(app, network.AdoptNetwork, *adopt)
    assert status == 0, app.stdout.getvalue()
    central = cloud.central.client(fresh_project)
    assert set(regions.ports_of(central, full['id'])) == {
        one['id'] for one in ports[1:]
    }


def test_a_segment_that_a_network_of_central_is_on_is_named(
    cloud: clouds.Cloud, app: Any
) -> None:
    provider = {
        'provider:network_type': 'vlan',
        'provider:physical_network': 'bridge',
        'provider:segmentation_id': 2095,
    }
    operator = cloud.one.client('owner', roles=('admin',))
    ours = operator.create('network', name='ours', **provider)
    try:
        assert conflicts(app, 'RegionOne', ours['id']) == {}

        theirs = cloud.central.client('owner', roles=('admin',)).create(
            'network', name='theirs', **provider
        )

        ((key, reason),) = conflicts(app, 'RegionOne', ours['id']).items()
        assert key == ('network', ours['id'])
        assert theirs['id'] in reason
    finally:
        operator.remove('network', ours['id'])


def test_what_is_no_network_of_the_regions_own_is_refused(
    cloud: clouds.Cloud, fresh_project: str, app: Any, own: Json
) -> None:
    theirs, _subnet = regions.make_network(cloud, fresh_project)
    cloud.one.client(fresh_project).show('network', theirs['id'])
    cloud.one.client(fresh_project).create_network(name=own['name'])

    for region, named, said in (
        ('RegionNine', own['id'], 'no pod'),
        ('CentralRegion', own['id'], 'of central Neutron'),
        ('RegionTwo', own['id'], 'has no network'),
        ('RegionOne', str(uuid.uuid4()), 'has no network'),
        ('RegionOne', theirs['id'], "central's already"),
        ('RegionOne', own['name'], 'has 2 networks'),
    ):
        with pytest.raises(exceptions.CommandError, match=said):
            conflicts(app, region, named)
