# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is where, through the Admin API, and who may see it."""

from typing import Any
import uuid

import pytest
from sqlalchemy import event

from tests.unit.api import placing
from tests.unit.api.conftest import Api
from tests.unit.api.conftest import MEMBER
from tests.unit.api.conftest import READER
from tests.unit.api.test_jobs import claim
from tests.unit.api.test_jobs import fail
from tests.unit.api.test_jobs import record
from tests.unit.api.test_statuses import UNKNOWN
from tricircle.db import session as sessions
from tricircle.db.central import topology
from tricircle.db.central.job import changes as job_changes
from tricircle.db.central.pod import contacts
from tricircle.journal import job_ends
from tricircle.replica import types

NET_A, NET_B, ROUTER, PIECE = (
    str(uuid.UUID(int=number)) for number in (1, 2, 3, 4)
)
OF_P1 = {'roles': READER, 'project': 'p1'}
OF_P2 = {'roles': READER, 'project': 'p2'}


def shown(api: Api, query: str = '', **options: Any) -> dict[str, Any]:
    return dict(api.get(f'/topology{query}', **options)['topology'])


def ids(api: Api, query: str = '', **options: Any) -> list[str]:
    return [one['id'] for one in shown(api, query, **options)['resources']]


def place_state(api: Api, **options: Any) -> str:
    (place,) = shown(api, **options)['places']
    return str(place['state'])


def region(api: Api, name: str = 'RegionOne', **options: Any) -> Any:
    (found,) = (
        one
        for one in shown(api, **options)['regions']
        if one['region_name'] == name
    )
    return found


def network(api: Api, region_name: str = 'RegionOne') -> None:
    """Have a network of p1, to be in a region."""
    placing.network(NET_A, 'a', 'p1')
    placing.put(api, NET_A, region_name)
    record(NET_A, region_name)


def test_nothing_but_regions_is_told_where_there_is_nothing(api: Api) -> None:
    found = shown(api)

    assert found['regions'][0] == {
        'pod_id': api.pods['RegionOne'],
        'region_name': 'RegionOne',
        'state': 'active',
        'paused_at': None,
        'pause_reason': None,
        'answers': None,
        'answers_since': None,
        'contact_failure': None,
        'data_path': UNKNOWN,
        'pending': 0,
        'failing': 0,
    }
    assert [one['region_name'] for one in found['regions']] == [
        'RegionOne',
        'RegionTwo',
    ]
    assert (found['resources'], found['places'], found['links']) == (
        [],
        [],
        [],
    )


def test_a_network_is_told_with_where_it_is(api: Api) -> None:
    network(api)

    found = shown(api)

    assert found['resources'] == [
        {
            'type': 'network',
            'id': NET_A,
            'name': 'a',
            'project_id': 'p1',
            'bridge_of': None,
        }
    ]
    assert found['places'] == [
        {
            'resource_id': NET_A,
            'replica_id': NET_A,
            'pod_id': api.pods['RegionOne'],
            'state': 'pending',
            'reason': None,
            'omitted': [],
        }
    ]


def test_what_a_region_has_as_wanted_is_in_sync(api: Api) -> None:
    network(api)
    job_ends.finish(claim(), 'd', ())

    assert place_state(api) == 'in_sync'


def test_what_has_a_change_to_come_is_pending_again(api: Api) -> None:
    network(api)
    job_ends.finish(claim(), 'd', ())
    record(NET_A)

    assert place_state(api) == 'pending'


def test_what_a_region_has_no_place_for_is_named(api: Api) -> None:
    network(api)
    job_ends.finish(claim(), 'd', ('network.dns_domain',))

    (place,) = shown(api)['places']
    assert place['state'] == 'omitted'
    assert place['omitted'] == ['network.dns_domain']


def test_what_failed_is_told_with_its_reason(api: Api) -> None:
    network(api)
    fail()

    (place,) = shown(api)['places']
    assert (place['state'], place['reason']) == ('error', 'it is full')


def test_what_an_operator_ended_is_told_to_be_so(api: Api) -> None:
    network(api)
    fail()
    with sessions.writer() as session:
        (job,) = api.get('/jobs')['jobs']
        job_changes.end(session, job['id'])

    assert place_state(api) == 'ended'


def test_what_nothing_is_recorded_of_is_unknown(api: Api) -> None:
    placing.network(NET_A, 'a', 'p1')
    placing.put(api, NET_A, 'RegionOne')

    assert place_state(api) == 'unknown'


def test_what_was_removed_and_is_noted_to_be_there_is_unknown(
    api: Api,
) -> None:
    network(api)
    job_ends.finish(claim(), None, ())

    assert place_state(api) == 'unknown'


