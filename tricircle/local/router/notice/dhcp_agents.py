# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What DHCP agents are told of networks of central's.

Neutron gives each network to one of them when a subnet or a port of it
comes, whether it has DHCP or not, and tells it of each port; of a router's
interface twice.
"""

from typing import Any, Final

from neutron.api.rpc.agentnotifiers import dhcp_rpc_agent_api
from neutron_lib import constants
from neutron_lib.callbacks import registry
from neutron_lib.db import api as db_api

from tricircle.local.engine.owner import actor
from tricircle.local.router import step
from tricircle.local.router.port import ports as router_ports

#: What makes Neutron look for an agent.
_SCHEDULING: Final = {'subnet_create_end': 'subnet', 'port_create_end': 'port'}


class Notifier(dhcp_rpc_agent_api.DhcpAgentNotifyAPI):
    """The stock notifier, without what is of no use to an agent."""

    def _after_router_interface_created(
        self, resource: str, event: str, trigger: Any, payload: Any = None
    ) -> None:
        """Tell of an interface; that of a document was a port before.

        It was made as the router's, so that the agents know it already.
        """
        if step.current().interface is None:
            super()._after_router_interface_created(
                resource, event, trigger, payload
            )

    def _notify_agents(
        self,
        context: Any,
        method: str,
        payload: dict[str, Any],
        network_id: str,
        network: Any = None,
    ) -> None:
        """Tell the agents of a network; that between routers gets none.

        Nobody boots on it, and it has no DHCP.
        """
        if not _is_between_routers(context, method, payload, network_id):
            super()._notify_agents(
                context, method, payload, network_id, network
            )


def _is_between_routers(
    context: Any, method: str, payload: dict[str, Any], network_id: str
) -> bool:
    what = _SCHEDULING.get(method)
    if (
        what is None
        or payload[what]['project_id'] != ''
        or not actor.is_applying()
    ):
        return False
    with db_api.CONTEXT_READER.using(context):
        return router_ports.is_nobodys(context.session, network_id)


def use(agent_notifiers: dict[str, Any]) -> None:
    """Put ours in the place of the stock notifier, if there is one.

    :param agent_notifiers: of the core plugin, by type of agent
    """
    stock: Any = agent_notifiers.get(constants.AGENT_TYPE_DHCP)
    if stock.__class__ is not dhcp_rpc_agent_api.DhcpAgentNotifyAPI:
        # None, or one that somebody else put there.
        return
    for callback in (
        stock._after_router_interface_created,
        stock._after_router_interface_deleted,
        stock._send_dhcp_notification,
        stock._native_event_send_dhcp_notification,
    ):
        registry.unsubscribe_all(callback)
    agent_notifiers[constants.AGENT_TYPE_DHCP] = Notifier()
