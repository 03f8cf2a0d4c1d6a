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

from collections.abc import Mapping
from typing import Any, Final

from tricircle.replica import fields
from tricircle.replica import types
from tricircle.replica.fields import Field


def _set_once(name: str, schema: Mapping[str, Any]) -> Field:
    return Field(name, schema, required=False, sparse=True)


def _settable(
    name: str, schema: Mapping[str, Any], unset: Any = None
) -> Field:
    return Field(name, schema, True, required=False, sparse=True, unset=unset)


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
        # Of extensions that a region need not have.
        _settable('dns_domain', fields.STRING, unset=''),
        # Nova says it in a region, and waits for no central: it comes from
        # there in reports.
        _settable('dns_name', fields.STRING, unset=''),
        _set_once('device_profile', fields.STRING),
        _set_once('hardware_offload_type', fields.STRING),
        _settable('hints', {'type': 'object'}),
        _settable('numa_affinity_policy', fields.STRING),
        _settable('propagate_uplink_status', fields.BOOLEAN, unset=True),
        # Neutron has no way to take it back, only to say no.
        _settable('trusted', fields.BOOLEAN),
    ),
    stays={
        'binding:host_id': fields.REGIONS_OWN,
        'binding:profile': fields.NAMED,
        'binding:vif_details': fields.REGIONS_OWN,
        'binding:vif_type': fields.REGIONS_OWN,
        'data_plane_status': fields.REGIONS_OWN,
        'device_id': fields.REGIONS_OWN,
        'device_owner': fields.REGIONS_OWN,
        'dns_assignment': fields.DERIVED,
        'ip_allocation': fields.DERIVED,
        'pvlan_community': 'pvlan_type is named with it',
        'pvlan_type': fields.NAMED,
        'qos_network_policy_id': fields.DERIVED,
        'resource_request': fields.DERIVED,
        'status': fields.REGIONS_OWN,
        'tenant_id': fields.SAID_BY_PROJECT,
        'trunk_details': fields.DERIVED,
    },
)
KIND: Final = fields.Kind(
    type=types.PORT,
    collection='ports',
    not_found='PortNotFound',
    tables=(PORT,),
    schema=fields.record(port=PORT.schema),
    # As tricircle.replica.messages.ToldBody.
    told=fields.record(
        {'trunk_id': fields.ID},
        revision=fields.INTEGER,
        host=fields.STRING,
        device_id=fields.STRING,
        device_owner=fields.STRING,
    ),
)
