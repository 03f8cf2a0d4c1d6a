# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What central has of a router, as plain values: the input of its planner.

Everything of one router is in here, for all regions, because what one
region needs depends on what the others have. Whoever reads central's
database fills it in (:mod:`tricircle.db.central.router.routers`), in whatever
order rows come.
"""

import dataclasses

from tricircle.plan import scope
from tricircle.plan.state import FixedIP
from tricircle.plan.state import Held
from tricircle.plan.state import Route


@dataclasses.dataclass(frozen=True)
class Subnet:
    """A subnet of a network that is on the router: central's gateway."""

    id: str
    cidr: str
    ip_version: int
    gateway_ip: str | None = None


@dataclasses.dataclass(frozen=True)
class Network:
    """A network that is on the router, as far as routing cares.

    :ivar hints: its ``availability_zone_hints``
    :ivar network_type: type of its first segment, None without one
    :ivar presences: names of the regions that have it
    :ivar instance_regions: names of the regions where a port of it is
        present that was made or booted there
    """

    id: str
    external: bool = False
    hints: tuple[str, ...] = ()
    network_type: str | None = None
    presences: frozenset[str] = frozenset()
    instance_regions: frozenset[str] = frozenset()
    subnets: tuple[Subnet, ...] = ()


@dataclasses.dataclass(frozen=True)
class Interface:
    """A port of the central router on one of its networks."""

    port_id: str
    mac_address: str
    network_id: str
    fixed_ips: tuple[FixedIP, ...]


@dataclasses.dataclass(frozen=True)
class FloatingIP:
    """A floating IP that is associated through the router.

    :ivar fixed_network_id: network of the port it is for
    :ivar fixed_region: region where that port is present, None when it is
        in none yet
    :ivar unsupported: attributes that are set and do not travel
    """

    id: str
    project_id: str
    floating_network_id: str
    floating_ip_address: str
    fixed_port_id: str
    fixed_ip_address: str
    fixed_network_id: str
    fixed_region: str | None
    description: str = ''
    qos_policy_id: str | None = None
    tags: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class PortForwarding:
    """What a floating IP forwards to a port; see :class:`FloatingIP`.

    :ivar internal: ports of the fixed address, as ``first:last``
    :ivar external: ports of the floating address, likewise
    """

    id: str
    protocol: str
    fixed_port_id: str
    fixed_ip_address: str
    fixed_network_id: str
    fixed_region: str | None
    internal: str
    external: str
    description: str = ''


@dataclasses.dataclass(frozen=True)
class ForwardingIP:
    """A floating IP on the router that forwards ports."""

    id: str
    project_id: str
    floating_network_id: str
    floating_ip_address: str
    forwardings: tuple[PortForwarding, ...]
    description: str = ''
    tags: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()
    qos_policy_id: str | None = None


@dataclasses.dataclass(frozen=True)
class ConntrackHelper:
    """A helper for the connections that the router translates."""

    id: str
    protocol: str
    port: int
    helper: str


@dataclasses.dataclass(frozen=True)
class Router:
    """A router as central has it.

    :ivar hints: its ``availability_zone_hints``
    :ivar gateway_qos_policy_id: the QoS policy of its gateway, if that has
        one of its own
    :ivar routes: the extra routes that users gave it
    :ivar unsupported: attributes that are set and do not travel, without
        ``router.``
    """

    id: str
    project_id: str
    name: str
    description: str
    admin_state_up: bool
    distributed: bool = False
    ha: bool = False
    enable_snat: bool = True
    hints: tuple[str, ...] = ()
    routes: tuple[Route, ...] = ()
    tags: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()
    gateway_qos_policy_id: str | None = None


@dataclasses.dataclass(frozen=True)
class RouterState:
    """A router with all that its pieces are made of.

    :ivar regions: all pods, central's own among them or not
    :ivar interfaces: its ports on tenants' networks
    :ivar gateway: its port on the external network, None without one
    :ivar snat_ports: of a distributed one with a gateway, those on the same
        networks from which the host is reached that does its SNAT
    :ivar networks: the networks of interfaces and gateway
    :ivar reservations: what is held for it, and the gateways that regions
        have on its networks
    :ivar bridge: its bridge network, None when there is none
    """

    router: Router
    regions: tuple[scope.Region, ...]
    interfaces: tuple[Interface, ...] = ()
    gateway: Interface | None = None
    snat_ports: tuple[Interface, ...] = ()
    networks: tuple[Network, ...] = ()
    floating_ips: tuple[FloatingIP, ...] = ()
    forwarding_ips: tuple[ForwardingIP, ...] = ()
    conntrack_helpers: tuple[ConntrackHelper, ...] = ()
    held_ports: tuple[Held, ...] = ()
    bridge: Network | None = None
