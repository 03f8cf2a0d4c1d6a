# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Echoes and questions, over sockets that are no wire."""

import socket
from typing import Any

from os_ken.lib.packet import dhcp as os_ken_dhcp
from os_ken.lib.packet import dhcp6
from os_ken.lib.packet import ipv4
from os_ken.lib.packet import ipv6
from os_ken.lib.packet import packet
from os_ken.lib.packet import packet_utils
import pytest

from tricircle.agent.verifying import dhcp
from tricircle.agent.verifying import sending
from tricircle.replica import probes

_TARGET = '198.18.0.5'
_MAC = 'fa:16:3e:00:00:01'


class Wire:
    """A socket whose other end does what the test says."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer
        self.sent: list[bytes] = []
        self._near, self._far = socket.socketpair(
            socket.AF_UNIX, socket.SOCK_DGRAM
        )
        self._origins: list[Any] = []

    def fileno(self) -> int:
        return self._near.fileno()

    def setsockopt(self, *_: Any) -> None:
        pass

    def setblocking(self, _flag: bool) -> None:
        pass

    def bind(self, _address: Any) -> None:
        pass

    def send(self, data: bytes) -> None:
        self.sendto(data, None)

    def sendto(self, data: bytes, _address: Any) -> None:
        self.sent.append(data)
        for answer, origin in self._answer(data):
            self._origins.append(origin)
            self._far.send(answer)

    def recvfrom(self, size: int) -> tuple[bytes, Any]:
        return self._near.recv(size), self._origins.pop(0)


def _sent(
    monkeypatch: pytest.MonkeyPatch, probe: probes.Probe, answer: Any
) -> tuple[probes.Found, list[bytes]]:
    """Send a probe; return what came of it and what was sent."""
    wire = Wire(answer)
    monkeypatch.setattr(sending.socket, 'socket', lambda *_: wire)
    asked: Any = (
        sending.Echo(probe, 1)
        if probe.kind is probes.Kind.PING
        else sending.Question(probe, 'tap', _MAC)
    )
    sending.exchange([asked], 0.2)
    return asked.found(), wire.sent


def _echo(size: int = 56) -> probes.Probe:
    return probes.Probe(probes.Kind.PING, _TARGET, size)


def _reply(data: bytes) -> bytes:
    return b'\x45' + bytes(19) + b'\0\0\0\0' + data[4:]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nothing between echoes."""
    monkeypatch.setattr(sending, '_AGAIN', 0.0)
    monkeypatch.setattr(sending, '_SERVERS', 0.1)


