# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The thread of a gateway that brings regions what they were away for."""

from concurrent import futures
import threading
from typing import Final

from oslo_log import log as logging

from tricircle.client import back_off
from tricircle.db import away
from tricircle.db import owner
from tricircle.gateway import asked as asking
from tricircle.gateway import placing
from tricircle.gateway import regions
from tricircle.gateway.mirroring import jobs
from tricircle.gateway.mirroring import registry
from tricircle.gateway.mirroring import rows
from tricircle.journal import claims

LOG = logging.getLogger(__name__)

#: Regions that are worked for at the same time.
_THREADS: Final = 32
#: Seconds for which a job is held.
_LEASE: Final = 300.0


class Worker:
    """Carries out what the journal wants of a gateway.

    Each region is worked for by one thread, so that one that is slow keeps no
    other waiting.

    :param interval: seconds between two looks at the journal
    """

    def __init__(self, cloud: asking.Cloud, interval: float) -> None:
        self._cloud = cloud
        self._interval = interval
        self._types = registry.types_of(cloud)
        self._stop = threading.Event()
        self._busy: set[str] = set()
        self._threads = futures.ThreadPoolExecutor(
            _THREADS, thread_name_prefix='mirror'
        )

    def start(self) -> None:
        """Work from now on, until the process ends."""
        threading.Thread(target=self._run, name='mirrors', daemon=True).start()

    def stop(self) -> None:
        """Begin nothing more."""
        self._stop.set()

    def _run(self) -> None:
        try:
            claims.take_from_the_dead()
        except Exception as exc:
            # Their leases run out.
            away.note(LOG, 'The leases in the journal could not be read', exc)
        while not self._stop.is_set():
            try:
                self.plan()
                for pod in self._cloud.regions.pods():
                    if pod.region_name not in self._busy:
                        self._busy.add(pod.region_name)
                        self._threads.submit(self._in_turn, pod)
            except Exception as exc:
                away.note(LOG, 'The journal could not be read', exc)
            self._stop.wait(back_off.about(self._interval))

    def plan(self) -> None:
        """Have all regions told of what they were never told of."""
        rows.forget_gone()
        for name in self._cloud.regions.expected():
            while rows.plan(name, self._types):
                pass

    def _in_turn(self, pod: placing.Pod) -> None:
        try:
            self.turn(pod)
        except Exception as exc:
            away.note(LOG, f'Jobs of {pod.region_name} were left off', exc)
        finally:
            self._busy.discard(pod.region_name)

    def turn(self, pod: placing.Pod) -> None:
        """Work for a region, or see whether one answers again."""
        if not pod.away:
            self.work(pod)
        elif pod.away == regions.SILENT and self._cloud.regions.look(
            pod.region_name
        ):
            LOG.info('%s answers again', pod.region_name)
            claims.pull_forward(pod.region_name)
            self.work(pod)

    def work(self, pod: placing.Pod) -> None:
        """Do what is due in one region, until nothing is."""
        while not self._stop.is_set():
            found = claims.claim_mirrored(
                pod.region_name, owner.hold(), _LEASE, self._types
            )
            if not found:
                return
            headers = self._cloud.regions.own_headers()
            failure = jobs.carry_out(
                found[0], jobs.region_of(self._cloud, pod, headers)
            )
            if isinstance(failure, regions.RegionAway):
                return
