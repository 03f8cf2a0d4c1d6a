# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Regions that have rules with remote groups hear of their members.

Revision ID: 0012
Revises: 0010
Create Date: 2026-11-28 15:00:00
"""

from typing import Final
import uuid

from alembic import op
import sqlalchemy as sa

from tricircle.db import clock
from tricircle.db.migration.central import steps

revision = '0012'
down_revision = '0010'

_KIND: Final = 'security-group-members'
#: As the journal derives the keys of its rows.
_NAMESPACE: Final = uuid.UUID('c7b64b9a-6a0f-4d35-9a0c-6f2f4a9e5c1d')
_RULES = 'securitygrouprules'
_ROUTINGS = sa.table(
    'resource_routings',
    sa.column('top_id'),
    sa.column('bottom_id'),
    sa.column('pod_id'),
    sa.column('project_id'),
    sa.column('resource_type'),
    sa.column('created_at'),
)
_PODS = sa.table('pods', sa.column('pod_id'), sa.column('region_name'))
_JOURNAL = sa.table(
    'journal',
    *(
        sa.column(name)
        for name in (
            'id',
            'resource_type',
            'resource_id',
            'region_name',
            'project_id',
            'counter',
            'applied',
            'pending',
            'attempts',
            'next_try_at',
            'created_at',
        )
    ),
)


def _named() -> list[sa.Row[tuple[str, str, str, str | None]]]:
    """Return region, pod, and each group that a rule there names."""
    rule = sa.table(
        _RULES, sa.column('security_group_id'), sa.column('remote_group_id')
    )
    group = sa.table(
        'securitygroups', sa.column('id'), sa.column('project_id')
    )
    return list(
        op.get_bind().execute(
            sa.select(
                _PODS.c.region_name,
                _PODS.c.pod_id,
                group.c.id,
                group.c.project_id,
            )
            .select_from(
                _ROUTINGS.join(_PODS, _PODS.c.pod_id == _ROUTINGS.c.pod_id)
                .join(rule, rule.c.security_group_id == _ROUTINGS.c.top_id)
                .join(group, group.c.id == rule.c.remote_group_id)
            )
            .where(_ROUTINGS.c.resource_type == 'security-group')
            .distinct()
        )
    )


def _there(table: sa.TableClause, *columns: str) -> set[tuple[str, ...]]:
    rows = op.get_bind().execute(
        sa.select(*(table.c[name] for name in columns)).where(
            table.c.resource_type == _KIND
        )
    )
    return {tuple(row) for row in rows}


def upgrade() -> None:
    """Make the members present there, and have them told."""
    if not steps.has_table(_RULES):
        # Neutron's own tables come first; then there is nothing yet.
        return
    # When they are due, XJobs on other hosts judge by the same clock.
    now = op.get_bind().scalar(sa.select(clock.Now()))
    # An upgrade that was interrupted goes on.
    present = _there(_ROUTINGS, 'top_id', 'pod_id')
    known = _there(_JOURNAL, 'id')
    routings, entries = [], []
    for row in _named():
        if (row.id, row.pod_id) not in present:
            routings.append(
                {
                    'top_id': row.id,
                    'bottom_id': row.id,
                    'pod_id': row.pod_id,
                    'project_id': row.project_id,
                    'resource_type': _KIND,
                    'created_at': now,
                }
            )
        entry = str(
            uuid.uuid5(_NAMESPACE, f'{_KIND}/{row.id}/{row.region_name}')
        )
        if (entry,) not in known:
            entries.append(
                {
                    'id': entry,
                    'resource_type': _KIND,
                    'resource_id': row.id,
                    'region_name': row.region_name,
                    'project_id': row.project_id,
                    'counter': 1,
                    'applied': 0,
                    'pending': True,
                    'attempts': 0,
                    'next_try_at': now,
                    'created_at': now,
                }
            )
    if routings:
        op.bulk_insert(_ROUTINGS, routings)
    if entries:
        op.bulk_insert(_JOURNAL, entries)
