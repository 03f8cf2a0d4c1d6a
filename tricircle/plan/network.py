# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The document of a network: with its subnets, as one region has them."""

from collections.abc import Iterable
import ipaddress

from tricircle.plan import allocation_pools
from tricircle.plan import state
from tricircle.replica.body import bodies
from tricircle.replica.body import canonical
from tricircle.replica.held_ports import HeldPort

TYPE_LOCAL = 'local'
#: Range of a subnet that waits for a delegated prefix
#: (``neutron_lib.constants.PROVISIONAL_IPV6_PD_PREFIX``).
WAITING_FOR_PREFIX = '::/64'
#: The pool of a subnet whose prefix is delegated: none
#: (``neutron_lib.constants.IPV6_PD_POOL_ID``).
DELEGATED = 'prefix_delegation'


def _addresses(
    fixed_ips: Iterable[state.FixedIP], subnets: frozenset[str]
) -> list[bodies.FixedIP]:
    return [
        bodies.FixedIP(subnet_id=fixed.subnet_id, ip_address=fixed.ip_address)
        for fixed in fixed_ips
        if fixed.subnet_id in subnets
    ]


def has_gateway_of_its_own(
    network: state.Network, subnet: state.Subnet
) -> bool:
    """Tell whether each region needs a gateway address on a subnet.

    The gateway of an external network is a router outside, the same for
    all; that of a bridge network is the way out of its router.
    """
    return (
        subnet.gateway_ip is not None
        and not network.external
        and not network.bridge
    )


def travelling(network: state.Network) -> list[state.Subnet]:
    """Return the subnets that regions get: those that have a range."""
    return [
        subnet
        for subnet in network.subnets
        if subnet.cidr != WAITING_FOR_PREFIX
    ]


def subnet_pools(network: state.Network) -> frozenset[str]:
    """Return the IDs of the pools that its subnets in regions are from."""
    pools = {_pool_of(subnet) for subnet in travelling(network)}
    return frozenset(one for one in pools if one is not None)


def _pool_of(subnet: state.Subnet) -> str | None:
    return None if subnet.subnetpool_id == DELEGATED else subnet.subnetpool_id


def gateway_of(network: state.Network, subnet: state.Subnet) -> str | None:
    """Return the gateway of a subnet in the region, None without one.

    That is the local router there, if one is on the subnet; else the
    address that is reserved for the region.
    """
    if not has_gateway_of_its_own(network, subnet):
        return subnet.gateway_ip
    return subnet.router_gateway or reserved_gateway(network, subnet)


def reserved_gateway(
    network: state.Network, subnet: state.Subnet
) -> str | None:
    """Return the gateway that is reserved for the region, None if not."""
    for held in network.held_ports:
        if held.kind == HeldPort.GATEWAY and held.subnet_id == subnet.id:
            for fixed in held.fixed_ips:
                if fixed.subnet_id == subnet.id:
                    return fixed.ip_address
    return None


def dhcp_subnets(network: state.Network) -> frozenset[str]:
    """Return the subnets on which DHCP ports need an address."""
    return frozenset(
        subnet.id for subnet in travelling(network) if subnet.enable_dhcp
    )


def gateways_missing(network: state.Network) -> list[state.Subnet]:
    """Return the subnets for which the region has no gateway yet."""
    return [
        subnet
        for subnet in travelling(network)
        if has_gateway_of_its_own(network, subnet)
        and reserved_gateway(network, subnet) is None
    ]


def dhcp_ports(network: state.Network) -> list[state.Held]:
    """Return what is reserved for the region's DHCP agents."""
    return [held for held in network.held_ports if held.kind == HeldPort.DHCP]


def agent_gateways(network: state.Network) -> list[state.Held]:
    """Return what is reserved for floating IPs on the region's hosts."""
    return [
        held
        for held in network.held_ports
        if held.kind == HeldPort.AGENT_GATEWAY
    ]


def is_complete(network: state.Network, dhcp_agents: int = 1) -> bool:
    """Tell whether central holds everything the region needs of its own.

    :param dhcp_agents: how many DHCP ports the region asked for; it gets
        those only on a network that has a subnet with DHCP
    """
    if gateways_missing(network):
        return False
    needed = dhcp_subnets(network)
    if not needed:
        return True
    ports = dhcp_ports(network)
    return len(ports) >= dhcp_agents and all(
        needed <= {fixed.subnet_id for fixed in port.fixed_ips}
        for port in ports
    )


def _host_routes(subnet: state.Subnet) -> list[state.Route]:
    """Return the subnet's own routes, and ours to other destinations."""
    if not subnet.router_routes:
        return list(subnet.host_routes)
    taken = {
        ipaddress.ip_network(route.destination, strict=False)
        for route in subnet.host_routes
    }
    return [
        *subnet.host_routes,
        *(
            route
            for route in subnet.router_routes
            if ipaddress.ip_network(route.destination) not in taken
        ),
    ]


