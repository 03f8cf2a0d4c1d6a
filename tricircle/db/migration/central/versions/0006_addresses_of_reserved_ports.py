# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Which addresses reserved ports have, so that one can come back as it was.

What is there already is filled in when central next looks at it.

Revision ID: 0006
Revises: 0005
Create Date: 2026-11-28 05:00:00
"""

import sqlalchemy as sa

from tricircle.db.migration.central import steps

revision = '0006'
down_revision = '0005'


def upgrade() -> None:
    """Add the columns."""
    steps.add_column(
        'reserved_ports',
        sa.Column('mac_address', sa.String(32), nullable=True),
    )
    steps.add_column('reserved_ports', sa.Column('addresses', sa.Text()))
