# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is being placed, and which request a resource answers.

Revision ID: 0022
Revises: 0021
Create Date: 2026-11-30 16:50:00
"""

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from tricircle.db.migration.central import steps

revision = '0022'
down_revision = '0021'


def upgrade() -> None:
    """Make a place for requests that a region has not answered yet."""
    moment = sa.DateTime().with_variant(
        mysql.DATETIME(fsp=6), 'mysql', 'mariadb'
    )
    steps.create_table(
        'placings',
        sa.Column('request_id', sa.String(64), nullable=False),
        sa.Column('resource_type', sa.String(32), nullable=False),
        sa.Column('region_name', sa.String(255), nullable=False),
        sa.Column('project_id', sa.String(255), nullable=False),
        sa.Column('mark', sa.String(64), nullable=False, index=True),
        sa.Column('created_at', moment, nullable=False),
        sa.Column('deadline', moment, nullable=False, index=True),
        sa.PrimaryKeyConstraint('request_id'),
        mysql_engine='InnoDB',
        mysql_charset='utf8mb4',
    )
    steps.add_column('resource_homes', sa.Column('request_id', sa.String(64)))
