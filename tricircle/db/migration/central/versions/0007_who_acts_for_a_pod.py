# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Who acts for a region, and where its hosts are.

Pods that are there name nobody: any service acts for them, as before.

Revision ID: 0007
Revises: 0006
Create Date: 2026-11-28 06:00:00
"""

import sqlalchemy as sa

from tricircle.db.migration.central import steps

revision = '0007'
down_revision = '0006'


def upgrade() -> None:
    """Add the columns, empty."""
    for name, length in (
        ('service_user_id', 64),
        ('service_project_id', 64),
        ('tunnel_networks', 1024),
    ):
        steps.add_column(
            'pods',
            sa.Column(
                name, sa.String(length), nullable=False, server_default=''
            ),
        )
