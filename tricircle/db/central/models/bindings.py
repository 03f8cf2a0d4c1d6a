# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Which pod the projects are bound to, zone by zone."""

import datetime

from neutron_lib.db import model_base
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central.models.columns import BigInteger
from tricircle.db.central.models.columns import Moment


class PodBinding(model_base.BASEV2):
    """A project places what it makes in a zone with one pod of it.

    What has ended is kept as history; it may outlive its pod.
    """

    __tablename__ = 'pod_bindings'
    __table_args__ = (
        # The compare-and-set: of those that have ended there are many.
        sa.UniqueConstraint(
            'project_id',
            'az_name',
            'standing',
            name='uniq_binding0project_id0az_name0standing',
        ),
        model_base.BASEV2.__table_args__,
    )

    id: orm.Mapped[int] = orm.mapped_column(
        BigInteger, primary_key=True, autoincrement=True
    )
    project_id: orm.Mapped[str] = orm.mapped_column(
        sa.String(255), nullable=False
    )
    pod_id: orm.Mapped[str] = orm.mapped_column(
        sa.String(36), nullable=False, index=True
    )
    #: Of the pod, when it was bound.
    region_name: orm.Mapped[str] = orm.mapped_column(
        sa.String(255), nullable=False
    )
    az_name: orm.Mapped[str] = orm.mapped_column(
        sa.String(255), nullable=False
    )
    #: True, or None once it has ended.
    standing: orm.Mapped[bool | None] = orm.mapped_column(sa.Boolean)
    created_at: orm.Mapped[datetime.datetime] = orm.mapped_column(Moment)
    ended_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(Moment)
    #: Why it has ended.
    reason: orm.Mapped[str | None] = orm.mapped_column(sa.String(255))
