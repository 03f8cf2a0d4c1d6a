# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Jobs that an operator ends: what that means, and what it does not."""

import pytest
import sqlalchemy as sa

from tests.unit.api.conftest import Api
from tests.unit.api.test_jobs import claim
from tests.unit.api.test_jobs import fail
from tests.unit.api.test_jobs import NETWORK
from tests.unit.api.test_jobs import OTHER
from tests.unit.api.test_jobs import place
from tests.unit.api.test_jobs import record
from tests.unit.api.test_jobs import show
from tests.unit.api.test_jobs import state
from tricircle.db import session as sessions
from tricircle.db.central import models as central_models
from tricircle.journal import claims
from tricircle.journal import confirmation
from tricircle.journal import departures
from tricircle.journal import intent
from tricircle.journal import job_ends
from tricircle.journal import router_intents
from tricircle.journal import sweep
from tricircle.replica import types
from tricircle.replica.document import Generation

KEY = (types.NETWORK, NETWORK, 'RegionOne')


def end(api: Api, job_id: str) -> None:
    answer = api.ask('DELETE', f'/jobs/{job_id}')
    assert answer.status_int == 200, answer.text
    assert answer.json_body == {}


def due() -> list[str]:
    """Return what XJob would take, whenever it is to be tried."""
    with sessions.writer() as session:
        session.execute(
            sa.text("UPDATE journal SET next_try_at = '2001-01-01 00:00:00'")
        )
    return [one.id for one in claims.claim('RegionOne', 'another', 9, 60.0)]


def confirm(counter: int) -> None:
    with sessions.writer() as session:
        intent.confirm(session, *KEY, Generation(1, counter), 'sha256:x')


@pytest.fixture
def ended(api: Api) -> str:
    """A job that failed and was ended; its ID."""
    job_id = record()
    fail()
    end(api, job_id)
    return job_id


def test_one_is_tried_no_more(api: Api, ended: str) -> None:
    assert due() == []
    claims.pull_forward('RegionOne')
    assert due() == []


def test_one_is_shown_with_its_reason(api: Api, ended: str) -> None:
    job = show(api, ended)

    assert (job['status'], job['reason'], job['attempts']) == (
        'ENDED',
        'it is full',
        1,
    )
    assert job['next_try_at'] is None
    assert job['age'] is not None


def test_the_replica_goes_on_saying_that_it_is_not_there(
    api: Api, ended: str
) -> None:
    assert state().status == intent.Status.FAILED
    assert state().reason == 'an operator ended it: it is full'
    assert state().next_try_at is None


def test_one_may_be_ended_twice(api: Api, ended: str) -> None:
    end(api, ended)

    assert show(api, ended)['status'] == 'ENDED'


def test_the_next_change_makes_a_new_job(api: Api, ended: str) -> None:
    record()

    job = show(api, ended)
    assert (job['status'], job['reason'], job['attempts']) == ('NEW', None, 0)
    assert due() == [ended]


def test_one_is_done_again_when_asked_for(api: Api, ended: str) -> None:
    assert api.ask('PUT', f'/jobs/{ended}').status_int == 200

    assert show(api, ended)['status'] == 'NEW'
    assert due() == [ended]


def test_who_is_at_it_ends_the_attempt_and_it_is_not_tried_again(
    api: Api,
) -> None:
    job_id = record()
    job = claim()
    end(api, job_id)
    assert show(api, job_id)['status'] == 'RUNNING'

    job_ends.fail(job, 'it is full', 0.0)

    assert show(api, job_id)['status'] == 'ENDED'
    assert show(api, job_id)['reason'] == 'it is full'
    assert due() == []


def test_what_the_last_attempt_brought_counts(api: Api) -> None:
    job_id = record()
    job = claim()
    end(api, job_id)

    job_ends.finish(job, 'sha256:x', ())

    assert show(api, job_id)['status'] == 'SUCCESS'
    assert state().status == intent.Status.IN_SYNC


def test_a_change_during_the_last_attempt_makes_a_new_job(api: Api) -> None:
    job_id = record()
    job = claim()
    end(api, job_id)
    record()

    job_ends.finish(job, 'sha256:x', ())

    assert show(api, job_id)['status'] == 'NEW'
    assert due() == [job_id]


