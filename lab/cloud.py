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

from concurrent import futures
import dataclasses
import json
import os
from pathlib import Path
import secrets
import shutil
import time
from typing import Any

from lab import addresses
from lab import bootstrap
from lab import databases
from lab import layout as layouts
from lab import links
from lab import machines
from lab import openvswitch
from lab import topology as topologies
from lab.rendering import Renderer
from lab.service import Service
from lab.services import keystone
from lab.services import mariadb
from lab.services import neutron
from lab.services import nova
from lab.services import rabbitmq
from lab.services import tricircle
from lab.supervision import Progress
from lab.supervision import Supervisor

#: What must be installed, and the packages of Debian that have it.
PROGRAMS = {
    'ovs-vswitchd': 'openvswitch-switch',
    'rabbitmq-server': 'rabbitmq-server',
    'mariadbd': 'mariadb-server-core',
    'mariadb': 'mariadb-client-core',
    'mariadb-dump': 'mariadb-client',
    'dnsmasq': 'dnsmasq-base',
    'haproxy': 'haproxy',
    'radvd': 'radvd',
    'keepalived': 'keepalived',
    'conntrack': 'conntrack',
    'ipset': 'ipset',
    'iptables': 'iptables',
    'nft': 'nftables',
    'ethtool': 'ethtool',
    'arping': 'iputils-arping',
    'ping': 'iputils-ping',
    'busybox': 'busybox-static',
    'ip': 'iproute2',
}
#: MiB that a region takes, and all that is there once.
_MEMORY_OF_REGION = 1800
_MEMORY_OF_REST = 1500


