# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What must be true of the cloud when nothing is under way."""

from collections.abc import Iterable

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional import sweeps
from tests.functional.cloud import eventually
from tests.functional.stateful import model

_TABLES = (
    ('networks', 'id'),
    ('port_locations', 'network_id'),
    ('reserved_ports', 'network_id'),
    ('resource_routings', 'top_id'),
    ('journal', 'resource_id'),
)


def quiet(cloud: clouds.Cloud, seconds: float = 30) -> None:
    """Wait until outboxes and journal are empty.

    :raises AssertionError: something is still pending, as a job that fails
        again and again is
    """
    eventually(lambda: sweeps.settled(cloud), seconds, 0.2)


def ports_are_as_answered(cloud: clouds.Cloud, known: model.Model) -> None:
    """Assert that live ports are in place and deleted ones nowhere."""
    admins = [cloud.central.admin, *(r.admin for r in cloud.regions.values())]
    for port_id in known.deleted_ports:
        for admin in admins:
            assert not admin.exists('port', port_id), (port_id, admin.url)
    for network_id in known.networks:
        there = regions.same_ports(
            cloud, network_id, list(cloud.regions.values())
        )
        expected = {
            port.id: port.name
            for port in known.ports.values()
            if port.network_id == network_id
        }
        assert {i: port['name'] for i, port in there.items()} == expected
        for port in known.ports.values():
            if port.network_id == network_id:
                region = cloud.region(port.region)
                assert region.admin.exists('port', port.id), port
        _addresses_are_unique(cloud, network_id)


def _addresses_are_unique(cloud: clouds.Cloud, network_id: str) -> None:
    taken: dict[str, str] = {}
    macs: dict[str, str] = {}
    for process in (cloud.central, *cloud.regions.values()):
        for port in process.admin.list('port', network_id=network_id):
            owner = str(port['id'])
            mac = str(port['mac_address'])
            assert macs.setdefault(mac, owner) == owner, port
            for _subnet, address in regions.addresses(port):
                assert taken.setdefault(address, owner) == owner, port


def nothing_left(cloud: clouds.Cloud, network_ids: Iterable[str]) -> None:
    """Assert that no table and no region has anything of networks."""
    for network_id in network_ids:
        for table, column in _TABLES:
            rows = list(
                cloud.central.database.query(
                    f'SELECT * FROM {table} WHERE {column} = %s',  # noqa: S608
                    network_id,
                )
            )
            assert not rows, (table, rows)
        for region in cloud.regions.values():
            assert not region.admin.exists('network', network_id)
            rows = [
                *regions.ledger(region, resource_id=network_id),
                *regions.ledger(region, parent_id=network_id),
            ]
            assert all(row['state'] == 'deleted' for row in rows), rows
