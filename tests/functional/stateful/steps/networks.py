# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Steps: networks, subnets, ports, and instances on them."""

from tests.functional import cloud as clouds
from tests.functional.stateful import model as models
from tests.functional.stateful.checks import given_out
from tests.functional.stateful.model import Effect
from tests.functional.stateful.model import Outcome
from tests.functional.stateful.model import Thing
from tests.functional.stateful.world import Act
from tests.functional.stateful.world import MANY
from tests.functional.stateful.world import World


def make_network(
    world: World,
    project: str,
    hints: tuple[str, ...] = (),
    pool: str | None = None,
    is_vlan: bool = False,
) -> list[Effect]:
    """Make a network with a subnet in central.

    :param pool: the subnet pool that the subnet is out of
    :param is_vlan: an administrator makes it, of VLANs, for the tenant
    """
    client = world.admin if is_vlan else world.central(project)
    of_vlans = {
        'provider:network_type': 'vlan',
        'provider:physical_network': 'extern',
        'project_id': project,
    }
    answer, effects = world.make(
        models.NETWORK,
        project,
        client,
        {
            'name': f'net{world.next_number()}',
            'availability_zone_hints': list(hints),
            **(of_vlans if is_vlan else {}),
        },
    )
    if answer.done:
        given_out.check_segment(world, str(answer.body['id']))
        effects += make_subnet(world, project, str(answer.body['id']), pool)
    return effects


def make_subnet(
    world: World, project: str, network_id: str, pool: str | None = None
) -> list[Effect]:
    """Make a subnet of addresses that no other has."""
    number = world.next_number()
    addresses = (
        {'cidr': f'10.{number // 250}.{number % 250}.0/24'}
        if pool is None
        else {'subnetpool_id': pool}
    )
    _answer, effects = world.make(
        models.SUBNET,
        project,
        world.central(project),
        {
            'name': f'subnet{number}',
            'network_id': network_id,
            'ip_version': 4,
            **addresses,
        },
        network=network_id,
        parent=network_id,
    )
    return effects


def network_of(world: World, project: str, number: int) -> Thing | None:
    """Return one of a tenant's networks, a new one if there is none."""
    found = world.pick(models.NETWORK, project, number)
    if found is None:
        world.learn(make_network(world, project))
        found = world.pick(models.NETWORK, project, number)
    return found


def network(world: World, who: int, what: int, where: int) -> Act:
    """Make a network; now and then for one region alone, or of VLANs."""
    project = world.tenant(who)
    if len(world.model.there(models.NETWORK, project)) >= MANY[models.NETWORK]:
        return subnet(world, who, what, where)
    hints = (world.region_name(where),) if what % 3 == 2 else ()
    return lambda: make_network(world, project, hints, is_vlan=what % 4 == 1)


def subnet(world: World, who: int, what: int, where: int) -> Act:
    """Make one more subnet of a network."""
    project = world.tenant(who)
    found = network_of(world, project, what)
    if found is None:
        return lambda: []
    return lambda: make_subnet(world, project, found.id)


def make_port(
    world: World,
    project: str,
    network_id: str,
    region: str | None,
    **attributes: object,
) -> list[Effect]:
    """Make a port, in a region or in central."""
    client = (
        world.central(project)
        if region is None
        else world.region(region, project)
    )
    _answer, effects = world.make(
        models.PORT,
        project,
        client,
        {
            'network_id': network_id,
            'name': f'port{world.next_number()}',
            **attributes,
        },
        network=network_id,
        fields={} if region is None else {models.REGION: region},
    )
    return effects


def port(world: World, who: int, what: int, where: int) -> Act:
    """Make a port in central."""
    project = world.tenant(who)
    found = network_of(world, project, what)
    if found is None:
        return lambda: []
    return lambda: make_port(world, project, found.id, None)


def region_port(world: World, who: int, what: int, where: int) -> Act:
    """Make a port in a region."""
    project, region = world.tenant(who), world.region_name(where)
    found = network_of(world, project, what)
    if found is None:
        return lambda: []
    return lambda: make_port(world, project, found.id, region)


