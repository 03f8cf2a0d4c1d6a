# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Rows that may be there already, written in one statement.

Each dialect says it in its own way; nowhere else is one named for it.
"""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import mysql
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite

#: Columns and their values by name, in the order in which they are set.
Changes = Sequence[tuple[str, Any]]


def insert_or_change(
    session: orm.Session,
    table: sa.Table,
    rows: Sequence[dict[str, Any]],
    changes: Callable[[Any], Changes],
) -> None:
    """Insert rows, and change those whose primary key is there.

    Give them in the order of the primary key: two transactions at the same
    rows then wait instead of deadlocking.

    :param changes: what to set, given the columns of the row that would have
        been inserted. MySQL sets one after the other, and reads what it has
        set; the others read the row as it was
    """
    values = _values(rows)
    match session.get_bind().dialect.name:
        case 'mysql' | 'mariadb':
            on_mysql = mysql.insert(table).values(values)
            session.execute(
                on_mysql.on_duplicate_key_update(
                    list(changes(on_mysql.inserted))
                )
            )
        case dialect:
            insert = _insert(dialect, table).values(values)
            session.execute(
                insert.on_conflict_do_update(
                    index_elements=list(table.primary_key),
                    set_=dict(changes(insert.excluded)),
                )
            )


def insert_absent(
    session: orm.Session, table: sa.Table, rows: Sequence[dict[str, Any]]
) -> None:
    """Insert those rows that no unique key keeps out; leave what is there.

    Two transactions at the same rows wait for each other, and neither
    fails.
    """
    values = _values(rows)
    match session.get_bind().dialect.name:
        case 'mysql' | 'mariadb':
            # Not INSERT IGNORE, which swallows other errors as well.
            same = next(iter(table.primary_key))
            session.execute(
                mysql.insert(table)
                .values(values)
                .on_duplicate_key_update([(same.name, same)])
            )
        case dialect:
            session.execute(
                _insert(dialect, table)
                .values(values)
                .on_conflict_do_nothing()
                # No key is asked for: of a row left out there is none.
                .inline()
            )


def _insert(
    dialect: str, table: sa.Table
) -> postgresql.Insert | sqlite.Insert:
    if dialect == 'postgresql':
        return postgresql.insert(table)
    return sqlite.insert(table)


def _values(rows: Sequence[dict[str, Any]]) -> Any:
    # A single row as plain values: SQLAlchemy then caches the statement.
    return rows[0] if len(rows) == 1 else rows
