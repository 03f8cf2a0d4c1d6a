# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Lists and sums of the volume gateway, with regions that are dictionaries."""

import pytest

from tests.unit.gateway import cinders
from tests.unit.gateway import stand_in
from tricircle.gateway import placing

VOLUMES = '/v3/volumes'
ROOT = 'http://cloud.example:19998'


@pytest.fixture
def there(database: None) -> cinders.Regions:
    return cinders.Regions('One', 'Two')


@pytest.fixture
def client(there: cinders.Regions) -> stand_in.Client:
    return stand_in.Client(cinders.cloud_of(there, lambda *_ids: {}))


class TestLists:
    @pytest.fixture
    def ids(self, there: cinders.Regions) -> list[str]:
        """As one Cinder would list them: the newest, then by ID."""
        made = [
            (
                f't{number // 2}',
                there.there[name].volume(number, 't' + str(number // 2)),
            )
            for number in range(6)
            for name in ('Two', 'One')
        ]
        return [key for _created, key in sorted(made, reverse=True)]

    @pytest.mark.parametrize('limit', [1, 2, 5, 12, 100])
    def test_next_links_lead_through_all_of_it(
        self, client: stand_in.Client, ids: list[str], limit: int
    ) -> None:
        seen: list[str] = []
        link: str | None = f'{VOLUMES}/detail?limit={limit}'
        while link:
            said = client.ask('GET', link).json
            seen += [one['id'] for one in said['volumes']]
            link = next(
                (one['href'] for one in said.get('volumes_links', [])), None
            )
        assert seen == ids

    @pytest.mark.parametrize('limit', [1, 2, 5, 12])
    def test_a_client_that_makes_its_own_markers_gets_all_of_it(
        self, client: stand_in.Client, ids: list[str], limit: int
    ) -> None:
        seen: list[str] = []
        marker = ''
        while True:
            found = client.ask('GET', f'{VOLUMES}?limit={limit}{marker}').json[
                'volumes'
            ]
            if not found:
                break
            seen += [one['id'] for one in found]
            marker = f'&marker={seen[-1]}'
        assert seen == ids

    @pytest.mark.parametrize('offset', [0, 1, 5, 11, 12, 40])
    def test_an_offset_leaves_out_the_first_of_the_merged_list(
        self, client: stand_in.Client, ids: list[str], offset: int
    ) -> None:
        found = client.ask(
            'GET', f'{VOLUMES}/detail?offset={offset}&limit=4'
        ).json
        assert [one['id'] for one in found['volumes']] == (
            ids[offset : offset + 4]
        )

    def test_a_link_after_an_offset_goes_on_behind_it(
        self, client: stand_in.Client, ids: list[str]
    ) -> None:
        first = client.ask('GET', f'{VOLUMES}?offset=3&limit=2').json
        link = first['volumes_links'][0]['href']
        second = client.ask('GET', link).json
        assert [one['id'] for one in second['volumes']] == ids[5:7]

    def test_a_limit_of_0_is_an_empty_list(
        self, client: stand_in.Client, ids: list[str]
    ) -> None:
        found = client.ask('GET', f'{VOLUMES}?limit=0').json
        assert found == {'volumes': []}

    def test_a_short_list_is_short_and_a_long_one_has_zones(
        self, client: stand_in.Client, ids: list[str]
    ) -> None:
        short = client.ask('GET', f'{VOLUMES}?limit=1').json['volumes'][0]
        long = client.ask('GET', f'{VOLUMES}/detail?limit=1').json
        assert set(short) == {'id', 'name', 'links'}
        assert long['volumes'][0]['availability_zone'] == 'az-Two'

    def test_counts_are_added(
        self, client: stand_in.Client, ids: list[str]
    ) -> None:
        found = client.ask('GET', f'{VOLUMES}?with_count=true&limit=1').json
        assert found['count'] == 12

    def test_a_zone_is_of_its_pods_and_is_not_asked_of_regions(
        self, client: stand_in.Client, there: cinders.Regions, ids: list[str]
    ) -> None:
        found = client.ask(
            'GET', f'{VOLUMES}?availability_zone=az-Two&name=n1'
        ).json['volumes']
        assert [one['id'] for one in found] == ['01-Two-volume']
        assert there.there['One'].asked == []
        assert there.there['Two'].asked[-1].query == 'name=n1&limit=1000'

    def test_a_region_with_zones_of_its_own_is_asked_for_the_pods(
        self,
        client: stand_in.Client,
        there: cinders.Regions,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        pod = placing.Pod('Two', 'az-Two', own_zone='nova-east')
        monkeypatch.setattr(there, 'pods', lambda: [pod])
        client.ask('GET', f'{VOLUMES}?availability_zone=az-Two')
        assert there.there['Two'].asked[-1].query == (
            'limit=1000&availability_zone=nova-east'
        )

    def test_a_zone_that_is_none_has_nothing(
        self, client: stand_in.Client, ids: list[str]
    ) -> None:
        answer = client.ask('GET', f'{VOLUMES}?availability_zone=az-Nine')
        assert answer.json == {'volumes': []}

    def test_a_marker_that_is_nowhere_is_as_cinder_says(
        self, client: stand_in.Client, ids: list[str]
    ) -> None:
        answer = client.ask('GET', f'{VOLUMES}?marker=nowhere')
        assert answer.status_int == 404
        assert cinders.message(answer) == 'Volume nowhere could not be found.'

    @pytest.mark.parametrize(
        'query', ['limit=x', 'limit=-1', 'offset=x', 'offset=-1']
    )
    def test_a_number_that_is_none_is_refused(
        self, client: stand_in.Client, query: str
    ) -> None:
        assert client.ask('GET', f'{VOLUMES}?{query}').status_int == 400

    def test_two_ways_of_sorting_are_one_too_many(
        self, client: stand_in.Client
    ) -> None:
        answer = client.ask('GET', f'{VOLUMES}?sort=id:asc&sort_key=name')
        assert answer.status_int == 400

    def test_a_region_that_is_away_is_left_out_and_named(
        self, client: stand_in.Client, there: cinders.Regions, ids: list[str]
    ) -> None:
        there.there['One'].fails = cinders.away('One')
        answer = client.ask('GET', f'{VOLUMES}/detail')
        assert answer.headers['X-Tricircle-Regions-Missing'] == 'One'
        assert [one['id'] for one in answer.json['volumes']] == [
            key for key in ids if 'Two' in key
        ]

    def test_snapshots_are_merged_as_the_client_asks_for_them(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        ids = [
            there.there[name].put('snapshots', number, f't{number}')
            for number in range(2)
            for name in ('One', 'Two')
        ]
        found = client.ask('GET', '/v3/snapshots').json['snapshots']
        assert [one['id'] for one in found] == sorted(ids, reverse=True)
        assert there.there['One'].asked[-1].path == '/snapshots'

    def test_what_says_not_when_it_was_made_comes_region_by_region(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        path = 'os-volume-transfer'
        for number in range(2):
            for name in ('Two', 'One'):
                there.there[name].put(path, number, f't{number}')
        seen: list[str] = []
        link: str | None = f'/v3/{path}?limit=3'
        while link:
            said = client.ask('GET', link).json
            seen += [one['id'] for one in said['transfers']]
            link = next(
                (one['href'] for one in said.get('transfers_links', [])), None
            )
        assert seen == [
            f'{number:02}-{name}-transfer'
            for name in ('One', 'Two')
            for number in (1, 0)
        ]


class TestOfAll:
    def test_a_summary_is_added(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        there.there['One'].volume(1, 't1')
        there.there['Two'].volume(2, 't2')
        found = client.ask('GET', f'{VOLUMES}/summary').json
        assert found == {
            'volume-summary': {
                'total_count': 2,
                'metadata': {'k': ['v', 'One', 'Two']},
            }
        }

    def test_limits_are_added(self, client: stand_in.Client) -> None:
        found = client.ask('GET', '/v3/limits').json['limits']
        assert found == {'rate': [], 'absolute': {'volumes': 20}}

    def test_quotas_are_added_but_those_of_each_volume(
        self, client: stand_in.Client
    ) -> None:
        found = client.ask('GET', f'/v3/os-quota-sets/{stand_in.PROJECT}')
        assert found.json['quota_set'] == {
            'id': stand_in.PROJECT,
            'volumes': 20,
            'snapshots': -1,
            'per_volume_gigabytes': 100,
        }

    def test_zones_are_the_pods_in_cinders_form(
        self, client: stand_in.Client
    ) -> None:
        found = client.ask('GET', '/v3/os-availability-zone').json
        assert found['availabilityZoneInfo'][0] == {
            'zoneName': 'az-One',
            'zoneState': {'available': True},
        }

    @pytest.fixture
    def types(self, there: cinders.Regions) -> None:
        for region, names in (('One', 'ab'), ('Two', 'bc')):
            there.there[region].has['types'] = [
                {'id': f'{region}-{name}', 'name': name} for name in names
            ]

    def test_types_are_there_once_by_their_names(
        self, client: stand_in.Client, types: None
    ) -> None:
        found = client.ask('GET', '/v3/types').json['volume_types']
        assert [one['id'] for one in found] == ['One-a', 'One-b', 'Two-c']

    def test_their_pages_are_cut_from_all_of_them(
        self, client: stand_in.Client, types: None
    ) -> None:
        found = client.ask('GET', '/v3/types?limit=1&marker=One-a').json
        assert [one['id'] for one in found['volume_types']] == ['One-b']

    def test_a_marker_of_theirs_that_is_nowhere_is_not_found(
        self, client: stand_in.Client, types: None
    ) -> None:
        answer = client.ask('GET', '/v3/types?marker=nowhere')
        assert answer.status_int == 404

    @pytest.mark.parametrize(
        ('method', 'path'),
        [
            ('GET', 'os-services'),
            ('GET', 'scheduler-stats/get_pools'),
            ('PUT', 'os-quota-sets/x'),
        ],
    )
    def test_what_is_done_region_by_region_is_refused_with_the_way_to_it(
        self,
        client: stand_in.Client,
        there: cinders.Regions,
        method: str,
        path: str,
    ) -> None:
        answer = client.ask(method, f'/v3/{path}')
        assert answer.status_int == 501
        assert '?region=NAME' in cinders.message(answer)
        assert there.there['One'].asked == []

    def test_with_a_region_it_is_done_there(
        self, client: stand_in.Client
    ) -> None:
        found = client.ask('GET', '/v3/os-services?region=Two').json
        assert found == {'said by': 'Two'}
