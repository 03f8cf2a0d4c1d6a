# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Addresses and ports of the lab. Pure."""

from typing import Final

from lab import topology as topologies

#: What the machines reach each other through: tunnels, APIs, broker.
UNDERLAY: Final = topologies.UNDERLAY
#: Where all APIs, the database and the broker listen.
CONTROL: Final = '172.30.0.10'
#: Where an API listens for what decrypts before it.
LOOPBACK: Final = '127.0.0.1'
#: The link of the user's shell to the control machine.
LINK_USER: Final = '172.30.255.1'
LINK_CONTROL: Final = '172.30.255.2'
LINK_PREFIX: Final = 30

MARIADB: Final = 3306
RABBITMQ: Final = 5672
RABBITMQ_TLS: Final = 5671
KEYSTONE: Final = 5000
CENTRAL_NEUTRON: Final = 9696
TRICIRCLE_API: Final = 19999
COMPUTE_GATEWAY: Final = 19998
VOLUME_GATEWAY: Final = 19997
#: Ports of a region's services, to which 10000 for the first region is
#: added, 20000 for the second and so on.
_REGIONAL: Final = {
    'neutron': 9696,
    'nova': 8774,
    'nova-metadata': 8775,
    'placement': 8778,
    'glance': 9292,
    'cinder': 8776,
    'cell-database': 3306,
}


def port(region: topologies.Region, service: str) -> int:
    """Return the port of a region's service on the control machine.

    :param service: neutron, nova, nova-metadata, placement, glance, cinder
        or cell-database
    """
    return region.number * 10000 + _REGIONAL[service]


def host_address(topology: topologies.Topology, host: str) -> str:
    """Return the address of a compute host on the underlay."""
    number = list(topology.hosts).index(host)
    return str(UNDERLAY.network_address + topologies.FIRST_HOST + number)


def broker_port(topology: topologies.Topology) -> int:
    """Return where the broker listens."""
    return RABBITMQ_TLS if topology.tls else RABBITMQ


def url(topology: topologies.Topology, number: int, path: str = '') -> str:
    """Return the URL of an API on the control machine."""
    scheme = 'https' if topology.tls else 'http'
    return f'{scheme}://{CONTROL}:{number}{path}'
