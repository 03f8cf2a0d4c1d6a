# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Steps: a region or central comes back from a backup.

A backup is taken when things are quiet, and nothing else is done then: what
is under way would be in one place and not in the other, and nobody could say
what is promised. Before the backup is restored things are quiet again.

A region gets from central what it lacks then, and loses what central has no
more: nothing of what was answered changes. Of central itself all that was done
since is gone: the model is as it was, too, but for the places of ports, and
what was deleted since: a region to which that was said says it again.
"""

import copy
import dataclasses

from tests.functional import cloud as clouds
from tests.functional.stateful import model as models
from tests.functional.stateful.checks import looking
from tests.functional.stateful.model import Effect
from tests.functional.stateful.upheavals import people
from tests.functional.stateful.upheavals.departing import Departures
from tests.functional.stateful.world import Act
from tests.functional.stateful.world import World


@dataclasses.dataclass
class _Backup:
    """A database as it was, and what the test knew then."""

    of: clouds.NeutronProcess
    dump: list[str]
    model: models.Model
    external: dict[str, str]
    own: dict[tuple[str, str], str]
    joined: int


class Backups:
    """The last backup that was taken."""

    def __init__(self, world: World, departures: Departures) -> None:
        self._world = world
        self._cloud = world.cloud
        self._departures = departures
        self._last: _Backup | None = None

    def _quiet(self) -> None:
        self._cloud.heal()
        self._departures.end()
        self._world.calls.findings += looking.quiet(
            self._cloud, looking.QUIET, self._world.calls.note
        )

    def backup(self, _who: int, _what: int, where: int) -> Act:
        """Take a backup of central's database, or of a region's."""
        victim: clouds.NeutronProcess = self._cloud.central
        if where % 2:
            victim = self._cloud.region(self._world.region_name(where // 2))

        def act() -> list[Effect]:
            world = self._world
            self._quiet()
            world.calls.note(f'backup of {victim.name}')
            own = world.own.get(victim.name, {})
            self._last = _Backup(
                victim,
                self._cloud.mariadb.dump(victim.database.name),
                copy.deepcopy(world.model),
                dict(world.external),
                dict(own),
                world.joined,
            )
            return []

        return act

    def restore(self, _who: int, what: int, _where: int) -> Act:
        """Have a database be as it was in the backup."""

        def act() -> list[Effect]:
            if self._last is None:
                return []
            self._quiet()
            if (
                self._last.of is self._cloud.central
                and self._last.joined != self._world.joined
            ):
                # Its pods are others.
                return []
            self._world.disturbed = self._world.upset = True
            return self._restore(self._last, cleaned_first=bool(what % 2))

        return act

    def _restore(self, backup: _Backup, cleaned_first: bool) -> list[Effect]:
        world, cloud, neutron = self._world, self._cloud, backup.of
        world.calls.note(f'{neutron.name} comes back from the backup')
        for xjob in cloud.xjobs:
            xjob.kill9()
        neutron.kill9()
        cloud.mariadb.restore(neutron.database.name, backup.dump)
        neutron.start()
        effects: list[Effect] = []
        names = list(cloud.regions)
        if isinstance(neutron, clouds.Region):
            names = [neutron.region_name]
            world.own[neutron.name] = dict(backup.own)
            effects += people.returned(neutron)
            if cleaned_first:
                people.clean(world, neutron)
        else:
            world.model = world.model.as_before(backup.model)
            world.external = dict(backup.external)
            for region in cloud.regions.values():
                effects.append(models.Emptied(region.region_name))
                effects += people.returned(region)
        for xjob in cloud.xjobs:
            xjob.start()
        people.compare(world, names)
        return effects
