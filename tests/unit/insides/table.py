# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Private names, and patched ones, that Tricircle relies on."""

import dataclasses
from typing import Final


@dataclasses.dataclass(frozen=True)
class Inside:
    """One name of somebody else's.

    :ivar owner: module and class, or module alone, as ``module:Class``
    :ivar name: of the member
    :ivar signature: today's; None for what is not called
    :ivar needed_by: a module of Tricircle, without ``tricircle.``
    """

    owner: str
    name: str
    signature: str | None
    needed_by: str


_ML2: Final = 'neutron.plugins.ml2.plugin:Ml2Plugin'
_BASE: Final = 'neutron.db.db_base_plugin_v2:NeutronDbPluginV2'
_COMMON: Final = 'neutron.db.db_base_plugin_common:DbBasePluginCommon'
_L3: Final = 'neutron.db.l3_db:L3_NAT_dbonly_mixin'
_DVR: Final = 'neutron.db.l3_dvr_db:DVRResourceOperationHandler'
_IPAM: Final = 'neutron.db.ipam_pluggable_backend:IpamPluggableBackend'
_DHCP: Final = (
    'neutron.api.rpc.agentnotifiers.dhcp_rpc_agent_api:DhcpAgentNotifyAPI'
)
_OPENFLOW: Final = (
    'neutron.plugins.ml2.drivers.openvswitch.agent.openflow.native.'
    'ofswitch:OpenFlowSwitchMixin'
)
_BRIDGE: Final = (
    'neutron.plugins.ml2.drivers.openvswitch.agent.openflow.native.'
    'ovs_bridge:OVSAgentBridge'
)
_CACHE: Final = 'neutron.agent.resource_cache:RemoteResourceCache'

