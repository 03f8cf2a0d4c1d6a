# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The core plugin of central: ML2 without agents, for many regions."""

from typing import Any

from neutron.common import utils as n_utils
from neutron.plugins.ml2 import plugin as ml2_plugin
from neutron.services.segments import plugin as segments_plugin
from neutron_lib import constants
from neutron_lib.api import validators
from neutron_lib.api.definitions import availability_zone as az_apidef
from neutron_lib.api.definitions import dhcpagentscheduler
from neutron_lib.api.definitions import external_net
from neutron_lib.api.definitions import network as network_apidef
from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources
from neutron_lib.db import api as db_api
from neutron_lib.db import utils as db_utils
from oslo_config import cfg
from oslo_log import log as logging

from tricircle.central import address_group
from tricircle.central import kinds
from tricircle.central import l3_plugin
from tricircle.central.adoption import steps as adoption_steps
from tricircle.central.departure import steps as departure_steps
from tricircle.central.engine import api as replica_api
from tricircle.central.engine import availability_zones
from tricircle.central.engine import kinds as engine_kinds
from tricircle.central.engine import release
from tricircle.central.engine import session_events
from tricircle.central.engine import worker
from tricircle.central.held import addresses as held_addresses
from tricircle.central.held import ipam as held_ipam
from tricircle.central.held import ownership
from tricircle.central.held import protection
from tricircle.central.held import segments as held_segments
from tricircle.central.network import external as external_networks
from tricircle.central.network import pools as subnet_pools
from tricircle.central.network import type_flat
from tricircle.central.port import bindings
from tricircle.central.port import region_ports
from tricircle.central.port import writers as port_writers
from tricircle.central.router import bridge_networks
from tricircle.central.router import looks as router_looks
from tricircle.central.router import planning
from tricircle.central.router import port_forwardings
from tricircle.central.server import database
from tricircle.central.server import ml2_options
from tricircle.central.server import notifiers
from tricircle.conf import client as client_config
from tricircle.db import retries
from tricircle.replica import types

LOG = logging.getLogger(__name__)

#: What central's API has beside that of plain Neutron.
_OWN_ALIASES = (replica_api.ALIAS, region_ports.ALIAS)


def _becomes_external(network: dict[str, Any], body: dict[str, Any]) -> bool:
    wanted = body.get(external_net.EXTERNAL)
    return (
        validators.is_attr_set(wanted)
        and bool(wanted)
        and not network.get(external_net.EXTERNAL)
    )


def _load_router_plugin(conf: cfg.ConfigOpts) -> None:
    """Have the router plugin loaded, also with service_plugins empty.

    Neutron reads the option after the core plugin was made.
    """
    named = [name for name in conf.service_plugins if name]
    if not l3_plugin.NAMES & set(named):
        conf.set_override('service_plugins', [l3_plugin.NAME, *named])


