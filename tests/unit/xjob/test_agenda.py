# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What XJob looks at to know when there is something to do."""

import threading
import time

import pytest

from tricircle.db import session as sessions
from tricircle.journal import claims
from tricircle.journal import intent
from tricircle.journal import job_ends
from tricircle.journal import router_intents
from tricircle.journal import sweep
from tricircle.replica import types
from tricircle.xjob import agenda


def record(region_name: str, resource_id: str, delay: float = 0.0) -> None:
    with sessions.writer() as session:
        intent.record(
            session,
            [
                intent.Intent(
                    types.NETWORK, resource_id, region_name, delay=delay
                )
            ],
        )


def plan_sweep(region_name: str, delay: float = 0.0) -> None:
    with sessions.writer() as session:
        sweep.plan(session, [region_name], delay)


def test_a_region_is_there_only_while_it_wants_something(journal):
    record('RegionOne', 'a')
    record('RegionTwo', 'a')
    (job,) = claims.claim('RegionTwo', 'one', 10, 60.0)
    job_ends.finish(job, 'sha256:x', ())

    assert agenda.read() == {'RegionOne': agenda.Due(0.0, None)}


def test_what_central_itself_is_to_do_is_not_there(journal):
    with sessions.writer() as session:
        router_intents.record(session, ['router'])
        # As by a program that knows central by another name.
        intent.record(
            session, [intent.Intent(types.ROUTER_PLAN, 'router', 'Another')]
        )

    assert agenda.read() == {'Another': agenda.Due(None, None)}


def test_of_several_jobs_it_is_the_first_that_counts(journal):
    record('RegionOne', 'late', delay=300.0)
    record('RegionOne', 'soon', delay=30.0)

    found = agenda.read()['RegionOne']

    assert found.jobs == pytest.approx(30.0, abs=5.0)


def test_a_sweep_is_due_apart_from_the_jobs(journal):
    record('RegionOne', 'a')
    plan_sweep('RegionOne', delay=60.0)
    plan_sweep('RegionTwo')

    found = agenda.read()

    assert found['RegionOne'].jobs == 0.0
    assert found['RegionOne'].sweep == pytest.approx(60.0, abs=5.0)
    assert found['RegionTwo'] == agenda.Due(None, 0.0)


def test_what_somebody_holds_is_not_due(journal):
    record('RegionOne', 'a')
    record('RegionOne', 'b', delay=60.0)
    claims.claim('RegionOne', 'one', 10, 60.0)

    found = agenda.read()['RegionOne']

    assert found.jobs == pytest.approx(60.0, abs=5.0)


def test_what_the_dead_held_is_due_when_their_leases_have_run_out(journal):
    record('RegionOne', 'a')
    claims.claim('RegionOne', 'one', 10, lease=-1.0)

    assert agenda.read()['RegionOne'].jobs == 0.0


def test_a_failed_job_is_due_when_it_is_to_be_tried_again(journal):
    record('RegionOne', 'a')
    (job,) = claims.claim('RegionOne', 'one', 10, 60.0)
    job_ends.fail(job, 'refused', 40.0)

    found = agenda.read()['RegionOne']

    assert found.jobs == pytest.approx(40.0, abs=5.0)


def test_an_alarm_that_nobody_wants_ends_by_itself():
    assert agenda.Alarm().wait(0.01) is False


def test_an_alarm_is_brought_forward_by_another_thread():
    alarm = agenda.Alarm()
    threading.Timer(0.05, alarm.within, (0.0,)).start()
    started = time.monotonic()

    assert alarm.wait(60.0) is True

    assert time.monotonic() - started < 30.0


def test_an_alarm_for_now_that_came_before_the_waiting_is_not_lost():
    alarm = agenda.Alarm()
    alarm.within(0.0)

    assert alarm.wait(60.0) is True


def test_an_alarm_is_not_put_off():
    alarm = agenda.Alarm()
    alarm.within(3600.0)

    assert alarm.wait(0.01) is False


def test_an_alarm_for_later_than_one_waits_is_kept_for_the_next_time():
    alarm = agenda.Alarm()
    alarm.within(0.2)
    assert alarm.wait(0.01) is False

    started = time.monotonic()
    assert alarm.wait(60.0) is True

    assert time.monotonic() - started < 30.0


def test_an_alarm_goes_off_once():
    alarm = agenda.Alarm()
    alarm.within(0.0)
    alarm.wait(60.0)

    assert alarm.wait(0.01) is False
