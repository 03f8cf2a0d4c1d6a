# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What central gives out, no region may still have: looked at at once.

When things are quiet it is too late: by then the region has followed.
"""

import functools

from tests.functional import cloud as clouds
from tests.functional.cloud.client import Json
from tests.functional.stateful import model as models
from tests.functional.stateful.world import ADMIN
from tests.functional.stateful.world import World


def segment_of(world: World, network_id: str) -> Json:
    """Return the segment that a network has, empty when central is away."""
    shown = world.calls.attempt(
        lambda: world.admin.show(models.NETWORK, network_id)
    )
    return {
        key: shown.body[key]
        for key in ('provider:network_type', 'provider:segmentation_id')
        if shown.done
    }


def check_segment(world: World, network_id: str) -> None:
    """Find a region in which another network has a new one's segment."""
    same = segment_of(world, network_id)
    if same:
        _check(
            world, models.NETWORK, network_id, 'segment in two places', same
        )


def check_address(world: World, port_id: str, network_id: str) -> None:
    """Find a region in which another port has a new one's address."""
    shown = world.calls.attempt(lambda: world.admin.show(models.PORT, port_id))
    if not shown.done:
        return
    for ip in shown.body['fixed_ips']:
        same = {
            'network_id': network_id,
            'fixed_ips': f'ip_address={ip["ip_address"]}',
        }
        _check(world, models.PORT, port_id, 'address in two places', same)


def _check(
    world: World, kind: str, own_id: str, what: str, same: Json
) -> None:
    for region in world.cloud.regions.values():
        client = world.calls.client(region, ADMIN, clouds.ADMIN, 'admin-user')
        found: list[Json] = []
        world.calls.attempt(
            functools.partial(_list, client, kind, same, found)
        )
        for one in found:
            if one['id'] != own_id:
                world.calls.find(what, f'{own_id} and {region.name} {one}')


def _list(
    client: clouds.NeutronClient, kind: str, same: Json, found: list[Json]
) -> None:
    found += client.list(kind, **same)
