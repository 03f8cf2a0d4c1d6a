# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What happens to ports in this region, noted where it happens.

A mechanism driver's precommits also see what happens outside the API:
bindings being committed, and the status that agents report by RPC.
"""

from typing import Any

from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.plugins.ml2 import api

from tricircle.conf import durations
from tricircle.db import device_owners
from tricircle.local.adoption import taking
from tricircle.local.asking import request
from tricircle.local.engine import ledger
from tricircle.local.engine.owner import actor
from tricircle.local.engine.owner import ownership
from tricircle.local.network import agent_gateways
from tricircle.local.port import dns_names
from tricircle.local.port.address import allocation
from tricircle.local.port.usage import release
from tricircle.local.router import report as router_report
from tricircle.local.telling import outbox
from tricircle.replica import types

#: What a report says of a port.
_REPORTED = (
    'status',
    'device_id',
    'device_owner',
    portbindings.HOST_ID,
    portbindings.VIF_TYPE,
    portbindings.VNIC_TYPE,
    dns_names.NAME,
)


class TricircleLocalMechanismDriver(api.MechanismDriver):
    """Keeps the ledger, and puts what central must hear into the outbox."""

    def initialize(self) -> None:
        """Nothing to set up."""

    def create_port_precommit(self, context: Any) -> None:
        """Complete an allocation together with the port itself."""
        port = context.current
        session = context.plugin_context.session
        if allocation.complete(context.plugin_context, port['id']):
            if port.get(dns_names.NAME):
                dns_names.changed(
                    session, port['id'], '', port[dns_names.NAME]
                )
            outbox.enqueue(
                session,
                types.PORT,
                [port['id']],
                0.0 if context.host else durations.BINDING_AWAITED,
            )
        else:
            _check_own(context.plugin_context, port['network_id'])

    def create_subnet_precommit(self, context: Any) -> None:
        """Keep subnets of the region's own off what becomes central's."""
        _check_own(context.plugin_context, context.current['network_id'])

    def update_port_precommit(self, context: Any) -> None:
        """Report bindings, device and status."""
        port_id = context.current['id']
        session = context.plugin_context.session
        if not _differs(context):
            return
        delay = durations.BINDING_AWAITED if _is_being_bound(context) else 0.0
        is_use = _is_use(context)
        # Whoever gives the port up has said so before, or waits for this.
        find = ledger.locked if is_use else ledger.owned
        row = find(session, types.PORT, port_id)
        if row is not None:
            if is_use:
                release.check_stays(row)
            before, now = (
                (one or {}).get(dns_names.NAME) or ''
                for one in (context.original, context.current)
            )
            if before != now:
                dns_names.changed(session, port_id, before, now)
            outbox.enqueue(session, types.PORT, [port_id], delay)
        elif context.current['device_owner'] in device_owners.ROUTER_PORTS:
            router_report.port_changed(session, port_id, delay)

    def delete_port_precommit(self, context: Any) -> None:
        """Remember what the region deleted, and tell central.

        When central wants the deletion, whoever carries it out leaves the
        tombstone.
        """
        port_id = context.current['id']
        session = context.plugin_context.session
        if actor.is_applying():
            release.check(context.plugin_context, port_id)
            return
        if context.current['device_owner'] == constants.DEVICE_OWNER_AGENT_GW:
            agent_gateways.deleted(session, port_id)
            return
        if ledger.owned(session, types.PORT, port_id) is None:
            return
        ledger.tombstone(session, types.PORT, port_id)
        outbox.enqueue(session, types.PORT, [port_id])
        request.note_deletion(port_id)


def _check_own(context: Any, network_id: str) -> None:
    """Refuse what is new on a network that is no more the region's own."""
    if not actor.is_applying() and not ownership.is_surely_own(
        context, network_id
    ):
        taking.check_not_taken(context.session, network_id)


def _differs(context: Any) -> bool:
    original = context.original
    return not original or any(
        context.current.get(key) != original.get(key) for key in _REPORTED
    )


def _is_use(context: Any) -> bool:
    """Tell whether a port is given to a device, or to a host."""
    original = context.original or {}
    return any(
        context.current.get(key) and context.current[key] != original.get(key)
        for key in ('device_id', portbindings.HOST_ID)
    )


def _is_being_bound(context: Any) -> bool:
    """Tell whether a host was chosen and its binding is to come.

    Neutron binds after the transaction that names the host.
    """
    return bool(
        context.current.get(portbindings.HOST_ID)
        and context.current.get(portbindings.VIF_TYPE)
        == portbindings.VIF_TYPE_UNBOUND
    )
