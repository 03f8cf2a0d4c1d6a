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
import threading
import time

from oslo_config import cfg
from oslo_log import log as logging

from tricircle.client import region as region_client
from tricircle.conf import fault_point
from tricircle.db import away
from tricircle.journal import claims
from tricircle.journal.job import Job
from tricircle.plan import turns
from tricircle.replica.document import Document
from tricircle.xjob import agenda
from tricircle.xjob import ahead
from tricircle.xjob import metrics
from tricircle.xjob import outcomes
from tricircle.xjob import pace
from tricircle.xjob import slots
from tricircle.xjob import threads
from tricircle.xjob import together
from tricircle.xjob.job import carry_out
from tricircle.xjob.job import failures
from tricircle.xjob.job import sweep
from tricircle.xjob.region import reachability

LOG = logging.getLogger(__name__)


class Lane:
    """The threads that work for one region.

    One feeds the workers, one sweeps: a sweep takes as long as the region
    is large, and no job is to wait for it. Both wait until they are woken.

    :param owner: who holds what is claimed
    :param alarm: told when a job that failed is due again
    :param ends: writes how jobs ended that were done
    :param room: for calls to regions that answer quickly
    """

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        region_name: str,
        owner: str,
        alarm: agenda.Alarm,
        ends: outcomes.Outcomes,
        room: slots.Slots,
    ) -> None:
        self.region_name = region_name
        self._conf = conf
        self._owner = owner
        self._alarm = alarm
        self._ends = ends
        self._slots = room
        self._client = region_client.RegionClient(conf, region_name)
        self._wake = threading.Event()
        self._wake_sweeper = threading.Event()
        self._stop = threading.Event()
        self._reach = reachability.Reachability(
            conf, region_name, self._client, self._came_back, self._stop
        )
        self._told_to_stop = 0.0
        self._turns = turns.Turns()
        self._ahead = ahead.Ahead(conf.workers)
        #: What is claimed and has not ended; its leases are kept.
        self._running: set[str] = set()
        self._sweeping: set[str] = set()
        self._lock = threading.Lock()
        self._threads = threads.Threads(
            conf.workers,
            f'lane-{region_name}',
            self._ahead.__len__,
            self._begin_next,
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
                self._reach.is_away,
                self._reach.failures,
                max(0, len(self._running) - len(self._ahead)),
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
        self._threads.stop(wait=False)

    def stop(self) -> None:
        """Finish what is running, begin nothing new."""
        self.begin_nothing()
        self._thread.join(timeout=5)
        self._threads.stop(wait=True)
        self._ends.wait()
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
        wait = self._reach.wait()
        if wait:
            self._stop.wait(min(wait, 1.0))
            return True
        with self._lock:
            running = frozenset(self._running)
        room = self._ahead.room(len(running), self._reach.is_away)
        if room <= 0:
            # Whoever ends a job says so, and a claim comes then.
            self._wake.wait()
            self._wake.clear()
            return True
        with self._slots.one(is_quick=True):
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
            self._ahead.add(jobs, together.documents(self.region_name, jobs))
        self._threads.go()
        return bool(jobs)

    def _begin_next(self) -> None:
        """Carry out what waits first, or give all back that waits."""
        over = self._stop.is_set() or self._reach.wait() > 0
        one = None if over else self._ahead.take()
        if one is None:
            self._give_back()
        elif one.document is None:
            self._work(one.job, self._carry_out, self._running)
        else:
            self._send(one.job, one.document)

    def _give_back(self) -> None:
        """Let others have what was claimed and will not begin soon."""
        jobs = self._ahead.give_up()
        if not jobs:
            return
        try:
            claims.put_back(*jobs)
        except Exception as exc:
            # Their leases run out.
            away.note(LOG, f'{len(jobs)} jobs could not be put back', exc)
        with self._lock:
            self._running.difference_update(job.id for job in jobs)
        self._wake.set()

    def _run_sweeps(self) -> None:
        while not self._stop.is_set():
            woken = self._wake_sweeper.wait(self._reach.probe_in())
            self._wake_sweeper.clear()
            try:
                if self._stop.is_set():
                    break
                if self._reach.is_away or not woken:
                    self._probe()
                else:
                    self._sweep_if_due()
                self._reach.look()
            except Exception as exc:
                away.note(
                    LOG,
                    f'The sweep of {self.region_name} could not be looked up',
                    exc,
                )

    def _sweep_if_due(self) -> None:
        job = claims.claim_sweep(
            self.region_name, self._owner, self._conf.job_run_expire
        )
        if job is None:
            return
        with self._lock:
            self._sweeping.add(job.id)
        self._work(job, self._sweep, self._sweeping)

    def _probe(self) -> None:
        with self._lock:
            busy = bool(self._running)
        if not busy:
            self._reach.probe()

    def _carry_out(self, job: Job) -> str:
        with self._ahead.timed():
            done = carry_out.carry_out(self._conf, self._client, job)
        self._reach.answered()
        return done

    def _sweep(self, job: Job) -> str:
        return sweep.carry_out(
            self._client,
            job,
            self._conf.sweep_interval,
            self._next_page,
            pace.Pace(lambda: self._conf.sweep_rate, self._stop.wait),
        )

    def _next_page(self) -> bool:
        """Count the answer that a page was; tell if a sweep is to go on."""
        self._reach.answered()
        # A sweep may take hours.
        self._reach.look()
        return not self._stop.is_set()

    def _work(
        self,
        job: Job,
        carry_out_job: Callable[[Job], str],
        held: set[str],
    ) -> None:
        """Carry out a job, and note how it ended.

        :param held: IDs of jobs whose leases are kept; without it hereafter
        """
        started = time.monotonic()
        try:
            done = carry_out_job(job)
        except Exception as exc:
            self._not_done(job, exc, held, started)
        else:
            self._over(job, done, None, held, started)

    def _send(self, job: Job, document: Document) -> None:
        """Carry out a job whose document was read; have its end noted."""
        started = time.monotonic()

        def noted(failure: Exception | None) -> None:
            if failure is None:
                self._over(job, 'applied', None, self._running, started)
            else:
                self._not_done(job, failure, self._running, started)

        try:
            with self._slots.one(self._ahead.is_quick), self._ahead.timed():
                end = carry_out.send(self._client, job, document)
            self._reach.answered()
        except Exception as exc:
            self._not_done(job, exc, self._running, started)
        else:
            self._ends.note(end, noted)

    def _not_done(
        self, job: Job, exc: Exception, held: set[str], started: float
    ) -> None:
        """Have a job tried again, and note why."""
        done = 'failed'
        try:
            if isinstance(exc, region_client.RegionUnreachable):
                self._reach.lost(exc)
                # There may be no other job by which to find out that it is
                # back.
                self._wake_sweeper.set()
            elif isinstance(exc, region_client.RegionError):
                self._reach.answered()
                failures.overtake(job, exc)
            elif not isinstance(exc, carry_out.NotReserved):
                away.note(LOG, f'Job {job.id} failed', exc)
            done = failures.note(self._conf, self._alarm, job, exc)
        finally:
            self._over(job, done, exc, held, started)

    def _over(
        self,
        job: Job,
        done: str,
        failure: Exception | None,
        held: set[str],
        started: float,
    ) -> None:
        """Go on to the next; tell how a job ended."""
        with self._lock:
            held.discard(job.id)
        self._wake.set()
        seconds = time.monotonic() - started
        metrics.job_ended(job, failure, seconds)
        LOG.info('%s: %s after %.3f s', job, done, seconds)

    def _came_back(self) -> None:
        """Have what failed tried again now."""
        claims.pull_forward(self.region_name)
        self._wake.set()

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
