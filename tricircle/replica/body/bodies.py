# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Bodies of the documents.

Keys are those of the Neutron API, so that a body reads like the resource
it describes. Lists that mean a set are sorted by whoever makes a body (see
:mod:`tricircle.replica.body.canonical`), because bodies are compared by
digest.
"""

from typing import Any, NotRequired, TypedDict


class AllocationPool(TypedDict):
    """Addresses from start to end, both included."""

    start: str
    end: str


class HostRoute(TypedDict):
    """A route given to instances."""

    destination: str
    nexthop: str


class FixedIP(TypedDict):
    """One address of a port."""

    subnet_id: str
    ip_address: str


class RBACEntry(TypedDict):
    """Who else may use a resource (``rbac-policies`` of the API)."""

    id: str
    project_id: str
    target_tenant: str
    action: str


Network = TypedDict(
    'Network',
    {
        'id': str,
        'project_id': str,
        'name': str,
        'description': str,
        'admin_state_up': bool,
        # Absent for type local, as what follows.
        'mtu': NotRequired[int],
        'port_security_enabled': bool,
        'router:external': bool,
        # Absent for type local: the region takes its own default type.
        'provider:network_type': NotRequired[str],
        'provider:physical_network': NotRequired[str | None],
        'provider:segmentation_id': NotRequired[int | None],
        'tags': list[str],
        # Absent where it has none.
        'qos_policy_id': NotRequired[str],
        'dns_domain': NotRequired[str],
    },
)


class Subnet(TypedDict):
    """A subnet as this region has it: gateway and pools are its own."""

    id: str
    project_id: str
    name: str
    description: str
    ip_version: int
    cidr: str
    gateway_ip: str | None
    allocation_pools: list[AllocationPool]
    enable_dhcp: bool
    dns_nameservers: list[str]
    host_routes: list[HostRoute]
    ipv6_ra_mode: str | None
    ipv6_address_mode: str | None
    service_types: list[str]
    # Absent where it is of no pool.
    subnetpool_id: NotRequired[str]
    # Absent unless true.
    dns_publish_fixed_ip: NotRequired[bool]
    tags: list[str]


class ReservedPort(TypedDict):
    """A port that central reserved for an agent of this region."""

    id: str
    mac_address: str
    fixed_ips: list[FixedIP]


class NetworkBody(TypedDict):
    """A network with all that belongs to it.

    ``default_security_group`` is the ID of the default group of the
    network's project in central, None when the project has none yet.
    ``agent_gateways`` is there when the region asked for some: see
    :class:`tricircle.replica.messages.PullBody`.
    """

    network: Network
    subnets: list[Subnet]
    dhcp_ports: list[ReservedPort]
    rbac: list[RBACEntry]
    default_security_group: str | None
    agent_gateways: NotRequired[list[ReservedPort]]


Port = TypedDict(
    'Port',
    {
        'id': str,
        'network_id': str,
        'project_id': str,
        'name': str,
        'description': str,
        'admin_state_up': bool,
        'mac_address': str,
        'fixed_ips': list[FixedIP],
        'security_groups': list[str],
        'port_security_enabled': bool,
        'allowed_address_pairs': list[dict[str, str]],
        'extra_dhcp_opts': list[dict[str, Any]],
        'binding:vnic_type': str,
        'tags': list[str],
        # Absent where it has none of its own.
        'qos_policy_id': NotRequired[str],
        # Of extensions; absent where they are not set.
        'dns_domain': NotRequired[str],
        'dns_name': NotRequired[str],
        'device_profile': NotRequired[str],
        'hardware_offload_type': NotRequired[str],
        'hints': NotRequired[dict[str, Any]],
        'numa_affinity_policy': NotRequired[str],
        'propagate_uplink_status': NotRequired[bool],
        'trusted': NotRequired[bool],
    },
)


class PortBody(TypedDict):
    """A port. Device, host and status are the region's own."""

    port: Port


class SubPort(TypedDict):
    """A port that a trunk carries, and as which VLAN."""

    port_id: str
    segmentation_type: str
    segmentation_id: int


class Trunk(TypedDict):
    """A trunk, with what it carries in the order of the ports' IDs."""

    id: str
    project_id: str
    name: str
    description: str
    admin_state_up: bool
    port_id: str
    sub_ports: list[SubPort]
    tags: list[str]


class TrunkBody(TypedDict):
    """A trunk alone; its ports have documents of their own."""

    trunk: Trunk


class AddressGroup(TypedDict):
    """An address group; addresses in CIDR notation."""

    id: str
    project_id: str
    name: str
    description: str
    addresses: list[str]


class AddressGroupBody(TypedDict):
    """An address group, and who else may use it."""

    address_group: AddressGroup
    rbac: list[RBACEntry]


class QosPolicy(TypedDict):
    """A QoS policy."""

    id: str
    project_id: str
    name: str
    description: str
    tags: list[str]


class QosPolicyBody(TypedDict):
    """A QoS policy with its rules, and who else may use it.

    Each rule has a ``type`` and an ``id`` beside its own values.
    """

    policy: QosPolicy
    rules: list[dict[str, Any]]
    rbac: list[RBACEntry]


class SecurityGroupRule(TypedDict):
    """One rule; remote groups and address groups by ID."""

    id: str
    direction: str
    ethertype: str
    protocol: str | None
    port_range_min: int | None
    port_range_max: int | None
    remote_ip_prefix: str | None
    remote_group_id: str | None
    remote_address_group_id: NotRequired[str]
    description: str


class SecurityGroup(TypedDict):
    """A security group; ``default`` is true for a project's default."""

    id: str
    project_id: str
    name: str
    description: str
    stateful: bool
    default: bool
    tags: list[str]


class SecurityGroupBody(TypedDict):
    """A group with all its rules."""

    security_group: SecurityGroup
    rules: list[SecurityGroupRule]
    rbac: list[RBACEntry]


class GroupMembersBody(TypedDict):
    """Members of a security group that this region has no ports of.

    ``addresses`` are theirs, in CIDR notation.
    """

    security_group_id: str
    addresses: list[str]


class ShadowPort(TypedDict):
    """A port of another region, as this region must know it."""

    id: str
    name: str
    mac_address: str
    fixed_ips: list[FixedIP]
    security_groups: list[str]
    allowed_address_pairs: list[dict[str, str]]
    port_security_enabled: bool
    # Absent where it has none.
    dns_name: NotRequired[str]
    region: str
    host: str


class ShadowAgent(TypedDict):
    """The layer-2 agent of a host of another region."""

    region: str
    host: str
    agent_type: str
    tunnel_ip: str


class ShadowPortsBody(TypedDict):
    """One chunk of a network's shadow ports, with the agents they are on."""

    network_id: str
    chunk: int
    ports: list[ShadowPort]
    agents: list[ShadowAgent]
