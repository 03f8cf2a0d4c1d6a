# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A database server, and programs that are started by hand."""

import os
import signal
import subprocess
import tempfile
import uuid

from tests.functional.cloud import configuration
from tests.functional.cloud import mariadb
from tests.functional.cloud import ports
from tests.functional.cloud import roles
from tests.functional.cloud import schema
from tests.functional.cloud import workspace as workspaces

Values = dict[str, object]

STATUS = 'tricircle-status'
_ARGUMENTS = {'tricircle-db-manage': ['db_sync'], STATUS: ['upgrade', 'check']}


class Bed:
    """A database server, and programs that are started by hand."""

    def __init__(self, workspace: workspaces.Workspace) -> None:
        self.workspace = workspace
        self.mariadb = mariadb.PrivateMariaDB(workspace)
        self.mariadb.initialise()
        self.mariadb.start()
        self.schemas = schema.SchemaCache(self.mariadb)
        self._databases = 0

    def database(
        self, what: schema.Schema | None = schema.Schema.CENTRAL
    ) -> mariadb.Database:
        self._databases += 1
        name = f'programs{self._databases}'
        if what is None:
            return self.mariadb.create_database(name)
        return self.schemas.create_database(name, what)

    def run(
        self, program: str, default: Values, **sections: Values
    ) -> tuple[int, str, str]:
        """Run a program to its end.

        :param default: options of ``[DEFAULT]``
        :returns: exit code, and what it wrote to stdout and to stderr
        """
        file = self.workspace.path / 'by-hand.conf'
        configuration.write(
            file,
            configuration.merged(
                {
                    'DEFAULT': {'transport_url': 'fake://', **default},
                    'database': {'max_retries': 0},
                    'client': roles.client_options(),
                },
                sections,
            ),
        )
        return self.run_with(program, str(file))

    def run_with(self, program: str, file: str) -> tuple[int, str, str]:
        """Run a program with a configuration file, to its end."""
        with (
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
            open(os.devnull) as nothing,
        ):
            done = self.workspace.warm_parent('tests.functional.warm.programs')
            child = done.start(
                [
                    str(workspaces.BIN / program),
                    '--config-file',
                    file,
                    *_ARGUMENTS.get(program, []),
                ],
                self.workspace.environment(),
                workspaces.ROOT,
                (nothing.fileno(), out.fileno(), err.fileno()),
            )
            try:
                code = child.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                raise
            texts = []
            for one in (out, err):
                one.seek(0)
                texts.append(one.read().decode())
            return code, texts[0], texts[1]


def away(bed: Bed) -> str:
    """Return the URL of a database whose server does not answer."""
    port = bed.workspace.ports.take()
    return f'mysql+pymysql://u:secret@{ports.HOST}:{port}/neutron'


def add_pod(database: mariadb.Database, region_name: str) -> None:
    """Put the pod of a region into central's tables."""
    database.execute(
        'INSERT INTO pods (pod_id, region_name, az_name, pod_az_name,'
        " dc_name) VALUES (%s, %s, 'az', '', '')",
        str(uuid.uuid4()),
        region_name,
    )


def keystone_at(port: int) -> Values:
    """Return the options of a caller of a Keystone."""
    return {
        'auth_strategy': 'keystone',
        'auth_url': f'http://{ports.HOST}:{port}/v3',
        'admin_password': 'secret',
    }
