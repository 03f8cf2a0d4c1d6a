# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Steps: subnets out of a pool, and IPv6 beside IPv4.

A pool is of an address scope, and small: two subnets of one may not overlap,
and what one gives back the next gets. A tenant has one of each.
"""

from tests.functional.stateful import model as models
from tests.functional.stateful.model import Effect
from tests.functional.stateful.model import Thing
from tests.functional.stateful.steps.networks import make_network
from tests.functional.stateful.steps.networks import network_of
from tests.functional.stateful.world import Act
from tests.functional.stateful.world import MANY
from tests.functional.stateful.world import World

_MODES = ('slaac', 'dhcpv6-stateful', 'dhcpv6-stateless')


def _pool_of(world: World, project: str) -> Thing | None:
    """Return a tenant's pool, which is made when there is none."""
    found = world.pick(models.POOL, project, 0)
    if found is not None:
        return found
    scope = world.pick(models.SCOPE, project, 0)
    if scope is None:
        _answer, effects = world.make(
            models.SCOPE,
            project,
            world.central(project),
            {'name': f'scope{world.next_number()}', 'ip_version': 4},
        )
        world.learn(effects)
        scope = world.pick(models.SCOPE, project, 0)
    if scope is None:
        return None
    number = 100 + world.tenants.index(project)
    _answer, effects = world.make(
        models.POOL,
        project,
        world.central(project),
        {
            'name': f'pool{world.next_number()}',
            'prefixes': [f'10.{number}.0.0/22'],
            'default_prefixlen': 24,
            'address_scope_id': scope.id,
        },
    )
    world.learn(effects)
    return world.pick(models.POOL, project, 0)


def pool_network(world: World, who: int, what: int, where: int) -> Act:
    """Make a network with a subnet out of a pool, or a dual-stack one."""
    project = world.tenant(who)
    if len(world.model.there(models.NETWORK, project)) >= MANY[models.NETWORK]:
        return dual_stack(world, who, what, where)
    found = _pool_of(world, project)
    if found is None:
        return lambda: []
    pool = found
    return lambda: make_network(world, project, pool=pool.id)


def dual_stack(world: World, who: int, what: int, where: int) -> Act:
    """Give a network an IPv6 subnet, whose addresses ports may make up."""
    project = world.tenant(who)
    found = network_of(world, project, what)
    if found is None:
        return lambda: []
    network, mode = found, _MODES[where % len(_MODES)]

    def act() -> list[Effect]:
        number = world.next_number()
        _answer, effects = world.make(
            models.SUBNET,
            project,
            world.central(project),
            {
                'name': f'subnet{number}',
                'network_id': network.id,
                'cidr': f'2001:db8:{number:x}::/64',
                'ip_version': 6,
                'ipv6_address_mode': mode,
                'ipv6_ra_mode': mode,
            },
            network=network.id,
            parent=network.id,
        )
        return effects

    return act


VERBS = {'pool_network': pool_network, 'dual_stack': dual_stack}
