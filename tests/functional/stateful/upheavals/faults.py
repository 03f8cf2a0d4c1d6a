# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Steps: what befalls processes and the ways between them."""

from tests.functional import cloud as clouds
from tests.functional.stateful.model import Effect
from tests.functional.stateful.world import Act
from tests.functional.stateful.world import World

#: Where a process may be told to die, by what it is.
_POINTS = {
    'xjob': (
        'xjob.claimed',
        'xjob.planned',
        'xjob.sent',
        'xjob.finished',
    ),
    'central': (
        'central.port.allocated',
        'central.presence.granted',
        'central.report.stored',
        'central.bridge.made',
        'central.job.claimed',
        'central.job.done',
        'central.router.planned',
        'central.router.joined',
        'central.departure.step',
    ),
    'region': (
        'local.port.recorded',
        'local.port.allocated',
        'local.port.created',
        'local.pull.answered',
        'local.apply.leased',
        'local.apply.observed',
        'local.apply.step',
        'local.apply.done',
        'local.network.created',
        'local.outbox.sent',
        'local.shadow.created',
        'local.router.interfaces',
        'local.router.floating_ip',
    ),
}


class Faults:
    """What is wrong with a cloud at the moment."""

    def __init__(self, world: World) -> None:
        self._world = world
        #: lines that a process stays away yet, by its name
        self._away: dict[str, int] = {}

    def _victim(self, number: int) -> tuple[str, clouds.Process]:
        cloud = self._world.cloud
        victims: list[tuple[str, clouds.Process]] = [
            ('xjob', cloud.xjob),
            *(('region', region) for region in cloud.regions.values()),
            ('central', cloud.central),
        ]
        return victims[number % len(victims)]

    def _begin(self, text: str) -> None:
        self._world.disturbed = True
        self._world.calls.note(text)

    def _is_lost(self, process: clouds.Process) -> bool:
        return process.name in self._world.lost

    def away(self, _who: int, what: int, where: int) -> Act:
        """Kill a process, which stays away for some lines."""
        _kind, process = self._victim(where)

        def act() -> list[Effect]:
            if self._is_lost(process):
                return []
            self._begin(f'kill -9 {process.name}, and leave it')
            process.kill9()
            self._away[process.name] = 2 + what % 2
            return []

        return act

    def restart(self, _who: int, _what: int, where: int) -> Act:
        """Kill a process and start it again."""
        _kind, process = self._victim(where)

        def act() -> list[Effect]:
            if self._is_lost(process):
                return []
            self._begin(f'kill -9 {process.name}, and start it again')
            process.kill9()
            self._start(process)
            return []

        return act

    def die_at(self, _who: int, what: int, where: int) -> Act:
        """Have a process die when it has just done something."""
        kind, process = self._victim(where)
        point = _POINTS[kind][what % len(_POINTS[kind])]

        def act() -> list[Effect]:
            if self._is_lost(process):
                return []
            self._begin(f'{process.name} is to die at {point}')
            process.arm(point)
            return []

        return act

    def lose_answers(self, who: int, what: int, where: int) -> Act:
        """Lose answers between central or XJob and a region."""
        world = self._world
        region = world.cloud.region(world.region_name(where))
        proxy = region.to_central if what % 2 else region.from_xjob

        def act() -> list[Effect]:
            self._begin(f'{proxy.name}: the next {1 + who} answers are lost')
            proxy.drop_answer(times=1 + who, method='POST|PUT|DELETE')
            return []

        return act

    def before_line(self) -> None:
        """Start what has died, or was away for long enough."""
        for process in self._world.cloud.processes:
            left = self._away.pop(process.name, 0) - 1
            if left > 0:
                self._away[process.name] = left
            elif not process.intact and not self._is_lost(process):
                process.kill9()
                self._start(process)

    def _start(self, process: clouds.Process) -> None:
        self._world.calls.note(f'start {process.name}')
        process.start()

    def end(self) -> None:
        """Make everything whole."""
        self._away.clear()
        self._world.cloud.heal()
