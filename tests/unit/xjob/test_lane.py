# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Back-off and breaker of a lane."""

from collections.abc import Iterator
import queue
import threading
import types as python_types

from oslo_db import exception as db_exc
import pytest

from tricircle.db import session as sessions
from tricircle.journal import claims
from tricircle.journal import intent
from tricircle.journal import job_ends
from tricircle.replica import types
from tricircle.replica.document import Generation
from tricircle.xjob import agenda
from tricircle.xjob import lane
from tricircle.xjob import outcomes
from tricircle.xjob import slots
from tricircle.xjob.job import carry_out
from tricircle.xjob.job import failures

CONF = python_types.SimpleNamespace(
    workers=1,
    breaker_failures=3,
    max_probe_interval=30.0,
    worker_sleep_time=60.0,
    job_run_expire=60.0,
    sweep_interval=0,
    sweep_rate=0,
    probe_interval=0,
    retry_interval=1.0,
    max_retry_interval=30.0,
)
LONG = 20.0


class Wake(threading.Event):
    """An event that tells when somebody waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.awaited = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        self.awaited.set()
        return super().wait(timeout)


class Region:
    """A region that answers when it is told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.was_asked = threading.Event()
        self.may_answer = threading.Event()

    def carry_out(self, _conf, _client, job) -> str:
        self.asked.append(job.resource_id)
        self.was_asked.set()
        self.may_answer.wait(LONG)
        return 'applied'


@pytest.fixture
def region(monkeypatch) -> Region:
    found = Region()
    monkeypatch.setattr(carry_out, 'carry_out', found.carry_out)
    monkeypatch.setattr(lane.region_client, 'RegionClient', lambda *_: None)
    monkeypatch.setattr(intent.wakeup, 'after_commit', lambda *_: None)
    return found


@pytest.fixture
def busy(journal, region) -> Iterator[lane.Lane]:
    """A lane with one worker, which is at the first of two jobs."""
    with sessions.writer() as session:
        intent.record(
            session,
            [intent.Intent(types.NETWORK, one, 'RegionOne') for one in 'ab'],
        )
    one = lane.Lane(
        CONF,
        'RegionOne',
        'xjob',
        agenda.Alarm(),
        outcomes.Outcomes(),
        slots.Slots(),
    )
    one._wake = Wake()
    one.start()
    assert region.was_asked.wait(LONG)
    yield one
    region.may_answer.set()
    one.stop()


@pytest.mark.parametrize(
    ('exc', 'traceback'),
    [
        (db_exc.DBConnectionError(OSError('no route')), False),
        (KeyError('defect'), True),
    ],
)
def test_a_database_that_is_away_is_one_line_of_the_log(
    region, caplog, monkeypatch, exc, traceback
):
    def fail(*_args):
        raise exc

    one = lane.Lane(
        CONF,
        'RegionOne',
        'xjob',
        agenda.Alarm(),
        outcomes.Outcomes(),
        slots.Slots(),
    )
    monkeypatch.setattr(one, '_step', fail)
    monkeypatch.setattr(lane.claims, 'claim_sweep', fail)
    monkeypatch.setattr(failures.job_ends, 'fail', fail)
    monkeypatch.setattr(failures.job_ends, 'overtake', fail)
    one._wake, one._wake_sweeper = Wake(), Wake()
    one.start()
    one.wake_sweeper()
    assert one._wake.awaited.wait(LONG)
    job = python_types.SimpleNamespace(id='1', attempts=0)
    failures.note(CONF, agenda.Alarm(), job, ValueError())
    one._stop.set()
    one.stop()

    told = [
        one for one in caplog.records if 'could not be' in one.getMessage()
    ]
    assert len(told) >= 2
    assert {one.exc_info is not None for one in told} == {traceback}
    if not traceback:
        assert all('no route' in one.getMessage() for one in told)


def test_a_lane_without_room_waits_until_a_job_ends(busy, region):
    assert busy._wake.awaited.wait(LONG)
    assert len(region.asked) == 1
    region.was_asked.clear()

    region.may_answer.set()

    assert region.was_asked.wait(LONG)
    assert sorted(region.asked) == ['a', 'b']


