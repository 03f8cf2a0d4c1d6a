# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What networks and ports leave behind, in any region, on any host."""

from collections.abc import Callable, Iterable
import dataclasses
import functools
import re
from typing import Any, Final

from lab import cloud
from lab import topology as topologies
from tests.lab import administrator
from tests.lab import packets
from tests.lab import waiting

#: Of a flow, what agents number as they like.
_NUMBERS: Final = re.compile(
    r'cookie=\w+|dl_vlan=\d+|mod_vlan_vid:\d+|set_field:\d+->vlan_vid'
    r'|reg[56]=0x\w+'
)
#: Flows of rules with a remote group. Neutron 29.0.0's firewall leaves those
#: of the last members on a host without ports, also of a region's own
#: networks.
_OF_MEMBERS: Final = ('conj_id=', 'conjunction(')


@dataclasses.dataclass(frozen=True)
class Port:
    """A port of a region or of central.

    :ivar ips: none of them is another port's of the same network
    """

    id: str
    mac: str
    ips: tuple[str, ...]
    owner: str
    host: str


@dataclasses.dataclass(frozen=True)
class Trace:
    """By what a network and its ports are recognised on a host.

    :ivar tunnel_key: VXLAN network identifier, None for other types
    """

    network_id: str
    tunnel_key: int | None
    ports: tuple[Port, ...]


def ports(admin: Any, network_id: str) -> list[Port]:
    """Return all ports of a network, shadow and reserved ones too.

    :param admin: the administrator's connection to central or a region
    """
    return [
        Port(
            port.id,
            port.mac_address,
            tuple(one['ip_address'] for one in port.fixed_ips),
            str(port.device_owner),
            str(port.binding_host_id or ''),
        )
        for port in admin.network.ports(network_id=network_id)
    ]


def trace(lab: cloud.Lab, network_id: str) -> Trace:
    """Note what there is of a network now, to look for it later."""
    admin = administrator.at(lab, topologies.CENTRAL)
    network = admin.network.get_network(network_id)
    key = None
    if network.provider_network_type == 'vxlan':
        key = int(network.provider_segmentation_id)
    return Trace(network_id, key, tuple(ports(admin, network_id)))


def of_ports(lab: cloud.Lab, host: str, gone: Iterable[Port]) -> list[str]:
    """Return where a host still has something of ports.

    A flow is known by the hardware address, an entry of the ARP responder
    by the same, an interface by the ID in its name.
    """
    found = []
    flows = _flows(lab, host)
    names = _run(lab, host, 'ovs-vsctl', 'list-ports', 'br-int')
    for port in gone:
        compact = port.mac.replace(':', '')
        found += [
            f'{host}: flow of {port.owner} {port.mac}: {line}'
            for line in flows
            if port.mac in line or f'0x{compact}' in line
        ]
        if port.id[:11] in names:
            found.append(f'{host}: interface of port {port.id}')
    return found


def of_network(lab: cloud.Lab, host: str, gone: Trace) -> list[str]:
    """Return where a host still has something of a network."""
    found = of_ports(lab, host, gone.ports)
    if gone.tunnel_key is not None:
        key = re.compile(rf'(tun_id=|load:|set_field:){gone.tunnel_key:#x}\b')
        found += [
            f'{host}: flow of tunnel {gone.tunnel_key}: {line}'
            for line in _flows(lab, host)
            if key.search(line)
        ]
    namespaces = _run(lab, host, 'ip', 'netns')
    if gone.network_id in namespaces:
        found.append(f'{host}: namespace of network {gone.network_id}')
    return found


def tunnels(lab: cloud.Lab, host: str) -> set[str]:
    """Return the names of a host's tunnel ports."""
    names = _run(lab, host, 'ovs-vsctl', 'list-ports', 'br-tun').split()
    return {name for name in names if name.startswith('vxlan-')}


def tunnels_of_all(lab: cloud.Lab) -> dict[str, set[str]]:
    """Return the names of tunnel ports, by the hosts that have any."""
    found = {host: tunnels(lab, host) for host in lab.topology.hosts}
    return {host: names for host, names in found.items() if names}


def in_api(lab: cloud.Lab, region: str, gone: Trace) -> list[str]:
    """Return what central or a region still has of a network."""
    admin = administrator.at(lab, region)
    return [
        # A list without the ID: by its ID, a region would ask central.
        *(
            f'{region}: network {one.name}'
            for one in admin.network.networks()
            if one.id == gone.network_id
        ),
        *(
            f'{region}: port {port.id} {port.owner} {port.ips}'
            for port in ports(admin, gone.network_id)
        ),
    ]


def nowhere(
    lab: cloud.Lab, gone: Iterable[Trace], seconds: float = 60.0
) -> None:
    """Wait until nothing is left of networks, in any API, on any host.

    :raises AssertionError: when something stays; it lists what
    """
    waiting.nothing_left(
        [look for one in gone for look in _looks(lab, one)], seconds
    )


def _looks(lab: cloud.Lab, gone: Trace) -> list[Callable[[], list[str]]]:
    """Return what to ask of each place, the one where it begins first."""
    regions = (
        topologies.CENTRAL,
        *(region.name for region in lab.topology.regions),
    )
    return [
        *(functools.partial(in_api, lab, region, gone) for region in regions),
        *(
            functools.partial(of_network, lab, host, gone)
            for host in lab.topology.hosts
        ),
    ]


def _flows(lab: cloud.Lab, host: str) -> list[str]:
    """Return the flows that agents made.

    What Open vSwitch learns of frames that it sees has a time-out of five
    minutes, as in any region, and goes by itself.
    """
    return [
        line.strip()
        for bridge in _run(lab, host, 'ovs-vsctl', 'list-br').split()
        for line in _run(
            lab,
            host,
            'ovs-ofctl',
            '--no-stats',
            '--no-names',
            'dump-flows',
            bridge,
        ).splitlines()
        if 'hard_timeout=' not in line
    ]


def _run(lab: cloud.Lab, host: str, *argv: str) -> str:
    done = packets.inside(lab, host, argv)
    assert done.returncode == 0, f'{host}: {" ".join(argv)}: {done.stderr}'
    return done.stdout


def everything(lab: cloud.Lab, host: str) -> set[str]:
    """Return all that agents have made on a host.

    Without cookies, which are an agent's until it starts again, and numbers
    of VLANs, which are given out anew.
    """
    bridges = _run(lab, host, 'ovs-vsctl', 'list-br').split()
    return {
        *(
            f'namespace {line.split()[0]}'
            for line in _run(lab, host, 'ip', 'netns').splitlines()
        ),
        *(
            f'interface {name} of {bridge}'
            for bridge in bridges
            for name in _run(
                lab, host, 'ovs-vsctl', 'list-ports', bridge
            ).split()
        ),
        *(
            f'flow {_NUMBERS.sub("*", line)}'
            for line in _flows(lab, host)
            if not any(one in line for one in _OF_MEMBERS)
        ),
    }


def ports_of_servers(lab: cloud.Lab, region: str) -> list[str]:
    """Return the IDs of all ports of servers of a region."""
    admin = administrator.at(lab, region)
    return [
        str(port.id)
        for port in admin.network.ports()
        if str(port.device_owner).startswith('compute:')
    ]
