# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Networks of regions that become central's.

Revision ID: 0015
Revises: 0014
Create Date: 2026-11-29 10:40:00
"""

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from tricircle.db.migration.central import steps

revision = '0015'
down_revision = '0014'


def upgrade() -> None:
    """Make a place for what is being adopted, and was."""
    moment = sa.DateTime().with_variant(
        mysql.DATETIME(fsp=6), 'mysql', 'mariadb'
    )
    steps.create_table(
        'adoptions',
        sa.Column('network_id', sa.String(36), nullable=False),
        sa.Column('region_name', sa.String(255), nullable=False, index=True),
        sa.Column('state', sa.String(16), nullable=False),
        sa.Column('reason', sa.Text()),
        sa.Column('user_id', sa.String(64)),
        sa.Column(
            'word',
            sa.Text().with_variant(mysql.LONGTEXT(), 'mysql', 'mariadb'),
        ),
        sa.Column('changes', sa.Integer(), nullable=False),
        sa.Column('created_at', moment, nullable=False),
        sa.Column('updated_at', moment, nullable=False),
        sa.PrimaryKeyConstraint('network_id'),
        mysql_engine='InnoDB',
        mysql_charset='utf8mb4',
    )
