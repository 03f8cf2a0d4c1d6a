# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Distributed routers of central: their other addresses are central's too.

Neutron takes two kinds of addresses for a distributed router by itself. Those
from which the host is reached that does its SNAT come with the router's
document (:mod:`tricircle.local.router.port.snat_ports`); those of L3 agents
on the external network come with the document of the network
(:mod:`tricircle.local.network.agent_gateways`).
"""

import time
from typing import Any, Final

from neutron_lib import constants
from neutron_lib.api import extensions
from neutron_lib.api.definitions import dvr as dvr_apidef
from neutron_lib.db import api as db_api
from neutron_lib.exceptions import agent as agent_exc
from oslo_log import log as logging

from tricircle.conf import durations
from tricircle.db import aside
from tricircle.local.engine import ledger
from tricircle.local.engine import refusals
from tricircle.local.engine.owner import actor
from tricircle.local.network import agent_gateways
from tricircle.local.process import core_plugin

LOG = logging.getLogger(__name__)

#: Modes of L3 agents that have floating IPs of distributed routers.
_MODES: Final = (
    constants.L3_AGENT_MODE_DVR,
    constants.L3_AGENT_MODE_DVR_SNAT,
)
#: Seconds between two looks for the port of an agent.
_LOOK: Final = 0.2

#: Who asks needs no port of an agent's now.
_beforehand: Final = aside.Aside[bool]('agent_gateway_beforehand')


def _nobody_waits(context: Any) -> bool:
    """Tell whether it is no agent that asks for a port, and needs it now."""
    return bool(_beforehand.of(context)) or actor.is_applying()


def is_supported(plugin: Any) -> bool:
    """Tell whether the region's router plugin has distributed routers."""
    return bool(extensions.is_extension_supported(plugin, dvr_apidef.ALIAS))


class DistributedRoutersMixin(core_plugin.CorePlugin):
    """In front of what the stock router plugin does for distributed ones."""

    @actor.for_documents
    def _add_csnat_router_interface_port(
        self,
        context: Any,
        router: Any,
        network_id: str,
        subnets: Any,
        do_pop: bool = True,
    ) -> Any:
        """Make no port for SNAT: a document brings its own."""
        return None

    @actor.for_documents
    def _create_snat_intf_ports_if_not_exists(
        self, context: Any, router: Any
    ) -> Any:
        """Make no ports for SNAT: a document brings its own."""
        return []

    def create_fip_agent_gw_port_if_not_exists(
        self, context: Any, network_id: str, host: str
    ) -> Any:
        """Return an agent's port on an external network.

        On one of central's the answer is central's, and comes later.

        :returns: None when there is no such agent, or it needs none
        :raises AgentGatewayNotReserved: when it is not here yet
        """
        if not ledger.is_central_network(context, network_id):
            return super().create_fip_agent_gw_port_if_not_exists(
                context, network_id, host
            )
        try:
            agent = self._get_agent_by_type_and_host(
                context, constants.AGENT_TYPE_L3, host
            )
        except agent_exc.AgentNotFoundByTypeHost:
            LOG.warning('There is no L3 agent on host %s', host)
            return None
        if self._get_agent_mode(agent) not in _MODES:
            return None
        port = self._agent_gateway(context, network_id, host, agent['id'])
        if port is None and _nobody_waits(context):
            return None
        if port is None:
            raise refusals.AgentGatewayNotReserved(
                network_id=network_id, host=host
            )
        self._populate_mtu_and_subnets_for_ports(context, [port])
        return port

    def _agent_gateway(
        self, context: Any, network_id: str, host: str, agent_id: str
    ) -> Any:
        """Return an agent's port on a network of central's.

        An agent that is told no gives up the whole router, to begin again.
        So it waits as long as it takes when central answers.

        :returns: None when it is not here yet
        """
        port = self._get_agent_gw_ports_exist_for_network(
            context, network_id, host, agent_id
        )
        if port is not None:
            return port
        agent_gateways.ask(context, network_id, agent_id)
        port = agent_gateways.adopt(context, network_id, agent_id, host)
        patience = (
            0.0 if _nobody_waits(context) else durations.AGENT_PORT_AWAITED
        )
        end = time.monotonic() + patience
        while port is None and time.monotonic() < end:
            time.sleep(_LOOK)
            port = self._get_agent_gw_ports_exist_for_network(
                context, network_id, host, agent_id
            )
        return port

    # These have a port made before an agent asks, and go on without it. For
    # floating IPs Neutron does that in a callback, when a document makes one.

    def check_for_fip_and_create_agent_gw_port_on_host_if_not_exists(
        self, context: Any, port: Any, host: str
    ) -> None:
        """Have the port made where an instance is migrating to."""
        above: Any = super()
        with _beforehand.said(context, True):
            above.check_for_fip_and_create_agent_gw_port_on_host_if_not_exists(
                context, port, host
            )

    def _get_ext_nets_by_host(self, context: Any, host: str) -> Any:
        """Return the external networks on which a new agent needs ports.

        On those of central's they are only asked for here.
        """
        own = set()
        for network_id in super()._get_ext_nets_by_host(context, host):
            if not ledger.is_central_network(context, network_id):
                own.add(network_id)
                continue
            with _beforehand.said(context, True):
                self.create_fip_agent_gw_port_if_not_exists(
                    context, network_id, host
                )
        return own

    def delete_floatingip_agent_gateway_port(
        self, context: Any, host_id: str | None, ext_net_id: str
    ) -> None:
        """Delete agents' ports on a network, and let central have them.

        Neutron does that past the mechanism drivers.

        :param host_id: of the agent on this host; None for all
        """
        with db_api.CONTEXT_WRITER.using(context):
            super().delete_floatingip_agent_gateway_port(
                context, host_id, ext_net_id
            )
            agent_gateways.gone(
                context.session, ext_net_id, everywhere=not host_id
            )
