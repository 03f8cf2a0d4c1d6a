# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What programs run.

Revision ID: 0017
Revises: 0016
Create Date: 2026-11-30 09:40:00
"""

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from tricircle.db.migration.central import steps

revision = '0017'
down_revision = '0016'


def upgrade() -> None:
    """Make a place for what regions, XJob and central say of themselves."""
    moment = sa.DateTime().with_variant(
        mysql.DATETIME(fsp=6), 'mysql', 'mariadb'
    )
    steps.create_table(
        'releases',
        sa.Column('program', sa.String(16), nullable=False),
        sa.Column('name', sa.String(255), nullable=False),
        sa.Column('version', sa.String(64)),
        sa.Column('document_schema', sa.Integer()),
        sa.Column('tables', sa.String(32)),
        sa.Column('extensions', sa.Text()),
        sa.Column('reason', sa.Text()),
        sa.Column('noted_at', moment, nullable=False),
        sa.PrimaryKeyConstraint('program', 'name'),
        mysql_engine='InnoDB',
        mysql_charset='utf8mb4',
    )
