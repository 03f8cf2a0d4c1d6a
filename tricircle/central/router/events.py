# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Changes that may concern what regions have of routers.

Each is noted in its own transaction. Neutron writes its notes of an
interface or a gateway (``routerports``, ``gw_port_id``) in later
transactions than the port, so the port is what is looked at.
"""

from collections.abc import Mapping
from typing import Any, Final

from neutron_lib import constants
from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db import device_owners
from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import presence
from tricircle.journal import intent
from tricircle.journal import router_intents
from tricircle.replica import types

#: Of a router's port, what regions get.
_TRAVELLING: Final = ('device_id', 'device_owner', 'mac_address', 'fixed_ips')
#: Seconds in which a region takes its router off a network.
_ROUTERS_FIRST: Final = 1.0

Port = Mapping[str, Any]


def subscribe() -> None:
    """Listen to what happens to routers and floating IPs."""
    for callback, resource, event in (
        (_router_changed, resources.ROUTER, events.PRECOMMIT_UPDATE),
        (_router_changed, resources.ROUTER, events.PRECOMMIT_DELETE),
        (_router_changed, resources.ROUTER_GATEWAY, events.PRECOMMIT_UPDATE),
        (_floating_ip_made, resources.FLOATING_IP, events.PRECOMMIT_CREATE),
        (_floating_ip_changed, resources.FLOATING_IP, events.PRECOMMIT_UPDATE),
    ):
        registry.subscribe(callback, resource, event)


def _router_changed(
    resource: str, event: str, trigger: Any, payload: Any
) -> None:
    router_intents.record(payload.context.session, [payload.resource_id])


def _floating_ip_made(
    resource: str, event: str, trigger: Any, payload: Any
) -> None:
    router_id = payload.desired_state.router_id
    if router_id:
        router_intents.record(payload.context.session, [router_id])


def _floating_ip_changed(
    resource: str, event: str, trigger: Any, payload: Any
) -> None:
    session = payload.context.session
    floating_ip = payload.desired_state
    routers = {
        floating_ip.router_id,
        payload.states[0].get('router_id'),
        *payload.metadata.get('router_ids', ()),
    } - {None, ''}
    router_intents.record(session, routers)
    if not floating_ip.router_id:
        # No region has it any more that would say so.
        table = tables.floating_ips
        session.execute(
            sa.update(table)
            .where(
                table.c.id == floating_ip.id,
                table.c.status == constants.FLOATINGIP_STATUS_ACTIVE,
            )
            .values(status=constants.FLOATINGIP_STATUS_DOWN)
        )


def _router_of(port: Port | None) -> str | None:
    if port is None or port['device_owner'] not in device_owners.CARRIED_PORTS:
        return None
    return port['device_id'] or None


def port_changed(
    session: orm.Session, before: Port | None, after: Port | None
) -> None:
    """Note that a port was made, changed or deleted, if it is a router's.

    :param before: None when it is new
    :param after: None when it is being deleted
    """
    if (
        before is not None
        and before['device_owner'] == constants.DEVICE_OWNER_FLOATINGIP
        and after is None
    ):
        _floating_port_deleted(session, before['id'])
        return
    named = {_router_of(before), _router_of(after)} - {None}
    if not named or (
        before is not None
        and after is not None
        and all(before[name] == after[name] for name in _TRAVELLING)
    ):
        return
    routers = router_intents.existing(session, [one for one in named if one])
    if not routers:
        # A tenant may write anything there, and need not make it a router's.
        return
    router_intents.record(session, routers)
    if (
        before is not None
        and before['device_owner'] in constants.ROUTER_INTERFACE_OWNERS
    ):
        _left(session, before['network_id'])


def _left(session: orm.Session, network_id: str) -> None:
    """Note that a network is not what its router made of it any more.

    While it is on a router, its documents are looked at with the router's.
    """
    intent.record(
        session,
        [
            intent.Intent(
                types.NETWORK,
                network_id,
                pod.region_name,
                delay=_ROUTERS_FIRST,
            )
            for pod in presence.pods_to_tell(
                session, types.NETWORK, network_id
            )
        ],
    )


def _floating_port_deleted(session: orm.Session, port_id: str) -> None:
    table = tables.floating_ips
    routers = session.scalars(
        sa.select(table.c.router_id).where(
            table.c.floating_port_id == port_id, table.c.router_id.is_not(None)
        )
    )
    router_intents.record(session, list(routers))
