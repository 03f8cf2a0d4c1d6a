# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How tunnels between regions are: the table."""

import datetime

from neutron_lib.db import model_base
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central.models.columns import Moment


class RegionDataPath(model_base.BASEV2):
    """What the agents of a region said together when XJob asked last."""

    __tablename__ = 'region_data_paths'

    region_name: orm.Mapped[str] = orm.mapped_column(
        sa.String(255), primary_key=True
    )
    #: tricircle.replica.data_path.State
    state: orm.Mapped[str] = orm.mapped_column(sa.String(16))
    #: See tricircle.replica.data_path.Summary.
    hosts: orm.Mapped[int] = orm.mapped_column(sa.Integer)
    mute: orm.Mapped[int] = orm.mapped_column(sa.Integer)
    up: orm.Mapped[int] = orm.mapped_column(sa.Integer)
    down: orm.Mapped[int] = orm.mapped_column(sa.Integer)
    silent: orm.Mapped[int] = orm.mapped_column(sa.Integer)
    unasked: orm.Mapped[int] = orm.mapped_column(sa.Integer)
    #: Why the region did not say.
    reason: orm.Mapped[str | None] = orm.mapped_column(sa.Text)
    #: When that was.
    found_at: orm.Mapped[datetime.datetime] = orm.mapped_column(Moment)
    #: When the state was found first.
    since: orm.Mapped[datetime.datetime] = orm.mapped_column(Moment)
