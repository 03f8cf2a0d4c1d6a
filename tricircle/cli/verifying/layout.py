# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is made for checks, and what each probe port sends. Pure.

The prefixes are those for benchmarks of networks (RFC 2544 and 5180): no
tenant has them, and no way leads there from outside.
"""

from collections.abc import Collection, Mapping, Sequence
import dataclasses
from typing import Any, Final

from tricircle.cli.verifying.checks import Check
from tricircle.cli.verifying.checks import End
from tricircle.cli.verifying.checks import HEADERS
from tricircle.cli.verifying.checks import Kind
from tricircle.cli.verifying.checks import Role
from tricircle.cli.verifying.checks import Size
from tricircle.cli.verifying.checks import SMALL
from tricircle.replica import probes

#: What is made has this tag, and one with the name of the run.
TAG: Final = 'tricircle-verify'
#: Of the networks, of which each has a number in its prefixes.
_MOST: Final = 250


class TooMany(ValueError):
    """More regions than can be verified at once."""


@dataclasses.dataclass(frozen=True)
class Network:
    """A network with a subnet of either family.

    :ivar key: '' for the first stretched one, 'far' for the second, or a
        region's name
    :ivar router: which one it is on, '' for none
    """

    key: str
    number: int
    hints: tuple[str, ...] = ()
    router: str = ''

    def subnets(self) -> list[dict[str, Any]]:
        """Return the bodies of its subnets, without the network's ID."""
        return [
            {'ip_version': 4, 'cidr': f'198.18.{self.number}.0/24'},
            {
                'ip_version': 6,
                'cidr': f'2001:2:0:{self.number:x}::/64',
                'ipv6_address_mode': 'dhcpv6-stateful',
                'ipv6_ra_mode': 'dhcpv6-stateful',
            },
        ]


_FAR: Final = 'far'


def network_of(end: End) -> str:
    """Return the key of the network that a probe port is on."""
    return {Role.FAR: _FAR, Role.OWN: end.region}.get(end.role, '')


def networks(
    planned: Collection[Check], ends: Collection[End]
) -> list[Network]:
    """Return the networks that checks need.

    :raises TooMany: when there are more than have a prefix
    """
    kinds = {one.kind for one in planned}
    keys = {network_of(one) for one in ends}
    routed = Kind.ROUTED.value if Kind.ROUTED in kinds else ''
    found = []
    if '' in keys:
        found.append(Network('', 0, router=routed))
    if _FAR in keys:
        found.append(Network(_FAR, 1, router=routed))
    own = sorted({one.region for one in ends if one.role is Role.OWN})
    if len(own) > _MOST:
        raise TooMany(f'at most {_MOST} regions at once')
    found += (
        Network(region, number, (region,), Kind.BRIDGED.value)
        for number, region in enumerate(own, 2)
    )
    return found


def groups() -> dict[str, list[dict[str, Any]]]:
    """Return the rules of the security groups, by the groups' names.

    A rule without a remote group lets in from anywhere; None stands for the
    group itself.
    """
    families = ('IPv4', 'IPv6')
    icmp = {'IPv4': 'icmp', 'IPv6': 'ipv6-icmp'}
    return {
        'open': [
            {'ethertype': one, 'protocol': icmp[one]} for one in families
        ],
        'members': [
            {'ethertype': one, 'remote_group_id': None} for one in families
        ],
    }


def group_of(end: End) -> str:
    """Return the name of the group that a probe port is in."""
    return 'members' if end.role is Role.MEMBER else 'open'


@dataclasses.dataclass(frozen=True)
class Port:
    """A probe port as central made it.

    :ivar addresses: by family
    :ivar mtu: of its network
    """

    id: str
    network_id: str
    addresses: Mapping[int, str]
    mtu: int


def sent(
    planned: Sequence[Check], ports: Mapping[End, Port]
) -> dict[End, list[tuple[Check, probes.Probe]]]:
    """Return what each probe port sends, and for which check.

    :raises TooMany: when it is more than a port can be told
    """
    found: dict[End, list[tuple[Check, probes.Probe]]] = {
        end: [] for end in ports
    }
    for check in planned:
        found[check.sender].append((check, _probe(check, ports)))
    if any(len(mine) > probes.MOST for mine in found.values()):
        raise TooMany(
            f'a probe port sends at most {probes.MOST} probes: name fewer '
            'regions with --region, or kinds with --only'
        )
    return found


def _probe(check: Check, ports: Mapping[End, Port]) -> probes.Probe:
    if check.receiver is None:
        return probes.Probe(
            probes.Kind.DHCP4 if check.family == 4 else probes.Kind.DHCP6
        )
    size = SMALL
    if check.size is Size.LARGE:
        mtu = min(ports[check.sender].mtu, ports[check.receiver].mtu)
        size = min(mtu - HEADERS[check.family], probes.MOST_SIZE)
    return probes.Probe(
        probes.Kind.PING, ports[check.receiver].addresses[check.family], size
    )
