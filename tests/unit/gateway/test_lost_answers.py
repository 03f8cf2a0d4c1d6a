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

from typing import Any

from oslo_utils import timeutils
import pytest

from tests.unit.gateway import faulty
from tests.unit.gateway import stand_in
from tricircle.conf import fault_point
from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway import regions


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


class TestMade:
    @pytest.mark.parametrize('fault', faulty.LOST_AFTER)
    def test_a_server_whose_answer_was_lost_is_the_answer(
        self, client: stand_in.Client, one: faulty.Region, fault: faulty.Fault
    ) -> None:
        one.faults = [fault]
        answer = faulty.boot(client)
        assert answer.status_int == 202
        assert answer.json['server']['id'] == one.servers[0]['id']

    @pytest.mark.parametrize('fault', faulty.LOST_AFTER)
    def test_its_home_is_noted_and_nothing_is_left_to_place(
        self, client: stand_in.Client, one: faulty.Region, fault: faulty.Fault
    ) -> None:
        one.faults = [fault]
        server = faulty.boot(client).json['server']['id']
        assert (faulty.noted(), faulty.open_rows()) == ({server: 'One'}, 0)

    @pytest.mark.parametrize('fault', faulty.LOST_AFTER)
    def test_there_is_one_server_in_all(
        self,
        client: stand_in.Client,
        there: faulty.Regions,
        fault: faulty.Fault,
    ) -> None:
        there.there['One'].faults = [fault]
        faulty.boot(client)
        assert [len(region.servers) for region in there.there.values()] == [
            1,
            0,
        ]

    def test_no_password_is_invented(
        self, client: stand_in.Client, one: faulty.Region
    ) -> None:
        one.faults = [faulty.closed_after]
        assert set(faulty.boot(client).json['server']) == {
            'id',
            'links',
            'OS-DCF:diskConfig',
            'security_groups',
        }

    def test_a_password_that_the_user_gave_is_told(
        self, client: stand_in.Client, one: faulty.Region
    ) -> None:
        one.faults = [faulty.closed_after]
        answer = faulty.boot(client, adminPass='mine')
        assert answer.json['server']['adminPass'] == 'mine'

    def test_where_it_is_is_told_as_the_gateways(
        self, client: stand_in.Client, one: faulty.Region
    ) -> None:
        one.faults = [faulty.closed_after]
        answer = faulty.boot(client)
        where = f'http://cloud.example:19998{faulty.SERVERS}/{one.servers[0]["id"]}'
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
        assert faulty.boot(client).status_int == 202

    def test_one_of_the_same_name_from_before_is_another(
        self, client: stand_in.Client, one: faulty.Region
    ) -> None:
        one.make(
            {'name': 'a', 'flavorRef': '1'}, timeutils.utcnow() - faulty.LATER
        )
        one.faults = [faulty.closed_after]
        assert faulty.boot(client).json['server']['id'] == one.servers[1]['id']

    def test_one_that_was_answered_before_is_another(
        self, client: stand_in.Client, one: faulty.Region
    ) -> None:
        first = faulty.boot(client).json['server']['id']
        one.faults = [faulty.closed_after]
        second = faulty.boot(client).json['server']['id']
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
                client.ask('GET', faulty.SERVERS)

        one.faults = [faulty.closed_before]
        patience.happens = listed
        assert faulty.boot(client).status_int == 202

    @pytest.mark.parametrize('fault', faulty.LOST_AFTER)
    def test_a_group_whose_answer_was_lost_is_the_answer(
        self, client: stand_in.Client, one: faulty.Region, fault: faulty.Fault
    ) -> None:
        faulty.group(client)
        one.faults = [fault]
        answer = faulty.group(client)
        assert answer.status_int == 200
        assert answer.json['server_group'] == one.groups[1]
        assert (set(faulty.noted()), faulty.open_rows()) == (
            {one['id'] for one in one.groups},
            0,
        )


