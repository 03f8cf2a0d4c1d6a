# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Which ports that regions report are those of routers.

Revision ID: 0004
Revises: 0003
Create Date: 2026-11-21 18:00:00
"""

from alembic import op
import sqlalchemy as sa

revision = '0004'
down_revision = '0003'


def upgrade() -> None:
    """Add the column, and let the index of regions tell it too."""
    op.add_column(
        'port_locations', sa.Column('piece_id', sa.String(36), nullable=True)
    )
    op.create_index(
        'ix_port_locations_piece_id', 'port_locations', ['piece_id']
    )
    op.create_index(
        'ix_port_locations_network_pod_piece',
        'port_locations',
        ['network_id', 'pod_id', 'piece_id'],
    )
    op.drop_index('ix_port_locations_network_pod', table_name='port_locations')
    # Until now the only ports of routers here were legs.
    legs = sa.table(
        'reserved_ports', sa.column('port_id'), sa.column('router_id')
    )
    locations = sa.table(
        'port_locations', sa.column('port_id'), sa.column('piece_id')
    )
    op.execute(
        sa.update(locations).values(
            piece_id=sa.select(legs.c.router_id)
            .where(legs.c.port_id == locations.c.port_id)
            .scalar_subquery()
        )
    )
