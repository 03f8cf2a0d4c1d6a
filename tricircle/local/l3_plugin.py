# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The router plugin of a region."""

from typing import Any

from neutron.objects import ports as port_objects
from neutron.objects import router as router_objects
from neutron.services.l3_router import l3_router_plugin
from neutron_lib import constants
from neutron_lib.db import api as db_api
from neutron_lib.exceptions import l3 as l3_exc

from tricircle.local import ledger
from tricircle.local import writes
from tricircle.replica import types


class TricircleL3Plugin(l3_router_plugin.L3RouterPlugin):  # type: ignore
    """The stock plugin, for networks that reach beyond the region."""

    def get_router_for_floatingip(
            self, context: Any, internal_port: dict[str, Any],
            internal_subnet: dict[str, Any],
            external_network_id: str) -> str:
        """Return the router that a floating IP is put on.

        The stock rule wants a router with an interface on the port's
        subnet. Where there is none, any router with its gateway on the
        external network can reach the port over the bridge network
        (original.md 3.9): the one with the smallest ID, so that the same
        question gets the same answer.
        """
        try:
            return str(super().get_router_for_floatingip(
                context, internal_port, internal_subnet,
                external_network_id))
        except l3_exc.ExternalGatewayForFloatingIPNotFound:
            if not ledger.is_central_network(
                    context, internal_port['network_id']):
                raise
        admin = context.elevated()
        with db_api.CONTEXT_READER.using(admin):
            gateways = port_objects.Port.get_objects(
                admin, network_id=external_network_id,
                device_owner=constants.DEVICE_OWNER_ROUTER_GW)
            routers = router_objects.Router.get_objects(
                admin, id=[one.device_id for one in gateways],
                project_id=internal_port['project_id']) if gateways else []
        if not routers:
            raise l3_exc.ExternalGatewayForFloatingIPNotFound(
                subnet_id=internal_subnet['id'],
                external_network_id=external_network_id,
                port_id=internal_port['id'])
        return str(min(router.id for router in routers))

    def add_router_interface(self, context: Any, router_id: str,
                             interface_info: dict[str, Any] | None = None,
                             ) -> Any:
        """Attach a router of the region's own to its own networks."""
        info = interface_info or {}
        subnet_id = info.get('subnet_id')
        if subnet_id:
            writes.refuse(ledger.SUBNET, [subnet_id], 'Subnet',
                          'attach it to a router')
        port_id = info.get('port_id')
        if port_id:
            writes.refuse(types.PORT, [port_id], 'Port',
                          'attach it to a router')
        return super().add_router_interface(
            context, router_id, interface_info)
