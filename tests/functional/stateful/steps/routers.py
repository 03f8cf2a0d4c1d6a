# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Steps: routers, what is on them, ways out, and floating IPs."""

from tests.functional import cloud as clouds
from tests.functional.stateful import model as models
from tests.functional.stateful.model import Effect
from tests.functional.stateful.model import Outcome
from tests.functional.stateful.model import Thing
from tests.functional.stateful.steps.networks import network_of
from tests.functional.stateful.world import Act
from tests.functional.stateful.world import ADMIN
from tests.functional.stateful.world import MANY
from tests.functional.stateful.world import World


def make_router(
    world: World, project: str, hints: tuple[str, ...] = ()
) -> list[Effect]:
    """Make a router; with one region as a hint it is a local one."""
    _answer, effects = world.make(
        models.ROUTER,
        project,
        world.central(project),
        {
            'name': f'router{world.next_number()}',
            'availability_zone_hints': list(hints),
        },
        fields={models.GATEWAY: None},
    )
    return effects


def router_of(world: World, project: str, number: int) -> Thing | None:
    """Return one of a tenant's routers, a new one if there is none."""
    found = world.pick(models.ROUTER, project, number)
    if found is None:
        world.learn(make_router(world, project))
        found = world.pick(models.ROUTER, project, number)
    return found


def external_of(world: World, region: str) -> str | None:
    """Return the external network of a region; it is made when missing."""
    if region not in world.external:
        number = 1 + world.region_names.index(region)
        admin = world.admin
        answer, effects = world.make(
            models.NETWORK,
            ADMIN,
            admin,
            {
                'name': f'external{number}',
                'availability_zone_hints': [region],
                'router:external': True,
            },
        )
        world.learn(effects)
        if not answer.done:
            return None
        network_id = str(answer.body['id'])
        answer, effects = world.make(
            models.SUBNET,
            ADMIN,
            admin,
            {
                'name': f'external{number}',
                'network_id': network_id,
                'cidr': f'198.51.{100 + number}.0/24',
                'ip_version': 4,
                'enable_dhcp': False,
            },
            network=network_id,
            parent=network_id,
        )
        world.learn(effects)
        if not answer.done:
            return None
        world.external[region] = network_id
    return world.external[region]


def router(world: World, who: int, what: int, where: int) -> Act:
    """Make a router, or use one when there are many; some are local ones."""
    project = world.tenant(who)
    if len(world.model.there(models.ROUTER, project)) >= MANY[models.ROUTER]:
        return gateway(world, who, what, where)
    hints = (world.region_name(where),) if what % 4 == 3 else ()
    return lambda: make_router(world, project, hints)


def put_on(world: World, found: Thing, subnet_id: str) -> list[Effect]:
    """Put a subnet on a router."""
    client = world.central(found.project)
    answer = world.calls.attempt(
        lambda: client.add_router_interface(found.id, subnet_id=subnet_id)
    )
    known = {
        Outcome.DONE: models.Known.THERE,
        Outcome.UNKNOWN: models.Known.UNKNOWN,
    }.get(answer.outcome)
    if known is None:
        return []
    id_ = f'{found.id}/{subnet_id}'
    return [
        models.Made(
            Thing(models.INTERFACE, id_, found.project, {}, known=known)
        )
    ]


def attach(world: World, who: int, what: int, where: int) -> Act:
    """Put one of a tenant's subnets on a router."""
    project = world.tenant(who)
    found = router_of(world, project, what)
    network_of(world, project, where)
    subnet = world.pick(models.SUBNET, project, where)
    if found is None or subnet is None:
        return lambda: []
    return lambda: put_on(world, found, subnet.id)


def take_off(world: World, interface: Thing) -> list[Effect]:
    """Take a subnet off a router."""
    router_id, subnet_id = interface.id.split('/')
    client = world.central(interface.project)
    answer = world.calls.attempt(
        lambda: client.remove_router_interface(router_id, subnet_id=subnet_id)
    )
    return [models.Removed(interface.id, answer.outcome)]


