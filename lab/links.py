# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The wires between the machines, and from the user's shell to the APIs."""

from collections.abc import Mapping
import ipaddress

from pyroute2 import IPRoute

from lab import addresses
from lab import machines
from lab import topology as topologies

#: The machine that holds the bridges, which stand for switches.
FABRIC = 'fab'
CONTROL = 'ctl'
UNDERLAY = 'underlay'
#: Interface of every machine on the underlay.
UNDERLAY_INTERFACE = 'eth0'
#: Link of the user's shell to the control machine.
USER_LINK = machines.PREFIX + 'lab'
_OFFLOADS = 'tx off gso off tso off gro off'


def interface(topology: topologies.Topology, physical_network: str) -> str:
    """Return the interface of every host that is on a physical network.

    It is the same everywhere, also where a host is not on those before.
    """
    names = [one.name for one in topology.physical_networks]
    return f'eth{1 + names.index(physical_network)}'


def lay(
    topology: topologies.Topology, there: Mapping[str, machines.Machine]
) -> None:
    """Connect machines that have just come up.

    :param there: all machines by name
    """
    fabric = there[FABRIC]
    for kind in ('iptables', 'ip6tables', 'arptables'):
        fabric.run(
            f'sysctl -qw net.bridge.bridge-nf-call-{kind}=0', check=False
        )
    wires = [one.name for one in topology.physical_networks]
    mtu = topology.wire_mtu
    for wire in (UNDERLAY, *wires):
        _bridge(fabric, wire, mtu)
    _plug(
        fabric,
        there[CONTROL],
        UNDERLAY_INTERFACE,
        UNDERLAY,
        mtu,
        addresses.CONTROL,
    )
    for host in topology.hosts:
        _plug(
            fabric,
            there[host],
            UNDERLAY_INTERFACE,
            UNDERLAY,
            mtu,
            addresses.host_address(topology, host),
        )
        for one in topology.seen_from(host):
            _plug(
                fabric,
                there[host],
                interface(topology, one.name),
                one.name,
                mtu,
            )
    for outside in topology.external_hosts:
        machine = there[outside.name]
        _plug(fabric, machine, 'eth0', outside.physical_network, mtu)
        machine.run(f'ip address add {outside.address} dev eth0')
    _link_user(there[CONTROL])


def _bridge(fabric: machines.Machine, name: str, mtu: int) -> None:
    fabric.run(
        f'ip link add {name} type bridge stp_state 0 forward_delay 0 '
        'mcast_snooping 0'
    )
    fabric.run(f'ip link set {name} mtu {mtu} up')


def _plug(
    fabric: machines.Machine,
    machine: machines.Machine,
    inside: str,
    wire: str,
    mtu: int,
    address: str | None = None,
) -> None:
    """Connect a machine to a wire."""
    outside = f'{machine.name}-{inside[-1]}'
    fabric.run(
        f'ip link add {outside} mtu {mtu} type veth '
        f'peer name {inside} mtu {mtu} netns {machine.pid}'
    )
    fabric.run(f'ip link set {outside} master {wire} up')
    machine.run(f'ip link set {inside} up')
    # What is left to hardware that does not exist is never done.
    fabric.run(f'ethtool -K {outside} {_OFFLOADS}')
    machine.run(f'ethtool -K {inside} {_OFFLOADS}')
    if address:
        prefix = addresses.UNDERLAY.prefixlen
        machine.run(f'ip address add {address}/{prefix} dev {inside}')


def _link_user(control: machines.Machine) -> None:
    unlink_user()
    prefix = addresses.LINK_PREFIX
    with IPRoute() as ipr:
        ipr.link(
            'add',
            ifname=USER_LINK,
            kind='veth',
            peer={'ifname': 'user', 'net_ns_fd': control.namespace},
        )
        index = ipr.link_lookup(ifname=USER_LINK)[0]
        ipr.link('set', index=index, state='up')
        ipr.addr(
            'add',
            index=index,
            address=addresses.LINK_USER,
            prefixlen=prefix,
        )
        control.run(
            f'ip address add {addresses.LINK_CONTROL}/{prefix} dev user'
        )
        control.run('ip link set user up')
        # The same address of the APIs for everybody.
        ipr.route(
            'replace',
            dst=f'{addresses.CONTROL}/32',
            gateway=addresses.LINK_CONTROL,
            oif=index,
        )


def unlink_user() -> None:
    """Remove the link of the user's shell, if it is there."""
    with IPRoute() as ipr:
        for index in ipr.link_lookup(ifname=USER_LINK):
            ipr.link('del', index=index)


def addresses_in_use() -> list[str]:
    """Return what others have of the lab's addresses, with interfaces."""
    found = []
    with IPRoute() as ipr:
        for one in ipr.get_addr():
            address = ipaddress.ip_address(one.get_attr('IFA_ADDRESS'))
            label = one.get_attr('IFA_LABEL')
            if label != USER_LINK and (
                address in addresses.UNDERLAY
                or str(address)
                in (addresses.LINK_USER, addresses.LINK_CONTROL)
            ):
                found.append(f'{address} on {label}')
    return found
