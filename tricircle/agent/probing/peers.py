# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Whom to probe in which round, and what the answers mean. Pure."""

from collections.abc import Collection, Iterable
import dataclasses
import enum
from typing import Final
import zlib

_NEVER: Final = 0


class State(enum.StrEnum):
    """What is known of a host of another region."""

    #: Its turn has not come.
    UNASKED = 'unasked'
    #: It answered last.
    UP = 'up'
    #: It has answered before, and did not last.
    DOWN = 'down'
    #: It was asked and has never answered: nothing passes, or it has no
    #: probes. Which of both, nobody here can tell; it is not well.
    SILENT = 'silent'


@dataclasses.dataclass(frozen=True)
class Peer:
    """A host of another region that this one has a tunnel to.

    :ivar round_trip: the shortest of the last answers, in seconds; None
        unless it is up
    :ivar largest: the largest packet that passes there and back, in bytes
        without the Ethernet header; None unless it is up and that was found
    :ivar asked: the number of the round in which it was asked last
    """

    state: State = State.UNASKED
    round_trip: float | None = None
    largest: int | None = None
    asked: int = _NEVER


@dataclasses.dataclass(frozen=True)
class Change:
    """What is worth a line in the log."""

    address: str
    before: Peer
    now: Peer


class Peers:
    """What is known of all hosts, round by round; not safe for threads.

    :param own: this host's tunnel address. Each host begins with others, so
        that not all hosts ask the same one at the same time.
    """

    def __init__(self, own: str) -> None:
        self._own = own
        self._round = _NEVER
        self._known: dict[str, Peer] = {}

    def known(self) -> dict[str, Peer]:
        """Return a copy of what is known, by tunnel address."""
        return dict(self._known)

    def there_are(self, addresses: Collection[str]) -> None:
        """Note which hosts there are tunnels to; others are forgotten."""
        self._known = {
            address: self._known.get(address, Peer()) for address in addresses
        }

    def next_round(self, most: int) -> list[str]:
        """Return whom to ask, those first who were asked longest ago.

        At most half of them are not up: many dead ones do not keep the rest
        from being asked, nor many well ones a dead one from being noticed
        when it is back.

        :param most: as many as that, or all when there are fewer.
        """
        self._round += 1
        ordered = sorted(self._known, key=self._turn)
        ill = [one for one in ordered if self._is_ill(one)]
        well = [one for one in ordered if not self._is_ill(one)]
        if most == 1:
            return ordered[:1]
        places = max(most // 2, most - len(well))
        chosen = ill[:places]
        return chosen + well[: most - len(chosen)]

    def _is_ill(self, address: str) -> bool:
        return self._known[address].state in (State.DOWN, State.SILENT)

    def _turn(self, address: str) -> tuple[int, int, str]:
        spread = zlib.crc32(f'{self._own} {address}'.encode())
        return self._known[address].asked, spread, address

    def answered(
        self, address: str, round_trips: Iterable[float]
    ) -> Change | None:
        """Conclude from the answers of one host in this round.

        :param round_trips: of the answers that came in time, in seconds.
        :returns: None if that is what it was before, or the host is gone.
        """
        before = self._known.get(address)
        if before is None:
            return None
        shortest = min(round_trips, default=None)
        if shortest is not None:
            state = State.UP
        elif before.state in (State.UP, State.DOWN):
            state = State.DOWN
        else:
            state = State.SILENT
        now = dataclasses.replace(
            before, state=state, round_trip=shortest, asked=self._round
        )
        if state is not State.UP:
            now = dataclasses.replace(now, largest=None)
        self._known[address] = now
        if now.state is before.state:
            return None
        return Change(address, before, now)

    def largest_is(self, address: str, largest: int) -> Change | None:
        """Note the largest packet that passes to a host that is up.

        :returns: None unless it is another than before.
        """
        before = self._known.get(address)
        if before is None or before.state is not State.UP:
            return None
        now = dataclasses.replace(before, largest=largest)
        self._known[address] = now
        if before.largest is None or before.largest == largest:
            return None
        return Change(address, before, now)
