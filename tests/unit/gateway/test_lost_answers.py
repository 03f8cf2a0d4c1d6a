# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What becomes of a POST or DELETE whose answer is lost, step by step."""

from collections.abc import Callable, Iterator
import contextlib
import datetime
from typing import Any

import hypothesis
from hypothesis import strategies
from oslo_db import exception as db_exc
from oslo_utils import timeutils
import pytest
import sqlalchemy as sa

from tests.unit.gateway import faulty
from tests.unit.gateway import stand_in
from tricircle.conf import fault_point
from tricircle.db import session as sessions
from tricircle.db.central import models
from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway import homes
from tricircle.gateway import placings

SERVERS = '/v2.1/servers'
GROUPS = '/v2.1/os-server-groups'
LATER = datetime.timedelta(seconds=3600)


class Killed(BaseException):
    """The gateway is no more."""


@pytest.fixture
def there(database: None) -> faulty.Regions:
    return faulty.Regions('One', 'Two')


@pytest.fixture
def one(there: faulty.Regions) -> faulty.Region:
    """The region that everything goes to."""
    found: faulty.Region = there.there['One']
    return found


@pytest.fixture
def patience() -> faulty.Patience:
    return faulty.Patience()


def cloud_of(there: Any, patience: faulty.Patience) -> asking.Cloud:
    return asking.Cloud(
        regions=there,
        homes=homes.Homes(there, 1.0),
        scopes=lambda networks, ports: {},
        list_timeout=1.0,
        max_limit=1000,
        placings=placings.Placings(60.0, patience),
    )


@pytest.fixture
def client(there: Any, patience: faulty.Patience) -> stand_in.Client:
    return stand_in.Client(cloud_of(there, patience))


