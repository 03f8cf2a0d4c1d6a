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

from collections.abc import Collection, Iterator
import functools

from tests.functional import cloud as clouds
from tests.functional.cloud.client import Json
from tests.functional.stateful import model as models
from tests.functional.stateful.checks.resources import Finding
from tests.functional.stateful.world import ADMIN
from tests.functional.stateful.world import World

#: What each side gives out, with what it is given to. Of a floating IP each
#: side has an ID of its own, and a region's own networks are not central's.
_TAKEN = {
    'address': 'SELECT p.id, p.network_id AS of, a.ip_address AS what'
    ' FROM ipallocations a JOIN ports p ON p.id = a.port_id'
    " WHERE p.device_owner <> 'network:floatingip'",
    'MAC': 'SELECT id, network_id AS of, mac_address AS what FROM ports'
    " WHERE device_owner <> 'network:floatingip'",
    'segment': 'SELECT n.id, s.network_type AS of, CONCAT_WS('
    "' ', s.physical_network, s.segmentation_id) AS what"
    ' FROM networksegments s JOIN networks n ON n.id = s.network_id'
    " WHERE s.segmentation_id IS NOT NULL AND n.name NOT LIKE 'own%%'",
}


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


def anywhere_twice(
    cloud: clouds.Cloud, lost: Collection[str]
) -> list[Finding]:
    """Return the addresses, MACs and segments that two have at a moment.

    What a region had that was given up for lost is given out again: nothing
    of it runs. The databases are looked at one after the other: what two
    looks have found, there was at the time between them.
    """
    first = set(_twice(cloud, lost))
    both = first & set(_twice(cloud, lost)) if first else first
    return [
        Finding(f'{one[0]} in two places', f'at one time: {" ".join(one)}')
        for one in sorted(both)
    ]


def _twice(
    cloud: clouds.Cloud, lost: Collection[str]
) -> Iterator[tuple[str, ...]]:
    regions = [
        region for name, region in cloud.regions.items() if name not in lost
    ]
    for what, sql in _TAKEN.items():
        takers: dict[tuple[str, str], set[tuple[str, str]]] = {}
        for process in (cloud.central, *regions):
            for row in process.database.query(sql):
                key = str(row['of']), str(row['what'])
                taker = str(row['id']), process.name
                takers.setdefault(key, set()).add(taker)
        for key, some in takers.items():
            if len({id_ for id_, _where in some}) > 1:
                yield what, *key, *(' '.join(one) for one in sorted(some))
