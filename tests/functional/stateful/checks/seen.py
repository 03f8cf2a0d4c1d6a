# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What central and the regions show, at a moment when things are quiet."""

from collections.abc import Iterable, Iterator
import dataclasses
from typing import Any

from tests.functional.stateful import model

Json = dict[str, Any]

KINDS = (
    model.NETWORK,
    model.SUBNET,
    model.PORT,
    model.ROUTER,
    model.GROUP,
    model.RULE,
    model.FLOATING_IP,
    model.ADDRESS_GROUP,
    model.QOS_POLICY,
    model.TRUNK,
    model.FORWARDING,
    model.SHARE,
    model.POOL,
    model.SCOPE,
)
SHADOW = 'compute:shadow'
#: How the name begins of what is a region's own, in these tests only.
OWN = 'own'


@dataclasses.dataclass(frozen=True)
class Side:
    """What one Neutron shows to an administrator.

    :ivar things: by kind and ID
    :ivar visible: IDs of the networks that a tenant sees, by project
    """

    name: str
    things: dict[str, dict[str, Json]]
    visible: dict[str, frozenset[str]] = dataclasses.field(
        default_factory=dict
    )

    def of(self, kind: str) -> dict[str, Json]:
        """Return the things of a kind, by ID."""
        return self.things[kind]


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """All sides, and what stands in Tricircle's tables.

    :ivar regions: by name
    :ivar tables: rows of central, by table
    :ivar ledgers: rows of regions, by region
    """

    central: Side
    regions: dict[str, Side]
    tables: dict[str, list[Json]]
    ledgers: dict[str, list[Json]]

    def sides(self) -> list[Side]:
        """Return central and the regions."""
        return [self.central, *self.regions.values()]

    def everything(self) -> Iterator[tuple[str, str, str]]:
        """Yield all that there is: where, what it is, and a key of it."""
        for side in self.sides():
            for kind in KINDS:
                for id_ in side.of(kind):
                    yield side.name, kind, id_
        for table, rows in self.tables.items():
            for row in rows:
                yield 'central', table, key_of(row)
        for name, rows in self.ledgers.items():
            for row in rows:
                if row['state'] != 'deleted':
                    yield (
                        name,
                        'ledger',
                        f'{row["resource_type"]} {row["resource_id"]}',
                    )


def key_of(row: Json) -> str:
    """Return what tells a row of a table from the others."""
    return ' '.join(
        f'{key}={row[key]}'
        for key in (
            'top_id',
            'port_id',
            'network_id',
            'router_id',
            'piece_id',
            'resource_type',
            'resource_id',
            'pod_id',
            'region_name',
            'kind',
            'ip_address',
            'segmentation_id',
        )
        if row.get(key) is not None
    )


def ids_in_central(ledger: Iterable[Json]) -> dict[str, str]:
    """Return central's IDs of groups that a region has under others.

    As of a project's default group that the region's Neutron has made before
    it heard of central's.
    """
    return {
        str(row['local_id']): str(row['resource_id'])
        for row in ledger
        if row['resource_type'] == 'security-group' and row['local_id']
    }


def is_infrastructure(port: Json) -> bool:
    """Tell whether a port is Neutron's or Tricircle's, not an instance's."""
    owner = str(port['device_owner'])
    return owner.startswith('network:') or owner == SHADOW


def own(side: Side) -> Iterator[tuple[str, str, Json]]:
    """Yield what a region has of its own: kind, ID, and what it shows."""
    parents = {
        id_
        for kind in (model.NETWORK, model.GROUP)
        for id_, one in side.of(kind).items()
        if str(one['name']).startswith(OWN)
    }
    for kind in KINDS:
        for id_, one in side.of(kind).items():
            if (
                str(one.get('name', '')).startswith(OWN)
                or one.get('network_id') in parents
                or one.get('security_group_id') in parents
            ):
                yield kind, id_, one


def holder(port_id: str, snapshot: Snapshot) -> str | None:
    """Return the region that has a port, other than as a shadow."""
    for name, side in snapshot.regions.items():
        port = side.of(model.PORT).get(port_id)
        if port is not None and port['device_owner'] != SHADOW:
            return name
    return None


def carried(trunk: Json) -> dict[str, int]:
    """Return the VLAN IDs of what a trunk carries, by port."""
    return {
        str(one['port_id']): int(one['segmentation_id'])
        for one in trunk['sub_ports']
    }
