# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""The state of a replica names the part that a region could not carry out."""

from collections.abc import Iterator

import pytest

from tests.functional import cloud as clouds
from tests.functional.cloud import eventually
from tests.functional.cloud.client import Json
from tests.functional.stretched import stretched

_TAG = 'refused-by-the-database'


@pytest.fixture
def refusing(cloud: clouds.Cloud) -> Iterator[None]:
    """RegionOne's database refuses one tag, and nothing else."""
    database = cloud.one.database
    database.execute(
        'CREATE TRIGGER refusing BEFORE INSERT ON tags FOR EACH ROW'
        f" IF NEW.tag = '{_TAG}' THEN SIGNAL SQLSTATE '45000'"
        " SET MESSAGE_TEXT = 'no such tag here'; END IF"
    )
    yield
    database.execute('DROP TRIGGER refusing')


def states(
    client: clouds.NeutronClient, collection: str, resource_id: str
) -> list[Json]:
    found: list[Json] = client.get(
        f'/{collection}/{resource_id}/replicas'
    ).json()['replicas']
    return [one for one in found if one['region'] == 'RegionOne']


def only(found: list[Json]) -> Json:
    """Return the state in RegionOne, if there is one by now."""
    (state,) = found
    return state


@pytest.mark.usefixtures('refusing')
def test_the_state_names_the_part_that_failed(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    client = cloud.central.client(project=fresh_project)
    network = stretched(cloud, fresh_project)
    instance = cloud.one.nova(fresh_project).boot(network_id=network['id'])
    (port,) = client.list('port', id=instance.port_id)
    (group_id,) = port['security_groups']
    (subnet,) = client.list('subnet', network_id=network['id'])
    router = client.create('router', name='r')
    assert client.put(
        f'/routers/{router["id"]}/add_router_interface',
        {'subnet_id': subnet['id']},
    ).ok
    resources = (
        ('networks', network['id']),
        ('ports', port['id']),
        ('security-groups', group_id),
        ('routers', router['id']),
    )

    def in_sync() -> None:
        for one in resources:
            state = only(states(client, *one))
            assert state['status'] == 'IN_SYNC', (one, state)

    eventually(lambda: [only(states(client, *one)) for one in resources])

    for one in resources:
        assert client.put(f'/{"/".join(one)}/tags/{_TAG}').ok

    def failed() -> None:
        for reader in (client, cloud.central.admin):
            for one in resources:
                state = only(states(reader, *one))
                assert state['status'] == 'FAILED', (one, state)
                # What failed, and that all else is here: of itself, or of
                # what it needs.
                assert ' is here but for tags: ' in state['reason']
                assert 'no such tag here' in state['reason']

    eventually(failed, 20)
    # Nothing else was kept back, and all is well when the tag can be had.
    for one in resources:
        assert client.delete(f'/{"/".join(one)}/tags/{_TAG}').ok
    eventually(in_sync, 30)
