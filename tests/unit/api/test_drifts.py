# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a region has otherwise, through the Admin API and its commands."""

import argparse
from collections.abc import Iterator
import json
from typing import Any
from unittest import mock
import uuid

from osc_lib import exceptions
import pytest

from tests.unit.api.conftest import Api
from tests.unit.api.conftest import MEMBER
from tests.unit.api.conftest import READER
from tests.unit.api.test_commands import app as _app
from tests.unit.api.test_commands import printed
from tests.unit.api.test_commands import run
from tests.unit.api.test_commands import shown
from tests.unit.api.test_jobs import claim
from tests.unit.api.test_jobs import record
from tricircle.api import drifts
from tricircle.cli.v1 import drift as commands
from tricircle.client import region as region_client
from tricircle.db import session as sessions
from tricircle.db.central import documents as central_state
from tricircle.db.central import pods
from tricircle.db.central.models import PodState
from tricircle.drift import adoption
from tricircle.drift import comparing
from tricircle.journal import claims
from tricircle.journal import intent
from tricircle.replica import types
from tricircle.replica.document import Document
from tricircle.replica.document import Generation

app = _app
ALTERED, MISSING, FOREIGN, RIGHT = (
    str(uuid.UUID(int=number)) for number in range(1, 5)
)


def document(resource_id: str, kind: str = types.NETWORK) -> Document:
    return Document(
        kind,
        resource_id,
        'RegionOne',
        Generation(1, 1),
        {'network': {'id': resource_id, 'name': 'net', 'mtu': 1450}},
    )


class Region:
    """RegionOne, which has some networks.

    :ivar bodies: what it has, by ID
    :ivar error: to any question, while there is one
    :ivar fails: the types of which the error is
    :ivar types: which it knows
    """

    region_name = 'RegionOne'

    def __init__(self) -> None:
        self.bodies: dict[str, Any] = {}
        self.error: Exception | None = None
        self.fails: set[str] = set(comparing.TYPES)
        self.types = {types.NETWORK, types.PORT}

    def _asked(self, kind: str) -> None:
        if self.error is not None and kind in self.fails:
            raise self.error
        if kind not in self.types:
            raise region_client.ReplicaRefused(404, 'HTTPNotFound', '')

    def page(
        self, kind: str, marker: str | None, limit: int
    ) -> list[dict[str, Any]]:
        self._asked(kind)
        if kind != types.NETWORK:
            return []
        ids = [one for one in sorted(self.bodies) if one > (marker or '')]
        return [self.get(kind, one) for one in ids[:limit]]

    def get(self, kind: str, resource_id: str) -> dict[str, Any]:
        self._asked(kind)
        if kind != types.NETWORK or resource_id not in self.bodies:
            raise region_client.ReplicaRefused(404, 'ReplicaNotFound', '')
        body = self.bodies[resource_id]
        return {
            'id': resource_id,
            'digest': Document(
                kind, resource_id, 'RegionOne', Generation(1, 1), body
            ).digest,
            'epoch': 1,
            'counter': 3,
            'body': body,
        }


def there(resource_id: str) -> None:
    """Have central's journal say that RegionOne has a network."""
    record(resource_id)
    claims.finish(claim(), 'd', ())


@pytest.fixture
def region(api: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[Region]:
    """A region of which three networks are not as they should be."""
    made = Region()
    for one in (ALTERED, MISSING, RIGHT):
        there(one)
    for one in (ALTERED, FOREIGN, RIGHT):
        made.bodies[one] = dict(document(one).body)
    made.bodies[ALTERED] = {
        'network': {'id': ALTERED, 'name': 'edited', 'mtu': 1450}
    }

    def documents(
        session: Any, kind: str, ids: list[str], *args: Any
    ) -> dict[str, Document]:
        return {one: document(one, kind) for one in ids}

    def client(conf: Any, name: str, longest: float) -> Any:
        if name == 'RegionOne':
            return made
        silent = mock.Mock(region_name=name)
        silent.page.side_effect = silent.get.side_effect = (
            region_client.RegionUnreachable(f'{name} does not answer: x')
        )
        return silent

    monkeypatch.setattr(central_state, 'documents', documents)
    monkeypatch.setattr(region_client, 'RegionClient', client)
    # Its tables are Neutron's.
    monkeypatch.setattr(adoption, '_make_present', lambda *args: None)
    api.conf.set_override('auth_strategy', 'noauth', 'client')
    yield made


def found(api: Api, more: str = '') -> dict[str, str]:
    answer = api.get(f'/drifts?region_name=RegionOne{more}')
    return {one['resource_id']: one['difference'] for one in answer['drifts']}


ALL = {ALTERED: 'differs', MISSING: 'missing', FOREIGN: 'unknown'}


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
    api: Api, app: Any, region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drifts, 'LONGEST', 0.0)

    answer = api.get('/drifts?region_name=RegionOne')
    _columns, rows = run(app, commands.ListDrifts, '--region', 'RegionOne')

    assert answer['drifts_links']
    assert {row[2]: row[3] for row in rows} == ALL


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


def end(app: Any, command: Any, *options: str) -> int:
    """Return what a command ends with."""
    made = command(app, argparse.Namespace())
    return int(made.run(made.get_parser('test').parse_args(options)))


def test_a_list_as_json(
    api: Api, app: Any, region: Region, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = printed(app, capsys, commands.ListDrifts, '--region', 'RegionOne')

    assert {row['ID']: row['Difference'] for row in rows} == ALL


def test_a_list_fails_when_that_is_asked_for(app: Any, region: Region) -> None:
    options = ('--region', 'RegionOne', '--fail', '-f', 'json')

    assert end(app, commands.ListDrifts, *options) == 1
    assert end(app, commands.ListDrifts, '--type', 'port', *options) == 0


def test_a_region_that_is_away_keeps_no_other_from_the_list(
    app: Any, region: Region, capsys: pytest.CaptureFixture[str]
) -> None:
    assert end(app, commands.ListDrifts, '-f', 'json') == 1

    rows = json.loads(app.stdout.getvalue() or capsys.readouterr().out)
    assert {row['ID'] for row in rows} == set(ALL)
    told = app.stderr.getvalue()
    assert 'RegionOne ...\nRegionTwo ...\n' in told
    assert 'RegionTwo does not answer' in told


def test_a_resource_is_shown(app: Any, region: Region) -> None:
    one = shown(app, commands.ShowDrift, 'RegionOne', 'network', ALTERED)

    assert one['difference'] == 'differs'
    assert one['fields'].machine_readable()[0]['there'] == 'edited'


def test_a_repair_names_its_jobs_and_a_dry_run_has_none(
    app: Any, region: Region
) -> None:
    _columns, dry = run(app, commands.RepairDrifts, 'RegionOne', '--dry-run')
    columns, rows = run(
        app, commands.RepairDrifts, 'RegionOne', '--type', 'network'
    )

    assert columns[-1] == 'Job'
    assert {row[2] for row in dry} == {row[2] for row in rows} == set(ALL)
    assert not any(row[-1] for row in dry)
    assert all(row[-1] for row in rows)


def test_an_id_needs_a_type(app: Any, region: Region) -> None:
    with pytest.raises(exceptions.CommandError, match='--type'):
        run(app, commands.RepairDrifts, 'RegionOne', '--id', RIGHT)


def test_a_repair_of_a_region_that_is_away_fails(
    app: Any, region: Region
) -> None:
    assert end(app, commands.RepairDrifts, 'RegionTwo', '-f', 'json') == 1