@pytest.fixture
def kill(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Have the gateway die at a fault point."""

    def arm(point: str) -> None:
        def reach(name: str) -> None:
            if name == point:
                raise Killed

        monkeypatch.setattr(fault_point, 'reach', reach)

    return arm


@pytest.fixture
def database_away(
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[], None]:
    """Have the database go away; what is read or written then fails."""

    @contextlib.contextmanager
    def away() -> Iterator[Any]:
        raise db_exc.DBConnectionError(OSError('no connection'))
        yield

    def go() -> None:
        monkeypatch.setattr(sessions, 'writer', away)
        monkeypatch.setattr(sessions, 'reader', away)

    return go


def boot(client: stand_in.Client, **wish: Any) -> Any:
    return client.ask(
        'POST', SERVERS, {'server': {'name': 'a', 'flavorRef': '1', **wish}}
    )


def group(client: stand_in.Client, name: str = 'g') -> Any:
    return client.ask('POST', GROUPS, {'server_group': {'name': name}})


def noted() -> dict[str, str]:
    """Return the homes that are noted, by ID."""
    with sessions.reader() as session:
        return {
            home.resource_id: home.region_name
            for home in session.scalars(sa.select(models.ResourceHome))
        }


def open_rows() -> int:
    with sessions.reader() as session:
        return len(list(session.scalars(sa.select(models.Placing))))


def pass_by() -> None:
    """Have the deadlines of all rows pass by."""
    with sessions.writer() as session:
        session.execute(
            sa.update(models.Placing).values(
                deadline=timeutils.utcnow() - LATER
            )
        )


LOST_AFTER = [
    faulty.closed_after,
    faulty.bad_gateway_after,
    faulty.error_after,
]


class TestMade:
    @pytest.mark.parametrize('fault', LOST_AFTER)
    def test_a_server_whose_answer_was_lost_is_the_answer(
        self, client: stand_in.Client, one: faulty.Region, fault: faulty.Fault
    ) -> None:
        one.faults = [fault]
        answer = boot(client)
        assert answer.status_int == 202
        assert answer.json['server']['id'] == one.servers[0]['id']

    @pytest.mark.parametrize('fault', LOST_AFTER)
    def test_its_home_is_noted_and_nothing_is_left_to_place(
        self, client: stand_in.Client, one: faulty.Region, fault: faulty.Fault
    ) -> None:
        one.faults = [fault]
        server = boot(client).json['server']['id']
        assert (noted(), open_rows()) == ({server: 'One'}, 0)

    @pytest.mark.parametrize('fault', LOST_AFTER)
    def test_there_is_one_server_in_all(
        self,
        client: stand_in.Client,
        there: faulty.Regions,
        fault: faulty.Fault,
    ) -> None:
        there.there['One'].faults = [fault]
        boot(client)
        assert [len(region.servers) for region in there.there.values()] == [
            1,
            0,
        ]

    def test_no_password_is_invented(
        self, client: stand_in.Client, one: faulty.Region
    ) -> None:
        one.faults = [faulty.closed_after]
        assert set(boot(client).json['server']) == {
            'id',
            'links',
            'OS-DCF:diskConfig',
            'security_groups',
        }

    def test_a_password_that_the_user_gave_is_told(
        self, client: stand_in.Client, one: faulty.Region
    ) -> None:
        one.faults = [faulty.closed_after]
        answer = boot(client, adminPass='mine')
        assert answer.json['server']['adminPass'] == 'mine'

    def test_where_it_is_is_told_as_the_gateways(
        self, client: stand_in.Client, one: faulty.Region
    ) -> None:
        one.faults = [faulty.closed_after]
        answer = boot(client)
        where = f'http://cloud.example:19998{SERVERS}/{one.servers[0]["id"]}'
        assert answer.headers['Location'] == where
        assert answer.json['server']['links'][0]['href'] == where

    def test_one_that_is_made_a_little_later_is_found(
        self,
        client: stand_in.Client,
        one: faulty.Region,
        patience: faulty.Patience,
    ) -> None:
        one.faults = [faulty.closed_before]
        patience.happens = lambda: (
            one.servers or one.make({'name': 'a', 'flavorRef': '1'})
        )
        assert boot(client).status_int == 202

    def test_one_of_the_same_name_from_before_is_another(
        self, client: stand_in.Client, one: faulty.Region
    ) -> None:
        one.make({'name': 'a', 'flavorRef': '1'}, timeutils.utcnow() - LATER)
        one.faults = [faulty.closed_after]
        assert boot(client).json['server']['id'] == one.servers[1]['id']

    def test_one_that_was_answered_before_is_another(
        self, client: stand_in.Client, one: faulty.Region
    ) -> None:
        first = boot(client).json['server']['id']
        one.faults = [faulty.closed_after]
        second = boot(client).json['server']['id']
        assert [first, second] == [server['id'] for server in one.servers]

    def test_one_that_a_list_showed_meanwhile_is_it_all_the_same(
        self,
        client: stand_in.Client,
        one: faulty.Region,
        patience: faulty.Patience,
    ) -> None:
        def listed() -> None:
            if not one.servers:
                one.make({'name': 'a', 'flavorRef': '1'})
                client.ask('GET', SERVERS)

        one.faults = [faulty.closed_before]
        patience.happens = listed
        assert boot(client).status_int == 202

    @pytest.mark.parametrize('fault', [faulty.closed_after])
    def test_a_group_whose_answer_was_lost_is_the_answer(
        self, client: stand_in.Client, one: faulty.Region, fault: faulty.Fault
    ) -> None:
        group(client)
        one.faults = [fault]
        answer = group(client)
        assert answer.status_int == 200
        assert answer.json['server_group'] == one.groups[1]
        assert (set(noted()), open_rows()) == (
            {one['id'] for one in one.groups},
            0,
        )


class TestUnknown:
    def test_what_is_nowhere_to_be_found_is_not_called_made(
        self, client: stand_in.Client, one: faulty.Region
    ) -> None:
        one.faults = [faulty.closed_before]
        answer = boot(client)
        assert answer.status_int == 504
        assert 'One does not answer' in answer.text
        assert 'by request req-' in answer.text

    def test_it_is_looked_for_as_long_as_is_said(
        self,
        client: stand_in.Client,
        one: faulty.Region,
        patience: faulty.Patience,
    ) -> None:
        one.faults = [faulty.closed_before]
        boot(client)
        assert patience.waited == 3.0

    def test_no_other_region_is_asked(
        self, client: stand_in.Client, there: faulty.Regions
    ) -> None:
        there.there['One'].faults = [faulty.closed_before]
        boot(client)
        assert there.there['Two'].servers == []

    @pytest.mark.parametrize(
        'other',
        [
            {'name': 'b'},
            {'flavorRef': '2'},
            {'imageRef': 'another'},
            {'key_name': 'another'},
            {'metadata': {'some': 'thing'}},
        ],
    )
    def test_what_is_like_it_in_part_is_another(
        self,
        client: stand_in.Client,
        one: faulty.Region,
        other: dict[str, Any],
    ) -> None:
        one.make({'name': 'a', 'flavorRef': '1', 'imageRef': 'i', **other})
        one.faults = [faulty.closed_before]
        assert boot(client, imageRef='i').status_int == 504

    def test_of_two_that_may_be_it_none_is_picked(
        self, client: stand_in.Client, one: faulty.Region
    ) -> None:
        one.make({'name': 'a', 'flavorRef': '1'})
        one.faults = [faulty.closed_after]
        answer = boot(client)
        assert answer.status_int == 504
        assert '2 are there that may be it' in answer.text

    def test_while_another_waits_for_the_like_none_is_picked(
        self,
        client: stand_in.Client,
        one: faulty.Region,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(fault_point, 'reach', _die_at_noted)
            with pytest.raises(Killed):
                boot(client)
        one.faults = [faulty.closed_after]
        answer = boot(client)
        assert answer.status_int == 504
        assert 'Another request for the like of it' in answer.text

    def test_of_more_new_servers_than_are_looked_at_none_is_picked(
        self,
        client: stand_in.Client,
        one: faulty.Region,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(one, 'has_more', True)
        one.faults = [faulty.closed_after]
        answer = boot(client)
        assert answer.status_int == 504
        assert 'does not say what it has' in answer.text

    @pytest.mark.parametrize(
        'several', [{'max_count': 2}, {'return_reservation_id': True}]
    )
    def test_several_at_once_are_not_looked_for(
        self,
        client: stand_in.Client,
        one: faulty.Region,
        several: dict[str, Any],
    ) -> None:
        one.faults = [faulty.closed_after]
        assert boot(client, **several).status_int == 504

    def test_an_error_of_a_region_that_made_nothing_is_told(
        self, client: stand_in.Client, one: faulty.Region
    ) -> None:
        one.faults = [faulty.error_before]
        answer = boot(client)
        assert (answer.status_int, answer.json) == (500, {'computeFault': {}})

    def test_an_action_whose_answer_is_lost_is_not_to_be_tried_blindly(
        self, client: stand_in.Client, one: faulty.Region
    ) -> None:
        server = boot(client).json['server']['id']
        one.faults = [faulty.closed_after]
        answer = client.ask('POST', f'{SERVERS}/{server}/action', {'x': {}})
        assert answer.status_int == 504
        assert 'look before you try again' in answer.text

    def test_an_answer_that_is_no_json_is_told_as_it_is(
        self, client: stand_in.Client, one: faulty.Region
    ) -> None:
        one.faults = [lambda act, region: exchange.Answer(202, {}, b'<p>')]
        answer = boot(client)
        assert (answer.status_int, answer.body) == (202, b'<p>')

    def test_a_group_that_is_not_there_is_not_called_made(
        self, client: stand_in.Client, one: faulty.Region
    ) -> None:
        group(client)
        one.faults = [faulty.closed_before]
        assert group(client).status_int == 504


def _die_at_noted(name: str) -> None:
    if name == 'gateway.placing.noted':
        raise Killed


class TestNotMade:
    def test_without_a_connection_the_next_region_makes_it(
        self, client: stand_in.Client, there: faulty.Regions
    ) -> None:
        there.there['One'].faults = [faulty.refused]
        server = boot(client).json['server']['id']
        assert (noted(), open_rows()) == ({server: 'Two'}, 0)

    def test_without_any_nothing_is_left_to_place(
        self, client: stand_in.Client, there: faulty.Regions
    ) -> None:
        for region in there.there.values():
            region.faults = [faulty.refused]
        assert boot(client).status_int == 503
        assert open_rows() == 0


class TestKilled:
    def test_before_the_region_is_asked_nothing_is_made(
        self,
        client: stand_in.Client,
        one: faulty.Region,
        kill: Callable[[str], None],
    ) -> None:
        kill('gateway.placing.noted')
        with pytest.raises(Killed):
            boot(client)
        assert (one.servers, open_rows()) == ([], 1)

    def test_after_it_answered_its_server_is_found_as_any_other(
        self,
        client: stand_in.Client,
        one: faulty.Region,
        kill: Callable[[str], None],
    ) -> None:
        kill('gateway.placing.answered')
        with pytest.raises(Killed):
            boot(client)
        server = one.servers[0]['id']
        assert client.ask('GET', f'{SERVERS}/{server}').status_int == 200
        assert noted() == {server: 'One'}

    def test_what_it_left_behind_goes_when_its_deadline_has_passed(
        self,
        client: stand_in.Client,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(fault_point, 'reach', _die_at_noted)
            with pytest.raises(Killed):
                boot(client)
        pass_by()
        assert boot(client).status_int == 202
        assert open_rows() == 0


class TestDatabase:
    def test_while_it_is_away_no_region_is_asked_to_make_anything(
        self,
        client: stand_in.Client,
        one: faulty.Region,
        database_away: Callable[[], None],
    ) -> None:
        database_away()
        assert boot(client).status_int == 503
        assert one.servers == []

    def test_what_was_made_when_it_went_away_is_told(
        self,
        client: stand_in.Client,
        one: faulty.Region,
        database_away: Callable[[], None],
    ) -> None:
        def lost(act: Any, region: Any) -> Any:
            database_away()
            return act()

        one.faults = [lost]
        answer = boot(client)
        assert answer.status_int == 202
        assert answer.json['server']['id'] == one.servers[0]['id']

    def test_without_it_nothing_that_was_lost_is_the_answer(
        self,
        client: stand_in.Client,
        one: faulty.Region,
        database_away: Callable[[], None],
    ) -> None:
        def lost(act: Any, region: Any) -> Any:
            database_away()
            return faulty.closed_after(act, region)

        one.faults = [lost]
        assert boot(client).status_int == 504

    def test_without_it_a_server_is_shown_and_deleted(
        self,
        client: stand_in.Client,
        one: faulty.Region,
        database_away: Callable[[], None],
    ) -> None:
        server = boot(client).json['server']['id']
        database_away()
        assert client.ask('GET', f'{SERVERS}/{server}').status_int == 200
        assert client.ask('DELETE', f'{SERVERS}/{server}').status_int == 204
        assert one.servers == []

    def test_without_it_there_are_lists(
        self, client: stand_in.Client, database_away: Callable[[], None]
    ) -> None:
        database_away()
        assert client.ask('GET', SERVERS).status_int == 200


class TestDelete:
    @pytest.fixture(params=[SERVERS, GROUPS])
    def path(
        self, request: pytest.FixtureRequest, client: stand_in.Client
    ) -> str:
        """Something that is there."""
        if request.param == SERVERS:
            made = boot(client).json['server']
        else:
            made = group(client).json['server_group']
        return f'{request.param}/{made["id"]}'

    @pytest.mark.parametrize(
        ('fault', 'status'),
        [
            (faulty.refused, 503),
            (faulty.closed_before, 503),
            (faulty.error_before, 500),
        ],
    )
    def test_what_was_not_deleted_is_where_it_was(
        self,
        client: stand_in.Client,
        one: faulty.Region,
        path: str,
        fault: faulty.Fault,
        status: int,
    ) -> None:
        one.faults = [fault]
        assert client.ask('DELETE', path).status_int == status
        assert list(noted().values()) == ['One']
        assert client.ask('DELETE', path).status_int == 204
        assert noted() == {}

    @pytest.mark.parametrize('fault', LOST_AFTER)
    def test_what_was_deleted_is_gone_for_who_asks_next(
        self,
        client: stand_in.Client,
        one: faulty.Region,
        path: str,
        fault: faulty.Fault,
    ) -> None:
        one.faults = [fault]
        assert client.ask('DELETE', path).status_int >= 500
        assert client.ask('DELETE', path).status_int == 404
        assert noted() == {}


def test_of_two_whose_answers_are_lost_each_gets_its_own_or_none(
    client: stand_in.Client, one: faulty.Region
) -> None:
    one.faults = [faulty.closed_after, faulty.closed_after]
    first = boot(client)
    second = boot(client)
    told = {first.json['server']['id'], second.json['server']['id']}
    assert told == {server['id'] for server in one.servers}


FAULTS = strategies.sampled_from(
    [
        None,
        faulty.refused,
        faulty.closed_before,
        faulty.closed_after,
        faulty.bad_gateway_after,
        faulty.error_after,
        faulty.error_before,
    ]
)


@hypothesis.settings(
    max_examples=60,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
@hypothesis.given(
    strategies.lists(
        strategies.tuples(strategies.sampled_from('ab'), FAULTS),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_fails_no_server_is_lost_or_doubled(
    database: None, asked: list[tuple[str, Any]]
) -> None:
    with sessions.writer() as session:
        for model in (
            models.ResourceHome,
            models.Placing,
            models.PodBinding,
        ):
            session.execute(sa.delete(model))
    there: Any = faulty.Regions('One', 'Two')
    client = stand_in.Client(cloud_of(there, faulty.Patience()))
    answered = []
    for name, fault in asked:
        # Whichever region is asked first.
        faults = [fault] if fault else []
        for region in there.there.values():
            region.faults = faults
        answer = boot(client, name=name)
        if answer.status_int == 202:
            answered.append((name, answer.json['server']['id']))
        # One request makes one server at most.
        made = [
            (one['name'], one['id'])
            for region in there.there.values()
            for one in region.servers
        ]
        assert len(made) <= len(asked)
    # No two requests have one server, none has another's.
    assert len(set(answered)) == len(answered)
    assert set(answered) <= set(made)
    # What a region made is answered, unless its request was refused so.
    executed = [
        fault
        for _name, fault in asked
        if fault not in (faulty.closed_before, faulty.error_before)
    ]
    assert len(made) == len(executed)
    # And all of it can be found.
    listed = client.ask('GET', SERVERS).json['servers']
    assert {one['id'] for one in listed} == {one for _name, one in made}
    homes_noted = noted()
    assert all(
        one['id'] in {server['id'] for server in there.there[home].servers}
        for one in listed
        for home in [homes_noted[one['id']]]
    )
