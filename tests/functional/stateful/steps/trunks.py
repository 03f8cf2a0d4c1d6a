# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Steps: trunks, what they carry, and instances that have one.

A trunk is made on a port that no instance has. Where its parent port is used
it goes, and takes along what it carries.
"""

from collections.abc import Iterable

from tests.functional import cloud as clouds
from tests.functional.stateful import model as models
from tests.functional.stateful.model import Effect
from tests.functional.stateful.model import Thing
from tests.functional.stateful.steps.networks import boot_with
from tests.functional.stateful.steps.networks import make_port
from tests.functional.stateful.steps.networks import network_of
from tests.functional.stateful.steps.networks import release
from tests.functional.stateful.world import Act
from tests.functional.stateful.world import MANY
from tests.functional.stateful.world import World

#: What a region says of a trunk whose parent port was bound before.
TOO_LATE = 'ParentPortInUse'
#: Few, so that what is added often has what another had just before.
_VLANS = range(100, 104)


def _carried(trunk: Thing) -> dict[str, int]:
    """Return the VLAN IDs of what a trunk carries, as far as is known."""
    return {
        port_id: trunk.value(field)
        for field in trunk.fields
        if (port_id := models.carried_port(field)) is not None
        and trunk.value(field) is not None
    }


def _free_port(
    world: World, project: str, number: int, new: bool
) -> Thing | None:
    """Return a port that is of no trunk, if there is one.

    :param new: one that is made in central for it, in no region yet
    """
    used: set[str | None] = set()
    for one in world.model.there(models.TRUNK):
        used |= {one.parent, *_carried(one)}
    found = world.pick(
        models.PORT, project, number, lambda one: one.id not in used
    )
    if found is not None and not new:
        return found
    at = network_of(world, project, number)
    if at is None:
        return found
    effects = make_port(world, project, at.id, None)
    world.learn(effects)
    made = [one.thing for one in effects if isinstance(one, models.Made)]
    return made[0] if made else found


def _said(port_id: str, vlan: int) -> dict[str, object]:
    return {
        'port_id': port_id,
        'segmentation_type': 'vlan',
        'segmentation_id': vlan,
    }


def _make(
    world: World, project: str, parent: Thing, carried: Thing | None
) -> list[Effect]:
    sub_ports = [] if carried is None else [_said(carried.id, _VLANS[0])]
    _answer, effects = world.make(
        models.TRUNK,
        project,
        world.central(project),
        {
            'name': f'trunk{world.next_number()}',
            'port_id': parent.id,
            'sub_ports': sub_ports,
        },
        parent=parent.id,
        fields=(
            {} if carried is None else {models.carries(carried.id): _VLANS[0]}
        ),
    )
    return effects


def trunk_of(world: World, project: str, number: int) -> Thing | None:
    """Return one of a tenant's trunks, a new one if there is none."""
    found = world.pick(models.TRUNK, project, number)
    if found is None:
        world.learn(trunk(world, world.tenants.index(project), number, 0)())
        found = world.pick(models.TRUNK, project, number)
    return found


def trunk(world: World, who: int, what: int, where: int) -> Act:
    """Make a trunk, or change one when there are many."""
    project = world.tenant(who)
    if len(world.model.there(models.TRUNK, project)) >= MANY[models.TRUNK]:
        return sub_ports(world, who, what, where)
    parent = _free_port(world, project, what, new=bool(what % 3))
    carried = None
    if where % 3 and parent is not None:
        carried = _free_port(world, project, where, new=bool(where % 2))
    if parent is None or parent is carried:
        return lambda: []
    of = parent
    return lambda: _make(world, project, of, carried)


def sub_ports(world: World, who: int, what: int, where: int) -> Act:
    """Have a trunk carry one port more, or one less."""
    project = world.tenant(who)
    found = trunk_of(world, project, what)
    if found is None:
        return lambda: []
    one, carried = found, _carried(found)
    if carried and where % 3 == 2:
        port_id = sorted(carried)[where % len(carried)]
        return lambda: _change(world, one, 'remove_subports', port_id, None)
    port = _free_port(world, project, where, new=bool(where % 2))
    if port is None:
        return lambda: []
    free = [vlan for vlan in _VLANS if vlan not in carried.values()]
    vlan, port_id = (free or _VLANS)[0], port.id
    return lambda: _change(world, one, 'add_subports', port_id, vlan)


def _change(
    world: World, trunk: Thing, verb: str, port_id: str, vlan: int | None
) -> list[Effect]:
    said = {'port_id': port_id} if vlan is None else _said(port_id, vlan)
    client = world.central(trunk.project)
    answer = world.calls.attempt(
        lambda: client.change_sub_ports(trunk.id, verb, [said])
    )
    return [
        models.Changed(trunk.id, models.carries(port_id), vlan, answer.outcome)
    ]


def use_trunk(world: World, who: int, what: int, where: int) -> Act:
    """Boot with the parent port of a trunk, which may be elsewhere yet."""
    project, region = world.tenant(who), world.region_name(where)
    found = trunk_of(world, project, what)
    parent = found and world.model.things.get(str(found.parent))
    if parent is None:
        return lambda: []
    port = parent

    def act() -> list[Effect]:
        released = release(world, port)
        booted = boot_with(world, port, region)
        done: list[Effect] = [
            one
            for one in booted
            if isinstance(one, models.Changed)
            and one.outcome is models.Outcome.DONE
        ]
        return done or [*released, *booted]

    return act


def let_go(world: World, texts: Iterable[str]) -> bool:
    """Detach parent ports that a region bound before it had their trunk.

    Neutron with Open vSwitch makes no trunk on a bound port: a trunk that is
    made while the port is being bound waits, as the manual says, until the
    port is detached. Central cannot refuse it: of the binding it hears later.

    :param texts: what is not done yet
    :returns: whether there was one
    """
    late = [one for one in texts if TOO_LATE in one]
    waiting = [
        one
        for one in world.model.there(models.TRUNK)
        if any(one.id in text for text in late)
    ]
    for one in waiting:
        parent = world.model.things[str(one.parent)]
        world.learn(release(world, parent))
    return bool(waiting)


def end_trunk(world: World, who: int, what: int, where: int) -> Act:
    """Delete a trunk; Neutron keeps one that an instance has."""
    found = world.pick(models.TRUNK, world.tenant(who), what)
    if found is None:
        return lambda: []
    one = found

    def act() -> list[Effect]:
        effects: list[Effect] = []
        if where % 3:
            effects += release(world, world.model.things[str(one.parent)])
        return [*effects, *world.remove(one, world.central(one.project))]

    return act


def delete_port_of_trunk(world: World, who: int, what: int, where: int) -> Act:
    """Delete the parent or a subport of a trunk, in central or a region."""
    project = world.tenant(who)
    found = trunk_of(world, project, what)
    if found is None:
        return lambda: []
    ids = [str(found.parent), *sorted(_carried(found))]
    port = world.model.things[ids[what % len(ids)]]
    client: clouds.NeutronClient = world.central_for_nova(project)
    if where % 2:
        client = world.region(world.region_name(where // 2), project)
    return lambda: world.remove(port, client)


VERBS = {
    'trunk': trunk,
    'sub_ports': sub_ports,
    'use_trunk': use_trunk,
    'end_trunk': end_trunk,
    'delete_port_of_trunk': delete_port_of_trunk,
}
