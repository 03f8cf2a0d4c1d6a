# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Ports. Device, host and status are the region's own."""

from typing import Final

from tricircle.replica import fields
from tricircle.replica import types
from tricircle.replica.fields import Field

PORT: Final = fields.Table(
    resource='port',
    collection='ports',
    fields=(
        *fields.OWNED,
        Field('network_id', fields.ID),
        fields.ADMIN_STATE,
        Field('mac_address', fields.MAC, mutable=True),
        Field('fixed_ips', fields.FIXED_IPS, mutable=True),
        Field('security_groups', fields.IDS, mutable=True),
        Field('port_security_enabled', fields.BOOLEAN, mutable=True),
        Field('allowed_address_pairs', fields.ADDRESS_PAIRS, mutable=True),
        Field('extra_dhcp_opts', fields.OBJECTS, mutable=True),
        Field(
            'binding:vnic_type', fields.STRING, mutable=True, required=False
        ),
        fields.TAGS,
        fields.QOS_POLICY,
    ),
    stays={
        'binding:host_id': fields.REGIONS_OWN,
        'binding:profile': fields.NAMED,
        'binding:vif_details': fields.REGIONS_OWN,
        'binding:vif_type': fields.REGIONS_OWN,
        'data_plane_status': fields.REGIONS_OWN,
        'device_id': fields.REGIONS_OWN,
        'device_owner': fields.REGIONS_OWN,
        'device_profile': fields.NAMED,
        'dns_assignment': fields.DERIVED,
        'dns_domain': fields.NAMED,
        'dns_name': fields.NAMED,
        'hardware_offload_type': fields.NAMED,
        'hints': fields.NAMED,
        'ip_allocation': fields.DERIVED,
        'numa_affinity_policy': fields.NAMED,
        'propagate_uplink_status': fields.NAMED,
        'pvlan_community': 'pvlan_type is named with it',
        'pvlan_type': fields.NAMED,
        'qos_network_policy_id': fields.DERIVED,
        'resource_request': fields.DERIVED,
        'status': fields.REGIONS_OWN,
        'tenant_id': fields.SAID_BY_PROJECT,
        'trunk_details': fields.DERIVED,
        'trusted': fields.NAMED,
    },
)
KIND: Final = fields.Kind(
    type=types.PORT,
    collection='ports',
    not_found='PortNotFound',
    tables=(PORT,),
    schema=fields.record(port=PORT.schema),
)
