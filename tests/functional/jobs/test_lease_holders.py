# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Who holds a lease of a region, with processes in containers."""

import os
from pathlib import Path
import shutil
import sqlite3
import subprocess
import sys

import pytest

from tricircle.db import owner

_NAMESPACE = ('unshare', '--pid', '--fork', '--kill-child')
pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which('unshare') is None,
    reason='namespaces of process IDs are made by root, with unshare',
)


def in_container(script: str, *options: str) -> 'subprocess.Popen[str]':
    """Run a script in a namespace of process IDs of its own."""
    return subprocess.Popen(
        [
            *_NAMESPACE,
            *options,
            sys.executable,
            '-c',
            f'from tricircle.db import owner\n{script}',
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize('options', [(), ('--mount-proc',)])
def test_workers_in_containers_of_one_host_name_do_not_take_leases(
    options: tuple[str, ...],
) -> None:
    with in_container(
        'print(owner.hold(), flush=True)\ninput()', *options
    ) as first:
        assert first.stdout is not None
        name = first.stdout.readline().strip()
        with in_container(f'print(owner.is_dead({name!r}))', *options) as two:
            second, _errors = two.communicate()
        here = owner.is_dead(name)
        first.communicate('\n')

    assert (second.strip(), here) == ('False', False)


#: A worker of a region that does what it is told, line by line.
_WORKER = """
import os, subprocess, sys
from neutron_lib.db import api as db_api
from oslo_config import cfg
from oslo_db import options
from tricircle.conf import durations
from tricircle.db.local import models as local_models
from tricircle.local.engine import refusals
from tricircle.local.engine.lease import leases
from tricircle.local.telling import outbox

cfg.CONF([], project='neutron', default_config_files=[])
cfg.CONF.register_opts(options.database_opts, 'database')
cfg.CONF.set_override('connection', {url!r}, 'database')
durations.REPLICA_LEASE_AWAITED = 0.1

kept = []

def make():
    engine = db_api.CONTEXT_WRITER.get_engine()
    for table in (local_models.Replica, local_models.OutboxEntry):
        table.__table__.create(engine)
    outbox.enqueue_now('port', ['p1'])
    return 'made'

def take():
    entries = len(outbox.claim(10))
    # Kept: one that is forgotten lets go.
    kept.append(leases.leased('network', 'n1'))
    try:
        kept[-1].__enter__()
    except refusals.ReplicaBusy:
        return f'{{entries}} busy'
    return f'{{entries}} held'

def die():
    done = subprocess.run(
        [sys.executable, '-c', {me}],
        input='take', stdout=subprocess.PIPE, text=True,
    )
    return done.stdout.strip()

todo = {{'make': make, 'take': take, 'die': die}}
for line in sys.stdin:
    print(todo[line.strip()](), flush=True)
# Nothing is let go.
os._exit(0)
"""


class _Container:
    """A worker of the region in a namespace of process IDs of its own."""

    def __init__(self, database: Path) -> None:
        url = f'sqlite:///{database}'
        child = _WORKER.format(url=url, me="''")
        self._process = in_container(
            _WORKER.format(url=url, me=repr(child)), '--mount-proc'
        )

    def __enter__(self) -> '_Container':
        return self

    def __exit__(self, *_exc: object) -> None:
        self._process.kill()
        self._process.communicate()

    def told(self, what: str) -> str:
        """Have the worker do something; return what came of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f'{what}\n')
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()


def test_what_a_worker_in_another_container_holds_is_left_to_it(
    tmp_path: Path,
) -> None:
    database = tmp_path / 'region.db'
    with _Container(database) as first, _Container(database) as second:
        assert first.told('make') == 'made'
        assert first.told('take') == '1 held'

        assert second.told('take') == '0 busy'

        # It lives, or has died: of that nobody here knows. It runs out.
        with sqlite3.connect(database) as rows:
            for table in ('tricircle_replicas', 'tricircle_outbox'):
                rows.execute(
                    f"UPDATE {table} SET lease_until = '2000-01-01'"  # noqa: S608
                )
        assert second.told('take') == '1 held'


def test_what_a_dead_worker_of_the_same_container_held_is_taken_at_once(
    tmp_path: Path,
) -> None:
    database = tmp_path / 'region.db'
    with _Container(database) as first, _Container(database) as second:
        assert first.told('make') == 'made'
        assert first.told('die') == '1 held'

        assert second.told('take') == '0 busy'
        assert first.told('take') == '1 held'
