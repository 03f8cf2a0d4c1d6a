# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Regions that leave.

Revision ID: 0013
Revises: 0012
Create Date: 2026-11-28 19:00:00
"""

import sqlalchemy as sa

from tricircle.db.migration.central import steps

revision = '0013'
down_revision = '0012'


def upgrade() -> None:
    """Say of each pod that it stays, and make a place for those that went."""
    steps.add_column(
        'pods',
        sa.Column(
            'state', sa.String(16), nullable=False, server_default='active'
        ),
    )
    for name in ('forced', 'ends'):
        steps.add_column(
            'pods',
            sa.Column(
                name, sa.Boolean, nullable=False, server_default=sa.false()
            ),
        )
    steps.create_table(
        'gone_regions',
        sa.Column('region_name', sa.String(255), nullable=False),
        sa.Column('pod_id', sa.String(36), nullable=False),
        sa.Column('state', sa.String(16), nullable=False),
        sa.Column('gone_at', sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint('region_name'),
        mysql_engine='InnoDB',
        mysql_charset='utf8mb4',
    )
