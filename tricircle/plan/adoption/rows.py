# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What central makes of a network that a region had of its own.

Everything keeps its ID and its addresses. Only the gateway differs: that of
the region stays the region's, as each region has one of its own, and central
takes another address for the one that no region uses.
"""

from collections.abc import Collection, Mapping
import dataclasses
from typing import Any, Final

from tricircle.plan import allocation_pools
from tricircle.plan import state
from tricircle.plan.adoption import addresses as adoption_addresses
from tricircle.plan.adoption import networks as adoption

Body = Mapping[str, Any]

_DHCP: Final = 'network:dhcp'
_DEFAULT: Final = 'default'
_OWNED: Final = ('id', 'project_id', 'name', 'description')
_NETWORK: Final = (
    *_OWNED,
    'admin_state_up',
    'mtu',
    'port_security_enabled',
    'provider:network_type',
    'provider:physical_network',
    'provider:segmentation_id',
)
_SUBNET: Final = (
    *_OWNED,
    'network_id',
    'ip_version',
    'cidr',
    'enable_dhcp',
    'dns_nameservers',
    'host_routes',
    'service_types',
)
_MODES: Final = ('ipv6_ra_mode', 'ipv6_address_mode')
_PORT: Final = (
    *_OWNED,
    'network_id',
    'admin_state_up',
    'mac_address',
    'fixed_ips',
    'device_id',
    'device_owner',
    'port_security_enabled',
    'binding:vnic_type',
    'extra_dhcp_opts',
)
_RULE: Final = (
    'id',
    'direction',
    'ethertype',
    'protocol',
    'port_range_min',
    'port_range_max',
    'remote_ip_prefix',
    'remote_group_id',
    'description',
)


@dataclasses.dataclass(frozen=True)
class Rows:
    """What central is to make, in the order of the fields.

    :ivar groups: those that are none of a project's default
    :ivar rules: by the ID of their group
    :ivar gateways: of the region, by subnet
    :ivar dhcp_ports: of the region's agents, which central holds for it
    :ivar ports: all others
    """

    groups: tuple[Body, ...]
    rules: Mapping[str, tuple[Body, ...]]
    network: Body
    subnets: tuple[Body, ...]
    gateways: Mapping[str, str]
    dhcp_ports: tuple[Body, ...]
    ports: tuple[Body, ...]


def rows(found: adoption.Network, defaults: Mapping[str, str]) -> Rows:
    """Return what central is to make.

    :param found: the network as its region has it, with nothing in the way
    :param defaults: ID in central of each project's default group
    """
    own = [one for one in found.groups if one['name'] != _DEFAULT]
    central = {
        one['id']: defaults[one['project_id']]
        for one in found.groups
        if one['name'] == _DEFAULT
    }
    taken = adoption_addresses.taken(found.ports)
    return Rows(
        groups=tuple(_some(one, (*_OWNED, 'stateful')) for one in own),
        rules={
            one['id']: tuple(
                {
                    **_some(rule, _RULE),
                    'remote_group_id': central.get(
                        rule['remote_group_id'], rule['remote_group_id']
                    ),
                }
                for rule in one['security_group_rules']
            )
            for one in own
        },
        network={
            key: value
            for key, value in _some(found.network, _NETWORK).items()
            if value is not None
        },
        subnets=tuple(_subnet(one, taken) for one in found.subnets),
        gateways={
            one['id']: one['gateway_ip']
            for one in found.subnets
            if one['gateway_ip']
        },
        dhcp_ports=tuple(
            _some(one, ('id', 'mac_address', 'fixed_ips'))
            for one in found.ports
            if one['device_owner'] == _DHCP
        ),
        ports=tuple(
            _port(one, central)
            for one in found.ports
            if one['device_owner'] != _DHCP
        ),
    )


def _some(found: Body, keys: Collection[str]) -> dict[str, Any]:
    return {key: found[key] for key in keys if key in found}


def _subnet(found: Body, taken: Collection[int]) -> dict[str, Any]:
    pools = [
        state.Range(one['start'], one['end'])
        for one in found['allocation_pools']
    ]
    gateway = None
    if found['gateway_ip']:
        gateway = adoption_addresses.gateway(found, taken)
        pools = allocation_pools.regional(pools, None, gateway, found['cidr'])
    return {
        **_some(found, _SUBNET),
        **{key: found[key] for key in _MODES if found.get(key)},
        'gateway_ip': gateway,
        'allocation_pools': [
            {'start': one.start, 'end': one.end} for one in pools
        ],
    }


def _port(found: Body, central: Mapping[str, str]) -> dict[str, Any]:
    port = _some(found, _PORT)
    port['fixed_ips'] = [
        _some(one, ('subnet_id', 'ip_address')) for one in found['fixed_ips']
    ]
    port['security_groups'] = [
        central.get(one, one) for one in found['security_groups']
    ]
    if found.get('allowed_address_pairs'):
        port['allowed_address_pairs'] = found['allowed_address_pairs']
    return port
