# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Members of security groups: read from central's database.

They are counted as Neutron counts them: the fixed IPs and the allowed address
pairs of a group's ports, whether bound or not.
"""

from collections.abc import Collection, Iterable
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import models as central_models
from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import rows as central_rows
from tricircle.db.central import sources
from tricircle.plan import group_members
from tricircle.replica import types
from tricircle.replica.document import Document

_PODS = cast(sa.Table, central_models.Pod.__table__)
_ROUTINGS = cast(sa.Table, central_models.ResourceRouting.__table__)
_BOUND = tables.port_groups


def documents(
    session: orm.Session,
    ids: list[str],
    region_name: str,
    generations: sources.Generations,
) -> dict[str, Document]:
    """Return the documents of groups' members that a region has not.

    As many statements for any number of groups and ports.
    """
    # Before the state they are the generations of.
    ages = generations(
        session, [(types.GROUP_MEMBERS, one) for one in ids], region_name
    )
    there = central_rows.projects(session, tables.groups, ids)
    addresses = central_rows.grouped(
        _elsewhere(session, there, region_name),
        'group_id',
        lambda row: str(row.address),
    )
    return {
        one: Document(
            type=types.GROUP_MEMBERS,
            id=one,
            region=region_name,
            generation=ages[types.GROUP_MEMBERS, one],
            body=dict(group_members.body(one, addresses[one])),
        )
        for one in there
    }


def _elsewhere(
    session: orm.Session, group_ids: Collection[str], region_name: str
) -> Iterable[Any]:
    """Return group and address of each member that a region has not.

    Only one region has a port: there it is found by the one key.
    """
    if not group_ids:
        return
    pod_id = session.scalar(
        sa.select(_PODS.c.pod_id).where(_PODS.c.region_name == region_name)
    )
    here = sa.and_(
        _ROUTINGS.c.exclusive_key == _BOUND.c.port_id,
        _ROUTINGS.c.pod_id == pod_id,
    )
    for source, address in (
        (tables.allocations, tables.allocations.c.ip_address),
        (tables.address_pairs, tables.address_pairs.c.ip_address),
    ):
        yield from session.execute(
            sa.select(
                _BOUND.c.security_group_id.label('group_id'),
                address.label('address'),
            )
            .select_from(
                _BOUND.join(
                    source, source.c.port_id == _BOUND.c.port_id
                ).outerjoin(_ROUTINGS, here)
            )
            .where(
                _BOUND.c.security_group_id.in_(sorted(group_ids)),
                _ROUTINGS.c.id.is_(None),
            )
        )


def groups_of(session: orm.Session, port_ids: Iterable[str]) -> list[str]:
    """Return the groups that some ports are members of."""
    return list(
        session.scalars(
            sa.select(_BOUND.c.security_group_id)
            .where(_BOUND.c.port_id.in_(sorted(set(port_ids))))
            .distinct()
        )
    )


def groups_in(session: orm.Session, subnet_id: str) -> list[str]:
    """Return the groups whose members have addresses of a subnet."""
    return list(
        session.scalars(
            sa.select(_BOUND.c.security_group_id)
            .join(
                tables.allocations,
                tables.allocations.c.port_id == _BOUND.c.port_id,
            )
            .where(tables.allocations.c.subnet_id == subnet_id)
            .distinct()
        )
    )
