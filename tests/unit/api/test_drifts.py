# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a region has otherwise, through the Admin API."""

from typing import Any
import uuid

import pytest

from tests.unit.api.conftest import Api
from tests.unit.api.conftest import MEMBER
from tests.unit.api.conftest import READER
from tests.unit.api.drifting import ALL
from tests.unit.api.drifting import ALTERED
from tests.unit.api.drifting import FOREIGN
from tests.unit.api.drifting import MISSING
from tests.unit.api.drifting import Region
from tests.unit.api.drifting import region as _region
from tests.unit.api.drifting import RIGHT
from tests.unit.api.test_jobs import record
from tricircle.api.v1 import drifts
from tricircle.client import region as region_client
from tricircle.db import session as sessions
from tricircle.db.central.models import PodState
from tricircle.db.central.pod import pods
from tricircle.journal import intent
from tricircle.replica import types

region = _region


def found(api: Api, more: str = '') -> dict[str, str]:
    answer = api.get(f'/drifts?region_name=RegionOne{more}')
    return {one['resource_id']: one['difference'] for one in answer['drifts']}


def counters() -> dict[str, int]:
    """Return the counters of the journal."""
    with sessions.reader() as session:
        return {
            one: state.counter
            for one in (ALTERED, MISSING, FOREIGN, RIGHT)
            for state in intent.states(session, types.NETWORK, one)
        }


def repaired(api: Api, **wanted: Any) -> dict[str, Any]:
    answer = api.ask(
        'POST', '/drifts', {'repair': {'region_name': 'RegionOne', **wanted}}
    )
    assert answer.status_int == 200, answer.text
    return dict(answer.json_body['repair'])


def test_what_is_not_as_it_should_be_is_listed(
    api: Api, region: Region
) -> None:
    before = counters()

    assert found(api) == ALL
    assert counters() == before


def test_a_type_that_is_asked_for_is_the_only_one(
    api: Api, region: Region
) -> None:
    assert found(api, '&resource_type=network') == ALL
    assert found(api, '&resource_type=port') == {}


def test_what_a_job_has_is_not_compared(api: Api, region: Region) -> None:
    record(ALTERED)

    assert ALTERED not in found(api)


