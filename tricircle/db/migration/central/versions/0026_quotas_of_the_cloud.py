# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Quotas of the whole cloud.

Revision ID: 0026
Revises: 0025
Create Date: 2026-11-30 17:55:00
"""

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from tricircle.db.migration.central import steps

revision = '0026'
down_revision = '0025'


def upgrade() -> None:
    """Make places for what is reserved, and for what regions use."""
    moment = sa.DateTime().with_variant(
        mysql.DATETIME(fsp=6), 'mysql', 'mariadb'
    )
    steps.create_table(
        'quota_turns',
        sa.Column('project_id', sa.String(255), nullable=False),
        sa.Column('turns', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('project_id'),
        mysql_engine='InnoDB',
        mysql_charset='utf8mb4',
    )
    steps.create_table(
        'quota_reservations',
        sa.Column('id', sa.String(36), nullable=False),
        sa.Column('project_id', sa.String(255), nullable=False, index=True),
        sa.Column('amounts', sa.Text(), nullable=False),
        sa.Column('region_name', sa.String(255), nullable=False),
        sa.Column('server_id', sa.String(64), nullable=False),
        sa.Column('created_at', moment, nullable=False),
        sa.Column('deadline', moment, nullable=False, index=True),
        sa.Column('settled_at', moment),
        sa.PrimaryKeyConstraint('id'),
        mysql_engine='InnoDB',
        mysql_charset='utf8mb4',
    )
    steps.create_table(
        'quota_usages',
        sa.Column('project_id', sa.String(255), nullable=False),
        sa.Column('region_name', sa.String(255), nullable=False),
        sa.Column('amounts', sa.Text(), nullable=False),
        sa.Column('noted_at', moment, nullable=False),
        sa.PrimaryKeyConstraint('project_id', 'region_name'),
        mysql_engine='InnoDB',
        mysql_charset='utf8mb4',
    )
