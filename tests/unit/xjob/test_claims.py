# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Claims: one holder, and nothing is lost when holders die."""

import datetime
import random

from oslo_utils import timeutils
import pytest
import sqlalchemy as sa

from tricircle.db import session as sessions
from tricircle.db import work_queue
from tricircle.journal import claims
from tricircle.journal import in_turn
from tricircle.journal import intent
from tricircle.journal import job_ends
from tricircle.journal import sweep
from tricircle.journal.job import Job
from tricircle.journal.job import JOURNAL
from tricircle.journal.job import QUEUE
from tricircle.plan import turns
from tricircle.replica import types
from tricircle.replica.document import Generation


def record(*ids: str) -> None:
    with sessions.writer() as session:
        intent.record(
            session,
            [intent.Intent(types.NETWORK, one, 'RegionOne') for one in ids],
        )


def claim(owner: str, limit: int = 10, lease: float = 60.0):
    return claims.claim('RegionOne', owner, limit, lease)


def state(resource_id: str) -> intent.ReplicaState:
    with sessions.reader() as session:
        return intent.states(session, types.NETWORK, resource_id)[0]


def test_what_one_holds_no_other_gets(journal):
    record('a', 'b', 'c')

    first = claim('one', limit=2)
    second = claim('two')

    assert len(first) == 2
    assert len(second) == 1
    assert not {job.id for job in first} & {job.id for job in second}


def test_an_expired_lease_is_taken_over(journal):
    record('a')
    claim('one', lease=-1.0)

    assert [job.resource_id for job in claim('two')] == ['a']


def test_nobody_takes_over_from_himself_what_he_is_still_at(journal):
    record('a', 'b')
    (first, second) = claim('one', lease=-1.0)

    again = claims.claim('RegionOne', 'one', 10, 60.0, [first.id])

    assert [job.id for job in again] == [second.id]


def test_a_renewed_lease_is_not(journal):
    record('a')
    (job,) = claim('one', lease=0.0)
    claims.renew('one', [job.id], 60.0)

    assert claim('two') == []


def test_who_lost_the_lease_finishes_nothing(journal):
    record('a')
    (late,) = claim('one', lease=-1.0)
    claim('two')

    job_ends.finish(late, 'sha256:late', ())

    assert state('a').status == intent.Status.PENDING


def test_a_failure_keeps_its_reason_and_its_next_try(journal):
    record('a')
    (job,) = claim('one')

    job_ends.fail(job, 'RegionOne does not answer', 30.0)

    failed = state('a')
    assert failed.status == intent.Status.FAILED
    assert failed.reason == 'RegionOne does not answer'
    assert failed.attempts == 1
    wait = failed.next_try_at - timeutils.utcnow()
    assert datetime.timedelta(seconds=20) < wait
    assert claim('two') == []


def test_a_region_that_answers_again_is_tried_at_once(journal):
    record('a')
    (job,) = claim('one')
    job_ends.fail(job, 'away', 300.0)

    claims.pull_forward('RegionOne')

    assert [one.resource_id for one in claim('one')] == ['a']


def test_a_long_backlog_is_pulled_forward_in_pieces(journal, monkeypatch):
    monkeypatch.setattr(work_queue, 'PIECE', 2)
    record('a', 'b', 'c', 'd', 'e')
    for job in claim('one'):
        job_ends.fail(job, 'away', 300.0)

    claims.pull_forward('RegionOne')

    assert len(claim('one')) == 5


def test_who_gives_back_keeps_nothing_and_others_keep_theirs(journal):
    record('a', 'b', 'c')
    claim('one', limit=2)
    (kept,) = claim('two')

    claims.give_back('one')

    assert claims.owners() == {'two'}
    assert kept.id not in {job.id for job in claim('three')}


def test_an_intent_during_the_job_makes_another_run(journal):
    record('a')
    (job,) = claim('one')
    record('a')

    job_ends.finish(job, 'sha256:x', ())

    (again,) = claim('one')
    assert again.generation.counter == 2


def test_an_intent_during_a_failing_job_does_not_wait(journal):
    record('a')
    (job,) = claim('one')
    record('a')

    job_ends.fail(job, 'refused', 300.0)

    assert [one.resource_id for one in claim('one')] == ['a']


def test_a_tombstone_is_forgotten_only_if_nothing_came_after(journal):
    record('a')
    (job,) = claim('one')
    record('a')
    revoked = []

    job_ends.remove(job, lambda session: revoked.append(job.id))

    assert revoked == []
    assert state('a').counter == 2

    (again,) = claim('one')
    job_ends.remove(again, lambda session: revoked.append(again.id))

    assert revoked == [again.id]
    with sessions.reader() as session:
        assert intent.states(session, types.NETWORK, 'a') == []


def test_what_is_given_back_is_free(journal):
    record('a')
    claim('one')

    claims.give_back('one')

    assert len(claim('two')) == 1


def plan_sweep() -> None:
    with sessions.writer() as session:
        sweep.plan(session, ['RegionOne'], 0.0)


