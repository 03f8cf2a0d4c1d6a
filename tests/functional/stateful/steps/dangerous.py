# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Steps of several calls one right after the other, which broke it before."""

from tests.functional.cloud.client import Json
from tests.functional.stateful import model as models
from tests.functional.stateful.checks import given_out
from tests.functional.stateful.model import Effect
from tests.functional.stateful.model import Known
from tests.functional.stateful.model import Made
from tests.functional.stateful.steps.networks import boot_new
from tests.functional.stateful.steps.networks import make_network
from tests.functional.stateful.steps.networks import make_port
from tests.functional.stateful.steps.networks import network_of
from tests.functional.stateful.steps.networks import port_of
from tests.functional.stateful.steps.routers import external_of
from tests.functional.stateful.steps.routers import router_of
from tests.functional.stateful.steps.routers import set_gateway
from tests.functional.stateful.world import Act
from tests.functional.stateful.world import ADMIN
from tests.functional.stateful.world import World


def _made(effects: list[Effect], kind: str) -> list[models.Thing]:
    return [
        one.thing
        for one in effects
        if isinstance(one, Made)
        and one.thing.kind == kind
        and one.thing.known is Known.THERE
    ]


def rename_and_delete(world: World, who: int, what: int, where: int) -> Act:
    """Rename a port in central and delete it in its region at once."""
    project, region = world.tenant(who), world.region_name(where)
    found = network_of(world, project, what)
    if found is None:
        return lambda: []

    def act() -> list[Effect]:
        effects = (
            boot_new(world, project, found.id, region)
            if what % 2
            else make_port(world, project, found.id, region)
        )
        for port in _made(effects, models.PORT):
            effects += world.change(
                port,
                world.central(project),
                'name',
                f'name{world.next_number()}',
            )
            effects += world.remove(port, world.region(region, project))
        return effects

    return act


def short_life(world: World, who: int, what: int, where: int) -> Act:
    """Make a network with ports in regions, delete all of it, and again.

    The network right after its ports: a region has told central by the time
    it answers, so that this is not refused. Then another network may get the
    segment.
    """
    project = world.tenant(who)
    regions = [world.region_name(where + more) for more in range(2)]

    def act() -> list[Effect]:
        effects: list[Effect] = []
        for _again in range(1 + what % 3):
            made = make_network(world, project)
            effects += made
            for network in _made(made, models.NETWORK):
                effects += _live(world, network, regions)
        return effects

    return act


def _live(
    world: World, network: models.Thing, regions: list[str]
) -> list[Effect]:
    project = network.project
    effects: list[Effect] = []
    for number, region in enumerate(regions):
        effects += (
            boot_new(world, project, network.id, region)
            if number % 2
            else make_port(world, project, network.id, region)
        )
    ports = _made(effects, models.PORT)
    lost = any(isinstance(one, models.Lost) for one in effects)
    if len(ports) < len(regions) and not lost and not world.disturbed:
        world.calls.find(
            'new network takes no port',
            f'{network.id} in one of {regions}; the calls say why',
        )
    for port in ports:
        effects += world.remove(
            port, world.region(str(port.value(models.REGION)), project)
        )
    segment = given_out.segment_of(world, network.id)
    answer = world.calls.attempt(
        lambda: world.central(project).remove(models.NETWORK, network.id)
    )
    if answer.done and segment:
        effects += take_segment(world, segment)
    whole = len(ports) == len(regions) and all(
        one.outcome is models.Outcome.DONE
        for one in effects
        if isinstance(one, models.Removed)
    )
    if (
        whole
        and answer.outcome is models.Outcome.REFUSED
        and not world.disturbed
    ):
        world.calls.find('network is kept', answer.text)
    return [*effects, models.Removed(network.id, answer.outcome)]


def take_segment(world: World, segment: Json) -> list[Effect]:
    """Ask for the segment of a network that has just been deleted.

    Neutron would take one at random; an administrator may say which.
    """
    answer, effects = world.make(
        models.NETWORK,
        ADMIN,
        world.admin,
        {'name': f'net{world.next_number()}', **segment},
    )
    if answer.done:
        given_out.check_segment(world, str(answer.body['id']))
        for network in _made(effects, models.NETWORK):
            effects += world.remove(network, world.admin)
    return effects


def move_gateway(world: World, who: int, what: int, where: int) -> Act:
    """Set a gateway, and at once that of another region."""
    found = router_of(world, world.tenant(who), what)
    places = [
        external_of(world, world.region_name(where + more))
        for more in range(2)
    ]
    if found is None or None in places:
        return lambda: []

    def act() -> list[Effect]:
        first = set_gateway(world, found, places[0])
        second = set_gateway(world, found, places[1])
        done = isinstance(second[0], models.Changed) and (
            second[0].outcome is models.Outcome.DONE
        )
        return second if done else [*first, *second]

    return act


def take_address(world: World, who: int, what: int, where: int) -> Act:
    """Delete a port in central and ask for its address in a region."""
    project, region = world.tenant(who), world.region_name(where)
    found = port_of(world, project, what)
    if found is None or found.network is None:
        return lambda: []
    network_id = found.network

    def act() -> list[Effect]:
        central = world.central_for_nova(project)
        shown = world.calls.attempt(lambda: central.show('port', found.id))
        if not shown.done:
            return []
        effects = world.remove(found, central)
        made = make_port(
            world,
            project,
            network_id,
            region,
            fixed_ips=[
                {'ip_address': ip['ip_address']}
                for ip in shown.body['fixed_ips']
            ],
        )
        for port in _made(made, models.PORT):
            given_out.check_address(world, port.id, network_id)
        return [*effects, *made]

    return act


VERBS = {
    'rename_and_delete': rename_and_delete,
    'short_life': short_life,
    'move_gateway': move_gateway,
    'take_address': take_address,
}
