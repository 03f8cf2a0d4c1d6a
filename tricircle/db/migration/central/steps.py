# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Steps of an upgrade that may have been taken before.

MySQL and MariaDB commit each change of a table by itself. An upgrade that
was interrupted begins again with its version, and finds some of it done.
"""

from typing import Any

from alembic import op
import sqlalchemy as sa


def _inspector() -> sa.Inspector:
    # A new one: it remembers what it has seen.
    return sa.inspect(op.get_bind())


def has_table(name: str) -> bool:
    """Tell whether there is a table."""
    return _inspector().has_table(name)


def has_column(table: str, name: str) -> bool:
    """Tell whether a table that is there has a column."""
    return name in {one['name'] for one in _inspector().get_columns(table)}


def create_table(name: str, *columns: Any, **options: Any) -> None:
    """Create a table with its indexes, if it is not there.

    Indexes of columns are made after the table, each by itself.
    """
    indexed = [
        one.name for one in columns if isinstance(one, sa.Column) and one.index
    ]
    if not has_table(name):
        for one in columns:
            if isinstance(one, sa.Column):
                one.index = None
        op.create_table(name, *columns, **options)
    for column in indexed:
        create_index(f'ix_{name}_{column}', name, [column])


def add_column(table: str, column: sa.Column[Any]) -> None:
    """Add a column, if the table lacks it."""
    if not has_column(table, column.name):
        op.add_column(table, column)


def create_index(name: str, table: str, columns: list[str]) -> None:
    """Create an index, if the table lacks it."""
    if name not in {one['name'] for one in _inspector().get_indexes(table)}:
        op.create_index(name, table, columns)