def test_a_sweep_is_no_job_of_the_workers(journal):
    record('a')
    plan_sweep()

    jobs = claim('worker')
    due = claims.claim_sweep('RegionOne', 'sweeper', 60.0)

    assert [job.resource_id for job in jobs] == ['a']
    assert due is not None
    assert due.resource_type == types.SWEEP
    assert claims.claim_sweep('RegionOne', 'other', 60.0) is None


def test_a_sweep_that_was_left_off_is_due_for_the_next(journal):
    plan_sweep()
    first = claims.claim_sweep('RegionOne', 'one', 60.0)
    assert first is not None

    claims.put_back(first)

    second = claims.claim_sweep('RegionOne', 'two', 60.0)
    assert second is not None
    # Whoever lost it has nothing to put back.
    claims.put_back(first)
    assert claims.claim_sweep('RegionOne', 'three', 60.0) is None


def test_a_journal_that_is_behind_its_region_counts_on_from_there(journal):
    record('a')
    (job,) = claim('one')

    assert job_ends.overtake(job, Generation(job.generation.epoch, 7))
    job_ends.fail(job, 'refused', 300.0)

    # It need not wait: what is wanted now is a later generation.
    (again,) = claim('two')
    assert again.generation.counter == 8
    job_ends.finish(again, 'digest', ())
    assert state('a').status is intent.Status.IN_SYNC


@pytest.mark.parametrize(
    ('epoch', 'counter'), [(0, 0), (1, 7)], ids=['earlier', 'another epoch']
)
def test_a_journal_that_is_not_behind_stays_as_it_is(journal, epoch, counter):
    record('a')
    (job,) = claim('one')

    later = Generation(job.generation.epoch + epoch, counter)

    assert not job_ends.overtake(job, later)
    assert state('a').counter == 1


def test_only_who_holds_an_entry_counts_on(journal):
    record('a')
    (job,) = claim('one', lease=-1.0)
    claim('two')

    assert not job_ends.overtake(job, Generation(job.generation.epoch, 7))


def burst(project: str, number: int) -> None:
    """Have one project want much of RegionOne."""
    with sessions.writer() as session:
        intent.record(
            session,
            [
                intent.Intent(
                    types.NETWORK, f'{project}{one}', 'RegionOne', project
                )
                for one in range(number)
            ],
        )


def want(resource_type: str, resource_id: str, project: str | None) -> None:
    with sessions.writer() as session:
        intent.record(
            session,
            [intent.Intent(resource_type, resource_id, 'RegionOne', project)],
        )


def find(*resource_ids: str) -> None:
    """Have a sweep find that RegionOne has these otherwise."""
    with sessions.writer() as session:
        intent.record(
            session,
            [
                sweep.repair(types.NETWORK, one, 'RegionOne')
                for one in resource_ids
            ],
        )


class Lane:
    """Takes what is next, again and again."""

    def __init__(self) -> None:
        self._turns = turns.Turns()

    def take(self, limit: int = 1) -> list[str]:
        found = claims.claim(
            'RegionOne', 'one', limit, 60.0, taken=self._turns
        )
        return [job.resource_id for job in found]

    def picked(self, limit: int) -> list[str]:
        """Return what is next, in its order, and take nothing."""
        ids = {row.id: row.resource_id for row in _rows()}
        which = JOURNAL.c.region_name == 'RegionOne'
        with sessions.reader() as session:
            keys = in_turn.keys(
                session, QUEUE.is_due(which), limit, self._turns
            )
        return [ids[key] for (key,) in keys]


def _rows() -> list:
    with sessions.reader() as session:
        return list(session.execute(sa.select(JOURNAL)))


@pytest.fixture
def lane(journal) -> Lane:
    return Lane()


@pytest.mark.parametrize('project', ['a', 'z', None])
def test_who_wants_little_does_not_wait_for_who_wants_much(lane, project):
    burst('much', 20)
    lane.take(4)
    want(types.NETWORK, 'little', project)

    assert 'little' in lane.take() + lane.take()


def test_projects_take_turns(lane):
    for project in 'abc':
        burst(project, 4)

    assert sorted(one[0] for one in lane.take(9)) == list('aaabbbccc')


def test_turns_go_on_from_one_claim_to_the_next(lane):
    for project in 'abc':
        burst(project, 4)

    assert [lane.take()[0][0] for _ in range(6)] == list('abcabc')


def test_a_project_that_is_alone_has_all(lane):
    burst('much', 20)

    assert len(lane.take(4) + lane.take(16)) == 20


def test_what_traffic_waits_for_is_before_other_changes(lane):
    burst('much', 20)
    want(types.SECURITY_GROUP, 'group', 'much')

    assert lane.take() == ['group']


def test_others_changes_do_not_wait_for_all_that_traffic_waits_for(lane):
    with sessions.writer() as session:
        intent.record(
            session,
            [
                intent.Intent(types.PORT, f'{one}', 'RegionOne', 'much')
                for one in range(20)
            ],
        )
    want(types.NETWORK, 'little', 'other')

    assert 'little' in lane.take(4)


