# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Pieces of a router: the routers that regions have of it."""

import dataclasses
import enum
import ipaddress
import uuid

from tricircle.plan.router import state as router_state
from tricircle.plan.state import Held
from tricircle.replica.held_ports import HeldPort

# Neither version nor variant of a UUID is in here, so that what comes out is
# as much a UUID as what goes in.
_NORTH_SOUTH = uuid.UUID('8d1b6e0a-5c3f-0a94-2b7e-c1f04d9a6e35').int


def north_south_id(router_id: str) -> str:
    """Return the ID of the north-south piece of a router.

    It is its own inverse: of a north-south piece's ID it gives the router's.

    :param router_id: UUID of the central router
    """
    return str(uuid.UUID(int=uuid.UUID(router_id).int ^ _NORTH_SOUTH))


class Role(enum.Enum):
    """What a piece is for."""

    #: The whole of a local router.
    LOCAL = 'local'
    #: The part of a router that a region's instances meet.
    REGULAR = 'regular'
    #: The way out, in the region of the external network.
    NORTH_SOUTH = 'north-south'


#: Kind, region, piece and subnet: what tells a reservation from the others
#: of a router.
Key = tuple[str, str, str, str]


@dataclasses.dataclass(frozen=True)
class Need:
    """A port that central has to hold for a piece.

    :ivar kind: ``HeldPort.GATEWAY``, which is there when the network has
        been granted to the region; ``KIND_INTERFACE``: one address on a
        subnet; ``KIND_BRIDGE_LEG``: one on each subnet of the bridge
        network whose version the router routes, all on one port
    :ivar region: region of the piece
    :ivar router_id: ID of the piece, None for a gateway
    :ivar network_id: None for the bridge network while there is none
    :ivar subnet_id: None for a leg
    :ivar addresses: the addresses that it must have, () for any
    :ivar versions: IP versions that a leg must have an address of, sorted
    """

    kind: HeldPort
    region: str
    router_id: str | None
    network_id: str | None
    subnet_id: str | None = None
    addresses: tuple[str, ...] = ()
    versions: tuple[int, ...] = ()

    @property
    def key(self) -> Key:
        """What tells it from all others of the router."""
        return (
            self.kind,
            self.region,
            self.router_id or '',
            self.subnet_id or '',
        )


def key_of(held: Held) -> Key:
    """Return the key of the need that a reservation is for."""
    return (
        held.kind,
        held.region_name,
        held.router_id or '',
        held.subnet_id or '',
    )


@dataclasses.dataclass(frozen=True)
class Piece:
    """The router of one region.

    :ivar id: the central router's, or that of the north-south piece
    :ivar router_id: the central router's
    :ivar networks: IDs of the networks that have to be present in the
        region, sorted; the bridge network among them once there is one
    :ivar bridged: it is on the bridge network
    :ivar needs: what central has to hold for it
    """

    id: str
    router_id: str
    region: str
    role: Role
    networks: tuple[str, ...]
    bridged: bool
    needs: tuple[Need, ...]


@dataclasses.dataclass(frozen=True)
class Attachment:
    """A subnet on the router, as it is in central.

    :ivar port: central's port, which has the address
    :ivar address: that of the router on the subnet
    """

    network: router_state.Network
    subnet: router_state.Subnet
    port: router_state.Interface
    address: str

    @property
    def is_gateway(self) -> bool:
        """Whether the router is the default gateway of the subnet."""
        gateway = self.subnet.gateway_ip
        return gateway is not None and same_address(gateway, self.address)


def same_address(one: str, other: str) -> bool:
    """Tell whether two texts mean one address."""
    return ipaddress.ip_address(one) == ipaddress.ip_address(other)
