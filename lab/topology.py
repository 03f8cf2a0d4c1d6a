# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a lab consists of: regions, hosts, wires. Read from a YAML file."""

from collections.abc import Sequence
import dataclasses
import ipaddress
from pathlib import Path
from typing import Any, Final

import jsonschema
import yaml

from lab import topology_schema

CENTRAL: Final = 'CentralRegion'
#: Instances have names in it, of a top level that is for examples only.
DNS_DOMAIN: Final = 'lab.example.'
#: What the machines reach each other through: tunnels, APIs, broker.
UNDERLAY: Final = ipaddress.ip_network('172.30.0.0/24')
#: The first host has the eleventh address of it.
FIRST_HOST: Final = 11
MAX_HOSTS: Final = UNDERLAY.num_addresses - 1 - FIRST_HOST

#: Leaves 1500 bytes inside a VXLAN tunnel.
DEFAULT_MTU: Final = 1550
DEFAULT_VNIS: Final = (1001, 2000)
#: Machines of the lab's own, and what has its folder among those of hosts.
_NO_MACHINES = frozenset(['fab', 'ctl', 'mariadb', 'rabbitmq', 'prepared'])
#: Central's own folders and virtual host are named so.
_NO_REGIONS = frozenset([CENTRAL.lower(), 'central'])
#: Bridges that are there (br-int, br-tun, br-ul), and interfaces of a kernel.
_NO_WIRES = frozenset(['int', 'tun', 'ul', 'underlay', 'lo', 'all', 'default'])


class InvalidTopology(Exception):
    """A topology file that cannot be used; the text names file and key."""


@dataclasses.dataclass(frozen=True)
class Region:
    """A region of the cloud.

    :ivar number: from 1, in the order of the file
    :ivar hosts: names of its compute hosts
    :ivar distributed_routers: its agents have distributed routers, the SNAT
        of which is on the first host
    """

    number: int
    name: str
    availability_zone: str
    hosts: tuple[str, ...]
    distributed_routers: bool = False

    @property
    def vnis(self) -> tuple[int, int]:
        """First and last VNI of its own networks, which are not central's."""
        return 10000 * self.number + 1, 10000 * self.number + 999


@dataclasses.dataclass(frozen=True)
class PhysicalNetwork:
    """A wire on which provider networks are.

    :ivar vlans: first and last VLAN ID that central gives out
    :ivar seen_by: names of hosts, or of regions for all hosts of these; None
        for every host
    """

    name: str
    vlans: tuple[int, int]
    seen_by: tuple[str, ...] | None = None


@dataclasses.dataclass(frozen=True)
class ExternalHost:
    """A machine outside the cloud, on one of its wires.

    :ivar address: with prefix length
    """

    name: str
    physical_network: str
    address: str


@dataclasses.dataclass(frozen=True)
class Topology:
    """All of it.

    :ivar mtu: of provider networks, in bytes; 50 of them are VXLAN's
    :ivar vnis: first and last VNI that central gives out
    :ivar tls: whether APIs, database and broker are reached by TLS alone
    :ivar gateway: whether central has a compute API for all regions, and
        one of block storage where regions have that
    :ivar volumes: whether each region has block storage
    :ivar cells: whether there is one Nova, of which each region is a cell
    """

    regions: tuple[Region, ...]
    physical_networks: tuple[PhysicalNetwork, ...]
    external_hosts: tuple[ExternalHost, ...]
    mtu: int = DEFAULT_MTU
    vnis: tuple[int, int] = DEFAULT_VNIS
    tls: bool = False
    gateway: bool = False
    volumes: bool = False
    cells: bool = False

    @property
    def hosts(self) -> dict[str, Region]:
        """The region of each compute host, by the host's name."""
        return {
            host: region for region in self.regions for host in region.hosts
        }

    @property
    def wire_mtu(self) -> int:
        """The MTU of interfaces and wires: nothing is too long for them."""
        return self.mtu + topology_schema.TUNNEL_OVERHEAD

    @property
    def all_hosts(self) -> tuple[str, ...]:
        """All compute hosts, in the order of the file."""
        return tuple(host for one in self.regions for host in one.hosts)

    def seen_from(self, host: str) -> tuple[PhysicalNetwork, ...]:
        """Return the physical networks that a host is on.

        :raises KeyError: when there is no such host
        """
        names = {host, self.hosts[host].name}
        return tuple(
            one
            for one in self.physical_networks
            if one.seen_by is None or not names.isdisjoint(one.seen_by)
        )

    def seen_in(self, region: Region) -> tuple[PhysicalNetwork, ...]:
        """Return the physical networks that any host of a region is on."""
        seen = {
            one.name for host in region.hosts for one in self.seen_from(host)
        }
        return tuple(one for one in self.physical_networks if one.name in seen)

    def region(self, name: str) -> Region:
        """Return a region.

        :raises LookupError: when there is none of that name
        """
        for one in self.regions:
            if one.name == name:
                return one
        known = ', '.join(region.name for region in self.regions)
        raise LookupError(f'there is no region {name}; there are {known}')


