# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Networks, with their subnets."""

from typing import Final

from tricircle.replica import fields
from tricircle.replica import types
from tricircle.replica.fields import Field

NETWORK: Final = fields.Table(
    resource='network',
    collection='networks',
    fields=(
        *fields.OWNED,
        fields.ADMIN_STATE,
        # Not of type local: that of the region's own type.
        Field('mtu', fields.INTEGER, mutable=True, required=False),
        Field('port_security_enabled', fields.BOOLEAN, mutable=True),
        Field('router:external', fields.BOOLEAN, mutable=True, required=False),
        fields.TAGS,
        fields.QOS_POLICY,
        Field(
            'dns_domain',
            fields.STRING,
            mutable=True,
            required=False,
            sparse=True,
            unset='',
        ),
        # None of them of type local: the region takes its own default type.
        Field('provider:network_type', fields.STRING, required=False),
        Field(
            'provider:physical_network',
            fields.NULLABLE_STRING,
            required=False,
        ),
        Field(
            'provider:segmentation_id',
            fields.NULLABLE_INTEGER,
            required=False,
        ),
    ),
    stays={
        'availability_zone_hints': fields.HINTS,
        'availability_zones': fields.REGIONS_OWN,
        'ha': 'of a network that Neutron makes for itself',
        'ipv4_address_scope': fields.DERIVED,
        'ipv6_address_scope': fields.DERIVED,
        'is_default': fields.NAMED,
        'l2_adjacency': fields.DERIVED,
        'project_default': 'of a database beside the network',
        'pvlan': fields.NAMED,
        'qinq': fields.NAMED,
        'segments': fields.NAMED,
        'shared': fields.IN_DOCUMENT,
        'status': fields.REGIONS_OWN,
        'subnets': fields.IN_DOCUMENT,
        'tenant_id': fields.SAID_BY_PROJECT,
        'vlan_transparent': fields.NAMED,
    },
)
SUBNET: Final = fields.Table(
    resource='subnet',
    collection='subnets',
    fields=(
        *fields.OWNED,
        Field('ip_version', fields.IP_VERSION),
        Field('cidr', fields.CIDR),
        Field('gateway_ip', fields.NULLABLE_ADDRESS, mutable=True),
        Field(
            'allocation_pools',
            fields.listed(
                fields.record(start=fields.ADDRESS, end=fields.ADDRESS)
            ),
            mutable=True,
        ),
        Field('enable_dhcp', fields.BOOLEAN, mutable=True),
        Field('dns_nameservers', fields.ADDRESSES, mutable=True),
        Field('host_routes', fields.ROUTES, mutable=True),
        Field('ipv6_ra_mode', fields.NULLABLE_STRING),
        Field('ipv6_address_mode', fields.NULLABLE_STRING),
        Field('service_types', fields.STRINGS, mutable=True),
        # Left out where a subnet is of no pool. Neutron changes it by calls of
        # their own.
        Field('subnetpool_id', fields.ID, required=False),
        Field(
            'dns_publish_fixed_ip',
            fields.BOOLEAN,
            mutable=True,
            required=False,
            sparse=True,
            unset=False,
        ),
        fields.TAGS,
    ),
    stays={
        'leak_routes': 'of OVN, which no region has',
        'network_id': fields.IN_DOCUMENT,
        'prefixlen': 'of a request: cidr has it',
        'router:external': fields.DERIVED,
        'segment_id': fields.NAMED,
        'shared': fields.DERIVED,
        'tenant_id': fields.SAID_BY_PROJECT,
        'use_default_subnetpool': 'of a request: subnetpool_id has it',
    },
)
KIND: Final = fields.Kind(
    type=types.NETWORK,
    collection='networks',
    not_found='NetworkNotFound',
    tables=(NETWORK, SUBNET),
    schema=fields.record(
        {'agent_gateways': fields.RESERVED_PORTS},
        network=NETWORK.schema,
        subnets=fields.listed(SUBNET.schema),
        dhcp_ports=fields.RESERVED_PORTS,
        rbac=fields.RBAC,
        default_security_group=fields.NULLABLE_STRING,
    ),
)
