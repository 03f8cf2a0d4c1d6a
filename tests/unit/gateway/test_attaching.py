# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Servers and their volumes are in one region."""

from typing import Any

import pytest
import webob

from tests.unit.gateway import cinders
from tests.unit.gateway import stand_in
from tricircle.gateway import asked as asking
from tricircle.gateway import placing
from tricircle.gateway import regions
from tricircle.gateway.api import compute
from tricircle.gateway.home import homes

SERVERS = '/v2.1/servers'


@pytest.fixture
def novas(database: None) -> stand_in.Regions:
    return stand_in.Regions('One', 'Two')


@pytest.fixture
def there(database: None) -> cinders.Regions:
    return cinders.Regions('One', 'Two')


@pytest.fixture
def client(novas: Any, there: cinders.Regions) -> stand_in.Client:
    return stand_in.Client(
        asking.Cloud(
            service=compute.SERVICE,
            regions=novas,
            homes=homes.Homes(compute.SERVICE, novas, 1.0),
            scopes=lambda *_ids: {},
            list_timeout=1.0,
            max_limit=1000,
            beside=cinders.homes_of(there),
        )
    )


def attach(
    client: stand_in.Client, server: str, volume: Any, below: str = ''
) -> webob.Response:
    return client.ask(
        'PUT' if below else 'POST',
        f'{SERVERS}/{server}/os-volume_attachments{below}',
        {'volumeAttachment': {'volumeId': volume}},
    )


def boot(client: stand_in.Client, **wish: Any) -> webob.Response:
    return client.ask('POST', SERVERS, {'server': {'name': 'a', **wish}})


class TestAttaching:
    def test_a_volume_of_the_same_region_is_for_the_region_to_attach(
        self,
        client: stand_in.Client,
        novas: stand_in.Regions,
        there: cinders.Regions,
    ) -> None:
        server = novas.there['Two'].boot(1, 't1')
        volume = there.there['Two'].volume(1, 't1')
        assert attach(client, server, volume).status_int == 200
        asked = novas.there['Two'].asked[-1]
        assert asked.path == f'/servers/{server}/os-volume_attachments'

    @pytest.mark.parametrize('below', ['', '/another'])
    def test_one_of_another_is_refused_before_the_region_is_asked(
        self,
        client: stand_in.Client,
        novas: stand_in.Regions,
        there: cinders.Regions,
        below: str,
    ) -> None:
        server = novas.there['Two'].boot(1, 't1')
        volume = there.there['One'].volume(1, 't1')
        answer = attach(client, server, volume, below)
        assert answer.status_int == 400
        said = answer.json['badRequest']['message']
        assert f'volume {volume} is in availability zone az-One' in said
        assert f'{server} in az-Two' in said
        assert not [
            one for one in novas.there['Two'].asked if one.method != 'GET'
        ]

    def test_one_that_is_nowhere_is_not_found(
        self, client: stand_in.Client, novas: stand_in.Regions
    ) -> None:
        server = novas.there['Two'].boot(1, 't1')
        answer = attach(client, server, 'nowhere')
        assert (answer.status_int, answer.json['itemNotFound']['message']) == (
            404,
            'Volume nowhere could not be found.',
        )

    @pytest.mark.parametrize('volume', [None, 1, {}, ''])
    def test_what_names_no_volume_the_region_refuses(
        self, client: stand_in.Client, novas: stand_in.Regions, volume: Any
    ) -> None:
        server = novas.there['Two'].boot(1, 't1')
        attach(client, server, volume)
        assert novas.there['Two'].asked[-1].method == 'POST'

    def test_one_that_may_be_in_a_region_that_is_away_is_not_called_gone(
        self,
        client: stand_in.Client,
        novas: stand_in.Regions,
        there: cinders.Regions,
    ) -> None:
        server = novas.there['Two'].boot(1, 't1')
        there.there['One'].fails = regions.RegionAway('One', 'no connection')
        assert attach(client, server, 'somewhere').status_int == 503

    def test_a_region_without_volumes_has_none(
        self,
        client: stand_in.Client,
        novas: stand_in.Regions,
        there: cinders.Regions,
    ) -> None:
        server = novas.there['Two'].boot(1, 't1')
        there.there['One'].fails = regions.NotThere('One', 'no endpoint')
        assert attach(client, server, 'nowhere').status_int == 404

    def test_cinder_is_not_asked_in_a_version_of_nova(
        self,
        client: stand_in.Client,
        novas: stand_in.Regions,
        there: cinders.Regions,
    ) -> None:
        server = novas.there['Two'].boot(1, 't1')
        attach(client, server, there.there['Two'].volume(1, 't1'))
        headers = there.there['Two'].asked[-1].headers
        assert 'OpenStack-API-Version' not in headers
        assert headers['X-Auth-Token'] == 'a-token'


