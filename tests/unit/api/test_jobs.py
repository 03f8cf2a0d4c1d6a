# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Jobs through the Admin API: the journal as operators see it."""

from typing import Any
import uuid

import pytest

from tests.unit.api.conftest import Api
from tests.unit.api.conftest import MEMBER
from tests.unit.api.conftest import READER
from tricircle.db import clock
from tricircle.db import session as sessions
from tricircle.db.central import presence
from tricircle.db.central.job import entries
from tricircle.journal import claims
from tricircle.journal import intent
from tricircle.journal import job_ends
from tricircle.journal import sweep
from tricircle.journal.job import Job
from tricircle.plan import jobs as plan
from tricircle.replica import kinds
from tricircle.replica import types

NETWORK = str(uuid.UUID(int=1))
OTHER = str(uuid.UUID(int=2))


def record(
    resource_id: str = NETWORK,
    region: str = 'RegionOne',
    kind: str = types.NETWORK,
    project: str | None = 'p1',
) -> str:
    """Record an intent; return the ID of its job."""
    with sessions.writer() as session:
        intent.record(
            session, [intent.Intent(kind, resource_id, region, project)]
        )
    return entries.entry_id(kind, resource_id, region)


def claim(region: str = 'RegionOne') -> Job:
    job: Job
    (job,) = claims.claim(region, 'xjob', 10, 60.0)
    return job


def fail(region: str = 'RegionOne', delay: float = 60.0) -> Job:
    job = claim(region)
    job_ends.fail(job, 'it is full', delay)
    return job


def state(resource_id: str = NETWORK) -> intent.ReplicaState:
    with sessions.reader() as session:
        (found,) = intent.states(session, types.NETWORK, resource_id)
    return found


def listed(api: Api, query: str = '', **options: Any) -> list[str]:
    return [one['id'] for one in api.get(f'/jobs{query}', **options)['jobs']]


def show(api: Api, job_id: str) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f'/jobs/{job_id}')['job']
    return found


def test_a_list_has_the_shape_of_the_documented_api(api: Api) -> None:
    job_id = record()

    (job,) = api.get('/jobs')['jobs']

    assert job == {
        'id': job_id,
        'project_id': 'p1',
        'type': 'network',
        'status': 'NEW',
        'timestamp': job['timestamp'],
        'resource': {'pod_id': api.pods['RegionOne'], 'network_id': NETWORK},
        'region_name': 'RegionOne',
    }
    assert len(job['timestamp']) == len('2017-03-03 11:05:36')


def test_a_failed_job_tells_why_and_when_it_is_tried_again(api: Api) -> None:
    job_id = record()
    fail()

    job = show(api, job_id)

    assert (job['status'], job['reason'], job['attempts']) == (
        'FAIL',
        'it is full',
        1,
    )
    assert job['next_try_at'] > job['created_at']
    assert (job['counter'], job['applied']) == (1, 0)
    assert 0 <= job['age'] < 60
    (detailed,) = api.get('/jobs/detail')['jobs']
    assert detailed.keys() == job.keys()


def test_a_project_is_not_told_where_a_region_is(api: Api) -> None:
    job_id = record()
    other = str(uuid.uuid4())
    job_ends.fail(
        claim(), f'http://10.0.0.5:9696/v2.0 is away, as {other}', 60.0
    )

    reader = {'roles': READER, 'project': 'p1'}
    seen = [
        api.get(f'/jobs/{job_id}', **reader)['job']['reason'],
        *(one['reason'] for one in api.get('/jobs/detail', **reader)['jobs']),
    ]

    for reason in seen:
        assert 'is away' in reason
        assert '10.0.0.5' not in reason
        assert other not in reason
    assert '10.0.0.5' in show(api, job_id)['reason']


