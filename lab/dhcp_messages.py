# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Messages of DHCP, DHCPv6 and router discovery, written and read.

Numbers are those of RFC 2131 and 2132, RFC 8415, and RFC 4861.
"""

from collections.abc import Iterable, Iterator
import ipaddress
import struct
from typing import Any

from lab import frames

_COOKIE = b'\x63\x82\x53\x63'
_KINDS4 = {2: 'OFFER', 5: 'ACK', 6: 'NAK'}
_KINDS6 = {2: 'ADVERTISE', 7: 'REPLY'}
# Mask, routers, DNS, MTU, lease time, server, classless routes.
_WANTED4 = bytes([1, 3, 6, 26, 51, 54, 121])

DISCOVER, REQUEST, INFORM = 1, 3, 8
SOLICIT, REQUEST6, RENEW6, REBIND6, INFORMATION_REQUEST = 1, 3, 5, 6, 11


def dhcp4(
    mac: str,
    transaction: int,
    kind: int,
    client: str = '0.0.0.0',
    requested: str | None = None,
    server: str | None = None,
) -> bytes:
    """Return the payload of a client's message.

    :param client: ciaddr, the address that the client says it has.
    :param requested: the address it asks for (option 50).
    :param server: the server it has chosen (option 54).
    """
    options = bytes([53, 1, kind])
    for code, value in ((50, requested), (54, server)):
        if value is not None:
            options += bytes([code, 4]) + ipaddress.IPv4Address(value).packed
    options += bytes([55, len(_WANTED4)]) + _WANTED4 + b'\xff'
    head = struct.pack('!BBBBIHH', 1, 1, 6, 0, transaction, 0, 0)
    head += ipaddress.IPv4Address(client).packed + bytes(12)
    head += frames.octets(mac) + bytes(10 + 64 + 128)
    return (head + _COOKIE + options).ljust(300, b'\0')


def read_dhcp4(
    packet: frames.Packet, transaction: int
) -> dict[str, Any] | None:
    """Return a server's reply to a transaction, None if it is none."""
    data = packet.payload
    if packet.ports[0] != 67 or len(data) < 240:
        return None
    if struct.unpack('!I', data[4:8])[0] != transaction:
        return None
    options = dict(_options4(data[240:]))
    if 53 not in options:
        return None
    kind = options[53][0]
    server = _addresses(options.get(54, b''))
    return {
        'type': _KINDS4.get(kind, str(kind)),
        'server': server[0] if server else packet.source,
        'source': packet.source,
        'mac': packet.mac,
        'address': str(ipaddress.IPv4Address(data[16:20])),
        'gateways': _addresses(options.get(3, b'')),
        'dns': _addresses(options.get(6, b'')),
        'mtu': int.from_bytes(options[26], 'big') if 26 in options else None,
        'lease': int.from_bytes(options[51], 'big') if 51 in options else None,
        'routes': list(_routes(options.get(121, b''))),
    }


