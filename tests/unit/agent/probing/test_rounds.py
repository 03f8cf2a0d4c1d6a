# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A round, against hosts that answer as they are told to."""

from collections.abc import Callable

import pytest

from tricircle.agent.probing import exchange
from tricircle.agent.probing import frames
from tricircle.agent.probing import peers
from tricircle.agent.probing import rounds
from tricircle.agent.probing.peers import State

SETTINGS = rounds.Settings(hosts=5, timeout=0.05, most=9000)
WELL, OTHER = '172.30.2.1', '172.30.2.2'
PORTS = {WELL: 11, OTHER: 12}


class Wire:
    """Gives questions back at once, those of which a test says so."""

    def __init__(self, passes: Callable[[int, int], bool]) -> None:
        self.passes = passes
        self.exchange = exchange.Exchange(self.send)
        self.sent: list[tuple[int, int]] = []

    def send(self, port: int, frame: bytes) -> None:
        size = len(frame) - 14
        self.sent.append((port, size))
        if self.passes(port, size):
            answer = bytes.fromhex(frames.ANSWER.replace(':', '')) + frame[6:]
            self.exchange.hear(port, answer[: frames.HEAD], len(frame))


def run(
    wire: Wire, known: peers.Peers, *then: dict[str, int]
) -> rounds.Outcome:
    """Run a round; the tunnels are PORTS, at the end those given."""
    told = iter((PORTS, *then) if then else (PORTS, PORTS))
    return rounds.run(known, wire.exchange, lambda: next(told), SETTINGS)


@pytest.fixture
def known() -> peers.Peers:
    return peers.Peers('172.30.1.1')


def test_hosts_are_told_apart(known: peers.Peers) -> None:
    wire = Wire(lambda port, size: port == 11 and size <= 1450)
    outcome = run(wire, known)

    assert known.known()[WELL].largest == 1450
    assert known.known()[OTHER].state is State.SILENT
    assert outcome.answers == {WELL: 3, OTHER: 0}
    assert outcome.lost == {WELL: 0, OTHER: 3}


def test_one_answer_of_three_is_enough(known: peers.Peers) -> None:
    wire = Wire(lambda port, size: False)
    wire.passes = lambda port, size: len(wire.sent) > 4
    outcome = run(wire, known)

    assert known.known()[WELL].state is State.UP
    assert outcome.answers[WELL] == 1


def test_a_well_host_that_has_not_changed_takes_seven_probes(
    known: peers.Peers,
) -> None:
    wire = Wire(lambda port, size: size <= 1450)
    run(wire, known)
    wire.sent.clear()
    run(wire, known)

    assert len(wire.sent) == 2 * (3 + 2 * 2)


def test_a_size_that_is_lost_once_is_asked_for_again(
    known: peers.Peers,
) -> None:
    wire = Wire(lambda port, size: size <= 1450)
    run(wire, known)
    wire.sent.clear()
    wire.passes = lambda port, size: (
        size <= 1450 and (size < 1450 or wire.sent.count((port, 1450)) > 2)
    )
    outcome = run(wire, known)

    assert known.known()[WELL].largest == 1450
    assert outcome.changes == []


def test_a_path_that_has_become_smaller_is_told(known: peers.Peers) -> None:
    wire = Wire(lambda port, size: size <= 1450)
    run(wire, known)
    wire.passes = lambda port, size: size <= 1400
    outcome = run(wire, known)

    assert [change.now.largest for change in outcome.changes] == [1400, 1400]


def test_a_tunnel_that_goes_during_the_round_is_not_down(
    known: peers.Peers,
) -> None:
    wire = Wire(lambda port, size: True)
    run(wire, known)
    wire.passes = lambda port, size: False
    outcome = run(wire, known, {WELL: 11})

    assert [change.address for change in outcome.changes] == [WELL]


def test_nothing_is_concluded_when_nothing_could_be_sent(
    known: peers.Peers,
) -> None:
    wire = Wire(lambda port, size: True)
    run(wire, known)

    def fail(port: int, frame: bytes) -> None:
        raise RuntimeError('Switch connection timeout')

    broken = exchange.Exchange(fail)
    with pytest.raises(RuntimeError):
        rounds.run(known, broken, lambda: PORTS, SETTINGS)
    assert known.known()[WELL].state is State.UP


def hears(port: int, head: Callable[[bytes], bytes], more: int) -> bool:
    """Tell whether a question is answered by what comes back so."""
    sent: list[bytes] = []
    asking = exchange.Exchange(lambda _, frame: sent.append(frame))
    marked = asking.ask(11, 100)
    answer = bytes.fromhex(frames.ANSWER.replace(':', '')) + sent[0][6:]
    asking.hear(port, head(answer), len(answer) + more)
    return bool(asking.close([marked]))


def test_an_answer_is_of_the_tunnel_and_length_of_its_question() -> None:
    def same(frame: bytes) -> bytes:
        return frame

    assert hears(11, same, 0)
    assert not hears(12, same, 0)
    assert not hears(11, same, -1)
    # Somebody who counts the numbers, and does not know the secret.
    assert not hears(11, lambda f: f[:18] + bytes(8) + f[26:], 0)


def test_a_second_answer_does_not_change_the_round_trip() -> None:
    sent: list[bytes] = []
    asking = exchange.Exchange(lambda _, frame: sent.append(frame))
    marked = asking.ask(11, 100)
    answer = bytes.fromhex(frames.ANSWER.replace(':', '')) + sent[0][6:]
    asking.hear(11, answer, len(answer))
    asking.wait([marked], 0.0)
    first = asking._open[marked].round_trip
    asking.hear(11, answer, len(answer))

    assert asking.close([marked]) == {marked: first}
    # Nor does one that comes when nobody waits for it any more.
    asking.hear(11, answer, len(answer))
