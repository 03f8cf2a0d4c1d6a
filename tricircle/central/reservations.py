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
(:mod:`tricircle.central.router_reservations`). Central allocates them like
any address, as ordinary rows of Neutron's tables, so that nothing else ever
gets one of them; what they are for stands in ``reserved_ports``. The ports
belong to no project and have device_owner ``network:dhcp``, because Neutron
removes such ports by itself with their subnet or network. Tenants don't see
them (:mod:`tricircle.central.visibility`).

Everything here runs in the transaction of its caller.
"""

from collections.abc import Mapping
import contextlib
import dataclasses
from typing import Any, Final
import uuid

from neutron.common import ipv6_utils
from neutron.ipam import driver as ipam_driver
from neutron.ipam import exceptions as ipam_exc
from neutron.ipam import requests as ipam_requests
from neutron_lib import constants
from neutron_lib import exceptions as n_exc
from neutron_lib.api.definitions import ip_allocation
from neutron_lib.api.definitions import portbindings
from neutron_lib.plugins import directory
from neutron_lib.utils import net
from oslo_config import cfg
from oslo_db import exception as db_exc
import sqlalchemy as sa

from tricircle.central import shadow_chunks
from tricircle.db import central_models
from tricircle.db import central_networks
from tricircle.db import neutron_tables as tables
from tricircle.db import presence as presence_db
from tricircle.plan import network as network_plan
from tricircle.plan import state
from tricircle.replica import types

_NAMESPACE: Final = uuid.UUID('5e2c6f7c-3b4e-4f53-9a7f-0d5b7a1c9e42')
_DEVICE_IDS: Final = {
    types.KIND_GATEWAY: 'reserved_gateway_port',
    types.KIND_DHCP: types.RESERVED_DHCP_DEVICE_ID,
    types.KIND_BRIDGE_LEG: 'reserved_bridge_leg',
    types.KIND_INTERFACE: 'reserved_router_interface',
    types.KIND_AGENT_GATEWAY: 'reserved_agent_gateway',
}


def reservation_id(
    network_id: str, region_name: str, kind: str, what: str
) -> str:
    """Return the ID of the port that is reserved for some need.

    :param kind: ``tricircle.replica.types.KIND_*``
    :param what: the subnet of a gateway, the number of a DHCP port, the
        piece of a leg, the piece and subnet of an interface
    """
    return str(
        uuid.uuid5(_NAMESPACE, f'{network_id}/{region_name}/{kind}/{what}')
    )


@dataclasses.dataclass(frozen=True)
class Purpose:
    """What a port is held for.

    :ivar kind: ``tricircle.replica.types.KIND_*``
    :ivar what: see :func:`reservation_id`
    :ivar subnet_id: the one subnet that it is for, None for all
    :ivar router_id: the piece of a router that it is for
    """

    kind: str
    what: str
    subnet_id: str | None = None
    router_id: str | None = None


@dataclasses.dataclass
class Ledger:
    """Reserves for one region on one network.

    :ivar context: an admin context, in a transaction
    :ivar network: with what the region holds of it
    """

    context: Any
    network: state.Network
    pod: presence_db.Pod

    def __post_init__(self) -> None:
        self._subnets = {
            subnet.id: subnet
            for subnet in network_plan.travelling(self.network)
        }
        self._held = {held.port_id: held for held in self.network.reservations}
        self._have = {
            held.port_id: {one.subnet_id for one in held.fixed_ips}
            for held in self.network.reservations
        }
        self._ipam = ipam_driver.Pool.get_instance(None, self.context)
        self._ipam_subnets: dict[str, Any] = {}

    def hold(
        self,
        purpose: Purpose,
        subnet_ids: frozenset[str],
        addresses: Mapping[str, str] | None = None,
    ) -> None:
        """Hold a port with an address on each of some subnets.

        :param addresses: by subnet, those that it must be; any else
        :raises IpAddressGenerationFailure: when a subnet has none left
        :raises IpAddressAlreadyAllocated: when such an address is taken
        """
        port_id = reservation_id(
            self.network.id, self.pod.region_name, purpose.kind, purpose.what
        )
        if port_id in self._held:
            self.extend(self._held[port_id], subnet_ids, addresses)
            return
        mac = self._create(port_id, purpose)
        for subnet_id in sorted(subnet_ids):
            self._allocate(
                port_id,
                mac,
                self._subnets[subnet_id],
                (addresses or {}).get(subnet_id),
            )

    def hold_like(
        self, port_id: str, purpose: Purpose, device_owner: str
    ) -> None:
        """Hold a port with the addresses that Neutron gives some owner.

        :param port_id: ID of the port
        :param device_owner: whose addresses, which subnets may be there for
        :raises IpAddressGenerationFailure: when there are none left
        """
        mac = self._create(port_id, purpose)
        directory.get_plugin().ipam.allocate_ips_for_port_and_store(
            self.context,
            {
                'port': {
                    'network_id': self.network.id,
                    'fixed_ips': constants.ATTR_NOT_SPECIFIED,
                    'mac_address': mac,
                    'device_owner': device_owner,
                }
            },
            port_id,
        )

    def extend(
        self,
        held: state.Reservation,
        subnet_ids: frozenset[str],
        addresses: Mapping[str, str] | None = None,
    ) -> None:
        """Give a port that is held an address on more subnets."""
        have = self._have[held.port_id]
        for subnet_id in sorted(subnet_ids - have):
            self._allocate(
                held.port_id,
                held.mac_address,
                self._subnets[subnet_id],
                (addresses or {}).get(subnet_id),
            )
            have.add(subnet_id)

    def _create(self, port_id: str, purpose: Purpose) -> str:
        """Write a port without addresses; return its MAC address."""
        mac: str = net.get_random_mac(cfg.CONF.base_mac.split(':'))
        # Rows, not objects: on commit Neutron loads whatever belongs to a
        # new object, a dozen statements for each of these ports.
        session = self.context.session
        attributes = session.execute(
            sa.insert(tables.standard_attributes).values(
                resource_type=tables.ports.name,
                description=f'{purpose.kind} of {self.pod.region_name}',
            )
        )
        session.execute(
            sa.insert(tables.ports).values(
                id=port_id,
                project_id='',
                network_id=self.network.id,
                name='',
                mac_address=mac,
                admin_state_up=True,
                status=constants.PORT_STATUS_DOWN,
                device_owner=constants.DEVICE_OWNER_DHCP,
                device_id=_DEVICE_IDS[purpose.kind],
                ip_allocation=ip_allocation.IP_ALLOCATION_IMMEDIATE,
                standard_attr_id=attributes.inserted_primary_key[0],
            )
        )
        session.execute(
            sa.insert(tables.port_bindings).values(
                port_id=port_id, vif_type=portbindings.VIF_TYPE_UNBOUND
            )
        )
        session.execute(
            sa.insert(central_models.ReservedPort).values(
                port_id=port_id,
                network_id=self.network.id,
                subnet_id=purpose.subnet_id,
                pod_id=self.pod.pod_id,
                kind=purpose.kind,
                router_id=purpose.router_id,
            )
        )
        return mac

    def _allocate(
        self,
        port_id: str,
        mac: str,
        subnet: state.Subnet,
        wanted: str | None = None,
    ) -> None:
        if subnet.id not in self._ipam_subnets:
            self._ipam_subnets[subnet.id] = self._ipam.get_subnet(subnet.id)
        request: Any = ipam_requests.PreferNextAddressRequest()
        if wanted is not None:
            request = ipam_requests.SpecificAddressRequest(wanted)
        elif ipv6_utils.is_auto_address_subnet(
            {
                'ipv6_address_mode': subnet.ipv6_address_mode,
                'ipv6_ra_mode': subnet.ipv6_ra_mode,
            }
        ):
            # What any port has there, so the region computes the same.
            request = ipam_requests.AutomaticAddressRequest(
                prefix=subnet.cidr, mac=mac
            )
        try:
            address = self._ipam_subnets[subnet.id].allocate(request)
        except ipam_exc.IpAddressGenerationFailure as exc:
            raise n_exc.IpAddressGenerationFailure(
                net_id=self.network.id
            ) from exc
        self.context.session.execute(
            sa.insert(tables.allocations).values(
                port_id=port_id,
                network_id=self.network.id,
                subnet_id=subnet.id,
                ip_address=address,
            )
        )


def reserve(
    context: Any, network_id: str, pod: presence_db.Pod, dhcp_agents: int = 1
) -> None:
    """Hold what a region still lacks of a network; safe to repeat.

    :param context: an admin context, in a transaction
    :param dhcp_agents: how many DHCP ports the region needs
    :raises NetworkNotFound: when there is no such network
    :raises IpAddressGenerationFailure: when a subnet has no address left
    """
    network = central_networks.read(
        context.session, [network_id], pod.region_name
    ).get(network_id)
    if network is None:
        raise n_exc.NetworkNotFound(net_id=network_id)
    ledger = Ledger(context, network, pod)
    try:
        for subnet in network_plan.gateways_missing(network):
            ledger.hold(
                Purpose(types.KIND_GATEWAY, subnet.id, subnet.id),
                frozenset([subnet.id]),
            )
        needed = network_plan.dhcp_subnets(network)
        if needed:
            for number in range(max(dhcp_agents, 1)):
                ledger.hold(Purpose(types.KIND_DHCP, str(number)), needed)
            for held in network_plan.dhcp_ports(network):
                ledger.extend(held, needed)
    except n_exc.SubnetNotFound as exc:
        # Deleted since it was read: look again.
        raise db_exc.RetryRequest(exc) from exc


def reserve_for_subnet(context: Any, network_id: str) -> None:
    """Hold what regions need of a subnet that is being made or changed.

    To be called before the commit of the change, so that a region that has
    the network never lacks a gateway, and so that a subnet too small for
    all regions is refused.

    :param context: the context of the change, in its transaction
    :raises IpAddressGenerationFailure: when the subnet is too small
    """
    # The network may be going: present in a region, and absent here.
    for pod in presence_db.pods_to_tell(
        context.session, types.NETWORK, network_id
    ):
        reserve(context.elevated(), network_id, pod)


def release_subnet(context: Any, subnet_id: str) -> None:
    """Give back the gateways of a subnet that is being deleted.

    DHCP ports only lose their address, which Neutron sees to.

    :param context: the context of the deletion, in its transaction
    """
    held = central_models.ReservedPort
    port_ids = list(
        context.session.scalars(
            sa.select(held.port_id).where(held.subnet_id == subnet_id)
        )
    )
    if not port_ids:
        return
    release(context, port_ids)


def release(context: Any, port_ids: list[str]) -> None:
    """Give back ports that central held.

    :param context: in a transaction
    """
    plugin = directory.get_plugin()
    elevated = context.elevated()
    for port_id in port_ids:
        # Not delete_port: that is for outside of transactions. What is gone
        # already, as by hand, is only forgotten.
        with contextlib.suppress(n_exc.PortNotFound):
            plugin.ipam.delete_port(elevated, port_id)
    forget(context, port_ids)


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


def is_reserved(port: dict[str, Any]) -> bool:
    """Tell whether a port may be one that central holds for a region."""
    return (
        port['device_owner'] == constants.DEVICE_OWNER_DHCP
        and port['device_id'] in _DEVICE_IDS.values()
    )
