# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The thread that probes, for as long as the agent runs."""

from collections.abc import Callable, Iterable
import random
import threading
import time
from typing import Any

import netaddr
from neutron_lib import constants
from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from oslo_config import cfg
from oslo_log import log as logging

from tricircle.agent.probing import exchange
from tricircle.agent.probing import peers
from tricircle.agent.probing import report
from tricircle.agent.probing import rounds
from tricircle.agent.probing import switch
from tricircle.conf import agent as agent_conf

LOG = logging.getLogger(__name__)


def begin(
    api: Any, foreign: Iterable[netaddr.IPNetwork], conf: cfg.ConfigOpts
) -> 'Watch | None':
    """Begin to answer and to send probes, and to serve what they find.

    :param api: the agent's ``OVSAgentExtensionAPI``.
    :param foreign: tunnel sources of other regions.
    :param conf: has the options of the guard.
    :returns: None when there are no tunnels, or no probes are wanted.
    """
    options = conf[agent_conf.GROUP]
    if not api.br_tun or not options.probes:
        return None
    told = report.Report(options.vteps_of_regions, options.probe_interval)
    settings = rounds.Settings(
        options.probe_hosts, options.probe_timeout, options.probe_packet
    )
    watch = Watch(
        api,
        foreign,
        str(conf.OVS.local_ip),
        settings,
        options.probe_interval,
        options.check_interval,
        told,
    )
    try:
        report.serve(told, options.metrics_host, options.metrics_port)
    except OSError as exc:
        # An agent that does not start harms more than one that is not
        # measured; Prometheus says that its target is down.
        LOG.error(
            'Metrics are not served on %(host)s port %(port)s: %(reason)s',
            {
                'host': options.metrics_host,
                'port': options.metrics_port,
                'reason': exc,
            },
        )
    watch.start()
    return watch


class Watch:
    """Answers probes of other regions, and probes their hosts.

    Whatever goes wrong here is told and tried again; it keeps neither the
    agent nor the guard from anything.

    :param api: the agent's ``OVSAgentExtensionAPI``; it has a tunnel bridge.
    :param foreign: tunnel sources of other regions.
    :param own: this host's tunnel address.
    :param settings: how a round is.
    :param interval: from the beginning of a round to the next, in seconds.
    :param check_interval: between two looks at the flows, in seconds.
    :param told: takes what is found.
    """

    def __init__(
        self,
        api: Any,
        foreign: Iterable[netaddr.IPNetwork],
        own: str,
        settings: rounds.Settings,
        interval: float,
        check_interval: float,
        told: report.Report,
    ) -> None:
        self._bridge = switch.TunnelBridge(api, foreign, self._hear)
        self._asking = exchange.Exchange(self._bridge.send)
        self._peers = peers.Peers(own)
        self._settings = settings
        self._interval = interval
        self._check_interval = check_interval
        self._report = told
        self._stopped = threading.Event()
        self._wake = threading.Event()
        self._failing: set[str] = set()
        self._thread = threading.Thread(
            target=self._run, name='tunnel-probes', daemon=True
        )
        # Apart from what it watches over: it touches no switch.
        self._ageing = threading.Thread(
            target=self._tell_age, name='tunnel-probes-age', daemon=True
        )

    def start(self) -> None:
        """Begin; the first round comes within one interval."""
        registry.subscribe(
            self._agent_there, constants.AGENT_TYPE_OVS, events.AFTER_INIT
        )
        self._thread.start()
        self._ageing.start()

    def stop(self) -> None:
        """End the threads; the flows stay, and answer."""
        registry.unsubscribe(
            self._agent_there, constants.AGENT_TYPE_OVS, events.AFTER_INIT
        )
        self._stopped.set()
        self._wake.set()
        self._thread.join()
        self._ageing.join()
        self._bridge.close()

    def switch_restarted(self) -> None:
        """Have the flows put back now that a restart has lost."""
        self._wake.set()

    def _hear(self, port: int, head: bytes, length: int) -> None:
        self._asking.hear(port, head, length)

    def _agent_there(
        self, resource: str, event: str, trigger: Any, payload: Any = None
    ) -> None:
        # Before the agent sends it: a key that comes later would change the
        # dictionary while it is read.
        configurations = trigger.agent_state['configurations']
        configurations[report.KEY] = self._report.summary()
        self._report.configurations = configurations

    def _run(self) -> None:
        # Hosts that start together do not probe together.
        due = time.monotonic() + random.uniform(0, self._interval)  # noqa: S311
        while not self._stopped.is_set():
            self._wake.clear()
            kept = self._try('answer', self._bridge.keep)
            if kept and time.monotonic() >= due:
                due = time.monotonic() + self._interval
                self._try('send', self._round)
            until = min(due, time.monotonic() + self._check_interval)
            pause = until - time.monotonic() if kept else self._check_interval
            self._wake.wait(max(0.0, pause))

    def _tell_age(self) -> None:
        while not self._stopped.wait(self._interval):
            self._report.refresh()

    def _round(self) -> None:
        outcome = rounds.run(
            self._peers, self._asking, self._bridge.tunnels, self._settings
        )
        self._report.round_ended(self._peers.known(), outcome)
        for change in outcome.changes:
            _tell(change)

    def _try(self, what: str, step: Callable[[], None]) -> bool:
        """Tell the first failure, and the end of it, and nothing between."""
        try:
            step()
        except Exception as exc:
            if what not in self._failing:
                LOG.warning(
                    'This host could not %(what)s probes of tunnels, it will '
                    'try again: %(reason)s',
                    {'what': what, 'reason': exc},
                    # Of a switch that is away, Neutron and ovsdbapp make
                    # this.
                    exc_info=not isinstance(exc, RuntimeError),
                )
            self._failing.add(what)
            return False
        if what in self._failing:
            LOG.info('This host can %(what)s probes again', {'what': what})
            self._failing.remove(what)
        return True


def _tell(change: peers.Change) -> None:
    before, now = change.before, change.now
    what = {
        'address': change.address,
        'milliseconds': round(1000 * (now.round_trip or 0.0), 1),
        'before': before.largest,
        'now': now.largest,
    }
    if now.state is peers.State.DOWN:
        LOG.warning(
            'Tunnel to %(address)s is down: no probe came back, instances on '
            'both hosts do not reach each other',
            what,
        )
    elif now.state is peers.State.SILENT:
        LOG.warning(
            'Tunnel to %(address)s has never brought a probe back: nothing '
            'passes, or that host answers no probes',
            what,
        )
    elif before.state is now.state:
        level = logging.INFO
        if (now.largest or 0) < (before.largest or 0):
            level = logging.WARNING
        LOG.log(
            level,
            'Tunnel to %(address)s now carries packets of up to %(now)d '
            'bytes, %(before)d before',
            what,
        )
    else:
        LOG.info(
            'Tunnel to %(address)s is up, round trip %(milliseconds)s ms',
            what,
        )
