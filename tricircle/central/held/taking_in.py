# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Addresses that a region has already, held for it in central from now on.

A network that a region had before central has a gateway there, and ports of
the region's DHCP agents. They stay what they are: central holds the gateway
as one of the region's, and each agent's port under its ID.
"""

from collections.abc import Iterable, Mapping
import json
from typing import Any

import sqlalchemy as sa

from tricircle.central.held import holding
from tricircle.central.held import rows as reserved_rows
from tricircle.db.central import models as central_models
from tricircle.db.central import presence as presence_db
from tricircle.db.central.network import reads as central_networks
from tricircle.plan import network as network_plan
from tricircle.replica.held_ports import HeldPort


def take_in(
    context: Any,
    network_id: str,
    pod: presence_db.Pod,
    gateways: Mapping[str, str],
    dhcp_ports: Iterable[Mapping[str, Any]],
) -> None:
    """Hold what a region has of a network that is being made.

    :param context: an admin context, in a transaction
    :param gateways: by subnet
    :param dhcp_ports: with ID, MAC address and addresses
    :raises IpAddressAlreadyAllocated: when an address is taken
    """
    session = context.session
    ports = {one['id']: one for one in dhcp_ports}
    for port_id, port in sorted(ports.items()):
        reserved_rows.insert_port(
            session,
            port_id,
            network_id,
            port['mac_address'],
            HeldPort.DHCP,
            pod.region_name,
        )
        session.execute(
            sa.insert(central_models.ReservedPort).values(
                port_id=port_id,
                network_id=network_id,
                pod_id=pod.pod_id,
                kind=HeldPort.DHCP,
                mac_address=port['mac_address'],
                addresses=json.dumps({}),
            )
        )
    network = central_networks.read(session, [network_id], pod.region_name)[
        network_id
    ]
    holder = holding.Holder(context, network, pod)
    for subnet_id, address in sorted(gateways.items()):
        holder.hold(
            holding.Purpose(HeldPort.GATEWAY, subnet_id=subnet_id),
            frozenset([subnet_id]),
            {subnet_id: address},
        )
    for held in network_plan.dhcp_ports(network):
        addresses = {
            one['subnet_id']: one['ip_address']
            for one in ports[held.port_id]['fixed_ips']
        }
        holder.extend(held, frozenset(addresses), addresses)
