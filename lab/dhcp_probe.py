# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``python -m lab.dhcp_probe IFACE [--json]``: who answers here?

Runs inside the namespace of an instance and asks in every way a client may
ask, rightly or not, for a lease, for settings, for a router. Every reply is
listed with the address of its server: on a network in many regions, all must
be those of the instance's own region.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
import dataclasses
import functools
import ipaddress
import json
from pathlib import Path
import random
import socket
import sys
import time
from typing import Any

from lab import dhcp_messages as messages
from lab import frames

_ETH_P_ALL = 0x0003
_NOWHERE = '0.0.0.0'
_ALL4 = '255.255.255.255'
# All DHCP servers, all routers, and their multicast MACs.
_SERVERS6 = ('33:33:00:01:00:02', 'ff02::1:2')
_ROUTERS6 = ('33:33:00:00:00:02', 'ff02::2')
#: An address of no subnet, for the client that comes from elsewhere.
_ELSEWHERE = '10.99.99.9'

Reply = dict[str, Any]
Reader = Callable[[frames.Packet], Reply | None]


class Probe:
    """A client on an interface, below the IP stack.

    Each question has a socket and a transaction of its own: several may be
    put at once, by threads.
    """

    def __init__(self, interface: str, wait: float) -> None:
        self._wait = wait
        self._interface = interface
        folder = Path('/sys/class/net') / interface
        self.mac = (folder / 'address').read_text().strip()
        self._offers: list[Reply] = []
        self._offers6: list[Reply] = []

    def discover(self) -> list[Reply]:
        """Ask for an offer, as a new client does."""
        self._offers = self._ask4(messages.DISCOVER)
        return self._offers

    def select(self) -> list[Reply]:
        """Take the first offer."""
        if not self._offers:
            self.discover()
        for offer in self._offers[:1]:
            return self._ask4(
                messages.REQUEST,
                requested=offer['address'],
                server=offer['server'],
            )
        return []

    def init_reboot(self, address: str) -> list[Reply]:
        """Ask all servers for the address of an earlier lease."""
        return self._ask4(messages.REQUEST, requested=address)

    def wrong_reboot(self) -> list[Reply]:
        """Ask all servers for an address of some other network."""
        return self._ask4(messages.REQUEST, requested=_ELSEWHERE)

    def rebind(self, address: str) -> list[Reply]:
        """Ask all servers to prolong a lease."""
        return self._ask4(messages.REQUEST, client=address)

    def renew(self, address: str, server: str) -> list[Reply]:
        """Ask one server to prolong a lease.

        :raises LookupError: nobody has that address, so nothing was asked.
        """
        mac = self._resolve(address, server)
        if mac is None:
            raise LookupError('no answer to ARP for %s' % server)
        return self._ask4(messages.REQUEST, client=address, to=(mac, server))

    def inform(self, address: str) -> list[Reply]:
        """Ask all servers for settings, with an address of one's own."""
        return self._ask4(messages.INFORM, client=address)

    def solicit(self) -> list[Reply]:
        """Ask for an offer of DHCPv6."""
        self._offers6 = self._ask6(messages.SOLICIT)
        return self._offers6

    def request6(self) -> list[Reply]:
        """Take the first offer of DHCPv6."""
        return self._ask_chosen6(messages.REQUEST6)

    def renew6(self) -> list[Reply]:
        """Ask the server of the first offer to prolong that lease."""
        return self._ask_chosen6(messages.RENEW6)

    def _ask_chosen6(self, kind: int) -> list[Reply]:
        if not self._offers6:
            self.solicit()
        for offer in self._offers6[:1]:
            if offer['address'] is not None:
                return self._ask6(kind, offer['address'], offer['server_id'])
        return []

    def information_request(self) -> list[Reply]:
        """Ask for settings by DHCPv6."""
        return self._ask6(messages.INFORMATION_REQUEST)

    def rebind6(self, address: str) -> list[Reply]:
        """Ask all servers of DHCPv6 to prolong a lease."""
        return self._ask6(messages.REBIND6, address)

    def router_solicitation(self) -> list[Reply]:
        """Ask all routers to advertise themselves."""
        frame = frames.icmp6(
            (self.mac, self._link_local()),
            _ROUTERS6,
            messages.router_solicitation(self.mac),
        )
        return self._ask(frame, messages.read_advertisement)

    def _ask4(
        self,
        kind: int,
        client: str = _NOWHERE,
        to: tuple[str, str] = (frames.BROADCAST, _ALL4),
        **options: str,
    ) -> list[Reply]:
        transaction = random.getrandbits(32)
        payload = messages.dhcp4(
            self.mac, transaction, kind, client, **options
        )
        frame = frames.udp4((self.mac, client, 68), (*to, 67), payload)
        return self._ask(
            frame, lambda packet: messages.read_dhcp4(packet, transaction)
        )

    def _ask6(
        self,
        kind: int,
        address: str | None = None,
        server_id: str | None = None,
    ) -> list[Reply]:
        transaction = random.getrandbits(24)
        frame = frames.udp6(
            (self.mac, self._link_local(), 546),
            (*_SERVERS6, 547),
            messages.dhcp6(self.mac, transaction, kind, address, server_id),
        )
        return self._ask(
            frame, lambda packet: messages.read_dhcp6(packet, transaction)
        )

    def _ask(self, frame: bytes, read: Reader) -> list[Reply]:
        replies = []
        for received in self._answers(frame):
            packet = frames.parse(received)
            reply = read(packet) if packet is not None else None
            if reply is not None:
                replies.append(reply)
        return replies

    def _resolve(self, address: str, server: str) -> str | None:
        request = frames.arp_request(self.mac, address, server)
        for received in self._answers(request):
            mac = frames.arp_answer(received, server)
            if mac is not None:
                return mac
        return None

    def _answers(self, frame: bytes) -> Iterator[bytes]:
        """Send a frame; yield what comes in as long as the probe waits."""
        with socket.socket(
            socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL)
        ) as wire:
            wire.bind((self._interface, 0))
            wire.send(frame)
            end = time.monotonic() + self._wait
            while (left := end - time.monotonic()) > 0:
                wire.settimeout(left)
                try:
                    data, origin = wire.recvfrom(4096)
                except TimeoutError:
                    return
                if origin[2] != socket.PACKET_OUTGOING:
                    yield data

    def addresses6(self) -> list[str]:
        """Return the IPv6 addresses of the interface."""
        try:
            rows = Path('/proc/net/if_inet6').read_text().splitlines()
        except FileNotFoundError:
            return []
        return [
            str(ipaddress.IPv6Address(bytes.fromhex(row.split()[0])))
            for row in rows
            if row.split()[5] == self._interface
        ]

    def _link_local(self) -> str:
        for address in self.addresses6():
            if ipaddress.IPv6Address(address).is_link_local:
                return address
        # None yet, then the one that the interface would give itself.
        a = frames.octets(self.mac)
        host = bytes([a[0] ^ 2]) + a[1:3] + b'\xff\xfe' + a[3:]
        return str(ipaddress.IPv6Address(b'\xfe\x80' + bytes(6) + host))


