# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How routers are laid out over regions."""

from neutron_lib.db import model_base
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central.models.columns import BigInteger


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
