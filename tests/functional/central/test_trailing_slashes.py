# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A slash at the end of a path is no error of the server's."""

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.api import test_admin_api
from tests.functional.cloud.client import Json


def _both(client: clouds.NeutronClient, path: str) -> tuple[int, int]:
    """Return the statuses of a path without and with a slash."""
    return client.get(path).status_code, client.get(f'{path}/').status_code


def test_there_are_no_replicas_with_a_slash_in_central(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    port = cloud.one.client(fresh_project).create_port(network['id'])
    user = cloud.central.client(fresh_project)
    [group] = user.list('security_group')
    router = user.create_router(name='r')
    for path in (
        f'/networks/{network["id"]}/replicas',
        f'/ports/{port["id"]}/replicas',
        f'/security-groups/{group["id"]}/replicas',
        f'/routers/{router["id"]}/replicas',
        f'/networks/{network["id"]}/replicas/RegionOne',
        f'/ports/{port["id"]}/replicas/RegionOne',
    ):
        assert _both(user, path) == (200, 404), path
        # Nor do checks of ours fail to stand in the way there.
        for answer in (
            user.delete(f'{path}/'),
            user.put(f'{path}/', {'replica': {}}),
            user.post(f'{path}/', {'replica': {}}),
        ):
            assert answer.status_code == 404, (path, answer.text)


def test_there_are_no_replicas_with_a_slash_in_a_region(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    user = cloud.one.client(fresh_project)
    user.show('network', network['id'])
    for path in ('/replicas/network', f'/replicas/network/{network["id"]}'):
        for answer in (
            user.get(f'{path}/'),
            user.delete(f'{path}/'),
            user.put(f'{path}/', {}),
        ):
            assert answer.status_code == 404, (path, answer.text)


def test_neutrons_own_are_the_same_with_a_slash(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    for client in (
        cloud.central.client(fresh_project),
        cloud.one.client(fresh_project),
    ):
        for path in ('/networks', f'/networks/{network["id"]}'):
            assert _both(client, path) == (200, 200), path


def test_the_admin_api_is_the_same_with_a_slash(cloud: clouds.Cloud) -> None:
    for path in ('/v1.0', '/v1.0/pods'):
        assert (
            test_admin_api.call(cloud, 'GET', path).status_code
            == test_admin_api.call(cloud, 'GET', f'{path}/').status_code
            == 200
        )
    clouds.eventually(lambda: regions.outbox_empty(cloud.one))