class TestUnknown:
    def test_what_is_nowhere_to_be_found_is_not_called_made(
        self, client: stand_in.Client, one: faulty.Region
    ) -> None:
        one.faults = [faulty.closed_before]
        answer = faulty.boot(client)
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
        faulty.boot(client)
        assert patience.waited == 3.0

    def test_no_other_region_is_asked(
        self, client: stand_in.Client, there: faulty.Regions
    ) -> None:
        there.there['One'].faults = [faulty.closed_before]
        faulty.boot(client)
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
        assert faulty.boot(client, imageRef='i').status_int == 504

    def test_of_two_that_may_be_it_none_is_picked(
        self, client: stand_in.Client, one: faulty.Region
    ) -> None:
        one.make({'name': 'a', 'flavorRef': '1'})
        one.faults = [faulty.closed_after]
        answer = faulty.boot(client)
        assert answer.status_int == 504
        assert '2 are there that may be it' in answer.text

    def test_while_another_waits_for_the_like_none_is_picked(
        self,
        client: stand_in.Client,
        one: faulty.Region,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(fault_point, 'reach', faulty.die_at_noted)
            with pytest.raises(faulty.Killed):
                faulty.boot(client)
        one.faults = [faulty.closed_after]
        answer = faulty.boot(client)
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
        answer = faulty.boot(client)
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
        assert faulty.boot(client, **several).status_int == 504

    def test_an_error_of_a_region_that_made_nothing_is_told(
        self, client: stand_in.Client, one: faulty.Region
    ) -> None:
        one.faults = [faulty.error_before]
        answer = faulty.boot(client)
        assert (answer.status_int, answer.json) == (500, {'computeFault': {}})

    def test_an_action_whose_answer_is_lost_is_not_to_be_tried_blindly(
        self, client: stand_in.Client, one: faulty.Region
    ) -> None:
        server = faulty.boot(client).json['server']['id']
        one.faults = [faulty.closed_after]
        answer = client.ask(
            'POST', f'{faulty.SERVERS}/{server}/action', {'x': {}}
        )
        assert answer.status_int == 504
        assert 'look before you try again' in answer.text

    @pytest.mark.parametrize(
        'said',
        [
            asking.answer({'forbidden': {}}, 403),
            asking.answer({}),
            exchange.Answer(200, {}, b'<p>'),
        ],
        ids=['refused', 'without groups', 'no JSON'],
    )
    def test_where_groups_are_not_told_one_is_made_and_not_looked_for(
        self,
        client: stand_in.Client,
        one: faulty.Region,
        monkeypatch: pytest.MonkeyPatch,
        said: exchange.Answer,
    ) -> None:
        whole = one.answer
        monkeypatch.setattr(
            one,
            'answer',
            lambda asked: said if asked.method == 'GET' else whole(asked),
        )
        assert faulty.group(client).status_int == 200
        one.faults = [faulty.closed_after]
        assert faulty.group(client).status_int == 504

    def test_an_answer_that_is_no_json_is_told_as_it_is(
        self, client: stand_in.Client, one: faulty.Region
    ) -> None:
        one.faults = [lambda act, region: exchange.Answer(202, {}, b'<p>')]
        answer = faulty.boot(client)
        assert (answer.status_int, answer.body) == (202, b'<p>')

    def test_a_group_that_is_not_there_is_not_called_made(
        self, client: stand_in.Client, one: faulty.Region
    ) -> None:
        faulty.group(client)
        one.faults = [faulty.closed_before]
        assert faulty.group(client).status_int == 504


class TestNotMade:
    def test_a_group_is_made_by_the_next_region_as_well(
        self, client: stand_in.Client, there: faulty.Regions
    ) -> None:
        there.there['One'].faults = [faulty.refused]
        made = faulty.group(client).json['server_group']['id']
        assert (faulty.noted(), faulty.open_rows()) == ({made: 'Two'}, 0)

    def test_a_group_that_a_region_fails_to_make_is_told_so(
        self, client: stand_in.Client, one: faulty.Region
    ) -> None:
        one.faults = [faulty.error_before]
        assert faulty.group(client).status_int == 500
        assert faulty.noted() == {}

    def test_a_region_that_is_away_before_it_is_asked_has_made_nothing(
        self,
        client: stand_in.Client,
        there: faulty.Regions,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def silent(question: exchange.Question) -> exchange.Answer:
            raise regions.RegionAway('One', 'ReadTimeout', may_be_done=True)

        monkeypatch.setattr(there.there['One'], 'answer', silent)
        assert faulty.group(client).status_int == 200
        assert len(there.there['Two'].groups) == 1

    def test_without_a_connection_the_next_region_makes_it(
        self, client: stand_in.Client, there: faulty.Regions
    ) -> None:
        there.there['One'].faults = [faulty.refused]
        server = faulty.boot(client).json['server']['id']
        assert (faulty.noted(), faulty.open_rows()) == ({server: 'Two'}, 0)

    def test_without_any_nothing_is_left_to_place(
        self, client: stand_in.Client, there: faulty.Regions
    ) -> None:
        for region in there.there.values():
            region.faults = [faulty.refused]
        assert faulty.boot(client).status_int == 503
        assert faulty.open_rows() == 0


def test_of_two_whose_answers_are_lost_each_gets_its_own_or_none(
    client: stand_in.Client, one: faulty.Region
) -> None:
    one.faults = [faulty.closed_after, faulty.closed_after]
    first = faulty.boot(client)
    second = faulty.boot(client)
    told = {first.json['server']['id'], second.json['server']['id']}
    assert told == {server['id'] for server in one.servers}
