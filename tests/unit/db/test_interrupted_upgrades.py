# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""An upgrade that was killed at any step is completed by the next."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from tricircle.db.migration import central as migration

BEFORE = '0004'
#: Changes of tables and rows, each of which MariaDB commits by itself.
CHANGES = ('CREATE', 'ALTER', 'DROP', 'INSERT', 'UPDATE', 'DELETE')


class Killed(BaseException):
    """The process is no more."""


def kill_at(number: int) -> Any:
    """Have an upgrade die at its nth change; return how to end that."""
    made = 0

    def before(
        connection: Any, cursor: Any, statement: str, *args: Any
    ) -> None:
        nonlocal made
        if statement.lstrip().startswith(CHANGES):
            made += 1
            if made == number:
                raise Killed

    def after(
        connection: Any, cursor: Any, statement: str, *args: Any
    ) -> None:
        connection.connection.commit()

    event.listen(sa.Engine, 'before_cursor_execute', before)
    event.listen(sa.Engine, 'after_cursor_execute', after)

    def end() -> None:
        event.remove(sa.Engine, 'before_cursor_execute', before)
        event.remove(sa.Engine, 'after_cursor_execute', after)

    return end


def contents(url: str) -> tuple[dict[str, Any], list[tuple[Any, ...]]]:
    """Return columns and indexes by table, and the bridge networks."""
    engine = sa.create_engine(url)
    inspector = sa.inspect(engine)
    tables = {
        name: (
            sorted(one['name'] for one in inspector.get_columns(name)),
            sorted(str(one['name']) for one in inspector.get_indexes(name)),
        )
        for name in inspector.get_table_names()
    }
    with engine.connect() as connection:
        rows = [
            tuple(one)
            for one in connection.execute(
                sa.text(
                    'SELECT network_id, project_id, router_id'
                    ' FROM bridge_networks'
                )
            )
        ]
    engine.dispose()
    return tables, rows


def before(path: Path) -> str:
    """Return a database of the version before, with a bridge network."""
    url = f'sqlite:///{path}'
    migration.sync(url, BEFORE)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                'INSERT INTO bridge_networks (project_id, network_id)'
                " VALUES ('p', 'net')"
            )
        )
    engine.dispose()
    return url


def test_each_step_can_be_the_last(tmp_path: Path) -> None:
    whole = before(tmp_path / 'whole.db')
    migration.sync(whole)
    wanted = contents(whole)
    number, killed = 0, True
    while killed:
        number += 1
        url = before(tmp_path / f'{number}.db')
        end = kill_at(number)
        try:
            migration.sync(url)
            killed = False
        except Killed:
            pass
        finally:
            end()

        migration.sync(url)

        assert contents(url) == wanted, number
    # Tables, columns, indexes, and the version after each.
    assert number > 20