def test_pages_lead_through_all_once(
    api: Api, region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    path: str | None = '/drifts?region_name=RegionOne&limit=1'
    seen: list[str] = []
    while path:
        answer = api.get(path)
        assert len(answer['drifts']) <= 1
        seen += [one['resource_id'] for one in answer['drifts']]
        links = answer.get('drifts_links', [])
        path = links[0]['href'].removeprefix('/v1.0') if links else None

    assert seen == sorted(ALL)


def test_who_waited_for_long_gets_the_rest_on_other_pages(
    api: Api, region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drifts, 'LONGEST', 0.0)

    answer = api.get('/drifts?region_name=RegionOne')

    assert answer['drifts_links']


@pytest.mark.parametrize(
    ('query', 'said'),
    [
        ('', 'region_name'),
        ('?region_name=Nowhere', 'Nowhere'),
        ('?region_name=CentralRegion', 'central'),
        ('?region_name=RegionOne&resource_type=pond', 'pond'),
        ('?region_name=RegionOne&name=x', 'name'),
        ('?region_name=RegionOne&limit=x', 'limit'),
        ('?region_name=RegionOne&marker=pond/1', 'marker'),
        ('?region_name=RegionOne&marker=network/..', 'marker'),
    ],
)
def test_what_a_query_may_not_say(
    api: Api, region: Region, query: str, said: str
) -> None:
    assert said in api.refused(400, 'GET', f'/drifts{query}')


@pytest.mark.parametrize(
    ('wanted', 'said'),
    [
        ({'region_name': 'Nowhere'}, 'Nowhere'),
        ({'region_name': 'RegionOne', 'resource_type': 'pond'}, 'pond'),
        ({'region_name': 'RegionOne', 'resource_id': RIGHT}, 'resource_type'),
        (
            {
                'region_name': 'RegionOne',
                'resource_type': 'network',
                'resource_id': '..',
            },
            'no ID',
        ),
    ],
)
def test_what_a_repair_may_not_say(
    api: Api, region: Region, wanted: dict[str, str], said: str
) -> None:
    assert said in api.refused(400, 'POST', '/drifts', {'repair': wanted})


def test_a_region_that_leaves_is_not_compared(
    api: Api, region: Region
) -> None:
    with sessions.writer() as session:
        pods.get(
            session, api.pods['RegionOne']
        ).state = PodState.DRAINING.value

    api.refused(400, 'GET', '/drifts?region_name=RegionOne')


@pytest.mark.parametrize('roles', [READER, MEMBER, 'service'])
@pytest.mark.parametrize(
    ('method', 'path', 'body'),
    [
        ('GET', '/drifts?region_name=RegionOne', None),
        ('GET', f'/drifts/RegionOne/network/{ALTERED}', None),
        ('POST', '/drifts', {'repair': {'region_name': 'RegionOne'}}),
    ],
)
def test_administrators_only(
    api: Api, region: Region, roles: str, method: str, path: str, body: Any
) -> None:
    before = counters()

    api.refused(403, method, path, body, roles=roles)

    assert counters() == before


AWAY = region_client.RegionUnreachable('RegionOne does not answer: x')
REFUSES = region_client.ReplicaRefused(403, 'Forbidden', 'not you')


@pytest.mark.parametrize('error', [AWAY, REFUSES])
@pytest.mark.parametrize(
    ('method', 'path', 'body'),
    [
        ('GET', '/drifts?region_name=RegionOne', None),
        ('GET', f'/drifts/RegionOne/network/{ALTERED}', None),
        ('POST', '/drifts', {'repair': {'region_name': 'RegionOne'}}),
    ],
)
def test_a_region_that_does_not_answer_is_named(
    api: Api,
    region: Region,
    error: Exception,
    method: str,
    path: str,
    body: Any,
) -> None:
    region.error = error

    assert 'RegionOne' in api.refused(503, method, path, body)


def test_what_was_found_before_a_region_went_away_is_answered(
    api: Api, region: Region
) -> None:
    region.error, region.fails = AWAY, {types.PORT}

    answer = api.get('/drifts?region_name=RegionOne')

    assert {one['resource_id'] for one in answer['drifts']} == set(ALL)
    (link,) = answer['drifts_links']
    assert 'RegionOne' in api.refused(
        503, 'GET', link['href'].removeprefix('/v1.0')
    )


def test_one_that_may_not_ask_regions_says_what_to_set(
    api: Api, region: Region
) -> None:
    api.conf.set_override('auth_strategy', 'keystone', 'client')

    assert 'admin_username' in api.refused(
        503, 'GET', '/drifts?region_name=RegionOne'
    )


def test_fields_that_differ_are_shown_with_both_values(
    api: Api, region: Region
) -> None:
    drift = api.get(f'/drifts/RegionOne/network/{ALTERED}')['drift']

    assert (drift['difference'], drift['in_flight']) == ('differs', False)
    assert drift['fields'] == [
        {
            'field': 'network.name',
            'item': None,
            'wanted': 'net',
            'there': 'edited',
        }
    ]


@pytest.mark.parametrize(
    ('resource_id', 'difference', 'is_there'),
    [
        (MISSING, 'missing', False),
        (FOREIGN, 'unknown', True),
        (RIGHT, None, True),
    ],
)
def test_of_others_no_field_is_shown(
    api: Api,
    region: Region,
    resource_id: str,
    difference: str | None,
    is_there: bool,
) -> None:
    drift = api.get(f'/drifts/RegionOne/network/{resource_id}')['drift']

    assert (drift['difference'], drift['there']) == (difference, is_there)
    assert drift['fields'] == []


@pytest.mark.parametrize(
    'path',
    [
        f'/drifts/Nowhere/network/{RIGHT}',
        f'/drifts/RegionOne/pond/{RIGHT}',
        '/drifts/RegionOne/network/x',
        f'/drifts/RegionOne/network/{uuid.UUID(int=77)}',
    ],
)
def test_what_nobody_has_is_not_there(
    api: Api, region: Region, path: str
) -> None:
    api.refused(404, 'GET', path)


def test_a_repair_makes_a_job_for_each_difference_and_no_other(
    api: Api, region: Region
) -> None:
    before = counters()

    repair = repaired(api)

    after = counters()
    assert {one['resource_id'] for one in repair['drifts']} == set(ALL)
    assert repair['compared'] == 3
    assert after[RIGHT] == before[RIGHT]
    assert after[ALTERED] > before[ALTERED]
    assert after[MISSING] > before[MISSING]
    # A later one than the region applied.
    assert after[FOREIGN] == 4
    for one in repair['drifts']:
        job = api.get(f'/jobs/{one["job_id"]}')['job']
        assert job['status'] == 'NEW'
    assert found(api) == {}


def test_a_dry_run_records_nothing(api: Api, region: Region) -> None:
    before = counters()

    repair = repaired(api, dry_run=True)

    assert {
        one['resource_id']: one['difference'] for one in repair['drifts']
    } == ALL
    assert {one['job_id'] for one in repair['drifts']} == {None}
    assert counters() == before


def test_one_resource_is_repaired_alone(api: Api, region: Region) -> None:
    repair = repaired(api, resource_type='network', resource_id=MISSING)

    assert [one['resource_id'] for one in repair['drifts']] == [MISSING]
    assert set(found(api)) == {ALTERED, FOREIGN}


def test_who_had_what_repaired_is_in_the_log(
    api: Api, region: Region, caplog: pytest.LogCaptureFixture
) -> None:
    repaired(api, resource_type='network', resource_id=MISSING)

    assert '1 differences of RegionOne' in caplog.text
    assert 'by user u' in caplog.text
