# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""A RabbitMQ server for one test session, beside whatever else runs."""

import base64
import contextlib
import hashlib
import json
from pathlib import Path
import secrets
import socket
from typing import Any
import uuid

from tests.functional.cloud import ports
from tests.functional.cloud import process
from tests.functional.cloud import workspace as workspaces

_LIBRARIES = Path('/usr/lib/rabbitmq/lib')
_USER = 'tricircle'
VIRTUAL_HOST = 'central'


def _program() -> Path:
    """Return the server itself, not the script that changes user first."""
    for path in sorted(_LIBRARIES.glob('rabbitmq_server-*/sbin')):
        return path / 'rabbitmq-server'
    raise process.ProcessFailedError('RabbitMQ is not installed')


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError):
        socket.create_connection((ports.HOST, port), 2).close()
        return True
    return False


class NameServer(process.Process):
    """Erlang's epmd, without which a RabbitMQ node does not start."""

    def __init__(self, workspace: workspaces.Workspace) -> None:
        self.port = workspace.ports.take()
        super().__init__(
            workspace,
            'epmd',
            ['epmd', '-port', str(self.port), '-address', ports.HOST],
        )

    def _ready(self, seconds: float) -> bool:
        return _listens(self.port)


class PrivateRabbitMQ(process.Process):
    """A RabbitMQ server with its own data, node name, ports and epmd.

    After :meth:`kill9` it comes back with :meth:`start` on the same data.
    :meth:`close` ends it and its epmd, as does the end of the workspace.
    """

    def __init__(self, workspace: workspaces.Workspace) -> None:
        self.port = workspace.ports.take()
        self.epmd = NameServer(workspace)
        self._password = secrets.token_hex(16)
        home = workspace.directory('rabbitmq')
        super().__init__(
            workspace,
            'rabbitmq',
            [str(_program())],
            {
                'HOME': str(home),
                'RABBITMQ_NODENAME': f'test{uuid.uuid4().hex[:8]}@localhost',
                'RABBITMQ_NODE_PORT': str(self.port),
                'RABBITMQ_NODE_IP_ADDRESS': ports.HOST,
                'RABBITMQ_DIST_PORT': str(workspace.ports.take()),
                'RABBITMQ_MNESIA_BASE': str(home / 'mnesia'),
                'RABBITMQ_LOG_BASE': str(workspace.logs),
                'RABBITMQ_PID_FILE': str(home / 'rabbitmq.pid'),
                'RABBITMQ_CONF_ENV_FILE': str(home / 'rabbitmq-env.conf'),
                'RABBITMQ_CONFIG_FILE': str(home / 'rabbitmq'),
                'RABBITMQ_ENABLED_PLUGINS_FILE': str(home / 'enabled_plugins'),
                'RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS': (
                    '+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none '
                    '-kernel inet_dist_use_interface {127,0,0,1}'
                ),
                'ERL_EPMD_PORT': str(self.epmd.port),
                'ERL_EPMD_ADDRESS': ports.HOST,
            },
        )
        self._write(home)

    @property
    def url(self) -> str:
        """What a program has as ``transport_url``."""
        return (
            f'rabbit://{_USER}:{self._password}@{ports.HOST}:{self.port}'
            f'/{VIRTUAL_HOST}'
        )

    def start(self, *arguments: Any, **options: Any) -> None:
        if not self.epmd.alive:
            self.epmd.start()
        super().start(*arguments, **options)

    def close(self) -> None:
        """End the server and its epmd."""
        self.kill9()
        self.epmd.kill9()

    def _ready(self, seconds: float) -> bool:
        # It listens when the users of the definitions are there.
        return _listens(self.port)

    def _write(self, home: Path) -> None:
        # Erlang asks who could read its cookie; so might others.
        home.chmod(0o700)
        definitions = home / 'definitions.json'
        for path, text in (
            (definitions, json.dumps(_definitions(self._password))),
            (home / 'enabled_plugins', '[].'),
            (home / 'rabbitmq-env.conf', ''),
            (
                home / 'rabbitmq.conf',
                f'listeners.tcp.1 = {ports.HOST}:{self.port}\n'
                'loopback_users = none\n'
                'vm_memory_high_watermark.absolute = 512MB\n'
                'disk_free_limit.absolute = 50MB\n'
                'log.console = true\n'
                'log.console.level = warning\n'
                'log.file = false\n'
                f'load_definitions = {definitions}\n',
            ),
        ):
            path.write_text(text)


def _definitions(password: str) -> dict[str, Any]:
    salt = secrets.token_bytes(4)
    digest = hashlib.sha256(salt + password.encode()).digest()
    return {
        'users': [
            {
                'name': _USER,
                'password_hash': base64.b64encode(salt + digest).decode(),
                'hashing_algorithm': 'rabbit_password_hashing_sha256',
                'tags': '',
            }
        ],
        'vhosts': [{'name': VIRTUAL_HOST}],
        'permissions': [
            {
                'user': _USER,
                'vhost': VIRTUAL_HOST,
                'configure': '.*',
                'write': '.*',
                'read': '.*',
            }
        ],
    }
