# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a process of XJob tells Prometheus of itself.

What happens is counted when it happens; how the lanes are is looked up when
somebody asks. Labels are names of regions, types of jobs and the outcomes
below: as many series as there are of these, however many jobs there are.
"""

from collections.abc import Callable, Iterator, Mapping
import contextlib
import dataclasses
import enum
import math
import time
from typing import Final

import prometheus_client
from prometheus_client import core
from prometheus_client import registry

from tricircle.client import region as region_client
from tricircle.journal.job import Job
from tricircle.replica import types
from tricircle.xjob.job import carry_out

REGISTRY: Final = prometheus_client.CollectorRegistry()


class Outcome(enum.StrEnum):
    """How a job ended."""

    DONE = 'done'
    #: The region did not answer.
    UNREACHABLE = 'unreachable'
    #: The region answered that it will not, or cannot.
    REFUSED = 'refused'
    #: Central has to reserve something first.
    WAITS = 'waits'
    #: Something else, such as a database that is away.
    FAILED = 'failed'


_JOBS: Final = prometheus_client.Counter(
    'tricircle_xjob_jobs',
    'Jobs that this process carried out, or tried to',
    ('region', 'type', 'outcome'),
    registry=REGISTRY,
)
_SECONDS: Final = prometheus_client.Histogram(
    'tricircle_xjob_job_duration_seconds',
    'How long jobs took, comparisons of whole regions not among them',
    ('region',),
    registry=REGISTRY,
)
_LAST_FAILURE: Final = prometheus_client.Gauge(
    'tricircle_xjob_last_failure_timestamp_seconds',
    'When a job of the region was not done last, as Unix time of this host',
    ('region',),
    registry=REGISTRY,
)
_COMPARED: Final = prometheus_client.Counter(
    'tricircle_xjob_compared',
    'Replicas of the region that were compared with central',
    ('region',),
    registry=REGISTRY,
)
_DIFFERENCES: Final = prometheus_client.Counter(
    'tricircle_xjob_differences',
    'Replicas that were not as central wants them, and are made right',
    ('region',),
    registry=REGISTRY,
)
_OF_A_REGION: Final = (_JOBS, _SECONDS, _LAST_FAILURE, _COMPARED, _DIFFERENCES)
prometheus_client.ProcessCollector(registry=REGISTRY)

#: When the journal was read last, by the monotonic clock.
_read_at = -math.inf


def job_ended(job: Job, failure: Exception | None, seconds: float) -> None:
    """Count a job that has come to its end.

    :param failure: why it was not done; None when it was
    """
    outcome = _outcome(failure)
    _JOBS.labels(job.region_name, job.resource_type, outcome.value).inc()
    if job.resource_type != types.SWEEP:
        _SECONDS.labels(job.region_name).observe(seconds)
    if outcome is not Outcome.DONE:
        _LAST_FAILURE.labels(job.region_name).set_to_current_time()


def _outcome(failure: Exception | None) -> Outcome:
    if failure is None:
        return Outcome.DONE
    if isinstance(failure, region_client.RegionUnreachable):
        return Outcome.UNREACHABLE
    if isinstance(failure, region_client.RegionError):
        return Outcome.REFUSED
    if isinstance(failure, carry_out.NotReserved):
        return Outcome.WAITS
    return Outcome.FAILED


def compared(region_name: str, replicas: int, differences: int) -> None:
    """Count what a comparison of a part of a region looked at, and found."""
    _COMPARED.labels(region_name).inc(replicas)
    _DIFFERENCES.labels(region_name).inc(differences)


def journal_read() -> None:
    """Note that this process looked at the journal, and could read it."""
    global _read_at
    _read_at = time.monotonic()


def forget(region_name: str) -> None:
    """Tell nothing more of a region that is none any more."""
    for one in _OF_A_REGION:
        one.remove_by_labels({'region': region_name})


@dataclasses.dataclass(frozen=True)
class LaneState:
    """How a lane is.

    :ivar is_open: its region counts as away
    :ivar failures: calls of it in a row without an answer
    :ivar running: jobs that it is at
    :ivar sweeping: 1 while it compares the region with central, else 0
    """

    is_open: bool
    failures: int
    running: int
    sweeping: int


States = Callable[[], Mapping[str, LaneState]]

#: What is told of each lane: text, and how it is found.
_LANES: Final[dict[str, tuple[str, Callable[[LaneState], float]]]] = {
    'tricircle_xjob_breaker_open': (
        '1 while the region counts as away for this process, and is only '
        'probed',
        lambda one: one.is_open,
    ),
    'tricircle_xjob_unanswered': (
        'Calls of the region in a row that got no answer',
        lambda one: one.failures,
    ),
    'tricircle_xjob_jobs_running': (
        'Jobs of the region that this process has claimed and is at',
        lambda one: one.running,
    ),
    'tricircle_xjob_comparing': (
        '1 while this process compares the region with central',
        lambda one: one.sweeping,
    ),
}


class LaneCollector(registry.Collector):
    """Looks up how the lanes are.

    :param states: returns that by region
    """

    def __init__(self, states: States) -> None:
        self._states = states

    def describe(self) -> Iterator[core.Metric]:
        """Yield what there is, without numbers."""
        yield _age()
        for name, (text, _) in _LANES.items():
            yield core.GaugeMetricFamily(name, text, labels=('region',))

    def collect(self) -> Iterator[core.Metric]:
        """Yield all numbers."""
        age = _age()
        age.add_metric((), time.monotonic() - _read_at)
        yield age
        states = self._states()
        for name, (text, value) in _LANES.items():
            family = core.GaugeMetricFamily(name, text, labels=('region',))
            for region_name, state in states.items():
                family.add_metric((region_name,), value(state))
            yield family


def _age() -> core.GaugeMetricFamily:
    return core.GaugeMetricFamily(
        'tricircle_xjob_journal_read_age_seconds',
        'Seconds since this process read the journal last; +Inf when it '
        'never could',
    )


@contextlib.contextmanager
def served(host: str, port: int | None, states: States) -> Iterator[None]:
    """Serve all of it over HTTP for as long as the context lasts.

    :param port: None for not at all
    :raises OSError: this process cannot listen there
    """
    if port is None:
        yield
        return
    lanes = LaneCollector(states)
    REGISTRY.register(lanes)
    try:
        server, thread = prometheus_client.start_http_server(
            port, host, REGISTRY
        )
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
    finally:
        REGISTRY.unregister(lanes)
