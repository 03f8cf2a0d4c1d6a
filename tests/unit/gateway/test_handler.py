# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The gateway as its users see it, with regions that are dictionaries."""

from typing import Any

from oslo_config import cfg
import pytest

from tests.unit.gateway import stand_in
from tricircle.gateway import asked as asking
from tricircle.gateway import regions
from tricircle.gateway.api import compute
from tricircle.gateway.home import homes

SERVERS = '/v2.1/servers'


@pytest.fixture
def there(database: None) -> stand_in.Regions:
    return stand_in.Regions('One', 'Two')


@pytest.fixture
def scopes() -> dict[str, frozenset[str]]:
    return {}


@pytest.fixture
def client(there: Any, scopes: dict[str, frozenset[str]]) -> stand_in.Client:
    return stand_in.Client(
        asking.Cloud(
            service=compute.SERVICE,
            regions=there,
            homes=homes.Homes(compute.SERVICE, there, 1.0),
            scopes=lambda networks, ports: scopes,
            list_timeout=1.0,
            max_limit=1000,
        )
    )


def away(name: str, may_be_done: bool = False) -> regions.RegionAway:
    return regions.RegionAway(name, 'no connection', may_be_done)


def boot(client: stand_in.Client, **wish: Any) -> Any:
    return client.ask('POST', SERVERS, {'server': {'name': 'a', **wish}})