def test_an_echo_that_is_answered_has_a_round_trip(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found, sent = _sent(
        monkeypatch, _echo(), lambda data: [(_reply(data), (_TARGET, 0))]
    )

    assert isinstance(found, float)
    assert len(sent) == 3


def test_an_echo_is_of_the_size_that_was_wanted_and_sums_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, sent = _sent(monkeypatch, _echo(1402), lambda _: [])

    assert {len(one) for one in sent} == {8 + 1402}
    assert {packet_utils.checksum(one) for one in sent} == {0}


def test_an_echo_without_an_answer_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found, _ = _sent(monkeypatch, _echo(), lambda _: [])

    assert found is None


@pytest.mark.parametrize(
    'answer',
    [
        lambda data: (_reply(data), ('198.18.0.9', 0)),
        # The question itself, another one's, one cut short, an error.
        lambda data: (b'\x45' + bytes(19) + data, (_TARGET, 0)),
        lambda data: (_reply(data[:4] + b'\0\x09' + data[6:]), (_TARGET, 0)),
        lambda data: (_reply(data)[:30], (_TARGET, 0)),
        lambda data: (_reply(data)[:10], (_TARGET, 0)),
        lambda data: (
            b'\x45' + bytes(19) + b'\3\1\0\0' + data[4:],
            (_TARGET, 0),
        ),
    ],
)
def test_what_is_no_answer_to_an_echo_is_none(
    monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    found, _ = _sent(monkeypatch, _echo(), lambda data: [answer(data)])

    assert found is None


def test_an_echo_that_cannot_leave_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def too_large(_data: bytes) -> Any:
        raise OSError(90, 'Message too long')

    found, _ = _sent(monkeypatch, _echo(9000), too_large)

    assert found is None


def _answer(question: bytes, mac: str) -> bytes:
    """Return what a server says to a question, seen from its frame."""
    asked = packet.Packet(question)
    is_six = asked.get_protocol(ipv6.ipv6) is not None
    said = bytearray(question)
    said[6:12] = bytes.fromhex(mac.replace(':', ''))
    start = 54 if is_six else 34
    said[start : start + 4] = (
        said[start + 2 : start + 4] + said[start : start + 2]
    )
    said[start + 8] = dhcp6.DHCPV6_ADVERTISE if is_six else 2
    return bytes(said)


_QUESTIONS = pytest.mark.parametrize(
    'kind', [probes.Kind.DHCP4, probes.Kind.DHCP6]
)


@_QUESTIONS
def test_all_servers_that_answer_a_question_are_told(
    monkeypatch: pytest.MonkeyPatch, kind: probes.Kind
) -> None:
    servers = ['fa:16:3e:00:00:0b', 'fa:16:3e:00:00:0a']

    found, sent = _sent(
        monkeypatch,
        probes.Probe(kind),
        lambda data: [
            (_answer(data, mac), ('tap', 0, socket.PACKET_HOST))
            for mac in servers
        ],
    )

    assert found == sorted(servers)
    assert len(sent) == 1


@_QUESTIONS
@pytest.mark.parametrize(
    'change',
    [
        # The question itself, as others on the network have it too.
        lambda data: data,
        # An answer to another one, and one cut short anywhere.
        lambda data: _answer(data, _MAC)[:42] + bytes(32),
        *(
            lambda data, end=end: _answer(data, _MAC)[:end]
            for end in (0, 11, 13, 15, 22, 36, 43, 49)
        ),
    ],
)
def test_what_is_no_answer_to_a_question_is_none(
    monkeypatch: pytest.MonkeyPatch, kind: probes.Kind, change: Any
) -> None:
    found, _ = _sent(
        monkeypatch,
        probes.Probe(kind),
        lambda data: [(change(data), ('tap', 0, socket.PACKET_HOST))],
    )

    assert found == []


@_QUESTIONS
def test_what_this_host_sends_is_no_answer(
    monkeypatch: pytest.MonkeyPatch, kind: probes.Kind
) -> None:
    found, _ = _sent(
        monkeypatch,
        probes.Probe(kind),
        lambda data: [
            (_answer(data, _MAC), ('tap', 0, socket.PACKET_OUTGOING))
        ],
    )

    assert found == []


def test_an_address_is_asked_for_as_a_new_client_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, sent = _sent(monkeypatch, probes.Probe(probes.Kind.DHCP4), lambda _: [])

    (question,) = map(packet.Packet, sent)
    outer = question.get_protocol(ipv4.ipv4)
    assert (outer.src, outer.dst) == ('0.0.0.0', '255.255.255.255')
    inner = question.get_protocol(os_ken_dhcp.dhcp)
    assert (inner.op, inner.chaddr) == (1, _MAC)
    options = {one.tag: one.value for one in inner.options.option_list}
    assert options[53] == bytes([os_ken_dhcp.DHCP_DISCOVER])


def test_the_question_of_ipv6_goes_to_all_servers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, sent = _sent(monkeypatch, probes.Probe(probes.Kind.DHCP6), lambda _: [])

    (question,) = map(packet.Packet, sent)
    outer = question.get_protocol(ipv6.ipv6)
    assert (outer.src, outer.dst) == (dhcp.link_local(_MAC), 'ff02::1:2')
    inner = question.get_protocol(dhcp6.dhcp6)
    assert inner.msg_type == dhcp6.DHCPV6_SOLICIT
    assert {one.code for one in inner.options.option_list} == {1, 3}


def test_what_a_process_is_told_is_what_it_reads() -> None:
    sender = sending.Sender('ns', 'tap', _MAC, (_echo(),))

    assert sending.packed({'one': sender}) == (
        f'{{"one": ["ns", "tap", "{_MAC}", [["ping", "{_TARGET}", 56]]]}}'
    )
