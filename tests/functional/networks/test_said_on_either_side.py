# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is said of a resource on one side is heard on the other, or refused.

Tags, the device of a port, and what a network of type local can carry.
"""

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud import eventually
from tests.functional.cloud.client import Json

DEVICE = {'device_owner': 'Octavia:health-mgr', 'device_id': 'lb-1'}


@pytest.fixture
def port(cloud: clouds.Cloud, fresh_project: str, network: Json) -> Json:
    """A port that RegionOne has, made in central for some device."""
    made = cloud.central.client(fresh_project).create_port(
        network['id'], **DEVICE
    )
    cloud.one.client(fresh_project).show('port', made['id'])
    return made


def device(client: clouds.NeutronClient, port: Json) -> Json:
    shown = client.show('port', port['id'])
    return {key: shown[key] for key in DEVICE}


def test_a_port_is_in_the_region_for_the_device_that_central_named(
    cloud: clouds.Cloud, port: Json
) -> None:
    assert device(cloud.one.admin, port) == DEVICE

    cloud.one.admin.update(
        'port', port['id'], **{'binding:host_id': cloud.one.default_host}
    )

    eventually(lambda: regions.outbox_empty(cloud.one))
    assert device(cloud.central.admin, port) == DEVICE


def test_of_a_port_that_a_region_has_central_changes_no_device(
    cloud: clouds.Cloud, port: Json
) -> None:
    with pytest.raises(clouds.ApiError) as refused:
        cloud.central.admin.update('port', port['id'], device_id='lb-2')

    assert (refused.value.status, refused.value.type) == (
        409,
        'DeviceOfRegion',
    )
    assert 'RegionOne' in refused.value.message
    cloud.one.admin.update('port', port['id'], device_id='lb-2')
    changed = {**DEVICE, 'device_id': 'lb-2'}
    eventually(lambda: _same(device(cloud.central.admin, port), changed))


def _same(shown: object, wanted: object) -> None:
    assert shown == wanted


def test_tags_that_a_region_gives_to_a_port_are_centrals(
    cloud: clouds.Cloud, fresh_project: str, port: Json
) -> None:
    path = f'/ports/{port["id"]}/tags'
    user = cloud.one.client(fresh_project)

    assert user.put(path, {'tags': ['red', 'blue']}).status_code == 200
    assert user.put(f'{path}/a b').status_code == 201
    assert user.delete(f'{path}/red').status_code == 204

    _check_tags(cloud.central.client(fresh_project), path, ['a b', 'blue'])
    # A document that was built before the last change may still be on its
    # way: the region shows that one's tags until the next is there.
    eventually(lambda: _check_tags(user, path, ['a b', 'blue']))
    assert user.delete(path).status_code == 204
    _check_tags(cloud.central.admin, path, [])


def _check_tags(
    client: clouds.NeutronClient, path: str, wanted: list[str]
) -> None:
    assert sorted(client.get(path).json()['tags']) == wanted


def test_tags_of_a_port_are_not_changed_while_central_is_away(
    cloud: clouds.Cloud, fresh_project: str, port: Json
) -> None:
    user = cloud.one.client(fresh_project)
    with cloud.one.to_central.away():
        answer = user.put(f'/ports/{port["id"]}/tags', {'tags': ['red']})

    assert answer.status_code == 503
    assert user.get(f'/ports/{port["id"]}/tags').json() == {'tags': []}


def test_what_else_is_centrals_is_tagged_in_central(
    cloud: clouds.Cloud, fresh_project: str, network: Json, port: Json
) -> None:
    user = cloud.one.client(fresh_project)
    [group] = user.show('port', port['id'])['security_groups']
    [subnet] = user.show('network', network['id'])['subnets']
    for path in (
        f'networks/{network["id"]}',
        f'subnets/{subnet}',
        f'security-groups/{group}',
    ):
        answer = user.put(f'/{path}/tags', {'tags': ['red']})

        assert answer.status_code == 409
        assert answer.json()['NeutronError']['type'] == 'BelongsToCentral'
        assert 'tag it' in answer.json()['NeutronError']['message']
        assert user.get(f'/{path}/tags').json() == {'tags': []}


def test_a_region_tags_its_own(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    user = cloud.one.client(fresh_project)
    own = user.create_network(name='own')

    user.put(f'/networks/{own["id"]}/tags', {'tags': ['red']})

    assert user.show('network', own['id'])['tags'] == ['red']


def test_an_instance_boots_on_a_network_of_type_local(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = cloud.central.admin.create_network(
        project_id=fresh_project, **{'provider:network_type': 'local'}
    )
    cloud.central.client(fresh_project).create_subnet(
        network['id'], '10.0.0.0/24'
    )

    booted = cloud.one.nova(fresh_project).boot(network_id=network['id'])

    shown = cloud.one.admin.show('network', network['id'])
    assert (shown['provider:network_type'], shown['mtu']) == ('vxlan', 1450)
    assert booted.addresses
    [replica] = cloud.central.admin.get(
        f'/networks/{network["id"]}/replicas'
    ).json()['replicas']
    assert replica['omitted'] == ['network.mtu']