def _options4(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 1 < len(data) and data[at] != 255:
        if data[at] == 0:
            at += 1
            continue
        end = at + 2 + data[at + 1]
        yield data[at], data[at + 2 : end]
        at = end


def _addresses(data: bytes) -> list[str]:
    return [
        str(ipaddress.IPv4Address(data[i : i + 4]))
        for i in range(0, len(data) - 3, 4)
    ]


def _routes(data: bytes) -> Iterator[dict[str, str]]:
    """Yield the classless static routes of option 121 (RFC 3442)."""
    at = 0
    while at < len(data):
        prefix = data[at]
        octets = (prefix + 7) // 8
        network = data[at + 1 : at + 1 + octets].ljust(4, b'\0')
        hop = data[at + 1 + octets : at + 5 + octets]
        if len(hop) < 4:
            return
        yield {
            'destination': f'{ipaddress.IPv4Address(network)}/{prefix}',
            'nexthop': str(ipaddress.IPv4Address(hop)),
        }
        at += 5 + octets


def dhcp6(
    mac: str,
    transaction: int,
    kind: int,
    address: str | None = None,
    server_id: str | None = None,
) -> bytes:
    """Return the payload of a client's message.

    :param transaction: 24 bits.
    :param address: the address to take, or to go on with.
    :param server_id: the DUID of the server that is meant, in hexadecimal.
    """
    message = struct.pack('!I', kind << 24 | transaction)
    message += _option6(1, b'\0\3\0\1' + frames.octets(mac))
    message += _option6(8, b'\0\0') + _option6(6, struct.pack('!HH', 23, 24))
    if server_id is not None:
        message += _option6(2, bytes.fromhex(server_id))
    if kind != INFORMATION_REQUEST:
        association = struct.pack('!III', 7, 0, 0)
        if address is not None:
            packed = ipaddress.IPv6Address(address).packed
            lifetimes = struct.pack('!II', 3600, 7200)
            association += _option6(5, packed + lifetimes)
        message += _option6(3, association)
    return message


def read_dhcp6(
    packet: frames.Packet, transaction: int
) -> dict[str, Any] | None:
    """Return a server's reply to a transaction, None if it is none."""
    data = packet.payload
    if packet.ports[0] != 547 or len(data) < 4:
        return None
    if int.from_bytes(data[1:4], 'big') != transaction:
        return None
    options = dict(_options6(data[4:]))
    inner = dict(_options6(options.get(3, b'')[12:]))
    leased = inner.get(5, b'')
    dns = options.get(23, b'')
    status = options.get(13, inner.get(13, b''))
    return {
        'type': _KINDS6.get(data[0], str(data[0])),
        'server': packet.source,
        'source': packet.source,
        'mac': packet.mac,
        'server_id': options.get(2, b'').hex(),
        'address': (
            str(ipaddress.IPv6Address(leased[:16]))
            if len(leased) >= 16
            else None
        ),
        'dns': _addresses6(dns),
        'status': int.from_bytes(status[:2], 'big') if status else 0,
    }


def _option6(code: int, value: bytes) -> bytes:
    return struct.pack('!HH', code, len(value)) + value


def _options6(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(data):
        code, length = struct.unpack('!HH', data[at : at + 4])
        yield code, data[at + 4 : at + 4 + length]
        at += 4 + length


def _addresses6(data: bytes) -> list[str]:
    return [
        str(ipaddress.IPv6Address(data[i : i + 16]))
        for i in range(0, len(data) - 15, 16)
    ]


def router_solicitation(mac: str) -> bytes:
    """Return the ICMPv6 message, its checksum left open."""
    return bytes([133, 0, 0, 0, 0, 0, 0, 0, 1, 1]) + frames.octets(mac)


def read_advertisement(packet: frames.Packet) -> dict[str, Any] | None:
    """Return a router's advertisement, None if it is none."""
    data = packet.payload
    if packet.protocol != frames.ICMP6 or len(data) < 16 or data[0] != 134:
        return None
    return {
        'type': 'RA',
        'server': packet.source,
        'source': packet.source,
        'mac': packet.mac,
        'lifetime': int.from_bytes(data[6:8], 'big'),
        'managed': bool(data[5] & 0x80),
        'other': bool(data[5] & 0x40),
        'prefixes': list(_prefixes(data[16:])),
    }


def _prefixes(data: bytes) -> Iterator[str]:
    at = 0
    while at + 1 < len(data) and data[at + 1]:
        size = data[at + 1] * 8
        if data[at] == 3 and size == 32:
            prefix = ipaddress.IPv6Address(data[at + 16 : at + 32])
            yield f'{prefix}/{data[at + 2]}'
        at += size


def servers(replies: Iterable[dict[str, Any]]) -> list[str]:
    """Return the distinct servers that replied, in their order."""
    return list(dict.fromkeys(reply['server'] for reply in replies))
