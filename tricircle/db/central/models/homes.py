# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Where servers are, and what is being placed: tables of the gateway."""

import datetime

from neutron_lib.db import model_base
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central.models.columns import Moment


class ResourceHome(model_base.BASEV2):
    """The region of a resource that is reached through the gateway.

    A cache: a row that is missing costs a question to all regions.
    """

    __tablename__ = 'resource_homes'
    __table_args__ = (
        sa.Index(
            'ix_resource_homes_project',
            'project_id',
            'resource_type',
            'created_at',
        ),
        model_base.BASEV2.__table_args__,
    )

    #: Such as ``server`` or ``volume``; see :mod:`tricircle.gateway`.
    resource_type: orm.Mapped[str] = orm.mapped_column(
        sa.String(32), primary_key=True
    )
    #: In the form of the region.
    resource_id: orm.Mapped[str] = orm.mapped_column(
        sa.String(64), primary_key=True
    )
    region_name: orm.Mapped[str] = orm.mapped_column(
        sa.String(255), nullable=False
    )
    project_id: orm.Mapped[str] = orm.mapped_column(
        sa.String(255), nullable=False
    )
    #: As the region says, else when it was noted.
    created_at: orm.Mapped[datetime.datetime] = orm.mapped_column(Moment)
    #: The request of a client whose answer it was, None of what was found.
    request_id: orm.Mapped[str | None] = orm.mapped_column(sa.String(64))


class Placing(model_base.BASEV2):
    """A region is asked to make something, and has not answered yet.

    Written before it is asked. What a gateway leaves behind that was killed
    counts until its deadline.
    """

    __tablename__ = 'placings'

    #: Of the client's request.
    request_id: orm.Mapped[str] = orm.mapped_column(
        sa.String(64), primary_key=True
    )
    resource_type: orm.Mapped[str] = orm.mapped_column(
        sa.String(32), nullable=False
    )
    region_name: orm.Mapped[str] = orm.mapped_column(
        sa.String(255), nullable=False
    )
    project_id: orm.Mapped[str] = orm.mapped_column(
        sa.String(255), nullable=False
    )
    #: Digest of what can be told apart of what is asked for.
    mark: orm.Mapped[str] = orm.mapped_column(
        sa.String(64), nullable=False, index=True
    )
    created_at: orm.Mapped[datetime.datetime] = orm.mapped_column(Moment)
    deadline: orm.Mapped[datetime.datetime] = orm.mapped_column(
        Moment, index=True
    )
