# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The extension of the Open vSwitch agent, ``tricircle_region_guard``."""

from collections.abc import Callable
import functools
import threading
import time
from typing import Any

from neutron.api.rpc.callbacks import resources
from neutron_lib import constants
from neutron_lib.agent import l2_extension
from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from oslo_config import cfg
from oslo_log import log as logging
import oslo_messaging
import tenacity

from tricircle.agent import guard
from tricircle.agent import plan
from tricircle.agent import returning_ids
from tricircle.agent import services
from tricircle.agent import underlay
from tricircle.agent.probing import watch
from tricircle.agent.verifying import namespaces
from tricircle.agent.verifying import ports as probe_ports
from tricircle.agent.verifying import runner
from tricircle.conf import agent as agent_conf

LOG = logging.getLogger(__name__)

_BEGIN_SECONDS = 300.0
#: What says that the switch, or Neutron, does not answer: nothing is wrong
#: here, and it is tried again. Of a switch, Neutron makes a RuntimeError.
_AWAY = (
    RuntimeError,
    oslo_messaging.MessagingTimeout,
    oslo_messaging.MessageDeliveryFailure,
)


class RegionGuard(l2_extension.L2AgentExtension):
    """Keeps DHCP and router advertisements of other regions out of a host.

    It also watches the tunnels to other regions, see
    :mod:`tricircle.agent.probing`, and sends what the operator's command has
    sent, see :mod:`tricircle.agent.verifying`.

    It fails closed: without the region's Neutron to ask, or before it has
    answered, no reply from the wire passes on a network that is new here.
    """

    def consume_api(self, agent_api: Any) -> None:
        self._api = agent_api

    def initialize(self, connection: Any, driver_type: str) -> None:
        """Guard the tunnels, and begin to look after the bridges.

        :raises ValueError: the options cannot be right, see
            :mod:`tricircle.agent.underlay`. The agent does not start then.
        :raises RuntimeError: Open vSwitch did not take the flows for
            minutes. Neither does the agent start without them.
        """
        agent_conf.register(cfg.CONF)
        options = cfg.CONF[agent_conf.GROUP]
        self._check_interval: float = options.check_interval
        self._refresh_interval: float = options.refresh_interval
        foreign = ()
        if self._api.br_tun:
            foreign = underlay.foreign_networks(
                options.local_vteps, options.foreign_vteps
            )
            if cfg.CONF.OVS.local_ip:
                underlay.check_own_address(str(cfg.CONF.OVS.local_ip), foreign)
        self._guard = guard.Guard(
            self._api, foreign, options.physical_networks, services.pull
        )
        self._stopped = threading.Event()
        self._changed = threading.Event()
        for resource in (resources.PORT, resources.SUBNET):
            for event in (events.AFTER_UPDATE, events.AFTER_DELETE):
                registry.subscribe(self._resource_changed, resource, event)
        self._returning_ids = returning_ids.ReturningIds()
        self._begin()
        self._returning_ids.start()
        self._threads = [
            threading.Thread(target=loop, name=name, daemon=True)
            for loop, name in (
                (self._look_after_bridges, 'region-guard-bridges'),
                (self._follow_neutron, 'region-guard-neutron'),
            )
        ]
        for thread in self._threads:
            thread.start()
        self._watch = watch.begin(self._api, foreign, cfg.CONF)
        self._verify: runner.Runner | None = None
        if options.verify:
            self._verify = runner.Runner(
                namespaces.Namespaces(cfg.CONF),
                functools.partial(probe_ports.pull, cfg.CONF.host),
            )
            self._verify.start()

    def _begin(self) -> None:
        """Put the first flows in place; the agent waits for them.

        A busy Open vSwitch may drop the connection once. The error would end
        the agent, and its process would stay for the threads of os-ken.
        """
        tenacity.Retrying(
            stop=tenacity.stop_after_delay(_BEGIN_SECONDS),
            wait=tenacity.wait_fixed(self._check_interval),
            before_sleep=tenacity.before_sleep_log(LOG, logging.WARNING),
            reraise=True,
        )(self._guard.apply)

    def stop(self) -> None:
        """End the threads; the flows stay."""
        self._returning_ids.stop()
        self._stopped.set()
        self._changed.set()
        for thread in self._threads:
            thread.join()
        if self._watch is not None:
            self._watch.stop()
        if self._verify is not None:
            self._verify.stop()

    def handle_port(self, context: Any, data: dict[str, Any]) -> None:
        """Guard the network of a port that the agent has wired.

        :raises RuntimeError: Open vSwitch does not answer; the agent then
            tries the port again.
        """
        segment = _segment(data)
        if segment is None or not self._guard.covers(segment.physical_network):
            self._forget(data['port_id'])
            return
        if self._guard.add_port(data['port_id'], data['network_id'], segment):
            # Closed at first, for as long as Neutron takes to answer.
            self._guard.apply_wire(segment.physical_network)
            if self._try('ask Neutron', self._guard.refresh):
                self._guard.apply_wire(segment.physical_network)
            else:
                self._changed.set()

    def delete_port(self, context: Any, data: dict[str, Any]) -> None:
        self._forget(data['port_id'])

    def _forget(self, port: str) -> None:
        if self._guard.remove_port(port):
            self._changed.set()

    def handle_switch_restart(self) -> None:
        """Put the flows back that a restart of Open vSwitch has lost."""
        self._try('restore flows', self._guard.apply)
        if self._watch is not None:
            self._watch.switch_restarted()

    def _resource_changed(
        self, resource: str, event: str, trigger: Any, payload: Any
    ) -> None:
        """Note what the agent was told; the questions come later.

        This runs in the thread that receives notifications, or in one that
        holds the agent up, so it neither asks nor touches a bridge.
        """
        concerned = False
        if event == events.AFTER_DELETE:
            concerned = self._guard.source_gone(payload.resource_id)
        for state in payload.states:
            if state is not None and (
                resource == resources.SUBNET
                or state.device_owner in services.OWNERS
            ):
                concerned |= self._guard.network_changed(state.network_id)
        if concerned:
            self._changed.set()

    def _look_after_bridges(self) -> None:
        while not self._stopped.wait(self._check_interval):
            self._try('look after the bridges', self._guard.apply)

    def _follow_neutron(self) -> None:
        due = time.monotonic() + self._refresh_interval
        while True:
            self._changed.wait(max(0.0, due - time.monotonic()))
            if self._stopped.is_set():
                return
            self._changed.clear()
            if time.monotonic() >= due:
                self._guard.all_changed()
                due = time.monotonic() + self._refresh_interval
            asked = self._try('ask Neutron', self._guard.refresh)
            self._try('renew flows', self._guard.apply)
            if not asked:
                self._stopped.wait(self._check_interval)
                self._changed.set()

    def _try(self, what: str, step: Callable[[], None]) -> bool:
        try:
            step()
        except Exception as exc:
            away = isinstance(exc, _AWAY)
            LOG.log(
                logging.WARNING if away else logging.ERROR,
                'Region guard could not %(what)s, it will try again in '
                '%(seconds)s s: %(reason)s',
                {
                    'what': what,
                    'seconds': self._check_interval,
                    'reason': exc,
                },
                exc_info=None if away else exc,
            )
            return False
        return True


def _segment(data: dict[str, Any]) -> plan.Segment | None:
    """Return what a port's network is on a wire, None if it is on none."""
    wire = data['physical_network']
    if data['network_type'] == constants.TYPE_VLAN:
        return plan.Segment(wire, int(data['segmentation_id']))
    if data['network_type'] == constants.TYPE_FLAT:
        return plan.Segment(wire, None)
    return None
