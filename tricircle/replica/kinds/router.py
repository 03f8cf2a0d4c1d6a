# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Routers: the piece of one that a region has, with everything on it."""

from typing import Any, Final

from tricircle.replica import fields
from tricircle.replica import types
from tricircle.replica.fields import Field

ROUTER: Final = fields.Table(
    resource='router',
    collection='routers',
    fields=(
        *fields.OWNED,
        fields.ADMIN_STATE,
        fields.TAGS,
        # What a region cannot be asked for after a router was made.
        Field('distributed', fields.BOOLEAN),
        Field('ha', fields.BOOLEAN, required=False),
    ),
    stays={
        'availability_zone_hints': fields.HINTS,
        'availability_zones': fields.REGIONS_OWN,
        'conntrack_helpers': fields.IN_DOCUMENT,
        'enable_default_route_bfd': fields.NAMED,
        'enable_default_route_ecmp': fields.NAMED,
        'enable_ndp_proxy': fields.NAMED,
        'enable_snat': 'the gateway of the document has it',
        'evpn_vni': 'of OVN, which no region has',
        'external_gateway_info': fields.IN_DOCUMENT,
        'external_gateways': 'central takes one gateway, as ML2 without OVN',
        'flavor_id': fields.NAMED,
        'routes': fields.IN_DOCUMENT,
        'service_type_id': 'of plugins that are no more',
        'status': fields.REGIONS_OWN,
        'tenant_id': fields.SAID_BY_PROJECT,
    },
)
#: Neutron takes no ID for one: a region's is another, see the ledger.
FLOATING_IP: Final = fields.Table(
    resource='floatingip',
    collection='floatingips',
    fields=(
        Field('id', fields.ID),
        Field('project_id', fields.STRING),
        Field('floating_network_id', fields.ID),
        Field('floating_ip_address', fields.ADDRESS),
        Field('port_id', fields.ID),
        Field('fixed_ip_address', fields.STRING),
        Field('description', fields.STRING),
        fields.QOS_POLICY,
        fields.TAGS,
    ),
    stays={
        'distributed': 'of OVN, which no region has',
        'dns_domain': fields.NAMED,
        'dns_name': fields.NAMED,
        'port_details': fields.DERIVED,
        'port_forwardings': fields.IN_DOCUMENT,
        'qos_network_policy_id': fields.DERIVED,
        'router_id': fields.DERIVED,
        'status': fields.REGIONS_OWN,
        'subnet_id': 'of a request: the address has it',
        'tenant_id': fields.SAID_BY_PROJECT,
    },
)
PORT_FORWARDING: Final = fields.Table(
    resource='port_forwarding',
    collection='port_forwardings',
    fields=(
        Field('id', fields.ID),
        Field('protocol', fields.STRING),
        Field('internal_port_id', fields.ID),
        Field('internal_ip_address', fields.ADDRESS),
        Field('internal_port_range', fields.PORT_RANGE),
        Field('external_port_range', fields.PORT_RANGE),
        Field('description', fields.STRING, mutable=True),
    ),
    stays={
        'external_port': fields.RANGE,
        'internal_port': fields.RANGE,
        'project_id': 'of the floating IP',
    },
)
CONNTRACK_HELPER: Final = fields.Table(
    resource='conntrack_helper',
    collection='conntrack_helpers',
    fields=(
        Field('id', fields.ID),
        Field('protocol', fields.STRING),
        Field('port', fields.INTEGER),
        Field('helper', fields.STRING),
    ),
    stays={'project_id': 'of the router'},
)
#: What a floating IP that forwards ports is for, they say.
FORWARDING_IP: Final = tuple(
    one
    for one in FLOATING_IP.fields
    if one.name not in ('port_id', 'fixed_ip_address')
)
_PORT: Final[dict[str, Any]] = {
    'port_id': fields.ID,
    'network_id': fields.ID,
    'mac_address': fields.MAC,
    'fixed_ips': fields.FIXED_IPS,
}
KIND: Final = fields.Kind(
    type=types.ROUTER,
    collection='routers',
    not_found='RouterNotFound',
    tables=(ROUTER, FLOATING_IP, PORT_FORWARDING, CONNTRACK_HELPER),
    schema=fields.record(
        {
            'snat_ports': fields.listed(fields.record(**_PORT)),
            'forwarding_ips': fields.listed(
                fields.object_of(
                    FORWARDING_IP,
                    port_forwardings=fields.listed(PORT_FORWARDING.schema),
                )
            ),
            'conntrack_helpers': fields.listed(CONNTRACK_HELPER.schema),
        },
        router=ROUTER.schema,
        gateway={
            'anyOf': [
                {'type': 'null'},
                fields.record(
                    {'qos_policy_id': fields.ID},
                    **_PORT,
                    enable_snat=fields.BOOLEAN,
                ),
            ]
        },
        interfaces=fields.listed(fields.record(**_PORT)),
        routes=fields.ROUTES,
        floating_ips=fields.listed(FLOATING_IP.schema),
    ),
)
