# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Addresses of ports that a region has and central has forgotten.

Central came back from a backup that is older than they are. Something in the
region may use them, and nobody else is to get their addresses until the
region says that they are gone: central's IPAM is to hold them, see
:mod:`tricircle.central.held.addresses`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import netaddr
from oslo_log import log as logging
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import presence
from tricircle.db.central.held import addresses as held_addresses
from tricircle.journal import confirmation
from tricircle.journal import intent
from tricircle.replica import references
from tricircle.replica import types

LOG = logging.getLogger(__name__)

#: A region that says more of one port is not believed.
_MOST = 64


class _Port(NamedTuple):
    """What a region says of a port, as far as it can be."""

    id: str
    network_id: str
    mac_address: str
    addresses: tuple[str, ...]


def hold(
    session: orm.Session,
    region_name: str,
    bodies: Iterable[Any],
) -> None:
    """Have central hold the addresses of ports that it has forgotten.

    In the transaction that recorded their intents: they are held until the
    region has carried these out. Nothing of what central has, nor on a
    network that the region is not to have.

    :param bodies: of documents of ports, as the region says them
    """
    ports = {one.id: one for one in _ports(bodies)}
    if not ports:
        return
    known = set(
        session.scalars(
            sa.select(tables.ports.c.id).where(tables.ports.c.id.in_(ports))
        )
    )
    served = presence.present_in_region(
        session,
        types.NETWORK,
        (one.network_id for one in ports.values()),
        region_name,
    )
    lost = {
        intent.entry_id(types.PORT, one.id, region_name): one
        for one in ports.values()
        if one.id not in known and one.network_id in served
    }
    if not lost:
        return
    counters = confirmation.counters(session, lost)
    held_addresses.insert(
        session,
        [
            {
                'network_id': one.network_id,
                'subnet_id': held_addresses.NO_SUBNET_YET,
                'ip_address': address,
                'mac_address': one.mac_address,
                'port_id': one.id,
                'entry_id': entry_id,
                'counter': counters[entry_id],
            }
            for entry_id, one in sorted(lost.items())
            if entry_id in counters
            for address in one.addresses or ('',)
        ],
    )
    for one in lost.values():
        LOG.warning(
            'Port %s of network %s in %s is forgotten in central: nobody gets '
            'its addresses (%s) until it is gone there',
            one.id,
            one.network_id,
            region_name,
            ', '.join(one.addresses) or one.mac_address,
        )


def _ports(bodies: Iterable[Any]) -> Iterator[_Port]:
    for body in bodies:
        port = body.get(types.PORT) if isinstance(body, Mapping) else None
        if not isinstance(port, Mapping):
            continue
        port_id, network_id, mac_address = (
            str(port.get(key)) for key in ('id', 'network_id', 'mac_address')
        )
        if (
            references.is_uuid(port_id)
            and references.is_uuid(network_id)
            and netaddr.valid_mac(mac_address)
        ):
            yield _Port(
                port_id,
                network_id,
                str(
                    netaddr.EUI(mac_address, dialect=netaddr.mac_unix_expanded)
                ),
                tuple(_addresses(port.get('fixed_ips'))),
            )


def _addresses(said: Any) -> Iterator[str]:
    for one in said[:_MOST] if isinstance(said, list) else ():
        address = one.get('ip_address') if isinstance(one, Mapping) else None
        if not isinstance(address, str):
            continue
        if netaddr.valid_ipv4(
            address, netaddr.INET_PTON
        ) or netaddr.valid_ipv6(address):
            yield str(netaddr.IPAddress(address))
