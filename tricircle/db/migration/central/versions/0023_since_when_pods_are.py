# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Since when pods are.

Revision ID: 0023
Revises: 0022
Create Date: 2026-11-30 17:00:00
"""

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from tricircle.db.migration.central import steps

revision = '0023'
down_revision = '0022'


def upgrade() -> None:
    """Make a place for the age of pods; of those that are it is unknown."""
    moment = sa.DateTime().with_variant(
        mysql.DATETIME(fsp=6), 'mysql', 'mariadb'
    )
    steps.add_column('pods', sa.Column('created_at', moment))
