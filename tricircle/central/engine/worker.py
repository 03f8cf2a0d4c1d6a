# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What central itself is to do, apart from any request.

The journal says it, beside what regions are to do: an intent for central
commits with the change that caused it, and a thread of each process of
central takes it from there. The process that made the change is told of it
in the process, without a broker; the others look now and then. Whoever dies
between the commit and the end of the job leaves it in the journal, where
another process finds it, or this one when it is there again.

A process is at one job at a time: its threads are its tenants'.
"""

import atexit
from collections.abc import Callable, Iterable, Mapping
import os
import socket
import threading
import time
from typing import Any

from neutron_lib import exceptions as n_exc
from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources
from neutron_lib.db import api as db_api
from oslo_config import cfg
from oslo_log import log as logging

from tricircle.client import back_off
from tricircle.conf import central as central_config
from tricircle.conf import durations
from tricircle.conf import fault_point
from tricircle.db import away
from tricircle.db import owner
from tricircle.db import retries
from tricircle.db import session as sessions
from tricircle.journal import claims
from tricircle.journal import job_ends
from tricircle.journal import router_intents
from tricircle.journal import wakeup
from tricircle.journal.job import Job
from tricircle.replica import references

LOG = logging.getLogger(__name__)


class Worker:
    """Carries out what the journal wants of central, one after the other.

    :param carriers: what makes central have what is wanted of a resource,
        by the type of the job, and returns whether nothing is left of it
    :param looks: what is to be done now and then
    """

    def __init__(
        self,
        carriers: Mapping[str, Callable[[str], bool]],
        looks: Iterable[Callable[[], object]] = (),
    ) -> None:
        self._carriers = dict(carriers)
        self._looks = tuple(looks)
        self._starting = threading.Lock()
        self._pid: int | None = None
        self._may_start = False
        self._thread: threading.Thread | None = None
        self._woken = threading.Event()
        self._stop = threading.Event()
        self._owner = ''
        self._running: str | None = None
        self._names: set[str] = set()
        self._next_look = self._next_names = 0.0

    # -- life ---------------------------------------------------------------

    def start_with_process(self) -> None:
        """Start once the process is what it will be: after all forks."""
        registry.subscribe(
            self._initialized, resources.PROCESS, events.AFTER_INIT
        )
        wakeup.answer_here(router_intents.region_name(), self.wake)

    def _initialized(
        self, resource: str, event: str, trigger: Any, payload: Any = None
    ) -> None:
        self._may_start = True
        if not _starts_after_fork(self.start):
            self.start()

    def start(self) -> None:
        """Work from now on, in a thread of this process; once."""
        with self._starting:
            if self._pid == os.getpid():
                return
            self._pid = os.getpid()
            self._owner = str(owner.this_process(socket.gethostname()))
            sessions.use(db_api.get_context_manager())
            # None of a process that this one was forked from.
            self._stop, self._woken = threading.Event(), threading.Event()
            self._thread = threading.Thread(
                target=self._run, name='tricircle-worker', daemon=True
            )
            self._thread.start()
            threading.Thread(
                target=self._keep_lease, name='tricircle-lease', daemon=True
            ).start()
            atexit.register(self.stop)

    def wake(self) -> None:
        """Look at the journal now."""
        if not self._may_start:
            return
        # In a process that was forked after that.
        self.start()
        self._woken.set()

    def stop(self) -> None:
        """Begin nothing more; wait a while for what is under way."""
        thread = self._thread
        if thread is None or self._pid != os.getpid() or self._stop.is_set():
            return
        self._stop.set()
        self._woken.set()
        thread.join(timeout=durations.WORKER_ENDS)
        try:
            claims.give_back(self._owner)
        except Exception as exc:
            # It runs out, or is found to be a dead process's.
            away.note(LOG, 'The lease could not be given back', exc)
        LOG.info('Worker %s has stopped', self._owner)

    # -- work ---------------------------------------------------------------

    def _run(self) -> None:
        try:
            claims.take_from_the_dead()
        except Exception as exc:
            # Their leases run out.
            away.note(LOG, 'The leases in the journal could not be read', exc)
        LOG.info('Worker %s works', self._owner)
        while not self._stop.is_set():
            try:
                self.work()
            except Exception as exc:
                away.note(LOG, "Central's jobs could not be read", exc)
            poll = cfg.CONF[central_config.GROUP].journal_poll_interval
            # Not always together with other processes.
            self._woken.wait(back_off.about(poll))
            self._woken.clear()

    def work(self) -> None:
        """Do what is due, until nothing is."""
        now = time.monotonic()
        if self._next_look <= now:
            poll = cfg.CONF[central_config.GROUP].journal_poll_interval
            self._next_look = now + poll / 2
            for look in self._looks:
                look()
        if self._next_names <= now:
            self._next_names = now + durations.OTHER_NAMES
            self._names = {
                router_intents.region_name(),
                *claims.central_names(),
            }
        for name in sorted(self._names):
            while not self._stop.is_set() and self._carry_out_one(name):
                pass

    def _carry_out_one(self, name: str) -> bool:
        """Carry out the first job that is due, if there is one."""
        job = claims.claim_for_central(name, self._owner, durations.WORK_LEASE)
        if job is None:
            return False
        fault_point.reach('central.job.claimed')
        self._carry_out(job)
        return True

    def _carry_out(self, job: Job) -> None:
        """Carry out a job, and note how it ended."""
        started = time.monotonic()
        self._running = job.id
        try:
            done = self._do(job)
        except Exception as exc:
            done = self._failed(job, exc)
        finally:
            self._running = None
        LOG.info('%s: %s after %.3f s', job, done, time.monotonic() - started)

    def _do(self, job: Job) -> str:
        if not references.is_resource_id(job.resource_type, job.resource_id):
            reason = f'{job.resource_id!r} is no {job.resource_type}'
            LOG.warning('Job %s is ended: %s', job.id, reason)
            job_ends.remove(job, lambda session: None)
            return f'ended ({reason})'
        with retries.impatient(retries.REQUEST_SECONDS):
            gone = self._carriers[job.resource_type](job.resource_id)
        fault_point.reach('central.job.done')
        if gone:
            job_ends.remove(job, lambda session: None)
        else:
            job_ends.finish(job, None, ())
        return 'gone' if gone else 'done'

    def _failed(self, job: Job, exc: Exception) -> str:
        if not isinstance(exc, n_exc.NeutronException):
            away.note(LOG, f'Job {job.id} failed', exc)
        reason = (
            str(exc)
            if isinstance(exc, n_exc.NeutronException)
            else f'{type(exc).__name__}: {exc}'
        )
        try:
            job_ends.fail(
                job,
                reason,
                back_off.seconds(
                    job.attempts,
                    durations.WORK_AGAIN,
                    durations.WORK_AGAIN_LONGEST,
                ),
            )
        except Exception as lost:
            # Its lease runs out, then it is tried again.
            away.note(
                LOG, f'The failure of job {job.id} could not be noted', lost
            )
        return f'failed ({reason})'

    def _keep_lease(self) -> None:
        while not self._stop.wait(durations.WORK_LEASE / 3):
            running = self._running
            if running is None:
                continue
            try:
                claims.renew(self._owner, [running], durations.WORK_LEASE)
            except Exception as exc:
                away.note(LOG, 'The lease could not be renewed', exc)


def _starts_after_fork(start: Callable[[], None]) -> bool:
    """Have a function called in each worker process of uWSGI.

    :returns: whether there will be such; not in a worker, nor anywhere else
    """
    try:
        import uwsgi  # type: ignore[import-untyped]
    except ImportError:
        return False
    if not uwsgi.masterpid() or uwsgi.worker_id():
        return False
    import uwsgidecorators  # type: ignore[import-untyped]

    uwsgidecorators.postfork(start)
    return True
