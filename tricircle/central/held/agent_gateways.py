# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Addresses for floating IPs of distributed routers on a region's hosts.

There each L3 agent has a port of its own on the external network. A region
says which of them it needs, all at once, and chooses their IDs, so that what
it says can be repeated; central has the addresses.
"""

from collections.abc import Collection
from typing import Any

from neutron_lib import constants
from neutron_lib import exceptions as n_exc
import sqlalchemy as sa

from tricircle.central.engine import regions
from tricircle.central.held import holding
from tricircle.central.held import reservations
from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import presence as presence_db
from tricircle.db.central.network import reads as central_networks
from tricircle.journal import intent
from tricircle.plan import network as network_plan
from tricircle.replica import types
from tricircle.replica.held_ports import HeldPort


class AgentGatewayTaken(n_exc.Conflict):
    """A region chose the ID of a port that is another's."""

    message = 'Port %(port_id)s cannot be held: there is one of that ID.'


def settle(
    context: Any,
    network_id: str,
    pod: presence_db.Pod,
    wanted: Collection[str],
) -> None:
    """Hold these ports on a network for a region, and no other such.

    On an external network; on any other the region needs none.

    :param context: an admin context, in a transaction that has the lock on
        the network
    :param wanted: IDs of the ports
    :raises NetworkNotFound: when there is no such network
    :raises AgentGatewayTaken: 409, when an ID is that of another port
    :raises IpAddressGenerationFailure: when there is no address left
    """
    network = central_networks.read(
        context.session, [network_id], pod.region_name
    ).get(network_id)
    if network is None:
        raise n_exc.NetworkNotFound(net_id=network_id)
    needed = set(wanted) if network.external else set()
    held = {one.port_id for one in network_plan.agent_gateways(network)}
    if needed == held:
        return
    # First, so that a full subnet has them again.
    surplus = held - needed
    reservations.release(
        context, sorted(surplus.difference(wanted)), given_up=True
    )
    reservations.release(context, sorted(surplus.intersection(wanted)))
    lacking = sorted(needed - held)
    if lacking:
        _check(context, lacking)
    holder = holding.Holder(context, network, pod)
    for port_id in lacking:
        holder.hold_like(
            port_id,
            holding.Purpose(HeldPort.AGENT_GATEWAY),
            constants.DEVICE_OWNER_AGENT_GW,
        )
    # The answer tells the region; should it be lost, XJob does.
    intent.record(
        context.session,
        [
            intent.Intent(
                types.NETWORK,
                network_id,
                pod.region_name,
                network.project_id,
                delay=regions.grace(),
            )
        ],
    )


def _check(context: Any, port_ids: list[str]) -> None:
    taken = context.session.scalar(
        sa.select(tables.ports.c.id)
        .where(tables.ports.c.id.in_(port_ids))
        .limit(1)
    )
    if taken is not None:
        raise AgentGatewayTaken(port_id=taken)