def test_the_status_follows_the_job(api: Api) -> None:
    job_id = record()
    seen = [show(api, job_id)['status']]
    job = claim()
    seen.append(show(api, job_id)['status'])
    job_ends.finish(job, 'sha256:x', ())
    seen.append(show(api, job_id)['status'])

    assert seen == ['NEW', 'RUNNING', 'SUCCESS']
    assert show(api, job_id)['age'] is None
    assert show(api, job_id)['next_try_at'] is None


def test_a_job_whose_holder_is_gone_runs_no_more(api: Api) -> None:
    job_id = record()
    claims.claim('RegionOne', 'xjob', 10, -1.0)

    assert show(api, job_id)['status'] == 'NEW'


def test_the_age_is_that_of_the_first_change_that_is_missing(api: Api) -> None:
    job_id = record()
    first = show(api, job_id)['wanted_at']
    fail()
    record()

    assert show(api, job_id)['wanted_at'] == first

    with sessions.writer() as session:
        session.execute(
            entries.JOURNAL.update().values(
                next_try_at=clock.Now(),
                wanted_at=clock.Now(-3600),
            )
        )
    assert show(api, job_id)['age'] >= 3600
    assert listed(api, '?min_age=3000') == [job_id]
    assert listed(api, '?max_age=3000') == []

    job_ends.finish(claim(), 'sha256:x', ())
    assert listed(api, '?min_age=3000') == []
    record()
    assert show(api, job_id)['age'] < 60


def test_jobs_are_found_by_what_they_are(api: Api) -> None:
    one = record()
    fail()
    two = record(OTHER, 'RegionTwo', types.ROUTER, 'p2')
    shadows = record(f'{NETWORK}_0', kind=types.SHADOW_PORTS, project=None)

    for query, wanted in (
        ('type=network', {one}),
        ('type=shadow-ports', {shadows}),
        ('status=fail', {one}),
        ('status=NEW', {two, shadows}),
        ('status=success', set()),
        ('region_name=RegionTwo', {two}),
        (f'pod_id={api.pods["RegionOne"]}', {one, shadows}),
        ('project_id=p2', {two}),
        (f'resource_id={NETWORK}', {one, shadows}),
        (f'type=network&resource_id={OTHER}', set()),
    ):
        assert set(listed(api, f'?{query}')) == wanted, query


def test_pages_hold_every_job_once_in_any_order(api: Api) -> None:
    for number in range(5):
        record(str(uuid.UUID(int=number)), project=f'p{number % 2}')
    everything = set(listed(api))

    for key in (
        'timestamp',
        'id',
        'type',
        'region_name',
        'project_id',
        'attempts',
        'next_try_at',
        'wanted_at',
        'created_at',
    ):
        for direction in ('asc', 'desc'):
            order = f'sort_key={key}&sort_dir={direction}&status=new'
            whole = listed(api, f'?{order}')
            path, found = f'/jobs?limit=2&{order}', []
            while path:
                body = api.get(path)
                found += [one['id'] for one in body['jobs']]
                links = body.get('jobs_links', [])
                path = links[0]['href'].removeprefix('/v1.0') if links else ''
            assert found == whole
            assert set(found) == everything


def test_detail_goes_on_with_detail(api: Api) -> None:
    record()
    record(OTHER)

    (link,) = api.get('/jobs/detail?limit=1')['jobs_links']

    assert link['rel'] == 'next'
    assert link['href'].startswith('/v1.0/jobs/detail?')


def test_jobs_are_sorted_as_asked(api: Api) -> None:
    high, low = record(OTHER), record(NETWORK, 'RegionTwo')

    by_region = '?sort_key=region_name&sort_dir='
    assert listed(api, f'{by_region}asc') == [high, low]
    assert listed(api, f'{by_region}desc') == [low, high]


@pytest.mark.parametrize(
    'query',
    [
        'colour=red',
        'status=sleeping',
        'type=router_setup',
        'sort_key=reason',
        'sort_dir=up',
        'limit=x',
        'marker=nobody',
        'min_age=x',
        'min_age=-1',
        'max_age=nan',
        'max_age=1e300',
    ],
)
@pytest.mark.parametrize('path', ['/jobs', '/jobs/detail'])
def test_a_bad_query_is_refused(api: Api, path: str, query: str) -> None:
    assert api.refused(400, 'GET', f'{path}?{query}')


