# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Frames of the few protocols that the probe speaks, built and taken apart.

By hand and below the IP stack: a probe wants to say what no proper client
says, and to hear every reply, also what the stack would throw away.
"""

import dataclasses
import ipaddress
import struct

BROADCAST = 'ff:ff:ff:ff:ff:ff'
UDP = 17
ICMP6 = 58
_IPV4 = 0x0800
_ARP = 0x0806
_IPV6 = 0x86DD
_VLAN = 0x8100
_ETHERNET = 14


@dataclasses.dataclass(frozen=True)
class Packet:
    """What came in, from Ethernet up to the payload of UDP or ICMPv6.

    ``ports`` are source and destination, zeroes for ICMPv6.
    """

    mac: str
    source: str
    destination: str
    protocol: int
    ports: tuple[int, int]
    payload: bytes


def octets(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(':', ''))


def udp4(
    source: tuple[str, str, int], to: tuple[str, str, int], payload: bytes
) -> bytes:
    """Return a frame; each end is MAC, address, UDP port."""
    a = ipaddress.IPv4Address(source[1]).packed
    b = ipaddress.IPv4Address(to[1]).packed
    length = 8 + len(payload)
    head = struct.pack('!BBHHHBBH', 0x45, 0, 20 + length, 1, 0, 64, UDP, 0)
    head += a + b
    head = head[:10] + struct.pack('!H', _checksum(head)) + head[12:]
    # An IPv4 checksum of UDP may be left out.
    body = struct.pack('!HHHH', source[2], to[2], length, 0) + payload
    return _ethernet(source[0], to[0], _IPV4) + head + body


def udp6(
    source: tuple[str, str, int], to: tuple[str, str, int], payload: bytes
) -> bytes:
    """Return a frame; each end is MAC, address, UDP port."""
    body = struct.pack('!HHHH', source[2], to[2], 8 + len(payload), 0)
    return _ipv6(source[:2], to[:2], UDP, body + payload, 6)


def icmp6(
    source: tuple[str, str], to: tuple[str, str], message: bytes
) -> bytes:
    """Return a frame; the message's checksum (bytes 2, 3) is filled in."""
    return _ipv6(source, to, ICMP6, message, 2)


def _ipv6(
    source: tuple[str, ...],
    to: tuple[str, ...],
    protocol: int,
    body: bytes,
    checksum_at: int,
) -> bytes:
    a = ipaddress.IPv6Address(source[1]).packed
    b = ipaddress.IPv6Address(to[1]).packed
    pseudo = a + b + struct.pack('!II', len(body), protocol)
    # Zero means "none", which IPv6 forbids.
    total = struct.pack('!H', _checksum(pseudo + body) or 0xFFFF)
    body = body[:checksum_at] + total + body[checksum_at + 2 :]
    head = struct.pack('!IHBB', 6 << 28, len(body), protocol, 255) + a + b
    return _ethernet(source[0], to[0], _IPV6) + head + body


def arp_request(mac: str, source: str, target: str) -> bytes:
    """Return the question who has an IPv4 address."""
    return (
        _ethernet(mac, BROADCAST, _ARP)
        + struct.pack('!HHBBH', 1, _IPV4, 6, 4, 1)
        + octets(mac)
        + ipaddress.IPv4Address(source).packed
        + bytes(6)
        + ipaddress.IPv4Address(target).packed
    )


def arp_answer(frame: bytes, target: str) -> str | None:
    """Return the MAC that a frame tells for an IPv4 address, else None."""
    kind, body = _untagged(frame)
    if kind != _ARP or len(body) < 28 or body[6:8] != b'\0\2':
        return None
    if body[14:18] != ipaddress.IPv4Address(target).packed:
        return None
    return body[8:14].hex(':')


def parse(frame: bytes) -> Packet | None:
    """Take a frame apart; None for all but whole UDP and ICMPv6 packets."""
    kind, body = _untagged(frame)
    if kind == _IPV4 and len(body) >= 20 and body[9] == UDP:
        # Only a first fragment has ports.
        if struct.unpack('!H', body[6:8])[0] & 0x1FFF:
            return None
        ends = [str(ipaddress.IPv4Address(body[i : i + 4])) for i in (12, 16)]
        protocol, start = UDP, (body[0] & 0x0F) * 4
    elif kind == _IPV6 and len(body) >= 40 and body[6] in (UDP, ICMP6):
        ends = [str(ipaddress.IPv6Address(body[i : i + 16])) for i in (8, 24)]
        protocol, start = body[6], 40
    else:
        return None
    inner = body[start:]
    ports = (0, 0)
    if protocol == UDP:
        if len(inner) < 8:
            return None
        first, second = struct.unpack('!HH', inner[:4])
        ports, inner = (first, second), inner[8:]
    mac = frame[6:12].hex(':')
    return Packet(mac, ends[0], ends[1], protocol, ports, inner)


def _untagged(frame: bytes) -> tuple[int, bytes]:
    if len(frame) < _ETHERNET:
        return 0, b''
    (kind,) = struct.unpack('!H', frame[12:14])
    if kind == _VLAN and len(frame) >= _ETHERNET + 4:
        (kind,) = struct.unpack('!H', frame[16:18])
        return kind, frame[18:]
    return kind, frame[_ETHERNET:]


def _ethernet(source: str, to: str, kind: int) -> bytes:
    return octets(to) + octets(source) + struct.pack('!H', kind)


def _checksum(data: bytes) -> int:
    data += bytes(len(data) % 2)
    total: int = sum(struct.unpack(f'!{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
