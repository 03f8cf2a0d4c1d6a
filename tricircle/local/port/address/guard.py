# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""No address of a central network is given out in a region.

Neutron reaches the address allocation in many ways besides ``create_port``
(bulk, a DHCP agent's RPC, a user's update, csnat, local IPs, ...). They all
come through the IPAM backend, so it is there that a region refuses, in every
process (neutron29-rules, rule 2).
"""

from collections.abc import Iterable, Mapping
import contextlib
from typing import Any, Final

import netaddr
from neutron.db import ipam_pluggable_backend
from neutron_lib import constants
from neutron_lib import exceptions
from oslo_config import cfg
from oslo_utils import netutils

from tricircle.conf import fault_point
from tricircle.db import aside
from tricircle.local.engine import ledger
from tricircle.local.engine.owner import actor
from tricircle.local.engine.owner import ownership
from tricircle.local.port.address import granted_addresses

Addresses = tuple[Mapping[str, str], ...]

#: Addresses by the ID of the port that central has just given them to.
_granted: Final = aside.Aside[Mapping[str, Addresses]]('granted')


class IpAddressGenerationFailure(exceptions.IpAddressGenerationFailure):
    """The region tried to take an address of a central network itself.

    It has the name of Neutron's own error, which the API shows as its type
    and the DHCP agents' RPC expects.
    """

    message = (
        'Addresses of network %(net_id)s are given out by central '
        'Neutron only.'
    )


def granted(
    context: Any, addresses: Mapping[str, Iterable[Mapping[str, str]]]
) -> contextlib.AbstractContextManager[None]:
    """Let through the addresses that central has just allocated.

    :param addresses: fixed IPs by the ID of the port that has them
    """
    return _granted.said(
        context,
        {
            port_id: tuple(
                {
                    'subnet_id': one['subnet_id'],
                    'ip_address': _normal(one['ip_address']),
                }
                for one in fixed_ips
            )
            for port_id, fixed_ips in addresses.items()
        },
    )


def _normal(address: str) -> str:
    return str(netaddr.IPAddress(address))


def _address(wanted: Any) -> str | None:
    """Return the address that an IPAM request is for, None for any."""
    if not isinstance(wanted, Mapping):
        return None
    if wanted.get('ip_address'):
        return _normal(wanted['ip_address'])
    if wanted.get('eui64_address'):
        return str(
            netutils.get_ipv6_addr_by_EUI64(
                wanted['subnet_cidr'], wanted['mac']
            )
        )
    return None


def _granted_to(context: Any, port_id: Any) -> Addresses | None:
    return (_granted.of(context) or {}).get(str(port_id))


def _noted_with_port(
    context: Any, port: Mapping[str, Any]
) -> Addresses | None:
    """Return a port's granted addresses, if it is us who note them."""
    if not granted_addresses.supported(cfg.CONF):
        return None
    return _granted_to(context, port['port'].get('id'))


class GuardedIpamBackend(ipam_pluggable_backend.IpamPluggableBackend):
    """The stock backend, which gives out nothing of central's.

    What central has granted is noted as taken in the transaction that makes
    the port. Neutron's bulk creation commits the addresses before the ports:
    a process that died in between would leave addresses that belong to no
    port, and that no later attempt could have.
    """

    def _allocate_ips_for_port(self, context: Any, port: Any) -> Any:
        addresses = _noted_with_port(context, port)
        if addresses is None:
            return super()._allocate_ips_for_port(context, port)
        return [dict(one) for one in addresses]

    def store_ip_allocation_for_port(
        self, context: Any, ips: Any, network_id: str, port: Any
    ) -> None:
        """Store a port's addresses, those granted also in IPAM's tables."""
        if _noted_with_port(context, port) is not None:
            granted_addresses.take(context, ips)
            fault_point.reach('local.addresses.taken')
        super().store_ip_allocation_for_port(context, ips, network_id, port)

    def deallocate_ips_from_port(
        self, context: Any, port: Any, ips: Any
    ) -> None:
        """Give back addresses of a port whose bulk creation failed."""
        if _noted_with_port(context, port) is None:
            super().deallocate_ips_from_port(context, port, ips)
        # Else they went with the transaction that was to make the port.

    @actor.for_documents
    def _test_fixed_ips_for_port(
        self,
        context: Any,
        network_id: str,
        fixed_ips: Any,
        device_owner: str,
        mac_address: str,
        subnets: Any,
    ) -> Any:
        """Check the addresses that a port is to have.

        On a subnet with automatic addresses Neutron gives a distributed
        router's port for SNAT any other, but lets nobody ask for one.
        """
        if device_owner == constants.DEVICE_OWNER_ROUTER_SNAT:
            device_owner = constants.DEVICE_OWNER_ROUTER_INTF
        return super()._test_fixed_ips_for_port(
            context, network_id, fixed_ips, device_owner, mac_address, subnets
        )

    @actor.for_documents
    def _validate_network_subnetpools(
        self,
        network: Any,
        subnet_ip_version: int,
        new_subnetpool: Any,
        network_scope: Any,
    ) -> None:
        """Let subnets of a document be: central knows which pools fit.

        They are made without a pool, out of which they would be taken, and
        put into it at once.
        """

    @actor.for_users
    def _ipam_allocate_ips(
        self,
        context: Any,
        ipam_driver: Any,
        port: dict[str, Any],
        ips: list[Any],
        revert_on_fail: bool = True,
    ) -> Any:
        if ips and not self._is_allowed(context, port, ips):
            raise IpAddressGenerationFailure(net_id=port['network_id'])
        return super()._ipam_allocate_ips(
            context, ipam_driver, port, ips, revert_on_fail
        )

    @staticmethod
    def _is_allowed(
        context: Any, port: dict[str, Any], ips: list[Any]
    ) -> bool:
        addresses = _granted_to(context, port.get('id'))
        if addresses is not None:
            known = {one['ip_address'] for one in addresses}
            return all(_address(one) in known for one in ips)
        network_id = port['network_id']
        return ownership.is_known_own(
            context, network_id
        ) or not ledger.is_central_network(context, network_id)
