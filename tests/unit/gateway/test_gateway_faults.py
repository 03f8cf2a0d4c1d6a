# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What becomes of requests when a gateway dies, or its database is away."""

from collections.abc import Callable
from typing import Any

import hypothesis
from hypothesis import strategies
import pytest
import sqlalchemy as sa

from tests.unit.gateway import faulty
from tests.unit.gateway import stand_in
from tricircle.conf import fault_point
from tricircle.db import session as sessions
from tricircle.db.central import models


@pytest.fixture
def there(database: None) -> faulty.Regions:
    return faulty.Regions('One', 'Two')


@pytest.fixture
def one(there: faulty.Regions) -> faulty.Region:
    """The region that everything goes to."""
    found: faulty.Region = there.there['One']
    return found


@pytest.fixture
def client(there: Any, patience: faulty.Patience) -> stand_in.Client:
    return stand_in.Client(faulty.cloud_of(there, patience))


class TestKilled:
    def test_before_the_region_is_asked_nothing_is_made(
        self,
        client: stand_in.Client,
        one: faulty.Region,
        kill: Callable[[str], None],
    ) -> None:
        kill('gateway.placing.noted')
        with pytest.raises(faulty.Killed):
            faulty.boot(client)
        assert (one.servers, faulty.open_rows()) == ([], 1)

    def test_after_it_answered_its_server_is_found_as_any_other(
        self,
        client: stand_in.Client,
        one: faulty.Region,
        kill: Callable[[str], None],
    ) -> None:
        kill('gateway.placing.answered')
        with pytest.raises(faulty.Killed):
            faulty.boot(client)
        server = one.servers[0]['id']
        assert (
            client.ask('GET', f'{faulty.SERVERS}/{server}').status_int == 200
        )
        assert faulty.noted() == {server: 'One'}

    def test_what_it_left_behind_goes_when_its_deadline_has_passed(
        self,
        client: stand_in.Client,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(fault_point, 'reach', faulty.die_at_noted)
            with pytest.raises(faulty.Killed):
                faulty.boot(client)
        faulty.pass_by()
        assert faulty.boot(client).status_int == 202
        assert faulty.open_rows() == 0


class TestDatabase:
    def test_while_it_is_away_no_region_is_asked_to_make_anything(
        self,
        client: stand_in.Client,
        one: faulty.Region,
        database_away: Callable[[], None],
    ) -> None:
        database_away()
        assert faulty.boot(client).status_int == 503
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
        answer = faulty.boot(client)
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
        assert faulty.boot(client).status_int == 504

    def test_without_it_a_server_is_shown_and_deleted(
        self,
        client: stand_in.Client,
        one: faulty.Region,
        database_away: Callable[[], None],
    ) -> None:
        server = faulty.boot(client).json['server']['id']
        database_away()
        assert (
            client.ask('GET', f'{faulty.SERVERS}/{server}').status_int == 200
        )
        assert (
            client.ask('DELETE', f'{faulty.SERVERS}/{server}').status_int
            == 204
        )
        assert one.servers == []

    def test_without_it_there_are_lists(
        self, client: stand_in.Client, database_away: Callable[[], None]
    ) -> None:
        database_away()
        assert client.ask('GET', faulty.SERVERS).status_int == 200


class TestDelete:
    @pytest.fixture(params=[faulty.SERVERS, faulty.GROUPS])
    def path(
        self, request: pytest.FixtureRequest, client: stand_in.Client
    ) -> str:
        """Something that is there."""
        if request.param == faulty.SERVERS:
            made = faulty.boot(client).json['server']
        else:
            made = faulty.group(client).json['server_group']
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
        assert list(faulty.noted().values()) == ['One']
        assert client.ask('DELETE', path).status_int == 204
        assert faulty.noted() == {}

    @pytest.mark.parametrize('fault', faulty.LOST_AFTER)
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
        assert faulty.noted() == {}


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
    client = stand_in.Client(faulty.cloud_of(there, faulty.Patience()))
    answered = []
    for name, fault in asked:
        # Whichever region is asked first.
        faults = [fault] if fault else []
        for region in there.there.values():
            region.faults = faults
        answer = faulty.boot(client, name=name)
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
    listed = client.ask('GET', faulty.SERVERS).json['servers']
    assert {one['id'] for one in listed} == {one for _name, one in made}
    homes_noted = faulty.noted()
    assert all(
        one['id'] in {server['id'] for server in there.there[home].servers}
        for one in listed
        for home in [homes_noted[one['id']]]
    )
