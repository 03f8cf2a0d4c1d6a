# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Holds ports on one network for one region, and mends those it held.

Everything here runs in the transaction of its caller.
"""

from collections.abc import Mapping
import dataclasses
import json
from typing import Any, Final
import uuid

from neutron.common import ipv6_utils
from neutron.ipam import driver as ipam_driver
from neutron.ipam import exceptions as ipam_exc
from neutron.ipam import requests as ipam_requests
from neutron_lib import constants
from neutron_lib import exceptions as n_exc
from neutron_lib.plugins import directory
from oslo_log import log as logging
import sqlalchemy as sa

from tricircle.central.held import rows as reserved_rows
from tricircle.db.central import models as central_models
from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import presence as presence_db
from tricircle.plan import network as network_plan
from tricircle.plan import state
from tricircle.replica import held_ports
from tricircle.replica.held_ports import HeldPort
from tricircle.replica.held_ports import Spans

LOG = logging.getLogger(__name__)

_NAMESPACE: Final = uuid.UUID('5e2c6f7c-3b4e-4f53-9a7f-0d5b7a1c9e42')


@dataclasses.dataclass(frozen=True)
class Purpose:
    """What a port is held for: which of its kind it is.

    :ivar subnet_id: the one subnet that it is for, None for all
    :ivar router_id: the piece of a router that it is for
    :ivar number: of several that differ by nothing else
    """

    kind: HeldPort
    subnet_id: str | None = None
    router_id: str | None = None
    number: str | None = None

    def port_id(self, network_id: str, region_name: str) -> str:
        """Return the ID of the port that is held for it in a region."""
        what = '/'.join(
            one for one in (self.router_id, self.subnet_id, self.number) if one
        )
        return str(
            uuid.uuid5(
                _NAMESPACE, f'{network_id}/{region_name}/{self.kind}/{what}'
            )
        )


class ReservationTaken(n_exc.Conflict):
    """The ID of a reserved port is that of somebody's port."""

    message = (
        'Port %(port_id)s cannot be reserved for %(region)s: a port of that '
        'ID is there, and is %(whose)s. Delete it.'
    )


