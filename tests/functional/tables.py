# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""All rows of all tables of a database, and what has changed of them."""

import collections
from collections.abc import Collection, Mapping
import json

from tests.functional.cloud import mariadb

#: How often each row is in a table, by table. A row is JSON.
Rows = dict[str, collections.Counter[str]]


def rows(
    database: mariadb.Database,
    but: Collection[str] = (),
    columns: Mapping[str, Collection[str]] | None = None,
) -> Rows:
    """Read a whole database.

    :param but: tables that are left out
    :param columns: that are left out, by table
    """
    left_out = columns or {}
    found: Rows = {}
    # One connection for some two hundred statements.
    with (
        database.server.connect(database.name) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(
            'SELECT table_name AS t FROM information_schema.tables'
            ' WHERE table_schema = DATABASE() ORDER BY table_name'
        )
        for table in [str(row['t']) for row in cursor.fetchall()]:
            if table in but:
                continue
            cursor.execute(f'SELECT * FROM `{table}`')  # noqa: S608
            found[table] = collections.Counter(
                json.dumps(
                    {
                        key: value
                        for key, value in row.items()
                        if key not in left_out.get(table, ())
                    },
                    default=str,
                    sort_keys=True,
                )
                for row in cursor.fetchall()
            )
    return found


def without(
    found: collections.Counter[str], **values: object
) -> collections.Counter[str]:
    """Return the rows of a table but for those that have some values."""
    return collections.Counter(
        {
            row: count
            for row, count in found.items()
            if not values.items() <= json.loads(row).items()
        }
    )


def difference(now: Rows, before: Rows) -> dict[str, list[str]]:
    """Return the rows that came (+) and went (-), by table."""
    return {
        table: [
            *(
                f'+ {row}'
                for row in sorted((found - before[table]).elements())
            ),
            *(
                f'- {row}'
                for row in sorted((before[table] - found).elements())
            ),
        ]
        for table, found in now.items()
        if found != before[table]
    }
