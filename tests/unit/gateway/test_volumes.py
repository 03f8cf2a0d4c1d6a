# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The volume gateway as its users see it, with regions that are dictionaries.

What both gateways do in the same way is in test_handler.py.
"""

import json
import logging
from typing import Any

import pytest
import webob

from tests.unit.gateway import cinders
from tests.unit.gateway import stand_in
from tricircle.db import session as sessions
from tricircle.db.central.gateway import homes as db_homes
from tricircle.gateway import placing
from tricircle.gateway import regions

VOLUMES = '/v3/volumes'
ROOT = 'http://cloud.example:19998'


@pytest.fixture
def there(database: None) -> cinders.Regions:
    return cinders.Regions('One', 'Two')


@pytest.fixture
def client(there: cinders.Regions) -> stand_in.Client:
    return stand_in.Client(cinders.cloud_of(there, lambda *_ids: {}))


def away(name: str) -> regions.RegionAway:
    return regions.RegionAway(name, 'no connection')


def make(client: stand_in.Client, **wish: Any) -> webob.Response:
    return client.ask('POST', VOLUMES, {'volume': {'size': 1, **wish}})


def message(answer: webob.Response) -> str:
    (said,) = answer.json.values()
    assert said['code'] == answer.status_int
    return str(said['message'])


def counts(there: cinders.Regions, what: str = 'volumes') -> dict[str, int]:
    return {name: len(one.has[what]) for name, one in there.there.items()}


class TestOne:
    def test_it_is_found_wherever_it_is(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        key = there.there['Two'].volume(1, 't1')
        found = client.ask('GET', f'{VOLUMES}/{key}').json['volume']
        assert found['id'] == key
        assert found['availability_zone'] == 'az-Two'
        assert found['links'][0]['href'] == f'{ROOT}{VOLUMES}/{key}'

    def test_a_users_metadata_stays_as_it_is(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        key = there.there['Two'].volume(1, 't1')
        mine = {'availability_zone': 'mine'}
        there.there['Two'].has['volumes'][0]['metadata'] = mine
        found = client.ask('GET', f'{VOLUMES}/{key}').json['volume']
        assert found['metadata'] == mine

    @pytest.mark.parametrize(
        ('path', 'text'),
        [
            ('volumes/x', 'Volume x could not be found.'),
            ('snapshots/x', 'Snapshot x could not be found.'),
            ('backups/x', 'Backup x could not be found.'),
            ('types/x', 'Volume type x could not be found.'),
        ],
    )
    def test_one_that_no_region_has_is_as_cinder_says(
        self, client: stand_in.Client, path: str, text: str
    ) -> None:
        answer = client.ask('GET', f'/v3/{path}')
        assert answer.status_int == 404
        assert list(answer.json) == ['itemNotFound']
        assert message(answer) == text

    def test_a_deleted_one_is_forgotten(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        key = there.there['Two'].volume(1, 't1')
        assert client.ask('DELETE', f'{VOLUMES}/{key}').status_int == 202
        with sessions.reader() as session:
            assert db_homes.region_of(session, 'volume', key) is None


class TestPlacing:
    def test_it_goes_to_the_zone_that_the_user_names(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        assert make(client, availability_zone='az-Two').status_int == 202
        assert counts(there) == {'One': 0, 'Two': 1}

    def test_the_region_is_not_told_the_name_of_the_pods_zone(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        make(client, availability_zone='az-Two', name='v', new_field=1)
        sent = cinders.body_of(there.there['Two'].asked[-1])
        assert sent == {'volume': {'size': 1, 'name': 'v', 'new_field': 1}}

    def test_a_zone_that_is_none_is_refused_as_by_cinder(
        self, client: stand_in.Client
    ) -> None:
        answer = make(client, availability_zone='az-Nine')
        assert answer.status_int == 400
        assert message(answer) == "Availability zone 'az-Nine' is invalid."

    def test_a_project_stays_where_its_volumes_are(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        make(client, availability_zone='az-Two')
        make(client)
        assert counts(there) == {'One': 0, 'Two': 2}

    def test_and_its_first_volume_is_where_its_servers_are(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        cinders.homes_of(there).note(
            'server', 'Two', [{'id': 's'}], stand_in.PROJECT
        )
        make(client)
        assert counts(there) == {'One': 0, 'Two': 1}

    @pytest.mark.parametrize(
        ('field', 'what'),
        [
            ('snapshot_id', 'snapshots'),
            ('source_volid', 'volumes'),
            ('backup_id', 'backups'),
        ],
    )
    def test_it_is_where_that_is_of_which_it_is_made(
        self,
        client: stand_in.Client,
        there: cinders.Regions,
        field: str,
        what: str,
    ) -> None:
        source = there.there['Two'].put(what, 1, 't1')
        assert make(client, **{field: source}).status_int == 202
        assert counts(there)['One'] == 0

    def test_what_it_is_made_of_and_its_zone_have_to_agree(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        source = there.there['Two'].put('snapshots', 1, 't1')
        answer = make(client, snapshot_id=source, availability_zone='az-One')
        assert answer.status_int == 409
        assert f'snapshot {source} is in Two' in message(answer)

    def test_what_it_is_made_of_has_to_be_somewhere(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        answer = make(client, snapshot_id='nowhere')
        assert answer.status_int == 404
        assert counts(there) == {'One': 0, 'Two': 0}

    def test_a_type_by_name_is_for_every_region_to_know(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        answer = make(client, volume_type='fast', availability_zone='az-Two')
        assert answer.status_int == 202

    def test_a_type_by_id_is_that_of_its_name_in_every_region(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        uuid = 'aa5119a8-d25b-45a7-8d1b-88e127885635'
        there.there['One'].has['types'] = [{'id': uuid, 'name': 'fast'}]
        answer = make(client, volume_type=uuid, availability_zone='az-Two')
        assert answer.status_int == 202
        sent = cinders.body_of(there.there['Two'].asked[-1])
        assert sent == {'volume': {'size': 1, 'volume_type': 'fast'}}

    def test_a_type_by_an_id_that_is_none_is_not_found(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        uuid = 'aa5119a8-d25b-45a7-8d1b-88e127885635'
        answer = make(client, volume_type=uuid)
        assert answer.status_int == 404
        assert counts(there) == {'One': 0, 'Two': 0}

    @pytest.mark.parametrize('given', [None, 1, [], {}, ['x', None]])
    def test_a_type_that_is_none_its_region_refuses(
        self, client: stand_in.Client, there: cinders.Regions, given: Any
    ) -> None:
        make(client, volume_type=given)
        sent = cinders.body_of(there.there['One'].asked[-1])
        assert sent == {'volume': {'size': 1, 'volume_type': given}}

    @pytest.mark.parametrize(
        ('path', 'key', 'field', 'what'),
        [
            ('snapshots', 'snapshot', 'volume_id', 'snapshots'),
            ('backups', 'backup', 'volume_id', 'backups'),
            (
                'os-volume-transfer',
                'transfer',
                'volume_id',
                'os-volume-transfer',
            ),
        ],
    )
    def test_what_is_of_a_volume_is_where_the_volume_is(
        self,
        client: stand_in.Client,
        there: cinders.Regions,
        path: str,
        key: str,
        field: str,
        what: str,
    ) -> None:
        volume = there.there['Two'].volume(1, 't1')
        answer = client.ask('POST', f'/v3/{path}', {key: {field: volume}})
        assert answer.status_int == 202
        assert counts(there, what) == {'One': 0, 'Two': 1}

    def test_a_region_to_which_there_is_no_connection_is_passed_over(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        there.there['One'].fails = away('One')
        assert make(client).status_int == 202
        assert counts(there) == {'One': 0, 'Two': 1}

    @pytest.mark.parametrize(
        'body', [b'{bad', b'[]', b'{}', b'{"volume": 1}', b'', b'\xff']
    )
    def test_a_body_that_says_nothing_is_refused(
        self, client: stand_in.Client, body: bytes
    ) -> None:
        request = webob.Request.blank(
            VOLUMES,
            method='POST',
            body=body,
            content_type='application/json',
            headers={
                'X-User-Id': 'u',
                'X-Project-Id': stand_in.PROJECT,
            },
        )
        answer = request.get_response(client.application)
        assert answer.status_int == 400
        assert list(answer.json) == ['badRequest']


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
        assert message(answer) == 'Volume nowhere could not be found.'

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
        there.there['One'].fails = away('One')
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
            ('POST', 'types'),
            ('DELETE', 'types/x'),
            ('POST', 'types/x/extra_specs'),
            ('GET', 'qos-specs/x/associate'),
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
        assert '?region=NAME' in message(answer)
        assert there.there['One'].asked == []

    def test_with_a_region_it_is_done_there(
        self, client: stand_in.Client
    ) -> None:
        found = client.ask('GET', '/v3/os-services?region=Two').json
        assert found == {'said by': 'Two'}


class TestJoins:
    def test_a_backup_is_restored_into_a_volume_of_its_region(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        backup = there.there['Two'].put('backups', 1, 't1')
        volume = there.there['Two'].volume(1, 't1')
        answer = client.ask(
            'POST',
            f'/v3/backups/{backup}/restore',
            {'restore': {'volume_id': volume}},
        )
        assert answer.status_int == 200

    def test_and_into_none_of_another(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        backup = there.there['Two'].put('backups', 1, 't1')
        volume = there.there['One'].volume(1, 't1')
        answer = client.ask(
            'POST',
            f'/v3/backups/{backup}/restore',
            {'restore': {'volume_id': volume}},
        )
        assert answer.status_int == 400
        assert 'az-One' in message(answer)
        assert 'az-Two' in message(answer)

    def test_a_transfer_is_accepted_though_nobody_may_see_it(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        """Only the project that offers it may."""
        path = 'os-volume-transfer'
        key = there.there['Two'].put(path, 1, 't1')
        there.there['Two'].hidden.add(key)
        found = client.ask('POST', f'/v3/{path}/{key}/accept', {'accept': {}})
        assert found.status_int == 200
        assert found.json['transfer']['id'] == key

    def test_a_group_is_made_of_another_in_the_place_of_that(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        cinders.homes_of(there).note(
            'group', 'Two', [{'id': 'old'}], stand_in.PROJECT
        )
        body = {'create-from-src': {'source_group_id': 'old'}}
        answer = client.ask('POST', '/v3/groups/action', body)
        assert answer.status_int == 202
        assert cinders.body_of(there.there['Two'].asked[-1]) == body


class TestRequests:
    @pytest.mark.parametrize(
        ('path', 'status'), [('/', 300), ('/v3', 200), ('/v3/', 200)]
    )
    def test_versions_are_for_everybody_and_in_cinders_form(
        self, client: stand_in.Client, path: str, status: int
    ) -> None:
        answer = client.ask('GET', path, headers={'X-User-Id': ''})
        assert answer.status_int == status
        (said,) = answer.json['versions']
        assert said['id'] == 'v3.0'
        assert (said['min_version'], said['version']) == ('3.0', '3.71')
        assert said['links'] == [{'rel': 'self', 'href': f'{ROOT}/v3/'}]

    def test_the_word_of_a_version_is_volume(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        answer = client.ask(
            'GET', VOLUMES, headers={'OpenStack-API-Version': 'volume latest'}
        )
        sent = there.there['One'].asked[-1].headers
        assert sent['OpenStack-API-Version'] == 'volume 3.71'
        assert answer.headers['OpenStack-API-Version'] == 'volume 3.71'

    @pytest.mark.parametrize(
        ('version', 'status'), [('3.999', 406), ('x', 400), ('2.0', 406)]
    )
    def test_a_version_that_is_none_is_refused(
        self, client: stand_in.Client, version: str, status: int
    ) -> None:
        answer = client.ask(
            'GET',
            VOLUMES,
            headers={'OpenStack-API-Version': f'volume {version}'},
        )
        assert answer.status_int == status

    def test_the_project_may_be_in_the_path(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        client.ask('GET', f'/v3/{stand_in.PROJECT}/volumes/detail')
        assert there.there['One'].asked[-1].path == '/volumes/detail'

    def test_nothing_of_a_token_is_logged(
        self,
        client: stand_in.Client,
        there: cinders.Regions,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.DEBUG)
        there.there['One'].answer = None  # type: ignore[method-assign,assignment]
        answer = client.ask('GET', VOLUMES)
        assert answer.status_int == 500
        assert list(answer.json) == ['computeFault']
        assert 'a-token' not in caplog.text + json.dumps(answer.json)
