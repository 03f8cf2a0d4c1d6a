# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Routings through the Admin API: which resource is in which region."""

from typing import Any
import uuid

import pytest
import sqlalchemy as sa

from tests.unit.api.conftest import Api
from tests.unit.api.conftest import MEMBER
from tests.unit.api.conftest import READER
from tricircle.db import session as sessions
from tricircle.db.central import models as central_models
from tricircle.db.central import presence
from tricircle.replica import types

NETWORK, PORT, OTHER = (str(uuid.UUID(int=number)) for number in (1, 2, 3))


def body(api: Api, region: str = 'RegionOne', **fields: Any) -> dict[str, Any]:
    return {
        'routing': {
            'top_id': NETWORK,
            'bottom_id': NETWORK,
            'pod_id': api.pods[region],
            'project_id': 'p1',
            'resource_type': 'network',
            **fields,
        }
    }


def make(api: Api, region: str = 'RegionOne', **fields: Any) -> Any:
    answer = api.ask('POST', '/routings', body(api, region, **fields))
    assert answer.status_int == 200, answer.text
    return answer.json_body['routing']


def ids(api: Api, query: str = '', **options: Any) -> list[int]:
    found = api.get(f'/routings{query}', **options)['routings']
    return [one['id'] for one in found]


def locations() -> set[tuple[str, ...]]:
    """Return where ports are said to be, and what uses them."""
    noted = central_models.PortLocation
    with sessions.reader() as session:
        return {
            tuple(row)
            for row in session.execute(
                sa.select(
                    noted.port_id,
                    noted.network_id,
                    noted.pod_id,
                    noted.device_id,
                )
            )
        }


def test_a_routing_has_the_shape_of_the_documented_api(api: Api) -> None:
    made = make(api)

    assert made == {
        'id': made['id'],
        'top_id': NETWORK,
        'bottom_id': NETWORK,
        'pod_id': api.pods['RegionOne'],
        'project_id': 'p1',
        'resource_type': 'network',
        'created_at': made['created_at'],
        'updated_at': None,
    }
    assert isinstance(made['id'], int)
    assert len(made['created_at']) == len('2016-11-03 03:06:38')
    assert api.get(f'/routings/{made["id"]}')['routing'] == made


def test_what_is_made_is_presence(api: Api) -> None:
    make(api)

    with sessions.reader() as session:
        found = presence.regions_of(session, types.NETWORK, NETWORK)

    assert found == ['RegionOne']


def test_routings_are_found_by_each_of_their_fields(api: Api) -> None:
    one = make(api)
    two = make(
        api,
        'RegionTwo',
        top_id=OTHER,
        bottom_id=PORT,
        project_id='p2',
        resource_type='security_group',
    )

    for field in ('id', 'top_id', 'bottom_id', 'pod_id', 'project_id'):
        assert ids(api, f'?{field}={two[field]}') == [two['id']]
    for word in ('security_group', 'security-group'):
        assert ids(api, f'?resource_type={word}') == [two['id']]
    both = [two['id'], one['id']]
    assert set(ids(api, f'?created_at={one["created_at"]}')) <= set(both)
    assert one['id'] in ids(api, f'?created_at={one["created_at"]}')
    assert ids(api, '?created_at=2001-01-01%2000:00:00') == []
    assert ids(api, f'?updated_at={one["created_at"]}') == []
    assert ids(api) == both


def test_pages_hold_every_routing_once(api: Api) -> None:
    for number in range(5):
        make(api, top_id=str(uuid.UUID(int=number)))
    everything = ids(api, '?project_id=p1')

    path, found = '/routings?limit=2&project_id=p1', []
    while path:
        answer = api.get(path)
        found += [one['id'] for one in answer['routings']]
        links = answer.get('routings_links', [])
        path = links[0]['href'].removeprefix('/v1.0') if links else ''

    assert len(everything) == 5
    assert found == everything == sorted(everything, reverse=True)


@pytest.mark.parametrize(
    'query',
    [
        'colour=red',
        'id=x',
        'limit=x',
        'marker=x',
        'marker=77',
        'marker=99999999999999999999',
        'resource_type=shadow-ports',
        'resource_type=flow_classifier',
        'created_at=yesterday',
        'created_at=9999-12-31%2023:59:59',
        'sort_key=id',
    ],
)
def test_a_bad_query_is_refused(api: Api, query: str) -> None:
    assert api.refused(400, 'GET', f'/routings?{query}')


@pytest.mark.parametrize(
    'fields',
    [
        {'top_id': ''},
        {'top_id': '../x'},
        {'top_id': 5},
        {'pod_id': 'x'},
        {'project_id': ''},
        {'resource_type': 'floatingip'},
        {'resource_type': 'shadow-ports'},
        {'more': 'x'},
    ],
)
def test_a_routing_of_what_cannot_be_is_refused(
    api: Api, fields: dict[str, Any]
) -> None:
    made = make(api, 'RegionTwo')
    path = f'/routings/{made["id"]}'

    assert api.refused(400, 'POST', '/routings', body(api, **fields))
    assert api.refused(400, 'PUT', path, {'routing': fields})
    assert api.get('/routings')['routings'] == [made]


def test_central_has_no_replicas(api: Api) -> None:
    assert 'central' in api.refused(
        400, 'POST', '/routings', body(api, 'CentralRegion')
    )