class TricirclePlugin(
    address_group.AddressGroupsMixin,
    protection.ProtectionMixin,
    port_writers.PortWritersMixin,
    bindings.BindingsMixin,
    region_ports.RegionPortsMixin,
    replica_api.ReplicasMixin,
    ml2_plugin.Ml2Plugin,
):
    """Neutron's API for networks that reach into many regions.

    :raises tricircle.central.server.ml2_options.InvalidOption: at start, when
        central cannot work with what is configured
    """

    # Neutron looks for these under the name of the class itself.
    __native_bulk_support = True
    __native_pagination_support = True
    __native_sorting_support = True

    def __init__(self) -> None:
        # Neutron lists the extension where the option is left alone, and so
        # does central, though it has no DHCP agents to schedule.
        self._lists_dhcp_agents = cfg.CONF.enable_traditional_dhcp
        ml2_options.configure(cfg.CONF)
        client_config.register(cfg.CONF)
        database.check(cfg.CONF)
        database.check_tables()
        _load_router_plugin(cfg.CONF)
        engine_kinds.register(kinds.KINDS)
        super().__init__()
        retries.watch_neutron()
        worker.Worker(
            {
                types.ROUTER_PLAN: planning.plan,
                types.DEPARTURE: departure_steps.depart,
                types.ADOPTION_ROWS: adoption_steps.carry_out,
            },
            [
                router_looks.look_again,
                departure_steps.look,
                release.own().look,
            ],
        ).start_with_process()
        self.l3_rpc_notifier = notifiers.NoAgents()
        flat = self.type_manager.drivers.get(constants.TYPE_FLAT)
        if flat is not None:
            flat.obj = type_flat.FlatTypeDriver()

    @property
    def supported_extension_aliases(self) -> list[str]:
        aliases: list[str] = super().supported_extension_aliases
        if self._lists_dhcp_agents and dhcpagentscheduler.ALIAS not in aliases:
            aliases.append(dhcpagentscheduler.ALIAS)
        aliases.extend(alias for alias in _OWN_ALIASES if alias not in aliases)
        return aliases

    # Availability zones are the pods'.

    @db_api.retry_if_session_inactive()
    def get_availability_zones(
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
            return availability_zones.listed(context.session, filters)

    @db_api.retry_if_session_inactive()
    def validate_availability_zones(
        self, context: Any, resource_type: str, hints: list[str]
    ) -> None:
        """Check hints against the pods, see availability_zones.validate."""
        if external_networks.being_made(context):
            # Settled before, by rules of their own.
            return
        with db_api.CONTEXT_READER.using(context):
            availability_zones.validate(context.session, resource_type, hints)

    def get_network_availability_zones(self, network: Any) -> list[str]:
        """Return none: get_network(s) fill them in, all in one query."""
        return []

    @db_api.retry_if_session_inactive()
    def get_network(
        self, context: Any, id: str, fields: Any = None, net_db: Any = None
    ) -> dict[str, Any]:
        with db_api.CONTEXT_READER.using(context):
            network: dict[str, Any] = super().get_network(
                context, id, None, net_db
            )
            # Whoever brings the row along is in the middle of a change, and
            # shows nothing to anybody.
            if net_db is None and (
                not fields or az_apidef.COLLECTION_NAME in fields
            ):
                availability_zones.show_networks(context.session, [network])
        shown: dict[str, Any] = db_utils.resource_fields(network, fields)
        return shown

    @db_api.retry_if_session_inactive()
    def get_networks(
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
            networks: list[dict[str, Any]] = super().get_networks(
                context, filters, None, sorts, limit, marker, page_reverse
            )
            if not fields or az_apidef.COLLECTION_NAME in fields:
                availability_zones.show_networks(context.session, networks)
        return [
            db_utils.resource_fields(network, fields) for network in networks
        ]

    def update_network(
        self, context: Any, id: str, network: dict[str, Any]
    ) -> dict[str, Any]:
        updated: dict[str, Any] = super().update_network(context, id, network)
        with db_api.CONTEXT_READER.using(context):
            availability_zones.show_networks(context.session, [updated])
        return updated

    # Subnets keep out of what lies between routers.

    def _create_subnet_db(self, context: Any, subnet: dict[str, Any]) -> Any:
        ownership.check_network(
            context, subnet['subnet']['network_id'], 'it takes no more subnets'
        )
        with db_api.CONTEXT_WRITER.using(context):
            result, mech_context = super()._create_subnet_db(context, subnet)
            if not mech_context.network.current[external_net.EXTERNAL]:
                bridge_networks.check_no_overlap(result['cidr'])
        return result, mech_context

    def _onboard_network_subnets(
        self, context: Any, subnets_to_onboard: list[Any], subnetpool: Any
    ) -> None:
        """Put subnets into a pool, of which no mechanism driver is told."""
        with db_api.CONTEXT_WRITER.using(context):
            super()._onboard_network_subnets(
                context, subnets_to_onboard, subnetpool
            )
            subnet_pools.onboarded(
                context.session,
                [one.network_id for one in subnets_to_onboard],
                subnetpool.id,
            )

    # What a region may still use is not given out again.

    def set_ipam_backend(self) -> None:
        self.ipam = held_ipam.HoldingIpamBackend()

    def _is_mac_in_use(
        self, context: Any, network_id: str, mac_address: str
    ) -> bool:
        if super()._is_mac_in_use(context, network_id, mac_address):
            return True
        with db_api.CONTEXT_READER.using(context):
            return held_addresses.holds_mac(
                context.session, network_id, mac_address
            )

    @registry.receives(
        resources.SEGMENT,
        (
            events.PRECOMMIT_CREATE,
            events.PRECOMMIT_DELETE,
            events.AFTER_CREATE,
            events.AFTER_DELETE,
        ),
    )
    def _handle_segment_change(
        self, rtype: str, event: str, trigger: Any, payload: Any = None
    ) -> None:
        context, segment = payload.context, payload.latest_state
        if event == events.PRECOMMIT_DELETE and payload.metadata.get(
            'for_net_delete'
        ):
            if held_segments.hold(context.session, segment):
                return
        elif event == events.PRECOMMIT_DELETE or (
            # Beside the plugin's, networks' own are told of.
            event == events.PRECOMMIT_CREATE
            and isinstance(trigger, segments_plugin.Plugin)
        ):
            ownership.check_network(
                context,
                segment['network_id'],
                'its segments cannot be changed',
            )
            if event == events.PRECOMMIT_DELETE:
                held_segments.check_removal(context.session, segment)
        super()._handle_segment_change(rtype, event, trigger, payload)

    # External networks are in one region.

    def _create_network_db(self, context: Any, network: dict[str, Any]) -> Any:
        with db_api.CONTEXT_WRITER.using(context):
            held_segments.release_confirmed(context, self.type_manager)
            return self._create_network_with_hints(context, network)

    def _create_network_with_hints(
        self, context: Any, network: dict[str, Any]
    ) -> Any:
        body = network[network_apidef.RESOURCE_NAME]
        if not _becomes_external({}, body):
            return super()._create_network_db(context, network)
        with db_api.CONTEXT_WRITER.using(context):
            hints = external_networks.settle_hints(
                context.session, n_utils.get_az_hints(body)
            )
            body[az_apidef.AZ_HINTS] = hints
            region = availability_zones.region_of_hints(context.session, hints)
            with external_networks.making(context, region):
                return super()._create_network_db(context, network)

    def _process_l3_update(
        self,
        context: Any,
        net_data: dict[str, Any],
        req_data: dict[str, Any],
        allow_all: bool = True,
    ) -> None:
        if _becomes_external(net_data, req_data):
            with db_api.CONTEXT_WRITER.using(context):
                external_networks.make_external(
                    context.session, self._get_network(context, net_data['id'])
                )
                super()._process_l3_update(
                    context, net_data, req_data, allow_all
                )
            return
        super()._process_l3_update(context, net_data, req_data, allow_all)

    # No agents: nothing to listen for, nobody to look after.

    def rpc_workers_supported(self) -> bool:
        return False

    def start_rpc_listeners(self) -> list[Any]:
        return []

    def start_rpc_state_reports_listener(self) -> list[Any]:
        return []

    def add_agent_status_check_worker(self, function: Any, desc: Any) -> None:
        """Leave out what looks whether agents are alive."""


notifiers.install(TricirclePlugin)
session_events.install(TricirclePlugin, port_forwardings.check)
l3_plugin.replace_stock_plugin(TricirclePlugin)
