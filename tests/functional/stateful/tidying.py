# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Deleting all that users have, in the order in which Neutron allows it.

It is a script of its own: at a quiet moment each deletion has to work at the
first try.
"""

from collections.abc import Callable, Iterator, Sequence
import functools

from tests.functional import regions
from tests.functional.stateful import model as models
from tests.functional.stateful.checks import own
from tests.functional.stateful.model import Effect
from tests.functional.stateful.model import Outcome
from tests.functional.stateful.model import Thing
from tests.functional.stateful.steps.networks import release
from tests.functional.stateful.steps.port_forwardings import take_away
from tests.functional.stateful.steps.routers import take_off
from tests.functional.stateful.world import ADMIN
from tests.functional.stateful.world import World

#: How many are deleted at once.
_AT_ONCE = 3
_ORDER = (
    models.FORWARDING,
    models.FLOATING_IP,
    models.INTERFACE,
    models.ROUTER,
    # Before the ports that they are made of.
    models.TRUNK,
    models.PORT,
    # Before the network that takes them along, for the refusals' sake.
    models.SHARE,
    models.NETWORK,
    # After the subnets that are out of it.
    models.POOL,
    models.SCOPE,
    models.GROUP,
    # After the rules that name them.
    models.ADDRESS_GROUP,
    # After what has them.
    models.QOS_POLICY,
)


def tidy(world: World) -> None:
    """Delete everything; what is refused is a finding."""
    for kind in _ORDER:
        # External networks last of their kind: they are the administrator's.
        things = sorted(
            world.model.there(kind),
            key=lambda one: one.project == ADMIN,
        )
        for start in range(0, len(things), _AT_ONCE):
            some = things[start : start + _AT_ONCE]
            world.learn(
                *_removed(
                    world,
                    [functools.partial(_deletion, world, one) for one in some],
                )
            )
    own.delete(world)


def _removed(
    world: World, acts: Sequence[Callable[[], list[Effect]]]
) -> Iterator[list[Effect]]:
    for result in regions.all_at_once(acts):
        if isinstance(result, Exception):
            raise result
        for one in result:
            if (
                isinstance(one, models.Removed)
                and one.outcome is not Outcome.DONE
            ):
                world.calls.find(
                    'cannot be deleted', f'{world.model.things[one.id]}'
                )
        yield result


def _deletion(world: World, thing: Thing) -> list[Effect]:
    """Delete something; ports of regions by turns there and in central."""
    if thing.kind == models.INTERFACE:
        return take_off(world, thing)
    if thing.kind == models.FORWARDING and thing.parent is not None:
        return take_away(world, thing)
    if thing.kind == models.TRUNK:
        parent = world.model.things[str(thing.parent)]
        return [
            *release(world, parent),
            *world.remove(thing, world.central(thing.project)),
        ]
    region = thing.value(models.REGION)
    if thing.project == ADMIN or thing.kind == models.QOS_POLICY:
        return world.remove(thing, world.admin)
    if region and thing.id < '8':
        return world.remove(thing, world.region(str(region), thing.project))
    return world.remove(thing, world.central_for_nova(thing.project))