def _parse(data: dict[str, Any]) -> Topology:
    return Topology(
        regions=tuple(
            Region(
                number,
                one['name'],
                one['availability_zone'],
                tuple(one['hosts']),
                one.get('distributed_routers', False),
            )
            for number, one in enumerate(data['regions'], 1)
        ),
        physical_networks=tuple(
            PhysicalNetwork(
                name,
                (one['vlans'][0], one['vlans'][1]),
                tuple(one['seen_by']) if 'seen_by' in one else None,
            )
            for name, one in data['physical_networks'].items()
        ),
        external_hosts=tuple(
            ExternalHost(**one) for one in data.get('external_hosts', ())
        ),
        mtu=data.get('mtu', DEFAULT_MTU),
        vnis=tuple(data.get('tunnels', {}).get('vnis', DEFAULT_VNIS)),
        tls=data.get('tls', False),
        gateway=data.get('gateway', False),
        volumes=data.get('volumes', False),
        cells=data.get('cells', False),
    )


def _taken(names: Sequence[str], reserved: frozenset[str]) -> str | None:
    """Return the first name that is reserved, or there twice.

    In whatever case: to MariaDB, names that differ in it are the same.
    """
    seen = set(reserved)
    for name in names:
        if name.lower() in seen:
            return name
        seen.add(name.lower())
    return None


def _contradictions(topology: Topology) -> str | None:
    """Return what is wrong although each key is right, and the remedy."""
    checks = (
        _taken_names,
        _zones,
        _too_many_hosts,
        _vlans,
        _vnis,
        _unseen,
        _outside,
        _two_of_nova,
    )
    return next((wrong for one in checks if (wrong := one(topology))), None)


def _taken_names(topology: Topology) -> str | None:
    # Shadow agents are known by their host's name in all regions.
    machines = [
        *topology.all_hosts,
        *(one.name for one in topology.external_hosts),
    ]
    regions = [region.name for region in topology.regions]
    wires = [one.name for one in topology.physical_networks]
    for key, names, reserved in (
        ('regions', regions, _NO_REGIONS),
        # The configuration of Nova is in a folder named after either.
        (
            'hosts',
            machines,
            _NO_MACHINES.union(region.lower() for region in regions),
        ),
        ('physical_networks', wires, _NO_WIRES),
    ):
        taken = _taken(names, reserved)
        if taken is not None:
            return f'{key}: the name {taken} is taken; choose another'
    return None


def _zones(topology: Topology) -> str | None:
    """A hint is the name of a region or of a zone: it must tell which."""
    regions = {CENTRAL, *(region.name for region in topology.regions)}
    names = {name.lower() for name in regions}
    for region in topology.regions:
        if region.availability_zone.lower() in names:
            return (
                f'regions.{region.name}.availability_zone: '
                f'{region.availability_zone} is the name of a region; '
                'choose another, such as az1'
            )
    return None


