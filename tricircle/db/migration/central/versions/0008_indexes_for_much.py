# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Indexes for what scanned its table.

Revision ID: 0008
Revises: 0007
Create Date: 2026-11-28 05:30:00

InnoDB adds them while the tables are read and written. PostgreSQL keeps
writers of a table waiting while it makes one of its indexes.
"""

from tricircle.db.migration.central import steps

revision = '0008'
down_revision = '0007'


def upgrade() -> None:
    """Add the indexes."""
    steps.create_index(
        'ix_journal_lease', 'journal', ['lease_owner', 'lease_until']
    )
    steps.create_index(
        'ix_journal_sweep',
        'journal',
        ['region_name', 'resource_type', 'resource_id'],
    )
    steps.create_index(
        'ix_port_locations_network_chunk',
        'port_locations',
        ['network_id', 'shadow_chunk'],
    )
    steps.create_index(
        'ix_reserved_ports_subnet_id', 'reserved_ports', ['subnet_id']
    )
