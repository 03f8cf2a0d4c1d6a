# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is in which region."""

import datetime

from neutron_lib.db import model_base
from oslo_utils import timeutils
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central.models.columns import BigInteger


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
