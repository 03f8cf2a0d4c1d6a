# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Open vSwitch of a host, on the userspace datapath."""

from pathlib import Path

from lab import addresses
from lab import layout as layouts
from lab import links
from lab import machines
from lab import topology as topologies
from lab.rendering import Renderer
from lab.service import LogProbe
from lab.service import Service

#: Bridge that holds the tunnels' address: in user space, packets of tunnels
#: leave through an Open vSwitch bridge or not at all.
UNDERLAY_BRIDGE = 'br-ul'
#: After the database server's end, an agent starts its monitor of interfaces
#: again so often (``ovsdb_monitor_respawn_interval``); until then it goes on
#: with the ports that it knows, and logs that the monitor is not active.
MONITOR_SECONDS = 30
_SCHEMA = '/usr/share/openvswitch/vswitch.ovsschema'
_SOCKET = '/run/openvswitch/db.sock'
_VSCTL = 'ovs-vsctl --timeout=20'


def bridge(physical_network: str) -> str:
    """Return the bridge of a physical network, where a host is on it."""
    return f'br-{physical_network}'


def server(host: str) -> str:
    """Return the name of the database server of a host."""
    return f'ovsdb-server-{host}'


def switch(host: str) -> str:
    """Return the name of the switch of a host."""
    return f'ovs-vswitchd-{host}'


def services(renderer: Renderer) -> list[Service]:
    """Return the daemons of all hosts."""
    layout = renderer.layout
    found = []
    for host in renderer.topology.hosts:
        folder = renderer.folder(layout.var(host, 'openvswitch'))
        database = folder / 'conf.db'
        found += [
            Service(
                server(host),
                host,
                (
                    'ovsdb-server',
                    str(database),
                    f'--remote=punix:{_SOCKET}',
                    '--remote=ptcp:6640:127.0.0.1',
                    '-vconsole:info',
                ),
                ready=LogProbe(layout.log(server(host)), 'ovsdb-server'),
                ends_last=True,
            ),
            Service(
                switch(host),
                host,
                ('ovs-vswitchd', f'unix:{_SOCKET}', '-vconsole:info'),
                ready=LogProbe(layout.log(switch(host)), 'ovs-vswitchd'),
                after=frozenset([server(host)]),
                ends_last=True,
            ),
        ]
    return found


def create_database(layout: layouts.Layout, host: machines.Machine) -> None:
    """Give a host a new, empty Open vSwitch database.

    A machine that comes up has no ports, whatever it had before.
    """
    database: Path = layout.var(host.name, 'openvswitch') / 'conf.db'
    database.unlink(missing_ok=True)
    host.run(f'ovsdb-tool create {database} {_SCHEMA}')


def connect(topology: topologies.Topology, host: machines.Machine) -> None:
    """Make the bridges of a host, with its interfaces in them."""
    host.run(f'{_VSCTL} --no-wait init')
    host.run(
        f'{_VSCTL} set Open_vSwitch . external_ids:system-id={host.name} '
        f'external_ids:hostname={host.name}'
    )
    for wire in topology.seen_from(host.name):
        nic = links.interface(topology, wire.name)
        _add(host, bridge(wire.name), nic)
        _silence_kernel(host, nic)
    nic = links.UNDERLAY_INTERFACE
    mac = host.run(f'cat /sys/class/net/{nic}/address').strip()
    _add(host, UNDERLAY_BRIDGE, nic, f'other_config:hwaddr={mac}')
    address = addresses.host_address(topology, host.name)
    prefix = addresses.UNDERLAY.prefixlen
    mtu = topology.wire_mtu
    host.run(f'ip address flush dev {nic}')
    host.run(f'ip link set {UNDERLAY_BRIDGE} mtu {mtu} up')
    host.run(f'ip address replace {address}/{prefix} dev {UNDERLAY_BRIDGE}')
    _silence_kernel(host, nic)


def _add(
    host: machines.Machine, name: str, nic: str, settings: str = ''
) -> None:
    host.run(
        f'{_VSCTL} --may-exist add-br {name} -- set bridge {name} '
        f'datapath_type=netdev fail_mode=standalone {settings} '
        f'-- --may-exist add-port {name} {nic}'
    )


def _silence_kernel(host: machines.Machine, nic: str) -> None:
    """Keep the kernel from answering what Open vSwitch reads as well."""
    host.run(f'sysctl -qw net.ipv6.conf.{nic}.disable_ipv6=1')
    table = f'ovs_{nic}'
    host.run(
        'nft -f -',
        text=(
            f'table netdev {table} {{\n  chain {table} {{\n'
            f'    type filter hook ingress device {nic} priority 0;\n'
            '    policy drop;\n  }\n}\n'
        ),
    )
