# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Tables in central Neutron's database.

They hold no foreign key into Neutron's own tables, so that they can be
made before those (manual installation, step 5), and because a deletion in
central must leave the presence behind until the region has followed.
"""

import datetime
import enum

from neutron_lib.db import model_base
from oslo_utils import timeutils
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import mysql

BigInteger = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
Moment = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb')


class PodState(enum.StrEnum):
    """How a region is served."""

    ACTIVE = 'active'
    #: It leaves: it is given nothing, and what it has is taken away.
    DRAINING = 'draining'
    #: It will not come back: nobody waits for it, and it is not listened to.
    LOST = 'lost'


class Pod(model_base.BASEV2):
    """A region that Tricircle serves; the one with az_name '' is central."""

    __tablename__ = 'pods'

    pod_id: orm.Mapped[str] = orm.mapped_column(
        sa.String(36), primary_key=True
    )
    region_name: orm.Mapped[str] = orm.mapped_column(
        sa.String(255), unique=True
    )
    az_name: orm.Mapped[str] = orm.mapped_column(sa.String(255), default='')
    pod_az_name: orm.Mapped[str] = orm.mapped_column(
        sa.String(255), default=''
    )
    dc_name: orm.Mapped[str] = orm.mapped_column(sa.String(255), default='')
    #: Keystone's ID of the user that acts for the region, and of the project
    #: it acts in; '' means any. Both '': whatever service asks.
    service_user_id: orm.Mapped[str] = orm.mapped_column(
        sa.String(64), default='', server_default=''
    )
    service_project_id: orm.Mapped[str] = orm.mapped_column(
        sa.String(64), default='', server_default=''
    )
    #: CIDRs with the tunnel addresses of the region's hosts, by commas; ''
    #: when the operator did not say.
    tunnel_networks: orm.Mapped[str] = orm.mapped_column(
        sa.String(1024), default='', server_default=''
    )
    #: See :class:`PodState`.
    state: orm.Mapped[str] = orm.mapped_column(
        sa.String(16), default='active', server_default='active'
    )
    #: What is in use there is taken away as well, while it is drained.
    forced: orm.Mapped[bool] = orm.mapped_column(
        sa.Boolean, default=False, server_default=sa.false()
    )
    #: The row goes when nothing of the region is left.
    ends: orm.Mapped[bool] = orm.mapped_column(
        sa.Boolean, default=False, server_default=sa.false()
    )


class GoneRegion(model_base.BASEV2):
    """A region that has left, or was given up as lost.

    What it says is refused with that reason, until it joins as a new pod.
    """

    __tablename__ = 'gone_regions'

    region_name: orm.Mapped[str] = orm.mapped_column(
        sa.String(255), primary_key=True
    )
    #: That of its last pod.
    pod_id: orm.Mapped[str] = orm.mapped_column(sa.String(36))
    #: The state of that pod when it ended.
    state: orm.Mapped[str] = orm.mapped_column(sa.String(16))
    gone_at: orm.Mapped[datetime.datetime] = orm.mapped_column(
        sa.DateTime, default=timeutils.utcnow
    )


class ResourceRouting(model_base.BASEV2):
    """Presence: a resource is in a region, or being put or removed there.

    ``exclusive_key`` is the resource's ID where only one region may have
    it (a port, a network of type local), else NULL: the unique index is
    the compare-and-set.
    """

    __tablename__ = 'resource_routings'
    __table_args__ = (
        sa.UniqueConstraint(
            'top_id',
            'pod_id',
            'resource_type',
            name='uniq_routing0top_id0pod_id0type',
        ),
        sa.UniqueConstraint(
            'exclusive_key', name='uniq_routing0exclusive_key'
        ),
    )

    id: orm.Mapped[int] = orm.mapped_column(
        BigInteger, primary_key=True, autoincrement=True
    )
    top_id: orm.Mapped[str] = orm.mapped_column(sa.String(127))
    bottom_id: orm.Mapped[str | None] = orm.mapped_column(
        sa.String(36), index=True
    )
    pod_id: orm.Mapped[str] = orm.mapped_column(
        sa.String(36), sa.ForeignKey('pods.pod_id'), index=True
    )
    project_id: orm.Mapped[str | None] = orm.mapped_column(
        sa.String(255), index=True
    )
    resource_type: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    exclusive_key: orm.Mapped[str | None] = orm.mapped_column(sa.String(127))
    created_at: orm.Mapped[datetime.datetime] = orm.mapped_column(
        sa.DateTime, default=timeutils.utcnow
    )
    updated_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(
        sa.DateTime, onupdate=timeutils.utcnow
    )


class PortLocation(model_base.BASEV2):
    """What a region last said of a port that is present there."""

    __tablename__ = 'port_locations'
    __table_args__ = (
        # The regions where a network has instances, off the index alone.
        sa.Index(
            'ix_port_locations_network_pod_piece',
            'network_id',
            'pod_id',
            'piece_id',
        ),
        # The ports of a chunk of shadows, and how many they are.
        sa.Index(
            'ix_port_locations_network_chunk', 'network_id', 'shadow_chunk'
        ),
    )

    port_id: orm.Mapped[str] = orm.mapped_column(
        sa.String(36), primary_key=True
    )
    pod_id: orm.Mapped[str] = orm.mapped_column(
        sa.String(36), sa.ForeignKey('pods.pod_id'), index=True
    )
    network_id: orm.Mapped[str] = orm.mapped_column(sa.String(36))
    host: orm.Mapped[str] = orm.mapped_column(sa.String(255), default='')
    device_id: orm.Mapped[str] = orm.mapped_column(sa.String(255), default='')
    vif_type: orm.Mapped[str] = orm.mapped_column(sa.String(64), default='')
    agent_type: orm.Mapped[str | None] = orm.mapped_column(sa.String(64))
    tunnel_ip: orm.Mapped[str | None] = orm.mapped_column(sa.String(64))
    status: orm.Mapped[str] = orm.mapped_column(sa.String(16), default='')
    #: Revision of the port in the region when it reported.
    revision: orm.Mapped[int] = orm.mapped_column(BigInteger, default=0)
    #: Chunk of the network's shadow ports that carries this port, None
    #: when it has none.
    shadow_chunk: orm.Mapped[int | None] = orm.mapped_column(sa.Integer)
    #: The region chose the port's ID: it was made through that region, whose
    #: users expect to find it in their lists when nothing uses it.
    made_here: orm.Mapped[bool] = orm.mapped_column(sa.Boolean, default=False)
    #: The region is to give the port up, because nothing uses it there and
    #: another region may want it.
    release: orm.Mapped[bool] = orm.mapped_column(sa.Boolean, default=False)
    #: ID of the piece of a router that has the port; None of anything else.
    #: Such a port is known here only so that other regions reach its host:
    #: it is no instance that routers would be laid out for.
    piece_id: orm.Mapped[str | None] = orm.mapped_column(
        sa.String(36), index=True
    )


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


class BridgeNetwork(model_base.BASEV2):
    """The network over which the pieces of a router meet.

    A router has at most one, and no two routers have the same.
    """

    __tablename__ = 'bridge_networks'
    __table_args__ = (
        sa.UniqueConstraint('router_id', name='uniq_bridges0router_id'),
    )

    network_id: orm.Mapped[str] = orm.mapped_column(
        sa.String(36), primary_key=True
    )
    #: The central router; None of a network that is to be deleted.
    router_id: orm.Mapped[str | None] = orm.mapped_column(sa.String(36))
    #: The project of that router, to whom the network does not belong.
    project_id: orm.Mapped[str] = orm.mapped_column(sa.String(255), default='')


class RouterPiece(model_base.BASEV2):
    """The router of one region, there or on its way there or away.

    Its presence stands in ``resource_routings`` as that of anything else;
    here stands which of central's routers it is a piece of, and what the
    region last said of it.
    """

    __tablename__ = 'router_pieces'

    #: ID of the router, or of its north-south piece.
    piece_id: orm.Mapped[str] = orm.mapped_column(
        sa.String(36), primary_key=True
    )
    pod_id: orm.Mapped[str] = orm.mapped_column(
        sa.String(36), sa.ForeignKey('pods.pod_id'), primary_key=True
    )
    router_id: orm.Mapped[str] = orm.mapped_column(sa.String(36), index=True)
    status: orm.Mapped[str] = orm.mapped_column(sa.String(16), default='')
    #: Revision of the router in the region when it reported.
    revision: orm.Mapped[int] = orm.mapped_column(BigInteger, default=0)


class RouterLook(model_base.BASEV2):
    """A network on which routers have to be looked for once more.

    See :mod:`tricircle.journal.second_look`.
    """

    __tablename__ = 'router_looks'

    id: orm.Mapped[int] = orm.mapped_column(
        BigInteger, primary_key=True, autoincrement=True
    )
    network_id: orm.Mapped[str] = orm.mapped_column(sa.String(36))


class JournalEntry(model_base.BASEV2):
    """The intents of one resource in one region, and how far they got.

    One row per (type, ID, region): recording another intent raises
    ``counter``, in the transaction of the change. What is wanted is there
    when ``applied`` has reached ``counter``. ``id`` is derived from the key
    (see :func:`tricircle.db.central.entries.entry_id`), so that recording
    needs one statement and one index.
    """

    __tablename__ = 'journal'
    __table_args__ = (
        # A lane looks for the due rows of one region: with the region first
        # it neither reads nor locks the backlog of another.
        sa.Index('ix_journal_due', 'region_name', 'pending', 'next_try_at'),
        sa.Index('ix_journal_resource', 'resource_id', 'resource_type'),
        # What somebody holds, which is little of the journal.
        sa.Index('ix_journal_lease', 'lease_owner', 'lease_until'),
        # What a sweep goes through, in its order.
        sa.Index(
            'ix_journal_sweep', 'region_name', 'resource_type', 'resource_id'
        ),
        # What a project is shown.
        sa.Index('ix_journal_project', 'project_id'),
    )

    id: orm.Mapped[str] = orm.mapped_column(sa.String(36), primary_key=True)
    #: tricircle.replica.kinds
    resource_type: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    resource_id: orm.Mapped[str] = orm.mapped_column(sa.String(127))
    region_name: orm.Mapped[str] = orm.mapped_column(sa.String(255))
    project_id: orm.Mapped[str | None] = orm.mapped_column(sa.String(255))
    #: Counts the intents.
    counter: orm.Mapped[int] = orm.mapped_column(BigInteger, default=1)
    #: Highest counter that the region has confirmed.
    applied: orm.Mapped[int] = orm.mapped_column(BigInteger, default=0)
    #: There is work: applied < counter, and no operator has ended it. A
    #: column of its own for the index. See tricircle.db.central.entries.
    pending: orm.Mapped[bool] = orm.mapped_column(sa.Boolean, default=True)
    #: Digest that the region last answered.
    digest: orm.Mapped[str | None] = orm.mapped_column(sa.String(80))
    #: What the region does not get yet, JSON list of field names.
    omitted: orm.Mapped[str | None] = orm.mapped_column(sa.Text)
    attempts: orm.Mapped[int] = orm.mapped_column(sa.Integer, default=0)
    #: Why the last attempt failed, None when none did.
    reason: orm.Mapped[str | None] = orm.mapped_column(sa.Text)
    next_try_at: orm.Mapped[datetime.datetime] = orm.mapped_column(Moment)
    lease_owner: orm.Mapped[str | None] = orm.mapped_column(sa.String(255))
    lease_until: orm.Mapped[datetime.datetime | None] = orm.mapped_column(
        Moment
    )
    #: When it last became pending; None of what an earlier version recorded.
    wanted_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(Moment)
    created_at: orm.Mapped[datetime.datetime] = orm.mapped_column(
        sa.DateTime, default=timeutils.utcnow
    )
    updated_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(
        sa.DateTime, onupdate=timeutils.utcnow
    )


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


class Epoch(model_base.BASEV2):
    """One row: the epoch of all generations of this central."""

    __tablename__ = 'epoch'

    id: orm.Mapped[int] = orm.mapped_column(
        sa.Integer, primary_key=True, autoincrement=False, default=1
    )
    epoch: orm.Mapped[int] = orm.mapped_column(BigInteger, default=1)