@dataclasses.dataclass(frozen=True)
class Question:
    """What is asked, by the name that the output has.

    :ivar server: whom, None for whoever hears it
    :ivar turn: those of one turn are put at once; a later one builds upon
        the answers to an earlier one
    """

    name: str
    ask: Callable[[], list[Reply]]
    server: str | None = None
    turn: int = 0


def _questions(
    probe: Probe, address: str, address6: str | None, servers: Sequence[str]
) -> list[Question]:
    found = [
        Question('DISCOVER', probe.discover),
        Question('SELECT', probe.select, turn=1),
        Question('INIT-REBOOT', lambda: probe.init_reboot(address)),
        Question('wrong INIT-REBOOT', probe.wrong_reboot),
        Question('REBIND', lambda: probe.rebind(address)),
        *(
            Question(
                'RENEW', functools.partial(probe.renew, address, one), one
            )
            for one in servers
        ),
        Question('INFORM', lambda: probe.inform(address)),
        Question('SOLICIT', probe.solicit),
        Question('REQUEST v6', probe.request6, turn=1),
        Question('RENEW v6', probe.renew6, turn=2),
        Question('INFORMATION-REQUEST', probe.information_request),
    ]
    if address6 is not None:
        known6 = address6
        found.append(Question('REBIND v6', lambda: probe.rebind6(known6)))
    return [*found, Question('RS', probe.router_solicitation)]


