# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Bodies of the documents of routers, beside those of the other kinds."""

from typing import NotRequired, TypedDict

from tricircle.replica.body.bodies import FixedIP
from tricircle.replica.body.bodies import HostRoute


class Router(TypedDict):
    """A router, or the piece of one that this region has."""

    id: str
    project_id: str
    name: str
    description: str
    admin_state_up: bool
    distributed: bool
    ha: bool
    tags: list[str]


class RouterInterface(TypedDict):
    """A leg on an internal subnet; the region makes the port of that ID."""

    port_id: str
    network_id: str
    mac_address: str
    fixed_ips: list[FixedIP]


class RouterGateway(TypedDict):
    """The leg on an external network, or on the bridge network."""

    port_id: str
    network_id: str
    mac_address: str
    fixed_ips: list[FixedIP]
    enable_snat: bool
    # Absent where it has none of its own.
    qos_policy_id: NotRequired[str]


class FloatingIP(TypedDict):
    """A floating IP of the router's gateway network.

    ``port_id`` is a port of this region: the port that the floating IP is
    for, or, where that port is reached over the bridge network, the
    router's own leg there. ``id`` is central's; the region's own is another
    (the ledger maps them). Without ``tags`` it has none.
    """

    id: str
    project_id: str
    floating_network_id: str
    floating_ip_address: str
    port_id: str
    fixed_ip_address: str
    description: str
    # Absent where it has none of its own.
    qos_policy_id: NotRequired[str]
    tags: NotRequired[list[str]]


class PortForwarding(TypedDict):
    """A port forwarding; ranges of ports as ``first:last``.

    ``internal_port_id`` is a port of this region: see :class:`FloatingIP`.
    """

    id: str
    protocol: str
    internal_port_id: str
    internal_ip_address: str
    internal_port_range: str
    external_port_range: str
    description: str


class ForwardingIP(TypedDict):
    """A floating IP that is for no port, but forwards some of its own."""

    id: str
    project_id: str
    floating_network_id: str
    floating_ip_address: str
    description: str
    # Absent where it has none of its own.
    qos_policy_id: NotRequired[str]
    tags: NotRequired[list[str]]
    port_forwardings: list[PortForwarding]


class ConntrackHelper(TypedDict):
    """A helper of the kernel's for the connections to a port."""

    id: str
    protocol: str
    port: int
    helper: str


class RouterBody(TypedDict):
    """One router of one region, with everything on it.

    ``snat_ports`` is there when the router is distributed, and says that
    central has the addresses that this takes: one on each subnet, from which
    the host that does the SNAT is reached. A central of the version before
    has a distributed router without it; the region makes that one in one
    place.

    ``forwarding_ips`` and ``conntrack_helpers`` are there when there are any:
    a region of the version before has no word for them.
    """

    router: Router
    gateway: RouterGateway | None
    interfaces: list[RouterInterface]
    routes: list[HostRoute]
    floating_ips: list[FloatingIP]
    snat_ports: NotRequired[list[RouterInterface]]
    forwarding_ips: NotRequired[list[ForwardingIP]]
    conntrack_helpers: NotRequired[list[ConntrackHelper]]
