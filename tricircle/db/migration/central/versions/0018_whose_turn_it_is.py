# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Whose turn it is in the journal.

Revision ID: 0018
Revises: 0017
Create Date: 2026-11-30 09:50:00
"""

import sqlalchemy as sa

from tricircle.db.migration.central import steps

revision = '0018'
down_revision = '0017'


def upgrade() -> None:
    """Note what goes first, and find who waits.

    What waits already is as urgent as any change.
    """
    steps.add_column(
        'journal',
        sa.Column(
            'priority', sa.SmallInteger(), nullable=False, server_default='1'
        ),
    )
    steps.create_index(
        'ix_journal_turn',
        'journal',
        ['region_name', 'pending', 'priority', 'project_id', 'next_try_at'],
    )
