# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""A host of each of two regions, and a router between them.

``host`` and ``far`` have an Open vSwitch each, with a tunnel to the other.
``path`` routes between them: it may drop what is for VXLAN's port, or carry
only small packets, as a firewall or a line between two sites does.
"""

import re
import sys

from tests.functional.agent import switches

NEEDED = ('ovs-vswitchd', 'ovsdb-server', 'ip', 'ethtool', 'nft', 'ping')
ADDRESSES = {'host': '172.31.0.1', 'far': '172.31.128.2'}
#: Of another host in the region of ``host``, and of one of a third region
#: that ``host`` has no tunnel to.
NEIGHBOUR, STRANGER = '172.31.0.9', '172.31.128.9'
LOCAL_VTEPS = {'host': '172.31.0.0/17', 'far': '172.31.128.0/17'}
_OTHER = {'host': 'far', 'far': 'host'}
#: The MTU of the lines: less than a large tenant's packet with its envelope.
LINE_MTU = 2000
_FORGE = """
import socket
import struct
import sys

sender, receiver, frame, times = sys.argv[1:]
inner = bytes(8) + bytes.fromhex(frame)
inner = b'\\x08' + inner[1:]
udp = struct.pack('!HHHH', 50000, 4789, 8 + len(inner), 0) + inner
head = struct.pack(
    '!BBHHHBBH4s4s', 0x45, 0, 20 + len(udp), 0, 0x4000, 64, 17, 0,
    socket.inet_aton(sender), socket.inet_aton(receiver),
)
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
for _ in range(int(times)):
    raw.sendto(head + udp, (receiver, 0))
"""


class Tunnels(switches.Switches):
    """The whole scene; call :meth:`build` inside :meth:`cleaned`."""

    def build(self) -> None:
        for machine in ('host', 'far', 'path'):
            self.add_machine(machine)
        self.run('path', 'sysctl -qw net.ipv4.ip_forward=1')
        for machine, address in ADDRESSES.items():
            self.cable(machine, 'ul0', 'path', machine)
            # Else the kernel answers too what comes for Open vSwitch.
            self.run(machine, 'sysctl -qw net.ipv4.conf.ul0.rp_filter=1')
            for where, end in ((machine, 'ul0'), ('path', machine)):
                self.run(where, f'ip link set dev {end} mtu {LINE_MTU}')
            gateway = _gateway(address)
            self.run('path', f'ip address add {gateway}/24 dev {machine}')
        for machine in ADDRESSES:
            self.open_vswitch(machine)
        for machine in ADDRESSES:
            self.bridge(machine, 'br-ul', 'ul0')
            self.bridge(machine, 'br-tun')
            self.address_tunnels(machine)
            self.tunnel(machine, 'vxfar', ADDRESSES[_OTHER[machine]])
        self.tunnel('host', 'vxnear', NEIGHBOUR)

    def address_tunnels(self, machine: str) -> None:
        """Give the tunnels their address and the way to the others."""
        self.await_device(machine, 'br-ul')
        address = ADDRESSES[machine]
        self.run(machine, f'ip address replace {address}/24 dev br-ul')
        self.run(machine, f'ip link set dev br-ul mtu {LINE_MTU} up')
        route = f'172.31.0.0/16 via {_gateway(address)}'
        self.run(machine, f'ip route replace {route}')

    def tunnel(self, machine: str, name: str, remote: str) -> None:
        """Make a tunnel as Neutron's agent makes it."""
        options = {
            'df_default': 'true',
            'remote_ip': remote,
            'local_ip': ADDRESSES[machine],
            'in_key': 'flow',
            'out_key': 'flow',
        }
        self.vsctl(
            machine,
            f'add-port br-tun {name} -- set interface {name} type=vxlan '
            + ' '.join(f'options:{k}={v}' for k, v in options.items()),
        )

    def ping(self) -> None:
        """Ask the other host's kernel for an echo; fails without one."""
        self.run('host', f'ping -c 1 -w 5 {ADDRESSES["far"]}')

    def drop_vxlan(self) -> None:
        """Have the path drop what is for VXLAN's port, and nothing else."""
        hook = '{ type filter hook forward priority 0 ; }'
        for rule in (
            'add table ip firewall',
            f'add chain ip firewall forward {hook}',
            'add rule ip firewall forward udp dport 4789 drop',
        ):
            self.execute('path', 'nft', rule)

    def pass_all(self) -> None:
        self.run('path', 'nft delete table ip firewall')

    def set_path_mtu(self, mtu: int) -> None:
        """Set the largest packet that leaves the path towards ``far``."""
        self.run('path', f'ip link set dev far mtu {mtu}')

    def forge(self, sender: str, frame: bytes, times: int) -> None:
        """Send a frame with VNI 0 to ``host``, as if from an address."""
        self.execute(
            'path',
            sys.executable,
            '-c',
            _FORGE,
            sender,
            ADDRESSES['host'],
            frame.hex(),
            str(times),
        )

    def count(self, machine: str) -> None:
        """Have the switch count now what it has not counted yet."""
        control = self.control(machine)
        self.run(machine, f'ovs-appctl --target={control} revalidator/purge')

    def meter(self, number: int) -> tuple[int, int]:
        """Return how many frames ``host`` let pass by a meter, and dropped."""
        told = self.run(
            'host',
            f'ovs-ofctl -O OpenFlow13 meter-stats br-tun meter={number}',
        )
        (came,) = re.findall(r'packet_in_count:(\d+)', told)
        (dropped,) = re.findall(r' packet_count:(\d+)', told)
        return int(came) - int(dropped), int(dropped)


def _gateway(address: str) -> str:
    return address.rsplit('.', 1)[0] + '.254'
