# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Steps: address groups, what is in them, and rules that name them.

Addresses are few, so that what is added is often what another has just taken
away. Each is a field of its own in the model: of two changes at once both are
kept, unless they are of the same address.
"""

from tests.functional.stateful import model as models
from tests.functional.stateful.model import Effect
from tests.functional.stateful.model import Thing
from tests.functional.stateful.world import Act
from tests.functional.stateful.world import MANY
from tests.functional.stateful.world import World

ADDRESSES = (
    '198.51.100.1/32',
    '198.51.100.64/26',
    '203.0.113.0/24',
    '2001:db8::1/128',
    '2001:db8:1::/48',
)


def address_group_of(world: World, project: str, number: int) -> Thing | None:
    """Return one of a tenant's address groups, a new one if there is none."""
    found = world.pick(models.ADDRESS_GROUP, project, number)
    if found is None:
        world.learn(make_address_group(world, project, number))
        found = world.pick(models.ADDRESS_GROUP, project, number)
    return found


def make_address_group(
    world: World, project: str, number: int
) -> list[Effect]:
    """Make an address group with none, or some, of the addresses."""
    some = ADDRESSES[: number % len(ADDRESSES)]
    _answer, effects = world.make(
        models.ADDRESS_GROUP,
        project,
        world.central(project),
        {'name': f'addresses{world.next_number()}', 'addresses': list(some)},
        fields={models.holds(one): one in some for one in ADDRESSES},
    )
    return effects


def address_group(world: World, who: int, what: int, where: int) -> Act:
    """Make an address group, or change one when there are many."""
    project = world.tenant(who)
    many = MANY[models.ADDRESS_GROUP]
    if len(world.model.there(models.ADDRESS_GROUP, project)) >= many:
        return addresses(world, who, what, where)
    return lambda: make_address_group(world, project, what)


def addresses(world: World, who: int, what: int, where: int) -> Act:
    """Add two addresses to a group, or take two away."""
    project = world.tenant(who)
    found = address_group_of(world, project, what)
    if found is None:
        return lambda: []
    group, adds = found, bool(where % 2)
    some = [ADDRESSES[(where + more) % len(ADDRESSES)] for more in range(2)]
    # What Neutron would refuse as a whole is left out, as far as is known.
    wanted = [
        one for one in some if group.value(models.holds(one)) is not adds
    ] or some
    verb = 'add_addresses' if adds else 'remove_addresses'

    def act() -> list[Effect]:
        client = world.central(project)
        answer = world.calls.attempt(
            lambda: client.change_addresses(group.id, verb, wanted)
        )
        return [
            models.Changed(group.id, models.holds(one), adds, answer.outcome)
            for one in wanted
        ]

    return act


VERBS = {'address_group': address_group, 'addresses': addresses}
