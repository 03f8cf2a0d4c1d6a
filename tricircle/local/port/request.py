# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What a request for a port says to central, and what it makes here."""

from collections.abc import Mapping
from typing import Any

from neutron_lib.api.definitions import port as port_def

from tricircle.db import device_owners
from tricircle.local.engine import attributes
from tricircle.local.engine.group import id_map
from tricircle.local.port import applier as port_applier
from tricircle.local.port import dns_names
from tricircle.replica import messages
from tricircle.replica import types
from tricircle.replica.document import Document
from tricircle.replica.kinds.port import PORT

#: What a user may say of a port and central has to know, of extensions as
#: well: central refuses one that it does not have. Host, profile,
#: DNS names and the like are the region's own.
SENT = (
    'network_id',
    'project_id',
    'name',
    'description',
    'admin_state_up',
    'mac_address',
    'fixed_ips',
    'security_groups',
    'allowed_address_pairs',
    'port_security_enabled',
    'extra_dhcp_opts',
    'device_id',
    'device_owner',
    'binding:vnic_type',
    'tags',
    *(one for one in PORT.sparse if one != dns_names.NAME),
)

#: Owners of ports that Neutron makes for itself, not for a user (rule 4).
OWN_DEVICE_OWNERS = device_owners.MADE_BY_NEUTRON | {types.SHADOW_DEVICE_OWNER}


def is_users(port: Mapping[str, Any]) -> bool:
    """Tell whether a port is for a user, and not for Neutron itself."""
    return port.get('device_owner') not in OWN_DEVICE_OWNERS


def to_central(
    context: Any, port: Mapping[str, Any], port_id: str, region_name: str
) -> dict[str, Any]:
    """Return the body of the request to central.

    :param context: an admin context
    :param port: the attributes as the plugin got them
    """
    body = attributes.said(port_def.COLLECTION_NAME, port, SENT)
    if 'security_groups' in body:
        body['security_groups'] = id_map.to_central(
            context, body['security_groups']
        )
    if 'fixed_ips' in body:
        # Neutron writes into them.
        body['fixed_ips'] = [
            {
                key: str(one[key])
                for key in ('subnet_id', 'ip_address')
                if one.get(key)
            }
            for one in body['fixed_ips']
        ]
    if 'mac_address' in body:
        body['mac_address'] = str(body['mac_address'])
    body['id'] = port_id
    body[messages.REGION_ATTRIBUTE] = region_name
    return body


def to_region(
    context: Any, port: Mapping[str, Any], document: Document
) -> dict[str, Any]:
    """Return what to create the port from in this region.

    :param context: an admin context
    :param port: the attributes of the request
    :param document: the port as central made it
    """
    made = port_applier.creation(
        context, dict(document.body['port']), dict(port)
    )
    return {**port, **made}
