# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What pods are for.

Revision ID: 0025
Revises: 0024
Create Date: 2026-11-30 17:20:00
"""

import sqlalchemy as sa

from tricircle.db.migration.central import steps

revision = '0025'
down_revision = '0024'


def upgrade() -> None:
    """Make a place for the extra spec of flavors that a pod is for."""
    steps.add_column(
        'pods',
        sa.Column(
            'resource_affinity',
            sa.String(255),
            nullable=False,
            server_default='',
        ),
    )
