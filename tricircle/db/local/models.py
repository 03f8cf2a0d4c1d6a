# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Tables in a region's own Neutron database."""

import datetime
import enum

from neutron_lib.db import model_base
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import mysql

from tricircle.db import clock

BigInteger = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
Moment = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb')


class State(enum.StrEnum):
    """Where a replica stands in this region."""

    #: The ID was chosen here; central was asked or is about to be.
    ALLOCATING = 'allocating'
    #: Somebody is applying a document; see the lease.
    APPLYING = 'applying'
    PRESENT = 'present'
    #: Deleted here; remembered so that nothing late brings it back.
    DELETED = 'deleted'
    #: The region's own; central is about to take it over.
    ANNOUNCED = 'announced'


class Replica(model_base.BASEV2):
    """The ledger: everything in this region that central owns.

    Only what stands here is ever changed or removed for central.
    """

    __tablename__ = 'tricircle_replicas'

    #: tricircle.replica.types: network, subnet, port, security-group,
    #: security-group-rule, shadow-ports, shadow-port, shadow-agent, router,
    #: router-port, floating-ip, port-forwarding, adoption
    resource_type: orm.Mapped[str] = orm.mapped_column(
        sa.String(32), primary_key=True
    )
    #: ID in central
    resource_id: orm.Mapped[str] = orm.mapped_column(
        sa.String(255), primary_key=True
    )
    #: ID here where it differs (the ID map), else NULL
    local_id: orm.Mapped[str | None] = orm.mapped_column(
        sa.String(36), index=True
    )
    #: What it belongs to: the network of a port or subnet, the group of a
    #: rule, the document of a shadow port, the router of what is on it
    parent_id: orm.Mapped[str | None] = orm.mapped_column(
        sa.String(127), index=True
    )
    project_id: orm.Mapped[str | None] = orm.mapped_column(sa.String(255))
    state: orm.Mapped[str] = orm.mapped_column(sa.String(16), index=True)
    epoch: orm.Mapped[int] = orm.mapped_column(BigInteger, default=0)
    counter: orm.Mapped[int] = orm.mapped_column(BigInteger, default=0)
    digest: orm.Mapped[str | None] = orm.mapped_column(sa.String(80))
    #: Type-specific plain data as JSON (a shadow agent's tunnel IP, ...).
    detail: orm.Mapped[str | None] = orm.mapped_column(sa.Text)
    lease_owner: orm.Mapped[str | None] = orm.mapped_column(sa.String(255))
    lease_until: orm.Mapped[datetime.datetime | None] = orm.mapped_column(
        Moment
    )
    created_at: orm.Mapped[datetime.datetime] = orm.mapped_column(
        Moment, default=clock.Now()
    )
    updated_at: orm.Mapped[datetime.datetime] = orm.mapped_column(
        Moment, default=clock.Now(), onupdate=clock.Now()
    )


class OutboxEntry(model_base.BASEV2):
    """Something about a resource that central must hear.

    One row per resource: the sender reads the latest state when it sends,
    and removes the row only if ``counter`` is still what it read.
    """

    __tablename__ = 'tricircle_outbox'
    __table_args__ = (sa.Index('ix_tricircle_outbox_due', 'next_try_at'),)

    resource_type: orm.Mapped[str] = orm.mapped_column(
        sa.String(32), primary_key=True
    )
    resource_id: orm.Mapped[str] = orm.mapped_column(
        sa.String(127), primary_key=True
    )
    counter: orm.Mapped[int] = orm.mapped_column(BigInteger, default=1)
    attempts: orm.Mapped[int] = orm.mapped_column(sa.Integer, default=0)
    reason: orm.Mapped[str | None] = orm.mapped_column(sa.Text)
    next_try_at: orm.Mapped[datetime.datetime] = orm.mapped_column(Moment)
    lease_owner: orm.Mapped[str | None] = orm.mapped_column(sa.String(255))
    lease_until: orm.Mapped[datetime.datetime | None] = orm.mapped_column(
        Moment
    )
    created_at: orm.Mapped[datetime.datetime] = orm.mapped_column(
        Moment, default=clock.Now()
    )
