# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Taking the steps of a script in a cloud, and looking what came of it."""

from collections.abc import Callable
import dataclasses
import functools
import time
from typing import TypeVar

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.stateful.checks import given_out
from tests.functional.stateful.checks import leftovers
from tests.functional.stateful.checks import looking
from tests.functional.stateful.checks import own
from tests.functional.stateful.checks import presence as checks_of_presence
from tests.functional.stateful.checks import resources as checks
from tests.functional.stateful.checks import routers as checks_of_routers
from tests.functional.stateful.checks import seen
from tests.functional.stateful.checks import sharing as checks_of_sharing
from tests.functional.stateful.checks import trunks as checks_of_trunks
from tests.functional.stateful.checks.resources import Finding
from tests.functional.stateful.model import Effect
from tests.functional.stateful.model import Outcome
from tests.functional.stateful.model import Thing
from tests.functional.stateful.scripts.script import Line
from tests.functional.stateful.scripts.script import Script
from tests.functional.stateful.scripts.script import Step
from tests.functional.stateful.steps import address_groups
from tests.functional.stateful.steps import by_name
from tests.functional.stateful.steps import changes
from tests.functional.stateful.steps import dangerous
from tests.functional.stateful.steps import networks
from tests.functional.stateful.steps import pools
from tests.functional.stateful.steps import port_forwardings
from tests.functional.stateful.steps import qos
from tests.functional.stateful.steps import routers
from tests.functional.stateful.steps import sharing
from tests.functional.stateful.steps import trunks
from tests.functional.stateful.tidying import tidy
from tests.functional.stateful.upheavals import departing
from tests.functional.stateful.upheavals import faults
from tests.functional.stateful.upheavals import restoring
from tests.functional.stateful.world import Act
from tests.functional.stateful.world import World

T = TypeVar('T')

#: Seconds in which what is not right may become right by itself: a port that
#: is up after its job is over, say.
GRACE = 5.0

_VERBS = {
    **networks.VERBS,
    **pools.VERBS,
    **by_name.VERBS,
    **changes.VERBS,
    **address_groups.VERBS,
    **qos.VERBS,
    **trunks.VERBS,
    **sharing.VERBS,
    **routers.VERBS,
    **port_forwardings.VERBS,
    **dangerous.VERBS,
    **own.VERBS,
}
_SETTLE = 'settle'


@dataclasses.dataclass
class Result:
    """What came of a script.

    :ivar lines: what was called, with what was answered
    :ivar reached: how many lines of the script were taken
    """

    findings: list[Finding]
    lines: list[str]
    outcomes: dict[Outcome, int]
    reached: int
    #: seconds of each part
    seconds: dict[str, float] = dataclasses.field(default_factory=dict)


