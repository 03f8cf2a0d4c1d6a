# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Tables of Neutron that documents are made from.

They are Neutron's own models, read column by column and not as objects:
loading one network as an object takes a statement for each of a dozen
relationships, and needs the plugins that extended them. Importing this
loads no plugin, so XJob may do so.
"""

from neutron.db import models_v2
from neutron.db import rbac_db_models
from neutron.db.extra_dhcp_opt import models as dhcp_opt_models

# A relationship of networks names Agent by a string.
from neutron.db.models import agent as _agent  # noqa: F401
from neutron.db.models import allowed_address_pair as pair_models
from neutron.db.models import conntrack_helper as helper_models
from neutron.db.models import dns as dns_models
from neutron.db.models import external_net as external_models
from neutron.db.models import l3 as l3_models
from neutron.db.models import l3_attrs as l3_attribute_models
from neutron.db.models import local_ip as local_ip_models
from neutron.db.models import loggingapi as log_models
from neutron.db.models import metering as metering_models
from neutron.db.models import ndp_proxy as ndp_models
from neutron.db.models import port_device_profile as profile_models
from neutron.db.models import port_forwarding as forwarding_models
from neutron.db.models import port_hardware_offload_type as offload_models
from neutron.db.models import port_hints as hints_models
from neutron.db.models import port_numa_affinity_policy as numa_models
from neutron.db.models import port_trusted as trusted_models
from neutron.db.models import pvlan as pvlan_models
from neutron.db.models import securitygroup as group_models
from neutron.db.models import segment as segment_models
from neutron.db.models import subnet_service_type as service_type_models
from neutron.db.models import tag as tag_models
from neutron.db.models import uplink_status_propagation as uplink_models
from neutron.db.port_security import models as port_security_models
from neutron.db.qos import models as qos_models
from neutron.ipam.drivers.neutrondb_ipam import db_models as ipam_models
from neutron.plugins.ml2 import models as ml2_models
from neutron.services.trunk import models as trunk_models
from neutron_lib.db import standard_attr
import sqlalchemy as sa

standard_attributes: sa.Table = standard_attr.StandardAttribute.__table__
tags: sa.Table = tag_models.Tag.__table__

networks: sa.Table = models_v2.Network.__table__
segments: sa.Table = segment_models.NetworkSegment.__table__
network_security: sa.Table = (
    port_security_models.NetworkSecurityBinding.__table__
)
external_networks: sa.Table = external_models.ExternalNetwork.__table__
network_dns: sa.Table = dns_models.NetworkDNSDomain.__table__
network_pvlan: sa.Table = pvlan_models.NetworkPVLAN.__table__
network_qos: sa.Table = qos_models.QosNetworkPolicyBinding.__table__
network_rbac: sa.Table = rbac_db_models.NetworkRBAC.__table__

subnets: sa.Table = models_v2.Subnet.__table__
pools: sa.Table = models_v2.IPAllocationPool.__table__
name_servers: sa.Table = models_v2.DNSNameServer.__table__
subnet_routes: sa.Table = models_v2.SubnetRoute.__table__
service_types: sa.Table = service_type_models.SubnetServiceType.__table__
subnet_dns: sa.Table = dns_models.SubnetDNSPublishFixedIP.__table__

ports: sa.Table = models_v2.Port.__table__
allocations: sa.Table = models_v2.IPAllocation.__table__
ipam_subnets: sa.Table = ipam_models.IpamSubnet.__table__
ipam_allocations: sa.Table = ipam_models.IpamAllocation.__table__
port_security: sa.Table = port_security_models.PortSecurityBinding.__table__
port_bindings: sa.Table = ml2_models.PortBinding.__table__
address_pairs: sa.Table = pair_models.AllowedAddressPair.__table__
dhcp_options: sa.Table = dhcp_opt_models.ExtraDhcpOpt.__table__
port_dns: sa.Table = dns_models.PortDNS.__table__
port_qos: sa.Table = qos_models.QosPortPolicyBinding.__table__
port_device_profiles: sa.Table = profile_models.PortDeviceProfile.__table__
port_offload: sa.Table = offload_models.PortHardwareOffloadType.__table__
port_hints: sa.Table = hints_models.PortHints.__table__
port_numa: sa.Table = numa_models.PortNumaAffinityPolicy.__table__
port_trusted: sa.Table = trusted_models.PortTrusted.__table__
port_pvlan: sa.Table = pvlan_models.PortPVLAN.__table__
port_uplink: sa.Table = uplink_models.PortUplinkStatusPropagation.__table__

trunks: sa.Table = trunk_models.Trunk.__table__
sub_ports: sa.Table = trunk_models.SubPort.__table__

groups: sa.Table = group_models.SecurityGroup.__table__
rules: sa.Table = group_models.SecurityGroupRule.__table__
group_rbac: sa.Table = rbac_db_models.SecurityGroupRBAC.__table__
port_groups: sa.Table = group_models.SecurityGroupPortBinding.__table__
default_groups: sa.Table = group_models.DefaultSecurityGroup.__table__

routers: sa.Table = l3_models.Router.__table__
router_attributes: sa.Table = (
    l3_attribute_models.RouterExtraAttributes.__table__
)
router_routes: sa.Table = l3_models.RouterRoute.__table__
floating_ips: sa.Table = l3_models.FloatingIP.__table__
floating_ip_qos: sa.Table = qos_models.QosFIPPolicyBinding.__table__
router_qos: sa.Table = qos_models.QosRouterGatewayIPPolicyBinding.__table__
floating_ip_dns: sa.Table = dns_models.FloatingIPDNS.__table__
port_forwardings: sa.Table = forwarding_models.PortForwarding.__table__
conntrack_helpers: sa.Table = helper_models.ConntrackHelper.__table__
ndp_proxies: sa.Table = ndp_models.NDPProxy.__table__
ndp_states: sa.Table = ndp_models.RouterNDPProxyState.__table__
metering_labels: sa.Table = metering_models.MeteringLabel.__table__

local_ips: sa.Table = local_ip_models.LocalIP.__table__
logs: sa.Table = log_models.Log.__table__
