# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""A real Neutron API, as WSGI application in uWSGI."""

from collections.abc import Mapping
import re
import time

import requests

from tests.functional.cloud import client as clients
from tests.functional.cloud import configuration
from tests.functional.cloud import mariadb
from tests.functional.cloud import ports
from tests.functional.cloud import service
from tests.functional.cloud import workspace as workspaces

# What the libraries say would drown what the servers say.
_LOG_LEVELS = [
    *(
        f'{library}=WARN'
        for library in (
            'amqp',
            'neutron.api.rpc',
            'neutron.api.v2.resource_helper',
            'neutron.pecan_wsgi',
            'neutron.policy',
            'neutron_lib.callbacks',
            'neutron_lib.utils.runtime',
            'oslo.cache',
            'oslo.messaging',
            'oslo.service',
            'oslo_concurrency',
            'oslo_messaging',
            'oslo_policy',
            'oslo_service',
            'routes',
            'sqlalchemy',
            'urllib3',
        )
    ),
    # These warn at every start, of nothing.
    *(
        f'{library}=ERROR'
        for library in (
            'neutron.api.extensions',
            'neutron.quota',
            'neutron.scheduler',
            'oslo_config',
            'stevedore.named',
        )
    ),
    'neutron.api.rpc.agentnotifiers=ERROR',
    'neutron.common.config=INFO',
    'stevedore.extension=CRITICAL',
]

_ENDED = re.compile(r'worker \d+ \(pid: \d+\) died', re.IGNORECASE)


def base_options(
    workspace: workspaces.Workspace, name: str, database: mariadb.Database
) -> dict[str, dict[str, object]]:
    """Return what every Neutron of a test cloud has in its configuration."""
    return {
        'DEFAULT': {
            'debug': True,
            'host': name,
            'auth_strategy': 'keystone',
            'state_path': workspace.directory(f'{name}/state'),
            'transport_url': 'fake://',
            'rpc_workers': 1,
            'rpc_state_report_workers': 0,
            'notify_nova_on_port_status_changes': False,
            'notify_nova_on_port_data_changes': False,
            'default_log_levels': _LOG_LEVELS,
        },
        'database': {
            'connection': database.url,
            'max_pool_size': 10,
            'max_overflow': 20,
            # A pool that outlives a killed database must notice it.
            'connection_recycle_time': 600,
        },
        'oslo_concurrency': {'lock_path': workspace.directory(f'{name}/lock')},
        'oslo_messaging_notifications': {'driver': 'noop'},
    }


class NeutronProcess(service.Service):
    """One Neutron API with its own database and configuration.

    :param name: of the process and of its folder
    :param database: with its schema in it
    :param options: what :func:`base_options` lacks
    :param processes: uWSGI workers
    :param threads: request threads of each worker
    """

    warm = 'tests.functional.warm.neutron_api'

    def __init__(
        self,
        workspace: workspaces.Workspace,
        name: str,
        database: mariadb.Database,
        options: configuration.Options,
        processes: int = 1,
        threads: int = 8,
        environment: Mapping[str, str] | None = None,
        port: int | None = None,
    ) -> None:
        #: where instances go unless told otherwise
        self.default_host = ''
        self.port = port or workspace.ports.take()
        self.url = f'http://{ports.HOST}:{self.port}'
        self._processes = processes
        directory = workspace.directory(name)
        config_file = directory / 'neutron.conf'
        paste = directory / 'api-paste.ini'
        paste.write_text(configuration.API_PASTE)
        super().__init__(
            workspace,
            name,
            [
                str(workspaces.BIN / 'uwsgi'),
                '--module=neutron.wsgi.api:application',
                f'--http-socket={ports.HOST}:{self.port}',
                '--master',
                f'--processes={processes}',
                f'--threads={threads}',
                '--enable-threads',
                '--lazy-apps',
                '--need-app',
                '--die-on-term',
                '--no-orphans',
                '--thunder-lock',
                '--buffer-size=65535',
                '--listen=100',
                # Without it clients see resets of idle connections.
                '--add-header=Connection: close',
                '--worker-reload-mercy=1',
            ],
            database,
            config_file,
            configuration.merged(
                base_options(workspace, name, database),
                {'DEFAULT': {'api_paste_config': paste}},
                options,
            ),
            {
                'OS_NEUTRON_CONFIG_DIR': str(directory),
                'OS_NEUTRON_CONFIG_FILES': config_file.name,
                **(environment or {}),
            },
        )

    def _ready(self, seconds: float) -> bool:
        # uWSGI queues requests until a worker has loaded the application,
        # and loads it for ever again when that fails.
        started = self.log_of_this_run()
        if _ENDED.search(started):
            self.kill9()
            return False
        if started.count('WSGI app 0 (mountpoint=') < self._processes:
            return False
        try:
            self.admin.list('network', limit=1, fields='id')
        except requests.ConnectionError:
            return False
        except clients.ApiError as error:
            raise self._failure('answers: %s' % error) from error
        return True

    # -- callers ------------------------------------------------------------

    def client(
        self,
        project: str = 'p1',
        roles: tuple[str, ...] = clients.MEMBER,
        user: str | None = None,
        service: bool = False,
        url: str | None = None,
    ) -> clients.NeutronClient:
        """Return a client of this Neutron.

        :param user: of the project when not given
        :param service: the call comes through a service, which sends its
            own token beside the user's
        :param url: another way to this Neutron, such as a proxy's
        """
        return clients.NeutronClient(
            url or self.url,
            clients.Identity(
                project,
                user or f'user-of-{project}',
                roles,
                ('service',) if service else (),
            ),
        )

    @property
    def admin(self) -> clients.NeutronClient:
        """A client of the operator."""
        return self.client('admin-project', clients.ADMIN, 'admin-user')

    @property
    def service(self) -> clients.NeutronClient:
        """A client as Nova uses it for what its users may not do."""
        return self.client('service-project', clients.SERVICE, 'nova')

    # -- counting -----------------------------------------------------------

    def count_statements(self) -> 'StatementCount':
        """Return a context manager that counts statements of its body."""
        return StatementCount(self.database)


class StatementCount:
    """The statements that a process sent during a ``with`` block."""

    def __init__(self, database: mariadb.Database) -> None:
        self._database = database
        self._before = mariadb.Statements()
        self.count = mariadb.Statements()

    def __enter__(self) -> 'StatementCount':
        self._before = self._database.statements()
        return self

    def __exit__(self, *_failure: object) -> None:
        # A transaction's ROLLBACK, when its connection goes back to the
        # pool, comes a moment after the answer to the client.
        last = self._database.statements()
        for _attempt in range(20):
            time.sleep(0.01)
            now = self._database.statements()
            if now == last:
                break
            last = now
        self.count = last - self._before
