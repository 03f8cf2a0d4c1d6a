# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Which subnets a bridge network gets out of the pools for them.

There is one network for each router; no two have the same subnets while
there are enough, so that an address tells which router has it. (Two that are
made at one moment may: they meet nowhere, so that does no harm.) Each has an
IPv4 subnet; that says which IPv6 subnet it gets when a router needs one.
"""

from collections.abc import Iterable
import ipaddress
from typing import cast

#: Prefix lengths of the subnets.
LENGTH = 24
LENGTH_V6 = 64


class BadPool(ValueError):
    """A pool that no bridge subnet can be taken from."""


def _pool(
    text: str, version: int, length: int
) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        pool = ipaddress.ip_network(text, strict=False)
    except ValueError as exc:
        raise BadPool(f'{text} is no pool of addresses') from exc
    if pool.version != version or pool.prefixlen > length:
        raise BadPool(
            f'{text} is no pool of IPv{version} subnets with prefix /{length}'
        )
    return pool


def _number(pool: ipaddress.IPv4Network, cidr: str) -> int:
    """Return which subnet of a pool one is; of a pool before, any number."""
    subnet = ipaddress.ip_network(cidr, strict=False)
    return (int(subnet.network_address) - int(pool.network_address)) >> (
        32 - LENGTH
    )


def _four(pool: str) -> ipaddress.IPv4Network:
    return cast(ipaddress.IPv4Network, _pool(pool, 4, LENGTH))


def choose(pool: str, taken: Iterable[str]) -> str:
    """Return the first IPv4 subnet that is free.

    :param taken: IPv4 subnets of the other bridge networks. Once all are,
        one is used again: they meet nowhere
    :raises BadPool: when the pool is not what it must be
    """
    four = _four(pool)
    size = 1 << (LENGTH - four.prefixlen)
    used = {_number(four, one) for one in taken}
    number = next(
        (one for one in range(size) if one not in used), len(used) % size
    )
    address = int(four.network_address) + (number << (32 - LENGTH))
    return f'{ipaddress.IPv4Address(address)}/{LENGTH}'


def counterpart(pool: str, pool_v6: str, cidr: str) -> str:
    """Return the IPv6 subnet that goes with an IPv4 subnet.

    :param cidr: the bridge network's IPv4 subnet
    :raises BadPool: when a pool is not what it must be
    """
    six = _pool(pool_v6, 6, LENGTH_V6)
    number = _number(_four(pool), cidr) % (1 << (LENGTH_V6 - six.prefixlen))
    address = int(six.network_address) + (number << (128 - LENGTH_V6))
    return str(ipaddress.IPv6Network((address, LENGTH_V6)))


def overlap(cidr: str, pools: Iterable[str]) -> str | None:
    """Return the pool that a subnet overlaps, None when it overlaps none."""
    subnet = ipaddress.ip_network(cidr, strict=False)
    for pool in pools:
        found = ipaddress.ip_network(pool, strict=False)
        if found.version == subnet.version and found.overlaps(subnet):
            return pool
    return None
