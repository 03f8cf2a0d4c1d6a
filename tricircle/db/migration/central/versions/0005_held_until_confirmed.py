# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What regions may still use of what central has given up.

Revision ID: 0005
Revises: 0004
Create Date: 2026-11-28 05:00:00
"""

import sqlalchemy as sa

from tricircle.db.migration.central import steps

revision = '0005'
down_revision = '0004'


def upgrade() -> None:
    """Make the tables of held addresses and segments."""
    key = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
    steps.create_table(
        'held_addresses',
        sa.Column('id', key, primary_key=True, autoincrement=True),
        sa.Column('network_id', sa.String(36), nullable=False),
        sa.Column('subnet_id', sa.String(36), nullable=False),
        sa.Column('ip_address', sa.String(64), nullable=False),
        sa.Column('mac_address', sa.String(32), nullable=False),
        sa.Column('port_id', sa.String(36), nullable=False, index=True),
        sa.Column('entry_id', sa.String(36), nullable=False, index=True),
        sa.Column('counter', sa.BigInteger(), nullable=False),
        sa.UniqueConstraint(
            'network_id',
            'ip_address',
            'port_id',
            'entry_id',
            name='uniq_held_address0network0ip0port0entry',
        ),
    )
    steps.create_table(
        'held_segments',
        sa.Column('id', key, primary_key=True, autoincrement=True),
        sa.Column('segment_id', sa.String(36), nullable=False),
        sa.Column('network_id', sa.String(36), nullable=False),
        sa.Column('network_type', sa.String(32), nullable=False),
        sa.Column('physical_network', sa.String(64), nullable=True),
        sa.Column('segmentation_id', sa.Integer(), nullable=True),
        sa.Column('region_name', sa.String(255), nullable=False),
        sa.Column('entry_id', sa.String(36), nullable=False, index=True),
        sa.Column('counter', sa.BigInteger(), nullable=False),
        sa.UniqueConstraint(
            'segment_id', 'entry_id', name='uniq_held_segment0segment0entry'
        ),
    )
