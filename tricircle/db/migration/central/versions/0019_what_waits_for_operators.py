# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What waits because an operator says so.

Revision ID: 0019
Revises: 0018
Create Date: 2026-11-30 13:20:00
"""

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from tricircle.db.migration.central import steps

revision = '0019'
down_revision = '0018'


def upgrade() -> None:
    """Note since when regions and entries are paused, and what for."""
    moment = sa.DateTime().with_variant(
        mysql.DATETIME(fsp=6), 'mysql', 'mariadb'
    )
    for table in ('pods', 'journal'):
        steps.add_column(table, sa.Column('paused_at', moment))
        steps.add_column(table, sa.Column('pause_reason', sa.String(255)))
