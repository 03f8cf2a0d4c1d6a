# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What lists have of regions that are away."""

from typing import Any

import pytest

from tests.unit.gateway import stand_in
from tricircle.gateway import asked as asking
from tricircle.gateway import regions
from tricircle.gateway.api import compute
from tricircle.gateway.home import homes

SERVERS = '/v2.1/servers'
DETAIL = f'{SERVERS}/detail'
SINCE = {'OpenStack-API-Version': 'compute 2.69'}
MISSING = 'X-Tricircle-Regions-Missing'


@pytest.fixture
def there(database: None) -> stand_in.Regions:
    found = stand_in.Regions('One', 'Two')
    found.there['One'].boot(1, '2026-01-03T00:00:00Z')
    found.there['Two'].boot(1, '2026-01-02T00:00:00Z')
    found.there['One'].boot(2, '2026-01-01T00:00:00Z')
    return found


@pytest.fixture
def client(there: Any) -> stand_in.Client:
    return stand_in.Client(
        asking.Cloud(
            service=compute.SERVICE,
            regions=there,
            homes=homes.Homes(compute.SERVICE, there, 1.0),
            scopes=lambda networks, ports: {},
            list_timeout=1.0,
            max_limit=1000,
        )
    )


@pytest.fixture
def is_away(client: stand_in.Client, there: stand_in.Regions) -> None:
    """One is away, and was listed before."""
    client.ask('GET', SERVERS)
    there.there['One'].fails = regions.RegionAway('One', 'no connection')


@pytest.mark.usefixtures('is_away')
class TestAway:
    def test_servers_of_it_are_in_their_places_with_what_is_noted(
        self, client: stand_in.Client
    ) -> None:
        answer = client.ask('GET', DETAIL, headers=SINCE)

        assert answer.headers[MISSING] == 'One'
        first, _second, last = answer.json['servers']
        assert first == {
            'id': 'One-1',
            'status': 'UNKNOWN',
            'created': '2026-01-03T00:00:00Z',
            'tenant_id': stand_in.PROJECT,
            'links': [
                {
                    'rel': 'self',
                    'href': 'http://cloud.example:19998/v2.1/servers/One-1',
                },
                {
                    'rel': 'bookmark',
                    'href': 'http://cloud.example:19998/servers/One-1',
                },
            ],
        }
        assert last['id'] == 'One-2'

    def test_the_short_list_says_that_their_state_is_unknown(
        self, client: stand_in.Client
    ) -> None:
        answer = client.ask('GET', SERVERS, headers=SINCE)

        first = answer.json['servers'][0]
        assert set(first) == {'id', 'status', 'links'}
        assert first['status'] == 'UNKNOWN'

    def test_clients_of_before_do_not_get_them(
        self, client: stand_in.Client
    ) -> None:
        answer = client.ask(
            'GET', SERVERS, headers={'OpenStack-API-Version': 'compute 2.68'}
        )

        assert [one['id'] for one in answer.json['servers']] == ['Two-1']
        assert answer.headers[MISSING] == 'One'

    @pytest.mark.parametrize(
        'query', ['limit=10', 'name=s1', 'sort_key=display_name', 'marker=']
    )
    def test_who_filters_sorts_or_pages_does_not_get_them(
        self, client: stand_in.Client, query: str
    ) -> None:
        answer = client.ask('GET', f'{SERVERS}?{query}', headers=SINCE)

        assert 'One-1' not in answer.text

    def test_those_of_others_are_not_told(
        self, client: stand_in.Client
    ) -> None:
        other = {**SINCE, 'X-Project-Id': 'f' * 32}

        assert 'One-1' not in client.ask('GET', SERVERS, headers=other).text


def test_one_that_went_behind_the_gateway_is_not_told_when_its_region_is_away(
    client: stand_in.Client, there: stand_in.Regions
) -> None:
    client.ask('GET', SERVERS)
    one = there.there['One']
    del one.servers[0]
    client.ask('GET', SERVERS)
    one.fails = regions.RegionAway('One', 'no connection')

    told = client.ask('GET', SERVERS, headers=SINCE).json['servers']

    assert [server['id'] for server in told] == ['Two-1', 'One-2']


def test_one_that_a_filter_leaves_out_is_not_forgotten(
    client: stand_in.Client, there: stand_in.Regions
) -> None:
    client.ask('GET', SERVERS)
    one = there.there['One']
    left_out = one.servers.pop(0)
    client.ask('GET', f'{SERVERS}?status=ACTIVE')
    one.servers.insert(0, left_out)
    one.fails = regions.RegionAway('One', 'no connection')

    told = client.ask('GET', SERVERS, headers=SINCE).json['servers']

    assert [server['id'] for server in told] == ['One-1', 'Two-1', 'One-2']
