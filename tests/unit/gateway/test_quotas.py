# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The quota of the whole cloud, as users of the gateway meet it."""

from typing import Any

import pytest

from tests.unit.gateway import counting
from tests.unit.gateway import faulty
from tests.unit.gateway import stand_in
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


class TestNew:
    def test_regions_count_together(
        self, client: stand_in.Client, there: counting.Regions
    ) -> None:
        zones = ['az-One', 'az-Two', 'az-One']
        for zone in zones:
            answer = faulty.boot(client, availability_zone=zone)
            assert answer.status_int == 202
        assert counting.refusal(faulty.boot(client)) == (
            'Quota exceeded for servers: 1 asked for, 3 of 3 used'
        )
        assert len(there.servers()) == 3

    def test_over_it_no_region_is_asked_to_make_anything(
        self,
        client: stand_in.Client,
        there: counting.Regions,
        limits: counting.Limits,
    ) -> None:
        limits.registered['servers'] = 0
        counting.refusal(faulty.boot(client))
        assert not any(
            question.method == 'POST'
            for region in there.there.values()
            for question in region.asked
        )

    @pytest.mark.parametrize(
        ('name', 'limit', 'said'),
        [
            ('class:VCPU', 3, '2 asked for, 2 of 3 used'),
            ('class:MEMORY_MB', 4095, '2048 asked for, 2048 of 4095 used'),
            ('class:DISK_GB', 39, '20 asked for, 20 of 39 used'),
        ],
    )
    def test_each_resource_has_its_limit(
        self,
        client: stand_in.Client,
        limits: counting.Limits,
        name: str,
        limit: int,
        said: str,
    ) -> None:
        limits.registered[name] = limit
        assert faulty.boot(client, flavorRef='2').status_int == 202
        message = counting.refusal(faulty.boot(client, flavorRef='2'))
        assert message == f'Quota exceeded for {name}: {said}'

    def test_all_that_is_over_is_named(
        self, client: stand_in.Client, limits: counting.Limits
    ) -> None:
        limits.registered |= {'servers': 0, 'class:VCPU': 1}
        message = counting.refusal(faulty.boot(client, flavorRef='2'))
        assert message == (
            'Quota exceeded for class:VCPU: 2 asked for, 0 of 1 used; '
            'servers: 1 asked for, 0 of 0 used'
        )

    def test_at_the_limit_it_fits(
        self, client: stand_in.Client, limits: counting.Limits
    ) -> None:
        limits.registered |= {
            'servers': 1,
            'class:VCPU': 4,
            'class:MEMORY_MB': 4096,
            'class:DISK_GB': 40,
        }
        assert faulty.boot(client, flavorRef='4').status_int == 202

    def test_without_bounds_nothing_is_counted(
        self,
        client: stand_in.Client,
        there: counting.Regions,
        limits: counting.Limits,
    ) -> None:
        limits.registered['servers'] = -1
        assert faulty.boot(client).status_int == 202
        assert counting.reservations() == []

    def test_classes_without_a_registered_limit_have_no_bounds(
        self, client: stand_in.Client
    ) -> None:
        assert faulty.boot(client, flavorRef='4').status_int == 202

    def test_servers_without_a_registered_limit_are_refused(
        self, client: stand_in.Client, limits: counting.Limits
    ) -> None:
        limits.registered.clear()
        message = counting.refusal(faulty.boot(client))
        assert 'No limit is registered for servers' in message

    def test_a_limit_of_the_project_counts_in_place_of_the_registered(
        self, client: stand_in.Client, limits: counting.Limits
    ) -> None:
        limits.own['servers'] = 1
        assert faulty.boot(client).status_int == 202
        assert '1 of 1 used' in counting.refusal(faulty.boot(client))

    def test_the_root_disk_on_a_volume_is_not_counted(
        self, client: stand_in.Client, limits: counting.Limits
    ) -> None:
        limits.registered['class:DISK_GB'] = 0
        answer = faulty.boot(
            client,
            block_device_mapping_v2=[
                {'boot_index': 0, 'destination_type': 'volume'}
            ],
        )
        assert answer.status_int == 202

    def test_a_flavor_that_no_region_has_is_for_a_region_to_refuse(
        self, client: stand_in.Client, there: counting.Regions
    ) -> None:
        there.there['One'].faults = [counting.bad_request]
        answer = faulty.boot(client, flavorRef='none')
        assert answer.status_int == 400
        assert counting.reservations() == []

    def test_one_region_that_is_named_is_within_it_too(
        self, client: stand_in.Client, limits: counting.Limits
    ) -> None:
        limits.registered['servers'] = 1
        path = f'{counting.SERVERS}?region=Two'
        wish = {'server': {'name': 'a', 'flavorRef': '1'}}
        assert client.ask('POST', path, wish).status_int == 202
        counting.refusal(client.ask('POST', path, wish))


