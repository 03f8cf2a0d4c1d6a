# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Whether regions answer: the table."""

import datetime

from neutron_lib.db import model_base
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central.models.columns import Moment


class RegionContact(model_base.BASEV2):
    """What XJob found when it asked a region for something last."""

    __tablename__ = 'region_contacts'

    region_name: orm.Mapped[str] = orm.mapped_column(
        sa.String(255), primary_key=True
    )
    answers: orm.Mapped[bool] = orm.mapped_column(sa.Boolean)
    #: Why it does not.
    reason: orm.Mapped[str | None] = orm.mapped_column(sa.Text)
    #: When that was last found; written now and then while it stays so.
    found_at: orm.Mapped[datetime.datetime] = orm.mapped_column(Moment)
    #: When it was found first.
    since: orm.Mapped[datetime.datetime] = orm.mapped_column(Moment)