@pytest.mark.parametrize('seconds', [60.0, -1.0])
def test_who_dies_during_the_last_attempt_leaves_it_ended(
    api: Api, seconds: float
) -> None:
    job_id = record()
    (job,) = claims.claim('RegionOne', 'xjob', 10, seconds)
    end(api, job_id)

    claims.give_back(job.owner)

    assert show(api, job_id)['status'] == 'ENDED'
    assert due() == []


def test_one_whose_region_is_ahead_stays_ended(api: Api) -> None:
    job_id = record()
    job = claim()
    end(api, job_id)

    assert not job_ends.overtake(job, Generation(1, 7))

    job_ends.fail(job, 'generation 1.7 is later', 0.0)
    assert show(api, job_id)['status'] == 'ENDED'


def test_an_earlier_change_that_arrives_late_makes_nothing_of_it(
    api: Api,
) -> None:
    record()
    job_id = record()
    end(api, job_id)

    confirm(1)

    assert show(api, job_id)['status'] == 'ENDED'
    assert due() == []


def test_the_region_saying_that_it_has_it_is_what_counts(
    api: Api, ended: str
) -> None:
    confirm(1)

    assert show(api, ended)['status'] == 'SUCCESS'
    assert state().status == intent.Status.IN_SYNC


def test_what_waits_for_the_region_waits_on(api: Api) -> None:
    held = central_models.HeldSegment
    with sessions.writer() as session:
        awaited = intent.record_awaited(session, [intent.Intent(*KEY)])
        for key, counter in awaited.items():
            session.add(
                held(
                    segment_id=OTHER,
                    network_id=NETWORK,
                    network_type='vxlan',
                    region_name='RegionOne',
                    entry_id=key,
                    counter=counter,
                )
            )
    (job_id,) = awaited

    end(api, job_id)

    waiting = sa.select(sa.func.count()).where(confirmation.waiting(held))
    with sessions.reader() as session:
        assert session.scalar(waiting) == 1
    confirm(1)
    with sessions.reader() as session:
        assert session.scalar(waiting) == 0


def test_a_router_whose_job_was_ended_does_not_count_as_there(
    api: Api,
) -> None:
    record(kind=types.ROUTER)
    job_ends.finish(claim(), 'sha256:x', ())
    job_id = record(kind=types.ROUTER)
    end(api, job_id)

    with sessions.reader() as session:
        differ = router_intents.differing(
            session, 'RegionOne', {(types.ROUTER, NETWORK): 'sha256:x'}, {}
        )

    assert differ == {(types.ROUTER, NETWORK)}


def test_a_piece_whose_removal_was_ended_is_not_forgotten(api: Api) -> None:
    job_id = record(kind=types.ROUTER)
    end(api, job_id)

    with sessions.writer() as session:
        router_intents.forget_removed(session, [NETWORK])

    assert show(api, job_id)['status'] == 'ENDED'


@pytest.mark.parametrize(
    'kind',
    [types.SWEEP, types.DEPARTURE, types.ADOPTION, types.ADOPTION_ROWS],
)
def test_what_goes_on_by_itself_is_not_ended(api: Api, kind: str) -> None:
    job_id = record('RegionOne', kind=kind)

    assert 'is not ended' in api.refused(409, 'DELETE', f'/jobs/{job_id}')
    assert show(api, job_id)['status'] == 'NEW'


def test_a_region_that_drains_is_asked_again(api: Api) -> None:
    place(api)
    job_id = record()
    end(api, job_id)

    with sessions.writer() as session:
        departures.take_away(
            session, api.pods['RegionOne'], 'RegionOne', types.NETWORK, 10
        )

    assert due() == [job_id]


def entry() -> sweep.Entry:
    with sessions.reader() as session:
        (found,) = sweep.page(session, 'RegionOne', types.NETWORK, None, 50)
    return found


def test_a_sweep_sees_what_was_ended(api: Api, ended: str) -> None:
    assert (entry().ended, entry().in_flight) == (True, False)


def test_a_sweep_goes_not_by_what_a_dead_process_holds(api: Api) -> None:
    record()
    claims.claim('RegionOne', 'xjob', 10, -1.0)
    confirm(1)

    assert not entry().in_flight
