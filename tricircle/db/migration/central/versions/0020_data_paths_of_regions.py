# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How the tunnels of regions are.

Revision ID: 0020
Revises: 0019
Create Date: 2026-11-30 13:40:00
"""

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from tricircle.db.migration.central import steps

revision = '0020'
down_revision = '0019'


def upgrade() -> None:
    """Make a place for what agents say of their tunnels."""
    moment = sa.DateTime().with_variant(
        mysql.DATETIME(fsp=6), 'mysql', 'mariadb'
    )
    numbers = ('hosts', 'mute', 'up', 'down', 'silent', 'unasked')
    steps.create_table(
        'region_data_paths',
        sa.Column('region_name', sa.String(255), nullable=False),
        sa.Column('state', sa.String(16), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in numbers),
        sa.Column('reason', sa.Text()),
        sa.Column('found_at', moment, nullable=False),
        sa.Column('since', moment, nullable=False),
        sa.PrimaryKeyConstraint('region_name'),
        mysql_engine='InnoDB',
        mysql_charset='utf8mb4',
    )
