# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Networks of regions that become central's: the table."""

import datetime
import enum

from neutron_lib.db import model_base
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import mysql

from tricircle.db import clock
from tricircle.db.central.models.columns import Moment

#: A network with thousands of ports takes more than MySQL's TEXT has.
Word = sa.Text().with_variant(mysql.LONGTEXT(), 'mysql', 'mariadb')


class AdoptionState(enum.StrEnum):
    """What is to be done next, and of whom it is asked."""

    #: The region is asked what it has.
    LOOKING = 'looking'
    #: Central looks whether it can have that.
    CHECKING = 'checking'
    #: The region makes it central's, if it is still that.
    TAKING_OVER = 'taking-over'
    #: Central makes it.
    MAKING = 'making'
    #: The region is to say where the ports are.
    REPORTING = 'reporting'
    #: The region makes it its own again: central could not have it.
    GIVING_BACK = 'giving-back'
    DONE = 'done'
    REFUSED = 'refused'


class Adoption(model_base.BASEV2):
    """A network that a region had of its own, and how far it has come."""

    __tablename__ = 'adoptions'

    network_id: orm.Mapped[str] = orm.mapped_column(
        sa.String(36), primary_key=True
    )
    #: Not its pod: what was adopted is remembered when that is gone.
    region_name: orm.Mapped[str] = orm.mapped_column(
        sa.String(255), index=True
    )
    #: See :class:`AdoptionState`.
    state: orm.Mapped[str] = orm.mapped_column(sa.String(16))
    #: Why it was refused, or is going to be.
    reason: orm.Mapped[str | None] = orm.mapped_column(sa.Text)
    #: Who asked, by Keystone's ID.
    user_id: orm.Mapped[str | None] = orm.mapped_column(sa.String(64))
    #: What the region has, as it says, JSON; None when it is over.
    word: orm.Mapped[str | None] = orm.mapped_column(Word)
    #: How often that changed before the region could take it over.
    changes: orm.Mapped[int] = orm.mapped_column(sa.Integer, default=0)
    created_at: orm.Mapped[datetime.datetime] = orm.mapped_column(
        Moment, default=clock.Now()
    )
    updated_at: orm.Mapped[datetime.datetime] = orm.mapped_column(
        Moment, default=clock.Now(), onupdate=clock.Now()
    )
