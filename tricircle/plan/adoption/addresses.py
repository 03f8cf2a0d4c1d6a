# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Addresses of a network that is to become central's: taken, free, wanted.

Ports keep theirs. Central needs some of its own: a gateway, for that of the
region stays the region's, and one for each DHCP server that is to be there.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
import ipaddress
from typing import Any, Final

Body = Mapping[str, Any]

_DHCP: Final = 'network:dhcp'
#: Where addresses are made of MAC addresses.
_AUTO: Final = ('slaac', 'dhcpv6-stateless')


def taken(ports: Iterable[Body]) -> frozenset[int]:
    """Return the addresses that ports have, as numbers."""
    return frozenset(
        int(ipaddress.ip_address(one['ip_address']))
        for port in ports
        for one in port.get('fixed_ips', ())
    )


def free(subnet: Body, taken: Collection[int]) -> Iterator[str]:
    """Yield the addresses of a subnet's pools that no port has.

    The highest first.
    """
    for pool in reversed(subnet['allocation_pools']):
        start, end = (
            ipaddress.ip_address(pool[one]) for one in ('start', 'end')
        )
        for address in range(int(end), int(start) - 1, -1):
            if address not in taken:
                yield str(type(end)(address))


def gateway(subnet: Body, taken: Collection[int]) -> str | None:
    """Return the address of a subnet that is to be central's gateway.

    :returns: None when none is free
    """
    return next(free(subnet, taken), None)


def wanted(subnet: Body, ports: Iterable[Body]) -> list[str]:
    """Return what central needs addresses of a subnet for, one each.

    :param ports: of the network
    """
    found = ['the gateway in central'] if subnet.get('gateway_ip') else []
    if (
        not subnet.get('enable_dhcp')
        or subnet.get('ipv6_address_mode') in _AUTO
    ):
        return found
    servers = [
        {address['subnet_id'] for address in port['fixed_ips']}
        for port in ports
        if port['device_owner'] == _DHCP
    ]
    # A region has one at least.
    lacking = sum(subnet['id'] not in one for one in servers or [set()])
    return found + ['a DHCP server'] * lacking
