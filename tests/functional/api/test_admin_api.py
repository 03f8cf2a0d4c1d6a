# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Pods through the Admin API, as operators manage them."""

from concurrent import futures
import json
from typing import Any
import uuid

import pytest
import requests

from tests import described
from tests.functional import cloud as clouds
from tests.functional.cloud import eventually
from tests.functional.stretched import stretched

ADMIN = ('admin',)
READER = ('reader',)
MEMBER = ('member',)


def call(
    cloud: clouds.Cloud,
    method: str,
    path: str,
    roles: tuple[str, ...] | None = ADMIN,
    **options: Any,
) -> requests.Response:
    """Send a request to the Admin API; it is as its document says."""
    assert cloud.admin_api is not None
    headers = (
        {}
        if roles is None
        else {
            'X-User-Id': 'u',
            'X-Project-Id': 'p',
            'X-Roles': ','.join(roles),
        }
    )
    answer = requests.request(
        method,
        cloud.admin_api.url + path,
        headers=headers,
        timeout=10,
        **options,
    )
    if path.startswith('/v1.0'):
        described.check(
            method,
            path,
            json.dumps(options.get('json')).encode(),
            answer.status_code,
            answer.json(),
        )
    return answer


@pytest.fixture
def region_name() -> str:
    """A region that nobody else registers."""
    return f'Region-{uuid.uuid4().hex[:8]}'


@pytest.fixture
def pod(cloud: clouds.Cloud, region_name: str) -> Any:
    """A pod, gone after the test."""
    made = call(
        cloud,
        'POST',
        '/v1.0/pods',
        json={
            'pod': {
                'region_name': region_name,
                'az_name': 'az9',
                'dc_name': 'data center 9',
            }
        },
    ).json()['pod']
    yield made
    call(cloud, 'DELETE', f'/v1.0/pods/{made["pod_id"]}')


def test_a_pod_has_the_shape_of_the_documented_api(
    pod: Any, region_name: str
) -> None:
    assert pod == {
        'pod_id': pod['pod_id'],
        'region_name': region_name,
        'az_name': 'az9',
        'pod_az_name': '',
        'dc_name': 'data center 9',
        'resource_affinity': '',
        'service_user_id': '',
        'service_project_id': '',
        'tunnel_networks': '',
        'state': 'active',
        'paused_at': None,
        'pause_reason': None,
    }
    assert str(uuid.UUID(pod['pod_id'])) == pod['pod_id']


def test_a_pod_can_be_shown_listed_and_changed(
    cloud: clouds.Cloud, pod: Any
) -> None:
    path = f'/v1.0/pods/{pod["pod_id"]}'

    changed = call(cloud, 'PUT', path, json={'pod': {'az_name': 'az10'}})
    listed = call(cloud, 'GET', '/v1.0/pods?az_name=az10')

    assert changed.json()['pod'] == {**pod, 'az_name': 'az10'}
    assert call(cloud, 'GET', path).json() == changed.json()
    assert listed.json()['pods'] == [changed.json()['pod']]


def test_a_pod_names_who_acts_for_its_region(
    cloud: clouds.Cloud, pod: Any
) -> None:
    path = f'/v1.0/pods/{pod["pod_id"]}'
    identity = {
        'service_user_id': '1f0f8c3ce5a94e0c8f8d2f0a9b1c2d3e',
        'service_project_id': 'b9b9aa1b1c2d4e5f8f8d2f0a9b1c2d3e',
    }

    answer = call(
        cloud,
        'PUT',
        path,
        json={
            'pod': {**identity, 'tunnel_networks': '192.0.2.0/25, 2001:db8::1'}
        },
    )

    assert answer.json()['pod'] == {
        **pod,
        **identity,
        'tunnel_networks': '192.0.2.0/25,2001:db8::1/128',
    }


def test_who_acts_for_a_region_is_shown_to_administrators_only(
    cloud: clouds.Cloud, pod: Any
) -> None:
    for path in ('/v1.0/pods', f'/v1.0/pods/{pod["pod_id"]}'):
        answer = call(cloud, 'GET', path, READER)

        assert answer.status_code == 200
        assert 'service_user_id' not in answer.text
        assert 'tunnel_networks' not in answer.text


def test_pages_hold_every_pod_once(cloud: clouds.Cloud, pod: Any) -> None:
    everything = call(cloud, 'GET', '/v1.0/pods').json()['pods']
    found = []
    path = '/v1.0/pods?limit=1'
    while path:
        body = call(cloud, 'GET', path).json()
        found.extend(body['pods'])
        links = body.get('pods_links', [])
        path = links[0]['href'] if links else ''

    assert found == everything


