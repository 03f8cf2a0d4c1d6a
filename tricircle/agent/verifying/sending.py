# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``python -m tricircle.agent.verifying.sending``: send probes once.

A process of its own, since a namespace is entered by a thread as a whole, and
it needs rights that the agent has not. It reads from its standard input what
to send, and writes what came of it: see :func:`main`.
"""

from collections.abc import Mapping, Sequence
import ctypes
import dataclasses
import errno
import json
import os
from pathlib import Path
import secrets
import selectors
import socket
import struct
import sys
import time
from typing import Any, Final, Protocol

from os_ken.lib.packet import packet_utils

from tricircle.agent.verifying import dhcp
from tricircle.replica import probes

#: How often an echo is sent, and after how many seconds again. One may be
#: lost, or late, without anything being wrong: while a MAC address is looked
#: for.
_TIMES: Final = 3
_AGAIN: Final = 0.4
#: Seconds for all, and for answers of DHCP: all servers are to be heard.
_SECONDS: Final = 2.2
_SERVERS: Final = 1.5
_NAMESPACES: Final = Path('/run/netns')
_CLONE_NEWNET: Final = 0x40000000
_ETH_P_ALL: Final = 0x0003
#: Of linux/in.h and linux/in6.h: never in fragments, whatever the kernel has
#: learned of the way.
_IP_MTU_DISCOVER: Final = 10
_IPV6_MTU_DISCOVER: Final = 23
_PROBE: Final = 3
_ECHO: Final = {socket.AF_INET: (8, 0), socket.AF_INET6: (128, 129)}


class _Asked(Protocol):
    """A probe on its way."""

    wire: socket.socket

    def send(self, now: float) -> None:
        """Send what is due, at a time since the beginning."""

    def hear(self, now: float) -> None:
        """Read one packet that came in."""

    def is_over(self, now: float) -> bool:
        """Tell whether nothing more is waited for."""

    def found(self) -> probes.Found:
        """Return what came of it."""


class Echo:
    """ICMP echoes to one address.

    :param number: tells it from the others of its namespace
    """

    def __init__(self, probe: probes.Probe, number: int) -> None:
        six = ':' in probe.address
        self._family = socket.AF_INET6 if six else socket.AF_INET
        self._to = probe.address
        self._body = secrets.token_bytes(8).ljust(probe.size, b'.')
        self._number = number
        self._sent: dict[int, float] = {}
        self._trips: list[float] = []
        protocol = socket.IPPROTO_ICMPV6 if six else socket.IPPROTO_ICMP
        self.wire = socket.socket(self._family, socket.SOCK_RAW, protocol)
        level = socket.IPPROTO_IPV6 if six else socket.IPPROTO_IP
        option = _IPV6_MTU_DISCOVER if six else _IP_MTU_DISCOVER
        self.wire.setsockopt(level, option, _PROBE)
        self.wire.setblocking(False)

    def send(self, now: float) -> None:
        """Send an echo, if one is due."""
        turn = len(self._sent)
        if turn >= _TIMES or now < turn * _AGAIN:
            return
        self._sent[turn] = time.monotonic()
        packet = self._packet(_ECHO[self._family][0], turn)
        try:
            self.wire.sendto(packet, (self._to, 0))
        except OSError as exc:
            # Too large for the interface, or no way there: not answered.
            if exc.errno not in _NO_WAY:
                raise

    def _packet(self, kind: int, turn: int) -> bytes:
        head = struct.pack('!BBHHH', kind, 0, 0, self._number, turn)
        if self._family == socket.AF_INET6:
            # The kernel fills in the checksum.
            return head + self._body
        total = packet_utils.checksum(head + self._body)
        return head[:2] + struct.pack('!H', total) + head[4:] + self._body

    def hear(self, now: float) -> None:
        """Take an answer, if it is one to this."""
        data, origin = self.wire.recvfrom(65535)
        if self._family == socket.AF_INET:
            data = data[(data[0] & 0x0F) * 4 :]
        if origin[0] != self._to or len(data) < 8:
            return
        kind, _code, _sum, number, turn = struct.unpack('!BBHHH', data[:8])
        if (kind, number, data[8:]) == (
            _ECHO[self._family][1],
            self._number,
            self._body,
        ) and turn in self._sent:
            self._trips.append(time.monotonic() - self._sent[turn])

    def is_over(self, now: float) -> bool:
        """Tell whether all were answered."""
        return len(self._trips) == _TIMES

    def found(self) -> probes.Found:
        """Return the shortest round trip in milliseconds."""
        return round(1000 * min(self._trips), 2) if self._trips else None


class Question:
    """A request for an address, to whoever hears it.

    :param device: the interface
    :param mac: its address
    """

    def __init__(self, probe: probes.Probe, device: str, mac: str) -> None:
        self._is_six = probe.kind is probes.Kind.DHCP6
        self._transaction = secrets.randbits(24)
        self._mac = mac
        self._servers: dict[str, None] = {}
        self._is_sent = False
        self.wire = socket.socket(
            socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL)
        )
        self.wire.bind((device, 0))
        self.wire.setblocking(False)

    def send(self, now: float) -> None:
        """Send it once."""
        if not self._is_sent:
            self._is_sent = True
            ask = dhcp.solicit if self._is_six else dhcp.discover
            self.wire.send(ask(self._mac, self._transaction))

    def hear(self, now: float) -> None:
        """Note who sent a frame, if it is an answer to this."""
        data, origin = self.wire.recvfrom(65535)
        found = dhcp.server(data, self._transaction)
        if found is not None and origin[2] != socket.PACKET_OUTGOING:
            self._servers[found] = None

    def is_over(self, now: float) -> bool:
        """Tell whether servers had their time."""
        return now >= _SERVERS

    def found(self) -> probes.Found:
        """Return the hardware addresses of those that answered."""
        return sorted(self._servers)[: probes.MOST_SERVERS]


_NO_WAY: Final = frozenset(
    {
        errno.EMSGSIZE,
        errno.ENETUNREACH,
        errno.EHOSTUNREACH,
        errno.EADDRNOTAVAIL,
        # A firewall of the host, or a full queue.
        errno.EPERM,
        errno.ENOBUFS,
        errno.EAGAIN,
    }
)


@dataclasses.dataclass(frozen=True)
class Sender:
    """A probe port as it is on this host.

    :ivar namespace: its name
    """

    namespace: str
    device: str
    mac: str
    probes: tuple[probes.Probe, ...]


def _enter(path: Path) -> None:
    """Move this thread into a namespace; its sockets are there from now on.

    :raises OSError: it is not there, or may not be entered
    """
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if libc.setns(descriptor, _CLONE_NEWNET):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(path))
    finally:
        os.close(descriptor)


def _asked(sender: Sender) -> list[_Asked]:
    _enter(_NAMESPACES / sender.namespace)
    found: list[_Asked] = []
    for number, probe in enumerate(sender.probes, 1):
        if probe.kind is probes.Kind.PING:
            found.append(Echo(probe, number))
        else:
            found.append(Question(probe, sender.device, sender.mac))
    return found


def exchange(asked: Sequence[_Asked], seconds: float = _SECONDS) -> None:
    """Send all, and hear answers until nothing more is waited for."""
    begin = time.monotonic()
    with selectors.DefaultSelector() as selector:
        for one in asked:
            selector.register(one.wire, selectors.EVENT_READ, one)
        while (now := time.monotonic() - begin) < seconds:
            for one in asked:
                one.send(now)
            if all(one.is_over(now) for one in asked):
                return
            for key, _events in selector.select(0.05):
                try:
                    key.data.hear(now)
                except OSError:
                    # What was told of an echo sent before: not answered.
                    continue


def run(senders: Mapping[str, Sender]) -> dict[str, Any]:
    """Send the probes of ports all at once.

    :param senders: by the IDs of the ports
    :returns: by the same, what came of each probe; a text where nothing could
        be sent
    """
    ready: dict[str, list[_Asked]] = {}
    found: dict[str, Any] = {}
    for port_id, sender in senders.items():
        try:
            ready[port_id] = _asked(sender)
        except OSError as exc:
            found[port_id] = str(exc)
    exchange([one for mine in ready.values() for one in mine])
    found.update(
        {
            port_id: [one.found() for one in mine]
            for port_id, mine in ready.items()
        }
    )
    return found


def packed(senders: Mapping[str, Sender]) -> str:
    """Return the text that a process is told what to send by."""
    return json.dumps(
        {
            port_id: [
                one.namespace,
                one.device,
                one.mac,
                [each.packed() for each in one.probes],
            ]
            for port_id, one in senders.items()
        }
    )


def main() -> None:
    """Read what to send, and write what came of it, both JSON."""
    senders = {
        port_id: Sender(namespace, device, mac, probes.read(wanted))
        for port_id, (namespace, device, mac, wanted) in json.load(
            sys.stdin
        ).items()
    }
    json.dump(run(senders), sys.stdout)


if __name__ == '__main__':
    main()
