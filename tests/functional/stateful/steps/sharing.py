# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Steps: networks that one tenant has and another uses.

An entry of the owner's lets the other in. It goes when nothing of the other's
is on the network any more, or with the network.
"""

from tests.functional.stateful import model as models
from tests.functional.stateful.model import Effect
from tests.functional.stateful.model import Thing
from tests.functional.stateful.steps.networks import boot_new
from tests.functional.stateful.steps.networks import make_port
from tests.functional.stateful.steps.networks import network_of
from tests.functional.stateful.world import Act
from tests.functional.stateful.world import World


def _other(world: World, project: str) -> str:
    return world.tenant(1 + world.tenants.index(project))


def _share(world: World, network: Thing) -> list[Effect]:
    _answer, effects = world.make(
        models.SHARE,
        network.project,
        world.central(network.project),
        {
            'object_type': 'network',
            'object_id': network.id,
            'action': models.ACCESS_AS_SHARED,
            'target_tenant': _other(world, network.project),
        },
        network=network.id,
        parent=network.id,
    )
    return effects


def share(world: World, who: int, what: int, where: int) -> Act:
    """Share a network with the other tenant."""
    project = world.tenant(who)
    found = network_of(world, project, what)
    if found is None:
        return lambda: []
    network = found
    return lambda: _share(world, network)


def use_shared(world: World, who: int, what: int, where: int) -> Act:
    """Boot, or make a port, on a network that the other tenant shares."""
    project, region = world.tenant(who), world.region_name(where)
    owner = _other(world, project)
    entry = world.pick(models.SHARE, owner, what)
    if entry is None:
        world.learn(share(world, world.tenants.index(owner), what, where)())
        entry = world.pick(models.SHARE, owner, what)
    if entry is None or entry.network is None:
        return lambda: []
    network_id = entry.network
    if where % 3:
        return lambda: boot_new(world, project, network_id, region)
    return lambda: make_port(
        world, project, network_id, region if where % 2 else None
    )


def unshare(world: World, who: int, what: int, where: int) -> Act:
    """Share a network no more; it is refused while the other uses it."""
    entry = world.pick(models.SHARE, world.tenant(who), what)
    if entry is None:
        return lambda: []
    one = entry
    return lambda: world.remove(one, world.central(one.project))


VERBS = {'share': share, 'use_shared': use_shared, 'unshare': unshare}