class TestSeveral:
    def test_as_many_as_fit_are_made(
        self, client: stand_in.Client, there: counting.Regions
    ) -> None:
        answer = faulty.boot(client, min_count=2, max_count=5)
        assert answer.status_int == 202
        assert len(there.servers()) == 3

    def test_fewer_than_asked_for_are_none(
        self, client: stand_in.Client, there: counting.Regions
    ) -> None:
        message = counting.refusal(
            faulty.boot(client, min_count=4, max_count='5')
        )
        assert '4 asked for, 0 of 3 used' in message
        assert there.servers() == []

    def test_without_a_most_all_are_wanted(
        self, client: stand_in.Client
    ) -> None:
        counting.refusal(faulty.boot(client, min_count=4))

    def test_every_resource_bounds_how_many(
        self,
        client: stand_in.Client,
        there: counting.Regions,
        limits: counting.Limits,
    ) -> None:
        limits.registered['class:VCPU'] = 5
        answer = faulty.boot(client, flavorRef='2', max_count=10**9)
        assert answer.status_int == 202
        assert len(there.servers()) == 2

    @pytest.mark.parametrize('count', ['many', None, -1, 0])
    def test_what_is_no_number_is_for_the_region_to_refuse(
        self, client: stand_in.Client, there: counting.Regions, count: Any
    ) -> None:
        there.there['One'].faults = [counting.bad_request]
        assert faulty.boot(client, min_count=count).status_int == 400


class TestAtOnce:
    def test_of_two_for_the_last_place_one_gets_it(
        self,
        client: stand_in.Client,
        there: counting.Regions,
        limits: counting.Limits,
    ) -> None:
        limits.registered['servers'] = 1
        others: list[Any] = []

        def meanwhile(act: Any, region: Any) -> Any:
            others.append(faulty.boot(client, name='b'))
            return act()

        there.there['One'].faults = [meanwhile]
        assert faulty.boot(client).status_int == 202
        assert 'reserved for what no region counts yet' in counting.refusal(
            others[0]
        )
        assert len(there.servers()) == 1

    def test_one_that_its_region_does_not_count_yet_counts(
        self,
        client: stand_in.Client,
        there: counting.Regions,
        limits: counting.Limits,
    ) -> None:
        limits.registered['servers'] = 1
        there.there['One'].is_slow = True
        assert faulty.boot(client).status_int == 202
        counting.refusal(faulty.boot(client))

    def test_one_that_its_region_counts_counts_once(
        self, client: stand_in.Client, there: counting.Regions
    ) -> None:
        there.there['One'].is_slow = True
        faulty.boot(client)
        faulty.boot(client)
        there.there['One'].schedule()
        assert faulty.boot(client).status_int == 202
        assert len(counting.reservations()) == 1

    @pytest.mark.parametrize('status', [401, 404, 500])
    def test_one_of_which_its_region_says_nothing_counts(
        self,
        client: stand_in.Client,
        there: counting.Regions,
        limits: counting.Limits,
        status: int,
    ) -> None:
        limits.registered['servers'] = 1
        there.there['One'].is_slow = True
        faulty.boot(client)
        usual = there.there['One']._server
        there.there['One']._server = lambda *asked: asking.answer({}, status)
        counting.refusal(faulty.boot(client))
        there.there['One']._server = usual

    def test_a_request_waits_for_another_that_fails(
        self,
        client: stand_in.Client,
        there: counting.Regions,
        limits: counting.Limits,
        patience: faulty.Patience,
    ) -> None:
        limits.registered['servers'] = 1
        there.there['One'].is_slow = True
        faulty.boot(client)

        def deleted() -> None:
            there.there['One'].servers.clear()

        patience.happens = deleted
        assert faulty.boot(client).status_int == 202
        assert patience.waited > 0
