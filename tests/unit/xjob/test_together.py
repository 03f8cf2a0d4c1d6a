# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Documents of several jobs, read in one go."""

import uuid

from oslo_db import exception as db_exc
import pytest

from tricircle.db import session as sessions
from tricircle.db.central import models as central_models
from tricircle.db.central.models import PodState
from tricircle.journal.job import Job
from tricircle.replica import types
from tricircle.replica.document import Document
from tricircle.replica.document import Generation
from tricircle.xjob import together


def job(resource_type: str = types.NETWORK) -> Job:
    return Job(
        id=str(uuid.uuid4()),
        resource_type=resource_type,
        resource_id=str(uuid.uuid4()),
        region_name='RegionOne',
        generation=Generation(1, 1),
        attempts=0,
        owner='one',
    )


class Central:
    """What central's database has, and what it cannot make of it."""

    def __init__(self) -> None:
        self.poison: dict[str, Exception] = {}
        self.gone: set[str] = set()
        self.reads: list[int] = []

    def documents(
        self, _session, resource_type, ids, region_name, _generations
    ) -> dict[str, Document]:
        self.reads.append(len(ids))
        for one in ids:
            if one in self.poison:
                raise self.poison[one]
        return {
            one: Document(
                type=resource_type,
                id=one,
                region=region_name,
                generation=Generation(1, 1),
                body={},
            )
            for one in ids
            if one not in self.gone
        }


@pytest.fixture
def central(journal, monkeypatch) -> Central:
    found = Central()
    monkeypatch.setattr(together.central_state, 'documents', found.documents)
    with sessions.writer() as session:
        session.add(
            central_models.Pod(
                pod_id=str(uuid.uuid4()),
                region_name='RegionOne',
                az_name='az1',
                pod_az_name='',
                dc_name='',
            )
        )
    return found


def read(jobs: list[Job]) -> set[str]:
    return set(together.documents('RegionOne', jobs))


def test_documents_of_several_jobs_are_read_by_one_look(central):
    jobs = [job() for _ in range(10)]

    assert read(jobs) == {one.id for one in jobs}
    assert central.reads == [10]


@pytest.mark.parametrize('poisoned', [1, 3])
def test_one_that_cannot_be_read_keeps_no_other_from_it(central, poisoned):
    jobs = [job() for _ in range(40)]
    for one in jobs[:poisoned]:
        central.poison[one.resource_id] = KeyError('defect')

    assert read(jobs) == {one.id for one in jobs[poisoned:]}


def test_a_database_that_is_away_is_not_asked_for_each(central):
    jobs = [job() for _ in range(40)]
    central.poison = {
        one.resource_id: db_exc.DBError(OSError('away')) for one in jobs
    }

    assert read(jobs) == set()
    assert central.reads == [40]


def test_what_central_has_not_any_more_its_job_finds_out(central):
    jobs = [job() for _ in range(3)]
    central.gone = {jobs[0].resource_id}

    assert read(jobs) == {jobs[1].id, jobs[2].id}


def test_kinds_are_read_apart(central):
    networks = [job() for _ in range(2)]
    groups = [job(types.SECURITY_GROUP) for _ in range(3)]

    assert len(read([*networks, *groups])) == 5
    assert sorted(central.reads) == [2, 3]


@pytest.mark.parametrize(
    'resource_type', [types.ROUTER, types.TRUNK, types.ADOPTION]
)
def test_what_takes_more_its_job_reads(central, resource_type):
    assert read([job(resource_type) for _ in range(3)]) == set()


@pytest.mark.parametrize('state', [PodState.DRAINING, PodState.LOST])
def test_of_a_region_that_leaves_each_job_looks_what_is_to_be_done(
    central, state
):
    with sessions.writer() as session:
        session.query(central_models.Pod).update({'state': state.value})

    assert read([job() for _ in range(3)]) == set()


def test_what_is_no_id_is_not_asked_for(central):
    jobs = [job() for _ in range(3)]
    odd = Job(
        'x', types.NETWORK, '../x', 'RegionOne', Generation(1, 1), 0, 'one'
    )

    assert read([*jobs, odd]) == {one.id for one in jobs}
