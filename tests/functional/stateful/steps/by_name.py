# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Steps: looks by name, as stock clients take them, where it was never met.

What central shows before and after such a look, the region shows as well.
That is judged at once: later the region has met it. One that has it already
may show the name that it had before, for a moment.
"""

from tests.functional import cloud as clouds
from tests.functional.stateful import model as models
from tests.functional.stateful.checks.resources import Finding
from tests.functional.stateful.model import Effect
from tests.functional.stateful.model import Thing
from tests.functional.stateful.steps.networks import port_of
from tests.functional.stateful.world import Act
from tests.functional.stateful.world import World

#: Of what a region may have never heard, with Neutron's table of such.
_KINDS = {
    models.NETWORK: 'networks',
    models.PORT: 'ports',
    models.GROUP: 'securitygroups',
    models.SUBNET: 'subnets',
}


def _ids(
    world: World, client: clouds.NeutronClient, thing: Thing, name: str
) -> frozenset[str] | None:
    """Return what has a name, None when nobody says."""
    found: list[str] = []

    def ask() -> None:
        listed = client.list(thing.kind, name=name)
        found.extend(str(one['id']) for one in listed)

    answer = world.calls.attempt(ask)
    return frozenset(found) if answer.done else None


def _is_for(world: World, thing: Thing, region: str) -> bool:
    """Tell whether a region may have something, as central says."""
    network_id = thing.id if thing.kind == models.NETWORK else thing.network
    if network_id is None:
        return True
    shown = world.calls.attempt(
        lambda: world.admin.show(models.NETWORK, network_id)
    )
    hints = shown.body.get('availability_zone_hints', [])
    return shown.done and (not hints or region in hints)


def _is_met(world: World, thing: Thing, region: str) -> bool:
    table = _KINDS[thing.kind]
    query = f'SELECT id FROM {table} WHERE id = %s'  # noqa: S608
    database = world.cloud.region(region).database
    return bool(database.query(query, thing.id))


def look_by_name(world: World, who: int, what: int, where: int) -> Act:
    """Look for something by its name in a region."""
    project, region = world.tenant(who), world.region_name(where)
    kind = list(_KINDS)[where // 2 % len(_KINDS)]
    found = world.pick(kind, project, what) or port_of(world, project, what)
    if found is None or found.value('name') is None:
        return lambda: []
    thing, name = found, str(found.value('name'))

    def act() -> list[Effect]:
        central = world.central(project)
        is_met = _is_met(world, thing, region)
        before = _ids(world, central, thing, name)
        here = _ids(world, world.region(region, project), thing, name)
        after = _ids(world, central, thing, name)
        if None in (before, here, after) or is_met:
            return []
        if region not in world.out and _is_for(world, thing, region):
            hidden = judged(before, here, after)
            if hidden is not None:
                world.calls.find(hidden.kind, f'{region}: {hidden.text}')
        return []

    return act


def judged(
    before: frozenset[str] | None,
    here: frozenset[str] | None,
    after: frozenset[str] | None,
) -> Finding | None:
    """Return what a region hides that had never met it.

    :param before: what central showed before the region was asked
    :param after: and what after it; None when somebody did not answer
    """
    if before is None or here is None or after is None:
        return None
    hidden = (before & after) - here
    if not hidden:
        return None
    return Finding('not found by its name', ', '.join(sorted(hidden)))


VERBS = {'look_by_name': look_by_name}
