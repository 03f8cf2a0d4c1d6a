# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Quotas of the whole cloud: tables of the gateway."""

import datetime

from neutron_lib.db import model_base
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central.models.columns import Moment


class QuotaTurn(model_base.BASEV2):
    """Whose turn it is to reserve for a project: who changes the row."""

    __tablename__ = 'quota_turns'

    project_id: orm.Mapped[str] = orm.mapped_column(
        sa.String(255), primary_key=True
    )
    turns: orm.Mapped[int] = orm.mapped_column(sa.BigInteger(), nullable=False)


class QuotaReservation(model_base.BASEV2):
    """A request takes something that no region counts yet.

    Written before a region is asked. What a gateway leaves behind that was
    killed counts until its deadline.
    """

    __tablename__ = 'quota_reservations'

    id: orm.Mapped[str] = orm.mapped_column(sa.String(36), primary_key=True)
    project_id: orm.Mapped[str] = orm.mapped_column(
        sa.String(255), nullable=False, index=True
    )
    #: JSON: by the name of a resource.
    amounts: orm.Mapped[str] = orm.mapped_column(sa.Text(), nullable=False)
    #: Where it was answered, '' before.
    region_name: orm.Mapped[str] = orm.mapped_column(
        sa.String(255), nullable=False
    )
    #: What tells whether that region counts it, '' of nothing.
    server_id: orm.Mapped[str] = orm.mapped_column(
        sa.String(64), nullable=False
    )
    created_at: orm.Mapped[datetime.datetime] = orm.mapped_column(Moment)
    deadline: orm.Mapped[datetime.datetime] = orm.mapped_column(
        Moment, index=True
    )
    #: Since when its region counts it, None when it may not yet.
    settled_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(
        Moment
    )


class QuotaUsage(model_base.BASEV2):
    """What a region last said that a project uses."""

    __tablename__ = 'quota_usages'

    project_id: orm.Mapped[str] = orm.mapped_column(
        sa.String(255), primary_key=True
    )
    region_name: orm.Mapped[str] = orm.mapped_column(
        sa.String(255), primary_key=True
    )
    #: JSON: by the name of a resource.
    amounts: orm.Mapped[str] = orm.mapped_column(sa.Text(), nullable=False)
    noted_at: orm.Mapped[datetime.datetime] = orm.mapped_column(Moment)
