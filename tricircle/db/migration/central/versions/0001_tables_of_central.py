# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Pods, presence, reservations, journal, epoch.

Revision ID: 0001
Revises: None
Create Date: 2026-11-21 00:00:00
"""

from typing import Any

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

revision = '0001'
down_revision = None


def _moment() -> Any:
    return sa.DateTime().with_variant(
        mysql.DATETIME(fsp=6), 'mysql', 'mariadb'
    )


def upgrade() -> None:
    """Create the tables."""
    innodb: dict[str, Any] = {
        'mysql_engine': 'InnoDB',
        'mysql_charset': 'utf8mb4',
    }
    op.create_table(
        'pods',
        sa.Column('pod_id', sa.String(36), nullable=False),
        sa.Column('region_name', sa.String(255), nullable=False, unique=True),
        sa.Column('az_name', sa.String(255), nullable=False),
        sa.Column('pod_az_name', sa.String(255), nullable=False),
        sa.Column('dc_name', sa.String(255), nullable=False),
        sa.PrimaryKeyConstraint('pod_id'),
        **innodb,
    )
    op.create_table(
        'resource_routings',
        sa.Column(
            'id',
            sa.BigInteger().with_variant(sa.Integer(), 'sqlite'),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column('top_id', sa.String(127), nullable=False),
        sa.Column('bottom_id', sa.String(36), nullable=True, index=True),
        sa.Column(
            'pod_id',
            sa.String(36),
            sa.ForeignKey('pods.pod_id'),
            nullable=False,
            index=True,
        ),
        sa.Column('project_id', sa.String(255), nullable=True, index=True),
        sa.Column('resource_type', sa.String(64), nullable=False),
        sa.Column('exclusive_key', sa.String(127), nullable=True),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('updated_at', sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint(
            'top_id',
            'pod_id',
            'resource_type',
            name='uniq_routing0top_id0pod_id0type',
        ),
        sa.UniqueConstraint(
            'exclusive_key', name='uniq_routing0exclusive_key'
        ),
        **innodb,
    )
    op.create_table(
        'port_locations',
        sa.Column('port_id', sa.String(36), nullable=False),
        sa.Column(
            'pod_id',
            sa.String(36),
            sa.ForeignKey('pods.pod_id'),
            nullable=False,
            index=True,
        ),
        sa.Column('network_id', sa.String(36), nullable=False, index=True),
        sa.Column('host', sa.String(255), nullable=False),
        sa.Column('device_id', sa.String(255), nullable=False),
        sa.Column('vif_type', sa.String(64), nullable=False),
        sa.Column('agent_type', sa.String(64), nullable=True),
        sa.Column('tunnel_ip', sa.String(64), nullable=True),
        sa.Column('status', sa.String(16), nullable=False),
        sa.Column('revision', sa.BigInteger(), nullable=False),
        sa.Column('shadow_chunk', sa.Integer(), nullable=True),
        sa.Column('made_here', sa.Boolean(), nullable=False),
        sa.Column('release', sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint('port_id'),
        **innodb,
    )
    op.create_table(
        'reserved_ports',
        sa.Column('port_id', sa.String(36), nullable=False),
        sa.Column('network_id', sa.String(36), nullable=False, index=True),
        sa.Column('subnet_id', sa.String(36), nullable=True),
        sa.Column(
            'pod_id',
            sa.String(36),
            sa.ForeignKey('pods.pod_id'),
            nullable=False,
            index=True,
        ),
        sa.Column('kind', sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint('port_id'),
        **innodb,
    )
    op.create_table(
        'journal',
        sa.Column('id', sa.String(36), nullable=False),
        sa.Column('resource_type', sa.String(64), nullable=False),
        sa.Column('resource_id', sa.String(127), nullable=False),
        sa.Column('region_name', sa.String(255), nullable=False),
        sa.Column('project_id', sa.String(255), nullable=True),
        sa.Column('counter', sa.BigInteger(), nullable=False),
        sa.Column('applied', sa.BigInteger(), nullable=False),
        sa.Column('pending', sa.Boolean(), nullable=False),
        sa.Column('digest', sa.String(80), nullable=True),
        sa.Column('omitted', sa.Text(), nullable=True),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=True),
        sa.Column('next_try_at', _moment(), nullable=False),
        sa.Column('lease_owner', sa.String(255), nullable=True),
        sa.Column('lease_until', _moment(), nullable=True),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('updated_at', sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint('id'),
        **innodb,
    )
    op.create_index(
        'ix_journal_due', 'journal', ['region_name', 'pending', 'next_try_at']
    )
    op.create_index(
        'ix_journal_resource', 'journal', ['resource_id', 'resource_type']
    )
    epoch = op.create_table(
        'epoch',
        sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('epoch', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('id'),
        **innodb,
    )
    op.bulk_insert(epoch, [{'id': 1, 'epoch': 1}])
