# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What changes servers within the quota, and what is told of it."""

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
        message = counting.refusal(self.resize(client, server, '4'))
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
        counting.refusal(client.ask('POST', path, {'unshelve': None}))
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
        counting.refusal(self.resize(client, server, '4'))
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
        there.there['One']._answer = lambda question: counting.refused()
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
