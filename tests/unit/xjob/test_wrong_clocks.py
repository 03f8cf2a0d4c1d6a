# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Hosts of XJob whose clocks are an hour fast, and an hour slow."""

import itertools

import pytest
import sqlalchemy as sa

from tests.unit import clocks
from tricircle.db import session as sessions
from tricircle.db.central import models
from tricircle.journal import claims
from tricircle.journal import intent
from tricircle.journal import job_ends
from tricircle.journal.job import Job
from tricircle.replica import types

PAIRS = tuple(itertools.product((*clocks.WRONG, 0.0), repeat=2))
Entry = models.JournalEntry


def record(resource_id: str) -> None:
    with sessions.writer() as session:
        intent.record(
            session,
            [intent.Intent(types.NETWORK, resource_id, 'RegionOne')],
        )


def claim(owner: str) -> list[Job]:
    return list(claims.claim('RegionOne', owner, 10, 60.0))


def pass_time(column: sa.ColumnElement[object], seconds: float) -> None:
    with sessions.writer() as session:
        session.execute(
            sa.update(Entry).values(
                {
                    column: sa.func.strftime(
                        '%Y-%m-%d %H:%M:%f', column, f'-{seconds} seconds'
                    ).concat('000')
                }
            )
        )


@pytest.mark.usefixtures('journal')
@pytest.mark.parametrize(('first', 'second'), PAIRS)
def test_a_job_is_nobody_elses_and_waits_for_no_hour(
    first: float, second: float
) -> None:
    with clocks.host_clock(first):
        record('a')
    with clocks.host_clock(second):
        (job,) = claim('two')
    with clocks.host_clock(first):
        assert claim('one') == []
        claims.renew('two', [job.id], 60.0)
        assert claim('one') == []
    pass_time(Entry.lease_until, 61)
    with clocks.host_clock(first):
        (job,) = claim('one')
    with clocks.host_clock(second):
        assert claim('two') == []
    with clocks.host_clock(first):
        job_ends.fail(job, 'away', 10.0)
    with clocks.host_clock(second):
        # It waits its ten seconds, and no more.
        assert claim('two') == []
    pass_time(Entry.next_try_at, 11)
    with clocks.host_clock(second):
        (job,) = claim('two')
