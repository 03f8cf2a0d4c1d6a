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
import threading
import types as python_types

from oslo_db import exception as db_exc
import pytest

from tricircle.db import session as sessions
from tricircle.journal import intent
from tricircle.replica import types
from tricircle.replica.document import Generation
from tricircle.xjob import agenda
from tricircle.xjob import carry_out
from tricircle.xjob import lane

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
    one = lane.Lane(CONF, 'RegionOne', 'xjob', agenda.Alarm())
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

    one = lane.Lane(CONF, 'RegionOne', 'xjob', agenda.Alarm())
    monkeypatch.setattr(one, '_step', fail)
    monkeypatch.setattr(lane.claims, 'claim_sweep', fail)
    monkeypatch.setattr(lane.claims, 'fail', fail)
    monkeypatch.setattr(lane.claims, 'overtake', fail)
    one._wake, one._wake_sweeper = Wake(), Wake()
    one.start()
    one.wake_sweeper()
    assert one._wake.awaited.wait(LONG)
    job = python_types.SimpleNamespace(id='1', attempts=0)
    one._failed(job, ValueError())
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
        lane.claims,
        'overtake',
        lambda *arguments: overtaken.append(arguments) or True,
    )
    one = lane.Lane(CONF, 'RegionOne', 'xjob', agenda.Alarm())
    job = python_types.SimpleNamespace(
        id='1',
        region_name='RegionOne',
        resource_type=types.TRUNK,
        resource_id='id-a',
    )
    refused = lane.region_client.ReplicaRefused(
        409, 'Conflict', text.format('generation 1.2')
    )

    one._overtake(job, refused)

    assert overtaken == ([(job, Generation(1, 2))] if is_behind else [])
    assert ('behind' in caplog.text) is is_behind
