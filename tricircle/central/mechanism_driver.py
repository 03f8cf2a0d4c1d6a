# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The ML2 mechanism driver of central: writes down what regions must hear.

Everything happens in the precommits, in the transaction of the change.
Nothing is ever asked of a region here.
"""

from typing import Any

from neutron_lib.api.definitions import external_net
from neutron_lib.api.definitions import portbindings
from neutron_lib.api.definitions import qinq as qinq_apidef
from neutron_lib.api.definitions import vlantransparent as vlan_apidef
from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources
from neutron_lib.db import api as db_api
from neutron_lib.plugins.ml2 import api
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.central import trunk
from tricircle.central.engine import intents
from tricircle.central.group import presence as group_presence
from tricircle.central.held import addresses as held_addresses
from tricircle.central.held import reservations
from tricircle.central.network import pools as subnet_pools
from tricircle.central.port import abandoned
from tricircle.central.port import changes as port_changes
from tricircle.central.port import members as port_members
from tricircle.central.port import precommits
from tricircle.central.port import region_ports
from tricircle.central.qos import presence as qos_presence
from tricircle.central.router import events as router_events
from tricircle.central.server import service_drivers
from tricircle.db.central import models as central_models
from tricircle.journal import intent
from tricircle.journal import router_intents
from tricircle.replica import types

#: What the Open vSwitch driver leaves out, and plain Neutron with it.
_UNSUPPORTED = frozenset([vlan_apidef.ALIAS, qinq_apidef.ALIAS])


def _session(context: Any) -> orm.Session:
    session: orm.Session = context.plugin_context.session
    return session


class TricircleMechanismDriver(api.MechanismDriver):
    """Records intents for networks, subnets, ports and security groups."""

    def initialize(self) -> None:
        self.service_drivers = service_drivers.ServiceDrivers()
        groups = resources.SECURITY_GROUP
        rules = resources.SECURITY_GROUP_RULE
        for callback, resource, event in (
            (self._group_created, groups, events.PRECOMMIT_CREATE),
            (self._group_changed, groups, events.PRECOMMIT_UPDATE),
            (self._group_deleted, groups, events.PRECOMMIT_DELETE),
            (self._rule_created, rules, events.PRECOMMIT_CREATE),
            (self._rule_deleted, rules, events.PRECOMMIT_DELETE),
            (
                self._subnet_loses_ports,
                resources.SUBNET,
                events.PRECOMMIT_DELETE_ASSOCIATIONS,
            ),
        ):
            registry.subscribe(callback, resource, event)
        router_events.subscribe()
        trunk.subscribe()

    @property
    def connectivity(self) -> str:
        return str(portbindings.CONNECTIVITY_L2)

    def supported_extensions(self, extensions: set[str]) -> set[str]:
        return set(extensions) - _UNSUPPORTED

    # Networks. A new one is present nowhere, so nobody hears of it.

    def update_network_precommit(self, context: Any) -> None:
        self._network_changed(context)
        was, is_ = context.original, context.current
        qos_presence.follow_change(_session(context), types.NETWORK, is_, was)
        if was[external_net.EXTERNAL] != is_[external_net.EXTERNAL]:
            router_intents.record_on(_session(context), is_['id'])

    def delete_network_precommit(self, context: Any) -> None:
        self._network_changed(context)
        held_addresses.forget_network(_session(context), context.current['id'])

    @staticmethod
    def _network_changed(context: Any) -> None:
        network = context.current
        intents.changed(
            _session(context),
            types.NETWORK,
            network['id'],
            network['project_id'],
        )

    # Subnets are part of their network's document.

    def create_subnet_precommit(self, context: Any) -> None:
        held_addresses.take_over(context.plugin_context, context.current)
        self._subnet_changed(context)
        subnet = context.current
        subnet_pools.follow_subnets(
            _session(context), subnet['network_id'], subnet['subnetpool_id']
        )
        router_intents.record_on(_session(context), subnet['network_id'])

    def update_subnet_precommit(self, context: Any) -> None:
        self._subnet_changed(context)
        subnet = context.current
        if subnet['gateway_ip'] != context.original['gateway_ip']:
            router_intents.record_on(_session(context), subnet['network_id'])

    @staticmethod
    def _subnet_changed(context: Any) -> None:
        subnet = context.current
        network_id = subnet['network_id']
        if intents.changed(_session(context), types.NETWORK, network_id):
            reservations.reserve_for_subnet(context.plugin_context, network_id)

    @staticmethod
    def _subnet_loses_ports(
        resource: str, event: str, trigger: Any, payload: Any
    ) -> None:
        session = payload.context.session
        held_addresses.hold_subnet(session, payload.resource_id)
        port_members.subnet_deleted(session, payload.resource_id)

    def delete_subnet_precommit(self, context: Any) -> None:
        subnet = context.current
        if intents.changed(
            _session(context), types.NETWORK, subnet['network_id']
        ):
            reservations.release_subnet(context.plugin_context, subnet['id'])
        router_intents.record_on(_session(context), subnet['network_id'])

    # Ports. What central knows of host and status, it knows from the region.

    def create_port_precommit(self, context: Any) -> None:
        region_name = region_ports.on_create_precommit(
            context.plugin_context, context.current
        )
        abandoned.made(_session(context), context.current)
        router_events.port_changed(_session(context), None, context.current)
        # Last, as below: many ports of a group are made at once, and each
        # waits here for those before it.
        port_members.created(_session(context), context.current, region_name)

    def update_port_precommit(self, context: Any) -> None:
        port, original = context.current, context.original
        router_events.port_changed(_session(context), original, port)
        if port_changes.travels(port, original):
            self._port_travels(context)
        port_members.updated(_session(context), port, original)

    @staticmethod
    def _port_travels(context: Any) -> None:
        port, original = context.current, context.original
        if port_changes.changed(_session(context), port) and (
            set(port['security_groups']) - set(original['security_groups'])
        ):
            precommits.update(context.plugin_context, port)
        qos_presence.follow_change(
            _session(context), types.PORT, port, original
        )
        if port['mac_address'] != original['mac_address']:
            precommits.hold_mac(
                _session(context), port['id'], original['mac_address']
            )

    def delete_port_precommit(self, context: Any) -> None:
        session, port = _session(context), context.current
        # While it is known where the port is.
        leaving = port_members.leaving(session, port)
        precommits.delete(context.plugin_context, port)
        router_events.port_changed(session, port, None)
        intent.record(session, leaving)

    def bind_port(self, context: Any) -> None:
        """Take over the binding that a region reported for a host.

        There is nobody else to bind a port in central: a host that no
        region spoke of gives ``binding_failed``, as it does on a plain
        Neutron whose host has no agent.
        """
        location = central_models.PortLocation
        # Binding happens between transactions.
        with db_api.CONTEXT_READER.using(context.plugin_context):
            vif_type = _session(context).scalar(
                sa.select(location.vif_type).where(
                    location.port_id == context.current['id'],
                    location.host == context.host,
                )
            )
        segments = context.segments_to_bind
        if vif_type and segments:
            context.set_binding(segments[0][api.ID], vif_type, {})

    # Security groups, of which mechanism drivers are not told.

    @staticmethod
    def _group_created(
        resource: str, event: str, trigger: Any, payload: Any
    ) -> None:
        group = payload.latest_state
        group_presence.created(
            payload.context.session, group['id'], group['project_id']
        )

    @staticmethod
    def _group_changed(
        resource: str, event: str, trigger: Any, payload: Any
    ) -> None:
        intents.changed(
            payload.context.session, types.SECURITY_GROUP, payload.resource_id
        )

    @staticmethod
    def _group_deleted(
        resource: str, event: str, trigger: Any, payload: Any
    ) -> None:
        for kind in (types.SECURITY_GROUP, types.GROUP_MEMBERS):
            intents.changed(payload.context.session, kind, payload.resource_id)

    @staticmethod
    def _rule_created(
        resource: str, event: str, trigger: Any, payload: Any
    ) -> None:
        rule = payload.latest_state
        if intents.changed(
            payload.context.session,
            types.SECURITY_GROUP,
            rule['security_group_id'],
        ):
            group_presence.follow_rule(payload.context.session, rule)

    @staticmethod
    def _rule_deleted(
        resource: str, event: str, trigger: Any, payload: Any
    ) -> None:
        intents.changed(
            payload.context.session,
            types.SECURITY_GROUP,
            payload.metadata['security_group_id'],
        )
