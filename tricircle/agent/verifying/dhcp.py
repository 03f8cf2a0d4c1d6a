# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Requests for an address, as frames, and who answers one. Pure."""

import ipaddress
from typing import Final

from os_ken.lib.packet import dhcp
from os_ken.lib.packet import dhcp6
from os_ken.lib.packet import ethernet
from os_ken.lib.packet import ipv4
from os_ken.lib.packet import ipv6
from os_ken.lib.packet import packet
from os_ken.lib.packet import udp

#: All servers and relays (RFC 8415).
_SERVERS6: Final = ('33:33:00:01:00:02', 'ff02::1:2')
_UDP: Final = 17
_PORTS4: Final = (68, 67)
_PORTS6: Final = (546, 547)
#: Options of the message: its kind, mask and router (RFC 2132); the client's
#: name and the association that an address is for (RFC 8415).
_KIND, _WANTED = 53, 55
_CLIENT, _ASSOCIATION = 1, 3
#: BOOTREPLY; ADVERTISE and REPLY.
_REPLIES4: Final = frozenset({2})
_REPLIES6: Final = frozenset({2, 7})


def discover(mac: str, transaction: int) -> bytes:
    """Return a frame that asks all servers for an offer.

    :param transaction: 32 bits
    """
    made = packet.Packet()
    for part in (
        ethernet.ethernet('ff:ff:ff:ff:ff:ff', mac, 0x0800),
        # Of somebody without an address, to everybody.
        ipv4.ipv4(src=_address(0), dst=_address(-1), proto=_UDP),
        udp.udp(*_PORTS4),
        dhcp.dhcp(
            op=1,
            chaddr=mac,
            xid=transaction,
            options=dhcp.options(
                [
                    dhcp.option(_KIND, bytes([1])),
                    dhcp.option(_WANTED, bytes([1, 3])),
                ]
            ),
        ),
    ):
        made.add_protocol(part)
    made.serialize()
    return bytes(made.data)


def _address(number: int) -> str:
    return str(ipaddress.IPv4Address(number % 2**32))


def solicit(mac: str, transaction: int) -> bytes:
    """Return a frame that asks all servers of DHCPv6 for an offer.

    :param transaction: 24 bits
    """
    name = b'\0\3\0\1' + _octets(mac)
    association = bytes([0, 0, 0, 7]) + bytes(8)
    made = packet.Packet()
    for part in (
        ethernet.ethernet(_SERVERS6[0], mac, 0x86DD),
        ipv6.ipv6(src=link_local(mac), dst=_SERVERS6[1], nxt=_UDP),
        udp.udp(*_PORTS6),
        dhcp6.dhcp6(
            dhcp6.DHCPV6_SOLICIT,
            dhcp6.options(
                [
                    dhcp6.option(_CLIENT, name, len(name)),
                    dhcp6.option(_ASSOCIATION, association, len(association)),
                ]
            ),
            transaction_id=transaction,
        ),
    ):
        made.add_protocol(part)
    made.serialize()
    return bytes(made.data)


def link_local(mac: str) -> str:
    """Return the IPv6 address that an interface gives itself."""
    a = _octets(mac)
    host = bytes([a[0] ^ 2]) + a[1:3] + b'\xff\xfe' + a[3:]
    return str(ipaddress.IPv6Address(b'\xfe\x80' + bytes(6) + host))


def _octets(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(':', ''))


def server(frame: bytes, transaction: int) -> str | None:
    """Return the hardware address of who answers, None for another frame.

    By hand: whatever comes in must not be able to fail.

    :param transaction: of the question, in either family
    """
    if frame[12:14] == b'\x08\x00' and frame[23:24] == bytes([_UDP]):
        start = 14 + (frame[14] & 0x0F) * 4
        from_port, at, size, kinds = _PORTS4[1], 4, 4, _REPLIES4
    elif frame[12:14] == b'\x86\xdd' and frame[20:21] == bytes([_UDP]):
        start = 54
        from_port, at, size, kinds = _PORTS6[1], 1, 3, _REPLIES6
    else:
        return None
    port, said = frame[start : start + 2], frame[start + 8 :]
    if (
        int.from_bytes(port) != from_port
        or len(said) < at + size
        or said[0] not in kinds
        or int.from_bytes(said[at : at + size]) != transaction
    ):
        return None
    return frame[6:12].hex(':')
