# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Steps: QoS policies, a rule of theirs, and what has them.

Administrators make policies, tenants put them on networks and ports. They are
deleted at the end only: Neutron lets one go while something is just getting
it.
"""

from typing import Any

from tests.functional.stateful import model as models
from tests.functional.stateful.model import Effect
from tests.functional.stateful.model import Thing
from tests.functional.stateful.world import Act
from tests.functional.stateful.world import MANY
from tests.functional.stateful.world import World

_HAVE_ONE = (models.NETWORK, models.PORT)
_LIMITS = (None, 1000, 2000)


def _policy_of(world: World, project: str, number: int) -> Thing | None:
    """Return one of a tenant's policies, a new one if there is none."""
    found = world.pick(models.QOS_POLICY, project, number)
    if found is None:
        world.learn(_make(world, project))
        found = world.pick(models.QOS_POLICY, project, number)
    return found


def _make(world: World, project: str) -> list[Effect]:
    _answer, effects = world.make(
        models.QOS_POLICY,
        project,
        world.admin,
        {'name': f'policy{world.next_number()}', 'project_id': project},
        fields={models.LIMIT: None},
    )
    return effects


def policy(world: World, who: int, what: int, where: int) -> Act:
    """Make a policy, or change the rule of one when there are many."""
    project = world.tenant(who)
    many = MANY[models.QOS_POLICY]
    if len(world.model.there(models.QOS_POLICY, project)) >= many:
        return limit(world, who, what, where)
    return lambda: _make(world, project)


def limit(world: World, who: int, what: int, where: int) -> Act:
    """Give a policy a limit, another one, or none."""
    project = world.tenant(who)
    found = _policy_of(world, project, what)
    if found is None:
        return lambda: []
    one, wanted = found, _LIMITS[where % len(_LIMITS)]

    def act() -> list[Effect]:
        answer = world.calls.attempt(lambda: _set_limit(world, one, wanted))
        return [models.Changed(one.id, models.LIMIT, wanted, answer.outcome)]

    return act


def _set_limit(world: World, one: Thing, wanted: int | None) -> Any:
    path = f'/qos/policies/{one.id}/bandwidth_limit_rules'
    body = {'bandwidth_limit_rule': {'max_kbps': wanted}}
    rules = world.admin.show(models.QOS_POLICY, one.id)['rules']
    if wanted is None:
        if rules:
            world.admin.checked(world.admin.delete(f'{path}/{rules[0]["id"]}'))
    elif rules:
        world.admin.checked(world.admin.put(f'{path}/{rules[0]["id"]}', body))
    else:
        world.admin.checked(world.admin.post(path, body))


def put_policy(world: World, who: int, what: int, where: int) -> Act:
    """Put a policy on a network or port, or take it off."""
    project = world.tenant(who)
    thing = world.pick(_HAVE_ONE[where % len(_HAVE_ONE)], project, what)
    found = _policy_of(world, project, what)
    if thing is None or found is None:
        return lambda: []
    having, wanted = thing, found.id if where % 3 else None
    return lambda: world.change(
        having, world.central(project), models.POLICY, wanted
    )


VERBS = {'policy': policy, 'limit': limit, 'put_policy': put_policy}
