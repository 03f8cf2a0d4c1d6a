# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Documents that central might send, for tests of a region."""

import itertools
from typing import Any
import uuid

from tricircle.replica import types
from tricircle.replica.document import Document
from tricircle.replica.document import Generation

PROJECT = '0123456789abcdef0123456789abcdef'

_counters = itertools.count(1)


def new_id() -> str:
    return str(uuid.uuid4())


def _document(kind: str, resource_id: str, body: dict[str, Any]) -> Document:
    """Return a document, later than all others made here."""
    return Document(
        type=kind,
        id=resource_id,
        region='RegionOne',
        generation=Generation(1, next(_counters)),
        body=body,
    )


def network(**changes: Any) -> Document:
    """Return a network 10.0.0.0/24; its first DHCP port has .2."""
    network_id, subnet_id = new_id(), new_id()
    body = {
        'network': {
            'id': network_id,
            'project_id': PROJECT,
            'name': 'net',
            'description': '',
            'admin_state_up': True,
            'mtu': 1400,
            'port_security_enabled': True,
            'router:external': False,
            'tags': [],
            **changes,
        },
        'subnets': [
            {
                'id': subnet_id,
                'project_id': PROJECT,
                'name': '',
                'description': '',
                'ip_version': 4,
                'cidr': '10.0.0.0/24',
                'gateway_ip': '10.0.0.1',
                'allocation_pools': [
                    {'start': '10.0.0.2', 'end': '10.0.0.254'}
                ],
                'enable_dhcp': True,
                'dns_nameservers': [],
                'host_routes': [],
                'ipv6_ra_mode': None,
                'ipv6_address_mode': None,
                'service_types': [],
                'tags': [],
            }
        ],
        'dhcp_ports': [
            {
                'id': new_id(),
                'mac_address': 'fa:16:3e:00:00:02',
                'fixed_ips': [
                    {'subnet_id': subnet_id, 'ip_address': '10.0.0.2'}
                ],
            }
        ],
        'rbac': [],
        'default_security_group': None,
    }
    return _document(types.NETWORK, network_id, body)


def port(on: Document, group: Document, **changes: Any) -> Document:
    """Return the port 10.0.0.9 of a network."""
    port_id = str(changes.get('id') or new_id())
    body = {
        'port': {
            'id': port_id,
            'network_id': on.id,
            'project_id': PROJECT,
            'name': 'port',
            'description': '',
            'admin_state_up': True,
            'mac_address': 'fa:16:3e:00:00:09',
            'fixed_ips': [
                {
                    'subnet_id': on.body['subnets'][0]['id'],
                    'ip_address': '10.0.0.9',
                }
            ],
            'security_groups': [group.id],
            'port_security_enabled': True,
            'allowed_address_pairs': [],
            'extra_dhcp_opts': [],
            'binding:vnic_type': 'normal',
            'tags': [],
            **changes,
        }
    }
    return _document(types.PORT, port_id, body)


def trunk(parent: Document, *carried: Document, **changes: Any) -> Document:
    """Return a trunk that carries ports as VLANs from 100 on."""
    trunk_id = str(changes.get('id') or new_id())
    body = {
        'trunk': {
            'id': trunk_id,
            'project_id': PROJECT,
            'name': 'trunk',
            'description': 'of ours',
            'admin_state_up': True,
            'port_id': parent.id,
            'sub_ports': sorted(
                (
                    {
                        'port_id': one.id,
                        'segmentation_type': 'vlan',
                        'segmentation_id': number,
                    }
                    for number, one in enumerate(carried, 100)
                ),
                key=lambda one: str(one['port_id']),
            ),
            'tags': [],
            **changes,
        }
    }
    return _document(types.TRUNK, trunk_id, body)


def rule(port_number: int) -> dict[str, Any]:
    """Return a rule that lets a TCP port in."""
    return {
        'id': new_id(),
        'direction': 'ingress',
        'ethertype': 'IPv4',
        'protocol': 'tcp',
        'port_range_min': port_number,
        'port_range_max': port_number,
        'remote_ip_prefix': None,
        'remote_group_id': None,
        'description': '',
    }


def address_group(*addresses: str, **changes: Any) -> Document:
    """Return an address group."""
    group_id = str(changes.get('id') or new_id())
    body = {
        'address_group': {
            'id': group_id,
            'project_id': PROJECT,
            'name': 'offices',
            'description': 'of ours',
            'addresses': sorted(addresses),
            **changes,
        },
        'rbac': [],
    }
    return _document(types.ADDRESS_GROUP, group_id, body)


def address_scope(**changes: Any) -> Document:
    """Return an address scope."""
    scope_id = str(changes.get('id') or new_id())
    body = {
        'address_scope': {
            'id': scope_id,
            'project_id': PROJECT,
            'name': 'space',
            'ip_version': 4,
            **changes,
        },
        'rbac': [],
    }
    return _document(types.ADDRESS_SCOPE, scope_id, body)


