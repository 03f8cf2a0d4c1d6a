# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The databases of the lab: made once, kept for the next time."""

from collections.abc import Sequence
from concurrent import futures
import enum
import hashlib
import os
from pathlib import Path
import shutil
import subprocess

from lab import cells
from lab import layout as layouts
from lab import machines
from lab import topology as topologies
from lab.rendering import Renderer
from lab.services import mariadb
from lab.supervision import Progress

#: Databases of what has an API of Nova, to each of which its name is added.
_COMPUTING = ('nova_api', 'placement', 'glance')

#: What has its tables in central Neutron's database.
TRICIRCLE = 'tricircle'
#: Modules that say what is in the databases.
_MADE_BY = ('addresses', 'bootstrap', 'cells', 'databases', 'rendering')


def regional(topology: topologies.Topology) -> tuple[str, ...]:
    """Return the databases of each region, without its name.

    The last is of Nova, which itself adds ``_cell0`` to the name of another.
    """
    found = ['neutron', 'nova']
    if not topology.cells:
        found += [*_COMPUTING, 'cell0']
    if topology.volumes:
        found.append('cinder')
    return tuple(found)


def _database(kind: str, region: topologies.Region) -> str:
    """Return the name of a database; Nova itself names that of cell0."""
    found = f'{kind}_{region.name}' if kind != 'cell0' else ''
    return (found or f'nova_{region.name}_cell0').lower()


def names(topology: topologies.Topology) -> list[str]:
    """Return all databases."""
    found = ['keystone', 'neutron_central']
    for region in topology.regions:
        found += [_database(one, region) for one in regional(topology)]
    if topology.cells:
        found += [
            _database(one, cells.CENTRAL) for one in (*_COMPUTING, 'cell0')
        ]
    return found


def key(topology: topologies.Topology) -> str:
    """Return what prepared databases are kept under.

    Other versions, other migrations of ours, other regions, or other
    addresses and configuration are other databases.
    """
    digest = hashlib.sha256(
        repr(
            (
                topology.regions,
                topology.tls,
                topology.gateway,
                topology.volumes,
                topology.cells,
            )
        ).encode()
    )
    for name in ('constraints.txt', 'constraints-volumes.txt'):
        digest.update((layouts.ROOT / name).read_bytes())
    migrations = layouts.ROOT / 'tricircle' / 'db' / 'migration'
    for path in sorted(migrations.rglob('*.py')):
        digest.update(path.read_bytes())
    here = Path(__file__).parent
    for path in (
        *(here / f'{name}.py' for name in _MADE_BY),
        *sorted((here / 'templates').glob('*.j2')),
    ):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


class State(enum.Enum):
    """What there is of databases in the folder where they run."""

    ABSENT = 'none, or only half of them'
    OUTDATED = 'made of something else than what is here now'
    CURRENT = 'complete'


def state(layout: layouts.Layout, topology: topologies.Topology) -> State:
    """Tell what there is of the databases of the last time."""
    try:
        made_of = _mark(layout).read_text()
    except FileNotFoundError:
        return State.ABSENT
    return State.CURRENT if made_of == key(topology) else State.OUTDATED


def mark(layout: layouts.Layout, topology: topologies.Topology) -> None:
    """Note that the databases are complete, and what they are made of."""
    _mark(layout).write_text(key(topology))


def _mark(layout: layouts.Layout) -> Path:
    return layout.var('prepared')


def restore(layout: layouts.Layout, topology: topologies.Topology) -> bool:
    """Put prepared databases in place; tell whether there were any.

    To be called while MariaDB is down.
    """
    kept = layout.cache / key(topology)
    if not kept.exists():
        return False
    for name, target in _places(layout).items():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(kept / name, target)
    return True


def _places(layout: layouts.Layout) -> dict[str, Path]:
    """Return what is kept: Keystone's keys belong to its database."""
    return {
        'mariadb': layout.var('mariadb'),
        'keystone': layout.etc('keystone'),
    }


def keep(layout: layouts.Layout, topology: topologies.Topology) -> None:
    """Keep the databases as they are now; MariaDB must be down."""
    shutil.rmtree(layout.cache, ignore_errors=True)
    new = layout.cache / 'new'
    for name, source in _places(layout).items():
        shutil.copytree(source, new / name)
    new.rename(layout.cache / key(topology))


def create(renderer: Renderer) -> None:
    """Make the databases, all empty."""
    statements = [
        f'CREATE DATABASE IF NOT EXISTS {name} CHARACTER SET utf8mb4;'
        for name in names(renderer.topology)
    ]
    statements += [
        f"CREATE OR REPLACE USER 'lab'@'%' IDENTIFIED BY "
        f"'{renderer.password}';",
        "GRANT ALL ON *.* TO 'lab'@'%';",
    ]
    if renderer.topology.cells:
        statements += _users_of_cells(renderer)
    _execute(renderer, '\n'.join(statements))


def _users_of_cells(renderer: Renderer) -> list[str]:
    """Return what makes users who have the database of one cell each."""
    return [
        statement
        for region in renderer.topology.regions
        for statement in (
            f"CREATE OR REPLACE USER '{cells.database_user(region)}'@'%' "
            f"IDENTIFIED BY '{renderer.password}';",
            f'GRANT ALL ON {_database("nova", region)}.* '
            f"TO '{cells.database_user(region)}'@'%';",
        )
    ]