def test_what_others_hold_has_no_turn(lane):
    burst('much', 20)
    want(types.NETWORK, 'little', 'other')
    held = {job.resource_id for job in claim('another', limit=4)}

    taken = [one for _ in range(17) for one in lane.take()]

    assert held.isdisjoint(taken)
    assert len(taken) == 17


def test_what_a_sweep_found_waits_for_changes(lane):
    find(*(f'found{one}' for one in range(20)))
    want(types.NETWORK, 'wanted', 'project')

    assert lane.take() == ['wanted']


def test_what_a_sweep_found_has_its_share(lane):
    burst('much', 20)
    find('found')

    assert 'found' in lane.take(8)


def test_a_change_of_what_a_sweep_found_is_a_change(lane):
    find(*(f'found{one}' for one in range(20)))
    want(types.NETWORK, 'found7', None)

    assert lane.take() == ['found7']


def test_what_waits_is_not_put_behind_by_a_sweep(lane):
    want(types.NETWORK, 'first', 'much')
    burst('much', 20)
    find('first')

    assert lane.take() == ['first']


def test_what_is_to_be_tried_later_has_no_turn(lane):
    burst('much', 20)
    want(types.NETWORK, 'failed', 'other')
    failed = next(
        job for job in claim('one', limit=21) if job.resource_id == 'failed'
    )
    job_ends.fail(failed, 'away', 300.0)
    claims.give_back('one')

    assert 'failed' not in lane.take(20)


def end(job: Job, digest: str = 'sha256:x', omitted=()) -> job_ends.End:
    return job_ends.End(job, digest, omitted)


def test_ends_are_written_together(journal):
    record('a', 'b')
    ends = [end(job, f'sha256:{job.resource_id}') for job in claim('one')]

    assert job_ends.finish_together(ends) == []

    assert {one: state(one).digest for one in 'ab'} == {
        'a': 'sha256:a',
        'b': 'sha256:b',
    }
    assert {state(one).status for one in 'ab'} == {intent.Status.IN_SYNC}
    assert claims.owners() == set()


def test_ends_written_together_keep_what_is_omitted(journal):
    record('a', 'b')
    first, second = claim('one')

    job_ends.finish_together([end(first, omitted=['network.x']), end(second)])

    assert state(first.resource_id).omitted == ('network.x',)
    assert state(second.resource_id).omitted == ()


def test_a_lease_lost_in_the_middle_of_a_batch_keeps_no_other_waiting(journal):
    record('a')
    (lost,) = claim('one', lease=-1.0)
    claim('two')
    record('b')
    (kept,) = claim('one')

    left = job_ends.finish_together([end(lost), end(kept)])

    assert [one.job for one in left] == [lost]
    assert state('a').status is intent.Status.PENDING
    assert state('b').status is intent.Status.IN_SYNC
    assert claims.owners() == {'two'}


def test_what_a_dead_process_held_is_taken_again_and_its_end_is_late(journal):
    record('a')
    (of_the_dead,) = claim('dead', lease=-1.0)
    (again,) = claim('two')
    job_ends.finish_together([end(again, 'sha256:two')])

    job_ends.finish_together([end(of_the_dead, 'sha256:dead')])

    assert state('a').digest == 'sha256:two'


def test_an_end_that_is_written_twice_changes_nothing(journal):
    record('a')
    (job,) = claim('one')
    job_ends.finish_together([end(job)])
    record('a')
    (again,) = claim('one')

    # Of the same owner, who holds it anew, but for what was wanted before.
    job_ends.finish_together([end(job, 'sha256:early')])

    assert state('a').status is intent.Status.PENDING
    assert state('a').counter == again.counter


def test_an_intent_during_jobs_that_end_together_makes_another_run(journal):
    record('a', 'b')
    jobs = claim('one')
    record('a')

    job_ends.finish_together([end(job) for job in jobs])

    (again,) = claim('one')
    assert (again.resource_id, again.counter) == ('a', 2)


def test_what_is_put_back_together_is_free(journal):
    record('a', 'b', 'c')
    first, second, _kept = claim('one')

    claims.put_back(first, second)

    assert {job.id for job in claim('two')} == {first.id, second.id}


@pytest.mark.parametrize('seed', range(6))
def test_many_are_claimed_in_the_turns_of_one_after_the_other(journal, seed):
    chosen = random.Random(seed)
    with sessions.writer() as session:
        intent.record(
            session,
            [
                intent.Intent(
                    types.NETWORK,
                    f'{one}',
                    'RegionOne',
                    # One has much, some have little; one is of nobody.
                    chosen.choice(['much'] * 8 + [None, *'abcdefgh']),
                    priority=chosen.choice(list(turns.Priority)),
                )
                for one in range(60)
            ],
        )
    projects = {
        str(row.resource_id): (row.priority, row.project_id) for row in _rows()
    }
    single, several = Lane(), Lane()
    expected = [projects[one] for _ in range(30) for one in single.take()]
    claims.give_back('one')

    found = several.picked(30)

    assert [projects[one] for one in found] == expected