class TestServers:
    def test_one_is_found_wherever_it_is(
        self, client: stand_in.Client, there: stand_in.Regions
    ) -> None:
        server = there.there['Two'].boot(1, 't1')
        assert (
            client.ask('GET', f'{SERVERS}/{server}').json['server']['id']
            == server
        )

    def test_what_was_found_is_asked_for_there_alone(
        self, client: stand_in.Client, there: stand_in.Regions
    ) -> None:
        server = there.there['Two'].boot(1, 't1')
        client.ask('GET', f'{SERVERS}/{server}')
        there.there['One'].asked.clear()
        client.ask('GET', f'{SERVERS}/{server}/os-interface')
        assert there.there['One'].asked == []

    def test_where_one_is_is_read_once(
        self,
        client: stand_in.Client,
        there: stand_in.Regions,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        server = there.there['Two'].boot(1, 't1')
        client.ask('GET', f'{SERVERS}/{server}')
        monkeypatch.setattr(homes.db_homes, 'region_of', None)

        assert client.ask('GET', f'{SERVERS}/{server}').status_int == 200

    def test_one_that_no_region_has_is_as_nova_says(
        self, client: stand_in.Client
    ) -> None:
        answer = client.ask('GET', f'{SERVERS}/nowhere')
        assert (answer.status_int, answer.json['itemNotFound']['message']) == (
            404,
            'Instance nowhere could not be found.',
        )

    def test_one_that_may_be_in_a_region_that_is_away_is_not_called_gone(
        self, client: stand_in.Client, there: stand_in.Regions
    ) -> None:
        there.there['Two'].fails = away('Two')
        answer = client.ask('GET', f'{SERVERS}/somewhere')
        assert answer.status_int == 503
        assert 'Two does not answer' in answer.text

    def test_one_that_has_moved_is_found_the_next_time(
        self, client: stand_in.Client, there: stand_in.Regions
    ) -> None:
        server = there.there['One'].boot(1, 't1')
        client.ask('GET', f'{SERVERS}/{server}')
        there.there['Two'].servers = there.there['One'].servers
        there.there['One'].servers = []
        assert client.ask('GET', f'{SERVERS}/{server}').status_int == 404
        assert client.ask('GET', f'{SERVERS}/{server}').status_int == 200

    def test_a_deleted_one_is_forgotten(
        self, client: stand_in.Client, there: stand_in.Regions
    ) -> None:
        server = there.there['Two'].boot(1, 't1')
        assert client.ask('DELETE', f'{SERVERS}/{server}').status_int == 204
        there.there['One'].asked.clear()
        client.ask('GET', f'{SERVERS}/{server}')
        assert len(there.there['One'].asked) == 1

    def test_links_and_zone_are_those_of_the_gateway(
        self, client: stand_in.Client, there: stand_in.Regions
    ) -> None:
        server = there.there['Two'].boot(1, 't1')
        found = client.ask('GET', f'{SERVERS}/{server}').json['server']
        assert found['links'][0]['href'] == (
            f'http://cloud.example:19998{SERVERS}/{server}'
        )
        assert found['OS-EXT-AZ:availability_zone'] == 'az-Two'


class TestPlacing:
    def test_a_server_goes_to_the_zone_that_the_user_names(
        self, client: stand_in.Client, there: stand_in.Regions
    ) -> None:
        answer = boot(client, availability_zone='az-Two')
        assert answer.status_int == 202
        assert len(there.there['Two'].servers) == 1

    def test_a_project_stays_in_its_region(
        self, client: stand_in.Client, there: stand_in.Regions
    ) -> None:
        boot(client, availability_zone='az-Two')
        boot(client)
        assert len(there.there['Two'].servers) == 2

    def test_a_zone_that_no_pod_has_is_refused(
        self, client: stand_in.Client
    ) -> None:
        answer = boot(client, availability_zone='az-Nine')
        assert answer.status_int == 409
        assert 'by availability zone' in answer.text

    def test_a_network_that_is_not_for_the_zone_is_named(
        self,
        client: stand_in.Client,
        scopes: dict[str, frozenset[str]],
    ) -> None:
        scopes['network n'] = frozenset({'One'})
        answer = boot(
            client, availability_zone='az-Two', networks=[{'uuid': 'n'}]
        )
        assert answer.status_int == 409
        assert 'network n is not for it' in answer.text

    def test_a_region_to_which_there_is_no_connection_is_passed_over(
        self, client: stand_in.Client, there: stand_in.Regions
    ) -> None:
        there.there['One'].fails = away('One')
        assert boot(client).status_int == 202
        assert len(there.there['Two'].servers) == 1

    def test_a_lost_answer_is_no_second_server(
        self, client: stand_in.Client, there: stand_in.Regions
    ) -> None:
        there.there['One'].fails = away('One', may_be_done=True)
        answer = boot(client)
        assert answer.status_int == 504
        assert 'It may have been made there' in answer.text
        assert there.there['Two'].servers == []

    def test_what_a_region_refuses_is_told_and_tried_nowhere_else(
        self, client: stand_in.Client, there: stand_in.Regions
    ) -> None:
        there.there['One'].refuses = 403
        answer = boot(client)
        assert (answer.status_int, answer.json) == (403, {'error': 'One'})
        assert there.there['Two'].asked == []

    @pytest.mark.parametrize('body', [None, [], {}, {'server': []}, 'x'])
    def test_a_body_that_is_none_is_refused(
        self, client: stand_in.Client, body: Any
    ) -> None:
        assert client.ask('POST', SERVERS, body).status_int == 400


class TestLists:
    @pytest.fixture
    def ids(self, there: stand_in.Regions) -> list[str]:
        """Ten servers, in turns."""
        made = [
            there.there[name].boot(number, f't{number}')
            for number in range(5)
            for name in ('Two', 'One')
        ]
        return list(reversed(made))

    def test_all_regions_are_in_it_the_newest_first(
        self, client: stand_in.Client, ids: list[str]
    ) -> None:
        found = client.ask('GET', f'{SERVERS}/detail').json['servers']
        assert [one['id'] for one in found] == ids

    @pytest.mark.parametrize('limit', [1, 3, 10])
    def test_next_links_lead_through_all_of_it(
        self, client: stand_in.Client, ids: list[str], limit: int
    ) -> None:
        seen: list[str] = []
        link: str | None = f'{SERVERS}?limit={limit}'
        while link:
            said = client.ask('GET', link).json
            seen += [one['id'] for one in said['servers']]
            link = next(
                (one['href'] for one in said.get('servers_links', [])), None
            )
        assert seen == ids

    @pytest.mark.parametrize('limit', [1, 3, 10])
    def test_a_client_that_makes_its_own_markers_gets_all_of_it(
        self, client: stand_in.Client, ids: list[str], limit: int
    ) -> None:
        seen: list[str] = []
        marker = ''
        while True:
            found = client.ask(
                'GET', f'{SERVERS}/detail?limit={limit}{marker}'
            ).json['servers']
            if not found:
                break
            seen += [one['id'] for one in found]
            marker = f'&marker={seen[-1]}'
        assert seen == ids

    def test_a_marker_that_is_nowhere_is_as_nova_says(
        self, client: stand_in.Client, ids: list[str]
    ) -> None:
        answer = client.ask('GET', f'{SERVERS}?marker=nowhere')
        assert (answer.status_int, answer.json['badRequest']['message']) == (
            400,
            'marker [nowhere] not found',
        )

    def test_a_short_list_is_short(
        self, client: stand_in.Client, ids: list[str]
    ) -> None:
        found = client.ask('GET', SERVERS).json['servers'][0]
        assert set(found) == {'id', 'name', 'links'}

    def test_filters_go_to_all_regions(
        self, client: stand_in.Client, there: stand_in.Regions
    ) -> None:
        client.ask('GET', f'{SERVERS}?status=ACTIVE&tag=a&tag=b')
        assert {
            name: region.asked[-1].query
            for name, region in there.there.items()
        } == dict.fromkeys(
            ['One', 'Two'], 'status=ACTIVE&tag=a&tag=b&limit=1000'
        )

    def test_a_region_that_is_away_is_left_out_and_named(
        self,
        client: stand_in.Client,
        there: stand_in.Regions,
        ids: list[str],
    ) -> None:
        there.there['One'].fails = away('One')
        answer = client.ask('GET', SERVERS)
        assert answer.headers['X-Tricircle-Regions-Missing'] == 'One'
        assert [one['id'] for one in answer.json['servers']] == [
            one for one in ids if one.startswith('Two')
        ]

    def test_a_region_that_refuses_is_told(
        self, client: stand_in.Client, there: stand_in.Regions
    ) -> None:
        there.there['One'].refuses = 400
        assert client.ask('GET', SERVERS).json == {'error': 'One'}

    def test_without_any_region_there_is_no_list(
        self, client: stand_in.Client, there: stand_in.Regions
    ) -> None:
        for name, region in there.there.items():
            region.fails = away(name)
        assert client.ask('GET', SERVERS).status_int == 503

    @pytest.mark.parametrize('limit', ['-1', 'x', '9' * 40, '%D9%A3'])
    def test_a_limit_that_is_none_is_refused(
        self, client: stand_in.Client, limit: str
    ) -> None:
        answer = client.ask('GET', f'{SERVERS}?limit={limit}')
        assert answer.status_int == 400


class TestOfAllRegions:
    def test_limits_are_added(self, client: stand_in.Client) -> None:
        found = client.ask('GET', '/v2.1/limits').json
        assert found == {'limits': {'absolute': {'cores': 40}}}

    def test_zones_are_those_of_the_pods(
        self, client: stand_in.Client, there: stand_in.Regions
    ) -> None:
        there.there['Two'].fails = away('Two')
        found = client.ask('GET', '/v2.1/os-availability-zone').json
        assert {
            one['zoneName']: one['zoneState']['available']
            for one in found['availabilityZoneInfo']
        } == {'az-One': True, 'az-Two': False}

    def test_hosts_of_regions_are_in_the_zones_of_their_pods(
        self, client: stand_in.Client
    ) -> None:
        found = client.ask('GET', '/v2.1/os-availability-zone/detail').json
        assert {
            one['zoneName']: sorted(one['hosts'])
            for one in found['availabilityZoneInfo']
        } == {
            'az-One': ['One-nova'],
            'az-Two': ['Two-nova'],
            'internal': ['One-internal', 'Two-internal'],
        }

    def test_who_may_not_see_hosts_gets_the_refusal_of_a_region(
        self, client: stand_in.Client, there: stand_in.Regions
    ) -> None:
        there.there['One'].refuses = 403
        answer = client.ask('GET', '/v2.1/os-availability-zone/detail')
        assert answer.status_int == 403

    def test_there_is_an_aggregate_a_pod(
        self, client: stand_in.Client
    ) -> None:
        found = client.ask('GET', '/v2.1/os-aggregates').json['aggregates']
        assert [(one['name'], one['availability_zone']) for one in found] == [
            ('ag_One', 'az-One'),
            ('ag_Two', 'az-Two'),
        ]

    def test_what_all_have_is_told_by_the_first_that_answers(
        self, client: stand_in.Client, there: stand_in.Regions
    ) -> None:
        there.there['One'].fails = away('One')
        assert client.ask('GET', '/v2.1/flavors/1').json == {'said by': 'Two'}


class TestOneRegion:
    def test_a_user_may_name_it(self, client: stand_in.Client) -> None:
        found = client.ask('GET', '/v2.1/os-hypervisors?region=Two&limit=2')
        assert found.json == {'said by': 'Two'}

    def test_its_name_does_not_go_there(
        self, client: stand_in.Client, there: stand_in.Regions
    ) -> None:
        client.ask('GET', '/v2.1/os-hypervisors?region=Two&limit=2')
        assert there.there['Two'].asked[-1].query == 'limit=2'

    def test_one_that_is_no_pod_is_refused(
        self, client: stand_in.Client
    ) -> None:
        answer = client.ask('GET', '/v2.1/os-hypervisors?region=Nine')
        assert answer.status_int == 400

    def test_without_it_hosts_are_refused_with_the_way_to_them(
        self, client: stand_in.Client
    ) -> None:
        answer = client.ask('GET', '/v2.1/os-hypervisors')
        assert answer.status_int == 501
        assert '?region=NAME' in answer.text


class TestRequests:
    def test_the_project_may_be_in_the_path(
        self, client: stand_in.Client
    ) -> None:
        path = f'/v2.1/{stand_in.PROJECT}/servers'
        assert client.ask('GET', path).status_int == 200

    def test_another_project_in_the_path_is_refused_as_by_nova(
        self, client: stand_in.Client
    ) -> None:
        other = stand_in.PROJECT.replace('0', 'f')
        answer = client.ask('GET', f'/v2.1/{other}/servers')
        assert answer.status_int == 400
        assert "doesn't match Context's project_id" in answer.text

    def test_regions_get_token_and_version_and_not_who_the_caller_is(
        self, client: stand_in.Client, there: stand_in.Regions
    ) -> None:
        client.ask(
            'GET',
            f'{SERVERS}?limit=1',
            headers={'OpenStack-API-Version': 'compute latest'},
        )
        headers = there.there['One'].asked[-1].headers
        assert headers['X-Auth-Token'] == 'a-token'
        assert headers['OpenStack-API-Version'] == 'compute 2.104'
        assert 'X-User-Id' not in headers

    def test_the_answer_says_which_version_it_has(
        self, client: stand_in.Client
    ) -> None:
        answer = client.ask('GET', SERVERS)
        assert answer.headers['OpenStack-API-Version'] == 'compute 2.1'

    def test_a_version_that_not_all_have_is_not_acceptable(
        self, client: stand_in.Client
    ) -> None:
        answer = client.ask(
            'GET', SERVERS, headers={'OpenStack-API-Version': 'compute 2.999'}
        )
        assert answer.status_int == 406

    @pytest.mark.parametrize(
        'path',
        [
            '/v2.1/servers/../os-services',
            '/v2.1/./servers',
            '/v2.1/servers/%2e%2e/os-services',
            '/v3/servers',
            '/v2.1/nothing',
        ],
    )
    def test_paths_that_lead_elsewhere_are_not_found(
        self, client: stand_in.Client, there: stand_in.Regions, path: str
    ) -> None:
        assert client.ask('GET', path).status_int == 404
        assert there.there['One'].asked == []

    def test_what_is_quoted_in_a_path_stays_quoted(
        self, client: stand_in.Client, there: stand_in.Regions
    ) -> None:
        client.ask('GET', '/v2.1/os-keypairs/a%3Fb%20c')
        assert there.there['One'].asked[-1].path == '/os-keypairs/a%3Fb%20c'

    @pytest.mark.parametrize('path', ['/', '/v2.1', '/v2.1/'])
    def test_versions_are_for_everybody(
        self, client: stand_in.Client, path: str
    ) -> None:
        answer = client.ask('GET', path, headers={'X-User-Id': ''})
        assert '2.104' in answer.text

    def test_without_a_user_there_is_nothing_else(
        self, client: stand_in.Client
    ) -> None:
        answer = client.ask('GET', SERVERS, headers={'X-User-Id': ''})
        assert answer.status_int == 401


def test_the_options_are_there_for_the_program() -> None:
    from tricircle.conf import gateway

    conf = cfg.ConfigOpts()
    gateway.register(conf)
    assert conf.gateway.bind_port == 19998