def run(
    probe: Probe,
    address: str,
    address6: str | None,
    servers: Sequence[str],
    only: Sequence[str] = (),
) -> list[Reply]:
    """Ask in every way there is, or in some; return a row for each question.

    A row with an ``error`` proves nothing: the question was not put.
    """
    asked = [
        one
        for one in _questions(probe, address, address6, servers)
        if not only or one.name in only
    ]
    rows: dict[Question, Reply] = {}
    with futures.ThreadPoolExecutor(len(asked) or 1) as pool:
        for turn in sorted({one.turn for one in asked}):
            together = [one for one in asked if one.turn == turn]
            rows.update(zip(together, pool.map(_row, together), strict=True))
    return [rows[one] for one in asked]


def _row(question: Question) -> Reply:
    error, replies = None, []
    try:
        replies = question.ask()
    except LookupError as e:
        error = str(e)
    return {
        'probe': question.name,
        'to': question.server,
        'error': error,
        'servers': messages.servers(replies),
        'replies': replies,
    }


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog='python -m lab.dhcp_probe', description=__doc__
    )
    parser.add_argument('interface', metavar='IFACE')
    parser.add_argument('--json', action='store_true', help='print JSON')
    parser.add_argument(
        '--address', help="the instance's IPv4 address; default: as offered"
    )
    parser.add_argument(
        '--address6', help="its DHCPv6 address; default: the interface's"
    )
    parser.add_argument(
        '--server',
        action='append',
        default=[],
        help='IPv4 address of a server to send RENEW to, of any region; may '
        'be repeated; default: those that made an offer',
    )
    parser.add_argument(
        '--only',
        action='append',
        default=[],
        metavar='NAME',
        help='put only this question, by its name in the output; may be '
        'repeated',
    )
    parser.add_argument(
        '--wait',
        type=float,
        default=1.5,
        help='seconds to listen after each question (%(default)s); most are '
        'put at once',
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Ask, print, and return 0; 2 if the interface cannot be used."""
    arguments = _arguments(argv)
    address, servers = arguments.address, arguments.server
    try:
        probe = Probe(arguments.interface, arguments.wait)
        if not (address and servers):
            offers = probe.discover()
            address = address or next(
                (offer['address'] for offer in offers), _ELSEWHERE
            )
            servers = servers or messages.servers(offers)
        address6 = arguments.address6 or next(
            (
                one
                for one in probe.addresses6()
                if not ipaddress.IPv6Address(one).is_link_local
            ),
            None,
        )
        rows = run(probe, address, address6, servers, arguments.only)
    except OSError as e:
        print(f'{arguments.interface}: {e}', file=sys.stderr)
        return 2
    if arguments.json:
        found = {
            'interface': arguments.interface,
            'mac': probe.mac,
            'address': address,
            'address6': address6,
            'probes': rows,
        }
        print(json.dumps(found, indent=1))
    else:
        _print(rows)
    return 0


def _print(rows: Sequence[Reply]) -> None:
    for row in rows:
        to = f' to {row["to"]}' if row['to'] else ''
        found = row['error'] or f'{len(row["replies"])} replies'
        print(f'{row["probe"]}{to}: {found}')
        for reply in row['replies']:
            told = {k: v for k, v in reply.items() if v not in (None, [])}
            print('   ', ' '.join(f'{k}={v}' for k, v in told.items()))


if __name__ == '__main__':
    sys.exit(main())
