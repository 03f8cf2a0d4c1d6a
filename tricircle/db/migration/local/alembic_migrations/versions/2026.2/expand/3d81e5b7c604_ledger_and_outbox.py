# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The ledger and the outbox.

Revision ID: 3d81e5b7c604
Revises: start_tricircle
Create Date: 2026-11-21 00:00:00
"""

from typing import Any

from alembic import op
from neutron.db.migration import cli
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

revision = '3d81e5b7c604'
down_revision = 'start_tricircle'
branch_labels = (cli.EXPAND_BRANCH,)


def _moment() -> Any:
    return sa.DateTime().with_variant(
        mysql.DATETIME(fsp=6), 'mysql', 'mariadb'
    )


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        'tricircle_replicas',
        sa.Column('resource_type', sa.String(32), nullable=False),
        sa.Column('resource_id', sa.String(255), nullable=False),
        sa.Column('local_id', sa.String(36), nullable=True, index=True),
        sa.Column('parent_id', sa.String(127), nullable=True, index=True),
        sa.Column('project_id', sa.String(255), nullable=True),
        sa.Column('state', sa.String(16), nullable=False, index=True),
        sa.Column('epoch', sa.BigInteger(), nullable=False),
        sa.Column('counter', sa.BigInteger(), nullable=False),
        sa.Column('digest', sa.String(80), nullable=True),
        sa.Column('detail', sa.Text(), nullable=True),
        sa.Column('lease_owner', sa.String(255), nullable=True),
        sa.Column('lease_until', _moment(), nullable=True),
        sa.Column('created_at', _moment(), nullable=False),
        sa.Column('updated_at', _moment(), nullable=False),
        sa.PrimaryKeyConstraint('resource_type', 'resource_id'),
    )
    op.create_table(
        'tricircle_outbox',
        sa.Column('resource_type', sa.String(32), nullable=False),
        sa.Column('resource_id', sa.String(127), nullable=False),
        sa.Column('counter', sa.BigInteger(), nullable=False),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=True),
        sa.Column('next_try_at', _moment(), nullable=False),
        sa.Column('lease_owner', sa.String(255), nullable=True),
        sa.Column('lease_until', _moment(), nullable=True),
        sa.Column('created_at', _moment(), nullable=False),
        sa.PrimaryKeyConstraint('resource_type', 'resource_id'),
    )
    op.create_index(
        'ix_tricircle_outbox_due', 'tricircle_outbox', ['next_try_at']
    )
