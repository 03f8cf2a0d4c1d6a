# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A bridge network for each router, no longer one for each project.

Revision ID: 0010
Revises: 0009
Create Date: 2026-11-28 06:00:00
"""

from alembic import op
import sqlalchemy as sa

from tricircle.db.migration.central import steps

revision = '0010'
down_revision = '0009'

_TABLE, _NEW = 'bridge_networks', 'bridge_networks_of_routers'
_OLD = sa.table(_TABLE, sa.column('project_id'), sa.column('network_id'))
_LEGS = sa.table(
    'reserved_ports',
    sa.column('network_id'),
    sa.column('router_id'),
    sa.column('kind'),
)
_PIECES = sa.table(
    'router_pieces', sa.column('piece_id'), sa.column('router_id')
)
#: In place of the project, of a network that was being deleted.
_LEFT = 'left:'


def _owners() -> dict[str, str]:
    """Return by bridge network the router that keeps it.

    That is the one whose way out is on it, since its address there is the
    one that there is once. The others get a network of their own when they
    are planned next; until then they go on with this one.
    """
    rows = op.get_bind().execute(
        sa.select(_LEGS.c.network_id, _PIECES.c.piece_id, _PIECES.c.router_id)
        .join(_PIECES, _PIECES.c.piece_id == _LEGS.c.router_id)
        .where(_LEGS.c.kind == 'bridge_leg')
    )
    found: dict[str, list[tuple[bool, str]]] = {}
    for row in rows:
        found.setdefault(row.network_id, []).append(
            (row.piece_id == row.router_id, row.router_id)
        )
    return {network_id: min(some)[1] for network_id, some in found.items()}


def upgrade() -> None:
    """Make the table anew, with the router that each network is for."""
    if not steps.has_table(_TABLE):
        # Interrupted right before the end.
        op.rename_table(_NEW, _TABLE)
    if steps.has_column(_TABLE, 'router_id'):
        return
    op.drop_table(_NEW, if_exists=True)
    made = op.create_table(
        _NEW,
        sa.Column('network_id', sa.String(36), nullable=False),
        sa.Column('router_id', sa.String(36), nullable=True),
        sa.Column('project_id', sa.String(255), nullable=False),
        sa.PrimaryKeyConstraint('network_id'),
        sa.UniqueConstraint('router_id', name='uniq_bridges0router_id'),
        mysql_engine='InnoDB',
        mysql_charset='utf8mb4',
    )
    owners = _owners()
    rows = [
        {
            'network_id': row.network_id,
            'router_id': None if left else owners.get(row.network_id),
            'project_id': '' if left else row.project_id,
        }
        for row in op.get_bind().execute(sa.select(_OLD))
        for left in [row.project_id.startswith(_LEFT)]
    ]
    if rows:
        op.bulk_insert(made, rows)
    op.drop_table(_TABLE)
    op.rename_table(_NEW, _TABLE)
