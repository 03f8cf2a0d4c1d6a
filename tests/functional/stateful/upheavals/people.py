# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What operators do after a database was restored, or a region came back.

A region may then have ports that are used, as its database says, and that
central has not, or has elsewhere. Tricircle takes nothing from what uses it:
people see to it. Here they find that what used such a port is gone.
"""

from collections.abc import Iterable

from tests.functional import cloud as clouds
from tests.functional.jobs import sweeps
from tests.functional.stateful import model as models
from tests.functional.stateful.checks import seen
from tests.functional.stateful.world import ADMIN
from tests.functional.stateful.world import World


def returned(region: clouds.Region) -> list[models.Effect]:
    """Return what it means that a region has the ports that it has now."""
    return [
        models.Returned(
            region.region_name,
            frozenset(str(row['id']) for row in _ports(region)),
        )
    ]


def _ports(region: clouds.Region) -> Iterable[clouds.mariadb.Row]:
    return region.database.query(
        'SELECT id, device_id FROM ports WHERE device_owner <> %s'
        " AND device_owner NOT LIKE 'network:%%'",
        seen.SHADOW,
    )


def clean(world: World, region: clouds.Region) -> None:
    """Take ports from what used them once, where central says otherwise."""
    central = world.cloud.central
    here = {
        str(row['port_id'])
        for row in central.database.query(
            'SELECT l.port_id FROM port_locations l'
            ' JOIN pods p ON p.pod_id = l.pod_id WHERE p.region_name = %s',
            region.region_name,
        )
    }
    known = {
        str(row['id'])
        for row in central.database.query('SELECT id FROM ports')
    }
    nova = world.calls.client(
        region, 'service-project', clouds.SERVICE, 'nova'
    )
    admin = world.calls.client(
        region, ADMIN, clouds.ADMIN, 'admin-user', service=True
    )
    for row in _ports(region):
        id_ = str(row['id'])
        if not row['device_id'] or id_ in here:
            continue
        if id_ in known:
            nova.update(
                models.PORT,
                id_,
                **{
                    'binding:host_id': None,
                    'device_id': '',
                    'device_owner': '',
                },
            )
        else:
            admin.remove(models.PORT, id_)


def compare(world: World, names: Iterable[str]) -> None:
    """Have regions compared with central, then look after their servers."""
    for name in names:
        code, text = sweeps.sweep_once(world.cloud, '--region', name)
        world.calls.note(text.strip())
        if code:
            world.calls.find('cannot be compared', text[-400:])
        clean(world, world.cloud.region(name))
