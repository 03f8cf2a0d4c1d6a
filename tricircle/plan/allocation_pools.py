# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Allocation pools of a subnet as one region has it.

Central hands out all addresses; a region's pools only say which addresses
its instances may have. The region's own gateway is none of them, and the
address that is the gateway in central is free to be one, because no region
uses it.
"""

from collections.abc import Iterable
import ipaddress

from tricircle.plan import state

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Span = tuple[int, int]


def _cut(spans: list[_Span], address: int) -> list[_Span]:
    """Take an address out of the first span that contains it."""
    for index, (start, end) in enumerate(spans):
        if start <= address <= end:
            rest = [(start, address - 1), (address + 1, end)]
            return [
                *spans[:index],
                *(span for span in rest if span[0] <= span[1]),
                *spans[index + 1 :],
            ]
    return spans


def _join(spans: list[_Span], address: int) -> list[_Span]:
    """Add an address, making one span of it and its neighbours."""
    if any(start <= address <= end for start, end in spans):
        return spans
    touching = [
        span
        for span in spans
        if span[1] + 1 == address or address + 1 == span[0]
    ]
    others = [span for span in spans if span not in touching]
    return [
        *others,
        (
            min([address, *(start for start, _ in touching)]),
            max([address, *(end for _, end in touching)]),
        ),
    ]


def usable(address: _Address, cidr: str) -> bool:
    """Tell whether Neutron allows an address in a pool of a subnet.

    It does not outside the subnet, nor, but for the smallest IPv4 ranges,
    for the network's own address and the IPv4 broadcast address
    (``IpamBackendMixin.validate_allocation_pools``).
    """
    network = ipaddress.ip_network(cidr, strict=False)
    if address not in network:
        return False
    if network.version == 4 and network.prefixlen > 30:
        return True
    last = int(network.broadcast_address) - (network.version == 4)
    return int(network.network_address) < int(address) <= last


def regional(
    pools: Iterable[state.Range],
    central_gateway: str | None,
    region_gateway: str | None,
    cidr: str,
) -> list[state.Range]:
    """Return the pools of a region, in the order of their addresses.

    :param pools: central's pools, which do not overlap
    :param central_gateway: gateway of the subnet in central
    :param region_gateway: gateway that central reserved for the region;
        None when the subnet has none there, and the pools stay as they are
    :param cidr: the subnet's range, which may not contain its gateway
    """
    spans = [
        (
            int(ipaddress.ip_address(pool.start)),
            int(ipaddress.ip_address(pool.end)),
        )
        for pool in pools
    ]
    factory: type[_Address] = (
        ipaddress.IPv6Address if ':' in cidr else ipaddress.IPv4Address
    )
    if region_gateway is not None:
        taken = ipaddress.ip_address(region_gateway)
        spans = _cut(spans, int(taken))
        if central_gateway is not None:
            freed = ipaddress.ip_address(central_gateway)
            if freed != taken and usable(freed, cidr):
                spans = _join(spans, int(freed))
    return [
        state.Range(str(factory(start)), str(factory(end)))
        for start, end in sorted(spans)
    ]
