# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The rows that a reserved port consists of, and what is wrong with some.

Each has one in Neutron's ``ports``, one in ``ml2_port_bindings``, one for
each address, and one in ``reserved_ports``, which also keeps what the region
was given: a port that somebody removed from the database comes back as it was.

They are rows, not objects: on commit Neutron loads whatever belongs to a new
object, a dozen statements for each of these ports.
"""

from collections.abc import Mapping
import dataclasses
import json
from typing import Any

from neutron_lib import constants
from neutron_lib.api.definitions import ip_allocation
from neutron_lib.api.definitions import portbindings
from neutron_lib.utils import net
from oslo_config import cfg
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import models as central_models
from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import rows as central_rows
from tricircle.replica import held_ports


@dataclasses.dataclass(frozen=True)
class Memory:
    """What a region was given.

    :ivar mac_address: None when nobody knows
    :ivar addresses: by subnet
    """

    mac_address: str | None = None
    addresses: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Broken:
    """A reserved port that is not as central made it.

    :ivar lost: there is no such port
    :ivar kind: its kind
    :ivar memory: None when nothing was kept
    """

    port_id: str
    kind: str
    subnet_id: str | None
    lost: bool
    memory: Memory | None


@dataclasses.dataclass(frozen=True)
class Found:
    """A port that is there.

    :ivar addresses: by subnet
    """

    network_id: str
    device_owner: str
    mac_address: str
    addresses: dict[str, str]


def _memory(mac_address: str | None, addresses: str | None) -> Memory | None:
    if addresses is None:
        return None
    return Memory(mac_address, json.loads(addresses))


def broken(session: orm.Session, network_id: str, pod_id: str) -> list[Broken]:
    """Return what is wrong with what a region holds on a network."""
    row, port, binding = (
        central_models.ReservedPort,
        tables.ports,
        tables.port_bindings,
    )
    rows = session.execute(
        sa.select(
            row.port_id,
            row.kind,
            row.subnet_id,
            row.mac_address,
            row.addresses,
            port.c.id.label('there'),
        )
        .outerjoin(port, port.c.id == row.port_id)
        .outerjoin(binding, binding.c.port_id == row.port_id)
        .where(
            row.network_id == network_id,
            row.pod_id == pod_id,
            sa.or_(
                port.c.id.is_(None),
                binding.c.port_id.is_(None),
                row.addresses.is_(None),
                port.c.device_owner != constants.DEVICE_OWNER_DHCP,
                port.c.device_id.not_in(list(held_ports.DEVICE_IDS)),
            ),
        )
        .order_by(row.port_id)
    )
    return [
        Broken(
            one.port_id,
            one.kind,
            one.subnet_id,
            one.there is None,
            _memory(one.mac_address, one.addresses),
        )
        for one in rows
    ]


def remembered(session: orm.Session, port_id: str) -> Memory:
    """Return what a region was given of a port, as far as that was kept."""
    row = central_models.ReservedPort
    found = session.execute(
        sa.select(row.mac_address, row.addresses).where(row.port_id == port_id)
    ).one_or_none()
    return (found and _memory(*found)) or Memory()


def find(session: orm.Session, port_id: str) -> Found | None:
    """Return a port, None when there is none of that ID."""
    port = tables.ports
    found = session.execute(
        sa.select(
            port.c.network_id, port.c.device_owner, port.c.mac_address
        ).where(port.c.id == port_id)
    ).one_or_none()
    if found is None:
        return None
    addresses = central_rows.fixed_ips(session, [port_id])[port_id]
    return Found(
        found.network_id,
        found.device_owner,
        found.mac_address,
        {one.subnet_id: one.ip_address for one in addresses},
    )


def new_mac(
    session: orm.Session, network_id: str, wanted: str | None = None
) -> str:
    """Return a MAC address, `wanted` if nobody on the network has it."""
    port = tables.ports
    if wanted is not None and not session.scalar(
        sa.select(port.c.id).where(
            port.c.network_id == network_id, port.c.mac_address == wanted
        )
    ):
        return wanted
    return str(net.get_random_mac(cfg.CONF.base_mac.split(':')))


def insert_port(
    session: orm.Session,
    port_id: str,
    network_id: str,
    mac_address: str,
    kind: str,
    region_name: str,
) -> None:
    """Write a port without addresses."""
    attributes: Any = session.execute(
        sa.insert(tables.standard_attributes).values(
            resource_type=tables.ports.name,
            description=f'{kind} of {region_name}',
        )
    )
    session.execute(
        sa.insert(tables.ports).values(
            id=port_id,
            project_id='',
            network_id=network_id,
            name='',
            mac_address=mac_address,
            admin_state_up=True,
            status=constants.PORT_STATUS_DOWN,
            device_owner=constants.DEVICE_OWNER_DHCP,
            device_id=held_ports.RULES[kind].device_id,
            ip_allocation=ip_allocation.IP_ALLOCATION_IMMEDIATE,
            standard_attr_id=attributes.inserted_primary_key[0],
        )
    )
    _bind(session, port_id)


def _bind(session: orm.Session, port_id: str) -> None:
    session.execute(
        sa.insert(tables.port_bindings).values(
            port_id=port_id, vif_type=portbindings.VIF_TYPE_UNBOUND
        )
    )


def put_right(session: orm.Session, port_id: str, kind: str) -> None:
    """Give a port the binding and the attributes that it must have."""
    binding = tables.port_bindings
    if not session.scalar(
        sa.select(binding.c.port_id)
        .where(binding.c.port_id == port_id)
        .limit(1)
    ):
        _bind(session, port_id)
    session.execute(
        sa.update(tables.ports)
        .where(tables.ports.c.id == port_id)
        .values(
            project_id='',
            device_owner=constants.DEVICE_OWNER_DHCP,
            device_id=held_ports.RULES[kind].device_id,
        )
    )


def remember(
    session: orm.Session,
    port_id: str,
    mac_address: str,
    addresses: Mapping[str, str],
) -> None:
    """Keep what a region is given."""
    row = central_models.ReservedPort
    session.execute(
        sa.update(row)
        .where(row.port_id == port_id)
        .values(
            mac_address=mac_address,
            addresses=json.dumps(dict(addresses), sort_keys=True),
        )
    )


def describe(session: orm.Session, port_id: str, description: str) -> None:
    """Have a port say what became of it, for operators."""
    table = tables.standard_attributes
    session.execute(
        sa.update(table)
        .where(
            table.c.id
            == sa.select(tables.ports.c.standard_attr_id)
            .where(tables.ports.c.id == port_id)
            .scalar_subquery()
        )
        .values(description=description[:255])
    )


def is_leftover(session: orm.Session, subnet_id: str, address: str) -> bool:
    """Tell whether IPAM counts an address as given that no port has.

    It does when a port was removed from the database by hand.
    """
    given, ipam = tables.allocations, tables.ipam_subnets
    if session.scalar(
        sa.select(given.c.port_id).where(
            given.c.subnet_id == subnet_id, given.c.ip_address == address
        )
    ):
        return False
    return (
        session.scalar(
            sa.select(tables.ipam_allocations.c.ip_address)
            .join(
                ipam,
                ipam.c.id == tables.ipam_allocations.c.ipam_subnet_id,
            )
            .where(
                ipam.c.neutron_subnet_id == subnet_id,
                tables.ipam_allocations.c.ip_address == address,
            )
        )
        is not None
    )
