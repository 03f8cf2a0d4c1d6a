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

There is one network for each project; no two have the same subnets while
there are enough, so that an address tells whose router has it.
"""

from collections.abc import Iterable
import ipaddress

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


def choose(pool: str, pool_v6: str, taken: Iterable[str]) -> tuple[str, str]:
    """Return the first IPv4 subnet that is free, and its IPv6 counterpart.

    :param taken: IPv4 subnets of the other bridge networks. Once all are,
        one is used again: they meet nowhere
    :raises BadPool: when a pool is not what it must be
    """
    four = _pool(pool, 4, LENGTH)
    six = _pool(pool_v6, 6, LENGTH_V6)
    first = int(four.network_address) >> (32 - LENGTH)
    size = 1 << (LENGTH - four.prefixlen)
    used = {
        (int(ipaddress.ip_network(one, strict=False).network_address) >> 8)
        - first
        for one in taken
    }
    number = next(
        (one for one in range(size) if one not in used), len(used) % size
    )
    return (
        f'{ipaddress.IPv4Address((first + number) << (32 - LENGTH))}/{LENGTH}',
        str(
            ipaddress.IPv6Network(
                (
                    int(six.network_address)
                    + (
                        (number % (1 << (LENGTH_V6 - six.prefixlen)))
                        << (128 - LENGTH_V6)
                    ),
                    LENGTH_V6,
                )
            )
        ),
    )


def overlap(cidr: str, pools: Iterable[str]) -> str | None:
    """Return the pool that a subnet overlaps, None when it overlaps none."""
    subnet = ipaddress.ip_network(cidr, strict=False)
    for pool in pools:
        found = ipaddress.ip_network(pool, strict=False)
        if found.version == subnet.version and found.overlaps(subnet):
            return pool
    return None
