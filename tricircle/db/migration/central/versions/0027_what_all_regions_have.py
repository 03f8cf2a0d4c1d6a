# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What all regions are to have alike.

Revision ID: 0027
Revises: 0026
Create Date: 2026-11-30 20:05:00
"""

import sqlalchemy as sa

from tricircle.db.migration.central import steps

revision = '0027'
down_revision = '0026'


def upgrade() -> None:
    """Make places for flavors, key pairs and volume types of all regions."""
    steps.create_table(
        'mirrors',
        sa.Column('id', sa.String(36), nullable=False),
        sa.Column('kind', sa.String(32), nullable=False, index=True),
        sa.Column('owner', sa.String(255), nullable=False),
        sa.Column('name', sa.String(255), nullable=False),
        sa.Column('document', sa.Text(16_000_000), nullable=False),
        sa.Column('version', sa.BigInteger(), nullable=False),
        sa.Column('incarnation', sa.BigInteger(), nullable=False),
        sa.Column('is_deleted', sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint('id'),
        mysql_engine='InnoDB',
        mysql_charset='utf8mb4',
    )
    steps.create_table(
        'mirror_copies',
        sa.Column('mirror_id', sa.String(36), nullable=False),
        sa.Column('pod_id', sa.String(36), nullable=False),
        sa.Column('own_id', sa.String(255), nullable=False, index=True),
        sa.Column('incarnation', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('mirror_id', 'pod_id'),
        mysql_engine='InnoDB',
        mysql_charset='utf8mb4',
    )
