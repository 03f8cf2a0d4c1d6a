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


def refusal(answer: Any) -> str:
    assert answer.status_int == 403, answer.text
    assert answer.json['forbidden']['code'] == 403
    return str(answer.json['forbidden']['message'])


def bad_request(act: Any, region: Any) -> Any:
    return asking.answer({'badRequest': {'code': 400}}, 400)


def refused() -> Any:
    return asking.answer({'forbidden': {'code': 403}}, 403)


class TestNew:
    def test_regions_count_together(
        self, client: stand_in.Client, there: counting.Regions
    ) -> None:
        zones = ['az-One', 'az-Two', 'az-One']
        for zone in zones:
            answer = faulty.boot(client, availability_zone=zone)
            assert answer.status_int == 202
        assert refusal(faulty.boot(client)) == (
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
        refusal(faulty.boot(client))
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
        message = refusal(faulty.boot(client, flavorRef='2'))
        assert message == f'Quota exceeded for {name}: {said}'

    def test_all_that_is_over_is_named(
        self, client: stand_in.Client, limits: counting.Limits
    ) -> None:
        limits.registered |= {'servers': 0, 'class:VCPU': 1}
        message = refusal(faulty.boot(client, flavorRef='2'))
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
        message = refusal(faulty.boot(client))
        assert 'No limit is registered for servers' in message

    def test_a_limit_of_the_project_counts_in_place_of_the_registered(
        self, client: stand_in.Client, limits: counting.Limits
    ) -> None:
        limits.own['servers'] = 1
        assert faulty.boot(client).status_int == 202
        assert '1 of 1 used' in refusal(faulty.boot(client))

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
        there.there['One'].faults = [bad_request]
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
        refusal(client.ask('POST', path, wish))


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
        message = refusal(faulty.boot(client, min_count=4, max_count='5'))
        assert '4 asked for, 0 of 3 used' in message
        assert there.servers() == []

    def test_without_a_most_all_are_wanted(
        self, client: stand_in.Client
    ) -> None:
        refusal(faulty.boot(client, min_count=4))

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
        there.there['One'].faults = [bad_request]
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
        assert 'reserved for what no region counts yet' in refusal(others[0])
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
        refusal(faulty.boot(client))

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
        refusal(faulty.boot(client))
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


class TestFailures:
    @pytest.mark.parametrize(
        ('fault', 'status'), [(bad_request, 400), (faulty.refused, 202)]
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
        refusal(faulty.boot(client))
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
        refusal(faulty.boot(client))
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
        refusal(faulty.boot(client))
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
        message = refusal(faulty.boot(client, flavorRef='1'))
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
        refusal(faulty.boot(client))

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
        assert '1 of 1 used' in refusal(faulty.boot(client))

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
        refusal(faulty.boot(client))

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


class TestActions:
    @pytest.fixture
    def server(self, client: stand_in.Client, limits: counting.Limits) -> str:
        limits.registered['class:VCPU'] = 3
        return str(faulty.boot(client, flavorRef='2').json['server']['id'])

    def resize(self, client: stand_in.Client, server: str, to: str) -> Any:
        return client.ask(
            'POST',
            f'{counting.SERVERS}/{server}/action',
            {'resize': {'flavorRef': to}},
        )

    def test_a_resize_takes_what_the_new_flavor_has_more(
        self, client: stand_in.Client, limits: counting.Limits, server: str
    ) -> None:
        message = refusal(self.resize(client, server, '4'))
        assert message == (
            'Quota exceeded for class:VCPU: 2 asked for, 2 of 3 used'
        )
        limits.registered['class:VCPU'] = 4
        assert self.resize(client, server, '4').status_int == 202

    def test_a_resize_to_less_takes_nothing(
        self, client: stand_in.Client, limits: counting.Limits, server: str
    ) -> None:
        limits.registered['class:VCPU'] = 0
        assert self.resize(client, server, '1').status_int == 202

    def test_a_resize_is_no_new_server(
        self, client: stand_in.Client, limits: counting.Limits, server: str
    ) -> None:
        limits.registered |= {'servers': 1, 'class:VCPU': 4}
        assert self.resize(client, server, '4').status_int == 202

    def test_what_was_offloaded_is_taken_again_by_unshelving(
        self,
        client: stand_in.Client,
        there: counting.Regions,
        limits: counting.Limits,
        server: str,
    ) -> None:
        there.servers()[0]['status'] = 'SHELVED_OFFLOADED'
        limits.registered |= {'servers': 1, 'class:VCPU': 1}
        path = f'{counting.SERVERS}/{server}/action'
        refusal(client.ask('POST', path, {'unshelve': None}))
        limits.registered['class:VCPU'] = 2
        answer = client.ask('POST', path, {'unshelve': None})
        assert answer.status_int == 202

    def test_what_is_only_shelved_is_counted_already(
        self,
        client: stand_in.Client,
        there: counting.Regions,
        limits: counting.Limits,
        server: str,
    ) -> None:
        there.servers()[0]['status'] = 'SHELVED'
        limits.registered['class:VCPU'] = 0
        path = f'{counting.SERVERS}/{server}/action'
        answer = client.ask('POST', path, {'unshelve': None})
        assert answer.status_int == 202

    @pytest.mark.parametrize('said', [{'reboot': {}}, [], 'x', None])
    def test_other_actions_are_not_looked_at(
        self,
        client: stand_in.Client,
        limits: counting.Limits,
        server: str,
        said: Any,
    ) -> None:
        limits.is_away = True
        path = f'{counting.SERVERS}/{server}/action'
        assert client.ask('POST', path, said).status_int == 202

    @pytest.mark.parametrize(
        'said', [({}, 500), ({'server': {}}, 200), ({}, 406)]
    )
    def test_where_nobody_says_what_it_takes_nothing_is_done(
        self,
        client: stand_in.Client,
        there: counting.Regions,
        server: str,
        said: Any,
    ) -> None:
        for region in there.there.values():
            region._server = lambda *asked: asking.answer(*said)
        answer = self.resize(client, server, '4')
        assert answer.status_int == 503
        assert 'does not say what flavor' in answer.text
        assert there.servers()[0]['flavor']['id'] == '2'

    def test_while_its_region_is_away_nothing_is_reserved(
        self, client: stand_in.Client, there: counting.Regions, server: str
    ) -> None:
        before = len(counting.reservations())
        there.there['One'].fails = counting.away('One')
        assert self.resize(client, server, '4').status_int == 503
        assert len(counting.reservations()) == before

    def test_a_resize_whose_answer_is_lost_counts_until_its_deadline(
        self,
        client: stand_in.Client,
        there: counting.Regions,
        limits: counting.Limits,
        server: str,
    ) -> None:
        limits.registered['class:VCPU'] = 4
        there.there['One'].faults = [faulty.closed_before]
        assert self.resize(client, server, '4').status_int == 504
        refusal(self.resize(client, server, '4'))
        counting.pass_by()
        assert self.resize(client, server, '4').status_int == 202

    def test_a_resize_that_no_connection_was_made_for_is_free_again(
        self,
        client: stand_in.Client,
        there: counting.Regions,
        limits: counting.Limits,
        server: str,
    ) -> None:
        limits.registered['class:VCPU'] = 4
        there.there['One'].faults = [faulty.refused]
        assert self.resize(client, server, '4').status_int == 503
        assert self.resize(client, server, '4').status_int == 202

    def test_a_resize_of_what_is_gone_is_not_found(
        self, client: stand_in.Client
    ) -> None:
        assert self.resize(client, 'nowhere', '4').status_int == 404


class TestTold:
    @pytest.fixture(autouse=True)
    def central(self, limits: counting.Limits) -> None:
        limits.registered = {'servers': 5, 'class:VCPU': 50}
        limits.own = {'servers': 7}

    def test_limits_are_those_of_the_cloud_and_usage_is_added(
        self, client: stand_in.Client
    ) -> None:
        for zone in ('az-One', 'az-Two'):
            faulty.boot(client, availability_zone=zone, flavorRef='2')
        found = client.ask('GET', '/v2.1/limits').json['limits']['absolute']
        assert found == {
            'maxTotalInstances': 7,
            'maxTotalCores': 50,
            'maxTotalRAMSize': -1,
            'maxServerMeta': 256,
            'totalInstancesUsed': 2,
            'totalCoresUsed': 4,
            'totalRAMUsed': 4096,
        }

    @pytest.mark.parametrize(('below', 'servers'), [('', 7), ('/defaults', 5)])
    def test_quotas_are_those_of_the_cloud(
        self, client: stand_in.Client, below: str, servers: int
    ) -> None:
        path = f'/v2.1/os-quota-sets/{stand_in.PROJECT}{below}'
        assert client.ask('GET', path).json == {
            'quota_set': {
                'id': stand_in.PROJECT,
                'instances': servers,
                'cores': 50,
                'ram': -1,
                'key_pairs': 10,
                'server_groups': 20,
            }
        }

    def test_quotas_in_detail_say_what_is_used_in_all_regions(
        self, client: stand_in.Client
    ) -> None:
        for zone in ('az-One', 'az-Two'):
            faulty.boot(client, availability_zone=zone, flavorRef='2')
        path = f'/v2.1/os-quota-sets/{stand_in.PROJECT}/detail'
        found = client.ask('GET', path).json['quota_set']
        assert found['instances'] == {'limit': 7, 'in_use': 2, 'reserved': 0}
        assert found['cores'] == {'limit': 50, 'in_use': 4, 'reserved': 0}

    @pytest.mark.parametrize('path', ['limits', 'os-quota-sets/other'])
    def test_who_may_not_see_them_gets_the_refusal_of_a_region(
        self, client: stand_in.Client, there: counting.Regions, path: str
    ) -> None:
        there.there['One']._answer = lambda question: refused()
        assert client.ask('GET', f'/v2.1/{path}').status_int == 403

    @pytest.mark.parametrize('path', ['limits', 'os-quota-sets/other'])
    def test_without_keystone_there_are_none(
        self, client: stand_in.Client, limits: counting.Limits, path: str
    ) -> None:
        limits.is_away = True
        assert client.ask('GET', f'/v2.1/{path}').status_int == 503

    @pytest.mark.parametrize('method', ['PUT', 'DELETE'])
    def test_they_are_set_in_keystone(
        self, client: stand_in.Client, method: str
    ) -> None:
        path = f'/v2.1/os-quota-sets/{stand_in.PROJECT}'
        answer = client.ask(method, path, {'quota_set': {}})
        assert answer.status_int == 501
        assert 'openstack limit set' in answer.text

    def test_there_is_nothing_else_below(
        self, client: stand_in.Client
    ) -> None:
        path = f'/v2.1/os-quota-sets/{stand_in.PROJECT}/else'
        assert client.ask('GET', path).status_int == 404
