# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The daemon: one lane for each region, woken when there is something to do.

That is when a message says so, and when a look at the journal finds
something due. Messages may be lost: then the next look finds it.
"""

import math
import os
import signal
import socket
import threading
import time
from typing import Any

from oslo_config import cfg
from oslo_log import log as logging
import oslo_messaging

from tricircle.client import back_off
from tricircle.conf import durations
from tricircle.conf import xjob as xjob_conf
from tricircle.db import away
from tricircle.db import owner
from tricircle.db.central.pod import own_release
from tricircle.db.central.pod import releases
from tricircle.journal import claims
from tricircle.journal import wakeup
from tricircle.xjob import agenda
from tricircle.xjob import lane
from tricircle.xjob import metrics
from tricircle.xjob import outcomes
from tricircle.xjob import slots
from tricircle.xjob.job import router_plans
from tricircle.xjob.job import sweep

LOG = logging.getLogger(__name__)


class WakeUp:
    """What XJob is told over the broker."""

    target = oslo_messaging.Target(version=wakeup.VERSION)

    def __init__(self, daemon: 'Daemon') -> None:
        self._daemon = daemon

    def wake(self, context: Any, regions: list[str]) -> None:
        """Look at the journal of these regions now."""
        self._daemon.wake(regions)


class Daemon:
    """All lanes of one process."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._conf = conf
        # Two starts under one host name are two owners.
        host = conf.host or socket.gethostname()
        self.owner = str(owner.this_process(host))
        self._release = own_release.OwnRelease(releases.XJOB, host)
        self._lanes: dict[str, lane.Lane] = {}
        self._stop = threading.Event()
        self._ended = threading.Event()
        self._read_options = False
        self._alarm = agenda.Alarm()
        self._ends = outcomes.Outcomes()
        self._slots = slots.Slots()
        self._arrivals = router_plans.Arrivals(conf.sweep_interval > 0)

    def run(self) -> int:
        """Work until told to stop by SIGTERM or SIGINT.

        SIGHUP has the options read again that may change meanwhile.

        :returns: 0; the process ends with 1 when something that it waits
            for, such as a database that is away, keeps it too long
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._end())
        signal.signal(signal.SIGHUP, lambda *_: self._have_options_read())
        threading.Thread(
            target=self._end_in_time, name='end', daemon=True
        ).start()
        threading.Thread(
            target=self._listen, name='wakeup', daemon=True
        ).start()
        try:
            claims.take_from_the_dead()
        except Exception as exc:
            # Their leases run out.
            away.note(LOG, 'The leases in the journal could not be read', exc)
        LOG.info('XJob %s works', self.owner)
        self._look_again_and_again()
        # All at once: none begins anything while another is waited for.
        for one in self._lanes.values():
            one.begin_nothing()
        for one in self._lanes.values():
            one.stop()
        try:
            claims.give_back(self.owner)
        except Exception as exc:
            # They run out.
            away.note(LOG, 'The leases could not be given back', exc)
        LOG.info('XJob %s has stopped', self.owner)
        self._ended.set()
        return 0

    def _end_in_time(self) -> None:
        """End the process some seconds after it was told to stop.

        As if it had been killed: what it was doing another process does
        again, when the leases have run out.
        """
        self._stop.wait()
        if self._ended.wait(durations.XJOB_ENDS):
            return
        LOG.error(
            'XJob %s did not stop in %d s: a region or the database does not '
            'answer. It ends now; what it was doing is done again',
            self.owner,
            durations.XJOB_ENDS,
        )
        os._exit(1)

    def wake(self, regions: list[str]) -> None:
        """Have the lanes of these regions look now."""
        for name in regions:
            one = self._lanes.get(name)
            if one is not None:
                one.wake()
            else:
                # Its first.
                self._alarm.within(0)

    def states(self) -> dict[str, metrics.LaneState]:
        """Return how the lanes are, by region."""
        # A copy: regions come and go meanwhile.
        return {name: one.state() for name, one in self._lanes.copy().items()}

    def _end(self) -> None:
        self._stop.set()
        self._alarm.within(0)

    def _have_options_read(self) -> None:
        self._read_options = True
        self._alarm.within(0)

    def _read_options_again(self) -> None:
        """Take what the files say now of options that may change."""
        self._read_options = False
        try:
            # What oslo.config has read once it goes on with, right or not.
            xjob_conf.try_files(self._conf)
            changed = self._conf.mutate_config_files()
        except (cfg.Error, ValueError, OSError) as exc:
            LOG.error(
                'The options could not be read again, and stay as they are: '
                '%s',
                exc,
            )
            return
        LOG.info(
            'The options were read again; changed: %s',
            ', '.join(sorted(name for _, name in changed)) or 'none',
        )

    def _look_again_and_again(self) -> None:
        regions_at = journal_at = time.monotonic()
        while not self._stop.is_set():
            if self._read_options:
                self._read_options_again()
            longest = self._conf.worker_sleep_time
            now = time.monotonic()
            if regions_at <= now:
                self._look_at_regions()
                self._release.look()
                regions_at = now + min(5.0, longest * 2)
            if journal_at <= now:
                # Not always together with another XJob.
                journal_at = now + min(
                    back_off.about(longest),
                    self._look_at_journal(),
                )
            now = time.monotonic()
            if self._alarm.wait(min(regions_at, journal_at) - now):
                journal_at = time.monotonic()

    def _look_at_regions(self) -> None:
        try:
            for name in self._arrivals.look():
                self._lane(name)
            if self._conf.sweep_interval > 0:
                sweep.plan(self._conf.sweep_interval, self._arrivals.new)
            for name in self._lanes.keys() - sweep.reachable_regions():
                LOG.info('%s is no region any more', name)
                self._lanes.pop(name).leave()
                metrics.forget(name)
        except Exception as exc:
            away.note(LOG, 'The regions could not be read', exc)

    def _look_at_journal(self) -> float:
        """Wake who has something to do; return seconds until others will.

        Infinite when nothing is known of that waits for a moment.
        """
        try:
            found = agenda.read()
        except Exception as exc:
            away.note(LOG, 'The journal could not be read', exc)
            return math.inf
        metrics.journal_read()
        for name, due in found.items():
            if 0 not in (due.jobs, due.sweep):
                continue
            one = self._lane(name)
            if one is not None and due.jobs == 0:
                one.wake()
            if one is not None and due.sweep == 0:
                one.wake_sweeper()
        return min(
            (
                seconds
                for due in found.values()
                for seconds in (due.jobs, due.sweep)
                if seconds
            ),
            default=math.inf,
        )

    def _lane(self, name: str) -> lane.Lane | None:
        """Return the lane of a region, opened if need be and possible."""
        if name not in self._lanes:
            try:
                found = lane.Lane(
                    self._conf,
                    name,
                    self.owner,
                    self._alarm,
                    self._ends,
                    self._slots,
                )
            except Exception:
                LOG.exception('There is no way to %s', name)
                return None
            self._lanes[name] = found
            found.start()
        return self._lanes[name]

    def _listen(self) -> None:
        """Hear wake-ups; without a broker the lanes look by themselves."""
        while not self._stop.is_set():
            try:
                server = oslo_messaging.get_rpc_server(
                    oslo_messaging.get_rpc_transport(self._conf),
                    wakeup.target(server=self.owner),
                    [WakeUp(self)],
                    executor='threading',
                )
                server.start()
            except Exception as exc:
                LOG.warning(
                    'No wake-ups: the broker is away (%s)', type(exc).__name__
                )
                self._stop.wait(10)
                continue
            self._stop.wait()
            server.stop()
