# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What the region's own Neutron gives on networks, asked from its server."""

from collections.abc import Collection, Set
from typing import Any

from neutron.api.rpc.callbacks import resources
from neutron.api.rpc.handlers import resources_rpc
from neutron_lib import constants
from neutron_lib import context as contexts

from tricircle.agent import plan

_SERVERS = frozenset({constants.DEVICE_OWNER_DHCP})
_ROUTERS = frozenset(constants.ROUTER_INTERFACE_OWNERS)
# Only an external network has such ports; the agent is not told otherwise.
_WAYS_OUT = frozenset(
    {constants.DEVICE_OWNER_ROUTER_GW, constants.DEVICE_OWNER_FLOATINGIP}
)
#: The device owners that change what :func:`pull` answers.
OWNERS = _SERVERS | _ROUTERS | _WAYS_OUT


def pull(networks: Collection[str]) -> dict[str, plan.Service]:
    """Ask the region's Neutron about networks, all in two calls.

    The agent's own cache of ports will not do: the agent takes a port out
    of it that leaves this host, and would then never hear of a DHCP port
    that has moved to another one.

    :param networks: IDs of networks.
    :returns: one entry for each of them.
    :raises oslo_messaging.MessagingException: the server does not answer.
    """
    wanted = sorted(networks)
    if not wanted:
        return {}
    api = resources_rpc.ResourcesPullRpcApi()
    context = contexts.get_admin_context()
    subnets = api.bulk_pull(
        context, resources.SUBNET, filter_kwargs={'network_id': wanted}
    )
    ports = api.bulk_pull(
        context,
        resources.PORT,
        filter_kwargs={'network_id': wanted, 'device_owner': sorted(OWNERS)},
    )
    return {network: service(network, subnets, ports) for network in wanted}


def service(
    network: str, subnets: Collection[Any], ports: Collection[Any]
) -> plan.Service:
    """Return what is given on one network.

    :param subnets: Neutron's Subnet objects, also of other networks.
    :param ports: Neutron's Port objects, also of other networks.
    """
    mine = [subnet for subnet in subnets if subnet.network_id == network]
    givers = [
        port
        for port in ports
        if port.network_id == network and port.device_owner in OWNERS
    ]
    leased = {subnet.ip_version for subnet in mine if subnet.enable_dhcp}
    return plan.Service(
        dhcp4=constants.IP_VERSION_4 in leased,
        dhcp6=constants.IP_VERSION_6 in leased,
        advertised=any(subnet.ipv6_ra_mode for subnet in mine),
        external=any(port.device_owner in _WAYS_OUT for port in givers),
        servers=_macs(givers, _SERVERS),
        routers=_macs(givers, _ROUTERS),
        read_from=frozenset(one.id for one in (*mine, *givers)),
    )


def _macs(ports: Collection[Any], owners: Set[str]) -> frozenset[str]:
    # An EUI, whose text depends on its dialect.
    return frozenset(
        str(port.mac_address).lower().replace('-', ':')
        for port in ports
        if port.device_owner in owners
    )
