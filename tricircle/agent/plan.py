# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Which flows a host needs so that no other region answers here. Pure.

Each region has its own DHCP servers and routers on a network that is in many
of them, with addresses of their own. What a server or router of another
region says must not reach an instance here:

- through tunnels, told by the source of the tunnel: on the tunnel bridge,
  before anything is learnt from the packet;
- on a wire, where every region looks alike, told by the MAC of the sender:
  on the physical bridge, as the packet comes in from the wire. What no port
  of this region's Neutron sends is dropped; so it also is when no such port
  is known.

Both DHCP namespaces, and routers, claim the same IPv6 address for metadata;
the claims are kept apart in the same way.
"""

from collections.abc import Iterable, Iterator
import dataclasses
from typing import Final

import netaddr

#: An OpenFlow field's value: a number, an address, or address and mask.
Value = int | str | tuple[str, str]
#: The fields of a match, as os-ken names them.
Match = frozenset[tuple[str, Value]]

#: Above all that Neutron has in table 0 of these bridges.
DROP: Final = 50
PASS: Final = 60

#: Neutron's address for metadata over IPv6 (METADATA_V6_IP).
METADATA_ADDRESS: Final = 'fe80::a9fe:a9fe'

# As OFPVID_PRESENT of OpenFlow 1.2 and later: the packet has a VLAN tag.
_TAGGED: Final = 0x1000

_Fields = dict[str, Value]
_UDP4: _Fields = {'eth_type': 0x0800, 'ip_proto': 17}
_UDP6: _Fields = {'eth_type': 0x86DD, 'ip_proto': 17}
_ICMP6: _Fields = {'eth_type': 0x86DD, 'ip_proto': 58}
_SOLICITATION: _Fields = {**_ICMP6, 'icmpv6_type': 135}
_ADVERTISEMENT: _Fields = {**_ICMP6, 'icmpv6_type': 136}
_CLAIMED: _Fields = {'ipv6_nd_target': METADATA_ADDRESS}

# Questions too: a foreign client must not take a lease here either.
_TUNNELLED: tuple[_Fields, ...] = (
    {**_UDP4, 'udp_dst': 67},
    {**_UDP4, 'udp_dst': 68},
    {**_UDP6, 'udp_dst': 546},
    {**_UDP6, 'udp_dst': 547},
    {**_ICMP6, 'icmpv6_type': 133},
    {**_ICMP6, 'icmpv6_type': 134},
    {**_SOLICITATION, **_CLAIMED},
    {**_ADVERTISEMENT, **_CLAIMED},
)

_DHCP4: _Fields = {**_UDP4, 'udp_src': 67, 'udp_dst': 68}
_DHCP6: _Fields = {**_UDP6, 'udp_src': 547, 'udp_dst': 546}
_ROUTER: _Fields = {**_ICMP6, 'icmpv6_type': 134}
# An instance on another host of the region asks for the address as well, but
# from an address of its own: only the claim before use comes from "::".
_CLAIMS: tuple[_Fields, ...] = (
    {**_SOLICITATION, **_CLAIMED, 'ipv6_src': '::'},
    {**_ADVERTISEMENT, **_CLAIMED},
)


@dataclasses.dataclass(frozen=True)
class Flow:
    """A flow of table 0: what matches goes on as usual, or is dropped."""

    priority: int
    match: Match
    passes: bool


@dataclasses.dataclass(frozen=True)
class Segment:
    """What a network is on a wire.

    :param physical_network: Neutron's name of the wire.
    :param vlan: the VLAN ID, or None for a flat network.
    """

    physical_network: str
    vlan: int | None


@dataclasses.dataclass(frozen=True)
class Service:
    """What the region's own Neutron gives on a network, and from where.

    :param dhcp4: a subnet of IPv4 has ``enable_dhcp``.
    :param dhcp6: a subnet of IPv6 has ``enable_dhcp``.
    :param advertised: a subnet has ``ipv6_ra_mode``, so that the routers of
        Neutron advertise it. Without, a router outside of Neutron may.
    :param external: the network leads out of the cloud (``router:external``).
    :param servers: MACs of the DHCP ports in this region.
    :param routers: MACs of the router interfaces in this region.
    :param read_from: IDs of the subnets and ports that say so. No flow
        depends on it, but when one of these goes, the rest may be wrong.
    """

    dhcp4: bool = True
    dhcp6: bool = True
    advertised: bool = True
    external: bool = False
    servers: frozenset[str] = frozenset()
    routers: frozenset[str] = frozenset()
    read_from: frozenset[str] = frozenset()


#: What to assume of a network until its region has been asked: that all of
#: it is given by Neutron, and nobody is known to give it.
UNKNOWN: Final = Service()


def tunnel_flows(foreign: Iterable[netaddr.IPNetwork]) -> frozenset[Flow]:
    """Return the flows of the tunnel bridge.

    :param foreign: the tunnel sources to distrust, see
        :func:`tricircle.agent.underlay.foreign_networks`.
    """
    return frozenset(
        Flow(DROP, _match({**source(network), **fields}), passes=False)
        for network in foreign
        for fields in _TUNNELLED
    )


def wire_flows(
    segment: Segment, service: Service, uplinks: Iterable[int]
) -> frozenset[Flow]:
    """Return the flows of a physical bridge for one network.

    None for a flat network that leads out of the cloud: its wire also
    carries what belongs to the host and its surroundings.

    :param uplinks: OpenFlow numbers of the bridge's interfaces to the wire,
        which is all but the one to the integration bridge.
    """
    if service.external and segment.vlan is None:
        return frozenset()
    vid = 0 if segment.vlan is None else _TAGGED | segment.vlan
    return frozenset(
        flow
        for uplink in uplinks
        for flow in _from_wire({'in_port': uplink, 'vlan_vid': vid}, service)
    )


def _from_wire(wire: _Fields, service: Service) -> Iterator[Flow]:
    own = service.servers | service.routers
    rules: list[tuple[_Fields, frozenset[str]]] = []
    if service.dhcp4:
        rules.append((_DHCP4, service.servers))
    if service.dhcp6:
        rules.append((_DHCP6, service.servers))
    if service.advertised:
        rules.append((_ROUTER, service.routers))
    if rules:
        rules.extend((fields, own) for fields in _CLAIMS)
    for fields, senders in rules:
        said = {**wire, **fields}
        yield Flow(DROP, _match(said), passes=False)
        for mac in senders:
            match = _match({**said, 'eth_src': mac.lower()})
            yield Flow(PASS, match, passes=True)


def source(network: netaddr.IPNetwork) -> _Fields:
    """Return the fields that match what came through tunnels from there."""
    field = 'tun_ipv4_src' if network.version == 4 else 'tun_ipv6_src'
    if not int(network.hostmask):
        return {field: str(network.ip)}
    return {field: (str(network.ip), str(network.netmask))}


def _match(fields: _Fields) -> Match:
    return frozenset(fields.items())
