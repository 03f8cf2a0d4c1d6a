# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Networks whose routers have to be looked for again.

Revision ID: 0009
Revises: 0008
Create Date: 2026-11-28 05:55:00
"""

import sqlalchemy as sa

from tricircle.db.migration.central import steps

revision = '0009'
down_revision = '0008'


def upgrade() -> None:
    """Create the table."""
    steps.create_table(
        'router_looks',
        sa.Column(
            'id',
            sa.BigInteger().with_variant(sa.Integer(), 'sqlite'),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column('network_id', sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint('id'),
        mysql_engine='InnoDB',
        mysql_charset='utf8mb4',
    )
