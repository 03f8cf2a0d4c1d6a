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

VOLUMES = '/v3/volumes'
ROOT = 'http://cloud.example:19998'


@pytest.fixture
def there(database: None) -> cinders.Regions:
    return cinders.Regions('One', 'Two')


@pytest.fixture
def client(there: cinders.Regions) -> stand_in.Client:
    return stand_in.Client(cinders.cloud_of(there, lambda *_ids: {}))


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
        assert cinders.message(answer) == text

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
        assert (
            cinders.make(client, availability_zone='az-Two').status_int == 202
        )
        assert cinders.counts(there) == {'One': 0, 'Two': 1}

    def test_the_region_is_not_told_the_name_of_the_pods_zone(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        cinders.make(client, availability_zone='az-Two', name='v', new_field=1)
        sent = cinders.body_of(there.there['Two'].asked[-1])
        assert sent == {'volume': {'size': 1, 'name': 'v', 'new_field': 1}}

    def test_a_zone_that_is_none_is_refused_as_by_cinder(
        self, client: stand_in.Client
    ) -> None:
        answer = cinders.make(client, availability_zone='az-Nine')
        assert answer.status_int == 400
        assert (
            cinders.message(answer)
            == "Availability zone 'az-Nine' is invalid."
        )

    def test_a_project_stays_where_its_volumes_are(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        cinders.make(client, availability_zone='az-Two')
        cinders.make(client)
        assert cinders.counts(there) == {'One': 0, 'Two': 2}

    def test_and_its_first_volume_is_where_its_servers_are(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        cinders.homes_of(there).note(
            'server', 'Two', [{'id': 's'}], stand_in.PROJECT
        )
        cinders.make(client)
        assert cinders.counts(there) == {'One': 0, 'Two': 1}

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
        assert cinders.make(client, **{field: source}).status_int == 202
        assert cinders.counts(there)['One'] == 0

    def test_what_it_is_made_of_and_its_zone_have_to_agree(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        source = there.there['Two'].put('snapshots', 1, 't1')
        answer = cinders.make(
            client, snapshot_id=source, availability_zone='az-One'
        )
        assert answer.status_int == 409
        assert f'snapshot {source} is in Two' in cinders.message(answer)

    def test_what_it_is_made_of_has_to_be_somewhere(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        answer = cinders.make(client, snapshot_id='nowhere')
        assert answer.status_int == 404
        assert cinders.counts(there) == {'One': 0, 'Two': 0}

    def test_a_type_by_name_is_for_every_region_to_know(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        answer = cinders.make(
            client, volume_type='fast', availability_zone='az-Two'
        )
        assert answer.status_int == 202

    def test_a_type_by_id_is_that_of_its_name_in_every_region(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        uuid = 'aa5119a8-d25b-45a7-8d1b-88e127885635'
        there.there['One'].has['types'] = [{'id': uuid, 'name': 'fast'}]
        answer = cinders.make(
            client, volume_type=uuid, availability_zone='az-Two'
        )
        assert answer.status_int == 202
        sent = cinders.body_of(there.there['Two'].asked[-1])
        assert sent == {'volume': {'size': 1, 'volume_type': 'fast'}}

    def test_a_type_by_an_id_that_is_none_is_not_found(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        uuid = 'aa5119a8-d25b-45a7-8d1b-88e127885635'
        answer = cinders.make(client, volume_type=uuid)
        assert answer.status_int == 404
        assert cinders.counts(there) == {'One': 0, 'Two': 0}

    @pytest.mark.parametrize('given', [None, 1, [], {}, ['x', None]])
    def test_a_type_that_is_none_its_region_refuses(
        self, client: stand_in.Client, there: cinders.Regions, given: Any
    ) -> None:
        cinders.make(client, volume_type=given)
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
        assert cinders.counts(there, what) == {'One': 0, 'Two': 1}

    def test_a_region_to_which_there_is_no_connection_is_passed_over(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        there.there['One'].fails = cinders.away('One')
        assert cinders.make(client).status_int == 202
        assert cinders.counts(there) == {'One': 0, 'Two': 1}

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
        assert 'az-One' in cinders.message(answer)
        assert 'az-Two' in cinders.message(answer)

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
