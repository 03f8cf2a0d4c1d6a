# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The lab as a whole: up, down, and what can be asked of it."""

from collections.abc import Iterator
import contextlib
import dataclasses
import datetime
import fcntl
import json
from pathlib import Path
import secrets
import shutil
from typing import Any, Final

from lab import addresses
from lab import checks
from lab import layout as layouts
from lab import links
from lab import log_surprises
from lab import machines
from lab import memory
from lab import openvswitch
from lab import outages
from lab import reattach
from lab import service_logs
from lab import topology as topologies
from lab.checks import LabError
from lab.nova_driver import instance
from lab.rendering import Renderer
from lab.services import catalog
from lab.services import neutron
from lab.startup import Startup
from lab.supervision import Progress
from lab.supervision import Supervisor

#: Runs its arguments with the folder of disks, if there is one, on /mnt.
_WITH_DISKS: Final = (
    'if [ -d "$0" ]; then mount --bind "$0" /mnt || exit; fi; exec "$@"'
)


@dataclasses.dataclass(frozen=True)
class ServiceStatus:
    """A daemon, and the memory that it takes with all its children.

    :ivar memory: proportional set size in MiB
    """

    name: str
    machine: str
    state: str
    memory: int


class Lab:
    """A lab in a folder.

    :param topology: None for that of the lab that is there
    """

    def __init__(
        self,
        layout: layouts.Layout,
        topology: topologies.Topology,
        topology_file: Path,
    ) -> None:
        self.layout = layout
        self.topology = topology
        self._topology_file = topology_file
        self.renderer = Renderer(topology, layout, _password(layout))
        self.services = catalog.services(self.renderer)
        self.machines = {
            name: machines.Machine(name, layout)
            for name in (
                links.FABRIC,
                links.CONTROL,
                *topology.hosts,
                *(one.name for one in topology.external_hosts),
            )
        }
        self._supervisor = Supervisor(layout, self.services)

    @property
    def is_up(self) -> bool:
        """Whether it was brought up, wholly, and not down since."""
        return self._supervisor.running() and self.layout.whole.exists()

    # -- up and down --------------------------------------------------------

    def up(self, progress: Progress) -> None:
        """Bring everything up.

        What another ``up`` left that did not come to its end, because it
        failed or was interrupted, is ended first.

        :raises LabError: when it is up already, or cannot be brought up here
        """
        if self.is_up:
            raise LabError(
                f'the lab in {self.layout.home} is up already; '
                'bin/lab down ends it'
            )
        checks.root()
        with self._alone():
            if self._is_half_up:
                progress('the last up did not end: what it left is ended')
                self._end()
            self._bring_up(progress)

    def _bring_up(self, progress: Progress) -> None:
        checks.programs()
        checks.extension(neutron.EXTENSIONS, neutron.REGION_GUARD)
        checks.no_remains(self.machines.values())
        checks.no_other_lab(self.machines.values())
        checks.addresses()
        checks.memory(self.topology)
        self.layout.make()
        self.layout.forget_logs(self.services)
        self.layout.state.write_text(
            json.dumps({'topology': str(self._topology_file)})
        )
        Startup(
            self.renderer, self.services, self.machines, self._supervisor
        ).run(progress)
        self.layout.whole.touch()

    def down(self, wipe: bool = False) -> None:
        """End everything that the lab started; safe to repeat.

        :param wipe: also forget what the cloud consists of
        """
        checks.root()
        with self._alone():
            self._end()
            if wipe:
                self.layout.remove()

    def _end(self) -> None:
        self.layout.whole.unlink(missing_ok=True)
        self._supervisor.down()
        for one in self.machines.values():
            one.end_processes()
        if not any(one.taken for one in self.machines.values()):
            links.unlink_user()
        for one in self.machines.values():
            one.down()
        shutil.rmtree(self.layout.home / 'run', ignore_errors=True)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Be the only one that brings the lab up or down.

        :raises LabError: when another process is at it
        """
        self.layout.home.mkdir(parents=True, exist_ok=True)
        with self.layout.lock.open('w') as lock:
            try:
                # The kernel frees it when its holder ends, in any way.
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise LabError(
                    'another bin/lab is bringing the lab in '
                    f'{self.layout.home} up or down: wait until it has ended'
                ) from None
            yield

    @property
    def _is_half_up(self) -> bool:
        """Whether an ``up`` was begun and not ended.

        What is left of a lab that was whole is told by
        :func:`lab.checks.no_remains`.
        """
        return not self.layout.whole.exists() and (
            self._supervisor.running()
            or any(one.processes() for one in self.machines.values())
        )

    # -- what can be asked of it --------------------------------------------

    def status(self) -> list[ServiceStatus]:
        """Return every daemon and the memory it takes.

        :raises LabError: when the lab is down
        """
        self._must_be_up()
        return [
            ServiceStatus(
                one.name,
                self.services[one.name].machine,
                one.state,
                memory.proportional(one.pid) if one.pid else 0,
            )
            for one in self._supervisor.statuses()
            if one.name in self.services
        ]

    def resident(self) -> dict[str, int]:
        """Return the resident set size of every daemon, in MiB.

        :raises LabError: when the lab is down
        """
        self._must_be_up()
        return {
            one.name: memory.resident(one.pid)
            for one in self._supervisor.statuses()
            if one.name in self.services and one.pid
        }

    def restart(self, name: str, progress: Progress) -> None:
        """Stop a daemon, if it runs, and start it.

        :raises LabError: when there is none of that name
        """
        self._must_be_up()
        self._known(name)
        outages.note(self.layout.outages, name, outages.AWAY)
        self._supervisor.stop([name])
        host = self.machines[self.services[name].machine]
        switch = openvswitch.switch(host.name)
        if name == switch:
            self._start_switch(name, host, progress)
        else:
            self._supervisor.start([name], progress)
        if name in (openvswitch.server(host.name), switch):
            openvswitch.connect(self.topology, host)
        if name == openvswitch.server(host.name):
            progress(
                f'the Open vSwitch agent of {host.name} sees new ports '
                f'again within {openvswitch.MONITOR_SECONDS} s'
            )
        outages.note(self.layout.outages, name, outages.BACK)

    def _start_switch(
        self, name: str, host: machines.Machine, progress: Progress
    ) -> None:
        lost = reattach.remember(host)
        reattach.take(host, lost)
        try:
            self._supervisor.start([name], progress)
            reattach.await_switch(host)
        finally:
            reattach.give_back(host, lost)

    def kill(self, name: str) -> None:
        """Kill a daemon, as a power cut would.

        :raises LabError: when there is none of that name
        """
        self._must_be_up()
        self._known(name)
        outages.note(self.layout.outages, name, outages.AWAY)
        self._supervisor.kill(name)

    def state(self, name: str) -> str:
        """Return what became of a daemon, as supervisord says.

        :raises LabError: when there is none of that name
        """
        self._must_be_up()
        self._known(name)
        return self._supervisor.status(name).state

    def log_of(self, name: str) -> str:
        """Return what a daemon logged since it was started last.

        :raises LabError: when there is none of that name, or it never ran
        """
        self._known(name)
        path = self.layout.log(name)
        try:
            return path.read_text(errors='replace')
        except FileNotFoundError:
            raise LabError(f'{name} never ran: there is no {path}') from None

    def surprises(
        self, since: datetime.datetime | None = None
    ) -> list[log_surprises.Surprise]:
        """Return the errors in all logs that nothing explains, grouped.

        :param since: local time; None for all since the lab came up
        """
        return service_logs.surprises(self.layout, self.services, since)

    def _known(self, name: str) -> None:
        if name not in self.services:
            raise LabError(
                f'there is no service {name}; bin/lab status lists them'
            )

    def _must_be_up(self) -> None:
        # Half of it is enough to look at what is missing.
        if not self._supervisor.running():
            raise LabError('the lab is down; bin/lab up brings it up')

    def openrc(self, region: str, project: str, user: str) -> dict[str, str]:
        """Return the environment for the stock client.

        :raises LabError: when there is no such region
        """
        names = [topologies.CENTRAL, *(r.name for r in self.topology.regions)]
        if region not in names:
            raise LabError(
                f'there is no region {region}; there are {", ".join(names)}'
            )
        return {
            'OS_AUTH_URL': addresses.url(
                self.topology, addresses.KEYSTONE, '/v3'
            ),
            'OS_IDENTITY_API_VERSION': '3',
            'OS_REGION_NAME': region,
            'OS_PROJECT_NAME': project,
            'OS_USERNAME': user,
            'OS_PASSWORD': self.renderer.password,
            'OS_PROJECT_DOMAIN_NAME': 'Default',
            'OS_USER_DOMAIN_NAME': 'Default',
            **(
                {'OS_CACERT': self.renderer.cafile}
                if self.renderer.cafile
                else {}
            ),
        }

    def command_in(self, server: str, argv: list[str]) -> list[str]:
        """Return what runs a command inside an instance, or a machine.

        The volumes of an instance are files in its ``/mnt``, with the names
        of the devices that Nova gave them, such as sdb.

        :param server: name or ID of a server of any region; or the name of
            a machine of the lab
        :raises LabError: when there is none, or several
        """
        self._must_be_up()
        if server in self.machines:
            return self.machines[server].command(argv)
        found = [
            (host, uuid)
            for host in self.topology.hosts
            for uuid, name in _instances(self.layout, host).items()
            if server in (uuid, name)
        ]
        if not found:
            raise LabError(f'no server {server} runs in any region')
        if len(found) > 1:
            raise LabError(
                f'several servers are called {server}: '
                f'{", ".join(uuid for _, uuid in found)}; use an ID'
            )
        host, uuid = found[0]
        disks = instance.disk_folder(self.layout.var(host, 'instances'), uuid)
        # Each of them has mounts of its own.
        return self.machines[host].command(
            [
                *('ip', 'netns', 'exec', f'vm-{uuid}'),
                *('sh', '-c', _WITH_DISKS, str(disks), *argv),
            ]
        )


def _instances(layout: layouts.Layout, host: str) -> dict[str, str]:
    """Return the names of a host's instances, by their ID."""
    return {
        path.stem: str(json.loads(path.read_text()).get('name', ''))
        for path in layout.var(host, 'instances').glob('*.json')
    }


def _password(layout: layouts.Layout) -> str:
    """Return the password of all users of this lab, or one for a new lab."""
    try:
        return layout.password.read_text().strip()
    except FileNotFoundError:
        return secrets.token_hex(12)


def load(layout: layouts.Layout, topology_file: Path | None = None) -> Lab:
    """Return the lab in a folder.

    :param topology_file: None for the one that the lab was brought up with
    :raises LabError: when there is none yet
    :raises topologies.InvalidTopology: when the file makes no sense
    """
    state: dict[str, Any] = {}
    if layout.state.exists():
        state = json.loads(layout.state.read_text())
    known = state.get('topology')
    if topology_file is None:
        topology_file = Path(
            known or Path(__file__).parent / 'topologies' / 'default.yaml'
        )
    elif known and Path(known) != topology_file.absolute():
        raise LabError(
            f'the lab in {layout.home} has the topology {known}; '
            'bin/lab down --wipe first'
        )
    topology_file = topology_file.absolute()
    return Lab(layout, topologies.load(topology_file), topology_file)