@pytest.mark.parametrize(
    'method, path, body',
    [
        ('POST', '/v1.0/pods', {'pod': {'region_name': 'X', 'az_name': 'a'}}),
        ('PUT', '/v1.0/pods/{id}', {'pod': {'az_name': 'a'}}),
        ('DELETE', '/v1.0/pods/{id}', None),
        ('GET', '/v1.0/pods/{id}/departure', None),
        (
            'PUT',
            '/v1.0/pods/{id}/departure',
            {'departure': {'how': 'drain'}},
        ),
        ('PUT', '/v1.0/pods/{id}/departure', {'departure': {'how': 'lost'}}),
        ('DELETE', '/v1.0/pods/{id}/departure', None),
    ],
)
@pytest.mark.parametrize('roles', [READER, MEMBER])
def test_only_admins_write(
    cloud: clouds.Cloud,
    pod: Any,
    method: str,
    path: str,
    body: Any,
    roles: tuple[str, ...],
) -> None:
    answer = call(
        cloud, method, path.format(id=pod['pod_id']), roles, json=body
    )

    assert answer.status_code == 403
    assert answer.json()['forbidden']['code'] == 403


def test_readers_read_and_members_do_not(
    cloud: clouds.Cloud, pod: Any
) -> None:
    for path in ('/v1.0/pods', f'/v1.0/pods/{pod["pod_id"]}'):
        assert call(cloud, 'GET', path, READER).status_code == 200
        assert call(cloud, 'GET', path, MEMBER).status_code == 403
        assert call(cloud, 'GET', path, None).status_code == 401


@pytest.mark.parametrize(
    'body, status',
    [
        ({'pod': {'region_name': ''}}, 422),
        ({'pod': {'region_name': 'a/b', 'az_name': 'az'}}, 400),
        ({'pod': {'region_name': 'x.json', 'az_name': 'az'}}, 400),
        ({'pod': {'region_name': 'x' * 256, 'az_name': 'az'}}, 400),
        ({'pod': {'region_name': 5}}, 400),
        ({'pod': {'region_name': 'x', 'unknown': 'y'}}, 400),
        ({'pod': {'region_name': 'x', 'service_user_id': 'a b'}}, 400),
        ({'pod': {'region_name': 'x', 'service_user_id': 'x' * 65}}, 400),
        ({'pod': {'region_name': 'x', 'tunnel_networks': '10.0.0.1/8'}}, 400),
        ({}, 400),
        ([], 400),
        ({'pod': {'region_name': 'RegionOne', 'az_name': 'az'}}, 409),
        ({'pod': {'region_name': 'SecondCentral'}}, 409),
    ],
)
def test_a_bad_pod_is_refused_with_the_reason(
    cloud: clouds.Cloud, body: Any, status: int
) -> None:
    before = call(cloud, 'GET', '/v1.0/pods').json()

    answer = call(cloud, 'POST', '/v1.0/pods', json=body)

    assert answer.status_code == status
    fault = next(iter(answer.json().values()))
    assert fault['code'] == status
    assert fault['message']
    assert call(cloud, 'GET', '/v1.0/pods').json() == before


@pytest.mark.parametrize('query', ['limit=x', 'marker=nobody', 'name=x'])
def test_a_bad_query_is_refused(cloud: clouds.Cloud, query: str) -> None:
    assert call(cloud, 'GET', f'/v1.0/pods?{query}').status_code == 400


def test_what_is_no_json_is_refused(cloud: clouds.Cloud) -> None:
    assert call(cloud, 'POST', '/v1.0/pods', data='{').status_code == 400
    assert call(cloud, 'POST', '/v1.0/pods', data='').status_code == 400
    assert (
        call(cloud, 'POST', '/v1.0/pods', data={'pod': 'x'}).status_code == 415
    )


def test_unknown_pods_and_paths_are_not_found(cloud: clouds.Cloud) -> None:
    assert call(cloud, 'GET', '/v1.0/pods/none').status_code == 404
    assert call(cloud, 'DELETE', '/v1.0/pods/none').status_code == 404
    assert call(cloud, 'GET', '/v1.0/nothing').status_code == 404
    assert call(cloud, 'PATCH', '/v1.0/pods').status_code == 405


def test_a_region_cannot_become_central(cloud: clouds.Cloud, pod: Any) -> None:
    answer = call(
        cloud,
        'PUT',
        f'/v1.0/pods/{pod["pod_id"]}',
        json={'pod': {'az_name': ''}},
    )

    assert answer.status_code == 409