def test_a_router_is_where_its_pieces_are(api: Api) -> None:
    placing.router(ROUTER, 'r', 'p1')
    placing.piece(api, PIECE, ROUTER, 'RegionTwo')
    record(PIECE, 'RegionTwo', types.ROUTER)
    job_ends.finish(claim('RegionTwo'), 'd', ())

    (place,) = shown(api)['places']

    assert place == {
        'resource_id': ROUTER,
        'replica_id': PIECE,
        'pod_id': api.pods['RegionTwo'],
        'state': 'in_sync',
        'reason': None,
        'omitted': [],
    }


def test_networks_on_a_router_are_linked_to_it(api: Api) -> None:
    placing.network(NET_A, 'a', 'p1')
    placing.network(NET_B, 'b', 'p1')
    placing.router(ROUTER, 'r', 'p1')
    placing.link(ROUTER, NET_A)
    placing.link(ROUTER, NET_B, 'network:router_gateway')
    placing.link(ROUTER, NET_B, 'network:floatingip')

    assert shown(api)['links'] == [
        {'router_id': ROUTER, 'network_id': NET_A, 'gateway': False},
        {'router_id': ROUTER, 'network_id': NET_B, 'gateway': True},
    ]


def test_the_network_between_pieces_tells_of_which_router(api: Api) -> None:
    placing.network(NET_A, '', '')
    placing.bridge(NET_A, ROUTER)

    (found,) = shown(api)['resources']

    assert found['bridge_of'] == ROUTER


def test_a_region_tells_whether_it_answers_and_what_waits(api: Api) -> None:
    network(api)
    fail()
    with sessions.writer() as session:
        contacts.note(session, 'RegionOne', False, 'no route')

    found = region(api)

    assert found['answers'] is False
    assert found['contact_failure'] == 'no route'
    assert (found['pending'], found['failing']) == (1, 1)
    assert region(api, 'RegionTwo')['pending'] == 0


def test_a_project_sees_its_own(api: Api) -> None:
    placing.network(NET_A, 'a', 'p1')
    placing.network(NET_B, 'b', 'p2')
    placing.router(ROUTER, 'r', 'p2')

    assert ids(api, **OF_P1) == [NET_A]
    assert ids(api, **OF_P2) == [NET_B, ROUTER]
    assert ids(api) == [NET_A, NET_B, ROUTER]


@pytest.mark.parametrize('target', ['p1', '*'])
@pytest.mark.parametrize('action', ['access_as_shared', 'access_as_external'])
def test_a_project_sees_what_is_shared_with_it(
    api: Api, target: str, action: str
) -> None:
    placing.network(NET_B, 'b', 'p2')
    placing.put(api, NET_B, 'RegionOne')
    record(NET_B, project='p2')
    fail()
    placing.share(NET_B, target, action)

    found = shown(api, **OF_P1)

    assert [(one['id'], one['project_id']) for one in found['resources']] == [
        (NET_B, None)
    ]
    # Why it fails is told to whose it is.
    assert [(one['state'], one['reason']) for one in found['places']] == [
        ('error', None)
    ]
    assert shown(api, **OF_P2)['places'][0]['reason'] == 'it is full'


def test_what_is_shared_with_one_project_is_not_with_another(
    api: Api,
) -> None:
    placing.network(NET_B, 'b', 'p2')
    placing.share(NET_B, 'p3')

    assert ids(api, **OF_P1) == []


def test_a_project_sees_no_link_to_what_it_does_not_see(api: Api) -> None:
    placing.network(NET_B, 'b', 'p2')
    placing.router(ROUTER, 'r', 'p1')
    placing.link(ROUTER, NET_B)

    assert shown(api, **OF_P1)['links'] == []
    placing.share(NET_B, 'p1')
    assert len(shown(api, **OF_P1)['links']) == 1


@pytest.mark.parametrize('target', ['p1', '*'])
def test_the_network_between_pieces_is_for_operators(
    api: Api, target: str
) -> None:
    placing.network(NET_A, '', '')
    placing.bridge(NET_A, ROUTER)
    placing.share(NET_A, target)

    assert ids(api, **OF_P1) == []


def test_figures_are_those_of_the_own_project(api: Api) -> None:
    record(NET_A, project='p1')
    record(NET_B, project='p2')
    record(ROUTER, kind=types.ROUTER, project='p2')

    assert region(api)['pending'] == 3
    assert region(api, **OF_P1)['pending'] == 1
    assert region(api, **OF_P2)['pending'] == 2


def test_a_caller_without_a_project_sees_nothing_of_anybody(api: Api) -> None:
    placing.network(NET_A, 'a', '')
    placing.router(ROUTER, 'r', '')
    record(NET_A, project='')

    assert ids(api, roles=READER, project='') == []


