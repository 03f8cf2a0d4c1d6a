# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Types of documents, and the words both sides use for them."""

from typing import Final

NETWORK: Final = 'network'
PORT: Final = 'port'
ADDRESS_GROUP: Final = 'address-group'
SECURITY_GROUP: Final = 'security-group'
GROUP_MEMBERS: Final = 'security-group-members'
SHADOW_PORTS: Final = 'shadow-ports'
ROUTER: Final = 'router'

#: An entry of the journal that is no document: compare a region with central.
SWEEP: Final = 'sweep'
#: Another one: central lays a router out over the regions. Its ID is the
#: router's, its region central's own.
ROUTER_PLAN: Final = 'router-plan'

SHADOW_DEVICE_OWNER: Final = 'compute:shadow'
#: device_id by which a DHCP agent adopts a port, Neutron's own constant
#: (neutron_lib.constants.DEVICE_ID_RESERVED_DHCP_PORT).
RESERVED_DHCP_DEVICE_ID: Final = 'reserved_dhcp_port'

KIND_GATEWAY: Final = 'gateway'
KIND_DHCP: Final = 'dhcp'
#: The address of one region's piece of a router on the bridge network.
KIND_BRIDGE_LEG: Final = 'bridge_leg'
#: The address of one region's piece of a router on a subnet whose gateway it
#: is not.
KIND_INTERFACE: Final = 'interface'
#: The port of one of a region's L3 agents on an external network, through
#: which floating IPs of distributed routers go in and out on its host.
KIND_AGENT_GATEWAY: Final = 'agent_gateway'
#: Device IDs of the ports that central holds, by kind.
RESERVED_DEVICE_IDS: Final = {
    KIND_GATEWAY: 'reserved_gateway_port',
    KIND_DHCP: RESERVED_DHCP_DEVICE_ID,
    KIND_BRIDGE_LEG: 'reserved_bridge_leg',
    KIND_INTERFACE: 'reserved_router_interface',
    KIND_AGENT_GATEWAY: 'reserved_agent_gateway',
}

AGENT_TYPE_OVS: Final = 'Open vSwitch agent'


def shadow_id(network_id: str, chunk: int) -> str:
    """ID of the shadow port document of one chunk of a network.

    :param network_id: UUID of the network
    :param chunk: number of the chunk, from 0
    """
    return f'{network_id}_{chunk}'


def parse_shadow_id(text: str) -> tuple[str, int]:
    """Return network ID and chunk of a :func:`shadow_id`.

    :raises ValueError: when the text is none
    """
    network_id, sep, chunk = text.partition('_')
    if not sep or not chunk.isdigit():
        raise ValueError(f'{text!r} names no chunk of shadow ports')
    return network_id, int(chunk)
