# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Pieces of routers, and what regions say of them.

Revision ID: 0003
Revises: 0002
Create Date: 2026-11-21 08:00:00
"""

from alembic import op
import sqlalchemy as sa

revision = '0003'
down_revision = '0002'


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        'router_pieces',
        sa.Column('piece_id', sa.String(36), nullable=False),
        sa.Column('pod_id', sa.String(36), nullable=False),
        sa.Column('router_id', sa.String(36), nullable=False),
        sa.Column('status', sa.String(16), nullable=False),
        sa.Column('revision', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(['pod_id'], ['pods.pod_id']),
        sa.PrimaryKeyConstraint('piece_id', 'pod_id'),
        mysql_engine='InnoDB',
        mysql_charset='utf8mb4',
    )
    op.create_index(
        'ix_router_pieces_router_id', 'router_pieces', ['router_id']
    )
