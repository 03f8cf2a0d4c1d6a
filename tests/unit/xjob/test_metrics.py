# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a process of XJob tells Prometheus of itself."""

from collections.abc import Iterator
import math
import socket
import types as python_types
from typing import Any
from urllib import error
from urllib import request

from oslo_config import cfg
import prometheus_client
import pytest

from tests.unit.xjob import test_contact
from tests.unit.xjob.test_contact import eventually
from tests.unit.xjob.test_contact import Region
from tests.unit.xjob.test_contact import working
from tricircle.client import region as region_client
from tricircle.cmd import program
from tricircle.cmd import xjob as command
from tricircle.conf import metrics as metrics_conf
from tricircle.conf import xjob as xjob_conf
from tricircle.db import session as sessions
from tricircle.journal import intent
from tricircle.replica import types
from tricircle.xjob import agenda
from tricircle.xjob import daemon
from tricircle.xjob import lane
from tricircle.xjob import metrics
from tricircle.xjob.job import carry_out

region = test_contact.region


@pytest.fixture(autouse=True)
def nothing_yet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    metrics.forget('RegionOne')
    monkeypatch.setattr(metrics, '_read_at', -math.inf)
    yield
    metrics.forget('RegionOne')


def value(name: str, **labels: str) -> float | None:
    """Return what is told of RegionOne; None when nothing is."""
    return metrics.REGISTRY.get_sample_value(
        f'tricircle_xjob_{name}', {'region': 'RegionOne', **labels}
    )


def told(one: lane.Lane, name: str) -> float:
    """Return what is told of a lane."""
    collector = metrics.LaneCollector(lambda: {'RegionOne': one.state()})
    (family,) = (
        each
        for each in collector.collect()
        if each.name == f'tricircle_xjob_{name}'
    )
    (sample,) = family.samples
    return float(sample.value)


def record() -> None:
    with sessions.writer() as session:
        intent.record(
            session, [intent.Intent(types.NETWORK, 'a', 'RegionOne')]
        )


def ended(outcome: metrics.Outcome) -> float | None:
    return value('jobs_total', type=types.NETWORK, outcome=outcome.value)


def test_a_job_that_is_done_is_counted_and_timed(region: Region) -> None:
    record()

    with working() as one:
        one.wake()
        eventually(lambda: ended(metrics.Outcome.DONE) == 1)

    assert value('job_duration_seconds_count') == 1
    assert value('last_failure_timestamp_seconds') is None


@pytest.mark.parametrize(
    ('failure', 'outcome'),
    [
        (
            region_client.RegionUnreachable('no route'),
            metrics.Outcome.UNREACHABLE,
        ),
        (
            region_client.ReplicaRefused(409, 'InUse', 'it is in use'),
            metrics.Outcome.REFUSED,
        ),
        (carry_out.NotReserved('soon', 60.0), metrics.Outcome.WAITS),
        (KeyError('defect'), metrics.Outcome.FAILED),
    ],
    ids=lambda one: str(one) if isinstance(one, metrics.Outcome) else '',
)
def test_a_job_that_is_not_done_is_counted_by_why(
    region: Region, failure: Exception, outcome: metrics.Outcome
) -> None:
    record()
    region.failure = failure

    with working(probe_interval=30.0, retry_interval=60.0) as one:
        one.wake()
        eventually(lambda: ended(outcome) == 1)

    assert ended(metrics.Outcome.DONE) is None
    assert value('last_failure_timestamp_seconds')


def test_a_region_that_is_away_has_its_breaker_open_until_it_is_back(
    region: Region,
) -> None:
    with working() as one:
        assert told(one, 'breaker_open') == 0

        region.failure = region_client.RegionUnreachable('no route')
        eventually(lambda: told(one, 'breaker_open') == 1)
        assert told(one, 'unanswered') >= 3

        region.failure = None
        eventually(lambda: told(one, 'breaker_open') == 0)
        assert told(one, 'unanswered') == 0


def test_what_runs_is_counted(region: Region) -> None:
    with working() as one:
        one._running.add('job')
        one._sweeping.add('sweep')

        assert told(one, 'jobs_running') == 1
        assert told(one, 'comparing') == 1
        one._running.clear()
        one._sweeping.clear()


def test_a_comparison_is_counted_and_takes_no_part_in_the_times_of_jobs() -> (
    None
):
    job: Any = python_types.SimpleNamespace(
        region_name='RegionOne', resource_type=types.SWEEP
    )

    metrics.compared('RegionOne', 50, 2)
    metrics.job_ended(job, None, 100.0)

    assert value('compared_total') == 50
    assert value('differences_total') == 2
    assert value('jobs_total', type='sweep', outcome='done') == 1
    assert value('job_duration_seconds_count') is None


def test_nothing_is_told_of_a_region_that_is_none_any_more() -> None:
    metrics.compared('RegionOne', 50, 2)

    metrics.forget('RegionOne')

    assert value('compared_total') is None


@pytest.fixture
def works(journal: None) -> daemon.Daemon:
    conf = cfg.ConfigOpts()
    xjob_conf.register(conf)
    metrics_conf.register_xjob(conf)
    conf([], project='tricircle')
    return daemon.Daemon(conf)


def age(works: daemon.Daemon) -> float:
    first = next(metrics.LaneCollector(works.states).collect())
    assert first.name == 'tricircle_xjob_journal_read_age_seconds'
    return float(first.samples[0].value)


def test_a_process_that_never_read_the_journal_says_so(
    works: daemon.Daemon,
) -> None:
    assert age(works) == math.inf

    works._look_at_journal()

    assert age(works) < 60


def test_a_journal_that_cannot_be_read_is_not_read(
    works: daemon.Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise OSError('away')

    monkeypatch.setattr(agenda, 'read', fail)

    works._look_at_journal()

    assert age(works) == math.inf


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(('127.0.0.1', 0))
        return int(one.getsockname()[1])


def scrape(port: int) -> str:
    with request.urlopen(
        f'http://127.0.0.1:{port}/metrics', timeout=10
    ) as answer:
        return str(answer.read().decode())


def test_it_is_served_for_as_long_as_the_process_works() -> None:
    port = _free_port()
    state = metrics.LaneState(True, 3, 0, 0)

    with metrics.served('127.0.0.1', port, lambda: {'RegionOne': state}):
        text = scrape(port)

    assert 'tricircle_xjob_breaker_open{region="RegionOne"} 1.0' in text
    with pytest.raises(error.URLError):
        scrape(port)


def test_nothing_listens_unless_an_operator_wants_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[Any] = []
    monkeypatch.setattr(
        prometheus_client, 'start_http_server', lambda *_: started.append(1)
    )

    with metrics.served('127.0.0.1', None, dict):
        assert not started


def test_a_port_that_is_taken_ends_the_program_with_the_option_by_name(
    works: daemon.Daemon,
) -> None:
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        taken.listen()
        works._conf.set_override('port', taken.getsockname()[1], 'metrics')

        with pytest.raises(program.CannotWork, match=r'\[metrics\] host'):
            command._work(works._conf)
