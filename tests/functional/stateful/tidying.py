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

from tests.functional import regions
from tests.functional.stateful import model as models
from tests.functional.stateful.model import Effect
from tests.functional.stateful.model import Outcome
from tests.functional.stateful.model import Thing
from tests.functional.stateful.routers import take_off
from tests.functional.stateful.world import World

#: How many are deleted at once.
_AT_ONCE = 3
_ORDER = (
    models.FLOATING_IP,
    models.INTERFACE,
    models.ROUTER,
    models.PORT,
    models.NETWORK,
    models.GROUP,
)


def tidy(world: World) -> None:
    """Delete everything; what is refused is a finding."""
    for kind in _ORDER:
        # External networks last of their kind: they are the administrator's.
        things = sorted(
            world.model.there(kind),
            key=lambda one: one.project == 'admin-project',
        )
        for start in range(0, len(things), _AT_ONCE):
            some = things[start : start + _AT_ONCE]
            world.learn(*_removed(world, list(_deletions(world, some))))


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


def _deletions(
    world: World, things: Sequence[Thing]
) -> Iterator[Callable[[], list[Effect]]]:
    for thing in things:
        if thing.kind == models.INTERFACE:
            yield lambda thing=thing: take_off(world, thing)
            continue
        region = thing.fields.get(models.REGION)
        if thing.project == 'admin-project':
            client = world.admin
        elif region and len(world.model.things) % 2:
            client = world.region(
                str(thing.value(models.REGION)), thing.project
            )
        else:
            client = world.central_for_nova(thing.project)
        yield lambda thing=thing, client=client: world.remove(thing, client)
