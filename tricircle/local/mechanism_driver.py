# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""See every change of central's ports, in the change's own transaction.

A mechanism driver's precommits also see what happens outside the API:
bindings being committed, and the status that agents report by RPC.
"""

from typing import Any

from neutron_lib.plugins.ml2 import api

from tricircle.local import guard
from tricircle.local import ledger
from tricircle.local import outbox
from tricircle.replica import types


class TricircleLocalMechanismDriver(api.MechanismDriver):  # type: ignore
    """Keep the ledger, and put what central must hear into the outbox."""

    def initialize(self) -> None:
        """Nothing to set up."""

    @property
    def connectivity(self) -> str:
        """What binds the ports decides."""
        return str(api.portbindings.CONNECTIVITY_LEGACY)

    def _row(self, context: Any) -> ledger.Replica | None:
        return ledger.get(context.plugin_context.session, types.PORT,
                          context.current['id'])

    def create_port_precommit(self, context: Any) -> None:
        """Complete an allocation together with the port itself."""
        if not guard.is_granted():
            return
        row = self._row(context)
        if row is None:
            return
        if row.state == ledger.State.ALLOCATING:
            row.state = ledger.State.PRESENT
        outbox.enqueue(context.plugin_context.session, types.PORT,
                       [context.current['id']])

    def update_port_precommit(self, context: Any) -> None:
        """Report bindings, device and status."""
        row = self._row(context)
        if row is not None and row.state in ledger.HELD and _differs(
                context):
            outbox.enqueue(context.plugin_context.session, types.PORT,
                           [context.current['id']])

    def delete_port_precommit(self, context: Any) -> None:
        """Remember what the region deleted, and tell central."""
        row = self._row(context)
        if row is None or row.state not in ledger.HELD:
            return
        session = context.plugin_context.session
        if guard.is_granted():
            # Central asked for it; whoever carries that out leaves the
            # tombstone.
            return
        ledger.tombstone(session, types.PORT, context.current['id'],
                         by_region=True)
        outbox.enqueue(session, types.PORT, [context.current['id']])

    def bind_port(self, context: Any) -> None:
        """Others bind."""


_REPORTED = ('status', 'device_id', 'device_owner', 'binding:host_id',
             'binding:vif_type', 'binding:vnic_type')


def _differs(context: Any) -> bool:
    original = context.original or {}
    return any(context.current.get(key) != original.get(key)
               for key in _REPORTED)
