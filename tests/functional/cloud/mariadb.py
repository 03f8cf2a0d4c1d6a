# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""A MariaDB server of our own, with nothing of the machine's in it."""

from collections.abc import Iterable, Mapping, Sequence
import dataclasses
import os
import pwd
import subprocess
from typing import Any

import pymysql
from pymysql.constants import CLIENT
from pymysql.cursors import DictCursor

from tests.functional.cloud import ports
from tests.functional.cloud import process
from tests.functional.cloud import workspace as workspaces

Row = Mapping[str, Any]

# A server that root starts insists on being told whose account to use.
_ACCOUNT = pwd.getpwuid(os.getuid()).pw_name


@dataclasses.dataclass(frozen=True)
class Statements:
    """What a database user's connections executed, counted by the server.

    ``other`` is BEGIN, COMMIT, ROLLBACK, SAVEPOINT, SET and the like.
    """

    selects: int = 0
    updates: int = 0
    other: int = 0
    rows_read: int = 0
    transactions: int = 0

    @property
    def total(self) -> int:
        """All statements."""
        return self.selects + self.updates + self.other

    def __sub__(self, earlier: 'Statements') -> 'Statements':
        return Statements(
            **{
                field.name: getattr(self, field.name)
                - getattr(earlier, field.name)
                for field in dataclasses.fields(self)
            }
        )


@dataclasses.dataclass(frozen=True)
class Database:
    """A database and the only user who has it."""

    server: 'PrivateMariaDB'
    name: str
    user: str

    @property
    def url(self) -> str:
        """The SQLAlchemy URL for configuration files."""
        return 'mysql+pymysql://%s@%s:%d/%s?charset=utf8mb4' % (
            self.user,
            ports.HOST,
            self.server.port,
            self.name,
        )

    def for_user(self, user: str) -> 'Database':
        """Return the same database under a user of its own, made if new.

        Statements are counted by user: a process that shares a database
        with another one gets its own.
        """
        self.server.grant(self.name, user)
        return dataclasses.replace(self, user=user)

    def query(self, sql: str, *values: object) -> list[Row]:
        """Return the rows of a statement, as root: it is not counted."""
        return self.server.query(sql, *values, database=self.name)

    def execute(self, sql: str, *values: object) -> int:
        """Execute a statement, commit, and return the affected rows."""
        return self.server.execute(sql, *values, database=self.name)

    def statements(self) -> Statements:
        """Return what the user executed since the server started."""
        return self.server.statements(self.user)


