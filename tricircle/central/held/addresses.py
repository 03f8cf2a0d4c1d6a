# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Addresses that are free when every region has confirmed, not before.

A port may lose an address, or be deleted, while its region is away: the
instance there goes on using the address. And other regions have a shadow of
the port. So Neutron's IPAM keeps the address as given out, and
``held_addresses`` says what it waits for; it is given back when somebody
next wants an address of that network.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import netaddr
from neutron.ipam import driver as ipam_driver
from neutron.ipam import exceptions as ipam_exc
from neutron.ipam import requests as ipam_requests
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.central.shadow import chunks as shadow_chunks
from tricircle.db.central import models as central_models
from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import presence as presence_db
from tricircle.db.central.held import addresses as held_addresses
from tricircle.db.central.held import ports as held_ports
from tricircle.journal import confirmation
from tricircle.journal import intent
from tricircle.replica import types
from tricircle.replica.held_ports import coming_with

_Held = central_models.HeldAddress


Address = tuple[str, str]


def waits(
    session: orm.Session, port_id: str, left: str | None = None
) -> list[intent.Intent]:
    """Return the intents whose documents have a port's addresses.

    To be asked before the port, or where it is, is forgotten.

    :param left: name of a region that is known to have the port no more
    """
    reserved = central_models.ReservedPort
    return [
        *(
            intent.Intent(types.PORT, port_id, pod.region_name)
            for pod in presence_db.pods_to_tell(session, types.PORT, port_id)
            if pod.region_name != left
        ),
        *shadow_chunks.intents_for(session, port_id),
        *(
            intent.Intent(types.NETWORK, row.network_id, row.region_name)
            # What is held for a router is given back when its region has
            # followed, not before.
            for row in held_ports.noted(
                session, reserved.port_id == port_id, _comes_with_network()
            )
        ),
    ]


def hold(
    session: orm.Session,
    port_id: str,
    awaited: Mapping[str, int],
    *,
    addresses: Iterable[Address] | None = None,
    mac_address: str | None = None,
) -> None:
    """Hold addresses of a port until its regions confirm.

    In the transaction that takes them away from the port, before it does.

    :param awaited: counters by journal entry; without any, as of a port
        that is in no region, nothing is held
    :param addresses: subnet and address of each, all of the port if None
    :param mac_address: hold this one and no addresses
    """
    if not awaited:
        return
    port = session.execute(
        sa.select(tables.ports.c.network_id, tables.ports.c.mac_address).where(
            tables.ports.c.id == port_id
        )
    ).one_or_none()
    if port is None:
        return
    if mac_address is not None:
        wanted: list[Address] = []
    elif addresses is not None:
        wanted = list(addresses)
    else:
        allocation = tables.allocations.c
        wanted = [
            (row.subnet_id, row.ip_address)
            for row in session.execute(
                sa.select(allocation.subnet_id, allocation.ip_address).where(
                    allocation.port_id == port_id
                )
            )
        ]
    held_addresses.insert(
        session,
        [
            {
                'network_id': port.network_id,
                'subnet_id': subnet_id,
                'ip_address': ip_address,
                'mac_address': mac_address or port.mac_address,
                'port_id': port_id,
                'entry_id': entry_id,
                'counter': counter,
            }
            # Of a port without addresses the MAC address counts.
            for subnet_id, ip_address in wanted or [('', '')]
            for entry_id, counter in sorted(awaited.items())
        ],
    )


def _comes_with_network() -> Any:
    """Return the condition that a port is brought by a network's document."""
    return central_models.ReservedPort.kind.in_(coming_with(types.NETWORK))


def hold_subnet(session: orm.Session, subnet_id: str) -> None:
    """Hold what regions have of a subnet that is being deleted.

    Their gateways, DHCP servers and L3 agents keep their addresses until
    they followed.
    """
    reserved, allocation = central_models.ReservedPort, tables.allocations.c
    for row in session.execute(
        sa.select(reserved.port_id, allocation.ip_address)
        .join(tables.allocations, allocation.port_id == reserved.port_id)
        .where(
            allocation.subnet_id == subnet_id,
            _comes_with_network(),
        )
        .order_by(reserved.port_id)
    ).all():
        hold(
            session,
            row.port_id,
            intent.record_awaited(session, waits(session, row.port_id)),
            addresses=[(subnet_id, row.ip_address)],
        )


