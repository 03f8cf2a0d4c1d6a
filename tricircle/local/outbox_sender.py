# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The thread that empties the outbox.

Every worker process of the region has one; leases keep them apart.
"""

import datetime
import random
import threading
from typing import Any

from neutron_lib import context as neutron_context
from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources
from neutron_lib.db import api as db_api
from oslo_config import cfg
from oslo_log import log as logging
from oslo_utils import timeutils
import sqlalchemy as sa

from tricircle.client import central
from tricircle.conf import fault_point
from tricircle.db.local_models import Replica
from tricircle.local import apply
from tricircle.local import ledger
from tricircle.local import outbox
from tricircle.local import port_report
from tricircle.local import refusals
from tricircle.local import region
from tricircle.local import shadow_agents
from tricircle.replica import types
from tricircle.replica.messages import PullBody

LOG = logging.getLogger(__name__)

_BATCH = 50
_FIRST_DELAY = 0.5
_LONGEST_DELAY = 60.0
#: Seconds between two looks at what nobody else looks after.
_HOUSEKEEPING = 20.0


def back_off(attempts: int) -> float:
    """Return the seconds to wait after so many failures, with jitter."""
    longest = min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** min(attempts, 10))
    return random.uniform(longest / 2, longest)  # noqa: S311 no secret


class OutboxSender:
    """Send what is due, until the process ends."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._conf = conf
        self._client = central.CentralClient(conf)
        self._failing = False
        self._last_housekeeping = 0.0

    def start_with_process(self) -> None:
        """Start once the process is what it will be: after all forks."""
        registry.subscribe(
            self._start, resources.PROCESS, events.AFTER_INIT)

    def _start(self, resource: str, event: str, trigger: Any,
               payload: Any = None) -> None:
        threading.Thread(target=self._run, name='tricircle-outbox',
                         daemon=True).start()

    def _run(self) -> None:
        poll = self._conf.tricircle.outbox_poll_interval
        while True:
            outbox.kick.wait(random.uniform(poll / 2, poll))  # noqa: S311
            outbox.kick.clear()
            try:
                while self.send_due():
                    pass
                self._housekeeping()
            except Exception:
                LOG.exception('The outbox could not be read')

    def send_due(self) -> int:
        """Send what is due now; return how many entries were sent."""
        done = 0
        for entry in outbox.claim(_BATCH):
            try:
                self._send(entry)
            except _NotYet as exc:
                outbox.failed(entry, str(exc), exc.delay)
            except Exception as exc:
                self._failed(entry, exc)
            else:
                fault_point.reach('local.outbox.sent')
                outbox.sent(entry)
                done += 1
                if self._failing:
                    self._failing = False
                    LOG.info('Central answers again')
                    outbox.pull_forward()
        return done

    def _failed(self, entry: outbox.Entry, exc: Exception) -> None:
        if isinstance(exc, central.CentralUnreachable):
            if not self._failing:
                LOG.warning('Central does not answer: %s; reports wait in '
                            'the outbox', exc)
            self._failing = True
        elif not isinstance(exc, central.CentralError):
            LOG.exception('%s %s could not be reported',
                          entry.resource_type, entry.resource_id)
        outbox.failed(entry, f'{type(exc).__name__}: {exc}',
                      back_off(entry.attempts))

    def _send(self, entry: outbox.Entry) -> None:
        if entry.resource_type == types.PORT:
            self._send_port(entry.resource_id)
        elif entry.resource_type == types.NETWORK:
            self._refresh_network(entry.resource_id)

    def _send_port(self, port_id: str) -> None:
        context = neutron_context.get_admin_context()
        name = region.name(self._conf)
        found = port_report.read(context, port_id, self._conf)
        if found.report is not None:
            try:
                self._client.report(port_id, name, found.report)
            except central.CentralError as exc:
                if exc.status not in (404, 409):
                    raise
                # Central has deleted it, or gave it to another region: its
                # own job will remove it here.
                LOG.info('Central does not take the report on port %s: %s',
                         port_id, exc.message)
            return
        if found.state == ledger.State.ALLOCATING and not found.stale:
            raise _NotYet('the allocation is under way',
                          self._conf.tricircle.allocation_grace / 4)
        if found.state in (ledger.State.ALLOCATING, ledger.State.DELETED):
            self._client.deleted(port_id, name)
            with db_api.CONTEXT_WRITER.using(context):
                ledger.tombstone(context.session, types.PORT, port_id,
                                 by_region=True)

    def _refresh_network(self, network_id: str) -> None:
        """Get a network's document anew: a DHCP agent lacks a port."""
        document = self._client.pull(
            types.NETWORK, network_id, region.name(self._conf), PullBody(
                project_id='', is_admin=True,
                dhcp_agents=int(self._conf.dhcp_agents_per_network)))
        try:
            apply.apply(neutron_context.get_admin_context(), document,
                        pulled=True)
        except refusals.ReplicaOutdated as exc:
            LOG.debug('%s', exc)

    def _housekeeping(self) -> None:
        now = timeutils.utcnow()
        moment = now.timestamp()
        every = min(_HOUSEKEEPING, max(
            1.0, self._conf.tricircle.allocation_grace / 2))
        if moment - self._last_housekeeping < every:
            return
        self._last_housekeeping = moment
        options = self._conf.tricircle
        context = neutron_context.get_admin_context()
        since = now - datetime.timedelta(seconds=options.allocation_grace)
        with db_api.CONTEXT_WRITER.using(context):
            lost = context.session.scalars(
                sa.select(Replica.resource_id).where(
                    Replica.resource_type == types.PORT,
                    Replica.state == ledger.State.ALLOCATING,
                    Replica.created_at < since).limit(200)).all()
            outbox.enqueue(context.session, types.PORT, lost)
        ledger.purge(now - datetime.timedelta(
            seconds=options.tombstone_time))
        shadow_agents.refresh()


class _NotYet(Exception):
    def __init__(self, reason: str, delay: float) -> None:
        super().__init__(reason)
        self.delay = delay

