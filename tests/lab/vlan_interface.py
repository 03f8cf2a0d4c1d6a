# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A VLAN interface in an instance, as its kernel would have it.

Run inside: DEVICE VLAN MAC ADDRESS/LENGTH. The machine's kernel may have no
VLANs, as that of a guest has; so frames are tagged here.
"""

import fcntl
import os
import select
import socket
import struct
import subprocess
import sys
from typing import Final

_TUNSETIFF: Final = 0x400454CA
_IFF_TAP_NO_PI: Final = 0x0002 | 0x1000
_ETH_P_ALL: Final = 0x0003
_SOL_PACKET: Final = 263
_PACKET_AUXDATA: Final = 8
#: Of ``struct tpacket_auxdata``: status, three lengths, the tag.
_AUXDATA: Final = struct.Struct('=IIIHHHH')
_VLAN_VALID: Final = 0x10
_VLAN: Final = b'\x81\x00'
_LONGEST: Final = 65535


def tap(name: str) -> int:
    """Make a TAP device; return its descriptor."""
    descriptor = os.open('/dev/net/tun', os.O_RDWR)
    fcntl.ioctl(
        descriptor,
        _TUNSETIFF,
        struct.pack('16sH', name.encode(), _IFF_TAP_NO_PI),
    )
    return descriptor


def wire(device: str) -> socket.socket:
    """Return a socket for all frames of a device, with their tags."""
    made = socket.socket(
        socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL)
    )
    made.setsockopt(_SOL_PACKET, _PACKET_AUXDATA, 1)
    made.bind((device, _ETH_P_ALL))
    return made


def received(source: socket.socket) -> tuple[int | None, bytes]:
    """Return VLAN and untagged frame of what came; None for what has none."""
    frame, said, _flags, address = source.recvmsg(_LONGEST, 64)
    if address[2] == socket.PACKET_OUTGOING:
        return None, frame
    for level, kind, data in said:
        if (level, kind) == (_SOL_PACKET, _PACKET_AUXDATA):
            status, *_lengths, tag, _protocol = _AUXDATA.unpack(
                data[: _AUXDATA.size]
            )
            if status & _VLAN_VALID:
                return tag & 0xFFF, frame
    if frame[12:14] == _VLAN:
        (tag,) = struct.unpack('!H', frame[14:16])
        return tag & 0xFFF, frame[:12] + frame[16:]
    return None, frame


def main(device: str, vlan: str, mac: str, address: str) -> None:
    """Carry frames until killed."""
    number = int(vlan)
    name = f'vlan{number}'
    inner, outer = tap(name), wire(device)
    for command in (
        ['link', 'set', name, 'address', mac, 'mtu', '1300', 'up'],
        ['address', 'add', address, 'dev', name],
    ):
        subprocess.run(['ip', *command], check=True)
    tag = _VLAN + struct.pack('!H', number)
    ends = [inner, outer.fileno()]
    while True:
        ready, _, _ = select.select(ends, [], [])
        if inner in ready:
            frame = os.read(inner, _LONGEST)
            outer.send(frame[:12] + tag + frame[12:])
        if ends[1] in ready:
            found, frame = received(outer)
            if found == number:
                os.write(inner, frame)


if __name__ == '__main__':
    main(*sys.argv[1:])
