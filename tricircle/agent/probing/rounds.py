# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""One round of probes: some hosts are asked, all at the same time."""

from collections.abc import Callable, Mapping
import dataclasses
import time
from typing import Final

from tricircle.agent.probing import exchange
from tricircle.agent.probing import frames
from tricircle.agent.probing import peers
from tricircle.agent.probing import sizes

#: So many small questions to each host. One may be lost without anything
#: being wrong: the first, while Open vSwitch looks for the other's MAC.
_TIMES: Final = 3
#: Two of each size, for the same reason.
_TWICE: Final = 2
#: How long large packets may take longer than small ones, in seconds.
_LARGER: Final = 0.2


@dataclasses.dataclass(frozen=True)
class Settings:
    """What an operator says of the rounds.

    :ivar hosts: so many are asked in a round
    :ivar timeout: an answer that takes longer is none, in seconds
    :ivar most: the largest packet that is tried, in bytes
    """

    hosts: int
    timeout: float
    most: int


@dataclasses.dataclass
class Outcome:
    """What a round has found.

    :ivar answers: how many of the small questions each host answered
    :ivar changes: what is worth a line in the log
    """

    answers: dict[str, int]
    changes: list[peers.Change]

    @property
    def lost(self) -> dict[str, int]:
        """How many of the small questions each host did not answer."""
        return {one: _TIMES - n for one, n in self.answers.items()}


def run(
    known: peers.Peers,
    asking: exchange.Exchange,
    tunnels: Callable[[], Mapping[str, int]],
    settings: Settings,
) -> Outcome:
    """Ask those whose turn it is, and conclude.

    :param tunnels: returns the tunnels that there are now: ports by address.
    :raises Exception: Open vSwitch does not answer. Nothing is concluded of
        any host then.
    """
    ports = tunnels()
    known.there_are(ports)
    asked = {one: ports[one] for one in known.next_round(settings.hosts)}
    found = _ask_small(asking, asked, settings.timeout)
    # A tunnel that went meanwhile says nothing about its host.
    known.there_are(tunnels())
    outcome = Outcome({one: len(found[one]) for one in found}, [])
    for address, round_trips in found.items():
        _add(outcome, known.answered(address, round_trips))
    _find_largest(known, asking, asked, settings, outcome)
    return outcome


def _ask_small(
    asking: exchange.Exchange, asked: Mapping[str, int], timeout: float
) -> dict[str, list[float]]:
    """Return the round trips of the answers, by address."""
    marks: dict[str, list[frames.Mark]] = {one: [] for one in asked}
    over = time.monotonic() + timeout
    for time_left in reversed(range(_TIMES)):
        for address, port in asked.items():
            marks[address].append(asking.ask(port, frames.LEAST))
        # Spread, for what is lost is often lost in a row; the last has half
        # of the time for its answer.
        share = timeout / 4 if time_left else over - time.monotonic()
        asking.wait(_all(marks), max(0.0, share))
    answered = asking.close(_all(marks))
    return {
        address: [answered[one] for one in mine if one in answered]
        for address, mine in marks.items()
    }


def _find_largest(
    known: peers.Peers,
    asking: exchange.Exchange,
    asked: Mapping[str, int],
    settings: Settings,
    outcome: Outcome,
) -> None:
    up = {
        address: one
        for address, one in known.known().items()
        if address in asked and one.round_trip is not None
    }
    searches = {
        address: sizes.Search(frames.LEAST, settings.most, one.largest)
        for address, one in up.items()
    }
    slowest = max((one.round_trip or 0.0 for one in up.values()), default=0.0)
    patience = min(settings.timeout, _LARGER + 2 * slowest)
    while any(search.sizes() for search in searches.values()):
        marks = {
            asking.ask(asked[address], size): (address, size)
            for _ in range(_TWICE)
            for address, search in searches.items()
            for size in search.sizes()
        }
        asking.wait(marks.keys(), patience)
        passed = {marks[one] for one in asking.close(marks.keys())}
        tried = set(marks.values())
        for address, search in searches.items():
            if search.sizes():
                search.tell(_of(address, tried), _of(address, passed))
    found = {address: one.largest for address, one in searches.items()}
    smaller = {
        address: one.largest
        for address, one in up.items()
        if one.largest is not None and found[address] < one.largest
    }
    found.update(_confirm(asking, asked, smaller, settings.timeout))
    for address, largest in found.items():
        _add(outcome, known.largest_is(address, largest))


def _confirm(
    asking: exchange.Exchange,
    asked: Mapping[str, int],
    before: Mapping[str, int],
    timeout: float,
) -> dict[str, int]:
    """Return which of the sizes pass after all, as they did before.

    While a host is busy, answers are late that would have come.

    :param before: the largest packets of before, by address.
    """
    marks = {
        asking.ask(asked[address], size): address
        for _ in range(_TIMES)
        for address, size in before.items()
    }
    asking.wait(marks.keys(), timeout)
    passed = {marks[one] for one in asking.close(marks.keys())}
    return {address: before[address] for address in passed}


def _all(marks: Mapping[str, list[frames.Mark]]) -> list[frames.Mark]:
    return [one for mine in marks.values() for one in mine]


def _of(address: str, found: set[tuple[str, int]]) -> set[int]:
    return {size for whose, size in found if whose == address}


def _add(outcome: Outcome, change: peers.Change | None) -> None:
    if change is not None:
        outcome.changes.append(change)
