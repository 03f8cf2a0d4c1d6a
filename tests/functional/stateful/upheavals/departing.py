# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Steps: a region leaves, or is lost, and joins again later.

Meanwhile tenants go on. What they ask of the region is refused with a reason;
what they ask of central for it is there when it has joined again. A port that
was there may be in no region then, or in another one.
"""

from collections.abc import Iterator
import dataclasses

from tests.functional import cloud as clouds
from tests.functional.cloud.waiting import poll
from tests.functional.leaving import leaving
from tests.functional.stateful import model as models
from tests.functional.stateful.checks import looking
from tests.functional.stateful.checks.resources import Finding
from tests.functional.stateful.model import Effect
from tests.functional.stateful.upheavals import people
from tests.functional.stateful.world import Act
from tests.functional.stateful.world import World

#: Tables of a region with what users make.
_TABLES = {
    models.NETWORK: 'networks',
    models.SUBNET: 'subnets',
    models.PORT: 'ports',
    models.ROUTER: 'routers',
    models.GROUP: 'securitygroups',
    models.TRUNK: 'trunks',
}


@dataclasses.dataclass
class _Out:
    """A region that is out, or about to be.

    :ivar lines: after how many it may join again; one that is lost joins
        when things are to be quiet
    :ivar database: what a lost one joins with, None for what it had
    :ivar cleaned_first: whether people look after its servers before it
        joins
    """

    pod: str
    lines: int
    is_lost: bool = False
    database: list[str] | None = None
    cleaned_first: bool = False


class Departures:
    """Regions that are out."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._cloud = world.cloud
        self._out: dict[str, _Out] = {}
        #: databases as they were before tenants came, and what stood in them
        #: of a region's own
        self._first: dict[str, list[str]] = {}
        self._own: dict[str, dict[tuple[str, str], str]] = {}

    def begin(self) -> None:
        """Keep what a lost region may come back with."""
        for region in self._cloud.regions.values():
            self._first[region.name] = self._cloud.mariadb.dump(
                region.database.name
            )
        self._own = {name: dict(one) for name, one in self._world.own.items()}

    # -- steps --------------------------------------------------------------

    def drain(self, who: int, what: int, where: int) -> Act:
        """Have a region leave, mostly also when something uses ports there."""
        name = self._world.region_name(where)
        is_forced = bool(what % 4)

        def act() -> list[Effect]:
            if name in self._out:
                return []
            self._world.disturbed = True
            pod = self._pod(name)
            self._world.calls.note(f'drain {name}, forced: {is_forced}')
            answer = leaving.call(
                self._cloud, 'PUT', pod, how='drain', force=is_forced
            )
            if not answer.ok:
                if is_forced or answer.status_code != 409:
                    self._find('does not leave', answer.text)
                return []
            self._out[name] = _Out(pod, 1 + who)
            self._world.out.add(name)
            return [models.Emptied(name)]

        return act

    def lose(self, _who: int, what: int, where: int) -> Act:
        """Lose a region that has nothing to tell, and say so."""
        name = self._world.region_name(where)
        region = self._cloud.region(name)

        def act() -> list[Effect]:
            self._cloud.heal()
            self.end()
            # What it has not told would be lost with it.
            self._world.calls.findings += self._waited()
            self._world.disturbed = True
            pod = self._pod(name)
            self._world.calls.note(f'{name} is lost')
            region.kill9()
            answer = leaving.call(
                self._cloud, 'PUT', pod, how='lost', delete=bool(what % 2)
            )
            if not answer.ok:
                self._find('is not given up', answer.text)
                return []
            self._out[name] = _Out(
                pod,
                0,
                is_lost=True,
                database=self._first[name] if what // 2 % 2 else None,
                cleaned_first=bool(what // 4 % 2),
            )
            self._world.out.add(name)
            self._world.lost.add(name)
            return [models.Emptied(name)]

        return act

    # -- joining again ------------------------------------------------------

    def before_line(self) -> None:
        """Have regions join again that have left."""
        for name, one in list(self._out.items()):
            one.lines -= 1
            if one.lines < 0 and not one.is_lost and self._is_gone(one.pod):
                self._join(name)

    def end(self) -> None:
        """Have all regions join again.

        Those that leave leave first. The processes are whole.
        """
        for name, one in list(self._out.items()):
            if one.is_lost and not self._ends_by_itself(one.pod):
                self._delete_pod(one.pod)
            for _left in poll(looking.QUIET, 0.2):
                # What failed meanwhile is not waited for.
                looking.make_due(self._cloud)
                if self._is_gone(one.pod):
                    self._join(name)
                    break
            else:
                answer = leaving.call(self._cloud, 'GET', one.pod)
                self._find('does not leave', answer.text)
                self._forget(name)

    def _join(self, name: str) -> None:
        out = self._out[name]
        region = self._cloud.region(name)
        for text in self._left(region, out):
            self._find('left by a region that left', text)
        if out.is_lost:
            region.kill9()
            if out.database is not None:
                self._world.calls.note(f'{name} has an old database')
                self._cloud.mariadb.restore(region.database.name, out.database)
                self._world.own[name] = dict(self._own[name])
            region.start()
        self._world.calls.note(f'{name} joins')
        effects: list[Effect] = []
        if out.is_lost:
            effects = people.returned(region)
            if out.cleaned_first:
                people.clean(self._world, region)
        self._cloud.register_pod(name)
        self._forget(name)
        self._world.joined += 1
        self._world.upset = True
        if out.is_lost:
            self._world.learn(effects)
            people.compare(self._world, [name])

    def _forget(self, name: str) -> None:
        del self._out[name]
        self._world.out.discard(name)
        self._world.lost.discard(name)

    def _left(self, region: clouds.Region, out: _Out) -> Iterator[str]:
        """Yield what should be nowhere when a region is out."""
        for table in leaving.OF_POD:
            for row in self._cloud.central.database.query(
                f'SELECT * FROM {table} WHERE pod_id = %s',  # noqa: S608
                out.pod,
            ):
                yield f'central {table} {row}'
        for row in self._cloud.central.database.query(
            'SELECT * FROM journal WHERE region_name = %s', region.name
        ):
            yield f'central journal {row}'
        if out.is_lost:
            return
        for row in region.database.query(
            "SELECT * FROM tricircle_replicas WHERE state <> 'deleted'"
        ):
            yield f'{region.name} ledger {row}'
        for kind, table in _TABLES.items():
            for row in region.database.query(f'SELECT id FROM {table}'):  # noqa: S608
                if row['id'] in self._world.model.things:
                    yield f'{region.name} {kind} {row["id"]}'

    # -- the Admin API ------------------------------------------------------

    def _pod(self, name: str) -> str:
        return leaving.pod_id(self._cloud, name)

    def _is_gone(self, pod: str) -> bool:
        return leaving.call(self._cloud, 'GET', pod).status_code == 404

    def _ends_by_itself(self, pod: str) -> bool:
        answer = leaving.call(self._cloud, 'GET', pod)
        return not answer.ok or bool(answer.json()['departure']['delete'])

    def _delete_pod(self, pod: str) -> None:
        assert self._cloud.admin_api is not None
        for _left in poll(looking.QUIET, 0.2):
            answer = self._cloud.admin_api.request('DELETE', f'/pods/{pod}')
            if answer.status_code != 409:
                break
        if not answer.ok:
            self._find('does not leave', answer.text)

    def _find(self, kind: str, text: str) -> None:
        self._world.calls.find(kind, text)

    def _waited(self) -> list[Finding]:
        return looking.quiet(
            self._cloud, looking.QUIET, self._world.calls.note
        )