@pytest.mark.parametrize(
    ('text', 'is_behind'),
    [
        ('Replica trunk id-a was deleted in this region with {}.', True),
        ('Replica trunk id-a has {} applied, which is later than 1.1.', True),
        ('Replica port id-b was deleted in this region with {}.', False),
        ('Replica port id-a was deleted in this region with {}.', False),
        (
            'trunk id-a is here but for port: ReplicaRemoved: Replica port '
            'id-b was deleted in this region with {}.',
            False,
        ),
    ],
)
def test_only_a_job_of_what_was_refused_is_behind_its_region(
    region, monkeypatch, caplog, text, is_behind
):
    # A region refuses a document also for one that comes with it: where the
    # journal is behind is another entry's to say.
    overtaken = []
    monkeypatch.setattr(
        failures.job_ends,
        'overtake',
        lambda *arguments: overtaken.append(arguments) or True,
    )
    job = python_types.SimpleNamespace(
        id='1',
        region_name='RegionOne',
        resource_type=types.TRUNK,
        resource_id='id-a',
    )
    refused = lane.region_client.ReplicaRefused(
        409, 'Conflict', text.format('generation 1.2')
    )

    failures.overtake(job, refused)

    assert overtaken == ([(job, Generation(1, 2))] if is_behind else [])
    assert ('behind' in caplog.text) is is_behind


class Sent:
    """A region that is sent what was read of jobs."""

    def __init__(self) -> None:
        self.sent: queue.Queue[str] = queue.Queue()
        self.fails: Exception | None = None

    def send(self, _client, job, _document) -> job_ends.End:
        self.sent.put(job.resource_id)
        if self.fails is not None:
            raise self.fails
        return job_ends.End(job, 'sha256:x')


@pytest.fixture
def sent(journal, region, monkeypatch) -> Sent:
    """A region whose jobs are read together."""
    found = Sent()
    monkeypatch.setattr(carry_out, 'send', found.send)
    monkeypatch.setattr(
        lane.together,
        'documents',
        lambda _name, jobs: dict.fromkeys((one.id for one in jobs), 'all'),
    )
    return found


def _want(*ids: str) -> None:
    with sessions.writer() as session:
        intent.record(
            session,
            [intent.Intent(types.NETWORK, one, 'RegionOne') for one in ids],
        )


def _states(*ids: str) -> list[intent.ReplicaState]:
    with sessions.reader() as session:
        return [intent.states(session, types.NETWORK, one)[0] for one in ids]


def _lane(conf: python_types.SimpleNamespace = CONF) -> lane.Lane:
    return lane.Lane(
        conf,
        'RegionOne',
        'xjob',
        agenda.Alarm(),
        outcomes.Outcomes(),
        slots.Slots(),
    )


def test_a_lane_that_stops_has_the_ends_of_its_jobs_written(sent):
    _want('a', 'b', 'c')
    one = _lane()
    one.start()
    for _ in 'abc':
        sent.sent.get(timeout=LONG)

    one.stop()

    assert {found.status for found in _states('a', 'b', 'c')} == {
        intent.Status.IN_SYNC
    }
    assert one.state().running == 0


def test_jobs_that_wait_for_a_region_that_went_away_are_given_back(sent):
    _want('a', 'b', 'c', 'd')
    sent.fails = lane.region_client.RegionUnreachable('away')
    conf = python_types.SimpleNamespace(
        **{**vars(CONF), 'breaker_failures': 1}
    )
    one = _lane(conf)
    with one._ahead.timed():
        # It answered at once until now.
        pass
    assert one._step()
    # By one worker: the first fails, and the others do not begin.
    one._threads.stop(wait=True)

    assert sent.sent.qsize() == 1
    assert one.state().running == 0
    assert claims.owners() == set()
    assert [found.attempts for found in _states(*'abcd')].count(0) == 3


def test_a_lane_that_is_to_stop_gives_back_what_has_not_begun(sent):
    _want('a', 'b')
    one = _lane()
    with one._ahead.timed():
        pass
    one._stop.set()
    assert one._step()
    one._threads.stop(wait=True)

    assert sent.sent.empty()
    assert claims.owners() == set()