class LabError(Exception):
    """The lab cannot do it; the text says why, and what to do."""


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
        self.services: dict[str, Service] = {
            one.name: one
            for one in (
                *mariadb.services(layout),
                *rabbitmq.services(self.renderer),
                *keystone.services(self.renderer),
                *openvswitch.services(topology, layout),
                *neutron.services(self.renderer),
                *tricircle.services(self.renderer),
                *nova.services(self.renderer),
            )
        }
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
        """Whether it was brought up and not down since."""
        return self._supervisor.running()

    # -- up and down --------------------------------------------------------

    def up(self, progress: Progress) -> None:
        """Bring everything up.

        :raises LabError: when it is up already, or cannot be brought up here
        """
        if self.is_up:
            raise LabError(
                f'the lab in {self.layout.home} is up already; '
                'bin/lab down ends it'
            )
        self._check()
        self.layout.state.write_text(
            json.dumps({'topology': str(self._topology_file)})
        )
        prepared = self._restore(progress)
        started = time.monotonic()
        rabbitmq.reset(self.layout)
        for one in self.machines.values():
            one.up()
        links.lay(self.topology, self.machines)
        for host in self.topology.hosts:
            openvswitch.create_database(self.layout, self.machines[host])
        self._supervisor.up(self.machines)
        progress(f'machines are up after {time.monotonic() - started:.1f} s')
        self._supervisor.start([mariadb.NAME], progress)
        switches = [
            name
            for name in self.services
            if name.startswith(('ovsdb-', 'ovs-'))
        ]
        broker = [rabbitmq.EPMD, rabbitmq.NAME]
        if not prepared:
            self._supervisor.start([*switches, *broker], progress)
            self._prepare(progress)
            self._supervisor.start([mariadb.NAME], progress)
        else:
            self._supervisor.start(switches, progress)
        for host in self.topology.hosts:
            openvswitch.connect(self.topology, self.machines[host])
        self._supervisor.start(
            [
                name
                for name in self.services
                if name != mariadb.NAME
                and name not in switches
                and (prepared or name not in broker)
            ],
            progress,
        )
        bootstrap.pods(self.renderer)
        with futures.ThreadPoolExecutor() as pool:
            list(
                pool.map(
                    lambda region: bootstrap.flavors_and_image(
                        self.renderer, region
                    ),
                    self.topology.regions,
                )
            )
        bootstrap.await_hosts(self.renderer, progress)

    def _restore(self, progress: Progress) -> bool:
        if self._prepared.exists():
            progress('databases are those of the last time')
            return True
        if databases.restore(self.layout, self.topology):
            progress('databases were prepared before')
            self._prepared.touch()
            return True
        # What was left half done is of no use.
        shutil.rmtree(self.layout.var('mariadb'))
        mariadb.install(self.layout)
        return False

    def _prepare(self, progress: Progress) -> None:
        control = self.machines[links.CONTROL]
        databases.create(self.renderer)
        databases.migrate(self.renderer, control, progress)
        bootstrap.identity(self.renderer, control)
        self._supervisor.start([keystone.NAME], progress)
        bootstrap.users_and_endpoints(self.renderer)
        progress('users and endpoints are there')
        self._supervisor.stop([keystone.NAME, mariadb.NAME])
        databases.keep(self.layout, self.topology)
        self._prepared.touch()

    @property
    def _prepared(self) -> Path:
        """Says that the databases are complete."""
        return self.layout.var() / 'prepared'

    def _check(self) -> None:
        if os.geteuid() != 0:
            raise LabError('the lab makes network namespaces: run it as root')
        path = layouts.environment()['PATH']
        missing = sorted(
            {
                package
                for program, package in PROGRAMS.items()
                if shutil.which(program, path=path) is None
            }
        )
        if missing:
            raise LabError(
                'programs are missing; install them with: '
                f'apt-get install --no-install-recommends {" ".join(missing)}'
            )
        left = [one.name for one in self.machines.values() if one.processes()]
        if left:
            raise LabError(
                'another lab runs on this machine, or was left behind: '
                f'processes in the machines {", ".join(left)}; '
                'bin/lab down ends them'
            )
        self._check_address()
        self._check_memory()

    def _check_address(self) -> None:
        taken = links.addresses_in_use()
        if taken:
            raise LabError(
                'the lab wants its addresses for itself, and this machine '
                f'has {", ".join(taken)}'
            )

    def _check_memory(self) -> None:
        needed = _MEMORY_OF_REST + _MEMORY_OF_REGION * len(
            self.topology.regions
        )
        for line in Path('/proc/meminfo').read_text().splitlines():
            if line.startswith('MemAvailable:'):
                available = int(line.split()[1]) // 1024
                if available < needed:
                    raise LabError(
                        f'{available} MiB of memory are available, and the '
                        f'lab takes about {needed}; end something else, or '
                        'take a smaller topology'
                    )

    def down(self, wipe: bool = False) -> None:
        """End everything that the lab started; safe to repeat.

        :param wipe: also forget what the cloud consists of
        """
        self._supervisor.down()
        for one in self.machines.values():
            for pid in one.processes():
                if pid != one.pid:
                    _kill(pid)
        links.unlink_user()
        for one in self.machines.values():
            one.down()
        shutil.rmtree(self.layout.home / 'run', ignore_errors=True)
        if wipe:
            for name in ('etc', 'var', 'log'):
                shutil.rmtree(self.layout.home / name, ignore_errors=True)
            self.layout.state.unlink(missing_ok=True)

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
                _memory(one.pid) if one.pid else 0,
            )
            for one in self._supervisor.statuses()
            if one.name in self.services
        ]

    def restart(self, name: str, progress: Progress) -> None:
        """Stop a daemon, if it runs, and start it.

        :raises LabError: when there is none of that name
        """
        self._known(name)
        self._supervisor.stop([name])
        self._supervisor.start([name], progress)
        if name.startswith('ovsdb-server-'):
            host = self.services[name].machine
            openvswitch.connect(self.topology, self.machines[host])

    def kill(self, name: str) -> None:
        """Kill a daemon, as a power cut would.

        :raises LabError: when there is none of that name
        """
        self._known(name)
        self._supervisor.kill(name)

    def _known(self, name: str) -> None:
        self._must_be_up()
        if name not in self.services:
            raise LabError(
                f'there is no service {name}; bin/lab status lists them'
            )

    def _must_be_up(self) -> None:
        if not self.is_up:
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
            'OS_AUTH_URL': addresses.url(addresses.KEYSTONE, '/v3'),
            'OS_IDENTITY_API_VERSION': '3',
            'OS_REGION_NAME': region,
            'OS_PROJECT_NAME': project,
            'OS_USERNAME': user,
            'OS_PASSWORD': self.renderer.password,
            'OS_PROJECT_DOMAIN_NAME': 'Default',
            'OS_USER_DOMAIN_NAME': 'Default',
        }

    def command_in(self, server: str, argv: list[str]) -> list[str]:
        """Return what runs a command inside an instance, or a machine.

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
        return self.machines[host].command(
            ['ip', 'netns', 'exec', f'vm-{uuid}', *argv]
        )


def _instances(layout: layouts.Layout, host: str) -> dict[str, str]:
    """Return the names of a host's instances, by their ID."""
    return {
        path.stem: str(json.loads(path.read_text()).get('name', ''))
        for path in layout.var(host, 'instances').glob('*.json')
    }


def _password(layout: layouts.Layout) -> str:
    """Return the password of all users of this lab."""
    path = layout.home / 'password'
    if not path.exists():
        layout.home.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(12))
    return path.read_text().strip()


def _kill(pid: int) -> None:
    try:
        os.kill(pid, 9)
    except ProcessLookupError:
        return


def _memory(pid: int) -> int:
    """Return the proportional set size of a process and its children."""
    total = 0
    pending = [pid]
    while pending:
        one = pending.pop()
        try:
            children = Path(f'/proc/{one}/task/{one}/children').read_text()
            rollup = Path(f'/proc/{one}/smaps_rollup').read_text()
        except OSError:
            continue
        pending += [int(child) for child in children.split()]
        for line in rollup.splitlines():
            if line.startswith('Pss:'):
                total += int(line.split()[1])
    return total // 1024


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
