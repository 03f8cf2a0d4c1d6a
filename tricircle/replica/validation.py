# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""JSON schemas of the bodies.

They say what a region relies on. Keys they do not name are let through:
central may be one version ahead.
"""

from typing import Any, Final

import jsonschema

from tricircle.replica import border
from tricircle.replica import types
from tricircle.replica.document import Document


class InvalidBody(ValueError):
    """A body that breaks its schema; the text says where and why."""


_STRING: Final = {'type': 'string'}
_BOOLEAN: Final = {'type': 'boolean'}
_INTEGER: Final = {'type': 'integer'}
_NULLABLE_STRING: Final = {'type': ['string', 'null']}
_NULLABLE_INTEGER: Final = {'type': ['integer', 'null']}
_ID: Final = {'type': 'string', 'minLength': 36, 'maxLength': 36}
_STRINGS: Final = {'type': 'array', 'items': _STRING}
_OBJECTS: Final = {'type': 'array', 'items': {'type': 'object'}}


def _object(
    optional: dict[str, Any] | None = None, **required: Any
) -> dict[str, Any]:
    return {
        'type': 'object',
        'required': sorted(required),
        'properties': {**required, **(optional or {})},
    }


def _list(item: dict[str, Any]) -> dict[str, Any]:
    return {'type': 'array', 'items': item}


_FIXED_IPS: Final = _list(_object(subnet_id=_ID, ip_address=_STRING))
_ROUTES: Final = _list(_object(destination=_STRING, nexthop=_STRING))
_RBAC: Final = _list(
    _object(id=_ID, project_id=_STRING, target_tenant=_STRING, action=_STRING)
)
_TAGS: Final = {'tags': _STRINGS}

_NETWORK: Final = _object(
    {
        'provider:network_type': _STRING,
        'provider:physical_network': _NULLABLE_STRING,
        'provider:segmentation_id': _NULLABLE_INTEGER,
        'router:external': _BOOLEAN,
        **_TAGS,
    },
    id=_ID,
    project_id=_STRING,
    name=_STRING,
    description=_STRING,
    admin_state_up=_BOOLEAN,
    mtu=_INTEGER,
    port_security_enabled=_BOOLEAN,
)
_SUBNET: Final = _object(
    _TAGS,
    id=_ID,
    project_id=_STRING,
    name=_STRING,
    description=_STRING,
    ip_version={'enum': [4, 6]},
    cidr=_STRING,
    gateway_ip=_NULLABLE_STRING,
    allocation_pools=_list(_object(start=_STRING, end=_STRING)),
    enable_dhcp=_BOOLEAN,
    dns_nameservers=_STRINGS,
    host_routes=_ROUTES,
    ipv6_ra_mode=_NULLABLE_STRING,
    ipv6_address_mode=_NULLABLE_STRING,
    service_types=_STRINGS,
)
_PORT: Final = _object(
    {'binding:vnic_type': _STRING, **_TAGS},
    id=_ID,
    network_id=_ID,
    project_id=_STRING,
    name=_STRING,
    description=_STRING,
    admin_state_up=_BOOLEAN,
    mac_address=_STRING,
    fixed_ips=_FIXED_IPS,
    security_groups=_STRINGS,
    port_security_enabled=_BOOLEAN,
    allowed_address_pairs=_OBJECTS,
    extra_dhcp_opts=_OBJECTS,
)
_RULE: Final = _object(
    id=_ID,
    direction={'enum': ['ingress', 'egress']},
    ethertype=_STRING,
    protocol=_NULLABLE_STRING,
    port_range_min=_NULLABLE_INTEGER,
    port_range_max=_NULLABLE_INTEGER,
    remote_ip_prefix=_NULLABLE_STRING,
    remote_group_id=_NULLABLE_STRING,
    description=_STRING,
)
_SHADOW: Final = _object(
    id=_ID,
    name=_STRING,
    mac_address=_STRING,
    fixed_ips=_FIXED_IPS,
    security_groups=_STRINGS,
    allowed_address_pairs=_OBJECTS,
    port_security_enabled=_BOOLEAN,
    region=_STRING,
    host=_STRING,
)

_RESERVED_PORTS: Final = _list(
    _object(id=_ID, mac_address=_STRING, fixed_ips=_FIXED_IPS)
)
_ROUTER_PORT: Final[dict[str, Any]] = {
    'port_id': _ID,
    'network_id': _ID,
    'mac_address': _STRING,
    'fixed_ips': _FIXED_IPS,
}

SCHEMAS: Final[dict[str, dict[str, Any]]] = {
    types.NETWORK: _object(
        {'agent_gateways': _RESERVED_PORTS},
        network=_NETWORK,
        subnets=_list(_SUBNET),
        dhcp_ports=_RESERVED_PORTS,
        rbac=_RBAC,
        default_security_group=_NULLABLE_STRING,
    ),
    types.PORT: _object(port=_PORT),
    types.SECURITY_GROUP: _object(
        security_group=_object(
            _TAGS,
            id=_ID,
            project_id=_STRING,
            name=_STRING,
            description=_STRING,
            stateful=_BOOLEAN,
            default=_BOOLEAN,
        ),
        rules=_list(_RULE),
        rbac=_RBAC,
    ),
    types.SHADOW_PORTS: _object(
        network_id=_ID,
        chunk=_INTEGER,
        ports=_list(_SHADOW),
        agents=_list(
            _object(
                region=_STRING,
                host=_STRING,
                agent_type=_STRING,
                tunnel_ip=_STRING,
            )
        ),
    ),
    types.ROUTER: _object(
        {'snat_ports': _list(_object(**_ROUTER_PORT))},
        router=_object(
            {'ha': _BOOLEAN, **_TAGS},
            id=_ID,
            project_id=_STRING,
            name=_STRING,
            description=_STRING,
            admin_state_up=_BOOLEAN,
            distributed=_BOOLEAN,
        ),
        gateway={
            'anyOf': [
                {'type': 'null'},
                _object(**_ROUTER_PORT, enable_snat=_BOOLEAN),
            ]
        },
        interfaces=_list(_object(**_ROUTER_PORT)),
        routes=_ROUTES,
        floating_ips=_list(
            _object(
                id=_ID,
                project_id=_STRING,
                floating_network_id=_ID,
                floating_ip_address=_STRING,
                port_id=_ID,
                fixed_ip_address=_STRING,
                description=_STRING,
            )
        ),
    ),
}

_VALIDATORS: Final = {
    kind: jsonschema.Draft202012Validator(schema)
    for kind, schema in SCHEMAS.items()
}


def validate(document: Document) -> None:
    """Check the body of one document, not of those it requires.

    :raises InvalidBody: with the path of what is wrong
    """
    validator = _VALIDATORS.get(document.type)
    if validator is None:
        raise InvalidBody(f'{document.type!r} is no type of replica')
    error = jsonschema.exceptions.best_match(
        validator.iter_errors(dict(document.body))
    )
    if error is not None:
        path = '.'.join(str(part) for part in error.absolute_path)
        raise InvalidBody(
            f'{path or "body"}: {border.shortened(error.message)}'
        )
