# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Conclude from what hosts report. Pure, but for the clock."""

from collections.abc import Collection, Mapping
import dataclasses
import enum
from typing import Final

from tricircle.cli.verifying import checks
from tricircle.cli.verifying.checks import Check
from tricircle.cli.verifying.checks import End
from tricircle.cli.verifying.checks import Kind
from tricircle.replica import probes

#: A round that is one later may have begun before.
_LATER: Final = 2


class Verdict(enum.StrEnum):
    """What became of a check."""

    WAITING = 'waiting'
    PASSED = 'passed'
    FAILED = 'failed'
    #: Nothing came, but nothing comes the allowed way either, or not for
    #: long.
    UNPROVEN = 'unproven'


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What was found.

    :ivar round_trip: in milliseconds
    :ivar detail: why, in words
    """

    verdict: Verdict
    round_trip: float | None = None
    detail: str = ''


_WAITING: Final = Outcome(Verdict.WAITING)


class Judge:
    """Takes reports, and says what became of each check.

    What needs an answer passes once there was one: a path takes some seconds
    to be there. What is denied is looked at when its path is known to be
    there, and fails by a single answer.

    :param sent: the checks of each port, in the order in which it sends
    """

    def __init__(self, sent: Mapping[End, Collection[Check]]) -> None:
        self._sent = {end: tuple(mine) for end, mine in sent.items()}
        self._all = [one for mine in self._sent.values() for one in mine]
        self._outcomes: dict[Check, Outcome] = dict.fromkeys(
            self._all, _WAITING
        )
        self._rounds: dict[End, int] = {}
        self._errors: dict[End, str] = {}
        self._last: dict[Check, probes.Found] = {}
        self._from: dict[Check, int] = {}
        #: Hardware addresses of the DHCP servers, by region.
        self.servers: Mapping[str, frozenset[str]] = {}

    def hear(self, end: End, result: probes.Result) -> None:
        """Take what a host says of a port."""
        mine = self._sent[end]
        self._errors[end] = result.error
        if result.error or result.round <= self._rounds.get(end, 0):
            return
        if len(result.found) != len(mine):
            self._errors[end] = 'its host told of other probes'
            return
        self._rounds[end] = result.round
        for check, found in zip(mine, result.found, strict=True):
            self._last[check] = found
            if self._outcomes[check].verdict is Verdict.WAITING:
                self._outcomes[check] = self._conclude(check, found)

    def _conclude(self, check: Check, found: probes.Found) -> Outcome:
        if check.kind is Kind.DHCP:
            return self._of_servers(check, found)
        answered = isinstance(found, int | float)
        if check.allowed:
            if not answered:
                return _WAITING
            return Outcome(Verdict.PASSED, _number(found))
        if answered:
            return Outcome(Verdict.FAILED, _number(found), 'it was answered')
        if not self._is_proven(check):
            return _WAITING
        # A round that began when the path was there.
        now = self._rounds[check.sender]
        if now < self._from.setdefault(check, now + _LATER):
            return _WAITING
        return Outcome(Verdict.PASSED)

    def _is_proven(self, check: Check) -> bool:
        return all(
            self._outcomes[one].verdict is Verdict.PASSED
            for one in checks.controls(check, self._all)
        )

    def _of_servers(self, check: Check, found: probes.Found) -> Outcome:
        heard = set(found) if isinstance(found, list) else set()
        own = self.servers.get(check.sender.region, frozenset())
        for mac in sorted(heard - own):
            where = self._region_of(mac)
            if where or own:
                return Outcome(
                    Verdict.FAILED,
                    detail=f'answered by {where or "nobody of any region"} '
                    f'({mac})',
                )
        return Outcome(Verdict.PASSED) if heard & own else _WAITING

    def _region_of(self, mac: str) -> str:
        return next(
            (region for region, macs in self.servers.items() if mac in macs),
            '',
        )

    @property
    def done(self) -> int:
        """How many checks are decided."""
        return sum(
            one.verdict is not Verdict.WAITING
            for one in self._outcomes.values()
        )

    @property
    def count(self) -> int:
        """How many checks there are."""
        return len(self._outcomes)

    @property
    def is_over(self) -> bool:
        """Whether all are."""
        return self.done == self.count

    def outcomes(self) -> dict[Check, Outcome]:
        """Return what became of each check, now that time is over."""
        return {
            check: self._final(check)
            if outcome.verdict is Verdict.WAITING
            else outcome
            for check, outcome in self._outcomes.items()
        }

    def _final(self, check: Check) -> Outcome:
        error = self._errors.get(check.sender)
        if error:
            return Outcome(Verdict.FAILED, detail=error)
        if check not in self._last:
            return Outcome(
                Verdict.FAILED, detail='its host reported nothing in time'
            )
        if not check.allowed:
            return Outcome(
                Verdict.UNPROVEN,
                detail='the path was there too late'
                if self._is_proven(check)
                else 'the allowed way has no answer either',
            )
        if check.kind is Kind.DHCP:
            return Outcome(Verdict.FAILED, detail='no server answered')
        return Outcome(Verdict.FAILED, detail='no answer')


def _number(found: probes.Found) -> float | None:
    return float(found) if isinstance(found, int | float) else None
