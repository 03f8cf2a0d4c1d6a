# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What regions have of their own, beside what is central's.

Made before tenants come and while they work, with the CIDRs that central's
networks have as well. Nothing of it may ever change, whatever central and
Tricircle do: its bytes are compared, times and numbers of changes included.
"""

from collections.abc import Mapping
import json

from tests.functional import cloud as clouds
from tests.functional.stateful import model as models
from tests.functional.stateful.checks import seen
from tests.functional.stateful.checks.resources import Finding
from tests.functional.stateful.checks.seen import Snapshot
from tests.functional.stateful.model import Effect
from tests.functional.stateful.world import Act
from tests.functional.stateful.world import ADMIN
from tests.functional.stateful.world import World

#: What a region shows of its own, by kind and ID.
Own = dict[tuple[str, str], str]

#: What tenants make, in the order in which it can be deleted.
_DELETED = (models.PORT, models.NETWORK, models.GROUP)


def written(one: seen.Json) -> str:
    """Return what is compared."""
    return json.dumps(one, sort_keys=True)


def make(region: clouds.Region) -> None:
    """Have one of everything in a region, for an administrator."""
    admin = region.admin
    network = admin.create_network(name=seen.OWN)
    subnet = admin.create_subnet(network['id'], '10.0.1.0/24')
    group = admin.create_security_group(name=seen.OWN)
    admin.create(
        models.RULE,
        security_group_id=group['id'],
        direction='ingress',
        remote_group_id=group['id'],
    )
    ports = [
        admin.create_port(
            network['id'], name=seen.OWN, security_groups=[group['id']]
        )
        for _ in range(2)
    ]
    admin.create(
        models.TRUNK,
        name=seen.OWN,
        port_id=ports[0]['id'],
        sub_ports=[
            {
                'port_id': ports[1]['id'],
                'segmentation_type': 'vlan',
                'segmentation_id': 100,
            }
        ],
    )
    router = admin.create_router(name=seen.OWN)
    admin.add_router_interface(router['id'], subnet_id=subnet['id'])
    admin.create(
        models.ADDRESS_GROUP, name=seen.OWN, addresses=['198.51.100.0/24']
    )
    admin.create(models.QOS_POLICY, name=seen.OWN)
    scope = admin.create(models.SCOPE, name=seen.OWN, ip_version=4)
    admin.create(
        models.POOL,
        name=seen.OWN,
        prefixes=['10.100.0.0/22'],
        default_prefixlen=24,
        address_scope_id=scope['id'],
    )


def found(snapshot: Snapshot) -> dict[str, Own]:
    """Return what regions have of their own."""
    return {
        name: {(kind, id_): written(one) for kind, id_, one in seen.own(side)}
        for name, side in snapshot.regions.items()
    }


def learn(known: dict[str, Own], snapshot: Snapshot) -> None:
    """Note what regions have made since, as it is when things are quiet."""
    for name, now in found(snapshot).items():
        known[name] = {**now, **known.get(name, {})}


def touched(owned: Mapping[str, Own], snapshot: Snapshot) -> list[Finding]:
    """Return what regions have of their own that is not as it was."""
    return [
        Finding(
            "region's own is touched",
            f'{name} {kind} {id_}: {now or "nothing"}, not {was}',
        )
        for name, own in owned.items()
        for (kind, id_), was in own.items()
        if (now := _now(kind, id_, snapshot.regions[name])) != was
    ]


def _now(kind: str, id_: str, side: seen.Side) -> str | None:
    one = side.of(kind).get(id_)
    return None if one is None else written(one)


def own_network(world: World, who: int, what: int, where: int) -> Act:
    """Make a network of a region's own, with what a tenant has on it."""
    project, region = world.tenant(who), world.region_name(where)
    # One that central gives to networks as well, with some luck.
    cidr = f'10.0.{1 + what}.0/24'

    name = f'{seen.OWN}-{world.next_number()}'

    def act() -> list[Effect]:
        client = world.region(region, project)

        def create(kind: str, **attributes: object) -> str | None:
            answer = world.calls.attempt(
                lambda: client.create(kind, **attributes)
            )
            return str(answer.body['id']) if answer.done else None

        network_id = create(models.NETWORK, name=name)
        group_id = create(models.GROUP, name=name)
        if network_id is not None and group_id is not None:
            create(
                models.SUBNET, network_id=network_id, cidr=cidr, ip_version=4
            )
            create(
                models.PORT,
                name=name,
                network_id=network_id,
                security_groups=[group_id],
            )
        return []

    return act


def delete(world: World) -> None:
    """Delete what tenants have made in regions for these alone."""
    for region in world.cloud.regions.values():
        admin = world.calls.client(region, ADMIN, clouds.ADMIN, 'admin-user')
        for kind in _DELETED:
            for one in admin.list(kind):
                # What was there before tenants came stays.
                if one['name'].startswith(f'{seen.OWN}-'):
                    _remove(world, admin, kind, str(one['id']))


def _remove(
    world: World, admin: clouds.NeutronClient, kind: str, id_: str
) -> None:
    answer = world.calls.attempt(lambda: admin.remove(kind, id_))
    if not answer.done:
        world.calls.find('cannot be deleted', answer.text)


VERBS = {'own_network': own_network}