class TestBooting:
    @pytest.mark.parametrize('kind', ['volume', 'snapshot'])
    @pytest.mark.parametrize('form', ['new', 'old'])
    def test_a_server_is_where_its_volumes_are(
        self,
        client: stand_in.Client,
        novas: stand_in.Regions,
        there: cinders.Regions,
        kind: str,
        form: str,
    ) -> None:
        key = there.there['Two'].put(f'{kind}s', 1, 't1')
        wish: Any = (
            {
                'block_device_mapping_v2': [
                    {'source_type': 'image', 'uuid': 'an-image'},
                    {'source_type': kind, 'uuid': key},
                ]
            }
            if form == 'new'
            else {'block_device_mapping': [{f'{kind}_id': key}]}
        )
        assert boot(client, **wish).status_int == 202
        assert len(novas.there['Two'].servers) == 1

    def test_a_zone_without_them_is_refused_by_their_name(
        self, client: stand_in.Client, there: cinders.Regions
    ) -> None:
        volume = there.there['Two'].volume(1, 't1')
        answer = boot(
            client,
            availability_zone='az-One',
            block_device_mapping_v2=[
                {'source_type': 'volume', 'uuid': volume}
            ],
        )
        assert answer.status_int == 409
        assert f'volume {volume} is in Two' in answer.text

    def test_a_volume_that_is_nowhere_is_a_bad_mapping(
        self, client: stand_in.Client
    ) -> None:
        answer = boot(
            client,
            block_device_mapping_v2=[{'source_type': 'volume', 'uuid': 'no'}],
        )
        assert answer.status_int == 400
        assert 'failed to get volume no' in answer.text

    @pytest.mark.parametrize(
        'mapping', ['x', {}, [1, None], [{'source_type': 'volume'}]]
    )
    def test_a_mapping_that_is_none_the_region_refuses(
        self, client: stand_in.Client, mapping: Any
    ) -> None:
        answer = boot(client, block_device_mapping_v2=mapping)
        assert answer.status_int == 202

    def test_who_names_ever_so_many_has_regions_asked_for_some(
        self,
        client: stand_in.Client,
        novas: stand_in.Regions,
        there: cinders.Regions,
    ) -> None:
        volumes = [
            there.there['Two'].volume(number, 't1') for number in range(50)
        ]
        boot(
            client,
            block_device_mapping_v2=[
                {'source_type': 'volume', 'uuid': one}
                for one in (*volumes, *volumes)
            ],
        )
        assert len(novas.there['Two'].servers) == 1
        assert len(there.there['One'].asked) == 32

    def test_the_first_server_is_where_the_project_has_volumes(
        self,
        client: stand_in.Client,
        novas: stand_in.Regions,
        there: cinders.Regions,
    ) -> None:
        cinders.homes_of(there).note(
            'volume', 'Two', [{'id': 'v'}], stand_in.PROJECT
        )
        boot(client)
        assert len(novas.there['Two'].servers) == 1


def test_a_group_of_servers_is_not_told_the_zone_of_its_region(
    client: stand_in.Client,
    novas: stand_in.Regions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nova refuses what its request for a group has no field for."""
    monkeypatch.setattr(
        novas, 'pods', lambda: [placing.Pod('One', 'az-One', own_zone='nova')]
    )
    body = {'server_group': {'name': 'g', 'policy': 'affinity'}}
    client.ask('POST', '/v2.1/os-server-groups', body)
    assert cinders.body_of(novas.there['One'].asked[-1]) == body
