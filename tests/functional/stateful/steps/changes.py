# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Steps: groups and their rules; names, tags and deletions of anything."""

import dataclasses

from tests.functional.stateful import model as models
from tests.functional.stateful.model import Effect
from tests.functional.stateful.model import Thing
from tests.functional.stateful.steps.address_groups import address_group_of
from tests.functional.stateful.steps.networks import port_of
from tests.functional.stateful.world import Act
from tests.functional.stateful.world import MANY
from tests.functional.stateful.world import World

_NAMED = (
    models.PORT,
    models.NETWORK,
    models.PORT,
    models.SUBNET,
    models.ROUTER,
    models.GROUP,
    models.ADDRESS_GROUP,
)
_TAGGED = (models.PORT, models.NETWORK, models.GROUP, models.SUBNET)
_DELETED = (
    models.RULE,
    models.NETWORK,
    models.FLOATING_IP,
    models.SUBNET,
    models.GROUP,
    models.ROUTER,
    models.ADDRESS_GROUP,
)


def group_of(world: World, project: str, number: int) -> Thing | None:
    """Return one of a tenant's groups, a new one if there is none."""
    found = world.pick(models.GROUP, project, number)
    if found is None:
        world.learn(make_group(world, project))
        found = world.pick(models.GROUP, project, number)
    return found


def make_group(world: World, project: str) -> list[Effect]:
    """Make a group."""
    _answer, effects = world.make(
        models.GROUP,
        project,
        world.central(project),
        {'name': f'group{world.next_number()}'},
    )
    return effects


def group(world: World, who: int, what: int, where: int) -> Act:
    """Make a group, or a rule when there are many."""
    project = world.tenant(who)
    if len(world.model.there(models.GROUP, project)) >= MANY[models.GROUP]:
        return rule(world, who, what, where)
    return lambda: make_group(world, project)


def rule(world: World, who: int, what: int, where: int) -> Act:
    """Add a rule to a group; now and then one that names a group.

    Or an address group, which is made for it when there is none.
    """
    project = world.tenant(who)
    found = group_of(world, project, what)
    if found is None:
        return lambda: []
    remote = {'remote_ip_prefix': f'192.0.2.{where}/32'}
    if where % 4 == 3:
        remote = {'remote_group_id': found.id}
    elif where % 4 == 1:
        addresses = address_group_of(world, project, what)
        if addresses is not None:
            remote = {'remote_address_group_id': addresses.id}

    def act() -> list[Effect]:
        _answer, effects = world.make(
            models.RULE,
            project,
            world.central(project),
            {
                'security_group_id': found.id,
                'direction': 'ingress',
                'ethertype': 'IPv4',
                'protocol': 'tcp',
                'port_range_min': 1000 + world.next_number(),
                'port_range_max': 2000,
                **remote,
            },
            parent=found.id,
        )
        return effects

    return act


def set_groups(world: World, who: int, what: int, where: int) -> Act:
    """Give a port other groups."""
    project = world.tenant(who)
    found, wanted = (
        port_of(world, project, what),
        group_of(world, project, where),
    )
    if found is None or wanted is None:
        return lambda: []
    return lambda: world.change(
        found,
        world.central(project),
        'security_groups',
        frozenset([wanted.id]),
        security_groups=[wanted.id],
    )


def _any_of(
    world: World, project: str, kinds: tuple[str, ...], which: int, number: int
) -> Thing | None:
    kind = kinds[which % len(kinds)]
    return world.pick(kind, project, number) or port_of(world, project, number)


def rename(world: World, who: int, what: int, where: int) -> Act:
    """Give something another name, in central."""
    project = world.tenant(who)
    found = _any_of(world, project, _NAMED, where, what)
    if found is None:
        return lambda: []
    name = f'name{world.next_number()}'
    return lambda: world.change(found, world.central(project), 'name', name)


def rename_in_region(world: World, who: int, what: int, where: int) -> Act:
    """Give a port another name in the region that has it."""
    project = world.tenant(who)
    found = port_of(world, project, what)
    if found is None:
        return lambda: []
    region = found.value(models.REGION) or world.region_name(where)
    name = f'name{world.next_number()}'
    return lambda: world.change(
        found, world.region(region, project), 'name', name
    )


def name_in_dns(world: World, who: int, what: int, where: int) -> Act:
    """Name a port in DNS, in central or as Nova does in its region.

    A name that central was given a moment before may be on its way to the
    region, and then it stays.
    """
    project = world.tenant(who)
    found = port_of(world, project, what)
    if found is None:
        return lambda: []
    field, name = models.DNS_NAME, f'name{world.next_number()}'
    region = found.value(models.REGION)
    if where % 2 or region is None:
        world.named_in_central.add(found.id)
        return lambda: world.change(found, world.central(project), field, name)
    is_under_way = found.id in world.named_in_central

    def act() -> list[Effect]:
        effects = world.change(
            found, world.region(region, project), field, name
        )
        if not is_under_way:
            return effects
        return [
            dataclasses.replace(one, outcome=models.Outcome.UNKNOWN)
            for one in effects
            if isinstance(one, models.Changed)
            and one.outcome is not models.Outcome.REFUSED
        ]

    return act


def tag(world: World, who: int, what: int, where: int) -> Act:
    """Set the tags of something, in central."""
    project = world.tenant(who)
    found = _any_of(world, project, _TAGGED, where, what)
    if found is None:
        return lambda: []
    tags = [f'tag{world.next_number()}', 'always'][: 1 + where % 2]
    path = found.kind.replace('_', '-') + 's'

    def act() -> list[Effect]:
        client = world.central(project)
        answer = world.calls.attempt(
            lambda: client.update_tags(path, found.id, tags)
        )
        return [
            models.Changed(found.id, 'tags', frozenset(tags), answer.outcome)
        ]

    return act


def delete(world: World, who: int, what: int, where: int) -> Act:
    """Delete something in central; what is in use, Neutron keeps."""
    project = world.tenant(who)
    kind = _DELETED[where % len(_DELETED)]
    found = world.pick(kind, project, what)
    if found is None:
        return lambda: []
    return lambda: world.remove(found, world.central(project))


VERBS = {
    'group': group,
    'rule': rule,
    'set_groups': set_groups,
    'rename': rename,
    'rename_in_region': rename_in_region,
    'name_in_dns': name_in_dns,
    'tag': tag,
    'delete': delete,
}
