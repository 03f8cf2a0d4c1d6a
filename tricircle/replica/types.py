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
TRUNK: Final = 'trunk'
ADDRESS_SCOPE: Final = 'address-scope'
SUBNET_POOL: Final = 'subnet-pool'
ADDRESS_GROUP: Final = 'address-group'
QOS_POLICY: Final = 'qos-policy'
SECURITY_GROUP: Final = 'security-group'
GROUP_MEMBERS: Final = 'security-group-members'
SHADOW_PORTS: Final = 'shadow-ports'
ROUTER: Final = 'router'

#: What the version before has no documents of. What requires them is carried
#: out without them there.
NEW: Final = frozenset({ADDRESS_SCOPE, SUBNET_POOL, QOS_POLICY})

#: An entry of the journal that is no document: compare a region with central.
SWEEP: Final = 'sweep'
#: Another one: central lays a router out over the regions. Its ID is the
#: router's, its region central's own.
ROUTER_PLAN: Final = 'router-plan'
#: And another: central takes from a region that leaves what it has. Its ID is
#: that of the pod, its region central's own.
DEPARTURE: Final = 'region-departure'
#: Another one: a network of the region's own becomes central's. What is asked
#: of the region is of that region, what central makes is of central's own.
#: The ID is the network's.
ADOPTION: Final = 'network-adoption'
ADOPTION_ROWS: Final = 'network-adoption-rows'

#: What the gateways give to all regions alike, and carry out themselves. Their
#: IDs are those of central's rows.
FLAVOR: Final = 'flavor'
KEYPAIR: Final = 'keypair'
VOLUME_TYPE: Final = 'volume-type'
VOLUME_QOS: Final = 'volume-qos'
GROUP_TYPE: Final = 'group-type'
DEFAULT_TYPE: Final = 'default-volume-type'
MIRRORED: Final = (
    FLAVOR,
    KEYPAIR,
    VOLUME_TYPE,
    VOLUME_QOS,
    GROUP_TYPE,
    DEFAULT_TYPE,
)

SHADOW_DEVICE_OWNER: Final = 'compute:shadow'

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