def test_a_pod_with_presences_stays_and_says_what_is_there(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    cloud.one.nova(fresh_project).boot(network_id=network['id'])
    found = call(cloud, 'GET', '/v1.0/pods?region_name=RegionOne').json()

    answer = call(cloud, 'DELETE', f'/v1.0/pods/{found["pods"][0]["pod_id"]}')

    assert answer.status_code == 409
    message = answer.json()['conflictingRequest']['message']
    assert 'RegionOne' in message
    assert 'network' in message
    assert 'port' in message


def test_a_region_that_is_in_use_does_not_leave_and_says_what_uses_it(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    cloud.one.nova(fresh_project).boot(network_id=network['id'])
    found = call(cloud, 'GET', '/v1.0/pods?region_name=RegionOne').json()
    path = f'/v1.0/pods/{found["pods"][0]["pod_id"]}/departure'

    answer = call(cloud, 'PUT', path, json={'departure': {'how': 'drain'}})

    assert answer.status_code == 409
    assert 'in use' in answer.json()['conflictingRequest']['message']
    shown = call(cloud, 'GET', path).json()['departure']
    assert shown['state'] == 'active'
    assert shown['remaining']['network'] >= 1
    assert shown['ports_in_use'] >= 1


def test_an_empty_region_leaves_at_once_and_twice_is_no_error(
    cloud: clouds.Cloud, pod: Any
) -> None:
    path = f'/v1.0/pods/{pod["pod_id"]}/departure'
    wanted = {'departure': {'how': 'drain'}}

    first = call(cloud, 'PUT', path, json=wanted)

    assert first.status_code == 200
    assert first.json()['departure']['state'] == 'draining'
    assert call(cloud, 'PUT', path, json=wanted).status_code in (200, 404)
    eventually(lambda: _not_found(cloud, path), 20)


def _not_found(cloud: clouds.Cloud, path: str) -> None:
    assert call(cloud, 'GET', path).status_code == 404


@pytest.mark.parametrize(
    'body',
    [
        {},
        {'departure': {}},
        {'departure': {'how': 'somehow'}},
        {'departure': {'how': 'lost', 'force': True}},
        {'departure': {'how': 'drain', 'delete': False}},
        {'departure': {'how': 'drain', 'force': 'yes'}},
    ],
)
def test_a_departure_that_is_none_is_refused(
    cloud: clouds.Cloud, pod: Any, body: Any
) -> None:
    path = f'/v1.0/pods/{pod["pod_id"]}/departure'

    assert call(cloud, 'PUT', path, json=body).status_code == 400
    assert call(cloud, 'GET', path).json()['departure']['state'] == 'active'


def test_central_does_not_leave(cloud: clouds.Cloud) -> None:
    found = call(cloud, 'GET', '/v1.0/pods?region_name=CentralRegion').json()
    path = f'/v1.0/pods/{found["pods"][0]["pod_id"]}/departure'

    for how in ('drain', 'lost'):
        answer = call(cloud, 'PUT', path, json={'departure': {'how': how}})

        assert answer.status_code == 409


def test_the_version_documents_name_all_there_is(cloud: clouds.Cloud) -> None:
    versions = call(cloud, 'GET', '/').json()['versions']
    version = call(cloud, 'GET', '/v1.0').json()

    assert [one['id'] for one in versions] == ['v1.0']
    assert {link['rel'] for link in version['links']} == {
        'self',
        'adoptions',
        'bindings',
        'clashes',
        'drifts',
        'jobs',
        'pods',
        'releases',
        'routings',
        'statuses',
        'topology',
    }


def test_the_health_check_needs_no_identity(cloud: clouds.Cloud) -> None:
    assert call(cloud, 'GET', '/healthcheck', None).status_code == 200


def test_simultaneous_registrations_make_one_pod(
    cloud: clouds.Cloud, region_name: str
) -> None:
    body = {'pod': {'region_name': region_name, 'az_name': 'az9'}}
    with futures.ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda _: call(cloud, 'POST', '/v1.0/pods', json=body),
                range(8),
            )
        )

    codes = sorted(answer.status_code for answer in answers)
    assert codes == [200] + [409] * 7
    made = call(cloud, 'GET', f'/v1.0/pods?region_name={region_name}').json()
    assert len(made['pods']) == 1

    def gone() -> None:
        assert (
            call(
                cloud, 'DELETE', '/v1.0/pods/' + made['pods'][0]['pod_id']
            ).status_code
            == 200
        )

    eventually(gone)
