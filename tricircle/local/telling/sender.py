# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Telling central what is in the outbox.

Every worker process of the region has a sender; leases keep them apart.
"""

from collections.abc import Callable, Iterable, Mapping
import os
import threading
import time
from typing import Any

from neutron_lib import context as neutron_context
from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources
from neutron_lib.db import api as db_api
from oslo_config import cfg
from oslo_log import log as logging

from tricircle.client import back_off
from tricircle.client import central
from tricircle.client import central_errors
from tricircle.conf import durations
from tricircle.conf import fault_point
from tricircle.conf import local as local_conf
from tricircle.db import away
from tricircle.db import retries
from tricircle.local.telling import outbox
from tricircle.replica import types

LOG = logging.getLogger(__name__)

_BATCH = 10
#: Seconds between looks whether another sender of this region is done.
_SENT_BY_OTHERS = 0.02


class OutboxSender:
    """Sends what is due, until the process ends.

    :param conf: the region's configuration
    :param client: central
    :param senders: what sends an entry, by its type
    :param tell_port: tells of a port in so many seconds at most
    :param looks: what is to be done now and then
    """

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        client: central.CentralClient,
        senders: Mapping[str, Callable[[str], None]],
        tell_port: Callable[[str, float], None],
        looks: Iterable[Callable[[], object]] = (),
    ) -> None:
        self._conf = conf
        self._options = conf[local_conf.GROUP]
        self._client = client
        self._last_housekeeping = 0.0
        self._pid: int | None = None
        self._starting = threading.Lock()
        self._send = dict(senders)
        self._tell_port = tell_port
        self._looks = tuple(looks)

    def start_with_process(self) -> None:
        """Start once the process is what it will be: after all forks."""
        registry.subscribe(
            self._initialized, resources.PROCESS, events.AFTER_INIT
        )
        outbox.start_with_first(self.start)

    def _initialized(
        self, resource: str, event: str, trigger: Any, payload: Any = None
    ) -> None:
        self.start()

    def start(self) -> None:
        """Send from now on, in a thread of this process; once."""
        with self._starting:
            if self._pid == os.getpid():
                return
            self._pid = os.getpid()
        threading.Thread(
            target=self._run, name='tricircle-outbox', daemon=True
        ).start()

    def _run(self) -> None:
        poll = self._options.outbox_poll_interval
        while True:
            outbox.due.wait(back_off.about(poll))
            outbox.due.clear()
            try:
                while self.send_due():
                    pass
                self.look_after()
            except Exception as exc:
                away.note(LOG, 'The outbox could not be read', exc)
                time.sleep(poll)

    def send_due(self) -> int:
        """Send a few of what is due; return how many central has heard."""
        heard = 0
        for entry in outbox.claim(_BATCH):
            try:
                self._send[entry.resource_type](entry.resource_id)
            except Exception as exc:
                self._failed(entry, exc)
            else:
                fault_point.reach('local.outbox.sent')
                outbox.sent(entry)
                heard += 1
                if entry.attempts:
                    outbox.pull_forward()
        return heard

    def tell_now(self, port_id: str, seconds: float) -> None:
        """Tell central of a port that was just deleted or freed, and wait.

        A user who deletes the network or the trunk next then finds it free.
        Whether this succeeds or not, what was done stands: what central has
        not heard by then is sent like anything else.

        :param seconds: to wait at most
        """
        deadline = time.monotonic() + seconds
        breaker = self._client.breaker
        # A call that failed a while ago says nothing of the one under way.
        failures = breaker.failures
        try:
            entry = outbox.claim_one(types.PORT, port_id)
        except retries.DatabaseBusy:
            return
        if entry is None:
            # A sender of this region was quicker.
            while (
                self._is_waiting(port_id)
                and not breaker.is_open
                and breaker.failures <= failures
                and time.monotonic() < deadline
            ):
                time.sleep(_SENT_BY_OTHERS)
            return
        try:
            self._tell_port(port_id, seconds)
        except Exception as exc:
            self._failed(entry, exc)
        else:
            outbox.sent(entry)

    @staticmethod
    def _is_waiting(port_id: str) -> bool:
        context = neutron_context.get_admin_context()
        with db_api.CONTEXT_READER.using(context):
            return outbox.is_waiting(context.session, types.PORT, port_id)

    def _failed(self, entry: outbox.Entry, exc: Exception) -> None:
        if isinstance(exc, central_errors.CentralError):
            LOG.warning(
                '%s %s could not be reported to central, try %d: %s',
                entry.resource_type,
                entry.resource_id,
                entry.attempts + 1,
                exc,
            )
        else:
            away.note(
                LOG,
                f'{entry.resource_type} {entry.resource_id} could not be '
                'reported',
                exc,
            )
        outbox.failed(
            entry,
            f'{type(exc).__name__}: {exc}',
            back_off.seconds(
                entry.attempts,
                durations.REPORT_AGAIN,
                durations.REPORT_AGAIN_LONGEST,
            ),
        )

    def look_after(self) -> None:
        """Do now and then what no request does."""
        every = min(
            durations.HOUSEKEEPING,
            max(1.0, self._options.allocation_grace / 2),
        )
        if time.monotonic() - self._last_housekeeping < every:
            return
        self._last_housekeeping = time.monotonic()
        for look in self._looks:
            look()