def release_confirmed(context: Any, network_id: str) -> None:
    """Give back the addresses of a network that nobody waits for any more.

    :param context: in a transaction
    """
    session = context.session
    free: dict[tuple[str, str], list[int]] = {}
    busy: set[tuple[str, str]] = set()
    nowhere: dict[str, list[int]] = {}
    for row in session.execute(
        sa.select(
            _Held.id,
            _Held.subnet_id,
            _Held.ip_address,
            confirmation.waiting(_Held).label('waits'),
        ).where(_Held.network_id == network_id)
    ):
        key = (row.subnet_id, row.ip_address)
        free.setdefault(key, []).append(row.id)
        if row.waits:
            busy.add(key)
            if key[0] == held_addresses.NO_SUBNET_YET and key[1]:
                nowhere.setdefault(key[1], []).append(row.id)
    _find_subnets(context, network_id, nowhere)
    done = {key: ids for key, ids in free.items() if key not in busy}
    if not done:
        return
    taken = confirmation.take(
        session, _Held, (one for ids in done.values() for one in ids)
    )
    # Another request may have been first, and given out what it was.
    done = {key: ids for key, ids in done.items() if taken.issuperset(ids)}
    if not done:
        return
    # What a subnet held that is gone went with it, and a MAC address alone
    # is of none.
    left = set(
        session.scalars(
            sa.select(tables.subnets.c.id).where(
                tables.subnets.c.id.in_(sorted({key[0] for key in done}))
            )
        )
    )
    pool = ipam_driver.Pool.get_instance(None, context)
    for subnet_id, ip_address in sorted(done):
        if subnet_id in left and ip_address:
            pool.get_subnet(subnet_id).deallocate(ip_address)


def holds_mac(session: orm.Session, network_id: str, mac_address: str) -> bool:
    """Tell whether a region may still use a MAC address on a network."""
    return (
        session.scalar(
            sa.select(_Held.id)
            .where(
                _Held.network_id == network_id,
                _Held.mac_address == mac_address,
                confirmation.waiting(_Held),
            )
            .limit(1)
        )
        is not None
    )


def take_over(context: Any, subnet: Mapping[str, Any]) -> None:
    """Have a new subnet hold what an earlier one of its network held.

    :param context: in the transaction that makes the subnet
    """
    session = context.session
    rows = session.execute(
        sa.select(_Held.id, _Held.ip_address).where(
            _Held.network_id == subnet['network_id'],
            _Held.ip_address != '',
            confirmation.waiting(_Held),
            ~sa.select(sa.literal(1))
            .where(tables.subnets.c.id == _Held.subnet_id)
            .exists(),
        )
    ).all()
    ids: dict[str, list[int]] = {}
    for row in rows:
        ids.setdefault(row.ip_address, []).append(row.id)
    _occupy(context, subnet['id'], ids)


def _find_subnets(
    context: Any, network_id: str, ids: Mapping[str, list[int]]
) -> None:
    """Have subnets hold addresses that none does.

    One that somebody has got already stays as it is: it is looked at again
    when somebody next wants an address.

    :param ids: of the rows of each address
    """
    if not ids:
        return
    for row in context.session.execute(
        sa.select(tables.subnets.c.id, tables.subnets.c.cidr).where(
            tables.subnets.c.network_id == network_id
        )
    ).all():
        cidr = netaddr.IPNetwork(row.cidr)
        _occupy(
            context,
            row.id,
            {one: rows for one, rows in ids.items() if one in cidr},
        )


def _occupy(
    context: Any, subnet_id: str, ids: Mapping[str, list[int]]
) -> None:
    """Have a subnet's IPAM hold addresses, if nobody has them.

    :param ids: of the rows of each address
    """
    if not ids:
        return
    ours = ipam_driver.Pool.get_instance(None, context).get_subnet(subnet_id)
    for ip_address, held in sorted(ids.items()):
        try:
            ours.allocate(ipam_requests.SpecificAddressRequest(ip_address))
        except (
            ipam_exc.InvalidIpForSubnet,
            ipam_exc.IpAddressAlreadyAllocated,
        ):
            continue
        context.session.execute(
            sa.update(_Held)
            .where(_Held.id.in_(held))
            .values(subnet_id=subnet_id)
        )


def forget_network(session: orm.Session, network_id: str) -> None:
    """Forget what is held on a network that is deleted."""
    found = session.scalars(
        sa.select(_Held.id).where(_Held.network_id == network_id)
    ).all()
    if found:
        session.execute(sa.delete(_Held).where(_Held.id.in_(found)))
