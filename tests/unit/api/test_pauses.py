# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What waits because an operator says so, and that it goes on."""

from typing import Any

from osc_lib import exceptions
import pytest

from tests.unit.api.conftest import Api
from tests.unit.api.conftest import MEMBER
from tests.unit.api.conftest import READER
from tests.unit.api.test_commands import app as _app
from tests.unit.api.test_commands import run
from tests.unit.api.test_commands import shown
from tests.unit.api.test_jobs import claim
from tests.unit.api.test_jobs import fail
from tests.unit.api.test_jobs import listed
from tests.unit.api.test_jobs import NETWORK
from tests.unit.api.test_jobs import OTHER
from tests.unit.api.test_jobs import record
from tests.unit.api.test_jobs import show
from tests.unit.api.test_jobs import state
from tests.unit.api.test_statuses import status
from tests.unit.api.test_topology import network
from tests.unit.api.test_topology import place_state
from tests.unit.api.test_topology import region
from tricircle.api.v1 import pauses as api_pauses
from tricircle.cli.v1 import job
from tricircle.cli.v1 import pod
from tricircle.cli.v1 import status as commands
from tricircle.db import session as sessions
from tricircle.journal import claims
from tricircle.journal import intent
from tricircle.journal import job_ends
from tricircle.journal import sweep
from tricircle.replica import redaction
from tricircle.replica import types
from tricircle.xjob import agenda

app = _app
WHY = {'pause': {'reason': 'switches are replaced'}}


def claimed(region_name: str = 'RegionOne') -> list[str]:
    """Return what XJob takes now, and has it given back."""
    jobs = claims.claim(region_name, 'another', 9, 60.0)
    claims.give_back('another')
    return [one.resource_id for one in jobs]


def path_of(api: Api, region_name: str = 'RegionOne') -> str:
    return f'/pods/{api.pods[region_name]}/pause'


def pause(api: Api, path: str, body: Any = WHY) -> dict[str, Any]:
    answer = api.ask('PUT', path, body)
    assert answer.status_int == 200, answer.text
    (found,) = answer.json_body.values()
    return dict(found)


def resume(api: Api, path: str) -> dict[str, Any]:
    answer = api.ask('DELETE', path)
    assert answer.status_int == 200, answer.text
    (found,) = answer.json_body.values()
    return dict(found)


