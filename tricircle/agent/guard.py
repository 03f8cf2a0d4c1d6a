# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What the guard of a host knows, and how it comes onto the bridges."""

from collections.abc import Callable, Collection, Iterable, Mapping
import functools
import threading
from typing import Any

import netaddr
from oslo_log import log as logging

from tricircle.agent import flow_table
from tricircle.agent import plan

LOG = logging.getLogger(__name__)

Ask = Callable[[Collection[str]], Mapping[str, plan.Service]]


class Guard:
    """The networks on a host and the flows they need; safe for threads.

    :param api: the agent's ``OVSAgentExtensionAPI``.
    :param foreign: tunnel sources to distrust.
    :param physical_networks: those to guard; all when empty.
    :param ask: asks the region's Neutron, see
        :func:`tricircle.agent.services.pull`.
    """

    def __init__(
        self,
        api: Any,
        foreign: Iterable[netaddr.IPNetwork],
        physical_networks: Collection[str],
        ask: Ask,
    ) -> None:
        self._api = api
        self._tunnel_flows = plan.tunnel_flows(foreign)
        self._physical_networks = frozenset(physical_networks)
        self._ask = ask
        # Several locks: while Open vSwitch or Neutron is slow, what happens
        # can still be noted. Questions are put one after another, so that
        # the last answer is the latest.
        self._knowledge = threading.Lock()
        self._asking = threading.Lock()
        self._changing = threading.Lock()
        self._ports: dict[str, tuple[str, plan.Segment]] = {}
        self._services: dict[str, plan.Service] = {}
        self._stale: set[str] = set()
        self._own: dict[str, tuple[Any, Any]] = {}

    def covers(self, physical_network: str | None) -> bool:
        """Tell whether networks on a wire are to be guarded."""
        return physical_network in self._api.br_phys and (
            not self._physical_networks
            or physical_network in self._physical_networks
        )

    def add_port(self, port: str, network: str, segment: plan.Segment) -> bool:
        """Note a port of this host; tell whether anything is new by it."""
        with self._knowledge:
            before = set(self._ports.values())
            self._ports[port] = (network, segment)
            if network not in self._services:
                self._services[network] = plan.UNKNOWN
                self._stale.add(network)
            self._forget_unused()
            return (network, segment) not in before

    def remove_port(self, port: str) -> bool:
        """Note that a port left; tell whether its network left with it."""
        with self._knowledge:
            network, _ = self._ports.pop(port, (None, None))
            self._forget_unused()
            return network is not None and network not in self._services

    def _forget_unused(self) -> None:
        used = {network for network, _ in self._ports.values()}
        for network in self._services.keys() - used:
            del self._services[network]
        self._stale &= used

    def network_changed(self, network: str) -> bool:
        """Note that a network must be asked for; False if it is not here."""
        with self._knowledge:
            if network not in self._services:
                return False
            self._stale.add(network)
            return True

    def source_gone(self, source: str) -> bool:
        """The same for the network that was read from a subnet or port."""
        with self._knowledge:
            touched = {
                network
                for network, service in self._services.items()
                if source in service.read_from
            }
            self._stale |= touched
            return bool(touched)

    def all_changed(self) -> None:
        """Note that every network must be asked for again."""
        with self._knowledge:
            self._stale.update(self._services)

    def refresh(self) -> None:
        """Ask the region's Neutron about what changed.

        If it does not answer, what was known stays, and the question too.

        :raises Exception: whatever the question raised.
        """
        with self._asking:
            with self._knowledge:
                asked, self._stale = self._stale, set()
            if not asked:
                return
            try:
                answers = self._ask(asked)
            except Exception:
                with self._knowledge:
                    self._stale |= asked & self._services.keys()
                raise
            with self._knowledge:
                for network, service in answers.items():
                    if network in self._services:
                        self._services[network] = service

    def apply(self) -> None:
        """Bring all bridges to what is planned now.

        :raises Exception: whatever went wrong first; what could be done on
            the other bridges is done.
        """
        failure: Exception | None = None
        steps: list[Callable[[], None]] = [self._apply_tunnels]
        for name in tuple(self._api.br_phys):
            steps.append(functools.partial(self.apply_wire, name))
        for step in steps:
            try:
                step()
            except Exception as e:
                failure = failure or e
        if failure is not None:
            raise failure

    def _apply_tunnels(self) -> None:
        if self._api.br_tun:
            self._bring('', lambda _: self._tunnel_flows)

    def apply_wire(self, physical_network: str) -> None:
        """Bring the bridge of one wire to what is planned now.

        :raises RuntimeError: Open vSwitch does not answer, or refuses.
        """
        if self.covers(physical_network):
            self._bring(
                physical_network,
                lambda bridge: self._wire_flows(
                    physical_network, flow_table.uplinks(bridge)
                ),
            )

    def _bring(
        self,
        physical_network: str,
        wanted: Callable[[Any], frozenset[plan.Flow]],
    ) -> None:
        """Look, and only when something is wrong, lock and change it.

        A look may take minutes when Open vSwitch dies in the middle of it
        (``of_request_timeout``); the other threads must not wait for that.
        """
        bridge = self._bridge(physical_network)
        if flow_table.installed(bridge) == wanted(bridge):
            return
        with self._changing:
            # Again: who waited here must not bring back what was right
            # before.
            flow_table.bring(bridge, wanted(bridge))

    def _wire_flows(
        self, physical_network: str, uplinks: Collection[int]
    ) -> frozenset[plan.Flow]:
        with self._knowledge:
            here = {
                (segment, self._services[network])
                for network, segment in self._ports.values()
                if segment.physical_network == physical_network
            }
        return frozenset(
            flow
            for segment, service in here
            for flow in plan.wire_flows(segment, service, uplinks)
        )

    def _bridge(self, physical_network: str) -> Any:
        """Return our own view of a bridge, with a cookie of ours.

        After a restart of Open vSwitch, or when a bridge was made anew, the
        agent has another object for it, which knows nothing of a cookie
        that was reserved on the old one.

        :param physical_network: its wire, or '' for the tunnel bridge.
        """
        with self._knowledge:
            base = self._api.br_tun
            if physical_network:
                base = self._api.br_phys[physical_network]
            known, bridge = self._own.get(physical_network, (None, None))
            if known is not base:
                bridge = (
                    self._api.request_physical_br(physical_network)
                    if physical_network
                    else self._api.request_tun_br()
                )
                self._own[physical_network] = (base, bridge)
            return bridge
