# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Floating IPs of a router replica.

Neutron takes no ID for them, so each has one of the region's own, which the
ledger maps. That is written in the transaction that makes the floating IP:
none is ever there without it.
"""

from collections.abc import Callable, Iterable, Mapping
import contextlib
from typing import Any

import netaddr
from neutron_lib import constants
from neutron_lib.db import api as db_api
from neutron_lib.exceptions import l3 as l3_exceptions
from neutron_lib.plugins import directory
from oslo_log import log as logging
from sqlalchemy import orm

from tricircle.conf import fault_point
from tricircle.local.engine import attributes
from tricircle.local.engine import ledger
from tricircle.local.engine import parts
from tricircle.local.engine.lease import leases
from tricircle.local.router import policies
from tricircle.local.router import reads as router_reads
from tricircle.local.router import step
from tricircle.replica.kinds.router import FLOATING_IP

LOG = logging.getLogger(__name__)

#: What cannot be changed on a floating IP that is there.
_FIXED = ('project_id', 'floating_network_id', 'floating_ip_address')
_ASSOCIATION = ('port_id', 'fixed_ip_address')


def note_creation(session: orm.Session, local_id: str) -> None:
    """Map a floating IP that is just being made, in its transaction."""
    made = step.current().floating_ip
    if made is not None:
        fault_point.reach('local.router.floating_port')
        central_id, router_id = made
        ledger.mark(
            session,
            ledger.FLOATING_IP,
            central_id,
            parent_id=router_id,
            local_id=local_id,
        )


def across_leg(
    context: Any, wanted: Mapping[str, Any]
) -> tuple[dict[str, Any], str, str] | None:
    """Return what a floating IP is for when that is beyond a router's leg.

    The port is an interface of the router, and the address is one that is
    reached through it, not its own.

    :returns: the port, one of its IPv4 subnets, the address; None when the
        floating IP is for a port's own address
    """
    port_id, address = wanted.get('port_id'), wanted.get('fixed_ip_address')
    if not port_id or not address or netaddr.IPAddress(address).version != 4:
        return None
    port = directory.get_plugin().get_port(context, port_id)
    if port['device_owner'] not in constants.ROUTER_INTERFACE_OWNERS:
        return None
    subnet_id = next(
        (
            one['subnet_id']
            for one in port['fixed_ips']
            if netaddr.IPAddress(one['ip_address']).version == 4
        ),
        None,
    )
    if subnet_id is None:
        return None
    return port, subnet_id, str(address)


def local_ids(context: Any, router_id: str) -> dict[str, str]:
    """Return the IDs here of a router's floating IPs, by central's."""
    with db_api.CONTEXT_READER.using(context):
        return {
            row.resource_id: str(row.local_id)
            for row in ledger.children(
                context.session, ledger.FLOATING_IP, router_id
            )
        }


def _here(
    context: Any, rows: Mapping[str, str], router_id: str
) -> dict[str, dict[str, Any]]:
    """Return what is here of some floating IPs, by central's ID."""
    if not rows:
        return {}
    by_local = {
        one['id']: one
        for one in router_reads.floating_ips(context, rows.values())
    }
    return {
        central_id: _project(central_id, by_local[local_id], router_id)
        for central_id, local_id in rows.items()
        if local_id in by_local
    }


def _project(
    central_id: str, found: dict[str, Any], router_id: str
) -> dict[str, Any]:
    on_it = found['router_id'] == router_id
    tags = found.get('tags')
    made = {
        'id': central_id,
        'project_id': found['project_id'],
        'floating_network_id': found['floating_network_id'],
        'floating_ip_address': found['floating_ip_address'],
        'port_id': found['port_id'] if on_it else None,
        'fixed_ip_address': found['fixed_ip_address'] if on_it else None,
        'description': found['description'],
        **({'tags': sorted(tags)} if tags else {}),
    }
    if found[policies.ATTRIBUTE] is not None:
        made[policies.ATTRIBUTE] = found[policies.ATTRIBUTE]
    return made


def observe(context: Any, router_id: str) -> list[dict[str, Any]]:
    """Read a router's floating IPs back in document form."""
    here = _here(context, local_ids(context, router_id), router_id)
    return [here[key] for key in sorted(here)]


def leaving(
    context: Any, router_id: str, wanted: Iterable[Mapping[str, Any]]
) -> dict[str, str]:
    """Return those that are not wanted, or are others than wanted.

    :returns: the ID here by central's
    """
    by_id = {one['id']: one for one in wanted}
    rows = local_ids(context, router_id)
    here = _here(context, rows, router_id)
    return {
        central_id: local_id
        for central_id, local_id in sorted(rows.items())
        if central_id not in by_id
        or central_id not in here
        or any(
            here[central_id][key] != by_id[central_id][key] for key in _FIXED
        )
    }


def remove(
    context: Any, plugin: Any, router_id: str, leaving: Mapping[str, str]
) -> None:
    """Delete floating IPs.

    :param leaving: the ID here by central's
    """
    for central_id, local_id in leaving.items():
        _delete(context, plugin, router_id, central_id, local_id)


