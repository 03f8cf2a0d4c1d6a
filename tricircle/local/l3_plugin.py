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

from neutron.api.rpc.handlers import l3_rpc
from neutron.db import l3_dvrscheduler_db
from neutron.db import models_v2
from neutron.db.models import l3 as l3_models
from neutron.objects import router as router_objects
from neutron.services.l3_router import l3_router_plugin
from neutron_lib import constants
from neutron_lib import rpc as n_rpc
from neutron_lib.agent import topics
from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources
from neutron_lib.db import api as db_api
from neutron_lib.exceptions import l3 as l3_exceptions
from neutron_lib.plugins import utils as plugin_utils
import sqlalchemy as sa

from tricircle.conf import fault_point
from tricircle.local import floating_ip
from tricircle.local.engine import expected
from tricircle.local.engine import fixed_ips
from tricircle.local.engine import ledger
from tricircle.local.engine.owner import actor
from tricircle.local.router import floating_ips
from tricircle.local.router import in_central
from tricircle.local.router import report as router_report
from tricircle.local.router import step as router_step
from tricircle.local.router import writes as router_writes
from tricircle.local.router.notice import address_scopes
from tricircle.local.router.notice import l3_agents as router_notices
from tricircle.local.router.port import distributed as distributed_routers
from tricircle.local.router.port import gateway as router_gateway
from tricircle.local.router.port import interfaces as router_interfaces

#: What Neutron calls the device of a floating IP's port before that is made.
_PENDING = 'PENDING'