def _subnet_body(
    network: state.Network, subnet: state.Subnet
) -> bodies.Subnet:
    gateway = gateway_of(network, subnet)
    pools = subnet.pools
    if has_gateway_of_its_own(network, subnet):
        pools = tuple(
            allocation_pools.regional(
                pools, subnet.gateway_ip, gateway, subnet.cidr
            )
        )
    body = bodies.Subnet(
        id=subnet.id,
        project_id=subnet.project_id,
        name=subnet.name,
        description=subnet.description,
        ip_version=subnet.ip_version,
        cidr=subnet.cidr,
        gateway_ip=gateway and str(ipaddress.ip_address(gateway)),
        allocation_pools=[
            bodies.AllocationPool(start=pool['start'], end=pool['end'])
            for pool in canonical.ordered(
                {
                    'start': str(ipaddress.ip_address(pool.start)),
                    'end': str(ipaddress.ip_address(pool.end)),
                }
                for pool in pools
            )
        ],
        enable_dhcp=subnet.enable_dhcp,
        dns_nameservers=list(subnet.dns_nameservers),
        host_routes=[
            bodies.HostRoute(
                destination=route['destination'], nexthop=route['nexthop']
            )
            for route in canonical.ordered(
                {'destination': route.destination, 'nexthop': route.nexthop}
                for route in _host_routes(subnet)
            )
        ],
        ipv6_ra_mode=subnet.ipv6_ra_mode,
        ipv6_address_mode=subnet.ipv6_address_mode,
        service_types=sorted(subnet.service_types),
        tags=sorted(subnet.tags),
    )
    pool_id = _pool_of(subnet)
    if pool_id is not None:
        # Otherwise left out, so that nothing differs for a region of the
        # version before.
        body['subnetpool_id'] = pool_id
    if subnet.dns_publish_fixed_ip:
        body['dns_publish_fixed_ip'] = True
    return body


def rbac_body(entries: Iterable[state.RBACEntry]) -> list[bodies.RBACEntry]:
    """Return RBAC entries as bodies have them."""
    return [
        bodies.RBACEntry(
            id=entry.id,
            project_id=entry.project_id,
            target_tenant=entry.target_project,
            action=entry.action,
        )
        for entry in sorted(entries, key=lambda entry: entry.id)
    ]


def is_regions_own(network: state.Network) -> bool:
    """Tell whether a region makes a network of the type it makes by itself.

    What that carries only the region knows: its MTU is the region's.
    """
    return bool(network.segments) and (
        network.segments[0].network_type == TYPE_LOCAL
    )


def omitted(network: state.Network) -> tuple[str, ...]:
    """Name what central has of a network and the region does not get."""
    names = {f'network.{name}' for name in network.unsupported}
    if len(network.segments) > 1:
        names.add('network.segments')
    if is_regions_own(network):
        names.add('network.mtu')
    for subnet in network.subnets:
        names.update(f'subnet.{name}' for name in subnet.unsupported)
        # An agent of a region that saw the ID would have a prefix delegated
        # to its own router.
        if DELEGATED == subnet.subnetpool_id or (
            subnet.cidr == WAITING_FOR_PREFIX
        ):
            names.add('subnet.prefix_delegation')
    return tuple(sorted(names))


def body(network: state.Network) -> tuple[bodies.NetworkBody, tuple[str, ...]]:
    """Return the body of a network's document, and what is not in it.

    :param network: with the reservations of the region that is planned
        for; see :func:`is_complete`
    """
    needed = dhcp_subnets(network)
    gateways = agent_gateways(network)
    own = bodies.Network(
        {
            'id': network.id,
            'project_id': network.project_id,
            'name': network.name,
            'description': network.description,
            'admin_state_up': network.admin_state_up,
            'port_security_enabled': network.port_security_enabled,
            'router:external': network.external or network.bridge,
            'tags': sorted(network.tags),
        }
    )
    if not is_regions_own(network):
        own['mtu'] = network.mtu
    if network.qos_policy_id is not None:
        own['qos_policy_id'] = network.qos_policy_id
    if network.dns_domain:
        own['dns_domain'] = network.dns_domain
    if network.segments and network.segments[0].network_type != TYPE_LOCAL:
        segment = network.segments[0]
        own['provider:network_type'] = segment.network_type
        own['provider:physical_network'] = segment.physical_network
        own['provider:segmentation_id'] = segment.segmentation_id
    made = bodies.NetworkBody(
        network=own,
        subnets=[
            _subnet_body(network, subnet)
            for subnet in sorted(travelling(network), key=lambda one: one.id)
        ],
        dhcp_ports=_reserved(dhcp_ports(network), needed) if needed else [],
        rbac=rbac_body(network.rbac),
        default_security_group=network.default_security_group,
    )
    if gateways:
        made['agent_gateways'] = _reserved(
            gateways, frozenset(one.id for one in travelling(network))
        )
    return made, omitted(network)


def _reserved(
    ports: Iterable[state.Held], subnets: frozenset[str]
) -> list[bodies.ReservedPort]:
    """Return ports as bodies have them, with their addresses on subnets."""
    return [
        bodies.ReservedPort(
            id=port.port_id,
            mac_address=port.mac_address,
            fixed_ips=ordered_addresses(_addresses(port.fixed_ips, subnets)),
        )
        for port in sorted(ports, key=lambda one: one.port_id)
    ]


def ordered_addresses(
    addresses: Iterable[bodies.FixedIP],
) -> list[bodies.FixedIP]:
    """Return the addresses of a port in the order bodies have them."""
    return [
        bodies.FixedIP(
            subnet_id=one['subnet_id'], ip_address=one['ip_address']
        )
        for one in canonical.ordered(addresses)
    ]
