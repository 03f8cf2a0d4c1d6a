# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What central holds for itself or for a region that is yet to confirm."""

from neutron_lib.db import model_base
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central.models.columns import BigInteger


class ReservedPort(model_base.BASEV2):
    """A port that central made for a region's own needs.

    The port itself is an ordinary row of Neutron's ``ports`` with
    device_owner network:dhcp, because delete_subnet and delete_network
    remove such ports by themselves; what it is for stands here.
    """

    __tablename__ = 'reserved_ports'

    port_id: orm.Mapped[str] = orm.mapped_column(
        sa.String(36), primary_key=True
    )
    network_id: orm.Mapped[str] = orm.mapped_column(sa.String(36), index=True)
    #: Subnet whose gateway it is, or that a router is on; None for a DHCP
    #: port and for a leg, which have an address on each subnet.
    subnet_id: orm.Mapped[str | None] = orm.mapped_column(
        sa.String(36), index=True
    )
    pod_id: orm.Mapped[str] = orm.mapped_column(
        sa.String(36), sa.ForeignKey('pods.pod_id'), index=True
    )
    #: tricircle.replica.held_ports.HeldPort
    kind: orm.Mapped[str] = orm.mapped_column(sa.String(16))
    #: ID of the piece of a router that it is an interface or leg of: the
    #: router's, or that of its north-south piece. Else None.
    router_id: orm.Mapped[str | None] = orm.mapped_column(
        sa.String(36), index=True
    )
    #: What the region was given, should the port be lost; None of a port from
    #: before this was kept.
    mac_address: orm.Mapped[str | None] = orm.mapped_column(sa.String(32))
    #: JSON, address by subnet ID.
    addresses: orm.Mapped[str | None] = orm.mapped_column(sa.Text)


class HeldAddress(model_base.BASEV2):
    """An address that no port has any more and a region may still use.

    One row for each journal entry that it waits for: the address is free
    when of each either the entry is gone, or ``applied`` has reached
    ``counter``. Until then Neutron's IPAM has it as given out.
    """

    __tablename__ = 'held_addresses'
    __table_args__ = (
        sa.UniqueConstraint(
            'network_id',
            'ip_address',
            'port_id',
            'entry_id',
            name='uniq_held_address0network0ip0port0entry',
        ),
    )

    id: orm.Mapped[int] = orm.mapped_column(
        BigInteger, primary_key=True, autoincrement=True
    )
    network_id: orm.Mapped[str] = orm.mapped_column(sa.String(36))
    #: Subnet whose IPAM has it; of one that is gone the address still counts
    #: when the network gets another subnet that has it.
    subnet_id: orm.Mapped[str] = orm.mapped_column(sa.String(36))
    #: '' where only the MAC address is held.
    ip_address: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    mac_address: orm.Mapped[str] = orm.mapped_column(sa.String(32))
    port_id: orm.Mapped[str] = orm.mapped_column(sa.String(36), index=True)
    entry_id: orm.Mapped[str] = orm.mapped_column(sa.String(36), index=True)
    counter: orm.Mapped[int] = orm.mapped_column(BigInteger)


class HeldSegment(model_base.BASEV2):
    """A segment of a deleted network that a region may still have.

    One row for each journal entry that it waits for, see
    :class:`HeldAddress`. Until then Neutron's type driver has it as
    allocated.
    """

    __tablename__ = 'held_segments'
    __table_args__ = (
        sa.UniqueConstraint(
            'segment_id', 'entry_id', name='uniq_held_segment0segment0entry'
        ),
    )

    id: orm.Mapped[int] = orm.mapped_column(
        BigInteger, primary_key=True, autoincrement=True
    )
    segment_id: orm.Mapped[str] = orm.mapped_column(sa.String(36))
    network_id: orm.Mapped[str] = orm.mapped_column(sa.String(36))
    network_type: orm.Mapped[str] = orm.mapped_column(sa.String(32))
    physical_network: orm.Mapped[str | None] = orm.mapped_column(sa.String(64))
    segmentation_id: orm.Mapped[int | None] = orm.mapped_column(sa.Integer)
    region_name: orm.Mapped[str] = orm.mapped_column(sa.String(255))
    entry_id: orm.Mapped[str] = orm.mapped_column(sa.String(36), index=True)
    counter: orm.Mapped[int] = orm.mapped_column(BigInteger)
