# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Central's way to addresses: nothing is given back that a region may use.

What is held, and until when, is :mod:`tricircle.central.held.addresses`'.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from neutron.db import ipam_pluggable_backend
from neutron.ipam import exceptions as ipam_exc
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.central.held import addresses
from tricircle.db.central import models as central_models
from tricircle.db.central import neutron_tables as tables
from tricircle.journal import confirmation
from tricircle.journal import intent

_Held = central_models.HeldAddress
_Journal = central_models.JournalEntry


class IpAddressHeld(ipam_exc.IpAddressAlreadyAllocated):
    """An address that a region may still use.

    It has the status and the name of Neutron's own error.
    """

    message = (
        'IP address %(ip)s already allocated in subnet %(subnet_id)s: port '
        '%(port_id)s had it, which %(regions)s has yet to confirm. Try again '
        'when it has.'
    )


IpAddressHeld.__name__ = 'IpAddressAlreadyAllocated'


def _exists(session: orm.Session, port_id: str) -> bool:
    return (
        session.scalar(
            sa.select(tables.ports.c.id).where(tables.ports.c.id == port_id)
        )
        is not None
    )


def _held_of(session: orm.Session, port_id: str) -> set[tuple[str, str]]:
    return {
        (row.subnet_id, row.ip_address)
        for row in session.execute(
            sa.select(_Held.subnet_id, _Held.ip_address).where(
                _Held.port_id == port_id, confirmation.waiting(_Held)
            )
        )
    }


class HoldingIpamBackend(ipam_pluggable_backend.IpamPluggableBackend):
    """The stock backend, which gives back nothing that a region may use."""

    def _ipam_deallocate_ips(
        self,
        context: Any,
        ipam_driver: Any,
        port: Any,
        ips: Iterable[Mapping[str, str]],
        revert_on_fail: bool = True,
    ) -> Any:
        wanted = list(ips)
        port_id = port.get('id')
        if not wanted or not port_id:
            return super()._ipam_deallocate_ips(
                context, ipam_driver, port, wanted, revert_on_fail
            )
        session = context.session
        held = _held_of(session, port_id)
        taken = [_key(one) for one in wanted if _key(one) not in held]
        if taken and _exists(session, port_id):
            # They are taken from a port that stays.
            awaited = intent.record_awaited(
                session, addresses.waits(session, port_id)
            )
            addresses.hold(session, port_id, awaited, addresses=taken)
            if awaited:
                held.update(taken)
        kept = [one for one in wanted if _key(one) in held]
        freed = [one for one in wanted if _key(one) not in held]
        done = super()._ipam_deallocate_ips(
            context, ipam_driver, port, freed, revert_on_fail
        )
        return [*done, *kept]

    def _ipam_allocate_ips(
        self,
        context: Any,
        ipam_driver: Any,
        port: dict[str, Any],
        ips: list[Any],
        revert_on_fail: bool = True,
    ) -> Any:
        if ips:
            addresses.release_confirmed(context, port['network_id'])
        try:
            return super()._ipam_allocate_ips(
                context, ipam_driver, port, ips, revert_on_fail
            )
        except ipam_exc.IpAddressAlreadyAllocated as exc:
            refusal = _explained(context.session, port['network_id'], ips)
            if refusal is None:
                raise
            raise refusal from exc


def _key(address: Mapping[str, str]) -> tuple[str, str]:
    return address['subnet_id'], str(address['ip_address'])


def _explained(
    session: orm.Session, network_id: str, ips: Iterable[Any]
) -> IpAddressHeld | None:
    """Return the refusal that names who has yet to confirm, if that is it."""
    wanted = {
        str(one['ip_address'])
        for one in ips
        if isinstance(one, Mapping) and one.get('ip_address')
    }
    rows = session.execute(
        sa.select(
            _Held.ip_address,
            _Held.subnet_id,
            _Held.port_id,
            _Journal.region_name,
        )
        .join(_Journal, _Journal.id == _Held.entry_id)
        .where(
            _Held.network_id == network_id,
            _Held.ip_address.in_(sorted(wanted)),
            _Journal.applied < _Held.counter,
        )
        .order_by(_Held.ip_address, _Journal.region_name)
    ).all()
    if not rows:
        return None
    return IpAddressHeld(
        ip=rows[0].ip_address,
        subnet_id=rows[0].subnet_id,
        port_id=rows[0].port_id,
        regions=', '.join(
            sorted(
                {
                    row.region_name
                    for row in rows
                    if row.ip_address == rows[0].ip_address
                }
            )
        ),
    )
