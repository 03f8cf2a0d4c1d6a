# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Regions that central knows, and which it knew."""

import datetime
import enum

from neutron_lib.db import model_base
from oslo_utils import timeutils
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central.models.columns import Moment


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
    #: None of those from before it was noted.
    created_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(
        Moment
    )
    #: CIDRs with the tunnel addresses of the region's hosts, by commas; ''
    #: when the operator did not say.
    tunnel_networks: orm.Mapped[str] = orm.mapped_column(
        sa.String(1024), default='', server_default=''
    )
    #: ``key=value`` of the extra specs of flavors that it is for, '' for all
    #: others.
    resource_affinity: orm.Mapped[str] = orm.mapped_column(
        sa.String(255), default='', server_default=''
    )
    #: See :class:`PodState`.
    state: orm.Mapped[str] = orm.mapped_column(
        sa.String(16), default='active', server_default='active'
    )
    #: What is in use there is taken away as well, while it is drained.
    forced: orm.Mapped[bool] = orm.mapped_column(
        sa.Boolean, default=False, server_default=sa.false()
    )
    #: Since when an operator has what is for the region wait, and what for;
    #: None while none does.
    paused_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(Moment)
    pause_reason: orm.Mapped[str | None] = orm.mapped_column(sa.String(255))
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
