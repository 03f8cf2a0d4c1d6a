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

import dataclasses
import ipaddress
from pathlib import Path
from typing import Any, Final

import jsonschema
import yaml

CENTRAL: Final = 'CentralRegion'

#: A machine's name is also that of network interfaces, which are short.
_NAME = {'type': 'string', 'pattern': '^[A-Za-z][A-Za-z0-9]{0,7}$'}
_SCHEMA: Final[dict[str, Any]] = {
    'type': 'object',
    'required': ['regions', 'physical_networks'],
    'additionalProperties': False,
    'properties': {
        'regions': {
            'type': 'array',
            'minItems': 1,
            'maxItems': 5,
            'items': {
                'type': 'object',
                'required': ['name', 'availability_zone', 'hosts'],
                'additionalProperties': False,
                'properties': {
                    'name': {
                        'type': 'string',
                        'pattern': '^[A-Za-z][A-Za-z0-9]{0,30}$',
                    },
                    'availability_zone': {'type': 'string', 'minLength': 1},
                    'hosts': {'type': 'array', 'minItems': 1, 'items': _NAME},
                },
            },
        },
        'physical_networks': {
            'type': 'object',
            'minProperties': 1,
            'propertyNames': _NAME,
            'additionalProperties': {
                'type': 'object',
                'required': ['vlans'],
                'additionalProperties': False,
                'properties': {
                    'vlans': {
                        'type': 'array',
                        'minItems': 2,
                        'maxItems': 2,
                        'items': {
                            'type': 'integer',
                            'minimum': 1,
                            'maximum': 4094,
                        },
                    }
                },
            },
        },
        'external_hosts': {
            'type': 'array',
            'items': {
                'type': 'object',
                'required': ['name', 'physical_network', 'address'],
                'additionalProperties': False,
                'properties': {
                    'name': _NAME,
                    'physical_network': {'type': 'string'},
                    'address': {'type': 'string'},
                },
            },
        },
    },
}
_RESERVED = frozenset(['fab', 'ctl'])


class InvalidTopology(Exception):
    """A topology file that cannot be used; the text names file and key."""


@dataclasses.dataclass(frozen=True)
class Region:
    """A region of the cloud.

    :ivar number: from 1, in the order of the file
    :ivar hosts: names of its compute hosts
    """

    number: int
    name: str
    availability_zone: str
    hosts: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class PhysicalNetwork:
    """A wire on which provider networks are.

    :ivar vlans: first and last VLAN ID that central gives out
    """

    name: str
    vlans: tuple[int, int]


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
    """All of it."""

    regions: tuple[Region, ...]
    physical_networks: tuple[PhysicalNetwork, ...]
    external_hosts: tuple[ExternalHost, ...]

    @property
    def hosts(self) -> dict[str, Region]:
        """The region of each compute host, by the host's name."""
        return {
            host: region for region in self.regions for host in region.hosts
        }

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
            )
            for number, one in enumerate(data['regions'], 1)
        ),
        physical_networks=tuple(
            PhysicalNetwork(name, (one['vlans'][0], one['vlans'][1]))
            for name, one in data['physical_networks'].items()
        ),
        external_hosts=tuple(
            ExternalHost(**one) for one in data.get('external_hosts', ())
        ),
    )


def _contradictions(topology: Topology) -> str | None:
    machines = [
        *(host for region in topology.regions for host in region.hosts),
        *(one.name for one in topology.external_hosts),
    ]
    regions = [region.name for region in topology.regions]
    for name in machines:
        if machines.count(name) > 1 or name in _RESERVED:
            # Shadow agents are known by their host's name in all regions.
            return f'hosts: the name {name} is taken'
    for name in regions:
        if regions.count(name) > 1 or name == CENTRAL:
            return f'regions: the name {name} is taken'
    wires = {one.name for one in topology.physical_networks}
    for one in topology.external_hosts:
        if one.physical_network not in wires:
            return (
                f'external_hosts: {one.name} is on {one.physical_network}, '
                'which is no physical network'
            )
        try:
            ipaddress.ip_interface(one.address)
        except ValueError as exc:
            return f'external_hosts: {one.name}: {exc}'
    return None


def load(path: Path) -> Topology:
    """Read a topology file.

    :raises InvalidTopology: when it cannot be read or makes no sense
    """
    try:
        data = yaml.safe_load(path.read_text())
    except OSError as exc:
        raise InvalidTopology(f'{path}: {exc.strerror}') from exc
    except yaml.YAMLError as exc:
        raise InvalidTopology(f'{path}: no YAML: {exc}') from exc
    try:
        jsonschema.validate(data, _SCHEMA)
    except jsonschema.ValidationError as exc:
        key = '.'.join(str(part) for part in exc.absolute_path) or 'the file'
        raise InvalidTopology(f'{path}: {key}: {exc.message}') from exc
    topology = _parse(data)
    wrong = _contradictions(topology)
    if wrong:
        raise InvalidTopology(f'{path}: {wrong}')
    return topology
