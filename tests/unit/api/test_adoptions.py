# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Networks that become central's, as operators ask for it and see it."""

from typing import Any
import uuid

import pytest
import sqlalchemy as sa

from tests.unit.api.conftest import Api
from tests.unit.api.conftest import MEMBER
from tests.unit.api.conftest import READER
from tricircle.db import session as sessions
from tricircle.db.central import models as central_models
from tricircle.db.central.models.adoptions import Adoption
from tricircle.replica import types

ONE, TWO = (str(uuid.UUID(int=number)) for number in (1, 2))


def wanted(
    network_id: str = ONE, region_name: str = 'RegionOne', **more: Any
) -> dict[str, Any]:
    return {
        'adoption': {
            'network_id': network_id,
            'region_name': region_name,
            **more,
        }
    }


def ask(api: Api, *args: str) -> dict[str, Any]:
    answer = api.ask('POST', '/adoptions', wanted(*args))
    assert answer.status_int == 200, answer.text
    return dict(answer.json_body['adoption'])


def note(network_id: str, **values: Any) -> None:
    with sessions.writer() as session:
        session.execute(
            sa.update(Adoption)
            .where(Adoption.network_id == network_id)
            .values(**values)
        )


def jobs() -> list[tuple[str, str, str]]:
    entry = central_models.JournalEntry
    with sessions.reader() as session:
        return [
            tuple(row)
            for row in session.execute(
                sa.select(
                    entry.resource_type, entry.resource_id, entry.region_name
                )
            )
        ]


def test_who_asks_is_noted_and_xjob_has_something_to_do(api: Api) -> None:
    made = ask(api)

    assert made['state'] == 'looking'
    assert made['user_id'] == 'u'
    assert api.get(f'/adoptions/{ONE}')['adoption'] == made
    assert jobs() == [(types.ADOPTION, ONE, 'RegionOne')]


def test_to_ask_again_is_answered_with_how_far_it_is(api: Api) -> None:
    ask(api)
    note(ONE, state='making')

    assert ask(api)['state'] == 'making'
    assert len(jobs()) == 1


def test_what_was_refused_is_begun_again(api: Api) -> None:
    ask(api)
    note(ONE, state='refused', reason='no room', word='{}', changes=3)
    assert api.get(f'/adoptions/{ONE}')['adoption']['reason'] == 'no room'

    made = ask(api, ONE, 'RegionTwo')

    assert (made['state'], made['reason']) == ('looking', None)
    assert made['region_name'] == 'RegionTwo'


def test_why_the_last_attempt_failed_is_shown_while_it_goes_on(
    api: Api,
) -> None:
    ask(api)
    with sessions.writer() as session:
        session.execute(
            sa.update(central_models.JournalEntry).values(reason='away')
        )

    assert api.get(f'/adoptions/{ONE}')['adoption']['reason'] == 'away'
    note(ONE, state='done')
    assert api.get(f'/adoptions/{ONE}')['adoption']['reason'] is None


@pytest.mark.parametrize('state', ['looking', 'checking'])
def test_what_the_region_has_not_given_is_over_when_it_is_cancelled(
    api: Api, state: str
) -> None:
    ask(api)
    note(ONE, state=state, word='{}')

    for _ in range(2):
        found = cancel(api)
        assert (found['state'], found['reason']) == (
            'refused',
            'it was cancelled',
        )
    assert ask(api)['state'] == 'looking'


@pytest.mark.parametrize('state', ['taking-over', 'making'])
def test_what_the_region_may_have_given_it_is_asked_to_take_back(
    api: Api, state: str
) -> None:
    ask(api)
    with sessions.writer() as session:
        session.execute(sa.delete(central_models.JournalEntry))
    note(ONE, state=state, word='{}')

    for _ in range(2):
        found = cancel(api)
        assert (found['state'], found['reason']) == (
            'giving-back',
            'it was cancelled',
        )
    assert jobs() == [(types.ADOPTION, ONE, 'RegionOne')]


@pytest.mark.parametrize('state', ['reporting', 'done'])
def test_what_central_has_is_not_cancelled(api: Api, state: str) -> None:
    ask(api)
    note(ONE, state=state)

    assert "central's by now" in api.refused(
        409, 'DELETE', f'/adoptions/{ONE}'
    )
    assert api.get(f'/adoptions/{ONE}')['adoption']['state'] == state


def test_what_nobody_asked_for_is_not_cancelled(api: Api) -> None:
    assert api.refused(404, 'DELETE', f'/adoptions/{ONE}')


def cancel(api: Api) -> dict[str, Any]:
    answer = api.ask('DELETE', f'/adoptions/{ONE}')
    assert answer.status_int == 200, answer.text
    return dict(answer.json_body['adoption'])


def test_adoptions_are_listed_by_page_and_state(api: Api) -> None:
    ask(api, ONE)
    ask(api, TWO, 'RegionTwo')
    note(TWO, state='done')

    def ids(query: str) -> list[str]:
        found = api.get(f'/adoptions{query}')
        return [one['network_id'] for one in found['adoptions']]

    assert ids('') == [ONE, TWO]
    assert ids('?limit=1') == [ONE]
    assert ids(f'?marker={ONE}') == [TWO]
    assert ids('?state=done') == [TWO]
    assert ids('?region_name=RegionOne') == [ONE]
    assert api.refused(400, 'GET', '/adoptions?state=x')


def test_a_page_of_adoptions_says_where_the_next_is(api: Api) -> None:
    ask(api, ONE)
    ask(api, TWO, 'RegionTwo')

    (link,) = api.get('/adoptions?limit=1&state=looking')['adoptions_links']

    assert link == {
        'rel': 'next',
        'href': f'/v1.0/adoptions?state=looking&limit=1&marker={ONE}',
    }


@pytest.mark.parametrize(
    ('status', 'body'),
    [
        (400, wanted(region_name='RegionNine')),
        (400, wanted(region_name='CentralRegion')),
        (400, wanted(network_id='net1')),
        (400, wanted(force=True)),
        (400, {'adoption': {'network_id': ONE}}),
    ],
)
def test_what_names_no_network_of_a_region_is_refused(
    api: Api, status: int, body: Any
) -> None:
    assert api.refused(status, 'POST', '/adoptions', body)
    assert jobs() == []


def test_what_central_has_is_refused(api: Api) -> None:
    with sessions.writer() as session:
        session.execute(
            sa.text('INSERT INTO networks (id) VALUES (:one)'), {'one': ONE}
        )

    assert "central's already" in api.refused(
        409, 'POST', '/adoptions', wanted()
    )


def test_a_network_is_adopted_from_one_region_at_a_time(api: Api) -> None:
    ask(api)

    assert 'RegionOne' in api.refused(
        409, 'POST', '/adoptions', wanted(ONE, 'RegionTwo')
    )


def test_what_nobody_asked_for_is_not_found(api: Api) -> None:
    assert api.refused(404, 'GET', f'/adoptions/{ONE}')


@pytest.mark.parametrize('roles', [READER, MEMBER])
@pytest.mark.parametrize(
    ('method', 'path', 'body'),
    [
        ('GET', '/adoptions', None),
        ('GET', f'/adoptions/{ONE}', None),
        ('POST', '/adoptions', wanted()),
    ],
)
def test_only_administrators_adopt(
    api: Api, method: str, path: str, body: Any, roles: str
) -> None:
    assert api.refused(403, method, path, body, roles=roles, project='p1')
    assert jobs() == []
