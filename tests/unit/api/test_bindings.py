# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Bindings through the Admin API: with which pod a project places things."""

from typing import Any

import pytest

from tests.unit.api.conftest import Api
from tests.unit.api.conftest import MEMBER
from tests.unit.api.conftest import READER
from tricircle.db import session as sessions
from tricircle.db.central import bindings
from tricircle.db.central import pods
from tricircle.db.central.models import PodState


@pytest.fixture
def three(api: Api) -> str:
    """The ID of a second pod in az1."""
    with sessions.writer() as session:
        return pods.create(session, 'RegionThree', 'az1').pod_id


def body(pod_id: str, tenant_id: str = 'p1') -> dict[str, Any]:
    return {'pod_binding': {'tenant_id': tenant_id, 'pod_id': pod_id}}


def make(api: Api, region: str = 'RegionOne', tenant_id: str = 'p1') -> Any:
    answer = api.ask('POST', '/bindings', body(api.pods[region], tenant_id))
    assert answer.status_int == 200, answer.text
    return answer.json_body['pod_binding']


def rebind(api: Api, binding: Any, pod_id: str) -> Any:
    answer = api.ask(
        'PUT',
        f'/bindings/{binding["id"]}',
        {'pod_binding': {'pod_id': pod_id}},
    )
    assert answer.status_int == 200, answer.text
    return answer.json_body['pod_binding']


def ids(api: Api, query: str = '', **options: Any) -> list[int]:
    found = api.get(f'/bindings{query}', **options)['bindings']
    return [one['id'] for one in found]


def test_a_binding_has_the_shape_of_the_documented_api(api: Api) -> None:
    made = make(api)

    assert made == {
        'id': made['id'],
        'tenant_id': 'p1',
        'pod_id': api.pods['RegionOne'],
        'region_name': 'RegionOne',
        'az_name': 'az1',
        'is_binding': True,
        'created_at': made['created_at'],
        'updated_at': None,
        'reason': None,
    }
    assert api.get(f'/bindings/{made["id"]}')['pod_binding'] == made


def test_what_is_made_stands(api: Api) -> None:
    make(api)

    with sessions.reader() as session:
        found = bindings.standing(session, 'p1')

    assert found == {'az1': api.pods['RegionOne']}


def test_bindings_are_found_by_each_of_their_fields(api: Api) -> None:
    one = make(api)
    two = make(api, 'RegionTwo', 'p2')

    for field in ('id', 'tenant_id', 'pod_id', 'region_name', 'az_name'):
        assert ids(api, f'?{field}={two[field]}') == [two['id']]
    assert ids(api) == [two['id'], one['id']]


def test_those_that_stand_are_told_from_history(api: Api, three: str) -> None:
    old = make(api)
    new = rebind(api, old, three)

    assert ids(api, '?is_binding=true') == [new['id']]
    assert ids(api, '?is_binding=false') == [old['id']]


def test_a_list_has_pages(api: Api) -> None:
    one = make(api)
    two = make(api, 'RegionTwo')

    page = api.get('/bindings?limit=1')

    assert [binding['id'] for binding in page['bindings']] == [two['id']]
    assert page['bindings_links'][0]['href'].endswith(
        f'limit=1&marker={two["id"]}'
    )
    assert ids(api, f'?limit=1&marker={two["id"]}') == [one['id']]