def boot_new(
    world: World, project: str, network_id: str, region: str
) -> list[Effect]:
    """Boot an instance on a network."""
    nova = world.nova(region, project)
    made: list[clouds.Instance] = []
    answer = world.calls.attempt(
        lambda: made.append(nova.boot(network_id=network_id))
    )
    if not made:
        if world.disturbed or answer.outcome is Outcome.UNKNOWN:
            # Nova may not have been able to take its port back.
            return [models.Lost(models.PORT, project)]
        return []
    fields = {
        'name': frozenset([str(made[0].port['name'])]),
        models.REGION: frozenset([region]),
    }
    return [
        models.Made(
            Thing(
                models.PORT,
                made[0].port_id,
                project,
                fields,
                network=network_id,
            )
        )
    ]


def boot(world: World, who: int, what: int, where: int) -> Act:
    """Boot an instance in a region."""
    project, region = world.tenant(who), world.region_name(where)
    found = network_of(world, project, what)
    if found is None:
        return lambda: []
    return lambda: boot_new(world, project, found.id, region)


def boot_given(world: World, who: int, what: int, where: int) -> Act:
    """Boot an instance in a region with a port that is there already."""
    project, region = world.tenant(who), world.region_name(where)
    found = port_of(world, project, what)
    if found is None:
        return lambda: []
    return lambda: boot_with(world, found, region)


def boot_with(world: World, port: Thing, region: str) -> list[Effect]:
    """Boot an instance with a port that is there already."""
    nova = world.nova(region, port.project)
    answer = world.calls.attempt(lambda: vars(nova.boot(port_id=port.id)))
    outcome = answer.outcome
    if outcome is Outcome.REFUSED:
        # Refused at the end, it may have come to the region before.
        outcome = Outcome.UNKNOWN
    if not port.fields.get(models.REGION) and not answer.done:
        # It was in no region that we know of.
        return []
    effects: list[Effect] = [
        models.Changed(port.id, models.REGION, region, outcome)
    ]
    if outcome is Outcome.UNKNOWN and not answer.done:
        # The other region gave it up, too late for whoever asked: it is for
        # the next one.
        effects.append(models.Changed(port.id, models.REGION, None, outcome))
    return effects


def release(world: World, port: Thing) -> list[Effect]:
    """Delete the instance that has a port, which stays, if one has it.

    A port that was made in central goes back there, until it is used again.
    """
    region = port.value(models.REGION)
    if region is None:
        return []
    nova = world.nova(str(region), port.project)

    def end() -> None:
        shown = nova.service.show(models.PORT, port.id)
        if shown['device_id']:
            nova.delete(
                clouds.Instance(
                    id=str(shown['device_id']),
                    host=str(shown['binding:host_id']),
                    port=shown,
                    network={},
                    owns_port=False,
                    user=nova.user,
                    service=nova.service,
                )
            )

    world.calls.attempt(end)
    return [models.Changed(port.id, models.REGION, None, Outcome.UNKNOWN)]


def port_of(world: World, project: str, number: int) -> Thing | None:
    """Return one of a tenant's ports, a new one if there is none."""
    found = world.pick(models.PORT, project, number)
    if found is None:
        at = network_of(world, project, number)
        if at is not None:
            region = world.region_name(number)
            world.learn(make_port(world, project, at.id, region))
            found = world.pick(models.PORT, project, number)
    return found


def look(world: World, who: int, what: int, where: int) -> Act:
    """Look at a network in a region, which has to ask central then."""
    project, region = world.tenant(who), world.region_name(where)
    found = network_of(world, project, what)
    if found is None:
        return lambda: []

    def act() -> list[Effect]:
        client = world.region(region, project)
        world.calls.attempt(lambda: client.show(models.NETWORK, found.id))
        return []

    return act


def delete_port(world: World, who: int, what: int, where: int) -> Act:
    """Delete a port in central."""
    project = world.tenant(who)
    found = port_of(world, project, what)
    if found is None:
        return lambda: []
    return lambda: world.remove(found, world.central_for_nova(project))


def delete_port_in_region(
    world: World, who: int, what: int, where: int
) -> Act:
    """Delete a port in the region that has it, as Nova does."""
    project = world.tenant(who)
    found = world.pick(
        models.PORT,
        project,
        what,
        lambda one: one.value(models.REGION) is not None,
    )
    if found is None:
        return delete_port(world, who, what, where)
    region = str(found.value(models.REGION))
    return lambda: world.remove(found, world.region(region, project))


VERBS = {
    'network': network,
    'subnet': subnet,
    'port': port,
    'region_port': region_port,
    'boot': boot,
    'boot_given': boot_given,
    'look': look,
    'delete_port': delete_port,
    'delete_port_in_region': delete_port_in_region,
}