class TricircleL3Plugin(
    in_central.RouterReadsMixin,
    router_writes.RouterWritesMixin,
    floating_ip.CentralFloatingIPsMixin,
    distributed_routers.DistributedRoutersMixin,
    address_scopes.AddressScopesMixin,
    l3_router_plugin.L3RouterPlugin,
):
    """The stock plugin, for networks that reach beyond the region.

    Routers of central are written by documents only. Routers of the
    region's own are kept off central networks by the core plugin, whichever
    router plugin is loaded.
    """

    @property
    def l3_rpc_notifier(self) -> Any:
        """What tells the L3 agents."""
        if not hasattr(self, '_l3_rpc_notifier'):
            self._l3_rpc_notifier = router_notices.Notifier()
        return self._l3_rpc_notifier

    def start_rpc_listeners(self) -> Any:
        """Serve L3 agents, and expect what is refused to them."""
        self.topic = topics.L3PLUGIN
        self.conn = n_rpc.Connection()
        self.endpoints = [expected.Endpoint(l3_rpc.L3RpcCallback())]
        self.conn.create_consumer(self.topic, self.endpoints, fanout=False)
        return self.conn.consume_in_threads()

    def get_hosts_to_notify(self, context: Any, router_id: str) -> Any:
        """Return the hosts whose agents have a router.

        Neutron would read all of it to find out that it is not distributed,
        which a document says.
        """
        if router_notices.is_centralized(router_id):
            return super(
                l3_dvrscheduler_db.L3_DVRsch_db_mixin, self
            ).get_hosts_to_notify(context, router_id)
        return super().get_hosts_to_notify(context, router_id)

    def _add_interface_by_subnet(
        self, context: Any, router: Any, subnet_id: str, owner: str
    ) -> Any:
        """Make an interface; for a document with central's ID and MAC."""
        wanted = router_step.current().interface
        if wanted is None:
            return super()._add_interface_by_subnet(
                context, router, subnet_id, owner
            )
        port = router_interfaces.create_port(context, router, owner, wanted)
        by_id = {
            one['id']: one
            for one in self._core_plugin.get_subnets(
                context,
                filters={
                    'id': [one['subnet_id'] for one in wanted['fixed_ips']]
                },
            )
        }
        # The stock method names the last one in what it tells.
        subnets = [by_id[one['subnet_id']] for one in wanted['fixed_ips']]
        return port, subnets, True

    def _add_router_port(
        self, context: Any, port: Any, router: Any, device_owner: str
    ) -> None:
        """Put an interface on a router.

        The port of a document's is the router's from the beginning, and
        whether subnets overlap was for central to look at.
        """
        wanted = router_step.current().interface
        if wanted is None or wanted['port_id'] != port['id']:
            super()._add_router_port(context, port, router, device_owner)
            return
        router_interfaces.attach(context, port['id'], router.id, device_owner)

    def _get_device_owner(self, context: Any, router: Any = None) -> Any:
        """Return what the interfaces of a router are called.

        A document says it, and Neutron would read all of the router.
        """
        return router_step.current().owner or super()._get_device_owner(
            context, router
        )

    def _create_router_gw_port(
        self,
        context: Any,
        router: Any,
        network_id: str,
        ext_ips: Any,
        update_gw_port: bool = True,
    ) -> None:
        """Make a gateway port; for a document with central's ID and MAC."""
        wanted = router_gateway.being_set(network_id)
        if wanted is None:
            super()._create_router_gw_port(
                context, router, network_id, ext_ips, update_gw_port
            )
            return
        admin = context.elevated()
        if db_api.is_session_active(context.session):
            # As the stock method does it.
            admin.GUARD_TRANSACTION = False
        self._put_gateway(admin, router['id'], wanted)

    @db_api.retry_if_session_inactive()
    def make_gateway(
        self, context: Any, router_id: str, wanted: dict[str, Any]
    ) -> None:
        """Give a centralized router that has no gateway a document's.

        Neutron's own way looks first whether a user may have it, which
        central did, and reads the router five times: more than half of what
        it takes.

        :param context: an admin context outside any transaction
        :param wanted: a RouterGateway
        """
        router = self._put_gateway(context, router_id, wanted)
        registry.publish(
            resources.ROUTER_GATEWAY,
            events.AFTER_CREATE,
            self._create_gw_port,
            payload=events.DBEventPayload(
                context,
                resource_id=router_id,
                states=(router,),
                metadata={
                    'gateway_ips': [
                        one['ip_address'] for one in wanted['fixed_ips']
                    ],
                    'network_id': wanted['network_id'],
                },
            ),
        )

    def _put_gateway(
        self, context: Any, router_id: str, wanted: dict[str, Any]
    ) -> Any:
        """Make the port of a document's gateway, and put it on its router.

        :returns: the router
        """
        plugin, port_id = self._core_plugin, wanted['port_id']
        port = {
            'id': port_id,
            'project_id': '',
            'tenant_id': '',
            'network_id': wanted['network_id'],
            'mac_address': wanted['mac_address'],
            'fixed_ips': fixed_ips.to_create(context, wanted['fixed_ips']),
            'device_id': router_id,
            'device_owner': constants.DEVICE_OWNER_ROUTER_GW,
            'admin_state_up': True,
            'name': '',
        }
        plugin_utils.create_port(
            plugin, context, {'port': port}, check_allow_post=False
        )
        fault_point.reach('local.router.gateway_port')
        with (
            plugin_utils.delete_port_on_error(plugin, context, port_id),
            db_api.CONTEXT_WRITER.using(context),
        ):
            router = self._get_router(context, router_id)
            router.gw_port = plugin._get_port(context, port_id)
            router.enable_snat = wanted['enable_snat']
            router_objects.RouterPort(
                context,
                router_id=router_id,
                port_id=port_id,
                port_type=constants.DEVICE_OWNER_ROUTER_GW,
            ).create()
        return router

    @actor.for_documents
    def _validate_routes(
        self,
        context: Any,
        router_id: str,
        routes: Any,
        cidrs: Any = None,
        ip_addresses: Any = None,
    ) -> None:
        """Leave the routes of a document as they are: central has checked."""

    def update_router_gw_ports(
        self, context: Any, network: dict[str, Any], subnet: dict[str, Any]
    ) -> None:
        """Give gateways an address on a new subnet, if it is not central's.

        Routers on central's networks are central's, which chooses their
        addresses.
        """
        if not ledger.is_central_network(context, network['id']):
            super().update_router_gw_ports(context, network, subnet)

    @actor.for_documents
    def _internal_fip_assoc_data(
        self, context: Any, fip: dict[str, Any], project_id: str
    ) -> Any:
        """Return what a floating IP is for.

        In a document that may be what is reached through a router's leg.
        """
        found = floating_ips.across_leg(context, fip)
        return found or super()._internal_fip_assoc_data(
            context, fip, project_id
        )

    @registry.receives(resources.FLOATING_IP, [events.PRECOMMIT_CREATE])
    def _map_floating_ip(
        self, resource: str, event: str, trigger: Any, payload: Any
    ) -> None:
        floating_ips.note_creation(
            payload.context.session, payload.resource_id
        )

    def remove_half_made_floating_ports(
        self, context: Any, network_id: str, address: str
    ) -> None:
        """Remove what an interrupted creation left of a floating IP.

        Neutron does it by itself, but minutes later. Nobody else makes
        floating IPs with this address of central's.
        """
        for port in self._core_plugin.get_ports(
            context,
            filters={
                'network_id': [network_id],
                'device_owner': [constants.DEVICE_OWNER_FLOATINGIP],
                'device_id': [_PENDING],
                'fixed_ips': {'ip_address': [address]},
            },
        ):
            self._fix_or_kill_floating_port(context, port['id'])

    def update_floatingip_status(
        self, context: Any, floatingip_id: str, status: str
    ) -> Any:
        """Take the status that an L3 agent reports, and tell central."""
        with db_api.CONTEXT_WRITER.using(context):
            updated = super().update_floatingip_status(
                context, floatingip_id, status
            )
            router_report.floating_ip_changed(context.session, floatingip_id)
        return updated

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
            .join(gateway, gateway.id == router.gw_port_id)
            .where(
                gateway.network_id == external_network_id,
                router.project_id == project_id,
            )
        )
        with db_api.CONTEXT_READER.using(context):
            return context.session.scalar(query)
