# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A lane: everything that is done for one region.

A region that is slow or away fills its own lane and no other's.
"""

from collections.abc import Callable
from concurrent import futures
import threading
import time

from oslo_config import cfg
from oslo_log import log as logging

from tricircle.client import back_off
from tricircle.client import breaker
from tricircle.client import region as region_client
from tricircle.conf import durations
from tricircle.conf import fault_point
from tricircle.db import away
from tricircle.journal import claims
from tricircle.plan import turns
from tricircle.replica import types
from tricircle.xjob import agenda
from tricircle.xjob import carry_out
from tricircle.xjob import contact
from tricircle.xjob import data_path
from tricircle.xjob import metrics
from tricircle.xjob import pace
from tricircle.xjob import release
from tricircle.xjob import sweep

LOG = logging.getLogger(__name__)


class Lane:
    """The threads that work for one region.

    One feeds the workers, one sweeps: a sweep takes as long as the region
    is large, and no job is to wait for it. Both wait until they are woken.

    :param owner: who holds what is claimed
    :param alarm: told when a job that failed is due again
    """

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        region_name: str,
        owner: str,
        alarm: agenda.Alarm,
    ) -> None:
        self.region_name = region_name
        self._conf = conf
        self._owner = owner
        self._alarm = alarm
        self._client = region_client.RegionClient(conf, region_name)
        self._breaker = breaker.Breaker(
            conf.breaker_failures,
            lambda looks: back_off.seconds(
                looks, 1.0, conf.max_probe_interval
            ),
        )
        self._contact = contact.Contact(region_name, conf.probe_interval)
        self._release = release.RegionRelease(self._client)
        self._data_path = data_path.RegionDataPath(self._client)
        self._probes = conf.sweep_interval > 0 or conf.probe_interval > 0
        self._wake = threading.Event()
        self._wake_sweeper = threading.Event()
        self._stop = threading.Event()
        self._told_to_stop = 0.0
        self._turns = turns.Turns()
        self._running: set[str] = set()
        self._sweeping: set[str] = set()
        self._lock = threading.Lock()
        self._workers = futures.ThreadPoolExecutor(
            conf.workers, thread_name_prefix=f'lane-{region_name}'
        )
        self._thread = threading.Thread(
            target=self._run, name=f'lane-{region_name}', daemon=True
        )
        self._sweeper = threading.Thread(
            target=self._run_sweeps, name=f'sweep-{region_name}', daemon=True
        )
        self._keeper = threading.Thread(
            target=self._keep_leases, name=f'leases-{region_name}', daemon=True
        )

    def start(self) -> None:
        """Begin."""
        self._thread.start()
        self._sweeper.start()
        self._keeper.start()

    def wake(self) -> None:
        """Look at the journal now."""
        self._wake.set()

    def wake_sweeper(self) -> None:
        """Look if the sweep is due now."""
        self._wake_sweeper.set()

    def state(self) -> metrics.LaneState:
        """Return how it is now."""
        with self._lock:
            return metrics.LaneState(
                self._breaker.is_open,
                self._breaker.failures,
                len(self._running),
                len(self._sweeping),
            )

    def begin_nothing(self) -> None:
        """Begin nothing new; a sweep ends after the page it is at."""
        if not self._stop.is_set():
            self._told_to_stop = time.monotonic()
        self._stop.set()
        self._wake.set()
        self._wake_sweeper.set()

    def leave(self) -> None:
        """End for good; what is running comes to its end by itself."""
        self.begin_nothing()
        self._workers.shutdown(wait=False, cancel_futures=True)

    def stop(self) -> None:
        """Finish what is running, begin nothing new."""
        self.begin_nothing()
        self._thread.join(timeout=5)
        self._workers.shutdown(wait=True, cancel_futures=True)
        # A sweep only reads in the region, and what it records is one
        # transaction a page: it can be cut off anywhere. All lanes wait for
        # theirs at the same time.
        waited = time.monotonic() - self._told_to_stop
        self._sweeper.join(timeout=max(0.0, 3.0 - waited))

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                busy = self._step()
            except Exception as exc:
                away.note(
                    LOG,
                    f'The journal of {self.region_name} could not be read',
                    exc,
                )
                busy = False
            if not busy:
                # What it missed is due at the daemon's next look, too.
                self._wake.wait()
                self._wake.clear()

    def _step(self) -> bool:
        """Claim and hand out what there is room for; tell if there was."""
        wait = self._breaker.wait()
        if wait:
            self._stop.wait(min(wait, 1.0))
            return True
        with self._lock:
            # A region that is away gets one job at a time: a probe.
            limit = 1 if self._breaker.is_open else self._conf.workers
            running = frozenset(self._running)
            room = limit - len(running)
        if room <= 0:
            # Whoever ends a job says so; what else was said meanwhile is
            # found by the claim that comes then.
            self._wake.wait()
            self._wake.clear()
            return True
        jobs = claims.claim(
            self.region_name,
            self._owner,
            room,
            self._conf.job_run_expire,
            running,
            self._turns,
        )
        if jobs:
            fault_point.reach('xjob.claimed')
        with self._lock:
            self._running.update(job.id for job in jobs)
        for job in jobs:
            self._workers.submit(
                self._work, job, self._carry_out, self._running
            )
        return bool(jobs)

    def _run_sweeps(self) -> None:
        while not self._stop.is_set():
            woken = self._wake_sweeper.wait(self._probe_in())
            self._wake_sweeper.clear()
            try:
                if self._stop.is_set():
                    break
                if self._breaker.is_open or not woken:
                    self._probe()
                else:
                    self._sweep_if_due()
                self._look()
            except Exception as exc:
                away.note(
                    LOG,
                    f'The sweep of {self.region_name} could not be looked up',
                    exc,
                )

    def _look(self) -> None:
        """Look for what operators want to know of a region that answers."""
        if self._contact.answers and not self._stop.is_set():
            self._release.look()
            self._data_path.look()

    def _sweep_if_due(self) -> None:
        job = claims.claim_sweep(
            self.region_name, self._owner, self._conf.job_run_expire
        )
        if job is None:
            return
        with self._lock:
            self._sweeping.add(job.id)
        self._work(job, self._sweep, self._sweeping)

    def _probe_in(self) -> float | None:
        """Return the seconds until a look at the region, None for none."""
        if self._breaker.is_open:
            return back_off.about(self._conf.worker_sleep_time)
        if self._conf.probe_interval <= 0:
            return None
        wait = 0.0 if self._breaker.failures else self._contact.wait()
        return max(durations.CONTACT_AGAIN, wait)

    def _probe(self) -> None:
        """Look if the region answers when there is no job to find out by."""
        with self._lock:
            probing = bool(self._running)
        if probing or self._breaker.wait() or not self._probes:
            return
        try:
            self._client.page(types.NETWORK, None, 1)
        except region_client.RegionUnreachable as exc:
            self._unreachable(exc)
        except region_client.RegionError:
            self._answered()
        else:
            self._answered()

    def _carry_out(self, job: claims.Job) -> str:
        done = carry_out.carry_out(self._conf, self._client, job)
        self._answered()
        return done

    def _sweep(self, job: claims.Job) -> str:
        return sweep.carry_out(
            self._client,
            job,
            self._conf.sweep_interval,
            self._next_page,
            pace.Pace(lambda: self._conf.sweep_rate, self._stop.wait),
        )

    def _next_page(self) -> bool:
        """Count the answer that a page was; tell if a sweep is to go on."""
        self._answered()
        # A sweep may take hours.
        self._look()
        return not self._stop.is_set()

    def _work(
        self,
        job: claims.Job,
        carry_out_job: Callable[[claims.Job], str],
        held: set[str],
    ) -> None:
        """Carry out a job, and note how it ended.

        :param held: IDs of jobs whose leases are kept; without it hereafter
        """
        started = time.monotonic()
        failure: Exception | None = None
        try:
            done = carry_out_job(job)
        except region_client.RegionUnreachable as exc:
            failure = exc
            self._unreachable(exc)
            # There may be no other job by which to find out that it is back.
            self._wake_sweeper.set()
            done = self._failed(job, exc)
        except region_client.RegionError as exc:
            failure = exc
            self._answered()
            self._overtake(job, exc)
            done = self._failed(job, exc)
        except Exception as exc:
            failure = exc
            if not isinstance(exc, carry_out.NotReserved):
                away.note(LOG, f'Job {job.id} failed', exc)
            done = self._failed(job, exc)
        finally:
            with self._lock:
                held.discard(job.id)
            self._wake.set()
        seconds = time.monotonic() - started
        metrics.job_ended(job, failure, seconds)
        LOG.info('%s: %s after %.3f s', job, done, seconds)

    def _overtake(
        self, job: claims.Job, exc: region_client.RegionError
    ) -> None:
        """Have the journal count on from what the region has, if it must."""
        if not isinstance(exc, region_client.ReplicaRefused):
            return
        # Of a document that comes with it another entry is behind, if any.
        if exc.later is None or exc.later[:2] != (
            job.resource_type,
            job.resource_id,
        ):
            return
        applied = exc.later.generation
        try:
            if claims.overtake(job, applied):
                LOG.warning(
                    'The journal was behind %s, which has %s %s in generation '
                    '%s: central lost the entry, or was restored',
                    job.region_name,
                    job.resource_type,
                    job.resource_id,
                    applied,
                )
        except Exception as exc:
            # The job fails, and is tried again.
            away.note(LOG, f'Job {job.id} could not overtake its region', exc)

    def _unreachable(self, exc: region_client.RegionUnreachable) -> None:
        self._breaker.failed()
        if self._breaker.is_open:
            self._contact.lost(str(exc))
            self._release.soon()

    def _answered(self) -> None:
        self._contact.answered()
        if self._breaker.answered():
            LOG.info('%s answers again', self.region_name)
            claims.pull_forward(self.region_name)
            self._wake.set()

    def _failed(self, job: claims.Job, exc: Exception) -> str:
        delay = back_off.seconds(
            job.attempts,
            self._conf.retry_interval,
            self._conf.max_retry_interval,
        )
        if isinstance(exc, carry_out.NotReserved):
            delay = max(delay, exc.delay)
        elif isinstance(exc, region_client.CentralBusy):
            delay = max(delay, exc.retry_after)
        reason = (
            str(exc)
            if isinstance(exc, region_client.RegionError)
            else f'{type(exc).__name__}: {exc}'
        )
        try:
            claims.fail(job, reason, delay)
            self._alarm.within(delay)
        except Exception as lost:
            # Its lease runs out, then it is tried again.
            away.note(
                LOG, f'The failure of job {job.id} could not be noted', lost
            )
        return f'failed ({reason})'

    def _keep_leases(self) -> None:
        lease = self._conf.job_run_expire
        while not self._stop.wait(lease / 3):
            with self._lock:
                running = [*self._running, *self._sweeping]
            try:
                claims.renew(self._owner, running, lease)
            except Exception as exc:
                away.note(
                    LOG,
                    f'Leases of {self.region_name} could not be renewed',
                    exc,
                )
