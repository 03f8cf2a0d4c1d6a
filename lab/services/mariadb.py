# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The database server of the whole lab."""

import subprocess

from lab import addresses
from lab import layout as layouts
from lab import links
from lab import machines
from lab import topology as topologies
from lab.rendering import Renderer
from lab.service import Service
from lab.service import TcpProbe

NAME = 'mariadb'


def of_cell(region: topologies.Region) -> str:
    """Return the name of what leads to the database of a cell.

    All databases are in one server. A cell's is reached by a port of its own,
    so that it can be away alone.
    """
    return f'cell-database-{region.name}'


def services(renderer: Renderer) -> list[Service]:
    """Return MariaDB, and the way to each cell's database."""
    layout = renderer.layout
    regions = renderer.topology.regions
    return [
        *(
            _of_cell(renderer, one)
            for one in (regions if renderer.topology.cells else ())
        ),
        Service(
            NAME,
            links.CONTROL,
            (
                'mariadbd',
                '--no-defaults',
                '--user=root',
                f'--datadir={layout.var("mariadb")}',
                _own_folder(layout),
                f'--socket={socket(layout)}',
                f'--port={addresses.MARIADB}',
                f'--bind-address={addresses.CONTROL}',
                f'--pid-file={layout.run("mariadb.pid")}',
                '--max-connections=1000',
                '--innodb-buffer-pool-size=192M',
                # Written at each commit, if not synchronised: what was
                # committed survives kill -9 of the server.
                '--innodb-flush-log-at-trx-commit=2',
                '--skip-log-bin',
                '--skip-name-resolve',
                '--performance-schema=OFF',
                '--character-set-server=utf8mb4',
                *(_encrypted(layout) if renderer.topology.tls else ()),
            ),
            ready=TcpProbe(addresses.CONTROL, addresses.MARIADB),
            ends_last=True,
            stop_seconds=30,
        ),
    ]


def _of_cell(renderer: Renderer, region: topologies.Region) -> Service:
    name = of_cell(region)
    port = addresses.port(region, 'cell-database')
    path = renderer.write(
        'cell-database.cfg.j2',
        renderer.layout.etc(name) / 'haproxy.cfg',
        port=port,
        mariadb=addresses.MARIADB,
    )
    return Service(
        name,
        links.CONTROL,
        ('haproxy', '-db', '-f', str(path)),
        ready=TcpProbe(addresses.CONTROL, port),
        after=frozenset([NAME]),
        ends_last=True,
    )


def _encrypted(layout: layouts.Layout) -> tuple[str, ...]:
    """Return the options for TLS; the socket for root goes without."""
    return (
        f'--ssl-cert={layout.certificate(NAME)}',
        f'--ssl-key={layout.key(NAME)}',
        '--require-secure-transport=ON',
    )


def _own_folder(layout: layouts.Layout) -> str:
    """Return the option for temporary files.

    Each server removes what it takes for leftovers in there, also those of
    another one.
    """
    return f'--tmpdir={layout.home / "run"}'


def socket(layout: layouts.Layout) -> str:
    """Return the path of the socket for root."""
    return str(layout.run('mariadb.sock'))


def install(layout: layouts.Layout) -> None:
    """Make an empty data directory, if there is none.

    :raises machines.MachineError: when that fails
    """
    folder = layout.var('mariadb')
    if (folder / 'mysql').exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [
            'mariadb-install-db',
            '--no-defaults',
            '--user=root',
            f'--datadir={folder}',
            _own_folder(layout),
            '--auth-root-authentication-method=normal',
            '--skip-test-db',
        ],
        capture_output=True,
        text=True,
        env=layouts.environment(),
        check=False,
    )
    if done.returncode:
        raise machines.MachineError(
            f'mariadb-install-db: {(done.stderr or done.stdout).strip()}'
        )


def execute(layout: layouts.Layout, sql: str) -> str:
    """Run SQL as root; return what it prints.

    :raises machines.MachineError: when it fails
    """
    done = subprocess.run(
        ['mariadb', '--no-defaults', '-N', '-S', socket(layout)],
        input=sql,
        capture_output=True,
        text=True,
        env=layouts.environment(),
        check=False,
    )
    if done.returncode:
        raise machines.MachineError(f'mariadb: {done.stderr.strip()}')
    return done.stdout