def _delete(
    context: Any, plugin: Any, router_id: str, central_id: str, local_id: str
) -> None:
    """Delete one, unless another router has just taken it."""
    with _leased(central_id) as lease:
        if lease.row is None or lease.row.parent_id != router_id:
            return
        try:
            plugin.delete_floatingip(context, local_id)
        except l3_exceptions.FloatingIPNotFound:
            pass
        lease.forget()


def _leased(
    central_id: str,
) -> contextlib.AbstractContextManager[leases.Lease]:
    """Keep the documents of two routers from one floating IP."""
    return leases.leased(ledger.FLOATING_IP, central_id, insert_as=None)


def detach(
    context: Any,
    plugin: Any,
    router_id: str,
    wanted: Iterable[Mapping[str, Any]],
    is_in_the_way: Callable[[Mapping[str, Any]], bool],
) -> None:
    """Take floating IPs off ports that they are not for any more.

    All before any is put on another: of two that change places, neither
    could be first.

    :param is_in_the_way: tells whether one that stays must come off too,
        because its router's port is about to change
    """
    by_id = {one['id']: one for one in wanted}
    rows = local_ids(context, router_id)
    for central_id, one in _here(context, rows, router_id).items():
        if one['port_id'] is None:
            continue
        if is_in_the_way(one) or any(
            one[key] != by_id[central_id][key] for key in _ASSOCIATION
        ):
            plugin.update_floatingip(
                context, rows[central_id], {'floatingip': {'port_id': None}}
            )


def apply(
    context: Any,
    plugin: Any,
    router_id: str,
    wanted: Iterable[Mapping[str, Any]],
    doing: parts.Parts,
) -> None:
    """Make floating IPs, and put them on their ports; each is a part."""
    for one in sorted(wanted, key=lambda item: str(item['id'])):
        with doing.part(f'floating IP {one["id"]}'):
            _apply_one(context, plugin, router_id, one)
        fault_point.reach('local.router.floating_ip')


def _apply_one(
    context: Any, plugin: Any, router_id: str, wanted: Mapping[str, Any]
) -> None:
    central_id = wanted['id']
    with db_api.CONTEXT_READER.using(context):
        row = ledger.owned(context.session, ledger.FLOATING_IP, central_id)
        rows = {central_id: str(row.local_id)} if row is not None else {}
        moved = row is not None and row.parent_id != router_id
    here = _here(context, rows, router_id).get(central_id)
    if rows and (moved or here is None) and not _take(central_id, router_id):
        here = None
    if here is None:
        _create(context, plugin, router_id, wanted)
        return
    changes = {
        key: wanted[key]
        for key in (*_ASSOCIATION, 'description')
        if here[key] != wanted[key]
    }
    if changes and wanted['port_id'] is not None:
        # Neutron would take it off the port of which it hears nothing.
        changes = {
            **{key: wanted[key] for key in _ASSOCIATION},
            'router_id': router_id,
            'description': wanted['description'],
        }
    if here.get(policies.ATTRIBUTE) != wanted.get(policies.ATTRIBUTE):
        changes[policies.ATTRIBUTE] = wanted.get(policies.ATTRIBUTE)
    if changes:
        plugin.update_floatingip(
            context, rows[central_id], {'floatingip': changes}
        )
    _set_tags(context, rows[central_id], here, wanted)


def _set_tags(
    context: Any,
    local_id: str,
    here: Mapping[str, Any],
    wanted: Mapping[str, Any],
) -> None:
    attributes.set_tags(
        context,
        FLOATING_IP.collection,
        {'tags': here.get('tags', [])},
        {'id': local_id, 'tags': wanted.get('tags', [])},
    )


def _take(central_id: str, router_id: str) -> bool:
    """Take one from another router of central's, which knows by now.

    :returns: False when that has just deleted it
    """
    with _leased(central_id) as lease:
        if lease.row is None:
            return False
        lease.note(parent_id=router_id)
        return True


def _create(
    context: Any, plugin: Any, router_id: str, wanted: Mapping[str, Any]
) -> None:
    plugin.remove_half_made_floating_ports(
        context, wanted['floating_network_id'], wanted['floating_ip_address']
    )
    with step.at(floating_ip=(wanted['id'], router_id)):
        made = plugin.create_floatingip(
            context,
            {
                'floatingip': {
                    'project_id': wanted['project_id'],
                    'tenant_id': wanted['project_id'],
                    'floating_network_id': wanted['floating_network_id'],
                    'floating_ip_address': wanted['floating_ip_address'],
                    'port_id': wanted['port_id'],
                    'fixed_ip_address': wanted['fixed_ip_address'],
                    'router_id': router_id,
                    'description': wanted['description'],
                    policies.ATTRIBUTE: wanted.get(policies.ATTRIBUTE),
                }
            },
        )
    _set_tags(context, made['id'], {}, wanted)
