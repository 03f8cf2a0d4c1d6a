# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What regions are to be told."""

import datetime

from neutron_lib.db import model_base
from oslo_utils import timeutils
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central.models.columns import BigInteger
from tricircle.db.central.models.columns import Moment
from tricircle.plan import turns


class JournalEntry(model_base.BASEV2):
    """The intents of one resource in one region, and how far they got.

    One row per (type, ID, region): recording another intent raises
    ``counter``, in the transaction of the change. What is wanted is there
    when ``applied`` has reached ``counter``. ``id`` is derived from the key
    (see :func:`tricircle.db.central.job.entries.entry_id`), so that recording
    needs one statement and one index.
    """

    __tablename__ = 'journal'
    __table_args__ = (
        # A lane looks for the due rows of one region: with the region first
        # it neither reads nor locks the backlog of another.
        sa.Index('ix_journal_due', 'region_name', 'pending', 'next_try_at'),
        sa.Index('ix_journal_resource', 'resource_id', 'resource_type'),
        # What somebody holds, which is little of the journal.
        sa.Index('ix_journal_lease', 'lease_owner', 'lease_until'),
        # What a sweep goes through, in its order.
        sa.Index(
            'ix_journal_sweep', 'region_name', 'resource_type', 'resource_id'
        ),
        # What a project is shown.
        sa.Index('ix_journal_project', 'project_id'),
        # Who waits for a region, and since when: one look at each project.
        sa.Index(
            'ix_journal_turn',
            'region_name',
            'pending',
            'priority',
            'project_id',
            'next_try_at',
        ),
    )

    id: orm.Mapped[str] = orm.mapped_column(sa.String(36), primary_key=True)
    #: tricircle.replica.kinds
    resource_type: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    resource_id: orm.Mapped[str] = orm.mapped_column(sa.String(127))
    region_name: orm.Mapped[str] = orm.mapped_column(sa.String(255))
    project_id: orm.Mapped[str | None] = orm.mapped_column(sa.String(255))
    #: Counts the intents.
    counter: orm.Mapped[int] = orm.mapped_column(BigInteger, default=1)
    #: Highest counter that the region has confirmed.
    applied: orm.Mapped[int] = orm.mapped_column(BigInteger, default=0)
    #: There is work: applied < counter, and no operator has ended it. A
    #: column of its own for the index. See tricircle.db.central.job.entries.
    pending: orm.Mapped[bool] = orm.mapped_column(sa.Boolean, default=True)
    #: tricircle.plan.turns.Priority
    priority: orm.Mapped[int] = orm.mapped_column(
        sa.SmallInteger,
        default=turns.Priority.CHANGE,
        server_default=str(int(turns.Priority.CHANGE)),
    )
    #: Digest that the region last answered.
    digest: orm.Mapped[str | None] = orm.mapped_column(sa.String(80))
    #: What the region does not get yet, JSON list of field names.
    omitted: orm.Mapped[str | None] = orm.mapped_column(sa.Text)
    attempts: orm.Mapped[int] = orm.mapped_column(sa.Integer, default=0)
    #: Why the last attempt failed, None when none did.
    reason: orm.Mapped[str | None] = orm.mapped_column(sa.Text)
    next_try_at: orm.Mapped[datetime.datetime] = orm.mapped_column(Moment)
    lease_owner: orm.Mapped[str | None] = orm.mapped_column(sa.String(255))
    lease_until: orm.Mapped[datetime.datetime | None] = orm.mapped_column(
        Moment
    )
    #: Since when an operator has it wait, and what for; None while none does.
    paused_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(Moment)
    pause_reason: orm.Mapped[str | None] = orm.mapped_column(sa.String(255))
    #: When it last became pending; None of what an earlier version recorded.
    wanted_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(Moment)
    created_at: orm.Mapped[datetime.datetime] = orm.mapped_column(
        sa.DateTime, default=timeutils.utcnow
    )
    updated_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(
        sa.DateTime, onupdate=timeutils.utcnow
    )


class Epoch(model_base.BASEV2):
    """One row: the epoch of all generations of this central."""

    __tablename__ = 'epoch'

    id: orm.Mapped[int] = orm.mapped_column(
        sa.Integer, primary_key=True, autoincrement=False, default=1
    )
    epoch: orm.Mapped[int] = orm.mapped_column(BigInteger, default=1)
