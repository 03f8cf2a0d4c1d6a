# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""When routers are laid out again."""

import datetime
import types as python_types

from oslo_config import cfg
from oslo_utils import timeutils
import pytest
import sqlalchemy as sa

from tricircle.conf import client as client_options
from tricircle.conf import durations
from tricircle.db import session as sessions
from tricircle.db.central import models as central_models
from tricircle.journal import claims
from tricircle.journal import intent
from tricircle.journal import job_ends
from tricircle.journal import router_intents
from tricircle.journal.job import Job
from tricircle.replica import messages
from tricircle.replica import types
from tricircle.replica.document import Document
from tricircle.replica.document import Generation
from tricircle.xjob.job import router_plans

CONF = python_types.SimpleNamespace(retry_interval=1.0)


@pytest.fixture(autouse=True)
def central_named(journal: None) -> None:
    client_options.register(cfg.CONF)


def piece() -> Job:
    """Return a job of a piece, which central planned."""
    planned()
    (job,) = claims.claim('RegionOne', 'xjob', 10, 60.0)
    return job


def planned() -> None:
    with sessions.writer() as session:
        intent.record(
            session, [intent.Intent(types.ROUTER, 'piece', 'RegionOne')]
        )


def seconds_until_plan() -> float:
    entry = central_models.JournalEntry
    with sessions.reader() as session:
        due = session.scalar(
            sa.select(entry.next_try_at).where(
                entry.resource_type == types.ROUTER_PLAN
            )
        )
    assert isinstance(due, datetime.datetime)
    return (due - timeutils.utcnow()).total_seconds()


def plan_is_done() -> None:
    """Have central make a plan, which makes the piece's job anew."""
    job = _plan()
    assert job is not None
    job_ends.finish(job, None, ())
    planned()


def _plan() -> Job | None:
    entry = central_models.JournalEntry
    with sessions.writer() as session:
        session.execute(
            sa.update(entry)
            .where(entry.resource_type == types.ROUTER_PLAN)
            .values(next_try_at=timeutils.utcnow())
        )
    return claims.claim_for_central(
        router_intents.region_name(), 'central', 60.0
    )


def test_what_a_piece_lacks_is_planned_at_once():
    router_plans.again(CONF, piece(), 'router')

    assert seconds_until_plan() <= 1.0


def test_plans_that_do_not_help_come_less_and_less_often():
    job = piece()
    waits = []
    for _number in range(12):
        router_plans.again(CONF, job, 'router')
        waits.append(seconds_until_plan())
        plan_is_done()

    assert waits[0] <= 1.0
    assert waits[5] > waits[1]
    assert 29.0 <= waits[-1] <= durations.PLAN_AGAIN_LONGEST


def test_a_change_of_the_router_is_planned_at_once_all_the_same():
    job = piece()
    for _number in range(12):
        router_plans.again(CONF, job, 'router')
        plan_is_done()
    router_plans.again(CONF, job, 'router')

    with sessions.writer() as session:
        router_intents.record(session, ['router'])

    assert seconds_until_plan() <= 1.0


def pushed(attempts: int) -> object:
    """What follows when a region has a piece otherwise than it was to be."""
    document = Document(
        type=types.ROUTER,
        id='router',
        region='RegionOne',
        generation=Generation(1, 1),
        body={'routes': ['one']},
    )
    job = Job(
        'id',
        types.ROUTER,
        'router',
        'RegionOne',
        Generation(1, 1),
        attempts,
        'xjob',
    )
    applied = messages.AppliedBody(
        id='router',
        type=types.ROUTER,
        epoch=1,
        counter=1,
        digest='another',
        desired=document.digest,
        omitted=[],
    )
    return router_plans.after_push(job, document, applied)


def test_a_piece_that_a_region_has_otherwise_releases_nothing():
    assert pushed(attempts=3) is None
