# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Reading rows many at a time: one statement a table, whatever the number.

All of this works with any SQLAlchemy session. What is read for one document
belongs to one moment only inside one transaction with the isolation level
REPEATABLE READ, which is the default of MariaDB and MySQL.
"""

import collections
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import neutron_tables as tables
from tricircle.plan import state

_T = TypeVar('_T')


def grouped(
    rows: Iterable[Any], key: str, make: Callable[[Any], _T]
) -> Mapping[str, tuple[_T, ...]]:
    """Return for each value of a column what its rows make, in row order.

    :param key: name of the column to group by
    :param make: called with each row
    :returns: a mapping that gives () for values that have no row
    """
    found: dict[str, list[_T]] = collections.defaultdict(list)
    for row in rows:
        found[getattr(row, key)].append(make(row))
    return collections.defaultdict(
        tuple, {value: tuple(made) for value, made in found.items()}
    )


def of(
    session: orm.Session,
    key: sa.Column[Any],
    values: Iterable[Any],
    make: Callable[[Any], _T],
    order: sa.Column[Any] | None = None,
) -> Mapping[Any, tuple[_T, ...]]:
    """Return what rows of a table make, by a column that has some values.

    :param key: the column
    :param make: see :func:`grouped`
    :param order: the column that the rows are sorted by
    """
    query = sa.select(key.table).where(key.in_(list(values)))
    return grouped(session.execute(query.order_by(order)), key.name, make)


def route(row: Any) -> state.Route:
    """Return the route of a subnet or router that a row is."""
    return state.Route(destination=row.destination, nexthop=row.nexthop)


def fixed_ip(row: Any) -> state.FixedIP:
    """Return the address of a port that a row is."""
    return state.FixedIP(subnet_id=row.subnet_id, ip_address=row.ip_address)


def fixed_ips(
    session: orm.Session, port_ids: Iterable[str]
) -> Mapping[str, tuple[state.FixedIP, ...]]:
    """Return the addresses of ports."""
    return of(session, tables.allocations.c.port_id, port_ids, fixed_ip)


def tags(
    session: orm.Session, attribute_ids: Iterable[int]
) -> Mapping[int, tuple[str, ...]]:
    """Return the tags of resources by the ID of their standard attributes."""
    return of(
        session,
        tables.tags.c.standard_attr_id,
        attribute_ids,
        lambda row: str(row.tag),
    )


def rbac(
    session: orm.Session, table: sa.Table, object_ids: Iterable[str]
) -> Mapping[str, tuple[state.RBACEntry, ...]]:
    """Return the RBAC entries of resources."""
    return of(
        session,
        table.c.object_id,
        object_ids,
        lambda row: state.RBACEntry(
            id=row.id,
            project_id=row.project_id or '',
            target_project=row.target_project,
            action=row.action,
        ),
    )


def projects(
    session: orm.Session, table: sa.Table, ids: Iterable[str]
) -> dict[str, str]:
    """Return the projects of resources, without those that are not there."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    found = session.execute(
        sa.select(table.c.id, table.c.project_id).where(table.c.id.in_(wanted))
    )
    return {row.id: row.project_id or '' for row in found}


def names_of(row: Any, labels: Mapping[str, str]) -> tuple[str, ...]:
    """Return the attributes of a row that are set to something.

    :param labels: attribute name by column label
    """
    return tuple(name for label, name in labels.items() if getattr(row, label))