class PrivateMariaDB(process.Process):
    """A MariaDB server with its own data, port and socket.

    After :meth:`kill9` it comes back with :meth:`start` on the same data.
    """

    def __init__(
        self, workspace: workspaces.Workspace, name: str = 'mariadb'
    ) -> None:
        self.port = workspace.ports.take()
        self._data = workspace.path / name
        # Under 108 characters, unlike some temporary folders of pytest's.
        self._socket = workspace.path / f'{name}.sock'
        super().__init__(
            workspace,
            name,
            [
                'mariadbd',
                '--no-defaults',
                f'--user={_ACCOUNT}',
                f'--datadir={self._data}',
                # Each server removes what it takes for leftovers in there.
                f'--tmpdir={self._data.parent}',
                f'--socket={self._socket}',
                f'--bind-address={ports.HOST}',
                f'--port={self.port}',
                f'--pid-file={workspace.path}/{name}.pid',
                f'--tmpdir={workspace.path}',
                '--max-connections=1000',
                '--innodb-buffer-pool-size=192M',
                '--innodb-log-file-size=48M',
                # A killed server may lose the last second with the machine,
                # but not with the process: the log is written at commit.
                '--innodb-flush-log-at-trx-commit=2',
                '--innodb-flush-method=nosync',
                # One file for all tables halves the time to make them.
                '--skip-innodb-file-per-table',
                '--skip-log-bin',
                '--skip-name-resolve',
                '--performance-schema=OFF',
                '--userstat=1',
                '--character-set-server=utf8mb4',
                '--collation-server=utf8mb4_general_ci',
            ],
        )

    def initialise(self) -> None:
        """Make the data folder of a new server."""
        done = subprocess.run(
            [
                'mariadb-install-db',
                '--no-defaults',
                f'--user={_ACCOUNT}',
                f'--datadir={self._data}',
                # Each server removes what it takes for leftovers in there.
                f'--tmpdir={self._data.parent}',
                '--auth-root-authentication-method=normal',
                '--skip-test-db',
                '--skip-name-resolve',
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=self.workspace.environment(),
            check=False,
        )
        if done.returncode:
            raise process.ProcessFailedError(
                'mariadb-install-db: %s%s' % (done.stdout, done.stderr)
            )

    def _ready(self, seconds: float) -> bool:
        try:
            self.query('SELECT 1')
        except pymysql.err.OperationalError:
            return False
        return True

    # -- statements ---------------------------------------------------------

    def connect(
        self, database: str | None = None, user: str = 'root'
    ) -> 'pymysql.Connection[DictCursor]':
        """Return a connection in autocommit mode, through the socket."""
        return pymysql.connect(
            unix_socket=os.fspath(self._socket),
            user=user,
            database=database,
            charset='utf8mb4',
            autocommit=True,
            cursorclass=DictCursor,
            client_flag=CLIENT.MULTI_STATEMENTS,
        )

    def query(
        self, sql: str, *values: object, database: str | None = None
    ) -> list[Row]:
        """Return the rows of one statement."""
        with self.connect(database) as connection:
            with connection.cursor() as cursor:
                cursor.execute(sql, values or None)
                return list(cursor.fetchall())

    def execute(
        self, sql: str, *values: object, database: str | None = None
    ) -> int:
        """Execute one statement and return the number of affected rows."""
        with self.connect(database) as connection:
            with connection.cursor() as cursor:
                return cursor.execute(sql, values or None)

    def script(self, statements: Sequence[str], database: str) -> None:
        """Execute many statements in one round trip."""
        with self.connect(database) as connection:
            with connection.cursor() as cursor:
                cursor.execute(';\n'.join(statements))
                while cursor.nextset():
                    pass

    # -- databases ----------------------------------------------------------

    def create_database(
        self, name: str, statements: Iterable[str] = ()
    ) -> Database:
        """Make a database with a user of the same name, and fill it.

        :param statements: a dump, from :meth:`dump`
        """
        self.execute(f'CREATE DATABASE `{name}`')
        self.grant(name, name)
        dump = list(statements)
        if dump:
            self.script(dump, name)
        return Database(self, name, name)

    def grant(self, name: str, user: str) -> None:
        """Give a user all of a database; the user is made if need be."""
        self.execute(
            f"GRANT ALL ON `{name}`.* TO '{user}'@'{ports.HOST}'"
            " IDENTIFIED BY ''"
        )

    def drop_database(self, name: str) -> None:
        """Drop a database and its user, if they are there."""
        self.execute(f'DROP DATABASE IF EXISTS `{name}`')
        self.execute(f"DROP USER IF EXISTS '{name}'@'{ports.HOST}'")

    def dump(self, name: str) -> list[str]:
        """Return statements that make the same tables and rows."""
        # Debian's package with the server has no dump program, and a
        # schema with a handful of rows needs none.
        statements = ['SET SESSION foreign_key_checks=0']
        with self.connect(name) as connection, connection.cursor() as cursor:
            cursor.execute("SHOW FULL TABLES WHERE Table_type='BASE TABLE'")
            tables = [str(next(iter(r.values()))) for r in cursor.fetchall()]
            for table in tables:
                cursor.execute(f'SHOW CREATE TABLE `{table}`')
                created = cursor.fetchone()
                assert created is not None
                statements.append(str(created['Create Table']))
                cursor.execute(f'SELECT * FROM `{table}`')  # noqa: S608
                for row in cursor.fetchall():
                    marks = ','.join(['%s'] * len(row))
                    statements.append(
                        cursor.mogrify(
                            f'INSERT INTO `{table}` VALUES ({marks})',  # noqa: S608
                            tuple(row.values()),
                        )
                    )
        return statements

    def restore(self, name: str, statements: Sequence[str]) -> None:
        """Replace everything in a database by a dump; grants stay."""
        self.execute(f'DROP DATABASE IF EXISTS `{name}`')
        self.execute(f'CREATE DATABASE `{name}`')
        self.script(statements, name)

    # -- counting -----------------------------------------------------------

    def statements(self, user: str) -> Statements:
        """Return what a user's connections executed so far."""
        rows = self.query(
            'SELECT * FROM information_schema.USER_STATISTICS WHERE USER=%s',
            user,
        )
        if not rows:
            return Statements()
        row = rows[0]
        return Statements(
            selects=int(row['SELECT_COMMANDS']),
            updates=int(row['UPDATE_COMMANDS']),
            other=int(row['OTHER_COMMANDS']),
            rows_read=int(row['ROWS_READ']),
            transactions=int(row['COMMIT_TRANSACTIONS']),
        )

    def trace(self, user: str) -> 'StatementTrace':
        """Return a context manager that collects a user's statements."""
        return StatementTrace(self, user)


class StatementTrace:
    """The text of the statements of one user, from the general log."""

    def __init__(self, server: PrivateMariaDB, user: str) -> None:
        self._server = server
        self._user = user
        self.statements: list[str] = []

    def __enter__(self) -> 'StatementTrace':
        self._server.execute("SET GLOBAL log_output='TABLE'")
        self._server.execute('TRUNCATE TABLE mysql.general_log')
        self._server.execute('SET GLOBAL general_log=1')
        return self

    def __exit__(self, *_failure: object) -> None:
        self._server.execute('SET GLOBAL general_log=0')
        self.statements = [
            _text(row['argument'])
            for row in self._server.query(
                'SELECT argument FROM mysql.general_log'
                " WHERE command_type='Query' AND user_host LIKE %s"
                ' ORDER BY event_time',
                f'{self._user}[%',
            )
        ]


def _text(value: bytes | str) -> str:
    return value if isinstance(value, str) else value.decode()