def test_a_lost_region_has_nothing(api: Api) -> None:
    api.ask(
        'PUT',
        f'/pods/{api.pods["RegionOne"]}/departure',
        {'departure': {'how': 'lost'}},
    )

    assert 'is lost' in api.refused(409, 'POST', '/routings', body(api))


def test_a_resource_is_in_a_region_once(api: Api) -> None:
    made = make(api)
    two = make(api, 'RegionTwo')

    assert api.refused(409, 'POST', '/routings', body(api))
    assert api.refused(
        409,
        'PUT',
        f'/routings/{two["id"]}',
        {'routing': {'pod_id': made['pod_id']}},
    )
    assert ids(api) == [two['id'], made['id']]


def test_a_port_is_in_one_region_only(api: Api) -> None:
    make(api, resource_type='port', top_id=PORT)
    network = make(api, 'RegionTwo', top_id=PORT)

    for method, path, given in (
        (
            'POST',
            '/routings',
            body(api, 'RegionTwo', resource_type='port', top_id=PORT),
        ),
        (
            'PUT',
            f'/routings/{network["id"]}',
            {'routing': {'resource_type': 'port'}},
        ),
    ):
        assert 'in a region already' in api.refused(409, method, path, given)


def test_a_routing_is_changed(api: Api) -> None:
    made = make(api)
    changes = {
        'top_id': OTHER,
        'bottom_id': OTHER,
        'pod_id': api.pods['RegionTwo'],
        'project_id': 'p2',
        'resource_type': 'router',
    }

    answer = api.ask(
        'PUT', f'/routings/{made["id"]}', {'routing': changes}
    ).json_body['routing']

    assert answer == {**made, **changes, 'updated_at': answer['updated_at']}
    assert answer['updated_at'] >= made['created_at']
    assert api.get(f'/routings/{made["id"]}')['routing'] == answer


def place_port() -> None:
    """Make a port of central that is in use."""
    with sessions.writer() as session:
        session.execute(
            sa.text('INSERT INTO ports VALUES (:port, :network, :device)'),
            {'port': PORT, 'network': NETWORK, 'device': 'vm'},
        )


def test_a_port_that_is_noted_has_a_place_for_what_its_region_says(
    api: Api,
) -> None:
    place_port()

    made = make(api, resource_type='port', top_id=PORT)

    assert locations() == {(PORT, NETWORK, api.pods['RegionOne'], 'vm')}
    moved = {'routing': {'pod_id': api.pods['RegionTwo']}}
    assert api.ask('PUT', f'/routings/{made["id"]}', moved).status_int == 200
    assert locations() == {(PORT, NETWORK, api.pods['RegionTwo'], 'vm')}


def test_what_a_region_said_of_a_port_stays_while_it_is_there(
    api: Api,
) -> None:
    with sessions.writer() as session:
        presence.place_again(
            session, api.pods['RegionOne'], PORT, NETWORK, 'p1', 'vm'
        )
    before = locations()
    (routing_id,) = ids(api, f'?top_id={PORT}')
    changes = {'routing': {'project_id': 'p2'}}

    api.ask('PUT', f'/routings/{routing_id}', changes)

    assert locations() == before

    assert api.ask('DELETE', f'/routings/{routing_id}').status_int == 200
    assert locations() == set()


def test_a_port_that_central_has_not_has_none(api: Api) -> None:
    make(api, resource_type='port', top_id=PORT)

    assert locations() == set()


def test_a_routing_is_deleted(api: Api) -> None:
    made = make(api)

    answer = api.ask('DELETE', f'/routings/{made["id"]}')

    assert (answer.status_int, answer.json_body) == (200, {})
    assert api.refused(404, 'GET', f'/routings/{made["id"]}')


@pytest.mark.parametrize('method', ['GET', 'PUT', 'DELETE'])
@pytest.mark.parametrize('routing_id', ['77', 'x', '9' * 30, '-1'])
def test_a_routing_that_is_none_is_not_found(
    api: Api, method: str, routing_id: str
) -> None:
    given = {'routing': {}} if method == 'PUT' else None

    assert api.refused(404, method, f'/routings/{routing_id}', given)


def test_a_project_sees_where_its_own_resources_are(api: Api) -> None:
    own, other = make(api), make(api, top_id=OTHER, project_id='p2')
    reader = {'roles': READER, 'project': 'p1'}

    assert ids(api, **reader) == [own['id']]
    assert ids(api, '?project_id=p2', **reader) == []
    assert api.get(f'/routings/{own["id"]}', **reader)
    assert api.refused(404, 'GET', f'/routings/{other["id"]}', **reader)
    assert api.refused(400, 'GET', f'/routings?marker={other["id"]}', **reader)
    assert ids(api) == [other['id'], own['id']]


@pytest.mark.parametrize('roles', [READER, MEMBER])
def test_only_administrators_change_routings(api: Api, roles: str) -> None:
    made = make(api)
    one = f'/routings/{made["id"]}'

    for method, path, given in (
        ('POST', '/routings', body(api, 'RegionTwo')),
        ('PUT', one, {'routing': {'project_id': 'p2'}}),
        ('DELETE', one, None),
    ):
        assert api.refused(403, method, path, given, roles=roles, project='p1')
    assert api.get('/routings')['routings'] == [made]
    assert api.refused(403, 'GET', '/routings', roles=MEMBER)
