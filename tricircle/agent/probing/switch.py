# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Probes on the tunnel bridge of this host: flows, frames out and in."""

from collections.abc import Callable, Iterable
import threading
from typing import Any

import netaddr
from oslo_log import log as logging

from tricircle.agent import flow_table
from tricircle.agent import plan
from tricircle.agent.probing import flows
from tricircle.agent.probing import frames

LOG = logging.getLogger(__name__)

#: What takes an answer: the port it came in by, the first bytes of the frame,
#: and its length.
Hear = Callable[[int, bytes, int], None]


class TunnelBridge:
    """The tunnel bridge, with a cookie for the flows of probes.

    Frames go out and come in over the connection that the agent has to Open
    vSwitch anyway: that needs no rights, no interface and no process.

    :param api: the agent's ``OVSAgentExtensionAPI``; it has a tunnel bridge.
    :param foreign: tunnel sources of other regions.
    :param hear: called in the thread that serves Open vSwitch; it must not
        wait for anything.
    """

    def __init__(
        self, api: Any, foreign: Iterable[netaddr.IPNetwork], hear: Hear
    ) -> None:
        self._api = api
        self._foreign = netaddr.IPSet(foreign)
        self._wanted = flows.wanted(self._foreign.iter_cidrs())
        self._hear = hear
        self._lock = threading.Lock()
        self._own: tuple[Any, Any] = (None, None)
        self._app = api.br_tun._app
        self._app.register_packet_in_handler(self._packet_in)

    def close(self) -> None:
        """Hear nothing more; the flows stay."""
        self._app.unregister_packet_in_handler(self._packet_in)

    def _bridge(self) -> Any:
        # As Guard._bridge: the agent may have another object after a restart.
        with self._lock:
            base, bridge = self._own
            if base is not self._api.br_tun:
                base = self._api.br_tun
                bridge = self._api.request_tun_br()
                self._own = (base, bridge)
            return bridge

    def keep(self) -> None:
        """Have the flows there that are planned.

        :raises RuntimeError: Open vSwitch does not answer, or has no meters.
            Without a meter nothing is answered.
        """
        bridge = self._bridge()
        present = flow_table.installed(bridge)
        missing = self._wanted.keys() - present
        if missing:
            # Open vSwitch deletes the flows of a meter with it.
            _check_meters(bridge)
            for limit in (flows.ANSWERED, flows.HEARD):
                _meter(bridge, limit)
        for flow in missing:
            _install(bridge, flow, self._wanted[flow])
        if missing:
            LOG.info(
                'Probes of tunnels on %(bridge)s: %(added)d flows added',
                {'bridge': bridge.br_name, 'added': len(missing)},
            )

    def tunnels(self) -> dict[str, int]:
        """Return the tunnels to other regions, as they are now.

        The agent makes one for each host that has a port on a network of this
        host, and takes it away with the last.

        :returns: OpenFlow numbers of the ports, by the other end's address.
        :raises Exception: whatever ovsdbapp raises when Open vSwitch is away.
        """
        bridge = self._bridge()
        names = bridge.get_iface_name_list()
        if not names:
            return {}
        rows = bridge.ovsdb.db_list(
            'Interface',
            names,
            columns=['ofport', 'type', 'options'],
            if_exists=True,
        ).execute(check_error=True)
        return {
            str(remote): row['ofport']
            for row in rows
            if row['type'] == 'vxlan'
            # No number yet, or -1: the interface does not work (now).
            and isinstance(row['ofport'], int)
            and row['ofport'] > 0
            and (remote := _address(row['options'])) in self._foreign
        }

    def send(self, port: int, frame: bytes) -> None:
        """Send a frame through a tunnel; whether it left is not told.

        :param port: as told by :meth:`tunnels`.
        :raises RuntimeError: Open vSwitch does not answer.
        """
        (dp, ofp, parser) = self._bridge()._get_dp()
        dp.send_msg(
            parser.OFPPacketOut(
                dp,
                buffer_id=ofp.OFP_NO_BUFFER,
                in_port=ofp.OFPP_CONTROLLER,
                actions=[parser.OFPActionOutput(port, 0)],
                data=frame,
            )
        )

    def _packet_in(self, event: Any) -> None:
        # Others' packets come by here, and others are called after this one.
        try:
            message = event.msg
            _, bridge = self._own
            if bridge is None or message.cookie != bridge.default_cookie:
                return
            self._hear(
                message.match['in_port'], message.data, message.total_len
            )
        except Exception:
            LOG.exception('An answer to a probe could not be read')


def _address(options: dict[str, str]) -> netaddr.IPAddress:
    """Return the other end of a tunnel, 0.0.0.0 if it has no fixed one."""
    try:
        return netaddr.IPAddress(options['remote_ip'])
    except (KeyError, netaddr.AddrFormatError):
        return netaddr.IPAddress(0, 4)


def _check_meters(bridge: Any) -> None:
    """Refuse a switch that has none: Neutron would log each attempt.

    :raises RuntimeError: its datapath has no meters.
    """
    (dp, _, parser) = bridge._get_dp()
    replies = bridge._send_msg(
        parser.OFPMeterFeaturesStatsRequest(dp, 0),
        reply_cls=parser.OFPMeterFeaturesStatsReply,
        reply_multi=True,
    )
    if not any(one.max_meter for reply in replies for one in reply.body):
        raise RuntimeError(
            'Open vSwitch has no meters for %s' % bridge.br_name
        )


def _meter(bridge: Any, limit: flows.Limit) -> None:
    (dp, ofp, parser) = bridge._get_dp()
    replies = bridge._send_msg(
        parser.OFPMeterConfigStatsRequest(dp, 0, ofp.OFPM_ALL),
        reply_cls=parser.OFPMeterConfigStatsReply,
        reply_multi=True,
    )
    there = {one.meter_id for reply in replies for one in reply.body}
    bridge._send_msg(
        parser.OFPMeterMod(
            dp,
            ofp.OFPMC_MODIFY if limit.meter in there else ofp.OFPMC_ADD,
            ofp.OFPMF_PKTPS | ofp.OFPMF_BURST | ofp.OFPMF_STATS,
            limit.meter,
            [parser.OFPMeterBandDrop(rate=limit.rate, burst_size=limit.rate)],
        )
    )


def _install(bridge: Any, flow: plan.Flow, limit: flows.Limit) -> None:
    (_, ofp, parser) = bridge._get_dp()
    if limit is flows.ANSWERED:
        actions = [
            parser.OFPActionSetField(eth_dst=frames.ANSWER),
            parser.OFPActionOutput(ofp.OFPP_IN_PORT, 0),
        ]
    else:
        actions = [parser.OFPActionOutput(ofp.OFPP_CONTROLLER, frames.HEAD)]
    bridge.install_instructions(
        [
            parser.OFPInstructionMeter(limit.meter),
            parser.OFPInstructionActions(ofp.OFPIT_APPLY_ACTIONS, actions),
        ],
        priority=flow.priority,
        **dict(flow.match),
    )