def test_a_project_sees_jobs_of_its_own_only(api: Api) -> None:
    own, other, nobodys = (
        record(),
        record(OTHER, project='p2'),
        record(OTHER, 'RegionTwo', project=None),
    )
    reader = {'roles': READER, 'project': 'p1'}

    assert listed(api, **reader) == [own]
    assert listed(api, '?project_id=p2', **reader) == []
    assert set(listed(api)) == {own, other, nobodys}
    assert api.get(f'/jobs/{own}', **reader)['job']['id'] == own
    for one in (other, nobodys):
        assert api.refused(404, 'GET', f'/jobs/{one}', **reader)
        assert api.refused(400, 'GET', f'/jobs?marker={one}', **reader)


@pytest.mark.parametrize(
    ('method', 'path', 'body'),
    [
        ('PUT', '/jobs/{id}', None),
        ('DELETE', '/jobs/{id}', None),
        ('POST', '/jobs', {'job': {'type': 'sweep', 'resource': {}}}),
    ],
)
@pytest.mark.parametrize('roles', [READER, MEMBER])
def test_only_administrators_change_jobs(
    api: Api, method: str, path: str, body: Any, roles: str
) -> None:
    job_id = record()

    assert api.refused(
        403, method, path.format(id=job_id), body, roles=roles, project='p1'
    )
    assert show(api, job_id)['status'] == 'NEW'


def test_members_see_no_jobs(api: Api) -> None:
    for path in ('/jobs', '/jobs/detail', '/jobs/schemas', f'/jobs/{OTHER}'):
        assert api.refused(403, 'GET', path, roles=MEMBER)


@pytest.mark.parametrize('method', ['GET', 'PUT', 'DELETE'])
def test_a_job_that_is_none_is_not_found(api: Api, method: str) -> None:
    assert api.refused(404, method, f'/jobs/{OTHER}')


def test_there_is_a_schema_for_every_type(api: Api) -> None:
    found = {
        one['type']: one['resource']
        for one in api.get('/jobs/schemas')['schemas']
    }

    assert found.keys() >= {one.type for one in kinds.KINDS}
    assert found['network'] == ['pod_id', 'network_id']
    assert found['shadow-ports'] == ['pod_id', 'network_id', 'chunk']
    assert found['router-plan'] == ['router_id']


def test_what_failed_is_done_again_at_once(api: Api) -> None:
    job_id = record()
    fail()

    answer = api.ask('PUT', f'/jobs/{job_id}')

    assert answer.status_int == 200
    assert answer.json_body['job']['status'] == 'NEW'
    assert claim().id == job_id


def test_what_runs_or_is_done_is_not_done_again(api: Api) -> None:
    job_id = record()
    job = claim()
    assert 'is being carried out' in api.refused(409, 'PUT', f'/jobs/{job_id}')
    job_ends.finish(job, 'sha256:x', ())

    assert 'was carried out' in api.refused(409, 'PUT', f'/jobs/{job_id}')
    assert 'was carried out' in api.refused(409, 'DELETE', f'/jobs/{job_id}')


def place(api: Api, region: str = 'RegionOne') -> None:
    with sessions.writer() as session:
        presence.insert(
            session, api.pods[region], types.NETWORK, NETWORK, 'p1'
        )


def wanted(
    parts: dict[str, str], job_type: str = types.NETWORK, **more: str
) -> dict[str, Any]:
    return {'job': {'type': job_type, 'resource': parts, **more}}


def test_a_job_is_made_by_hand(api: Api) -> None:
    place(api)
    parts = {'pod_id': api.pods['RegionOne'], 'network_id': NETWORK}

    answer = api.ask('POST', '/jobs', wanted(parts, project_id='p1'))

    assert answer.status_int == 200, answer.text
    job = answer.json_body['job']
    shown = show(api, job['id'])
    # It may be a second older then.
    assert 0 <= shown['age'] - job['age'] < 60
    assert {**job, 'age': shown['age']} == shown
    assert (job['status'], job['resource'], job['project_id']) == (
        'NEW',
        parts,
        'p1',
    )
    assert claim().id == job['id']