def subnet_pool(scope: Document | None = None, **changes: Any) -> Document:
    """Return a subnet pool, in a scope or in none."""
    pool_id = str(changes.get('id') or new_id())
    pool = {
        'id': pool_id,
        'project_id': PROJECT,
        'name': 'pool',
        'description': 'of ours',
        'ip_version': 4,
        'prefixes': ['10.0.0.0/16', '10.9.0.0/16'],
        'default_prefixlen': 24,
        'min_prefixlen': 8,
        'max_prefixlen': 32,
        'default_quota': 512,
        'tags': [],
        **changes,
    }
    if scope is not None:
        pool['address_scope_id'] = scope.id
    return _document(
        types.SUBNET_POOL, pool_id, {'subnetpool': pool, 'rbac': []}
    )


def qos_policy(*rules: dict[str, Any], **changes: Any) -> Document:
    """Return a QoS policy."""
    policy_id = str(changes.get('id') or new_id())
    body = {
        'policy': {
            'id': policy_id,
            'project_id': PROJECT,
            'name': 'gold',
            'description': 'of ours',
            'tags': [],
            **changes,
        },
        'rules': sorted(rules, key=lambda one: str(one['id'])),
        'rbac': [],
    }
    return _document(types.QOS_POLICY, policy_id, body)


def limit(max_kbps: int, direction: str = 'egress') -> dict[str, Any]:
    """Return a rule of a QoS policy that limits bandwidth."""
    return {
        'type': 'bandwidth_limit',
        'id': new_id(),
        'max_kbps': max_kbps,
        'max_burst_kbps': 0,
        'direction': direction,
    }


def group(*rules: dict[str, Any], **changes: Any) -> Document:
    """Return a security group."""
    group_id = new_id()
    body = {
        'security_group': {
            'id': group_id,
            'project_id': PROJECT,
            'name': 'group',
            'description': '',
            'stateful': True,
            'default': False,
            'tags': [],
            **changes,
        },
        'rules': sorted(rules, key=lambda one: str(one['id'])),
        'rbac': [],
    }
    return _document(types.SECURITY_GROUP, group_id, body)


def members(of: Document, *addresses: str) -> Document:
    """Return the members of a security group that are elsewhere."""
    body = {'security_group_id': of.id, 'addresses': sorted(addresses)}
    return _document(types.GROUP_MEMBERS, of.id, body)


def router(*on: Document, **changes: Any) -> Document:
    """Return a router with the first address of some networks."""
    router_id = new_id()
    body = {
        'router': {
            'id': router_id,
            'project_id': PROJECT,
            'name': 'router',
            'description': '',
            'admin_state_up': True,
            'distributed': False,
            'ha': False,
            'tags': [],
            **changes,
        },
        'gateway': None,
        'interfaces': [
            {
                'port_id': new_id(),
                'network_id': one.id,
                'mac_address': f'fa:16:3e:00:01:{number:02x}',
                'fixed_ips': [
                    {
                        'subnet_id': one.body['subnets'][0]['id'],
                        'ip_address': '10.0.0.1',
                    }
                ],
            }
            for number, one in enumerate(on)
        ],
        'routes': [],
        'floating_ips': [],
    }
    return _document(types.ROUTER, router_id, body)


def shadows(on: Document, group: Document, host: str = 'far') -> Document:
    """Return the shadow 10.0.0.19 on a host of another region."""
    body = {
        'network_id': on.id,
        'chunk': 0,
        'ports': [
            {
                'id': new_id(),
                'name': 'shadow',
                'mac_address': 'fa:16:3e:00:00:19',
                'fixed_ips': [
                    {
                        'subnet_id': on.body['subnets'][0]['id'],
                        'ip_address': '10.0.0.19',
                    }
                ],
                'security_groups': [group.id],
                'allowed_address_pairs': [],
                'port_security_enabled': True,
                'region': 'RegionTwo',
                'host': host,
            }
        ],
        'agents': [
            {
                'region': 'RegionTwo',
                'host': host,
                'agent_type': types.AGENT_TYPE_OVS,
                'tunnel_ip': '192.0.2.19',
            }
        ],
    }
    return _document(types.SHADOW_PORTS, types.shadow_id(on.id, 0), body)


def later(document: Document, body: dict[str, Any]) -> Document:
    """Return what central sends of the same resource after that."""
    return _document(document.type, document.id, {**document.body, **body})


def changed(document: Document, **changes: Any) -> Document:
    """Return a later document, with other attributes of the resource."""
    (key,) = {
        'address_scope',
        'network',
        'policy',
        'port',
        'router',
        'security_group',
        'subnetpool',
        'trunk',
    } & set(document.body)
    return later(document, {key: {**document.body[key], **changes}})
