# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Addresses that central holds for a region's own needs.

A region needs a gateway on each subnet, and a port for each of its DHCP
servers; its pieces of routers need addresses of their own
(:mod:`tricircle.central.router.reservations`). Central allocates them like
any address, as ordinary rows of Neutron's tables, so that nothing else ever
gets one of them; what they are for stands in ``reserved_ports``. The ports
belong to no project and have device_owner ``network:dhcp``, because Neutron
removes such ports by itself with their subnet or network. Tenants don't see
them (:mod:`tricircle.central.held.visibility`).

Everything here runs in the transaction of its caller.
"""

from collections.abc import Sequence
from typing import Any

from neutron_lib import exceptions as n_exc
from neutron_lib.db import api as db_api
from neutron_lib.plugins import directory
from oslo_db import exception as db_exc
from oslo_log import log as logging
import sqlalchemy as sa

from tricircle.central.held import addresses as held_addresses
from tricircle.central.held import holding
from tricircle.central.shadow import chunks as shadow_chunks
from tricircle.db.central import models as central_models
from tricircle.db.central import presence as presence_db
from tricircle.db.central.held import ports as held_ports
from tricircle.db.central.network import reads as central_networks
from tricircle.journal import intent
from tricircle.plan import network as network_plan
from tricircle.plan import state
from tricircle.replica import types
from tricircle.replica.held_ports import HeldPort

LOG = logging.getLogger(__name__)


def reserve(
    context: Any, network_id: str, pod: presence_db.Pod, dhcp_agents: int = 1
) -> state.Network:
    """Hold what a region still lacks of a network; safe to repeat.

    :param context: an admin context, in a transaction
    :param dhcp_agents: how many DHCP ports the region needs
    :returns: the network as it was before
    :raises NetworkNotFound: when there is no such network
    :raises IpAddressGenerationFailure: when a subnet has no address left
    :raises ReservationTaken: 409, see holding
    """
    return reserve_in(context, network_id, [pod], dhcp_agents)[pod.region_name]


def reserve_in(
    context: Any,
    network_id: str,
    pods: Sequence[presence_db.Pod],
    dhcp_agents: int = 1,
) -> dict[str, state.Network]:
    """Hold what regions still lack of a network; see :func:`reserve`.

    What is the same for all of them is read once.

    :returns: the network as each region had it before
    """
    if not pods:
        return {}
    seen = central_networks.read_for(
        context.session, [network_id], [pod.region_name for pod in pods]
    )
    held_addresses.release_confirmed(context, network_id)
    subnets: dict[str, Any] = {}
    networks: dict[str, state.Network] = {}
    for pod in pods:
        network = seen[pod.region_name].get(network_id)
        if network is None:
            raise n_exc.NetworkNotFound(net_id=network_id)
        networks[pod.region_name] = network
        _reserve(
            holding.Holder(context, network, pod, subnets),
            network,
            dhcp_agents,
        )
    return networks


def _reserve(
    holder: holding.Holder, network: state.Network, dhcp_agents: int
) -> None:
    try:
        for subnet in network_plan.gateways_missing(network):
            holder.hold(
                holding.Purpose(HeldPort.GATEWAY, subnet_id=subnet.id),
                frozenset([subnet.id]),
            )
        needed = network_plan.dhcp_subnets(network)
        if needed:
            agents = max(dhcp_agents, 1)
            for number in range(agents - _taken_in(network, holder.pod)):
                holder.hold(
                    holding.Purpose(HeldPort.DHCP, number=str(number)),
                    needed,
                )
            for held in network_plan.dhcp_ports(network):
                holder.extend(held, needed)
    except n_exc.SubnetNotFound as exc:
        # Deleted since it was read: look again.
        raise db_exc.RetryRequest(exc) from exc


def _taken_in(network: state.Network, pod: presence_db.Pod) -> int:
    """Return how many ports of agents a region had before central did."""
    held = network_plan.dhcp_ports(network)
    made = {
        holding.Purpose(HeldPort.DHCP, number=str(number)).port_id(
            network.id, pod.region_name
        )
        for number in range(len(held))
    }
    return len({one.port_id for one in held} - made)


def reserve_for_subnet(context: Any, network_id: str) -> None:
    """Hold what regions need of a subnet that is being made or changed.

    To be called before the commit of the change, so that a region that has
    the network never lacks a gateway, and so that a subnet too small for
    all regions is refused.

    :param context: the context of the change, in its transaction
    :raises IpAddressGenerationFailure: when the subnet is too small
    """
    # The network may be going: present in a region, and absent here.
    reserve_in(
        context.elevated(),
        network_id,
        list(
            presence_db.pods_to_tell(
                context.session, types.NETWORK, network_id
            )
        ),
    )


def release_subnet(context: Any, subnet_id: str) -> None:
    """Give back the gateways of a subnet that is being deleted.

    DHCP ports only lose their address, which Neutron sees to.

    :param context: the context of the deletion, in its transaction
    """
    found = held_ports.noted(
        context.session, central_models.ReservedPort.subnet_id == subnet_id
    )
    release(context, [one.port_id for one in found])


def release(context: Any, port_ids: list[str], given_up: bool = False) -> None:
    """Give back ports that central held.

    :param context: in a transaction
    :param given_up: their region has said that it has them no more
    """
    if not port_ids:
        return
    plugin = directory.get_plugin()
    elevated = context.elevated()
    for port_id in port_ids:
        if not given_up:
            held_addresses.hold(
                context.session,
                port_id,
                intent.record_awaited(
                    context.session,
                    held_addresses.waits(context.session, port_id),
                ),
            )
        # Not delete_port: that is for outside of transactions.
        try:
            plugin.ipam.delete_port(elevated, port_id)
        except n_exc.PortNotFound:
            LOG.warning('Reserved port %s was gone already', port_id)
    forget(context, port_ids)


def forget_network(context: Any, network_id: str) -> None:
    """Remove what is left of the notes on a network that was deleted.

    Of a port without a binding Neutron tells no mechanism driver.
    """
    with db_api.CONTEXT_WRITER.using(context):
        left = held_ports.noted(
            context.session,
            central_models.ReservedPort.network_id == network_id,
        )
        if left:
            forget(context, [one.port_id for one in left])


def forget(context: Any, port_ids: list[str]) -> None:
    """Remove the notes on reserved ports that are being deleted.

    Other regions forget where those of routers among them are.
    """
    shadow_chunks.forget(context.session, port_ids)
    context.session.execute(
        sa.delete(central_models.ReservedPort).where(
            central_models.ReservedPort.port_id.in_(port_ids)
        )
    )
