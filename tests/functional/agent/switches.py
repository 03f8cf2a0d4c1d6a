# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Two Open vSwitches in namespaces, an instance, and DHCP servers.

``host`` is the host to guard. ``far`` stands for all the rest: another host
of the same region and a host of another region, told apart by their tunnel
addresses, and the wire behind them. In each of ``own`` and ``other`` a
dnsmasq serves both networks, ``overlay`` through a tunnel and ``wire`` by
VLAN. ``vm`` is an instance on ``host`` with a foot in either network.
"""

from collections.abc import Iterator, Mapping, Sequence
import contextlib
import json
import os
from pathlib import Path
import shutil
import subprocess
import sys
from typing import Any

from tests.functional.cloud import waiting

ROOT = Path(__file__).resolve().parents[3]
NEEDED = ('ovs-vswitchd', 'ovsdb-server', 'dnsmasq', 'ip', 'ethtool')
LOCAL_VTEPS = '172.31.0.0/17'
VLAN = 100
#: Who serves, on which network: address and MAC.
SERVERS = {
    ('own', 'overlay'): ('10.1.0.2', 'fa:16:3e:00:01:02'),
    ('other', 'overlay'): ('10.1.0.3', 'fa:16:3e:00:01:03'),
    ('own', 'wire'): ('10.2.0.2', 'fa:16:3e:00:02:02'),
    ('other', 'wire'): ('10.2.0.3', 'fa:16:3e:00:02:03'),
}
_SCHEMA = '/usr/share/openvswitch/vswitch.ovsschema'
_HOST, _OWN_VTEP, _OTHER_VTEP = '172.31.0.1', '172.31.0.2', '172.31.128.2'
_VTEPS = {'host': (_HOST,), 'far': (_OWN_VTEP, _OTHER_VTEP)}
_PATH = f'{os.environ["PATH"]}:/usr/sbin:/sbin'


def missing(needed: Sequence[str] = NEEDED) -> list[str]:
    """Return the programs that the tests need and that are not here."""
    return [name for name in needed if not shutil.which(name, path=_PATH)]


class Switches:
    """The whole scene; call :meth:`build` inside :meth:`cleaned`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._prefix = f'rg{os.getpid()}'
        self._processes: dict[str, subprocess.Popen[str]] = {}
        self._namespaces: list[str] = []

    @contextlib.contextmanager
    def cleaned(self) -> Iterator[None]:
        """Leave no process and no namespace behind."""
        try:
            yield
        finally:
            for name in reversed(tuple(self._processes)):
                self.stop(name)
            for name in self._namespaces:
                run(['ip', 'netns', 'delete', name])

    def inside(self, machine: str, command: str) -> list[str]:
        """Return the argument list of a command in a machine."""
        name = f'{self._prefix}{machine}'
        return ['ip', 'netns', 'exec', name, *command.split()]

    def run(self, machine: str, command: str) -> str:
        return self.execute(machine, *command.split())

    def execute(self, machine: str, *command: str) -> str:
        """Run a command whose arguments may have spaces."""
        whole = [*self.inside(machine, ''), *command]
        return run(whole, self._environment(machine))

    def start(
        self, name: str, machine: str, command: str, **more: Any
    ) -> subprocess.Popen[str]:
        with (self._folder / f'{name}.log').open('a') as log:
            process = subprocess.Popen(
                self.inside(machine, command),
                env={**os.environ, **self._environment(machine)},
                text=True,
                stderr=log,
                cwd=ROOT,
                **{'stdout': log, **more},
            )
        self._processes[name] = process
        return process

    def stop(self, name: str, kill: bool = False) -> None:
        process = self._processes.pop(name)
        (process.kill if kill else process.terminate)()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def log(self, name: str) -> str:
        return (self._folder / f'{name}.log').read_text()

    def _environment(self, machine: str) -> dict[str, str]:
        return {
            'PATH': _PATH,
            'OVS_RUNDIR': str(self._folder / machine),
            'OVS_LOGDIR': str(self._folder / machine),
        }

    def database(self, machine: str) -> str:
        return f'unix:{self._folder / machine}/db.sock'

    def build(self) -> None:
        for machine in ('host', 'far', 'vm', 'own', 'other'):
            self.add_machine(machine)
        self._cables()
        for machine in ('host', 'far'):
            self.open_vswitch(machine)
        self._connect()
        for region in ('own', 'other'):
            self._serve(region)

    def add_machine(self, machine: str) -> None:
        name = f'{self._prefix}{machine}'
        run(['ip', 'netns', 'add', name])
        self._namespaces.append(name)
        self.run(machine, 'ip link set dev lo up')

    def _cables(self) -> None:
        self.cable('host', 'ul0', 'far', 'ul0')
        self.cable('host', 'wire0', 'far', 'wire0')
        self.cable('host', 'vmo', 'vm', 'overlay')
        self.cable('host', 'vmw', 'vm', 'wire')
        for (region, network), (_, mac) in SERVERS.items():
            self.cable('far', f'{region}{network}', region, network)
            self.run(region, f'ip link set dev {network} address {mac}')

    def cable(self, a: str, a_end: str, b: str, b_end: str) -> None:
        self.run(
            a,
            f'ip link add {a_end} type veth peer name {b_end} '
            f'netns {self._prefix}{b}',
        )
        for machine, end in ((a, a_end), (b, b_end)):
            # Open vSwitch in user space reads checksums as they are.
            self.run(machine, f'ethtool -K {end} tx off')
            if machine in ('host', 'far'):
                setting = f'net.ipv6.conf.{end}.disable_ipv6=1'
                self.run(machine, f'sysctl -qw {setting}')
            self.run(machine, f'ip link set dev {end} up')

    def open_vswitch(self, machine: str) -> None:
        folder = self._folder / machine
        folder.mkdir()
        run(['ovsdb-tool', 'create', f'{folder}/conf.db', _SCHEMA])
        self.start(
            f'ovsdb-{machine}',
            machine,
            f'ovsdb-server {folder}/conf.db --remote=punix:{folder}/db.sock '
            f'--unixctl={folder}/ovsdb.ctl',
        )
        for _ in waiting.poll(5):
            if (folder / 'db.sock').exists():
                break
        self.run(machine, 'ovs-vsctl --no-wait init')
        self.start_switch(machine)

    def start_switch(self, machine: str) -> None:
        self.start(
            f'vswitchd-{machine}',
            machine,
            f'ovs-vswitchd {self.database(machine)} '
            f'--unixctl={self.control(machine)}',
        )

    def control(self, machine: str) -> str:
        """Return the socket by which the switch takes commands."""
        return f'{self._folder / machine}/vswitchd.ctl'

    def _connect(self) -> None:
        self.bridge('host', 'br-ul', 'ul0')
        self.bridge('far', 'br-ul', 'ul0')
        for machine in ('host', 'far'):
            self.address_tunnels(machine)
        self.bridge(
            'host', 'br-int', f'vmo tag=10 -- add-port br-int vmw tag={VLAN}'
        )
        self.bridge('host', 'br-tun')
        self.bridge('host', 'br-phys', 'wire0')
        self._patch('br-int', 'patch-tun', 'br-tun', 'patch-int', 'tag=10')
        self._patch('br-int', 'int-br-phys', 'br-phys', 'phy-br-phys')
        self.vsctl('host', f'set port int-br-phys trunks={VLAN}')
        for name, address in (('own', _OWN_VTEP), ('other', _OTHER_VTEP)):
            self._tunnel('host', 'br-tun', f'vx{name}', _HOST, address)
            self.bridge('far', f'br-{name}', f'{name}overlay')
            self._tunnel('far', f'br-{name}', f'vx{name}', address, _HOST)
        self.bridge(
            'far',
            'br-wire',
            f'wire0 -- add-port br-wire ownwire tag={VLAN} '
            f'-- add-port br-wire otherwire tag={VLAN}',
        )
        for network, subnet in (('overlay', '1'), ('wire', '2')):
            self.run('vm', f'ip address add 10.{subnet}.0.50/24 dev {network}')

    def vsctl(self, machine: str, command: str) -> str:
        return self.run(
            machine,
            f'ovs-vsctl --timeout=10 --db={self.database(machine)} {command}',
        )

    def ofctl(self, command: str) -> str:
        return self.run('host', f'ovs-ofctl -O OpenFlow13 {command}')

    def bridge(self, machine: str, name: str, port: str = '') -> None:
        self.vsctl(
            machine,
            f'add-br {name} -- set bridge {name} datapath_type=netdev '
            f'protocols=OpenFlow10,OpenFlow13'
            + (f' -- add-port {name} {port}' if port else ''),
        )

    def address_tunnels(self, machine: str) -> None:
        """Give the tunnels their addresses, which the kernel has to know.

        They go with the bridge's device when ovs-vswitchd does.
        """
        self.await_device(machine, 'br-ul')
        for address in _VTEPS[machine]:
            self.run(machine, f'ip address replace {address}/16 dev br-ul')
        self.run(machine, 'ip link set dev br-ul up')

    def await_device(self, machine: str, name: str) -> None:
        for _ in waiting.poll(10):
            if name in self.run(machine, 'ip -brief link'):
                break

    def _patch(
        self, a: str, a_end: str, b: str, b_end: str, setting: str = ''
    ) -> None:
        for bridge, end, peer in ((a, a_end, b_end), (b, b_end, a_end)):
            tag = setting if bridge == a else ''
            self.vsctl(
                'host',
                f'add-port {bridge} {end} {tag} -- set interface {end} '
                f'type=patch options:peer={peer}',
            )

    def _tunnel(
        self, machine: str, bridge: str, name: str, local: str, remote: str
    ) -> None:
        self.vsctl(
            machine,
            f'add-port {bridge} {name} -- set interface {name} type=vxlan '
            f'options:local_ip={local} options:remote_ip={remote} '
            'options:key=7',
        )

    def _serve(self, region: str) -> None:
        ranges = []
        for network, digit in (('overlay', 1), ('wire', 2)):
            address, _ = SERVERS[(region, network)]
            host = address.rsplit('.', 1)[1]
            setting = f'net.ipv6.conf.{network}.accept_dad=0'
            self.run(region, f'sysctl -qw {setting}')
            self.run(region, f'ip address add {address}/24 dev {network}')
            self.run(
                region,
                f'ip address add fd0{digit}::{host}/64 dev {network} nodad',
            )
            ranges.append(f'--dhcp-range=10.{digit}.0.60,10.{digit}.0.90')
            ranges.append(f'--dhcp-range=fd0{digit}::60,fd0{digit}::90,64,600')
        self.start(
            f'dnsmasq-{region}',
            region,
            'dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 '
            '--no-ping --dhcp-authoritative --enable-ra --user=root '
            f'--dhcp-leasefile={self._folder}/{region}.leases '
            f'--pid-file={self._folder}/{region}.pid --log-facility=- '
            + ' '.join(ranges),
        )

    def probe(
        self, network: str, *only: str, wait: float = 0.25
    ) -> dict[str, set[str]]:
        """Ask from the instance; return who answered, by question."""
        digit = {'overlay': 1, 'wire': 2}[network]
        servers = ' '.join(
            f'--server {SERVERS[(region, network)][0]}'
            for region in ('own', 'other')
        )
        names = [part for name in only for part in ('--only', name)]
        command = self.inside(
            'vm',
            f'{sys.executable} -m lab.dhcp_probe {network} --json '
            f'--address 10.{digit}.0.50 --address6 fd0{digit}::70 '
            f'--wait {wait} {servers}',
        )
        told = json.loads(run([*command, *names]))
        found: dict[str, set[str]] = {}
        for row in told['probes']:
            assert row['error'] is None, row
            key = ' '.join(filter(None, (row['probe'], row['to'])))
            found[key] = {
                _region(reply['mac'], network) for reply in row['replies']
            }
        return found


def _region(mac: str, network: str) -> str:
    for (region, served), (_, server) in SERVERS.items():
        if served == network and server == mac:
            return region
    return mac


def run(
    command: Sequence[str], environment: Mapping[str, str] | None = None
) -> str:
    """Run a command and return its output; what it complains of is told."""
    done = subprocess.run(
        command,
        env={**os.environ, 'PATH': _PATH, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
    )
    assert done.returncode == 0, f'{command}: {done.stderr}'
    return done.stdout
