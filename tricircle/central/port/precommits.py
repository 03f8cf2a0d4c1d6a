# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What the change or the end of a port means to regions.

Everything here runs in the transaction of the change.
"""

import contextlib
from typing import Any, Final

from neutron_lib import constants
from sqlalchemy import orm

from tricircle.central.group import presence as group_presence
from tricircle.central.held import addresses as held_addresses
from tricircle.central.held import ownership
from tricircle.central.held import reservations
from tricircle.central.shadow import chunks as shadow_chunks
from tricircle.db import aside
from tricircle.db.central import presence as presence_db
from tricircle.journal import intent
from tricircle.journal import router_intents
from tricircle.replica import types

#: The port that is deleted because a region has deleted it, and that region.
_gone: Final = aside.Aside[tuple[str, str]]('gone')


def gone_from(
    context: Any, port_id: str, region_name: str
) -> contextlib.AbstractContextManager[None]:
    """Say that a deletion repeats what a region has done already."""
    return _gone.said(context, (port_id, region_name))


def update(plugin_context: Any, port: dict[str, Any]) -> None:
    """Let the security groups of a port follow it to its region.

    For the mechanism driver, when a port's groups change: in that
    transaction.
    """
    session = plugin_context.session
    for pod in presence_db.pods_to_tell(session, types.PORT, port['id']):
        group_presence.follow_ports(
            session, pod, [port['id']], port['project_id']
        )


def hold_mac(session: orm.Session, port_id: str, mac_address: str) -> None:
    """Keep a MAC address that a port had until its regions followed.

    :param session: in the transaction of the change, which is recorded
    """
    held_addresses.hold(
        session,
        port_id,
        intent.awaited(session, held_addresses.waits(session, port_id)),
        mac_address=mac_address,
    )


def delete(plugin_context: Any, port: dict[str, Any]) -> None:
    """Note what the end of a port means to regions.

    For the mechanism driver: in the transaction that deletes the port. The
    region that has it must delete it, unless it is the one that did so
    first; the others must remove its shadow.
    """
    session = plugin_context.session
    port_id = port['id']
    gone = _gone.of(plugin_context)
    waits = held_addresses.waits(
        session,
        port_id,
        gone[1] if gone is not None and gone[0] == port_id else None,
    )
    if ownership.is_reserved(session, port_id):
        held_addresses.hold(
            session, port_id, intent.record_awaited(session, waits)
        )
        reservations.forget(plugin_context, [port_id])
        return
    _tell_of_deletion(session, port, gone)
    held_addresses.hold(session, port_id, intent.awaited(session, waits))


def _tell_of_deletion(
    session: orm.Session,
    port: dict[str, Any],
    gone: tuple[str, str] | None,
) -> None:
    port_id, project_id = port['id'], port['project_id']
    pods = presence_db.pods_to_tell(session, types.PORT, port_id)
    if not pods:
        if port['device_owner'] in constants.ROUTER_INTERFACE_OWNERS:
            # In a region it is on a router, with which it goes there.
            shadow_chunks.forget(session, [port_id])
        return
    shadow_chunks.forget(session, [port_id], project_id)
    # It may have been the last one there. Of two that are last each sees the
    # other, so this is not looked at.
    router_intents.record_on(session, port['network_id'])
    for pod in pods:
        if gone == (port_id, pod.region_name):
            presence_db.revoke(session, types.PORT, port_id, pod.region_name)
            intent.forget(session, types.PORT, port_id, pod.region_name)
        else:
            intent.record(
                session,
                [
                    intent.Intent(
                        types.PORT, port_id, pod.region_name, project_id
                    )
                ],
            )
