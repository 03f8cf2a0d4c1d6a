# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Jobs that there is nothing to be done for, and never will be."""

import types as python_types
import uuid

import pytest
import sqlalchemy as sa

from tricircle.client import region
from tricircle.db import session as sessions
from tricircle.db.central import models as central_models
from tricircle.journal import claims
from tricircle.journal import intent
from tricircle.journal import job_ends
from tricircle.journal.job import Job
from tricircle.replica import types
from tricircle.xjob.job import carry_out

CONF = python_types.SimpleNamespace()


def job(resource_type: str, resource_id: str) -> Job:
    """Record an intent, as earlier versions did of anything; claim it."""
    with sessions.writer() as session:
        intent.record(
            session, [intent.Intent(resource_type, resource_id, 'central')]
        )
    (claimed,) = claims.claim('central', 'xjob', 10, 60.0)
    return claimed


def left() -> int:
    with sessions.reader() as session:
        return (
            session.scalar(
                sa.select(sa.func.count()).select_from(
                    central_models.JournalEntry
                )
            )
            or 0
        )


@pytest.mark.parametrize(
    ('resource_type', 'resource_id'),
    [
        (types.ROUTER, 'x'),
        (types.ROUTER, '../networks/n/replicas/RegionTwo?x='),
        (types.NETWORK, 'x'),
        (types.PORT, ''),
        (types.SHADOW_PORTS, '5e0f3d0e-6f0b-4c8a-9f43-9c1f6ab6f1b7'),
    ],
)
def test_one_of_what_is_no_id_is_ended_and_asks_nobody(
    journal, resource_type, resource_id
):
    nobody = python_types.SimpleNamespace()

    done = carry_out.carry_out(CONF, nobody, job(resource_type, resource_id))

    assert done.startswith('ended (')
    assert resource_type in done
    assert left() == 0


def test_one_that_fails_says_why_and_how_often(journal):
    claimed = job(types.NETWORK, str(uuid.uuid4()))

    job_ends.fail(claimed, str(region.RegionError('it is full')), 60.0)

    with sessions.reader() as session:
        (state,) = intent.states(session, types.NETWORK, claimed.resource_id)
    assert (state.status, state.reason, state.attempts) == (
        intent.Status.FAILED,
        'it is full',
        1,
    )
    assert claims.claim('central', 'xjob', 10, 60.0) == []
