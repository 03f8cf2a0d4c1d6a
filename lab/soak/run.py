# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Several tenants live many lives at once; what came of it is reported."""

from collections.abc import Callable, Iterator
from concurrent import futures
import contextlib
import dataclasses
import datetime
import functools
import secrets
import threading
import time
from typing import Any

from lab import bootstrap
from lab import cloud
from lab.soak import actions
from lab.soak import cleaning
from lab.soak import killer
from lab.soak import presence
from lab.soak import report as reports
from lab.soak import sight
from lab.soak import steps
from lab.supervision import Progress

#: How long something may take until it is as it must be, in seconds.
_SETTLES = 60.0
_SETTLES_AFTER_KILLS = 120.0
#: Between two looks, in seconds.
_INTERVAL = 0.7
_PROGRESS_SECONDS = 10.0


@dataclasses.dataclass(frozen=True)
class Options:
    """What is asked for.

    :ivar minutes: in which lives begin; those then end
    :ivar kill: whether services are killed meanwhile
    :ivar seed: what makes the same lives and kills again; '' for any
    """

    minutes: float
    tenants: int = 3
    kill: bool = False
    seed: str = ''


class Soak:
    """One soak of a lab that is up.

    :param progress: is called with a line of text
    """

    def __init__(
        self, lab: cloud.Lab, options: Options, progress: Progress
    ) -> None:
        self._lab = lab
        self._options = options
        self._progress = progress
        self._regions = [one.name for one in lab.topology.regions]
        seed = options.seed or secrets.token_hex(4)
        self._report = reports.Report(seed, options.minutes, options.tenants)
        self._lock = threading.Lock()
        self._admin = actions.Connections(
            lambda place: bootstrap.connect(lab.renderer, place)
        )
        self._sight = sight.Sight([steps.CENTRAL, *self._regions], self._admin)

    def run(self) -> reports.Report:
        """Soak, look what is left, and return the report."""
        snapshot = sight.Snapshot(self._lab, self._admin)
        began = datetime.datetime.now()
        before, memory = snapshot.take(), self._lab.resident()
        kills = killer.Killer(self._lab, self._report.seed, self._progress)
        with (
            self._tenants() as (operator, *tenants),
            cleaning.outside(
                self._admin, operator, self._lab.topology
            ) as external,
        ):
            if self._options.kill:
                kills.begin()
            try:
                self._live(tenants, external)
            finally:
                kills.end()
                self._report.kills = kills.killed
            if kills.error is not None:
                raise kills.error
        self._progress('all lives have ended; looking for what is left')
        self._report.left = self._left(snapshot, before)
        self._report.memory = reports.compared(memory, self._lab.resident())
        self._report.surprises = self._lab.surprises(began)
        return self._report

    @contextlib.contextmanager
    def _tenants(self) -> Iterator[list[actions.Tenant]]:
        """Have the tenants, and before them the owner of what is outside."""
        tenants: list[actions.Tenant] = []
        try:
            for number in range(self._options.tenants + 1):
                name = f'soak{number or "-operator"}'
                tenants.append(actions.Tenant(self._lab, name))
            yield tenants
        finally:
            for one in tenants:
                cleaning.everything(self._admin, one, self._regions)
                one.forget()

    def _live(self, tenants: list[actions.Tenant], external: str) -> None:
        until = time.monotonic() + self._options.minutes * 60
        with futures.ThreadPoolExecutor(len(tenants)) as pool:
            living = [
                pool.submit(self._lane, one, number, external, until)
                for number, one in enumerate(tenants)
            ]
            pending: set[futures.Future[None]] = set(living)
            while pending:
                _, pending = futures.wait(pending, _PROGRESS_SECONDS)
                self._tell()
        for one in living:
            one.result()

    def _tell(self) -> None:
        with self._lock:
            self._progress(
                f'{self._report.steps} steps, {self._report.lives} lives, '
                f'{len(self._report.failures)} failed'
            )

    def _lane(
        self, tenant: actions.Tenant, lane: int, external: str, until: float
    ) -> None:
        """Lead one life after the other until the time is over."""
        at = actions.Connections(tenant.at)
        number = 0
        while time.monotonic() < until:
            number += 1
            seed = f'{self._report.seed}:{lane}:{number}'
            life = steps.life(seed, self._regions, lane)
            doing = actions.Actions(
                self._lab,
                at,
                external,
                f'soak{lane}-{number}',
                functools.partial(killer.anything_away, self._lab),
            )
            self._life(life, tenant, doing, at)
            with self._lock:
                self._report.lives += 1
                self._report.repeated += doing.repeated

    def _life(
        self,
        life: steps.Life,
        tenant: actions.Tenant,
        doing: actions.Actions,
        at: Callable[[str], Any],
    ) -> None:
        account: list[str] = []
        for number, step in enumerate(life.steps, 1):
            began = datetime.datetime.now().isoformat(' ', 'milliseconds')
            wrong: list[str]
            try:
                doing.take(step)
            except actions.StepFailed as exc:
                wrong = [str(exc)]
            else:
                wrong = self._settled(doing)
            made = doing.world.things.get(step.name)
            made_id = made.id if made else ''
            account.append(f'{began} {step} {made_id}'.rstrip())
            with self._lock:
                self._report.steps += 1
            if wrong:
                with self._lock:
                    self._report.failures.append(
                        reports.Failure(
                            life.seed,
                            tenant.name,
                            began,
                            f'step {number}, {step}',
                            tuple(wrong),
                            tuple(account),
                        )
                    )
                self._progress(f'life {life.seed} failed: {wrong[0]}')
                cleaning.life(at, doing.world)
                return

    def _settled(self, doing: actions.Actions) -> list[str]:
        """Wait until all is as it must be; return what does not become so."""
        seconds = _SETTLES_AFTER_KILLS if self._options.kill else _SETTLES
        deadline = time.monotonic() + seconds
        while True:
            try:
                wrong = presence.differences(
                    doing.world.things.values(),
                    self._sight.view(doing.world),
                    doing.names,
                )
            except actions.API_ERRORS as exc:
                wrong = [f'{type(exc).__name__}: {exc}']
                if not killer.anything_away(self._lab):
                    return wrong
            if not wrong or time.monotonic() > deadline:
                return wrong
            time.sleep(_INTERVAL)

    def _left(self, snapshot: sight.Snapshot, before: set[str]) -> list[str]:
        """Wait until nothing is left; return what stays."""
        deadline = time.monotonic() + _SETTLES_AFTER_KILLS
        while True:
            left = sorted(snapshot.take() - before)
            if not left or time.monotonic() > deadline:
                return left
            time.sleep(_INTERVAL)