def detach(world: World, who: int, what: int, where: int) -> Act:
    """Take a subnet off a router."""
    found = world.pick(models.INTERFACE, world.tenant(who), what)
    if found is None:
        return lambda: []
    return lambda: take_off(world, found)


def set_gateway(
    world: World, found: Thing, network_id: str | None
) -> list[Effect]:
    """Set or clear the gateway of a router."""
    return world.change(
        found,
        world.central(found.project),
        models.GATEWAY,
        network_id,
        external_gateway_info=network_id and {'network_id': network_id},
    )


def gateway(world: World, who: int, what: int, where: int) -> Act:
    """Set a router's gateway to the external network of a region."""
    found = router_of(world, world.tenant(who), what)
    network_id = external_of(world, world.region_name(where))
    if found is None or network_id is None:
        return lambda: []
    return lambda: set_gateway(world, found, network_id)


def clear_gateway(world: World, who: int, what: int, where: int) -> Act:
    """Clear a router's gateway."""
    found = router_of(world, world.tenant(who), what)
    if found is None:
        return lambda: []
    return lambda: set_gateway(world, found, None)


def floating_ip(
    world: World,
    who: int,
    what: int,
    where: int,
    client: clouds.NeutronClient | None = None,
) -> Act:
    """Take a floating IP where a router's gateway is, for a port or none.

    :param client: by which API; central's if it is not said
    """
    project = world.tenant(who)
    found = world.pick(
        models.ROUTER,
        project,
        what,
        lambda one: one.value(models.GATEWAY) is not None,
    )
    network_id = (
        external_of(world, world.region_name(where))
        if found is None
        else str(found.value(models.GATEWAY))
    )
    port = world.pick(models.PORT, project, where) if what % 4 else None
    if network_id is None:
        return lambda: []
    at, by = network_id, client or world.central(project)
    port_id = None if port is None else port.id
    return lambda: make_floating_ip(world, project, by, at, port_id)


def make_floating_ip(
    world: World,
    project: str,
    client: clouds.NeutronClient,
    network_id: str,
    port_id: str | None,
) -> list[Effect]:
    """Take a floating IP of an external network."""
    _answer, effects = world.make(
        models.FLOATING_IP,
        project,
        client,
        {'floating_network_id': network_id, 'port_id': port_id},
        network=network_id,
        fields={models.PORT_ID: port_id},
    )
    return effects


def floating_ip_in_region(
    world: World, who: int, what: int, where: int
) -> Act:
    """Take a floating IP by the API of any region."""
    return floating_ip(world, who, what, where, _anywhere(world, who, what))


def _anywhere(world: World, who: int, number: int) -> clouds.NeutronClient:
    return world.region(world.region_name(number), world.tenant(who))


def associate(
    world: World,
    who: int,
    what: int,
    where: int,
    client: clouds.NeutronClient | None = None,
) -> Act:
    """Give a floating IP to another port, or to none.

    :param client: by which API; central's if it is not said
    """
    project = world.tenant(who)
    found = world.pick(models.FLOATING_IP, project, what)
    if found is None:
        return floating_ip(world, who, what, where, client)
    port = world.pick(models.PORT, project, where) if where % 4 else None
    return lambda: world.change(
        found,
        client or world.central(project),
        models.PORT_ID,
        port and port.id,
    )


def associate_in_region(world: World, who: int, what: int, where: int) -> Act:
    """Give a floating IP to a port, or to none, by the API of any region."""
    return associate(world, who, what, where, _anywhere(world, who, what // 2))


def delete_floating_ip_in_region(
    world: World, who: int, what: int, where: int
) -> Act:
    """Delete a floating IP by the API of any region."""
    found = world.pick(models.FLOATING_IP, world.tenant(who), what)
    if found is None:
        return floating_ip_in_region(world, who, what, where)
    return lambda: world.remove(found, _anywhere(world, who, where))


VERBS = {
    'router': router,
    'attach': attach,
    'detach': detach,
    'gateway': gateway,
    'clear_gateway': clear_gateway,
    'floating_ip': floating_ip,
    'associate': associate,
    'floating_ip_in_region': floating_ip_in_region,
    'associate_in_region': associate_in_region,
    'delete_floating_ip_in_region': delete_floating_ip_in_region,
}
