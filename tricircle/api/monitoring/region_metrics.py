# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What the database says of the regions, for Prometheus.

What is not known must not look well: a region that nobody has looked at is
not ready, one that was never compared was so infinitely long ago, and when
the database cannot be read there is no number of any region.
"""

from collections.abc import Callable, Iterator
import math
from typing import Any, Final, NamedTuple

from prometheus_client import core
from prometheus_client import registry

from tricircle.api.monitoring import kept
from tricircle.db import session as sessions
from tricircle.db.central.job import jobs
from tricircle.db.central.pod import statuses as region_statuses
from tricircle.plan import jobs as job_types
from tricircle.replica import types

Status = region_statuses.RegionStatus
_REGION: Final = ('region',)
_TYPE: Final = ('type',)


class _Read(NamedTuple):
    """What the database said.

    :ivar waiting: jobs to be done, by type
    """

    statuses: list[Status]
    waiting: dict[str, jobs.Waiting]


def _or(value: float | None, unknown: float) -> float:
    return unknown if value is None else value


#: What is told of each region: text, and how it is found.
_REGIONS: Final[dict[str, tuple[str, Callable[[Status], float]]]] = {
    'tricircle_region_ready': (
        '1 when the region is known to answer XJob; 0 when it does not, or '
        'when nobody has looked for a minute',
        lambda one: one.answers is True,
    ),
    'tricircle_region_contact_known': (
        '1 when an XJob has looked within a minute whether the region '
        'answers; 0 when nobody knows',
        lambda one: one.answers is not None,
    ),
    'tricircle_region_contact_age_seconds': (
        'Seconds since an XJob looked last whether the region answers; +Inf '
        'when none ever did',
        lambda one: _or(one.looked_age, math.inf),
    ),
    'tricircle_region_replicas': (
        'What the region is to have, or to be rid of',
        lambda one: one.replicas,
    ),
    'tricircle_region_in_sync': (
        'Replicas that are there as central wants them',
        lambda one: one.in_sync,
    ),
    'tricircle_region_incomplete': (
        'Replicas in sync that lack what the region has no place for',
        lambda one: one.incomplete,
    ),
    'tricircle_region_pending': (
        'Changes that the region has not confirmed',
        lambda one: one.pending,
    ),
    'tricircle_region_failing': (
        'Pending changes whose last attempt failed',
        lambda one: one.failing,
    ),
    'tricircle_region_ended': (
        'Changes that the region lacks and that an operator does not want '
        'tried any more',
        lambda one: one.ended,
    ),
    'tricircle_region_paused': (
        '1 while an operator has all wait that central pushes to the region',
        lambda one: one.paused_at is not None,
    ),
    'tricircle_region_paused_replicas': (
        'Replicas that an operator has wait by themselves',
        lambda one: one.paused,
    ),
    'tricircle_region_oldest_pending_age_seconds': (
        'Seconds for which the region has lacked the oldest pending change; '
        '0 when none is pending',
        lambda one: _or(one.pending_age, 0.0),
    ),
    'tricircle_region_comparison_age_seconds': (
        'Seconds since all of the region was compared with central last; '
        '+Inf when it never was',
        lambda one: _or(one.swept_age, math.inf),
    ),
    'tricircle_region_comparison_failed': (
        '1 when the last attempt to compare the region with central failed',
        lambda one: one.sweep_failure is not None,
    ),
}
#: What is told of each type of job.
_JOBS: Final[dict[str, tuple[str, Callable[[jobs.Waiting], float]]]] = {
    'tricircle_jobs_pending': (
        "Jobs that are to be done, of regions and of central's own",
        lambda one: one.pending,
    ),
    'tricircle_jobs_failing': (
        'Pending jobs whose last attempt failed',
        lambda one: one.failing,
    ),
}


class RegionCollector(registry.Collector):
    """Reads what is known of all regions, once for a scrape."""

    def __init__(self) -> None:
        self._kept = kept.Kept('The state of the regions', lambda: _read())

    def describe(self) -> Iterator[core.Metric]:
        """Yield what there is, without numbers."""
        yield _readable()
        yield _seconds()
        yield _info()
        for name, (text, _) in _REGIONS.items():
            yield core.GaugeMetricFamily(name, text, labels=_REGION)
        for name, (text, _) in _JOBS.items():
            yield core.GaugeMetricFamily(name, text, labels=_TYPE)

    def collect(self) -> Iterator[core.Metric]:
        """Yield all numbers; when there are none, that alone."""
        found = self._kept.get()
        readable = _readable()
        readable.add_metric((), found is not None)
        yield readable
        if found is not None:
            seconds = _seconds()
            seconds.add_metric((), found.seconds)
            yield seconds
            yield from _of_regions(found.value.statuses)
            yield from _of_jobs(found.value.waiting)


def _read() -> _Read:
    with sessions.reader() as session:
        statuses = region_statuses.read(session, {}, None, None)
        return _Read(statuses, jobs.waiting(session))


def _readable() -> core.GaugeMetricFamily:
    return core.GaugeMetricFamily(
        'tricircle_database_up',
        '1 when the database could be read for this scrape; when it is 0 '
        'there is no number of any region',
    )


def _seconds() -> core.GaugeMetricFamily:
    return core.GaugeMetricFamily(
        'tricircle_database_read_seconds',
        'Seconds that it took to read the state of all regions; what was read '
        'is told for ten times as long',
    )


def _info() -> core.GaugeMetricFamily:
    return core.GaugeMetricFamily(
        'tricircle_region_info',
        'Always 1; the label state says how the region is served: active, '
        'draining or lost',
        labels=('region', 'state'),
    )


def _of_regions(statuses: list[Status]) -> Iterator[core.Metric]:
    info = _info()
    for one in statuses:
        info.add_metric((one.region_name, one.state), 1)
    yield info
    for name, (text, value) in _REGIONS.items():
        family = core.GaugeMetricFamily(name, text, labels=_REGION)
        for one in statuses:
            family.add_metric((one.region_name,), value(one))
        yield family


def _of_jobs(waiting: dict[str, jobs.Waiting]) -> Iterator[core.Metric]:
    shown: dict[str, Any] = dict.fromkeys(
        sorted(job_types.NAMES.keys() - {types.SWEEP}), jobs.Waiting()
    )
    shown.update(waiting)
    for name, (text, value) in _JOBS.items():
        family = core.GaugeMetricFamily(name, text, labels=_TYPE)
        for job_type, one in shown.items():
            family.add_metric((job_type,), value(one))
        yield family
