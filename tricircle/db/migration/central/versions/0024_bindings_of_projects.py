# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Which pod the projects are bound to.

Revision ID: 0024
Revises: 0023
Create Date: 2026-11-30 17:10:00
"""

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from tricircle.db.migration.central import steps

revision = '0024'
down_revision = '0023'


def upgrade() -> None:
    """Make a place for bindings of projects to pods."""
    moment = sa.DateTime().with_variant(
        mysql.DATETIME(fsp=6), 'mysql', 'mariadb'
    )
    steps.create_table(
        'pod_bindings',
        sa.Column(
            'id',
            sa.BigInteger().with_variant(sa.Integer(), 'sqlite'),
            nullable=False,
            autoincrement=True,
        ),
        sa.Column('project_id', sa.String(255), nullable=False),
        sa.Column('pod_id', sa.String(36), nullable=False, index=True),
        sa.Column('region_name', sa.String(255), nullable=False),
        sa.Column('az_name', sa.String(255), nullable=False),
        sa.Column('standing', sa.Boolean()),
        sa.Column('created_at', moment, nullable=False),
        sa.Column('ended_at', moment),
        sa.Column('reason', sa.String(255)),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint(
            'project_id',
            'az_name',
            'standing',
            name='uniq_binding0project_id0az_name0standing',
        ),
        mysql_engine='InnoDB',
        mysql_charset='utf8mb4',
    )
