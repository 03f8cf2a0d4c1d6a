# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Routers: bridge networks, and reservations for pieces of routers.

Revision ID: 0002
Revises: 0001
Create Date: 2026-11-21 07:00:00
"""

from alembic import op
import sqlalchemy as sa

revision = '0002'
down_revision = '0001'


def upgrade() -> None:
    """Create the table, the column, and an index for regions of networks."""
    op.create_table(
        'bridge_networks',
        sa.Column('project_id', sa.String(255), nullable=False),
        sa.Column('network_id', sa.String(36), nullable=False, unique=True),
        sa.PrimaryKeyConstraint('project_id'),
        mysql_engine='InnoDB',
        mysql_charset='utf8mb4',
    )
    op.add_column(
        'reserved_ports',
        sa.Column('router_id', sa.String(36), nullable=True),
    )
    op.create_index(
        'ix_reserved_ports_router_id', 'reserved_ports', ['router_id']
    )
    op.create_index(
        'ix_port_locations_network_pod',
        'port_locations',
        ['network_id', 'pod_id'],
    )
    # The index above serves as well.
    op.drop_index('ix_port_locations_network_id', table_name='port_locations')