@pytest.mark.parametrize(
    ('query', 'said'),
    [
        ('?marker=9', 'marker 9 is no binding'),
        ('?marker=x', 'marker is no number'),
        ('?id=x', 'id is no number'),
        ('?is_binding=maybe', 'is_binding cannot be maybe'),
        ('?project=x', 'Unsupported filter project'),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(
    api: Api, query: str, said: str
) -> None:
    assert said in api.refused(400, 'GET', f'/bindings{query}')


def test_a_project_is_bound_once_a_zone(api: Api, three: str) -> None:
    made = make(api)

    for pod_id in (api.pods['RegionOne'], three):
        said = api.refused(409, 'POST', '/bindings', body(pod_id))
        assert f'change binding {made["id"]}, or delete it first' in said


def test_it_is_bound_in_each_zone_and_each_project_is(api: Api) -> None:
    for region in ('RegionOne', 'RegionTwo'):
        for tenant_id in ('p1', 'p2'):
            make(api, region, tenant_id)

    assert len(ids(api)) == 4


@pytest.mark.parametrize(
    'fields',
    [
        {},
        {'tenant_id': 'p1'},
        {'tenant_id': '', 'pod_id': 'x'},
        {'tenant_id': 'p1', 'pod_id': ''},
        {'tenant_id': 'p1', 'pod_id': 'x', 'is_binding': False},
        {'tenant_id': 'p1', 'pod_id': 'of none'},
    ],
)
def test_a_body_that_makes_no_sense_is_refused(
    api: Api, fields: dict[str, Any]
) -> None:
    api.refused(400, 'POST', '/bindings', {'pod_binding': fields})


def test_nothing_is_placed_in_central(api: Api) -> None:
    said = api.refused(
        400, 'POST', '/bindings', body(api.pods['CentralRegion'])
    )
    assert 'the region of central Neutron' in said


@pytest.mark.parametrize('state', [PodState.DRAINING, PodState.LOST])
def test_a_pod_that_takes_nothing_is_refused(
    api: Api, state: PodState
) -> None:
    with sessions.writer() as session:
        pods.get(session, api.pods['RegionOne']).state = state

    said = api.refused(409, 'POST', '/bindings', body(api.pods['RegionOne']))

    assert said == f'RegionOne is {state}'


def test_to_bind_anew_ends_one_and_makes_another(api: Api, three: str) -> None:
    old = make(api)
    new = rebind(api, old, three)

    assert (new['pod_id'], new['is_binding']) == (three, True)
    ended = api.get(f'/bindings/{old["id"]}')['pod_binding']
    assert (ended['is_binding'], ended['reason']) == (
        False,
        'an administrator bound the project to another pod',
    )
    assert ended['updated_at'] is not None


def test_a_project_may_come_back(api: Api, three: str) -> None:
    new = rebind(api, make(api), three)

    assert rebind(api, new, api.pods['RegionOne'])['is_binding']
    assert len(ids(api)) == 3


def test_to_bind_to_the_same_pod_changes_nothing(api: Api) -> None:
    made = make(api)

    assert rebind(api, made, api.pods['RegionOne']) == made


def test_a_pod_of_another_zone_takes_its_place_nowhere(api: Api) -> None:
    made = make(api)

    said = api.refused(
        409,
        'PUT',
        f'/bindings/{made["id"]}',
        {'pod_binding': {'pod_id': api.pods['RegionTwo']}},
    )

    assert 'RegionTwo is in the zone az2' in said


def test_what_has_ended_is_not_changed(api: Api, three: str) -> None:
    old = make(api)
    rebind(api, old, three)

    said = api.refused(
        409,
        'PUT',
        f'/bindings/{old["id"]}',
        {'pod_binding': {'pod_id': three}},
    )

    assert said.startswith(f'Binding {old["id"]} has ended: ')


def test_a_binding_that_is_deleted_is_gone(api: Api) -> None:
    made = make(api)

    assert api.ask('DELETE', f'/bindings/{made["id"]}').status_int == 200
    api.refused(404, 'GET', f'/bindings/{made["id"]}')
    make(api)


@pytest.mark.parametrize('binding_id', ['7', 'x', '9' * 30])
def test_what_is_not_there_is_not_found(api: Api, binding_id: str) -> None:
    path = f'/bindings/{binding_id}'
    for method, sent in (
        ('GET', None),
        ('PUT', {'pod_binding': {'pod_id': 'x'}}),
        ('DELETE', None),
    ):
        said = api.refused(404, method, path, sent)
        assert said == f'Binding {binding_id} could not be found'


def test_a_pod_that_is_deleted_ends_its_bindings(api: Api) -> None:
    made = make(api)

    api.ask('DELETE', f'/pods/{api.pods["RegionOne"]}')

    ended = api.get(f'/bindings/{made["id"]}')['pod_binding']
    assert (ended['is_binding'], ended['reason']) == (
        False,
        'its pod was deleted',
    )


def test_readers_see_the_bindings_of_their_project(api: Api) -> None:
    own = make(api)
    other = make(api, tenant_id='p2')

    assert ids(api, roles=READER, project='p1') == [own['id']]
    api.refused(
        404, 'GET', f'/bindings/{other["id"]}', roles=READER, project='p1'
    )


def test_readers_change_nothing(api: Api) -> None:
    made = make(api)
    path = f'/bindings/{made["id"]}'

    for method, where, sent in (
        ('POST', '/bindings', body(api.pods['RegionOne'])),
        ('PUT', path, {'pod_binding': {'pod_id': 'x'}}),
        ('DELETE', path, None),
    ):
        api.refused(403, method, where, sent, roles=READER, project='p1')


def test_members_see_nothing(api: Api) -> None:
    api.refused(403, 'GET', '/bindings', roles=MEMBER)