@pytest.fixture
def paused(api: Api) -> Api:
    """RegionOne is paused, with something that waits in each region."""
    pause(api, path_of(api))
    record()
    record(OTHER, 'RegionTwo')
    return api


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the regions whose XJob is told of something."""
    told: list[str] = []
    monkeypatch.setattr(
        api_pauses.wakeup,
        'after_commit',
        lambda _session, names: told.extend(names),
    )
    return told


def test_nothing_of_a_paused_region_is_claimed_and_all_of_others(
    paused: Api,
) -> None:
    assert claimed() == []
    assert claimed('RegionTwo') == [OTHER]


def test_where_more_waits_than_there_is_room_for_nothing_is_claimed_either(
    paused: Api,
) -> None:
    record(OTHER)

    assert claims.claim('RegionOne', 'xjob', 1, 60.0) == []


def test_a_paused_region_is_not_swept(paused: Api) -> None:
    with sessions.writer() as session:
        sweep.plan(session, ['RegionOne', 'RegionTwo'], 0.0)

    assert claims.claim_sweep('RegionOne', 'xjob', 60.0) is None
    assert claims.claim_sweep('RegionTwo', 'xjob', 60.0) is not None


def test_a_paused_region_wakes_nobody_up(paused: Api) -> None:
    assert agenda.read() == {'RegionTwo': agenda.Due(0.0, None)}


def test_what_came_meanwhile_is_carried_out_when_a_region_is_resumed(
    paused: Api, woken: list[str]
) -> None:
    resume(paused, path_of(paused))

    assert woken == ['RegionOne']
    assert claimed() == [NETWORK]


def test_what_failed_before_is_tried_at_once_when_a_region_is_resumed(
    api: Api,
) -> None:
    record()
    fail(delay=300.0)
    pause(api, path_of(api))

    resume(api, path_of(api))

    assert claimed() == [NETWORK]


def test_who_is_at_a_job_comes_to_its_end(api: Api) -> None:
    record()
    taken = claim()
    pause(api, path_of(api))

    job_ends.finish(taken, 'sha256:x', ())

    assert state().status is intent.Status.IN_SYNC


def test_an_attempt_that_fails_during_the_pause_is_not_repeated(
    api: Api,
) -> None:
    job_id = record()
    taken = claim()
    pause(api, path_of(api))

    job_ends.fail(taken, 'it is away', 0.0)

    assert claimed() == []
    assert show(api, job_id)['status'] == 'PAUSED'


def test_a_replica_is_pending_and_says_what_for(paused: Api) -> None:
    found = state()

    assert found.status is intent.Status.PENDING
    assert found.reason is not None
    assert found.reason.startswith('an operator paused RegionOne on 20')
    assert found.reason.endswith('(said: switches are replaced)')
    assert found.next_try_at is None


def test_a_replica_that_failed_before_is_pending_too(api: Api) -> None:
    record()
    fail()
    pause(api, path_of(api))

    assert state().status is intent.Status.PENDING


def test_a_replica_in_sync_stays_so(api: Api) -> None:
    record()
    job_ends.finish(claim(), 'sha256:x', ())
    pause(api, path_of(api))

    assert state().status is intent.Status.IN_SYNC


def test_tenants_are_not_told_what_for(paused: Api) -> None:
    reason = state().reason
    assert reason is not None

    told = redaction.for_tenants(reason, NETWORK)

    assert 'an operator paused RegionOne' in told
    assert 'switches' not in told
    query = f'/jobs/detail?resource_id={NETWORK}'
    (seen,) = paused.get(query, roles=READER, project='p1')['jobs']
    assert seen['paused_at'] is not None
    assert seen['pause_reason'] is None
    (seen,) = paused.get(query)['jobs']
    assert seen['pause_reason'] == 'switches are replaced'


def test_a_pod_says_since_when_and_what_for(paused: Api) -> None:
    found = paused.get(f'/pods/{paused.pods["RegionOne"]}')['pod']

    assert found['state'] == 'active'
    assert found['paused_at'] is not None
    assert found['pause_reason'] == 'switches are replaced'
    other = paused.get(f'/pods/{paused.pods["RegionTwo"]}')['pod']
    assert (other['paused_at'], other['pause_reason']) == (None, None)


def test_readers_are_told_of_a_pod_that_it_is_paused_and_not_what_for(
    paused: Api,
) -> None:
    path = f'/pods/{paused.pods["RegionOne"]}'
    found = paused.get(path, roles=READER)['pod']

    assert found['paused_at'] is not None
    assert 'pause_reason' not in found


def test_a_status_says_since_when_and_what_for(paused: Api) -> None:
    found = status(paused)

    assert found['paused_at'] is not None
    assert found['pause_reason'] == 'switches are replaced'
    assert (found['pending'], found['paused']) == (1, 0)


def test_a_topology_says_so_and_calls_nothing_an_error(api: Api) -> None:
    network(api)
    fail()
    assert place_state(api) == 'error'
    pause(api, path_of(api))

    assert place_state(api) == 'pending'
    found = region(api)
    assert found['paused_at'] is not None
    assert found['pause_reason'] == 'switches are replaced'
    seen = region(api, roles=READER, project='p1')
    assert seen['paused_at'] is not None
    assert seen['pause_reason'] is None


def test_two_operators_may_pause_one_region(api: Api) -> None:
    first = pause(api, path_of(api))

    second = pause(api, path_of(api), {'pause': {'reason': 'and the power'}})
    third = pause(api, path_of(api), {'pause': {}})

    assert second['paused_at'] == third['paused_at'] == first['paused_at']
    assert third['pause_reason'] == 'and the power'


def test_a_region_may_be_resumed_twice(api: Api) -> None:
    pause(api, path_of(api))
    resume(api, path_of(api))

    assert resume(api, path_of(api))['paused_at'] is None


def depart(api: Api, how: str) -> Any:
    return api.ask(
        'PUT',
        f'/pods/{api.pods["RegionOne"]}/departure',
        {'departure': {'how': how}},
    )


@pytest.mark.parametrize(
    ('how', 'said'), [('drain', 'leaves'), ('lost', 'is lost')]
)
def test_a_region_that_leaves_or_is_lost_is_not_paused(
    api: Api, how: str, said: str
) -> None:
    assert depart(api, how).status_int == 200

    assert said in api.refused(409, 'PUT', path_of(api), WHY)


def test_central_is_not_paused(api: Api) -> None:
    said = api.refused(409, 'PUT', path_of(api, 'CentralRegion'), WHY)

    assert 'central Neutron' in said


def test_a_region_that_is_paused_is_not_drained(paused: Api) -> None:
    answer = depart(paused, 'drain')

    assert answer.status_int == 409
    assert 'resume it first' in answer.text


def test_a_region_that_is_paused_may_turn_out_to_be_lost(
    paused: Api,
) -> None:
    assert depart(paused, 'lost').status_int == 200

    assert status(paused)['paused_at'] is None


def test_nobody_knows_of_a_pod_that_there_is_none(api: Api) -> None:
    api.refused(404, 'PUT', f'/pods/{OTHER}/pause', WHY)
    api.refused(404, 'DELETE', f'/pods/{OTHER}/pause')
    api.refused(404, 'PUT', f'/jobs/{OTHER}/pause', WHY)
    api.refused(404, 'DELETE', f'/jobs/{OTHER}/pause')


@pytest.mark.parametrize('roles', [READER, MEMBER])
@pytest.mark.parametrize('of', ['pods', 'jobs'])
@pytest.mark.parametrize('method', ['PUT', 'DELETE'])
def test_only_administrators_pause_and_resume(
    api: Api, roles: str, of: str, method: str
) -> None:
    one = record() if of == 'jobs' else api.pods['RegionOne']
    body = (WHY,) if method == 'PUT' else ()

    said = api.refused(
        403, method, f'/{of}/{one}/pause', *body, roles=roles, project='p1'
    )

    assert f'admin_api:{of}:pause' in said


@pytest.mark.parametrize(
    'body', [{}, {'pause': {'reason': 'a\nb'}}, {'pause': {'since': 'now'}}]
)
def test_what_is_no_pause_is_refused(api: Api, body: Any) -> None:
    api.refused(400, 'PUT', path_of(api), body)


def test_one_paused_resource_waits_and_no_other(api: Api) -> None:
    job_id = record()
    record(OTHER)

    found = pause(api, f'/jobs/{job_id}/pause')

    assert (found['status'], found['next_try_at']) == ('PAUSED', None)
    assert found['pause_reason'] == 'switches are replaced'
    assert claimed() == [OTHER]
    assert state().status is intent.Status.PENDING
    assert 'an operator paused it on' in str(state().reason)


def test_what_is_wanted_of_a_paused_resource_later_waits_as_well(
    api: Api,
) -> None:
    job_id = record()
    job_ends.finish(claim(), 'sha256:x', ())
    pause(api, f'/jobs/{job_id}/pause')

    record()

    assert claimed() == []
    assert status(api)['paused'] == 1
    assert status(api)['paused_since'] is not None


def test_a_paused_resource_wakes_nobody_up(api: Api) -> None:
    job_id = record()
    pause(api, f'/jobs/{job_id}/pause')

    assert agenda.read() == {'RegionOne': agenda.Due(None, None)}


def test_a_resource_in_sync_is_listed_as_paused_so_that_none_is_forgotten(
    api: Api,
) -> None:
    job_id = record()
    job_ends.finish(claim(), 'sha256:x', ())
    pause(api, f'/jobs/{job_id}/pause')

    assert listed(api, '?status=paused') == [job_id]


def test_a_resumed_resource_is_carried_out_at_once(
    api: Api, woken: list[str]
) -> None:
    job_id = record()
    fail(delay=300.0)
    pause(api, f'/jobs/{job_id}/pause')
    woken.clear()

    found = resume(api, f'/jobs/{job_id}/pause')

    assert found['paused_at'] is None
    assert woken == ['RegionOne']
    assert claimed() == [NETWORK]


def test_a_resource_that_is_not_paused_is_not_tried_before_its_time(
    api: Api,
) -> None:
    job_id = record()
    fail(delay=300.0)

    resume(api, f'/jobs/{job_id}/pause')

    assert claimed() == []


def test_a_region_that_is_resumed_has_its_paused_resources_wait_on(
    paused: Api,
) -> None:
    pause(paused, f'/jobs/{record()}/pause')
    record(OTHER)

    resume(paused, path_of(paused))

    assert claimed() == [OTHER]


def test_a_paused_job_is_not_done_by_hand(paused: Api) -> None:
    said = paused.refused(409, 'PUT', f'/jobs/{record()}')

    assert 'resume it' in said


@pytest.mark.parametrize(
    'kind', [types.ROUTER_PLAN, types.SWEEP, types.ADOPTION]
)
def test_what_is_no_resource_in_a_region_is_not_paused(
    api: Api, kind: str
) -> None:
    job_id = record(kind=kind)

    assert 'is not paused' in api.refused(
        409, 'PUT', f'/jobs/{job_id}/pause', WHY
    )


def test_a_region_with_paused_resources_is_not_drained(api: Api) -> None:
    job_id = record()
    pause(api, f'/jobs/{job_id}/pause')

    answer = depart(api, 'drain')

    assert answer.status_int == 409
    assert job_id in answer.text


def test_nothing_is_paused_in_a_region_that_leaves(api: Api) -> None:
    job_id = record()
    assert depart(api, 'drain').status_int == 200

    said = api.refused(409, 'PUT', f'/jobs/{job_id}/pause', WHY)

    assert 'RegionOne is draining' in said


def test_an_operator_pauses_and_resumes_a_region(api: Api, app: Any) -> None:
    found = shown(
        app, pod.SetPod, '--pause', '--reason', 'new switches', 'RegionOne'
    )
    assert found['pause_reason'] == 'new switches'
    headers, rows = run(app, pod.ListPods, '--region-name', 'RegionOne')
    assert dict(zip(headers, rows[0], strict=True))['State'] == 'paused'
    headers, rows = run(app, commands.ListStatuses, '--region', 'RegionOne')
    row = dict(zip(headers, rows[0], strict=True))
    assert row['State'] == 'paused'
    assert row['Reason'].startswith('paused since 20')
    assert row['Reason'].endswith(': new switches')

    found = shown(app, pod.SetPod, '--resume', 'RegionOne')

    assert found['paused_at'] is None


def test_who_waits_for_a_region_is_told_that_it_is_paused(
    paused: Api, app: Any
) -> None:
    with pytest.raises(exceptions.CommandError, match='paused since'):
        run(app, commands.ListStatuses, '--wait', '--timeout', '0.1')


def test_a_paused_job_is_listed_with_what_for(paused: Api, app: Any) -> None:
    headers, rows = run(app, job.ListJobs, '--long', '--status', 'paused')

    (row,) = rows
    said = dict(zip(headers, row, strict=True))['Reason']
    assert said.endswith(': switches are replaced')


@pytest.mark.parametrize(
    'arguments',
    [
        ('--reason', 'why', 'RegionOne'),
        ('--resume', '--reason', 'why', 'RegionOne'),
    ],
)
def test_a_reason_of_no_pause_is_refused(
    app: Any, arguments: tuple[str, ...]
) -> None:
    with pytest.raises(exceptions.CommandError, match='goes with --pause'):
        run(app, pod.SetPod, *arguments)


def test_the_log_names_who_did_it_and_what_for(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    job_id = record()
    pause(api, path_of(api))
    pause(api, f'/jobs/{job_id}/pause')
    resume(api, f'/jobs/{job_id}/pause')
    resume(api, path_of(api))

    for said in (
        'Region RegionOne is paused (switches are replaced), by user u',
        'is paused (switches are replaced), by user u',
        'is resumed, by user u',
        'Region RegionOne is resumed, by user u',
    ):
        assert said in caplog.text