class Run:
    """One script in one cloud, which is as it was before when it is over.

    :param graves: what earlier runs have deleted; this run's is added
    """

    def __init__(self, cloud: clouds.Cloud, graves: list[Thing]) -> None:
        self._cloud = cloud
        self._graves = graves
        self._world = World(cloud)
        self._faults = faults.Faults(self._world)
        self._departures = departing.Departures(self._world)
        self._backups = restoring.Backups(self._world, self._departures)
        self._befalls: dict[str, Callable[[int, int, int], Act]] = {
            'away': self._faults.away,
            'restart': self._faults.restart,
            'die_at': self._faults.die_at,
            'lose_answers': self._faults.lose_answers,
            'drain': self._departures.drain,
            'lose': self._departures.lose,
            'backup': self._backups.backup,
            'restore': self._backups.restore,
        }
        self._before: set[tuple[str, str, str]] = set()
        self._seconds: dict[str, float] = {}
        self._reached = 0

    def of(self, script: Script) -> Result:
        """Take the steps, one line after the other, until one finds it."""
        findings = self._findings(script)
        calls = self._world.calls
        return Result(
            findings,
            calls.lines,
            calls.outcomes,
            self._reached,
            self._seconds,
        )

    def _findings(self, script: Script) -> list[Finding]:
        calls = self._world.calls
        snapshot = looking.snapshot(self._cloud)
        self._before = set(snapshot.everything())
        before = own.found(snapshot)
        self._world.own = {name: dict(one) for name, one in before.items()}
        if any(step.verb == 'lose' for line in script for step in line):
            self._departures.begin()
        for line in script:
            self._timed('steps', functools.partial(self._line, line))
            self._reached += 1
            if calls.findings:
                return calls.findings
        found = self._timed('quiet', self._quiet) or self._timed(
            'sweep', self._differences
        )
        if found:
            return found
        self._timed('tidying', lambda: tidy(self._world))
        self._world.own = before
        return (
            calls.findings
            or self._timed('quiet again', self._quiet)
            or self._timed('left', self._left)
        )

    def _differences(self) -> list[Finding]:
        found = looking.differences(self._cloud)
        if not found and self._world.upset:
            found = looking.planned_anew(self._cloud, self._world.calls.note)
        return found

    def _timed(self, what: str, call: Callable[[], T]) -> T:
        started = time.monotonic()
        try:
            return call()
        finally:
            self._seconds[what] = (
                self._seconds.get(what, 0) + time.monotonic() - started
            )

    def _line(self, line: Line) -> None:
        self._faults.before_line()
        self._departures.before_line()
        self._world.calls.findings += given_out.anywhere_twice(
            self._cloud, self._world.lost
        )
        self._world.calls.note(f'# {" | ".join(map(str, line))}')
        acts = [self._act(step) for step in line]
        members: list[list[Effect]] = []
        for result in regions.all_at_once(acts):
            if isinstance(result, Exception):
                raise result
            members.append(result)
        self._world.learn(*members)
        if any(step.verb == _SETTLE for step in line):
            self._world.calls.findings += self._quiet()

    def _act(self, step: Step) -> Act:
        if step.verb == _SETTLE:
            return lambda: []
        found = _VERBS.get(step.verb)
        if found is not None:
            return found(self._world, *step.numbers)
        return self._befalls[step.verb](*step.numbers)

    def _quiet(self) -> list[Finding]:
        """Wait until things are quiet; return what is wrong then."""
        self._faults.end()
        self._departures.end()
        found = self._waited()
        if trunks.let_go(self._world, [one.text for one in found]):
            found = self._waited()
        if found:
            return found
        self._world.disturbed = False
        self._world.named_in_central.clear()
        tenants = self._world.tenants
        snapshot = looking.snapshot(self._cloud, tenants)
        found = checks.settle(self._world.model, snapshot)
        deadline = time.monotonic() + GRACE
        while found or (found := self._wrong(snapshot)):
            if time.monotonic() > deadline:
                return found
            # What is not right may be under way yet.
            found = self._waited()
            snapshot = looking.snapshot(self._cloud, tenants)
        own.learn(self._world.own, snapshot)
        return []

    def _waited(self) -> list[Finding]:
        return looking.quiet(
            self._cloud, looking.QUIET, self._world.calls.note
        )

    def _wrong(self, snapshot: seen.Snapshot) -> list[Finding]:
        model = self._world.model
        return [
            *checks.promises(model, snapshot),
            *checks.places(snapshot),
            *checks.values(snapshot),
            *checks.twice(snapshot),
            *checks_of_routers.floating_ips(snapshot),
            *checks_of_routers.port_forwardings(snapshot),
            *checks_of_trunks.trunks(snapshot),
            *checks_of_sharing.visible(snapshot),
            *checks_of_presence.presence(snapshot),
            *checks.shadows(snapshot),
            *checks.returned(self._graves, snapshot),
            *own.touched(self._world.own, snapshot),
        ]

    def _left(self) -> list[Finding]:
        self._graves += self._world.model.gone()
        deadline = time.monotonic() + GRACE
        while True:
            snapshot = looking.snapshot(self._cloud)
            found = leftovers.left(
                self._before, snapshot, leftovers.of_defaults(snapshot)
            )
            if not found or time.monotonic() > deadline:
                return found
            looking.quiet(self._cloud, looking.QUIET, self._world.calls.note)