INSIDES: Final = (
    # Central's core plugin.
    Inside(
        _ML2,
        '_create_network_db',
        '(self, context, network)',
        'central.plugin',
    ),
    Inside(
        _ML2,
        '_create_subnet_db',
        '(self, context, subnet)',
        'central.plugin',
    ),
    Inside(
        _ML2,
        '_create_port_db',
        '(self, context, port)',
        'central.adoption.rows',
    ),
    Inside(
        _ML2,
        '_ensure_default_security_group',
        '(self, context, project_id)',
        'central.adoption.rows',
    ),
    Inside(
        _ML2,
        '_handle_segment_change',
        '(self, rtype, event, trigger, payload=None)',
        'central.plugin',
    ),
    Inside(
        _BASE,
        '_onboard_network_subnets',
        '(self, context, subnets_to_onboard, subnetpool)',
        'central.plugin',
    ),
    Inside(_COMMON, '_get_network', '(self, context, id)', 'central.plugin'),
    Inside(
        _COMMON,
        '_is_mac_in_use',
        '(self, context, network_id, mac_address)',
        'central.plugin',
    ),
    Inside(
        'neutron.db.external_net_db:External_net_db_mixin',
        '_process_l3_update',
        '(self, context, net_data, req_data, allow_all=True)',
        'central.plugin',
    ),
    # Central's router plugin.
    Inside(
        'neutron.db.l3_gateway_ip_qos:L3_gw_ip_qos_dbonly_mixin',
        '_update_router_gw_info',
        '(self, context, router_id, info, request_body, router=None)',
        'central.l3_plugin',
    ),
    Inside(
        'neutron.db.l3_dvr_db:L3_NAT_with_dvr_db_mixin',
        '_notify_floating_ip_change',
        '(self, context, floating_ip)',
        'central.l3_plugin',
    ),
    Inside(
        'neutron.db.l3_hamode_db:L3_HA_NAT_db_mixin',
        '_get_device_owner',
        '(self, context, router=None)',
        'central.l3_plugin',
    ),
    Inside(
        'neutron.manager:NeutronManager',
        '_get_plugin_class',
        '(self, namespace, plugin_provider)',
        'central.l3_plugin',
    ),
    # Address groups.
    Inside(
        'neutron.db.address_group_db:AddressGroupDbMixin',
        '_make_address_group_dict',
        '(address_group, fields=None)',
        'local.address_group',
    ),
    # Addresses.
    Inside(
        _IPAM,
        '_ipam_allocate_ips',
        '(self, context, ipam_driver, port, ips, revert_on_fail=True)',
        'central.held.ipam',
    ),
    Inside(
        _IPAM,
        '_ipam_deallocate_ips',
        '(self, context, ipam_driver, port, ips, revert_on_fail=True)',
        'central.held.ipam',
    ),
    Inside(
        _IPAM,
        '_allocate_ips_for_port',
        '(self, context, port)',
        'local.port.address.guard',
    ),
    Inside(
        _IPAM,
        '_test_fixed_ips_for_port',
        '(self, context, network_id, fixed_ips, device_owner, mac_address, '
        'subnets)',
        'local.port.address.guard',
    ),
    Inside(
        'neutron.db.ipam_backend_mixin:IpamBackendMixin',
        '_validate_network_subnetpools',
        '(self, network, subnet_ip_version, new_subnetpool, network_scope)',
        'local.port.address.guard',
    ),
    # A region's core plugin.
    Inside(_ML2, '_setup_rpc', '(self)', 'local.plugin'),
    Inside(_ML2, '_start_rpc_notifiers', '(self)', 'local.plugin'),
    Inside(
        _ML2,
        '_reset_mac_for_direct_physical',
        '(self, orig_port, port, binding)',
        'local.port.writes',
    ),
    Inside(
        _BASE,
        '_validate_subnet',
        '(self, context, s, cur_subnet=None, is_pd=False)',
        'local.network.writes',
    ),
    Inside(
        _BASE,
        '_validate_host_route',
        '(self, route, ip_version)',
        'local.network.writes',
    ),
    Inside(
        _BASE,
        '_validate_ip_version',
        '(self, ip_version, addr, name)',
        'local.network.writes',
    ),
    Inside(
        _COMMON,
        '_get_port',
        '(self, context, id, lazy_fields=None)',
        'local.l3_plugin',
    ),
    Inside(
        'neutron.db.securitygroups_db:SecurityGroupDbMixin',
        '_create_security_group_rule',
        '(self, context, security_group_rule, validate=True)',
        'local.group.renaming',
    ),
    # A region's router plugin.
    Inside(
        _L3,
        '_add_interface_by_subnet',
        '(self, context, router, subnet_id, owner)',
        'local.l3_plugin',
    ),
    Inside(
        _L3,
        '_add_router_port',
        '(self, context, port, router, device_owner)',
        'local.l3_plugin',
    ),
    Inside(_L3, '_core_plugin', None, 'local.l3_plugin'),
    Inside(
        _L3,
        '_create_gw_port',
        '(self, context, router_id, router, new_network_id, ext_ips)',
        'local.l3_plugin',
    ),
    Inside(
        _L3,
        '_create_router_gw_port',
        '(self, context, router, network_id, ext_ips, update_gw_port=True)',
        'local.l3_plugin',
    ),
    Inside(
        _L3,
        '_fix_or_kill_floating_port',
        '(self, context, port_id)',
        'local.l3_plugin',
    ),
    Inside(
        _L3,
        '_get_router',
        '(self, context, router_id)',
        'local.l3_plugin',
    ),
    Inside(
        _L3,
        '_internal_fip_assoc_data',
        '(self, context, fip, project_id)',
        'local.l3_plugin',
    ),
    Inside(
        'neutron.db.extraroute_db:ExtraRoute_dbonly_mixin',
        '_validate_routes',
        '(self, context, router_id, routes, cidrs=None, ip_addresses=None)',
        'local.l3_plugin',
    ),
    Inside(
        _DVR,
        '_add_csnat_router_interface_port',
        '(self, context, router, network_id, subnets, do_pop=True)',
        'local.router.port.distributed',
    ),
    Inside(
        _DVR,
        '_create_snat_intf_ports_if_not_exists',
        '(self, context, router)',
        'local.router.port.distributed',
    ),
    Inside(
        _DVR,
        '_get_ext_nets_by_host',
        '(self, context, host)',
        'local.router.port.distributed',
    ),
    Inside(
        'neutron.db.l3_dvr_db:_DVRAgentInterfaceMixin',
        '_get_agent_gw_ports_exist_for_network',
        '(self, context, network_id, host, agent_id)',
        'local.router.port.distributed',
    ),
    Inside(
        'neutron.db.agents_db:AgentDbMixin',
        '_get_agent_by_type_and_host',
        '(self, context, agent_type, host)',
        'local.router.port.distributed',
    ),
    Inside(
        'neutron.db.l3_agentschedulers_db:L3AgentSchedulerDbMixin',
        '_get_agent_mode',
        '(self, agent_db)',
        'local.router.port.distributed',
    ),
    Inside(
        _L3,
        '_populate_mtu_and_subnets_for_ports',
        '(self, context, ports)',
        'local.router.port.distributed',
    ),
    Inside(
        _L3,
        '_get_sync_floating_ips',
        '(self, context, router_ids, host=None)',
        'local.router.notice.address_scopes',
    ),
    # What DHCP agents are told.
    Inside(
        _DHCP,
        '_after_router_interface_created',
        '(self, resource, event, trigger, payload=None)',
        'local.router.notice.dhcp_agents',
    ),
    Inside(
        _DHCP,
        '_after_router_interface_deleted',
        '(self, resource, event, trigger, payload=None)',
        'local.router.notice.dhcp_agents',
    ),
    Inside(
        _DHCP,
        '_native_event_send_dhcp_notification',
        '(self, resource, event, trigger, payload)',
        'local.router.notice.dhcp_agents',
    ),
    Inside(
        _DHCP,
        '_notify_agents',
        '(self, context, method, payload, network_id, network=None)',
        'local.router.notice.dhcp_agents',
    ),
    Inside(
        _DHCP,
        '_send_dhcp_notification',
        '(self, resource, event, trigger, payload=None)',
        'local.router.notice.dhcp_agents',
    ),
    # Databases.
    Inside(
        'oslo_db.sqlalchemy.enginefacade',
        '_transaction_ctx_for_context',
        '(context)',
        'local.engine.lease.watch',
    ),
    Inside(
        'oslo_db.sqlalchemy.enginefacade',
        '_WRITER',
        None,
        'local.engine.lease.watch',
    ),
    Inside('neutron_lib.db.api', '_retry_db_errors', None, 'db.retries'),
    Inside(
        'neutron_lib.context:Context',
        '_session',
        None,
        'local.asking.reads',
    ),
    # An agent's copy of what the server has.
    Inside(_CACHE, '_deleted_ids_by_type', None, 'agent.returning_ids'),
    Inside(_CACHE, '_puller', None, 'agent.returning_ids'),
    # The agent's way to Open vSwitch.
    Inside(_OPENFLOW, '_app', None, 'agent.probing.switch'),
    Inside(_BRIDGE, '_get_dp', '(self)', 'agent.probing.switch'),
    Inside(
        _OPENFLOW,
        '_send_msg',
        '(self, msg, reply_cls=None, reply_multi=False, active_bundle=None)',
        'agent.probing.switch',
    ),
    # Reports of now, which the agent would make half a minute later.
    Inside(
        'neutron.plugins.ml2.drivers.openvswitch.agent.ovs_neutron_agent:'
        'OVSNeutronAgent',
        '_report_state',
        '(self)',
        'agent.verifying.runner',
    ),
    # Options that the openstack client was started with.
    Inside(
        'osc_lib.clientmanager:ClientManager',
        '_cli_options',
        None,
        'cli.plugin',
    ),
    # Patched, and no private names.
    Inside(
        'neutron.services.qos.qos_plugin',
        'QoSPlugin',
        None,
        'local.qos.plugin',
    ),
    Inside(
        'neutron.notifiers.batch_notifier:BatchNotifier',
        'queue_event',
        '(self, event)',
        'central.server.notifiers',
    ),
    Inside(
        'neutron_lib.rpc',
        'get_client',
        '(target, version_cap=None, serializer=None)',
        'central.server.notifiers',
    ),
    Inside(
        'neutron_lib.rpc',
        'get_notifier',
        '(service=None, host=None, publisher_id=None)',
        'central.server.notifiers',
    ),
    Inside(
        'neutron.services.portforwarding.pf_plugin:PortForwardingPlugin',
        'required_service_plugins',
        None,
        'local.process.service_plugins',
    ),
    *(
        Inside(
            'neutron.services.tag.tag_plugin:TagPlugin',
            name,
            f'(self, context, resource, resource_id{more})',
            'local.port.tags',
        )
        for name, more in (
            ('create_tags', ', body'),
            ('update_tags', ', body'),
            ('update_tag', ', tag'),
            ('delete_tags', ''),
            ('delete_tag', ', tag'),
        )
    ),
    Inside(
        'neutron.services.portforwarding.pf_plugin:PortForwardingPlugin',
        '_process_port_request',
        '(self, event, context, port)',
        'local.router.service.plugins',
    ),
)
