# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The message broker of the whole lab: a virtual host for each region."""

import base64
import hashlib
import json
from pathlib import Path
import secrets
import shutil
from typing import Any

from lab import addresses
from lab import cells
from lab import layout as layouts
from lab import links
from lab.rendering import Renderer
from lab.service import Service
from lab.service import TcpProbe

NAME = 'rabbitmq'
EPMD = 'epmd'
CENTRAL = 'central'
_EPMD_PORT = 24369
_LIBRARIES = Path('/usr/lib/rabbitmq/lib')


def _hash(password: str) -> str:
    """Return a password as RabbitMQ keeps it (SHA-256 with salt)."""
    salt = secrets.token_bytes(4)
    digest = hashlib.sha256(salt + password.encode()).digest()
    return base64.b64encode(salt + digest).decode()


def _definitions(vhosts: list[str], password: str) -> dict[str, Any]:
    return {
        'users': [
            {
                'name': 'lab',
                'password_hash': _hash(password),
                'hashing_algorithm': 'rabbit_password_hashing_sha256',
                'tags': '',
            }
        ],
        'vhosts': [{'name': name} for name in vhosts],
        'permissions': [
            {
                'user': 'lab',
                'vhost': name,
                'configure': '.*',
                'write': '.*',
                'read': '.*',
            }
            for name in vhosts
        ],
    }


def services(renderer: Renderer) -> list[Service]:
    """Return RabbitMQ, and the name server that it needs."""
    layout = renderer.layout
    etc = layout.etc(NAME)
    renderer.write(
        'rabbitmq.conf.j2',
        etc / 'rabbitmq.conf',
        port=addresses.broker_port(renderer.topology),
        etc=etc,
        certificate=layout.certificate(NAME),
        key=layout.key(NAME),
    )
    vhosts = [CENTRAL, *(one.name for one in renderer.topology.regions)]
    if renderer.topology.cells:
        vhosts.append(cells.CENTRAL.name)
    for name, text in (
        (
            'definitions.json',
            json.dumps(_definitions(vhosts, renderer.password)),
        ),
        ('enabled_plugins', '[].'),
        ('rabbitmq-env.conf', ''),
    ):
        renderer.put(etc / name, text)
    home = renderer.folder(layout.var(NAME))
    environment = {
        'HOME': str(home),
        'RABBITMQ_NODENAME': 'lab@localhost',
        'RABBITMQ_DIST_PORT': '25699',
        'RABBITMQ_MNESIA_BASE': str(home / 'mnesia'),
        'RABBITMQ_LOG_BASE': str(layout.log('x').parent),
        'RABBITMQ_PID_FILE': str(layout.run('rabbitmq.pid')),
        'RABBITMQ_CONF_ENV_FILE': str(etc / 'rabbitmq-env.conf'),
        'RABBITMQ_CONFIG_FILE': str(etc / 'rabbitmq'),
        'RABBITMQ_ENABLED_PLUGINS_FILE': str(etc / 'enabled_plugins'),
        'RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS': (
            '+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none '
            '-kernel inet_dist_use_interface {127,0,0,1}'
        ),
        'ERL_EPMD_PORT': str(_EPMD_PORT),
        'ERL_EPMD_ADDRESS': '127.0.0.1',
    }
    if not renderer.topology.tls:
        # Either makes a listener without TLS.
        environment['RABBITMQ_NODE_PORT'] = str(addresses.RABBITMQ)
        environment['RABBITMQ_NODE_IP_ADDRESS'] = addresses.CONTROL
    return [
        Service(
            EPMD,
            links.CONTROL,
            ('epmd', '-port', str(_EPMD_PORT), '-address', '127.0.0.1'),
            ends_last=True,
        ),
        Service(
            NAME,
            links.CONTROL,
            (program('rabbitmq-server'),),
            environment=environment,
            ready=TcpProbe(
                addresses.CONTROL, addresses.broker_port(renderer.topology)
            ),
            after=frozenset([EPMD]),
            ends_last=True,
            stop_seconds=20,
        ),
    ]


def program(name: str) -> str:
    """Return the path of a program of the broker's.

    In the folder of that name is the program itself; what is on the path is
    a script that changes the user first.
    """
    for path in sorted(_LIBRARIES.glob('rabbitmq_server-*/sbin')):
        return str(path / name)
    return name


def reset(layout: layouts.Layout) -> None:
    """Forget the broker's own database: queues are made again."""
    shutil.rmtree(layout.var(NAME) / 'mnesia', ignore_errors=True)
