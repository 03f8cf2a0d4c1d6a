# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Interfaces of a router replica: ports with central's IDs."""

from collections.abc import Iterable, Mapping
import contextlib
import dataclasses
from typing import Any

from neutron.db.models import l3 as l3_models
from neutron_lib import constants
from neutron_lib.db import api as db_api
from neutron_lib.exceptions import l3 as l3_exceptions
from neutron_lib.plugins import directory
from neutron_lib.plugins import utils as plugin_utils
import sqlalchemy as sa

from tricircle.conf import fault_point
from tricircle.local.router import revisions as router_revisions
from tricircle.local.router import step
from tricircle.local.router.port import ports as router_ports


def _owner_on(router: dict[str, Any]) -> str | None:
    if router['distributed'] or 'ha' not in router:
        return None
    if router['ha']:
        return str(constants.DEVICE_OWNER_HA_REPLICATED_INT)
    return str(constants.DEVICE_OWNER_ROUTER_INTF)


def _adding(
    router: dict[str, Any], wanted: dict[str, Any]
) -> contextlib.AbstractContextManager[None]:
    return step.at(interface=wanted, owner=_owner_on(router))


@dataclasses.dataclass(frozen=True)
class Changes:
    """What turns the interfaces that are here into those that are wanted.

    :ivar gone: IDs of ports to take off the router
    :ivar readdressed: interfaces that get other IPv6 addresses
    :ivar new: interfaces to add
    """

    gone: tuple[str, ...]
    readdressed: tuple[dict[str, Any], ...]
    new: tuple[dict[str, Any], ...]

    @property
    def touched(self) -> frozenset[str]:
        """IDs of the ports that do not stay as they are."""
        return frozenset(
            (*self.gone, *(one['port_id'] for one in self.readdressed))
        )


def compare(
    here: Mapping[str, dict[str, Any]],
    ours: Iterable[str],
    wanted: Iterable[dict[str, Any]],
) -> Changes:
    """Compare what a router has with what it is to have; pure.

    :param here: what is attached, in document form, by port ID
    :param ours: IDs of the ports that central owns; no other is removed
    """
    by_id = {one['port_id']: one for one in wanted}
    replaced = {
        port_id
        for port_id, one in by_id.items()
        if port_id in here and _is_another(here[port_id], one)
    }
    owned = set(ours)
    return Changes(
        gone=tuple(sorted(((set(here) - set(by_id)) | replaced) & owned)),
        readdressed=tuple(
            one
            for port_id, one in sorted(by_id.items())
            if port_id in here
            and port_id not in replaced
            and here[port_id]['fixed_ips'] != one['fixed_ips']
        ),
        new=tuple(
            one
            for port_id, one in sorted(by_id.items())
            if port_id not in here or port_id in replaced
        ),
    )


def _is_another(here: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Tell whether a port cannot be changed into the wanted one.

    Neutron lets no IPv4 address of an attached interface change.
    """
    return (
        here['network_id'] != wanted['network_id']
        or here['mac_address'] != wanted['mac_address']
        or _v4(here['fixed_ips']) != _v4(wanted['fixed_ips'])
    )


def _v4(fixed_ips: Iterable[Mapping[str, str]]) -> set[tuple[str, str]]:
    return {
        (one['subnet_id'], one['ip_address'])
        for one in fixed_ips
        if ':' not in one['ip_address']
    }


def remove(context: Any, plugin: Any, router_id: str, port_id: str) -> None:
    """Take an interface off a router, and its port away."""
    try:
        plugin.remove_router_interface(
            context, router_id, {'port_id': port_id}
        )
    except l3_exceptions.RouterInterfaceNotFound:
        pass
    fault_point.reach('local.router.interface_removed')
    router_ports.delete(context, port_id)


def remove_strays(context: Any, router_id: str, kept: Iterable[str]) -> None:
    """Delete ports that were made for a router and never put on it.

    :param kept: IDs of those that are wanted
    """
    here = set(router_ports.attached(context, router_id)) | set(kept)
    for port_id in router_ports.ours(
        context, router_id, router_ports.INTERFACE
    ):
        if port_id not in here:
            router_ports.delete(context, port_id)


def readdress(context: Any, wanted: dict[str, Any]) -> None:
    """Give an interface other IPv6 addresses; its agents are to be told."""
    directory.get_plugin().update_port(
        context,
        wanted['port_id'],
        {'port': {'fixed_ips': [dict(one) for one in wanted['fixed_ips']]}},
    )


def add(
    context: Any,
    plugin: Any,
    router: dict[str, Any],
    wanted: dict[str, Any],
) -> None:
    """Put an interface on a router, also one that was begun before."""
    found = router_ports.claim(
        context, router['id'], router_ports.INTERFACE, wanted
    )
    if found is not None and _is_another(router_ports.project(found), wanted):
        router_ports.delete(context, wanted['port_id'])
        found = router_ports.claim(
            context, router['id'], router_ports.INTERFACE, wanted
        )
    if found is None:
        # In one go: to make a port and then to put it on the router takes
        # Neutron half as much again.
        with _adding(router, wanted):
            plugin.add_router_interface(
                context,
                router['id'],
                {'subnet_id': wanted['fixed_ips'][0]['subnet_id']},
            )
        return
    if router_ports.is_on(context, router['id'], wanted['port_id']):
        # Of two who put it there at once, as one whose lease ran out and
        # the next, one was refused, and took the router's name off it.
        _name(context, wanted['port_id'], router['id'])
        return
    if found['device_id']:
        # Neutron was interrupted while it put the port on the router.
        _name(context, wanted['port_id'], '')
    plugin.add_router_interface(
        context, router['id'], {'port_id': wanted['port_id']}
    )


def _name(context: Any, port_id: str, router_id: str) -> None:
    """Write on a port which router it is of."""
    directory.get_plugin().update_port(
        context, port_id, {'port': {'device_id': router_id}}
    )


def create_port(
    context: Any, router: Any, owner: str, wanted: dict[str, Any]
) -> dict[str, Any]:
    """Make the port of an interface, with its router's name on it.

    :param router: ``id`` and ``project_id``
    :param owner: its device owner, as the router plugin has it. From the
        beginning: only a router's port may have the gateway's address on a
        subnet with automatic ones
    """
    with db_api.CONTEXT_READER.using(context):
        project_id = (
            ''
            if router_ports.is_nobodys(context.session, wanted['network_id'])
            else router['project_id']
        )
    made: dict[str, Any] = plugin_utils.create_port(
        directory.get_plugin(),
        context,
        {
            'port': {
                'id': wanted['port_id'],
                'project_id': project_id,
                'tenant_id': project_id,
                'network_id': wanted['network_id'],
                'mac_address': wanted['mac_address'],
                'fixed_ips': [dict(one) for one in wanted['fixed_ips']],
                'admin_state_up': True,
                'device_id': router['id'],
                'device_owner': owner,
                'name': '',
            }
        },
        check_allow_post=False,
    )
    fault_point.reach('local.router.port')
    return made


def attach(context: Any, port_id: str, router_id: str, owner: str) -> None:
    """Put a port on a router, as rows.

    Neutron's object would load all of the router to count its revision.
    """
    with db_api.CONTEXT_WRITER.using(context):
        context.session.execute(
            sa.insert(l3_models.RouterPort.__table__).values(
                port_id=port_id, router_id=router_id, port_type=owner
            )
        )
        router_revisions.count(context.session, router_id)
