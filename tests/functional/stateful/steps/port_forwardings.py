# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Steps: floating IPs that forward ports, to ports of any region.

A floating IP that does is for no port. Outer ports are few, so that one is
often asked for again that another forwarding has just given up.
"""

from tests.functional.stateful import calls as callers
from tests.functional.stateful import model as models
from tests.functional.stateful.model import Effect
from tests.functional.stateful.model import Thing
from tests.functional.stateful.steps.networks import make_port
from tests.functional.stateful.steps.networks import network_of
from tests.functional.stateful.steps.routers import external_of
from tests.functional.stateful.steps.routers import make_floating_ip
from tests.functional.stateful.steps.routers import put_on
from tests.functional.stateful.steps.routers import router_of
from tests.functional.stateful.steps.routers import set_gateway
from tests.functional.stateful.world import Act
from tests.functional.stateful.world import World

_PORTS = range(8001, 8005)


def _way_out(world: World, project: str, number: int) -> Thing | None:
    """Return a router with a gateway and a subnet; what is missing is made.

    So that something is forwarded in a short script.
    """
    found = world.pick(
        models.ROUTER, project, number, lambda one: one.value(models.GATEWAY)
    )
    if found is None:
        found = router_of(world, project, number)
        region = world.region_name(number)
        network_id = external_of(world, region)
        if found is None or network_id is None:
            return None
        world.learn(set_gateway(world, found, network_id))
    if not _subnets(world, found):
        network_of(world, project, number)
        subnet = world.pick(models.SUBNET, project, number)
        if subnet is not None:
            world.learn(put_on(world, found, subnet.id))
    return found


def _subnets(world: World, router: Thing) -> list[str]:
    return [
        one.id.partition('/')[2]
        for one in world.model.there(models.INTERFACE, router.project)
        if one.id.startswith(router.id)
    ]


def _port_behind(world: World, router: Thing, number: int) -> Thing | None:
    """Return a port of a network that is on a router, a new one if none is."""
    networks = [
        str(world.model.things[subnet_id].network)
        for subnet_id in _subnets(world, router)
        if subnet_id in world.model.things
    ]
    if not networks:
        return None
    found = world.pick(
        models.PORT,
        router.project,
        number,
        lambda one: one.network in networks,
    )
    if found is None:
        effects = make_port(
            world,
            router.project,
            networks[number % len(networks)],
            world.region_name(number),
        )
        world.learn(effects)
        made = [one.thing for one in effects if isinstance(one, models.Made)]
        found = made[0] if made else None
    return found


def _floating_ip(world: World, router: Thing, number: int) -> Thing | None:
    """Return a floating IP of a router's gateway that is for no port."""
    gateway = router.value(models.GATEWAY)
    if gateway is None:
        return None
    found = world.pick(
        models.FLOATING_IP,
        router.project,
        number,
        lambda one: (
            one.value(models.PORT_ID) is None
            and one.network in (None, gateway)
        ),
    )
    if found is None:
        effects = make_floating_ip(
            world,
            router.project,
            world.central(router.project),
            str(gateway),
            None,
        )
        world.learn(effects)
        made = [one.thing for one in effects if isinstance(one, models.Made)]
        found = made[0] if made else None
    return found


def forward(world: World, who: int, what: int, where: int) -> Act:
    """Forward a port of a floating IP; what is missing is made for it."""
    project = world.tenant(who)
    router = _way_out(world, project, what)
    port = router and _port_behind(world, router, where)
    floating_ip = router and _floating_ip(world, router, what)
    if router is None or port is None or floating_ip is None:
        return lambda: []
    used = {
        one.value(models.EXTERNAL_PORT)
        for one in world.model.there(models.FORWARDING)
        if one.parent == floating_ip.id
    }
    free = [one for one in _PORTS if one not in used] or _PORTS
    to, of, outer = port, floating_ip, free[where % len(free)]

    def act() -> list[Effect]:
        client = _side(world, project, where)
        central = world.central(project)
        shown = world.calls.attempt(lambda: central.show(models.PORT, to.id))
        if not shown.done:
            return []
        wanted = {
            'internal_port_id': to.id,
            'internal_ip_address': next(
                ip['ip_address']
                for ip in shown.body['fixed_ips']
                if '.' in ip['ip_address']
            ),
            'internal_port': 1000 + world.next_number(),
            models.EXTERNAL_PORT: outer,
            'protocol': 'udp' if what % 3 == 0 else 'tcp',
        }
        answer = world.calls.attempt(
            lambda: client.forward('POST', of.id, **wanted)
        )
        if not answer.done:
            return world.nobody_said(answer, models.FORWARDING, project)
        fields = {
            key: frozenset([answer.body[key]])
            for key in ('internal_port', models.EXTERNAL_PORT, 'protocol')
        }
        fields[models.PORT_ID] = frozenset([to.id])
        id_ = str(answer.body['id'])
        return [
            models.Made(
                Thing(models.FORWARDING, id_, project, fields, parent=of.id)
            )
        ]

    return act


def _side(world: World, project: str, number: int) -> callers.Client:
    """Return what a tenant asks: central, or a region, which hands it on."""
    if number % 2:
        return world.central(project)
    return world.region(world.region_name(number // 2), project)


def _any_of(world: World, who: int, what: int) -> Thing | None:
    # Of one whose making had no answer nobody said whose it is.
    return world.pick(
        models.FORWARDING,
        world.tenant(who),
        what,
        lambda one: one.parent is not None,
    )


def change_forwarding(world: World, who: int, what: int, where: int) -> Act:
    """Change the outer port or the protocol of a forwarding."""
    found = _any_of(world, who, what)
    if found is None:
        return forward(world, who, what, where)
    one = found
    field, value = (
        (models.EXTERNAL_PORT, _PORTS[where % len(_PORTS)])
        if where % 3
        else ('protocol', 'udp' if one.value('protocol') == 'tcp' else 'tcp')
    )

    def act() -> list[Effect]:
        client = _side(world, one.project, what)
        answer = world.calls.attempt(
            lambda: client.forward(
                'PUT', str(one.parent), one.id, **{field: value}
            )
        )
        return [models.Changed(one.id, field, value, answer.outcome)]

    return act


def unforward(world: World, who: int, what: int, where: int) -> Act:
    """Forward a port no more."""
    found = _any_of(world, who, what)
    if found is None:
        return lambda: []
    one = found
    return lambda: take_away(world, one, where)


def take_away(world: World, forwarding: Thing, where: int = 1) -> list[Effect]:
    """Delete a port forwarding, return what the answer means."""
    client = _side(world, forwarding.project, where)
    answer = world.calls.attempt(
        lambda: client.forward('DELETE', str(forwarding.parent), forwarding.id)
    )
    return [models.Removed(forwarding.id, answer.outcome)]


VERBS = {
    'forward': forward,
    'change_forwarding': change_forwarding,
    'unforward': unforward,
}