def _too_many_hosts(topology: Topology) -> str | None:
    hosts = len(topology.all_hosts)
    if hosts > MAX_HOSTS:
        return (
            f'hosts: {hosts} are too many for {UNDERLAY}; take at most '
            f'{MAX_HOSTS}'
        )
    return None


def _vlans(topology: Topology) -> str | None:
    for wire in topology.physical_networks:
        first, last = wire.vlans
        if first > last:
            return (
                f'physical_networks.{wire.name}.vlans: {first} is greater '
                f'than {last}; write the smaller one first'
            )
    return None


def _vnis(topology: Topology) -> str | None:
    first, last = topology.vnis
    if first > last:
        return (
            f'tunnels.vnis: {first} is greater than {last}; write the '
            'smaller one first'
        )
    for region in topology.regions:
        own_first, own_last = region.vnis
        if first <= own_last and own_first <= last:
            return (
                f'tunnels.vnis: {own_first} to {own_last} are of networks '
                f'of {region.name} alone; take others'
            )
    return None


def _unseen(topology: Topology) -> str | None:
    known = [
        *(region.name for region in topology.regions),
        *topology.all_hosts,
    ]
    for wire in topology.physical_networks:
        for name in wire.seen_by or ():
            if name not in known:
                return (
                    f'physical_networks.{wire.name}.seen_by: {name} is '
                    f'neither a region nor a host; take {", ".join(known)}'
                )
    return None


def _outside(topology: Topology) -> str | None:
    wires = [one.name for one in topology.physical_networks]
    for one in topology.external_hosts:
        if one.physical_network not in wires:
            return (
                f'external_hosts: {one.name} is on {one.physical_network}, '
                f'which is no physical network; take {" or ".join(wires)}'
            )
        wrong = _address_error(one.address)
        if wrong:
            return (
                f'external_hosts: {one.name}: {wrong}; write an address '
                'with its prefix length, such as 10.50.0.1/24'
            )
    return None


def _two_of_nova(topology: Topology) -> str | None:
    for name in ('gateway', 'volumes'):
        if topology.cells and getattr(topology, name):
            return (
                f'cells: with cells, CentralRegion has Nova itself; '
                f'leave out {name}'
            )
    return None


def _address_error(address: str) -> str | None:
    try:
        found = ipaddress.ip_interface(address)
    except ValueError as exc:
        return str(exc)
    if isinstance(found, ipaddress.IPv4Interface) and found.network.overlaps(
        UNDERLAY
    ):
        return f"{address} is in the lab's own network {UNDERLAY}"
    return None


class _Loader(yaml.SafeLoader):
    """Refuses a key that is there twice: YAML would take the last one."""

    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[Any, Any]:
        seen = set()
        for key, _value in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    problem=f'the key {key.value} is there twice; remove one',
                    problem_mark=key.start_mark,
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def load(path: Path) -> Topology:
    """Read a topology file.

    :raises InvalidTopology: when it cannot be read or makes no sense
    """
    try:
        data = yaml.load(
            path.read_text(encoding='utf-8'),
            _Loader,  # noqa: S506 a safe one
        )
    except OSError as exc:
        raise InvalidTopology(f'{path}: {exc.strerror}') from exc
    except UnicodeDecodeError as exc:
        raise InvalidTopology(f'{path}: no UTF-8: {exc.reason}') from exc
    except (yaml.YAMLError, ValueError, RecursionError) as exc:
        # ValueError: what looks like a date, and is none.
        raise InvalidTopology(f'{path}: no YAML: {exc}') from exc
    try:
        jsonschema.validate(data, topology_schema.SCHEMA)
    except jsonschema.ValidationError as exc:
        key = '.'.join(str(part) for part in exc.absolute_path) or 'the file'
        remedy = ''
        if exc.validator == 'additionalProperties':
            schema: Any = exc.schema
            remedy = f'; known are {", ".join(schema["properties"])}'
        raise InvalidTopology(f'{path}: {key}: {exc.message}{remedy}') from exc
    topology = _parse(data)
    wrong = _contradictions(topology)
    if wrong:
        raise InvalidTopology(f'{path}: {wrong}')
    return topology
