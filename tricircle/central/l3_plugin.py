# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The router plugin of central: Neutron's own, with no agents to tell.

It takes the place of Neutron's ``router`` wherever that is named or
required, so that there is one router plugin in the process and every other
plugin talks to it.
"""

import functools
import threading
from typing import Any, Final

from neutron import manager
from neutron.services.l3_router import l3_router_plugin
from neutron_lib import constants
from neutron_lib.api.definitions import availability_zone as az_apidef
from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources
from neutron_lib.db import api as db_api
from neutron_lib.db import utils as db_utils
from neutron_lib.plugins import directory

from tricircle.central.engine import availability_zones
from tricircle.central.held import ownership
from tricircle.central.port import abandoned as abandoned_ports
from tricircle.central.router import modes as router_modes
from tricircle.central.router import networks as router_networks
from tricircle.central.server import notifiers

#: Entry point of the plugin below, for ``service_plugins``.
NAME: Final = 'tricircle_router'
#: What an operator may have named in ``service_plugins``; Neutron's own
#: ``router`` stands for central's plugin here.
NAMES: Final = frozenset(
    [
        'router',
        'neutron.services.l3_router.l3_router_plugin.L3RouterPlugin',
        NAME,
        'tricircle.network.central_l3_plugin.TricircleL3Plugin',
        'tricircle.central.l3_plugin.TricircleL3Plugin',
    ]
)

_lock: Final = threading.Lock()
_installed = False


class TricircleL3Plugin(l3_router_plugin.L3RouterPlugin):
    """Routers and floating IPs, kept in central's database."""

    # Neutron looks for these under the name of the class itself.
    __native_pagination_support = True
    __native_sorting_support = True

    def __init__(self) -> None:
        super().__init__()
        self._l3_rpc_notifier = notifiers.NoAgents()
        self.agent_notifiers[constants.AGENT_TYPE_L3] = self._l3_rpc_notifier

    @db_api.CONTEXT_READER
    def validate_availability_zones(
        self, context: Any, resource_type: str, availability_zones_: list[str]
    ) -> None:
        """Check hints against the pods, see availability_zones.validate."""
        availability_zones.validate(
            context.session, resource_type, availability_zones_
        )

    # Where a router can be decides what can be on it.

    @db_api.retry_if_session_inactive()
    def add_router_interface(
        self, context: Any, router_id: str, interface_info: Any = None
    ) -> dict[str, Any]:
        """Put a network on a router, see router_networks.check_interface."""
        with db_api.CONTEXT_READER.using(context):
            router_networks.check_interface(
                context.session, router_id, interface_info or {}
            )
        added: dict[str, Any] = super().add_router_interface(
            context, router_id, interface_info
        )
        return added

    def _get_device_owner(self, context: Any, router: Any = None) -> Any:
        """Return what the interfaces of a router are called.

        Given an ID, Neutron reads all of the router.
        """
        if isinstance(router, str):
            with db_api.CONTEXT_READER.using(context):
                if router_modes.is_plain(context.session, router):
                    return constants.DEVICE_OWNER_ROUTER_INTF
        return super()._get_device_owner(context, router)

    def _update_router_gw_info(
        self,
        context: Any,
        router_id: str,
        info: Any,
        request_body: Any,
        router: Any = None,
    ) -> Any:
        """Set or clear the gateway, see router_networks.check_gateway."""
        if info and info.get('network_id'):
            with db_api.CONTEXT_READER.using(context):
                router_networks.check_gateway(
                    context.session, router_id, info['network_id']
                )
            if not db_api.is_session_active(context.session):
                abandoned_ports.delete_gateways_of(context, router_id)
        return super()._update_router_gw_info(
            context, router_id, info, request_body, router=router
        )

    @registry.receives(resources.NETWORK, [events.BEFORE_DELETE])
    def _network_before_delete(
        self, resource: str, event: str, trigger: Any, payload: Any
    ) -> None:
        abandoned_ports.delete_on(payload.context, payload.resource_id)

    # What is held for a region is nobody's to be reached.

    def create_floatingip(
        self, context: Any, floatingip: dict[str, Any]
    ) -> Any:
        _check_fixed_port(context, floatingip)
        return super().create_floatingip(context, floatingip)

    def update_floatingip(
        self, context: Any, id: str, floatingip: dict[str, Any]
    ) -> Any:
        _check_fixed_port(context, floatingip)
        return super().update_floatingip(context, id, floatingip)

    # Zones are those of the regions that have a piece.

    def get_router_availability_zones(self, router: Any) -> list[str]:
        """Return none: get_router(s) fill them in, all in one query."""
        return []

    @db_api.retry_if_session_inactive()
    def get_router(
        self, context: Any, id: str, fields: Any = None
    ) -> dict[str, Any]:
        with db_api.CONTEXT_READER.using(context):
            router: dict[str, Any] = super().get_router(context, id)
            if not fields or az_apidef.COLLECTION_NAME in fields:
                availability_zones.show_routers(context.session, [router])
        shown: dict[str, Any] = db_utils.resource_fields(router, fields)
        return shown

    @db_api.retry_if_session_inactive()
    def get_routers(
        self,
        context: Any,
        filters: Any = None,
        fields: Any = None,
        sorts: Any = None,
        limit: Any = None,
        marker: Any = None,
        page_reverse: bool = False,
    ) -> list[dict[str, Any]]:
        with db_api.CONTEXT_READER.using(context):
            routers: list[dict[str, Any]] = super().get_routers(
                context,
                filters=filters,
                fields=None,
                sorts=sorts,
                limit=limit,
                marker=marker,
                page_reverse=page_reverse,
            )
            if not fields or az_apidef.COLLECTION_NAME in fields:
                availability_zones.show_routers(context.session, routers)
        return [db_utils.resource_fields(router, fields) for router in routers]

    def update_router(
        self, context: Any, id: str, router: dict[str, Any]
    ) -> dict[str, Any]:
        """Change a router, see router_modes.check_update."""
        with db_api.CONTEXT_READER.using(context):
            router_modes.check_update(context.session, id, router['router'])
        updated: dict[str, Any] = super().update_router(context, id, router)
        with db_api.CONTEXT_READER.using(context):
            availability_zones.show_routers(context.session, [updated])
        return updated

    def _notify_floating_ip_change(
        self, context: Any, floating_ip: dict[str, Any]
    ) -> None:
        """Tell nobody: there are no agents.

        To find out whom, Neutron looks for the port of a floating IP on a
        distributed router, and fails when that is gone meanwhile, as with an
        instance whose end its region reports.
        """

    def start_rpc_listeners(self) -> list[Any]:
        return []

    def add_worker(self, worker: Any) -> None:
        """Leave out all workers: they serve agents, or look after them."""


def _check_fixed_port(context: Any, floatingip: dict[str, Any]) -> None:
    port_id = floatingip['floatingip'].get('port_id')
    if port_id:
        ownership.check_port(context, port_id, 'given a floating IP')


def replace_stock_plugin(core_plugin: type) -> None:
    """Load central's plugin wherever Neutron's router plugin is asked for.

    Some service plugins require ``router`` by name, and Neutron would load
    its own beside ours. Processes with another core plugin are not
    affected; safe to repeat.

    :param core_plugin: central's core plugin class
    """
    global _installed
    with _lock:
        if _installed:
            return
        _installed = True
    class_of = manager.NeutronManager._get_plugin_class

    @functools.wraps(class_of)
    def _get_plugin_class(
        self: Any, namespace: str, plugin_provider: str
    ) -> Any:
        found = class_of(self, namespace, plugin_provider)
        if found is l3_router_plugin.L3RouterPlugin and isinstance(
            directory.get_plugin(), core_plugin
        ):
            return TricircleL3Plugin
        return found

    manager.NeutronManager._get_plugin_class = _get_plugin_class
