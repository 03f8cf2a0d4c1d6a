# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Bringing a lab up, step by step."""

from collections.abc import Callable, Mapping
from concurrent import futures
import functools
import shutil
import threading
import time

from lab import bootstrap
from lab import cells
from lab import certificates
from lab import computing
from lab import databases
from lab import links
from lab import machines
from lab import openvswitch
from lab.rendering import Renderer
from lab.service import Service
from lab.services import haproxy
from lab.services import keystone
from lab.services import mariadb
from lab.services import nova
from lab.services import rabbitmq
from lab.services import tricircle
from lab.supervision import Progress
from lab.supervision import Supervisor

_BROKER = (rabbitmq.EPMD, rabbitmq.NAME)


class Startup:
    """Brings up a lab that is down.

    :param services: all daemons, by name
    :param there: all machines, by name
    """

    def __init__(
        self,
        renderer: Renderer,
        services: Mapping[str, Service],
        there: Mapping[str, machines.Machine],
        supervisor: Supervisor,
    ) -> None:
        self._renderer = renderer
        self._layout = renderer.layout
        self._topology = renderer.topology
        self._services = services
        self._machines = there
        self._supervisor = supervisor

    def run(self, progress: Progress) -> None:
        """Bring everything up.

        :raises machines.MachineError: when a command fails
        :raises ServiceFailed: when a daemon does not come up
        """
        prepared = self._restore(progress)
        self._renderer.install()
        if self._topology.tls:
            certificates.make(
                self._layout,
                [
                    mariadb.NAME,
                    rabbitmq.NAME,
                    *(
                        name
                        for name, one in self._services.items()
                        if haproxy.NAME in one.after
                    ),
                ],
            )
        self._raise_machines(progress)
        wanted = set(self._services)
        if not prepared:
            wanted -= self._start_unprepared(progress)
        self._start_and_fill(wanted, progress)
        computing.await_hosts(
            self._renderer, self._machines[links.CONTROL], progress
        )

    def _start_and_fill(self, names: set[str], progress: Progress) -> None:
        """Start daemons, and fill each API as soon as it answers.

        Agents take longer than APIs, and need nothing of what is filled in.
        """
        ready = {name: threading.Event() for name in names}
        failed = threading.Event()

        def when(needed: set[str], fill: Callable[[], object]) -> None:
            while not all(ready[name].is_set() for name in needed):
                if failed.is_set():
                    return
                time.sleep(0.1)
            fill()

        connections = self._connections()

        def complete(name: str) -> None:
            if name in connections:
                connections[name]()
            ready[name].set()

        fillings = self._fillings()
        with futures.ThreadPoolExecutor(len(fillings)) as pool:
            filled = [
                pool.submit(when, needed, fill) for needed, fill in fillings
            ]
            try:
                self._supervisor.start(
                    names,
                    progress,
                    {
                        name: functools.partial(complete, name)
                        for name in names
                    },
                )
            except BaseException:
                failed.set()
                raise
            for one in filled:
                one.result()

    def _start_unprepared(self, progress: Progress) -> set[str]:
        """Make the databases; start what needs none meanwhile, return it."""
        others = {
            name
            for name in self._services
            if name in _BROKER or name.startswith(('ovsdb-', 'ovs-'))
        }
        with futures.ThreadPoolExecutor(1) as pool:
            # RabbitMQ takes its time: it has some.
            started = pool.submit(
                self._supervisor.start, others, progress, self._connections()
            )
            self._prepare(progress)
            started.result()
        return others

    def _connections(self) -> dict[str, Callable[[], object]]:
        """Return what a switch needs before agents work with it."""
        return {
            openvswitch.switch(host): functools.partial(
                openvswitch.connect, self._topology, self._machines[host]
            )
            for host in self._topology.hosts
        }

    def _raise_machines(self, progress: Progress) -> None:
        started = time.monotonic()
        rabbitmq.reset(self._layout)
        for one in self._machines.values():
            one.up()
        links.lay(self._topology, self._machines)
        for host in self._topology.hosts:
            openvswitch.create_database(self._layout, self._machines[host])
        self._supervisor.up(self._machines)
        progress(f'machines are up after {time.monotonic() - started:.1f} s')

    def _restore(self, progress: Progress) -> bool:
        """Have the databases of the last time, or prepared ones."""
        match databases.state(self._layout, self._topology):
            case databases.State.CURRENT:
                progress('databases are those of the last time')
                return True
            case databases.State.OUTDATED:
                progress(
                    'what the databases are made of has changed: they are '
                    'made anew, without the networks and servers of the '
                    'last time'
                )
        # What was left half done, or belongs to others, is of no use.
        shutil.rmtree(self._layout.home / 'var', ignore_errors=True)
        if databases.restore(self._layout, self._topology):
            progress('databases were prepared before')
            databases.mark(self._layout, self._topology)
            return True
        mariadb.install(self._layout)
        return False

    def _prepare(self, progress: Progress) -> None:
        control = self._machines[links.CONTROL]
        self._supervisor.start([mariadb.NAME], progress)
        databases.create(self._renderer)
        databases.migrate(self._renderer, control, progress)
        bootstrap.identity(self._renderer, control)
        # By way of it, with TLS.
        apis = {haproxy.NAME, keystone.NAME} & self._services.keys()
        self._supervisor.start(apis, progress)
        bootstrap.users_and_endpoints(self._renderer)
        progress('users and endpoints are there')
        self._supervisor.stop([*apis, mariadb.NAME])
        databases.keep(self._layout, self._topology)
        databases.mark(self._layout, self._topology)

    def _fillings(self) -> list[tuple[set[str], Callable[[], object]]]:
        """Return what is to be filled in, each with the APIs it needs."""
        return [
            (
                {keystone.NAME, tricircle.API},
                functools.partial(bootstrap.pods, self._renderer),
            ),
            *(
                (
                    {keystone.NAME, nova.api(region), nova.images(region)},
                    functools.partial(
                        computing.flavors_and_image, self._renderer, region
                    ),
                )
                for region in cells.computing(self._topology)
            ),
        ]
