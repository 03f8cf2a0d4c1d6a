# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What central has, as plain values: the input of the planners.

Whoever reads central's database fills these in (``tricircle.db.central_*``),
in whatever order rows come; the planners put things in order. ``None`` means
what it means in the Neutron API.
"""

from collections.abc import Mapping
import dataclasses
from typing import Any


@dataclasses.dataclass(frozen=True)
class FixedIP:
    """One address of a port."""

    subnet_id: str
    ip_address: str


@dataclasses.dataclass(frozen=True)
class Range:
    """Addresses from start to end, both included."""

    start: str
    end: str


@dataclasses.dataclass(frozen=True)
class Route:
    """A host route of a subnet."""

    destination: str
    nexthop: str


@dataclasses.dataclass(frozen=True)
class Segment:
    """One provider segment of a network."""

    network_type: str
    physical_network: str | None
    segmentation_id: int | None


@dataclasses.dataclass(frozen=True)
class RBACEntry:
    """Who else may use a network or security group."""

    id: str
    project_id: str
    target_project: str
    action: str


@dataclasses.dataclass(frozen=True)
class Held:
    """A port that central holds for the needs of one region.

    :ivar kind: one of :class:`tricircle.replica.held_ports.HeldPort`
    :ivar subnet_id: the subnet of a gateway or an interface, else None
    :ivar router_id: of a leg or an interface, ID of the piece: the router's
        or that of its north-south piece; else None
    :ivar mac_address: '' where the port itself was not looked at
    """

    port_id: str
    kind: str
    network_id: str
    region_name: str
    subnet_id: str | None = None
    router_id: str | None = None
    mac_address: str = ''
    fixed_ips: tuple[FixedIP, ...] = ()


@dataclasses.dataclass(frozen=True)
class Subnet:
    """A subnet as central has it: with central's gateway and pools.

    :ivar router_gateway: address of a local router of the region that is
        planned for, which is the gateway there; None without one
    :ivar router_routes: host routes that lead to routers of that region
        which are not its gateway
    """

    id: str
    project_id: str
    name: str
    description: str
    ip_version: int
    cidr: str
    gateway_ip: str | None
    pools: tuple[Range, ...]
    enable_dhcp: bool
    #: In the order in which instances are to ask them.
    dns_nameservers: tuple[str, ...] = ()
    host_routes: tuple[Route, ...] = ()
    ipv6_ra_mode: str | None = None
    ipv6_address_mode: str | None = None
    service_types: tuple[str, ...] = ()
    #: Of the pool that its range is from, or what says that it is delegated.
    subnetpool_id: str | None = None
    dns_publish_fixed_ip: bool = False
    tags: tuple[str, ...] = ()
    #: Attributes that are set and do not travel, without ``subnet.``.
    unsupported: tuple[str, ...] = ()
    router_gateway: str | None = None
    router_routes: tuple[Route, ...] = ()


@dataclasses.dataclass(frozen=True)
class Network:
    """A network, with what belongs to it and what one region holds of it.

    :ivar external: it is an external network in central
    :ivar bridge: it is the bridge network of a router: an external network
        in the regions, for the gateways of routers, and not in central
    :ivar segments: in the order of their index
    :ivar reservations: those of the region that is planned for
    :ivar default_security_group: ID of the default group of the network's
        project, None when that has none
    :ivar unsupported: attributes that are set and do not travel, without
        ``network.``
    """

    id: str
    project_id: str
    name: str
    description: str
    admin_state_up: bool
    mtu: int
    port_security_enabled: bool
    external: bool
    segments: tuple[Segment, ...]
    subnets: tuple[Subnet, ...] = ()
    rbac: tuple[RBACEntry, ...] = ()
    held_ports: tuple[Held, ...] = ()
    default_security_group: str | None = None
    tags: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()
    bridge: bool = False
    qos_policy_id: str | None = None
    dns_domain: str = ''


@dataclasses.dataclass(frozen=True)
class AddressPair:
    """One allowed address pair of a port."""

    mac_address: str
    ip_address: str


@dataclasses.dataclass(frozen=True)
class DhcpOption:
    """One extra DHCP option of a port."""

    opt_name: str
    opt_value: str
    ip_version: int


@dataclasses.dataclass(frozen=True)
class Told:
    """What a region said last of a port that is in it.

    :ivar revision: of its report
    :ivar host: that the port was bound to; '' for none
    """

    region_name: str
    revision: int
    host: str
    device_id: str


@dataclasses.dataclass(frozen=True)
class Port:
    """A port.

    :ivar unsupported: attributes that are set and do not travel, without
        ``port.``
    :ivar device_id: as central has it: what somebody said in central, or what
        the region with the port has reported
    :ivar optional: attributes of extensions that are set
    :ivar told: None when no region has said anything
    :ivar trunk_id: ID of the trunk that it is the parent of
    """

    id: str
    network_id: str
    project_id: str
    name: str
    description: str
    admin_state_up: bool
    mac_address: str
    port_security_enabled: bool
    vnic_type: str
    fixed_ips: tuple[FixedIP, ...] = ()
    security_groups: tuple[str, ...] = ()
    address_pairs: tuple[AddressPair, ...] = ()
    dhcp_options: tuple[DhcpOption, ...] = ()
    tags: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()
    device_id: str = ''
    device_owner: str = ''
    qos_policy_id: str | None = None
    optional: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    told: Told | None = None
    trunk_id: str | None = None


@dataclasses.dataclass(frozen=True)
class Rule:
    """A security group rule."""

    id: str
    direction: str
    ethertype: str
    protocol: str | None
    port_range_min: int | None
    port_range_max: int | None
    remote_ip_prefix: str | None
    remote_group_id: str | None
    remote_address_group_id: str | None
    description: str


@dataclasses.dataclass(frozen=True)
class SecurityGroup:
    """A security group with its rules."""

    id: str
    project_id: str
    name: str
    description: str
    stateful: bool
    default: bool
    rules: tuple[Rule, ...] = ()
    rbac: tuple[RBACEntry, ...] = ()
    tags: tuple[str, ...] = ()
