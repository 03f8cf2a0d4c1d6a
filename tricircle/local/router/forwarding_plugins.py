# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Neutron's plugins of what hangs on routers, for those of the region's own.

What hangs on a router or floating IP of central's, documents bring.
"""

from typing import Any

from neutron.objects import port_forwarding as objects
from neutron.services.conntrack_helper import plugin as conntrack_helper
from neutron.services.portforwarding import pf_plugin
from neutron_lib import constants as lib_constants
from neutron_lib import context as neutron_context

from tricircle.local.asking import request
from tricircle.local.engine import id_map
from tricircle.local.engine import ledger
from tricircle.local.engine import ownership
from tricircle.replica import types


def _refuse_floating_ip(floating_ip_id: str, what: str) -> None:
    ownership.refuse(ledger.FLOATING_IP, [floating_ip_id], 'Floating IP', what)


def _refuse_router(router_id: str, what: str) -> None:
    ownership.refuse(types.ROUTER, [router_id], 'Router', what)


def _here(context: Any, floating_ip_id: str) -> str:
    """Return the ID of a floating IP in this region, by that or central's.

    :param context: of the request: Neutron's policies ask next whose the
        floating IP is, with another one
    """
    request.note_caller(context)
    [found] = id_map.to_local(
        neutron_context.get_admin_context(),
        [floating_ip_id],
        ledger.FLOATING_IP,
    )
    return found


class PortForwardingPlugin(pf_plugin.PortForwardingPlugin):
    """The stock plugin, for floating IPs of the region's own."""

    def get_floatingip_port_forwarding(
        self, context: Any, id: str, floatingip_id: str, fields: Any = None
    ) -> Any:
        """Return a port forwarding of a floating IP that is here."""
        return super().get_floatingip_port_forwarding(
            context, id, _here(context, floatingip_id), fields
        )

    def get_floatingip_port_forwardings(
        self,
        context: Any,
        floatingip_id: str,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """Return the port forwardings of a floating IP that is here."""
        return super().get_floatingip_port_forwardings(
            context, _here(context, floatingip_id), *args, **kwargs
        )

    def create_floatingip_port_forwarding(
        self,
        context: Any,
        floatingip_id: str,
        port_forwarding: dict[str, Any],
    ) -> Any:
        """Forward a port of a floating IP of the region's own."""
        _refuse_floating_ip(floatingip_id, 'forward its ports')
        return super().create_floatingip_port_forwarding(
            context, floatingip_id, port_forwarding
        )

    def update_floatingip_port_forwarding(
        self,
        context: Any,
        id: str,
        floatingip_id: str,
        port_forwarding: dict[str, Any],
    ) -> Any:
        """Change a port forwarding of the region's own."""
        _refuse_floating_ip(floatingip_id, 'change its port forwardings')
        return super().update_floatingip_port_forwarding(
            context, id, floatingip_id, port_forwarding
        )

    def delete_floatingip_port_forwarding(
        self, context: Any, id: str, floatingip_id: str
    ) -> None:
        """Delete a port forwarding of the region's own."""
        _refuse_floating_ip(floatingip_id, 'delete its port forwardings')
        super().delete_floatingip_port_forwarding(context, id, floatingip_id)

    def _process_port_request(
        self, event: str, context: Any, port: dict[str, Any]
    ) -> None:
        """Delete what is forwarded to addresses that a port has no more.

        What goes over a leg of a router of central's is for an address that
        the leg never had.
        """
        if port['device_owner'] in lib_constants.ROUTER_INTERFACE_OWNERS and (
            # In place of Neutron's own look, which sees the same.
            not objects.PortForwarding.objects_exist(
                context.elevated(), internal_port_id=port['id']
            )
            or ledger.is_central_network(context, port['network_id'])
        ):
            return
        super()._process_port_request(event, context, port)


class ConntrackHelperPlugin(conntrack_helper.Plugin):
    """The stock plugin, for routers of the region's own."""

    def create_router_conntrack_helper(
        self, context: Any, router_id: str, conntrack_helper: dict[str, Any]
    ) -> Any:
        """Give a router of the region's own a helper."""
        _refuse_router(router_id, 'add the helper')
        return super().create_router_conntrack_helper(
            context, router_id, conntrack_helper
        )

    def update_router_conntrack_helper(
        self,
        context: Any,
        id: str,
        router_id: str,
        conntrack_helper: dict[str, Any],
    ) -> Any:
        """Change a helper of a router of the region's own."""
        _refuse_router(router_id, 'change the helper')
        return super().update_router_conntrack_helper(
            context, id, router_id, conntrack_helper
        )

    def delete_router_conntrack_helper(
        self, context: Any, id: str, router_id: str
    ) -> None:
        """Delete a helper of a router of the region's own."""
        _refuse_router(router_id, 'delete the helper')
        super().delete_router_conntrack_helper(context, id, router_id)
