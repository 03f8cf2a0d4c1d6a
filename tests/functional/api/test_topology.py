# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is where, of what real Neutrons have."""

from typing import Any
import uuid

import requests

from tests.functional import cloud as clouds
from tests.functional.api.test_admin_api import call
from tests.functional.cloud import eventually
from tests.functional.stretched import boot_in_both
from tests.functional.stretched import stretched


def topology(cloud: clouds.Cloud, project: str, query: str = '') -> Any:
    """Return what a reader of a project is told."""
    assert cloud.admin_api is not None
    answer = requests.get(
        f'{cloud.admin_api.url}/v1.0/topology{query}',
        headers={
            'X-User-Id': 'u',
            'X-Project-Id': project,
            'X-Roles': 'reader',
        },
        timeout=10,
    )
    assert answer.status_code == 200, answer.text
    return answer.json()['topology']


def own(project: str, found: Any) -> Any:
    """Return what of a topology is a project's: others share networks."""
    of_it = {
        one['id'] for one in found['resources'] if one['project_id'] == project
    }
    return {
        'regions': found['regions'],
        'resources': [one for one in found['resources'] if one['id'] in of_it],
        'places': [
            one for one in found['places'] if one['resource_id'] in of_it
        ],
        'links': [one for one in found['links'] if one['router_id'] in of_it],
    }


def test_a_router_between_regions_is_told_as_it_is(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    central = cloud.central.client(project=fresh_project)
    router = central.create('router', name='between')
    (subnet,) = central.list('subnet', network_id=network['id'])
    central.add_router_interface(router['id'], subnet_id=subnet['id'])
    boot_in_both(cloud, fresh_project, network['id'])

    def settled() -> Any:
        found = own(fresh_project, topology(cloud, fresh_project))
        states = {
            (one['resource_id'], one['state']) for one in found['places']
        }
        assert states == {
            (network['id'], 'in_sync'),
            (router['id'], 'in_sync'),
        }
        return found

    found = eventually(settled, 30)

    assert {
        (one['type'], one['id'], one['name']) for one in (found['resources'])
    } == {
        ('network', network['id'], 'stretched'),
        ('router', router['id'], 'between'),
    }
    names = {one['pod_id']: one['region_name'] for one in found['regions']}
    assert {
        names[one['pod_id']]
        for one in found['places']
        if one['resource_id'] == network['id']
    } == {'RegionOne', 'RegionTwo'}
    assert found['links'] == [
        {
            'router_id': router['id'],
            'network_id': network['id'],
            'gateway': False,
        }
    ]
    stranger = topology(cloud, 'another')['resources']
    assert not {one['id'] for one in stranger} & {network['id'], router['id']}
    # Who sees all looks for it: others have networks, too.
    all_of_it = call(
        cloud, 'GET', f'/v1.0/topology?project_id={fresh_project}'
    ).json()['topology']
    assert all_of_it['places'] == found['places']
    failing = f'?state=error&search={network["id"]}&region_name=RegionOne'
    assert topology(cloud, fresh_project, failing)['resources'] == []


def test_a_network_that_is_shared_is_told_to_whom_it_is(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    other = uuid.uuid4().hex
    cloud.central.admin.create(
        'rbac_policy',
        object_type='network',
        object_id=network['id'],
        action='access_as_shared',
        target_tenant=other,
    )

    found = topology(cloud, other)['resources']

    assert (network['id'], None) in [
        (one['id'], one['project_id']) for one in found
    ]


def test_the_page_is_served(cloud: clouds.Cloud) -> None:
    answer = call(cloud, 'GET', '/topology/', roles=None)

    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers['Content-Security-Policy']
