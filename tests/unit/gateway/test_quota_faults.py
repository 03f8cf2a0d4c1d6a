# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Quotas when something fails, or does not answer."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.gateway import counting
from tests.unit.gateway import faulty
from tests.unit.gateway import stand_in
from tricircle.conf import fault_point
from tricircle.gateway import asked as asking


@pytest.fixture
def there(database: None) -> counting.Regions:
    return counting.Regions('One', 'Two')


@pytest.fixture
def limits() -> counting.Limits:
    return counting.Limits(servers=3)


@pytest.fixture
def client(
    there: counting.Regions,
    limits: counting.Limits,
    patience: faulty.Patience,
) -> stand_in.Client:
    return stand_in.Client(counting.cloud_of(there, limits, patience))


class TestFailures:
    @pytest.mark.parametrize(
        ('fault', 'status'),
        [(counting.bad_request, 400), (faulty.refused, 202)],
    )
    def test_what_a_region_does_not_take_is_free_again(
        self,
        client: stand_in.Client,
        there: counting.Regions,
        limits: counting.Limits,
        fault: faulty.Fault,
        status: int,
    ) -> None:
        limits.registered['servers'] = 1
        there.there['One'].faults = [fault]
        answer = faulty.boot(client)
        assert answer.status_int == status
        assert len(counting.reservations()) == (status == 202)

    def test_what_no_region_takes_is_free_again(
        self, client: stand_in.Client, there: counting.Regions
    ) -> None:
        answer = faulty.boot(client, availability_zone='nowhere')
        assert answer.status_int == 409
        assert counting.reservations() == []

    @pytest.mark.parametrize(
        'fault', [faulty.closed_before, faulty.error_before]
    )
    def test_what_may_have_been_made_counts_until_its_deadline(
        self,
        client: stand_in.Client,
        there: counting.Regions,
        limits: counting.Limits,
        fault: faulty.Fault,
    ) -> None:
        limits.registered['servers'] = 1
        there.there['One'].faults = [fault]
        assert faulty.boot(client).status_int in (500, 504)
        counting.refusal(faulty.boot(client))
        counting.pass_by()
        assert faulty.boot(client).status_int == 202

    def test_what_a_gateway_that_died_reserved_ends_by_its_deadline(
        self,
        client: stand_in.Client,
        limits: counting.Limits,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        limits.registered['servers'] = 1

        def reach(name: str) -> None:
            if name == 'gateway.quota.reserved':
                raise faulty.Killed

        with monkeypatch.context() as patched:
            patched.setattr(fault_point, 'reach', reach)
            with pytest.raises(faulty.Killed):
                faulty.boot(client)
        counting.refusal(faulty.boot(client))
        counting.pass_by()
        assert faulty.boot(client).status_int == 202

    def test_without_keystone_nothing_is_made(
        self,
        client: stand_in.Client,
        there: counting.Regions,
        limits: counting.Limits,
    ) -> None:
        limits.is_away = True
        answer = faulty.boot(client)
        assert answer.status_int == 503
        assert 'Keystone does not tell' in answer.text
        assert there.servers() == []

    def test_when_the_database_goes_meanwhile_the_answer_is_told(
        self,
        client: stand_in.Client,
        there: counting.Regions,
        database_away: Callable[[], None],
    ) -> None:
        def lost(act: Any, region: Any) -> Any:
            database_away()
            return act()

        there.there['One'].faults = [lost]
        assert faulty.boot(client).status_int == 202

    def test_without_an_id_in_the_answer_it_counts_until_its_deadline(
        self,
        client: stand_in.Client,
        there: counting.Regions,
        limits: counting.Limits,
    ) -> None:
        limits.registered['servers'] = 2
        there.there['One'].faults = [
            lambda act, region: asking.answer({'reservation_id': 'r'}, 202)
        ]
        faulty.boot(client, return_reservation_id=True, max_count=2)
        counting.refusal(faulty.boot(client))
        counting.pass_by()
        assert faulty.boot(client).status_int == 202

    def test_without_the_database_nothing_is_made(
        self,
        client: stand_in.Client,
        there: counting.Regions,
        database_away: Callable[[], None],
    ) -> None:
        database_away()
        assert faulty.boot(client).status_int == 503
        assert there.servers() == []


class TestRegionAway:
    def test_what_it_was_last_known_to_use_counts(
        self,
        client: stand_in.Client,
        there: counting.Regions,
        limits: counting.Limits,
    ) -> None:
        limits.registered |= {'servers': 10, 'class:VCPU': 4}
        wish = {'availability_zone': 'az-Two', 'flavorRef': '2'}
        faulty.boot(client, **wish)
        faulty.boot(client, availability_zone='az-One', flavorRef='1')
        there.there['Two'].fails = counting.away('Two')
        assert faulty.boot(client, flavorRef='1').status_int == 202
        message = counting.refusal(faulty.boot(client, flavorRef='1'))
        assert '4 of 4 used' in message
        assert 'Two: not answering, counted as last known' in message

    def test_what_it_took_just_before_counts_for_as_long_as_it_is_away(
        self,
        client: stand_in.Client,
        there: counting.Regions,
        limits: counting.Limits,
    ) -> None:
        limits.registered['servers'] = 1
        faulty.boot(client, availability_zone='az-Two')
        there.there['Two'].fails = counting.away('Two')
        counting.pass_by()
        counting.refusal(faulty.boot(client))

    def test_of_one_that_was_never_heard_the_servers_count_that_are_noted(
        self,
        client: stand_in.Client,
        there: counting.Regions,
        limits: counting.Limits,
    ) -> None:
        limits.registered['servers'] = 1
        there.there['Two'].make({'name': 'old', 'flavorRef': '1'})
        client.ask('GET', counting.SERVERS)
        there.there['Two'].fails = counting.away('Two')
        assert '1 of 1 used' in counting.refusal(faulty.boot(client))

    def test_it_is_no_reason_to_make_nothing(
        self, client: stand_in.Client, there: counting.Regions
    ) -> None:
        there.there['Two'].fails = counting.away('Two')
        assert faulty.boot(client).status_int == 202

    def test_a_flavor_that_only_it_may_have_is_not_free(
        self, client: stand_in.Client, there: counting.Regions
    ) -> None:
        there.there['Two'].fails = counting.away('Two')
        answer = faulty.boot(client, flavorRef='none')
        assert answer.status_int == 503
        assert 'Two: no answer for flavor none' in answer.text


class TestPlacementThatRefuses:
    def test_nova_counts_what_it_knows(
        self,
        client: stand_in.Client,
        there: counting.Regions,
        limits: counting.Limits,
    ) -> None:
        limits.registered['class:VCPU'] = 1
        there.there['One'].placement = 403
        assert faulty.boot(client).status_int == 202
        counting.refusal(faulty.boot(client))

    def test_what_nobody_counts_is_not_free(
        self,
        client: stand_in.Client,
        there: counting.Regions,
        limits: counting.Limits,
    ) -> None:
        limits.registered['class:DISK_GB'] = 100
        there.there['One'].placement = 403
        answer = faulty.boot(client)
        assert answer.status_int == 503
        assert 'the role service' in answer.text