@dataclasses.dataclass
class Holder:
    """Reserves for one region on one network.

    What somebody broke in the database is put right first.

    :ivar context: an admin context, in a transaction
    :ivar network: with what the region holds of it
    :ivar ipam_subnets: those of IPAM that were read, by ID, for the holders
        of one transaction
    """

    context: Any
    network: state.Network
    pod: presence_db.Pod
    ipam_subnets: dict[str, Any] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        self._subnets = {
            subnet.id: subnet
            for subnet in network_plan.travelling(self.network)
        }
        self._held = {held.port_id: held for held in self.network.held_ports}
        self._have = {
            held.port_id: {
                one.subnet_id: one.ip_address for one in held.fixed_ips
            }
            for held in self.network.held_ports
        }
        self._ipam = ipam_driver.Pool.get_instance(None, self.context)
        self._new: set[str] = set()
        for one in reserved_rows.broken(
            self.context.session, self.network.id, self.pod.pod_id
        ):
            self._mend(one)

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
        :raises ReservationTaken: 409, when somebody has a port of that ID
        """
        port_id = purpose.port_id(self.network.id, self.pod.region_name)
        if port_id not in self._held:
            self._create(port_id, purpose)
        self.extend(self._held[port_id], subnet_ids, addresses)

    def hold_like(
        self, port_id: str, purpose: Purpose, device_owner: str
    ) -> None:
        """Hold a port with the addresses that Neutron gives some owner.

        :param port_id: ID of the port
        :param device_owner: whose addresses, which subnets may be there for
        :raises IpAddressGenerationFailure: when there are none left
        :raises ReservationTaken: 409, when somebody has a port of that ID
        """
        if port_id not in self._held:
            self._create(port_id, purpose)
        if not self._have[port_id]:
            self._allocate_like(port_id, device_owner)

    def extend(
        self,
        held: state.Held,
        subnet_ids: frozenset[str],
        addresses: Mapping[str, str] | None = None,
    ) -> None:
        """Give a port that is held an address on more subnets.

        One that it had before, and lost, if nobody has that by now.
        """
        have = self._have[held.port_id]
        lacking = sorted(subnet_ids - have.keys())
        if not lacking:
            return
        before = (
            {}
            if held.port_id in self._new
            else reserved_rows.remembered(
                self.context.session, held.port_id
            ).addresses
        )
        for subnet_id in lacking:
            subnet = self._subnets[subnet_id]
            wanted = (addresses or {}).get(subnet_id)
            have[subnet_id] = (
                self._allocate(held, subnet, wanted)
                if wanted is not None or subnet_id not in before
                else self._allocate_again(held, subnet, before[subnet_id])
            )
        reserved_rows.remember(
            self.context.session,
            held.port_id,
            held.mac_address,
            {**before, **have},
        )

    def _create(self, port_id: str, purpose: Purpose) -> None:
        """Write a port without addresses, or take the one that is there."""
        session = self.context.session
        found = reserved_rows.find(session, port_id)
        if found is not None:
            # A port without its note, as after a note was removed by hand.
            self._check_takeable(port_id, found)
            mac = found.mac_address
            reserved_rows.put_right(session, port_id, purpose.kind)
        else:
            mac = reserved_rows.new_mac(session, self.network.id)
            reserved_rows.insert_port(
                session,
                port_id,
                self.network.id,
                mac,
                purpose.kind,
                self.pod.region_name,
            )
            self._new.add(port_id)
        addresses = found.addresses if found is not None else {}
        session.execute(
            sa.insert(central_models.ReservedPort).values(
                port_id=port_id,
                network_id=self.network.id,
                subnet_id=purpose.subnet_id,
                pod_id=self.pod.pod_id,
                kind=purpose.kind,
                router_id=purpose.router_id,
                mac_address=mac,
                addresses=json.dumps(addresses, sort_keys=True),
            )
        )
        self._note(port_id, purpose.kind, mac, addresses)

    def _note(
        self,
        port_id: str,
        kind: str,
        mac: str,
        addresses: dict[str, str],
    ) -> state.Held:
        held = state.Held(
            port_id=port_id,
            kind=kind,
            network_id=self.network.id,
            region_name=self.pod.region_name,
            mac_address=mac,
        )
        self._held[port_id] = held
        self._have[port_id] = addresses
        return held

    def _check_takeable(
        self, port_id: str, found: reserved_rows.Found
    ) -> None:
        if found.network_id != self.network.id:
            whose = f'on network {found.network_id}'
        elif found.device_owner not in ('', constants.DEVICE_OWNER_DHCP):
            whose = f'of {found.device_owner}'
        else:
            return
        raise ReservationTaken(
            port_id=port_id, region=self.pod.region_name, whose=whose
        )

    def _mend(self, one: reserved_rows.Broken) -> None:
        """Make a port again, or what it lacks of its rows."""
        session = self.context.session
        if not one.lost:
            reserved_rows.put_right(session, one.port_id, one.kind)
            found = reserved_rows.find(session, one.port_id)
            if one.memory is None and found is not None:
                reserved_rows.remember(
                    session, one.port_id, found.mac_address, found.addresses
                )
            return
        memory = one.memory or reserved_rows.Memory()
        mac = reserved_rows.new_mac(
            session, self.network.id, memory.mac_address
        )
        LOG.warning(
            'Reserved port %s (%s of %s on network %s) was gone, and is made '
            'again',
            one.port_id,
            one.kind,
            self.pod.region_name,
            self.network.id,
        )
        reserved_rows.insert_port(
            session,
            one.port_id,
            self.network.id,
            mac,
            one.kind,
            self.pod.region_name,
        )
        held = self._note(one.port_id, one.kind, mac, {})
        self.extend(held, self._subnets_of(one, memory))
        if (
            held_ports.RULES[one.kind].spans is Spans.CHOSEN
            and not memory.addresses
        ):
            self._allocate_like(one.port_id, constants.DEVICE_OWNER_AGENT_GW)

    def _subnets_of(
        self, one: reserved_rows.Broken, memory: reserved_rows.Memory
    ) -> frozenset[str]:
        """Return the subnets on which a port that was lost has an address."""
        if memory.addresses:
            subnet_ids = frozenset(memory.addresses)
        else:
            match held_ports.RULES[one.kind].spans:
                case Spans.ONE:
                    subnet_ids = frozenset([one.subnet_id or ''])
                case Spans.DHCP:
                    subnet_ids = network_plan.dhcp_subnets(self.network)
                case _:
                    # Who knows which extends it.
                    subnet_ids = frozenset()
        return subnet_ids & self._subnets.keys()

    def _allocate_like(self, port_id: str, device_owner: str) -> None:
        given = directory.get_plugin().ipam.allocate_ips_for_port_and_store(
            self.context,
            {
                'port': {
                    'network_id': self.network.id,
                    'fixed_ips': constants.ATTR_NOT_SPECIFIED,
                    'mac_address': self._held[port_id].mac_address,
                    'device_owner': device_owner,
                }
            },
            port_id,
        )
        addresses = {one['subnet_id']: one['ip_address'] for one in given}
        self._have[port_id] = addresses
        reserved_rows.remember(
            self.context.session,
            port_id,
            self._held[port_id].mac_address,
            addresses,
        )

    def _allocate_again(
        self, held: state.Held, subnet: state.Subnet, before: str
    ) -> str:
        """Give a port the address that it had, or another one."""
        session = self.context.session
        if reserved_rows.is_leftover(session, subnet.id, before):
            self._store(held.port_id, subnet.id, before)
            return before
        try:
            return self._allocate(held, subnet, before)
        except (
            ipam_exc.IpAddressAlreadyAllocated,
            ipam_exc.InvalidIpForSubnet,
        ) as exc:
            address = self._allocate(held, subnet)
            LOG.warning(
                'Reserved port %s of %s has address %s now: %s',
                held.port_id,
                self.pod.region_name,
                address,
                exc,
            )
            reserved_rows.describe(
                session,
                held.port_id,
                f'{held.kind} of {self.pod.region_name}; it had {before} '
                'and lost it, which somebody else has now',
            )
            return address

    def _allocate(
        self,
        held: state.Held,
        subnet: state.Subnet,
        wanted: str | None = None,
    ) -> str:
        if subnet.id not in self.ipam_subnets:
            self.ipam_subnets[subnet.id] = self._ipam.get_subnet(subnet.id)
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
                prefix=subnet.cidr, mac=held.mac_address
            )
        try:
            address = str(self.ipam_subnets[subnet.id].allocate(request))
        except ipam_exc.IpAddressGenerationFailure as exc:
            raise n_exc.IpAddressGenerationFailure(
                net_id=self.network.id
            ) from exc
        self._store(held.port_id, subnet.id, address)
        return address

    def _store(self, port_id: str, subnet_id: str, address: str) -> None:
        self.context.session.execute(
            sa.insert(tables.allocations).values(
                port_id=port_id,
                network_id=self.network.id,
                subnet_id=subnet_id,
                ip_address=address,
            )
        )
