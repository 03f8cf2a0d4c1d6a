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

from neutron.db import models_v2
from neutron.db.models import l3 as l3_models
from neutron.services.l3_router import l3_router_plugin
from neutron_lib import constants
from neutron_lib.db import api as db_api
from neutron_lib.exceptions import l3 as l3_exceptions
import sqlalchemy as sa

from tricircle.local import ledger


class TricircleL3Plugin(l3_router_plugin.L3RouterPlugin):
    """The stock plugin, for networks that reach beyond the region.

    Routers of the region's own are kept off central networks by the core
    plugin, whichever router plugin is loaded.
    """

    def get_router_for_floatingip(
        self,
        context: Any,
        internal_port: dict[str, Any],
        internal_subnet: dict[str, Any],
        external_network_id: str,
    ) -> Any:
        """Return the router that a floating IP is put on.

        The stock rule wants a router with an interface on the port's subnet,
        and it comes first. A port of central may be reached over the bridge
        network instead, so there any router will do whose gateway is on the
        external network (original.md 3.9); of several the one with the
        smallest ID, so that the same question gets the same answer.

        :raises ExternalGatewayForFloatingIPNotFound: when there is none
        """
        try:
            return super().get_router_for_floatingip(
                context, internal_port, internal_subnet, external_network_id
            )
        except l3_exceptions.ExternalGatewayForFloatingIPNotFound:
            if not ledger.is_central_network(
                context, internal_port['network_id']
            ):
                raise
            router_id = self._router_on(
                context, external_network_id, internal_port['project_id']
            )
            if router_id is None:
                raise
            return router_id

    @staticmethod
    def _router_on(
        context: Any, external_network_id: str, project_id: str
    ) -> Any:
        """Return a router of a project with a gateway on a network."""
        gateway, router = models_v2.Port, l3_models.Router
        query = (
            sa.select(sa.func.min(router.id))
            .join(gateway, gateway.device_id == router.id)
            .where(
                gateway.network_id == external_network_id,
                gateway.device_owner == constants.DEVICE_OWNER_ROUTER_GW,
                router.project_id == project_id,
            )
        )
        with db_api.CONTEXT_READER.using(context):
            return context.session.scalar(query)
