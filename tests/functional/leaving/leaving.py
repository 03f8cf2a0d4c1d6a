# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A region that joins, has tenants, and leaves; and what may be left of it."""

from collections.abc import Iterator
import contextlib
import dataclasses
from typing import Any
import uuid

import requests

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud import eventually
from tests.functional.cloud.client import Json
from tests.functional.routers.routed import Routed

NAME = 'RegionThree'
#: Tables of central with a column pod_id.
OF_POD = (
    'resource_routings',
    'port_locations',
    'reserved_ports',
    'router_pieces',
)


@contextlib.contextmanager
def three_regions() -> Iterator[clouds.Cloud]:
    """Run a cloud of three regions, of which the third goes."""
    with clouds.Cloud.start(regions=('RegionOne', 'RegionTwo', NAME)) as cloud:
        yield cloud


def have_joined(cloud: clouds.Cloud) -> None:
    """Have the third region join, if it is gone."""
    if not cloud.central.database.query(
        'SELECT 1 FROM pods WHERE region_name = %s', NAME
    ):
        cloud.register_pod(NAME)


def call(
    cloud: clouds.Cloud,
    method: str,
    pod_id: str,
    **body: Any,
) -> requests.Response:
    """Ask the Admin API about a pod's departure, as an administrator."""
    assert cloud.admin_api is not None
    return cloud.admin_api.request(
        method,
        f'/pods/{pod_id}/departure',
        json={'departure': body} if body else None,
    )


def pod_id(cloud: clouds.Cloud, name: str = NAME) -> str:
    """Return the ID of a region's pod."""
    (row,) = cloud.central.database.query(
        'SELECT pod_id FROM pods WHERE region_name = %s', name
    )
    return str(row['pod_id'])


def drain(cloud: clouds.Cloud, name: str = NAME, **how: Any) -> str:
    """Have a region leave; return the ID of its pod."""
    found = pod_id(cloud, name)
    answer = call(cloud, 'PUT', found, how='drain', **how)
    assert answer.status_code == 200, answer.text
    return found


def gone(cloud: clouds.Cloud, pod: str) -> None:
    """Assert that a pod is no more."""
    answer = call(cloud, 'GET', pod)
    assert answer.status_code == 404, answer.text


def left_in_central(cloud: clouds.Cloud, pod: str) -> dict[str, int]:
    """Return how many rows central has of a pod that has left."""
    query = cloud.central.database.query
    found = {
        table: len(
            query(
                f'SELECT 1 FROM {table} WHERE pod_id = %s',  # noqa: S608
                pod,
            )
        )
        for table in OF_POD
    }
    found['journal'] = len(
        query('SELECT 1 FROM journal WHERE region_name = %s', NAME)
    )
    found['departure'] = len(
        query("SELECT 1 FROM journal WHERE resource_type LIKE '%%departure'")
    )
    return {table: count for table, count in found.items() if count}


def replicas(cloud: clouds.Cloud) -> list[Json]:
    """Return what the region has of central, by its ledger."""
    return [
        row
        for row in regions.ledger(cloud.region(NAME))
        if row['state'] != 'deleted'
    ]


@dataclasses.dataclass
class Tenant:
    """Resources of a tenant that reach into the region.

    :ivar port: one of central that nothing uses, but that is in the region
    """

    routed: Routed
    port: Json
    group: Json

    @classmethod
    def make(cls, cloud: clouds.Cloud) -> 'Tenant':
        """Make them, and boot instances in two regions."""
        project = uuid.uuid4().hex
        made = Routed.make(cloud, project)
        made.add_network('net1', '10.11.0.0/24')
        made.add_network('net2', '10.12.0.0/24', NAME)
        made.add_external(NAME)
        regions.named_address_group(cloud, project)
        group = made.user.create_security_group(name='web')
        made.user.create(
            'security_group_rule',
            security_group_id=group['id'],
            direction='ingress',
            remote_group_id=group['id'],
        )
        for name in ('net1', 'net2'):
            made.attach(name)
        made.set_gateway()
        made.boot('net1', 'RegionOne')
        made.boot('net1', NAME)
        made.boot('net2', NAME)
        made.add_floating_ip(made.instances[f'net1@{NAME}'])
        port = made.user.create_port(
            made.networks['net1']['id'], security_groups=[group['id']]
        )
        # Used there, and then not any more.
        nova = cloud.region(NAME).nova(project)
        nova.delete(nova.boot(port_id=port['id']))

        def laid_out() -> None:
            assert made.pieces(NAME)
            assert made.pieces('RegionOne')

        eventually(laid_out, 60)
        return cls(made, port, group)

    def leave(self) -> None:
        """Delete the instances in the region."""
        for name in ('net1', 'net2'):
            self.routed.delete_instance(name, NAME)

    def delete(self) -> None:
        """Delete everything that is left."""

        def unused() -> None:
            port = self.routed.user.show('port', self.port['id'])
            assert not port['device_id']

        eventually(unused, 20)
        self.routed.user.remove('port', self.port['id'])
        self.routed.delete()
