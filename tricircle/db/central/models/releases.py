# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What programs run: the table."""

import datetime

from neutron_lib.db import model_base
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central.models.columns import Moment


class NotedRelease(model_base.BASEV2):
    """What a region's Neutron, a central Neutron or an XJob runs."""

    __tablename__ = 'releases'

    #: ``region``, ``central`` or ``xjob``.
    program: orm.Mapped[str] = orm.mapped_column(
        sa.String(16), primary_key=True
    )
    #: Of the region; of the others their host's.
    name: orm.Mapped[str] = orm.mapped_column(sa.String(255), primary_key=True)
    #: None when it does not say.
    version: orm.Mapped[str | None] = orm.mapped_column(sa.String(64))
    #: Version of the format of documents.
    document_schema: orm.Mapped[int | None] = orm.mapped_column(sa.Integer)
    #: Version of central's tables that it is made for; None of regions.
    tables: orm.Mapped[str | None] = orm.mapped_column(sa.String(32))
    #: Aliases of its extensions, a JSON list.
    extensions: orm.Mapped[str | None] = orm.mapped_column(sa.Text)
    #: Why it does not say what it runs.
    reason: orm.Mapped[str | None] = orm.mapped_column(sa.Text)
    noted_at: orm.Mapped[datetime.datetime] = orm.mapped_column(Moment)
