# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Databases of Neutron and Tricircle, made once and then copied.

The migrations of a Neutron take many seconds, a copy of their result less
than one. The copies are kept in a cache folder from one session to the next.
"""

import enum
import fcntl
import hashlib
import importlib.metadata
import json
import os
from pathlib import Path
import subprocess

from tests.functional.cloud import mariadb
from tests.functional.cloud import process
from tests.functional.cloud import workspace as workspaces

_KEPT = 12


class Schema(enum.Enum):
    """What is in a database.

    Each value builds upon the one before.
    """

    #: a stock Neutron's tables
    VANILLA = 'vanilla'
    #: with the tables that ``neutron-db-manage upgrade heads`` adds for us
    REGION = 'region'
    #: with the tables of ``tricircle-db-manage db_sync``
    CENTRAL = 'central'


def cache_directory() -> Path:
    """Return the folder for dumps, which git does not see."""
    base = os.environ.get('XDG_CACHE_HOME')
    path = Path(base, 'tricircle') if base else workspaces.ROOT / '.cache'
    path.mkdir(parents=True, exist_ok=True)
    (path / '.gitignore').write_text('*\n')
    return path


def _fingerprint(schema: Schema) -> str:
    digest = hashlib.sha256()
    sources = [Path(__file__), Path(mariadb.__file__)]
    for package in ('neutron', 'neutron-lib', 'alembic', 'SQLAlchemy'):
        digest.update(importlib.metadata.version(package).encode())
    if schema is not Schema.VANILLA:
        tables = workspaces.ROOT / 'tricircle' / 'db'
        sources += sorted((tables / 'migration').rglob('*'))
        sources += sorted(tables.glob('*_models.py'))
        sources += [workspaces.ROOT / 'pyproject.toml']
    for source in sources:
        if source.is_file() and '__pycache__' not in source.parts:
            digest.update(source.name.encode())
            digest.update(source.read_bytes())
    return digest.hexdigest()[:20]


class SchemaCache:
    """Gives databases with a schema, migrated at most once a machine."""

    def __init__(self, server: mariadb.PrivateMariaDB) -> None:
        self._server = server
        self._dumps: dict[Schema, list[str]] = {}

    def create_database(self, name: str, schema: Schema) -> mariadb.Database:
        """Return a new database with the schema in it."""
        return self._server.create_database(name, self.dump(schema))

    def dump(self, schema: Schema) -> list[str]:
        """Return the statements that make the schema."""
        if schema not in self._dumps:
            self._dumps[schema] = self._cached(schema)
        return self._dumps[schema]

    def _cached(self, schema: Schema) -> list[str]:
        path = cache_directory() / (
            f'schema-{schema.value}-{_fingerprint(schema)}.json'
        )
        # Sessions started together wait for the first one's migration.
        with path.with_suffix('.lock').open('w') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if path.exists():
                path.touch()
                return [str(line) for line in json.loads(path.read_text())]
            statements = self._migrate(schema)
            fresh = path.with_suffix('.tmp')
            fresh.write_text(json.dumps(statements))
            fresh.rename(path)
            _forget_old(path.parent)
            return statements

    def _migrate(self, schema: Schema) -> list[str]:
        name = f'migrate_{schema.value}'
        self._server.drop_database(name)
        if schema is Schema.VANILLA:
            database = self._server.create_database(name)
            self._neutron_db_manage(database, 'neutron')
        elif schema is Schema.REGION:
            database = self.create_database(name, Schema.VANILLA)
            self._neutron_db_manage(database, 'tricircle')
        else:
            database = self.create_database(name, Schema.REGION)
            self._run(
                database,
                '[DEFAULT]\ntricircle_db_connection = %s\n'
                '[database]\nconnection = %s\n',
                'tricircle-db-manage',
                'db_sync',
            )
        statements = self._server.dump(name)
        self._server.drop_database(name)
        return statements

    def _neutron_db_manage(
        self, database: mariadb.Database, subproject: str
    ) -> None:
        self._run(
            database,
            '[database]\nconnection = %s\n',
            'neutron-db-manage',
            '--subproject',
            subproject,
            'upgrade',
            'heads',
        )

    def _run(
        self,
        database: mariadb.Database,
        configuration: str,
        program: str,
        *arguments: str,
    ) -> None:
        workspace = self._server.workspace
        file = workspace.directory('migrations') / f'{database.name}.conf'
        file.write_text(configuration.replace('%s', database.url))
        log = workspace.logs / f'{database.name}.log'
        with log.open('ab') as output:
            done = subprocess.run(
                [
                    str(workspaces.BIN / program),
                    '--config-file',
                    str(file),
                    *arguments,
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=workspace.environment(),
                cwd=workspaces.ROOT,
                check=False,
            )
        if done.returncode:
            raise process.ProcessFailedError(
                '%s %s: %s'
                % (program, ' '.join(arguments), log.read_text()[-4000:])
            )


def _forget_old(directory: Path) -> None:
    dumps = sorted(
        directory.glob('schema-*.json'),
        key=lambda path: path.stat().st_mtime,
        reverse=True,
    )
    for old in dumps[_KEPT:]:
        old.unlink()
        old.with_suffix('.lock').unlink(missing_ok=True)