def test_what_was_carried_out_is_sent_again_by_hand(api: Api) -> None:
    place(api)
    job_id = record()
    job_ends.finish(claim(), 'sha256:x', ())
    parts = {'pod_id': api.pods['RegionOne'], 'network_id': NETWORK}

    assert api.ask('POST', '/jobs', wanted(parts)).status_int == 200

    assert show(api, job_id)['counter'] == 2
    assert claim().id == job_id


def test_a_region_is_swept_now_by_hand(api: Api) -> None:
    with sessions.writer() as session:
        sweep.plan(session, ['RegionOne'], 3600.0)
    parts = {'pod_id': api.pods['RegionOne']}

    answer = api.ask('POST', '/jobs', wanted(parts, types.SWEEP))

    assert answer.status_int == 200, answer.text
    assert answer.json_body['job']['resource'] == parts
    assert claims.claim_sweep('RegionOne', 'xjob', 60.0) is not None


@pytest.mark.parametrize(
    ('parts', 'job_type', 'more'),
    [
        ({'network_id': NETWORK}, types.NETWORK, {}),
        ({'pod_id': '{pod}'}, types.NETWORK, {}),
        ({'pod_id': 'x', 'network_id': NETWORK}, types.NETWORK, {}),
        ({'pod_id': '{central}', 'network_id': NETWORK}, types.NETWORK, {}),
        ({'pod_id': '{central}'}, types.SWEEP, {}),
        ({'pod_id': '{pod}', 'network_id': OTHER}, types.NETWORK, {}),
        ({'pod_id': '{pod}', 'network_id': '../x'}, types.NETWORK, {}),
        ({'pod_id': '{two}', 'network_id': NETWORK}, types.NETWORK, {}),
        ({'pod_id': '{pod}', 'port_id': NETWORK}, types.PORT, {}),
        (
            {'pod_id': '{pod}', 'network_id': NETWORK, 'port_id': OTHER},
            types.NETWORK,
            {},
        ),
        (
            {'pod_id': '{pod}', 'network_id': NETWORK},
            types.NETWORK,
            {'project_id': 'p2'},
        ),
        ({'router_id': OTHER}, types.ROUTER_PLAN, {}),
        ({'pod_id': '{pod}'}, types.DEPARTURE, {}),
        ({'pod_id': '{pod}', 'network_id': NETWORK}, types.ADOPTION, {}),
        ({'network_id': NETWORK}, types.ADOPTION_ROWS, {}),
        ({'pod_id': '{pod}'}, 'router_setup', {}),
    ],
)
def test_no_job_is_made_of_what_is_no_resource_there(
    api: Api, parts: dict[str, str], job_type: str, more: dict[str, str]
) -> None:
    place(api)
    named = {
        key: value.format(
            pod=api.pods['RegionOne'],
            two=api.pods['RegionTwo'],
            central=api.pods['CentralRegion'],
        )
        for key, value in parts.items()
    }

    assert api.refused(400, 'POST', '/jobs', wanted(named, job_type, **more))
    assert listed(api) == []


def test_the_parts_of_a_job_name_its_resource_again() -> None:
    for job_type in plan.NAMES:
        resource_id = {
            types.SHADOW_PORTS: f'{NETWORK}_7',
            types.SWEEP: 'RegionOne',
        }.get(job_type, NETWORK)
        parts = plan.resource(job_type, resource_id, OTHER)

        assert tuple(parts) == plan.NAMES[job_type]
        again = {key: str(value) for key, value in parts.items()}
        if job_type != types.DEPARTURE:
            assert (
                plan.resource_id(job_type, again, 'RegionOne') == resource_id
            )