def test_a_project_is_not_told_where_regions_are(api: Api) -> None:
    network(api)
    with sessions.writer() as session:
        contacts.note(session, 'RegionOne', False, 'http://10.0.0.5 is away')
    job_ends.fail(claim(), 'http://10.0.0.5:9696/v2.0 is away', 60.0)

    found = shown(api, **OF_P1)

    assert '10.0.0.5' not in str(found)
    assert region(api, **OF_P1)['answers'] is False
    assert 'is away' in found['places'][0]['reason']
    assert '10.0.0.5' in str(shown(api))


def test_who_may_not_read_is_refused(api: Api) -> None:
    said = api.refused(403, 'GET', '/topology', roles=MEMBER)

    assert 'admin_api:topology:list' in said


@pytest.mark.parametrize(
    ('query', 'wanted'),
    [
        ('type=router', [ROUTER]),
        ('type=network', [NET_A, NET_B]),
        ('project_id=p2', [NET_B]),
        ('search=ee', [NET_B]),
        ('search=%25', []),
        (f'search={ROUTER}', [ROUTER]),
        ('region_name=RegionOne', [NET_A]),
        ('region_name=RegionTwo', [NET_A, ROUTER]),
        ('state=error', [NET_A]),
        ('state=error&region_name=RegionOne', [NET_A]),
        ('state=error&region_name=RegionTwo', []),
        ('state=pending', [ROUTER]),
        ('state=unknown', [NET_A]),
        ('state=unknown&region_name=RegionOne', []),
    ],
)
def test_what_is_looked_for_is_found(
    api: Api, query: str, wanted: list[str]
) -> None:
    network(api)
    fail()
    placing.put(api, NET_A, 'RegionTwo')
    placing.network(NET_B, 'tree', 'p2')
    placing.router(ROUTER, 'r', 'p1')
    placing.piece(api, PIECE, ROUTER, 'RegionTwo')
    record(PIECE, 'RegionTwo', types.ROUTER)

    assert ids(api, f'?{query}') == wanted


@pytest.mark.parametrize('query', ['state=lost', 'type=port', 'colour=red'])
def test_what_cannot_be_looked_for_is_refused(api: Api, query: str) -> None:
    api.refused(400, 'GET', f'/topology?{query}')


def test_pages_have_everything_once(api: Api) -> None:
    every = [str(uuid.UUID(int=number)) for number in range(1, 8)]
    for number, one in enumerate(every):
        if number % 3 == 1:
            placing.router(one, 'r', 'p1')
        else:
            placing.network(one, 'n', 'p1')
    path, seen = '/topology?limit=3', list[str]()
    pages = 0
    while path:
        body = api.get(path)
        seen += [one['id'] for one in body['topology']['resources']]
        links = body.get('topology_links', [{'href': ''}])
        path = links[0]['href'].removeprefix('/v1.0')
        pages += 1

    assert (seen, pages) == (every, 3)


def test_a_page_ends_before_it_has_too_many_places(api: Api) -> None:
    every = [str(uuid.UUID(int=number)) for number in range(1, 5)]
    for one in every[:3]:
        placing.network(one, 'n', 'p1')
        for name in ('RegionOne', 'RegionTwo'):
            placing.put(api, one, name)
    placing.router(every[3], 'r', 'p1')
    found, marker = list[list[str]](), None
    for _ in range(4):
        with sessions.reader() as session:
            page = topology.read(session, {}, None, marker, 10, 3)
        found.append([one.id for one in page.resources])
        # Each resource has all of its places on its page.
        assert len(page.places) == 2 * len(
            [one for one in page.resources if one.type == types.NETWORK]
        )
        marker = page.marker
        if marker is None:
            break

    assert found == [every[:1], every[1:2], every[2:]]


def test_one_resource_is_shown_however_many_places_it_has(api: Api) -> None:
    placing.network(NET_A, 'n', 'p1')
    for name in ('RegionOne', 'RegionTwo'):
        placing.put(api, NET_A, name)

    with sessions.reader() as session:
        page = topology.read(session, {}, None, None, 10, 1)

    assert [one.id for one in page.resources] == [NET_A]


@pytest.mark.parametrize('options', [{}, OF_P1])
def test_statements_do_not_grow_with_what_there_is(
    api: Api, options: Any
) -> None:
    def statements() -> int:
        seen: list[str] = []
        with sessions.reader() as session:
            engine = session.get_bind()

        def note(*arguments: Any) -> None:
            if arguments[2] != 'BEGIN':
                seen.append(arguments[2])

        event.listen(engine, 'before_cursor_execute', note)
        try:
            shown(api, **options)
        finally:
            event.remove(engine, 'before_cursor_execute', note)
        return len(seen)

    before = statements()
    for number in range(1, 40, 2):
        one, other = (str(uuid.UUID(int=number + more)) for more in (0, 1))
        placing.network(one, 'n', 'p1')
        placing.put(api, one, 'RegionOne')
        placing.router(other, 'r', 'p1')
        placing.piece(api, other, other, 'RegionTwo')
        placing.link(other, one)

    assert statements() == before == 7
