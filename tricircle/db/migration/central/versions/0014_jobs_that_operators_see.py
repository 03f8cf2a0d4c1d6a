# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Jobs that operators and projects look at.

Revision ID: 0014
Revises: 0013
Create Date: 2026-11-29 02:20:00

InnoDB adds the column and the index while the journal is read and written.
PostgreSQL keeps writers of the journal waiting while it makes the index.
"""

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from tricircle.db.migration.central import steps

revision = '0014'
down_revision = '0013'


def upgrade() -> None:
    """Say since when an entry waits; have those of a project be found."""
    steps.add_column(
        'journal',
        sa.Column(
            'wanted_at',
            sa.DateTime().with_variant(
                mysql.DATETIME(fsp=6), 'mysql', 'mariadb'
            ),
        ),
    )
    steps.create_index('ix_journal_project', 'journal', ['project_id'])
