# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The kinds of ports that central holds for regions: a rule stands here once.

Central makes such a port for a region's own needs, as ordinary rows of
Neutron's, so that nothing else ever gets its addresses. What all kinds have
in common: the port is known by its row in ``reserved_ports``; its owner is
``network:dhcp`` and it has no project, so that Neutron removes it with its
subnet or network, and no quota counts it; tenants do not see it; nobody may
change or delete it but central; one that somebody removed from the database
is made again, with the addresses that it had.
"""

from collections.abc import Mapping
import dataclasses
import enum
from typing import Final

from tricircle.replica import types

#: device_id by which a DHCP agent adopts a port, Neutron's own constant
#: (neutron_lib.constants.DEVICE_ID_RESERVED_DHCP_PORT).
RESERVED_DHCP_DEVICE_ID: Final = 'reserved_dhcp_port'


class Spans(enum.Enum):
    """On which subnets of its network a port has an address."""

    #: The one that it is for.
    ONE = 'one'
    #: All on which there is DHCP.
    DHCP = 'dhcp'
    #: Those that the plan of its router names.
    PLANNED = 'planned'
    #: Those that Neutron chooses for its owner in the region.
    CHOSEN = 'chosen'


class HeldPort(enum.StrEnum):
    """A kind of port that central holds, by its name in ``reserved_ports``."""

    #: Of a subnet in one region.
    GATEWAY = 'gateway'
    #: For one of a region's DHCP agents.
    DHCP = 'dhcp'
    #: Of one region's piece of a router, on the bridge network.
    BRIDGE_LEG = 'bridge_leg'
    #: Of one region's piece of a router, on a subnet whose gateway it is not.
    INTERFACE = 'interface'
    #: Of one of a region's L3 agents, on an external network. Through it
    #: floating IPs of distributed routers go in and out on the agent's host.
    AGENT_GATEWAY = 'agent_gateway'


@dataclasses.dataclass(frozen=True)
class Rules:
    """What holds for a kind.

    :ivar device_id: that of central's port, which nobody else may say
    :ivar purpose: what it is to its region, as refusals say it
    :ivar comes_with: type of the document that brings it to its region
    :ivar spans: on which subnets it has an address
    """

    device_id: str
    purpose: str
    comes_with: str
    spans: Spans


RULES: Final[Mapping[str, Rules]] = {
    HeldPort.GATEWAY: Rules(
        'reserved_gateway_port', 'the gateway', types.NETWORK, Spans.ONE
    ),
    HeldPort.DHCP: Rules(
        RESERVED_DHCP_DEVICE_ID, 'a DHCP port', types.NETWORK, Spans.DHCP
    ),
    HeldPort.BRIDGE_LEG: Rules(
        'reserved_bridge_leg',
        'the leg of a router on its bridge network',
        types.ROUTER,
        Spans.PLANNED,
    ),
    HeldPort.INTERFACE: Rules(
        'reserved_router_interface',
        'the interface of a router',
        types.ROUTER,
        Spans.ONE,
    ),
    HeldPort.AGENT_GATEWAY: Rules(
        'reserved_agent_gateway',
        'the floating IP gateway of an L3 agent',
        types.NETWORK,
        Spans.CHOSEN,
    ),
}

#: What nobody may say of a port but central.
DEVICE_IDS: Final = frozenset(rules.device_id for rules in RULES.values())


def coming_with(document_type: str) -> list[str]:
    """Return the kinds that a type of document brings to its region."""
    return [
        kind
        for kind, rules in RULES.items()
        if rules.comes_with == document_type
    ]