def migrate(
    renderer: Renderer,
    control: machines.Machine,
    progress: Progress,
) -> None:
    """Bring all databases up to date, as the installation guide does.

    What is the same in several regions is made once and copied.
    """
    layout, topology = renderer.layout, renderer.topology
    first = topology.regions[0]

    def run(name: str, commands: Sequence[str]) -> None:
        with layout.log(f'migrate-{name}').open('wb') as log:
            for command in commands:
                done = subprocess.run(
                    control.command(command),
                    env=layouts.environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    check=False,
                )
                if done.returncode:
                    log_path = layout.log(f'migrate-{name}')
                    raise machines.MachineError(
                        f'{command} failed; see {log_path}'
                    )
        progress(f'database of {name} is up to date')

    for name in ('fernet-keys', 'credential-keys'):
        folder = layout.etc('keystone') / name
        folder.mkdir(exist_ok=True)
        folder.chmod(0o700)
    work = migrations(layout, topology)
    last = work.pop(TRICIRCLE)
    with futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for one in [pool.submit(run, *each) for each in work.items()]:
            one.result()
    _copy(layout, f'neutron_{first.name}', 'neutron_central')
    if topology.cells:
        # A cell has the same tables as cell0.
        _copy(
            layout, _database('cell0', cells.CENTRAL), _database('nova', first)
        )
    for region in topology.regions[1:]:
        for kind in regional(topology):
            _copy(layout, _database(kind, first), _database(kind, region))
        if not topology.cells:
            _point_cells(renderer, region)
    run(TRICIRCLE, last)


def migrations(
    layout: layouts.Layout, topology: topologies.Topology
) -> dict[str, list[str]]:
    """Return the commands that make the tables, by what they are for.

    Those for Tricircle come last: its tables are beside central Neutron's.
    """
    first = cells.computing(topology)[0]
    etc = layout.home / 'etc'
    region_neutron = etc / f'neutron-{topology.regions[0].name}'
    nova = f'nova-manage --config-file {etc}/nova-{first.name}/nova.conf'
    keystone = f'keystone-manage --config-dir {etc}/keystone'
    users = '--keystone-user root --keystone-group root'
    found = {
        'keystone': [
            f'{keystone} db_sync',
            f'{keystone} fernet_setup {users}',
            f'{keystone} credential_setup {users}',
        ],
        'neutron': [
            f'neutron-db-manage --config-file '
            f'{region_neutron}/neutron.conf upgrade heads'
        ],
        'nova': [
            f'{nova} api_db sync',
            *(f'{nova} cell_v2 {one}' for one in cells.mappings(topology)),
            f'{nova} db sync',
        ],
        'placement': [
            f'placement-manage --config-dir {etc}/placement-{first.name} '
            'db sync'
        ],
        'glance': [
            f'glance-manage --config-file '
            f'{etc}/glance-{first.name}/glance-api.conf db_sync'
        ],
        TRICIRCLE: [
            f'tricircle-db-manage --config-file {etc}/tricircle/api.conf '
            'db_sync'
        ],
    }
    if topology.volumes:
        found['cinder'] = [
            f'cinder-manage --config-file {etc}/cinder-{first.name}/'
            'cinder.conf db sync'
        ]
    return found


def _execute(renderer: Renderer, sql: str) -> None:
    """Run SQL that has the password in it.

    :raises machines.MachineError: when it fails, without the password
    """
    try:
        mariadb.execute(renderer.layout, sql)
    except machines.MachineError as exc:
        # MariaDB quotes what it does not understand.
        text = str(exc).replace(renderer.password, '***')
        raise machines.MachineError(text) from None


def dump(layout: layouts.Layout, name: str) -> bytes:
    """Return a backup of a database, as SQL."""
    return subprocess.run(
        [
            *('mariadb-dump', '--no-defaults', '--single-transaction'),
            *('-S', mariadb.socket(layout), name.lower()),
        ],
        capture_output=True,
        env=layouts.environment(),
        check=True,
    ).stdout


def load(layout: layouts.Layout, name: str, backup: bytes) -> None:
    """Put a backup into a database, in place of the tables in it."""
    subprocess.run(
        [
            *('mariadb', '--no-defaults'),
            *('-S', mariadb.socket(layout), name.lower()),
        ],
        input=backup,
        env=layouts.environment(),
        check=True,
    )


def _copy(layout: layouts.Layout, source: str, target: str) -> None:
    load(layout, target, dump(layout, source))


def _point_cells(renderer: Renderer, region: topologies.Region) -> None:
    """Have the copied cells of a region name its own databases."""
    cell0 = renderer.database(f'nova_{region.name}_cell0')
    cell1 = renderer.database(f'nova_{region.name}')
    _execute(
        renderer,
        f'USE nova_api_{region.name.lower()};'  # noqa: S608 our own names
        'UPDATE cell_mappings SET '
        f"database_connection = '{cell0}' WHERE id = 1;"
        'UPDATE cell_mappings SET '
        f"database_connection = '{cell1}', "
        f"transport_url = '{renderer.broker(region.name)}' WHERE id = 2;",
    )
