# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Tricircle's own processes: journal daemons and the admin API."""

import os
import re
import tempfile

import requests

from tests.functional.cloud import client as clients
from tests.functional.cloud import configuration
from tests.functional.cloud import mariadb
from tests.functional.cloud import ports
from tests.functional.cloud import roles
from tests.functional.cloud import service
from tests.functional.cloud import workspace as workspaces

Json = dict[str, object]


def _base_options(
    workspace: workspaces.Workspace, name: str, database: mariadb.Database
) -> dict[str, dict[str, object]]:
    return {
        'DEFAULT': {
            'debug': True,
            'host': name,
            'tricircle_db_connection': database.url,
            'transport_url': 'fake://',
        },
        'database': {'connection': database.url},
        'client': roles.client_options(),
        'oslo_concurrency': {'lock_path': workspace.directory(f'{name}/lock')},
    }


class TricircleProcess(service.Service):
    """A program of Tricircle."""

    warm = 'tests.functional.warm.programs'

    def __init__(
        self,
        workspace: workspaces.Workspace,
        name: str,
        program: str,
        database: mariadb.Database,
        options: configuration.Options,
    ) -> None:
        config_file = workspace.directory(name) / f'{name}.conf'
        super().__init__(
            workspace,
            name,
            [
                str(workspaces.BIN / program),
                '--config-file',
                str(config_file),
            ],
            database,
            config_file,
            configuration.merged(
                _base_options(workspace, name, database), options
            ),
        )


class XJob(TricircleProcess):
    """A journal daemon."""

    #: what it logs when it has begun to look for jobs
    READY = re.compile(r'XJob \S+ works')

    def __init__(
        self,
        workspace: workspaces.Workspace,
        name: str,
        database: mariadb.Database,
        options: configuration.Options,
    ) -> None:
        super().__init__(
            workspace,
            name,
            'tricircle-xjob',
            database,
            configuration.merged(roles.xjob_options(), options),
        )

    def _ready(self, seconds: float) -> bool:
        return bool(self.READY.search(self.log_of_this_run()))

    def run_once(self, *arguments: str) -> tuple[int, str]:
        """Run the program beside the daemon, with its configuration.

        :returns: exit code, and what it wrote
        """
        with tempfile.TemporaryFile() as output, open(os.devnull) as nothing:
            done = self.workspace.warm_parent(self.warm).start(
                [*self._arguments, *arguments],
                self.workspace.environment(),
                workspaces.ROOT,
                (nothing.fileno(), output.fileno(), output.fileno()),
            )
            code = done.wait(60)
            output.seek(0)
            return code, output.read().decode()


class AdminApi(TricircleProcess):
    """The admin API, which believes the headers of its callers."""

    def __init__(
        self,
        workspace: workspaces.Workspace,
        name: str,
        database: mariadb.Database,
        options: configuration.Options,
    ) -> None:
        self.port = workspace.ports.take()
        self.url = f'http://{ports.HOST}:{self.port}'
        super().__init__(
            workspace,
            name,
            'tricircle-api',
            database,
            configuration.merged(
                {
                    'DEFAULT': {
                        'bind_host': ports.HOST,
                        'bind_port': self.port,
                        'auth_strategy': 'noauth',
                    }
                },
                options,
            ),
        )

    def _ready(self, seconds: float) -> bool:
        try:
            answer = self.request('GET', '/pods', timeout=2)
        except requests.RequestException:
            return False
        if answer.status_code >= 500:
            raise self._failure('answers %s' % answer.text)
        return True

    def request(
        self,
        method: str,
        path: str,
        json: object = None,
        roles: tuple[str, ...] = clients.ADMIN,
        timeout: float = 30.0,
        identity: clients.Identity | None = None,
    ) -> requests.Response:
        """Send a request to a path below /v1.0 and return the answer.

        :param identity: of the caller, who is of another project or none
        """
        identity = identity or clients.Identity(
            'admin-project', 'admin-user', roles
        )
        with requests.Session() as session:
            session.trust_env = False
            return session.request(
                method,
                f'{self.url}/v1.0{path}',
                json=json,
                headers=identity.headers(),
                timeout=timeout,
            )

    def create_pod(self, **attributes: str) -> Json:
        """Register a region."""
        answer = self.request('POST', '/pods', {'pod': attributes})
        if answer.status_code >= 400:
            raise clients.ApiError(answer)
        return dict(answer.json()['pod'])
