# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Security groups, read from central's database for the planner."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import rows as central_rows
from tricircle.db.central import sources
from tricircle.plan import state
from tricircle.replica import types


def closure(
    session: orm.Session, group_ids: Iterable[str]
) -> frozenset[sources.Key]:
    """Return groups and all that their rules lead to.

    One statement for each step away; a group that names only itself, as the
    default group does, takes one.
    """
    found: set[sources.Key] = set()
    ahead = set(group_ids)
    while ahead:
        found.update((types.SECURITY_GROUP, one) for one in ahead)
        named = _named_by_rules(session, ahead) - found
        found |= named
        ahead = {key[1] for key in named if key[0] == types.SECURITY_GROUP}
    return frozenset(found)


def _named_by_rules(
    session: orm.Session, group_ids: Iterable[str]
) -> set[sources.Key]:
    """Return what the rules of groups name, in one statement."""
    table = tables.rules
    rows = session.execute(
        sa.select(table.c.remote_group_id, table.c.remote_address_group_id)
        .where(
            table.c.security_group_id.in_(sorted(group_ids)),
            sa.or_(
                table.c.remote_group_id.is_not(None),
                table.c.remote_address_group_id.is_not(None),
            ),
        )
        .distinct()
    )
    # A rule names one of them.
    return {
        (types.ADDRESS_GROUP, row.remote_address_group_id)
        if row.remote_group_id is None
        else (types.SECURITY_GROUP, row.remote_group_id)
        for row in rows
    }


def remote_groups(
    session: orm.Session, group_ids: Iterable[str]
) -> dict[str, str]:
    """Return the groups that rules of some name, with their projects."""
    rule, group = tables.rules, tables.groups
    rows = session.execute(
        sa.select(group.c.id, group.c.project_id)
        .join(rule, rule.c.remote_group_id == group.c.id)
        .where(rule.c.security_group_id.in_(sorted(set(group_ids))))
        .distinct()
    )
    return {row.id: row.project_id or '' for row in rows}


def of_project(session: orm.Session, project_id: str) -> list[str]:
    """Return the IDs of a project's own groups."""
    return list(
        session.scalars(
            sa.select(tables.groups.c.id).where(
                tables.groups.c.project_id == project_id
            )
        )
    )


def read(
    session: orm.Session, group_ids: Iterable[str]
) -> dict[str, state.SecurityGroup]:
    """Return groups with their rules, without those central has not."""
    ids = sorted(set(group_ids))
    if not ids:
        return {}
    group = tables.groups
    rows = session.execute(
        sa.select(
            group.c.id,
            group.c.project_id,
            group.c.name,
            group.c.stateful,
            group.c.standard_attr_id,
            tables.standard_attributes.c.description,
            tables.default_groups.c.security_group_id,
        )
        .select_from(
            group.join(
                tables.standard_attributes,
                tables.standard_attributes.c.id == group.c.standard_attr_id,
            ).outerjoin(
                tables.default_groups,
                tables.default_groups.c.security_group_id == group.c.id,
            )
        )
        .where(group.c.id.in_(ids))
    ).all()
    if not rows:
        return {}
    rule = tables.rules
    rules = central_rows.grouped(
        session.execute(
            sa.select(
                rule.c.id,
                rule.c.security_group_id,
                rule.c.direction,
                rule.c.ethertype,
                rule.c.protocol,
                rule.c.port_range_min,
                rule.c.port_range_max,
                rule.c.remote_ip_prefix,
                rule.c.remote_group_id,
                rule.c.remote_address_group_id,
                tables.standard_attributes.c.description,
            )
            .select_from(
                rule.join(
                    tables.standard_attributes,
                    tables.standard_attributes.c.id == rule.c.standard_attr_id,
                )
            )
            .where(rule.c.security_group_id.in_(ids))
        ),
        'security_group_id',
        lambda row: state.Rule(
            id=row.id,
            direction=row.direction,
            ethertype=row.ethertype,
            protocol=row.protocol,
            port_range_min=row.port_range_min,
            port_range_max=row.port_range_max,
            remote_ip_prefix=row.remote_ip_prefix,
            remote_group_id=row.remote_group_id,
            remote_address_group_id=row.remote_address_group_id,
            description=row.description or '',
        ),
    )
    rbac = central_rows.rbac(session, tables.group_rbac, ids)
    tags = central_rows.tags(session, [row.standard_attr_id for row in rows])
    return {
        row.id: state.SecurityGroup(
            id=row.id,
            project_id=row.project_id or '',
            name=row.name or '',
            description=row.description or '',
            stateful=bool(row.stateful),
            default=row.security_group_id is not None,
            rules=rules[row.id],
            rbac=rbac[row.id],
            tags=tags[row.standard_attr_id],
        )
        for row in rows
    }


def default_of(session: orm.Session, project_id: str) -> str | None:
    """Return the ID of a project's default group, None when it has none."""
    found = session.scalar(
        sa.select(tables.default_groups.c.security_group_id).where(
            tables.default_groups.c.project_id == project_id
        )
    )
    return None if found is None else str(found)
