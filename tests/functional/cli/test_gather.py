# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``openstack multiregion networking gather`` against real servers."""

import io
import json
from pathlib import Path
import tarfile
from typing import Any
import uuid

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cli import operator_commands as commands
from tests.functional.cloud.client import Json
from tricircle.cli.v1 import gather


@pytest.fixture
def app(cloud: clouds.Cloud) -> Any:
    """What the ``openstack`` command gives to its commands."""
    return commands.make_app(cloud)


@pytest.fixture
def pulled(cloud: clouds.Cloud, fresh_project: str) -> Json:
    """A network that RegionOne has, with a name of its own."""
    network, _subnet = regions.make_network(
        cloud, fresh_project, name=uuid.uuid4().hex
    )
    cloud.one.client(fresh_project).show('network', network['id'])
    return network


def run(app: Any, path: Path, *arguments: str) -> int:
    """Run the command as the shell does; return what it ends with."""
    return commands.run(
        app, gather.Gather, '--output', str(path), '-f', 'json', *arguments
    )


def files(path: Path) -> dict[str, Any]:
    """Return what is in an archive, by name below its folder."""
    found: dict[str, Any] = {}
    with tarfile.open(path) as tar:
        for member in tar:
            content = tar.extractfile(member)
            assert content is not None
            found[member.name.partition('/')[2]] = json.load(content)
    return found


def test_all_of_a_cloud_is_gathered(
    cloud: clouds.Cloud, app: Any, tmp_path: Path, pulled: Json
) -> None:
    path = tmp_path / 'a.tar.gz'

    assert run(app, path) == 0, app.stdout.getvalue()

    found = files(path)
    assert {
        one['region_name'] for one in found['admin-api/statuses.json']
    } == {*cloud.regions}
    assert found['central/agents.json'] == []
    assert found['central/counts.json']['networks'] >= 1
    for name in cloud.regions:
        folder = f'regions/{name}'
        assert found[f'{folder}/agents.json'][0]['alive']
        aliases = {one['alias'] for one in found[f'{folder}/extensions.json']}
        assert 'tricircle-region-replicas' in aliases
    assert found['regions/RegionOne/networks.json']['central'] >= 1
    # What a tenant named is in it only on request.
    assert pulled['name'] not in json.dumps(found)


def test_networks_of_a_regions_own_are_counted(
    cloud: clouds.Cloud, app: Any, tmp_path: Path
) -> None:
    def own(name: str) -> int:
        path = tmp_path / f'{name}.tar.gz'
        assert run(app, path, '--region', 'RegionTwo') == 0
        return int(files(path)['regions/RegionTwo/networks.json']['own'])

    before = own('before')
    operator = cloud.two.client('owner', roles=('admin',))
    made = operator.create('network', name=uuid.uuid4().hex)
    try:
        assert own('after') == before + 1
    finally:
        operator.remove('network', made['id'])


def test_a_named_resource_is_shown_and_looking_moves_nothing(
    cloud: clouds.Cloud, app: Any, tmp_path: Path, pulled: Json
) -> None:
    folder = f'resources/network-{pulled["id"]}'
    wanted = ('--resource', 'network', pulled['id'])
    for name in ('once', 'again'):
        path = tmp_path / f'{name}.tar.gz'

        assert run(app, path, *wanted) == 0, app.stdout.getvalue()

        found = files(path)
        shown = found[f'{folder}/central.json']['network']
        assert shown['name'] == pulled['name']
        assert [one['region'] for one in found[f'{folder}/replicas.json']] == [
            'RegionOne'
        ]
        assert pulled['name'] in json.dumps(
            found[f'{folder}/regions/RegionOne.json']
        )
        assert found[f'{folder}/regions/RegionTwo.json'] is None


def test_of_a_region_that_is_down_it_is_said_why_all_else_is_there(
    cloud: clouds.Cloud, fresh_project: str, tmp_path: Path, pulled: Json
) -> None:
    proxy = cloud.one.from_xjob
    app = commands.make_app(cloud, RegionOne=proxy.url)
    with proxy.away():
        cloud.central.client(fresh_project).update(
            'network', pulled['id'], description='new'
        )

        def look() -> dict[str, Any]:
            path = tmp_path / 'a.tar.gz'
            app.stdout = io.StringIO()
            assert run(app, path, '--force') == 1
            found = files(path)
            assert pulled['id'] in json.dumps(
                found['admin-api/jobs-fail.json']
            )
            return found

        found = clouds.eventually(look, 20)

    lacking = {
        one['file']: one['error']
        for one in found['manifest.json']['files']
        if not one['gathered']
    }
    assert {one.rpartition('/')[0] for one in lacking} == {'regions/RegionOne'}
    assert 'refused' in lacking['regions/RegionOne/agents.json']
    assert found['regions/RegionTwo/agents.json']
    rows = {one['File']: one for one in json.loads(app.stdout.getvalue())}
    assert rows['regions/RegionOne/agents.json']['Gathered'] == 'no'


def test_who_is_no_administrator_gets_what_he_may_see(
    cloud: clouds.Cloud, tmp_path: Path
) -> None:
    app = commands.make_app(cloud, 'member')
    path = tmp_path / 'a.tar.gz'

    assert run(app, path) == 1

    manifest = {
        one['file']: one for one in files(path)['manifest.json']['files']
    }
    assert 'admin_api:pods:list' in manifest['admin-api/pods.json']['error']
    assert manifest['central/extensions.json']['gathered']
