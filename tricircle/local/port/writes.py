# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Writing ports: central decides on what it owns, the region on the rest."""

from collections.abc import Iterable
from typing import Any

from neutron.plugins.ml2.common import exceptions as ml2_exceptions
from neutron_lib import context as neutron_context
from neutron_lib import exceptions
from neutron_lib.api.definitions import port as port_def
from neutron_lib.api.definitions import portbindings
from neutron_lib.db import api as db_api

from tricircle.conf import durations
from tricircle.local.asking import elsewhere
from tricircle.local.asking import known
from tricircle.local.asking import preconditions
from tricircle.local.asking import pull
from tricircle.local.asking import request
from tricircle.local.engine import ledger
from tricircle.local.engine import refusals
from tricircle.local.engine.owner import actor
from tricircle.local.engine.owner import ownership
from tricircle.local.engine.owner.ownership import Owner
from tricircle.local.network import dhcp_ports
from tricircle.local.port import dns_names
from tricircle.local.port import request as port_request
from tricircle.local.port import update as port_update
from tricircle.local.port.address import allocation
from tricircle.local.port.address import guard
from tricircle.local.process import core_plugin
from tricircle.local.qos import writes as qos_writes
from tricircle.local.telling import outbox
from tricircle.local.telling import sender as outbox_sender
from tricircle.replica import types


def _is_agents(port: dict[str, Any]) -> bool:
    """Tell whether a DHCP agent asks for a port, and no user for its own.

    Agents ask by RPC.
    """
    return not request.is_of_api() and dhcp_ports.is_asked_by_agent(port)


def _leaving(
    error: ml2_exceptions.MechanismDriverError,
) -> refusals.PortLeaving | None:
    """Return why a port is not to be used, if that is why."""
    return next(
        (
            one
            for one in error.inner_exceptions
            if isinstance(one, refusals.PortLeaving)
        ),
        None,
    )


class PortsMixin(core_plugin.CorePlugin):
    """Port writes in front of the real core plugin's."""

    allocator: allocation.Allocator
    port_updates: port_update.PortUpdates
    outbox_sender: outbox_sender.OutboxSender
    puller: pull.Puller
    elsewhere: elsewhere.Elsewhere

    @actor.for_users
    def create_port(self, context: Any, port: dict[str, Any]) -> Any:
        """Create a port; on a central network with central's addresses."""
        base: Any = super()
        attributes = port['port']
        network_id = attributes['network_id']
        sure = ownership.found_by_now(context)
        owner_of = self._owners(context, [network_id])
        if owner_of[network_id] is Owner.CENTRAL:
            if _is_agents(attributes):
                return self._adopt_dhcp_port(context, attributes)
            self._check_allocatable(context, attributes)
            return self.allocator.create(
                context,
                [attributes],
                lambda made: base.create_port(context, {'port': made[0]}),
            )
        with ownership.own_networks(context, owner_of, sure):
            return base.create_port(context, port)

    @actor.for_users
    def create_port_bulk(self, context: Any, ports: dict[str, Any]) -> Any:
        """Create ports; those on central networks in one call to central.

        All or none: if the creation fails here, central gets its part back.
        """
        base: Any = super()
        bodies = [one['port'] for one in ports['ports']]
        sure = ownership.found_by_now(context)
        owner_of = self._owners(context, {one['network_id'] for one in bodies})
        theirs = [
            index
            for index, one in enumerate(bodies)
            if owner_of[one['network_id']] is Owner.CENTRAL
        ]

        def make(made: list[dict[str, Any]]) -> Any:
            for index, body in zip(theirs, made, strict=True):
                bodies[index] = body
            return base.create_port_bulk(
                context, {'ports': [{'port': one} for one in bodies]}
            )

        with ownership.own_networks(context, owner_of, sure):
            if not theirs:
                return make([])
            for index in theirs:
                self._check_allocatable(context, bodies[index])
            return self.allocator.create(
                context, [bodies[index] for index in theirs], make
            )

    def _owners(
        self, context: Any, network_ids: Iterable[str]
    ) -> dict[str, Owner]:
        """Tell whose networks are, bringing here what central has.

        :raises neutron_lib.exceptions.NetworkNotFound: nobody has it
        """
        found = ownership.owners(context, network_ids)
        unknown = [
            one for one, owner in found.items() if owner is Owner.UNKNOWN
        ]
        if not unknown or not request.may_ask_central(context):
            # Neutron itself says that there is no such network.
            return found
        for one in unknown:
            # With an admin's context, as Neutron's own owner check does it;
            # central judges by the caller's.
            self.get_network(
                neutron_context.get_admin_context(), one, fields=['id']
            )
        return found | ownership.owners(
            neutron_context.get_admin_context(), unknown
        )

    def _check_allocatable(self, context: Any, port: dict[str, Any]) -> None:
        """Refuse what central cannot be asked for.

        :raises BelongsToCentral: the port is one of Neutron's own
        :raises IpAddressGenerationFailure: nobody's request is served
        """
        network_id = port['network_id']
        if not port_request.is_users(port):
            if _is_agents(port):
                self._ask_for_dhcp_port(network_id)
                raise refusals.DhcpPortNotReserved(network_id=network_id)
            raise refusals.BelongsToCentral(
                type='Network',
                id=network_id,
                what='attach routers and the like to it',
            )
        qos_writes.check(
            port, 'Network', network_id, 'make the QoS policy of its port'
        )
        if not request.may_ask_central(context):
            raise guard.IpAddressGenerationFailure(net_id=network_id)

    def _adopt_dhcp_port(self, context: Any, port: dict[str, Any]) -> Any:
        """Give a DHCP agent the port that central reserved for it.

        The agent looks for such a port before it asks for a new one, but
        hears of a network's subnets while the port is still being made.

        :raises DhcpPortNotReserved: there is none yet
        """
        base: Any = super()
        network_id = port['network_id']
        port_id = dhcp_ports.claim(context, network_id, port['device_id'])
        if port_id is None:
            self._ask_for_dhcp_port(network_id)
            raise refusals.DhcpPortNotReserved(network_id=network_id)
        keys = ('device_id', portbindings.HOST_ID)
        return base.update_port(
            context,
            port_id,
            {'port': {key: port[key] for key in keys if key in port}},
        )

    @staticmethod
    def _ask_for_dhcp_port(network_id: str) -> None:
        """Have central reserve what a DHCP agent lacks here.

        The agent adopts the port at its next synchronisation.
        """
        outbox.enqueue_now(types.NETWORK, [network_id])

    @actor.for_users
    def update_port(self, context: Any, id: str, port: dict[str, Any]) -> Any:
        """Change a port; what central owns is changed in central first.

        One that another region has is brought here to be used, and else
        changed in central only.

        :raises BelongsToCentral: for addresses, which only central changes
        :raises PortInUse: when another region uses it
        """
        if port_update.is_use(port['port']):
            return self._use(context, id, port)
        if self._is_elsewhere(context, id):
            return self.elsewhere.change(
                id, port['port'], (*port_update.FORWARDED, dns_names.NAME)
            )
        return self._change(context, id, port)

    def _use(self, context: Any, port_id: str, port: dict[str, Any]) -> Any:
        """Change a port in a request that uses it here.

        It may be given up to another region just before: then it is asked
        for once more, and whose it is, is said.
        """
        self._bring_to_use(context, port_id)
        try:
            return self._change(context, port_id, port)
        except (exceptions.PortNotFound, refusals.PortElsewhere):
            if not request.may_ask_central(context) or not known.unknown(
                types.PORT, [port_id]
            ):
                raise
            self._bring_to_use(context, port_id)
        except ml2_exceptions.MechanismDriverError as exc:
            leaving = _leaving(exc)
            if leaving is None:
                raise
            if not request.may_ask_central(context):
                raise leaving from exc
            self.puller.use_port(port_id, again=True)
        return self._change(context, port_id, port)

    def _change(self, context: Any, id: str, port: dict[str, Any]) -> Any:
        """Change a port that is here, in central what is central's."""
        base: Any = super()
        port = {
            **port,
            'port': self.port_updates.settle(context, id, port['port'], self),
        }
        try:
            updated = base.update_port(context, id, port)
        except guard.IpAddressGenerationFailure:
            network_id = self._network_of_dhcp_port(id)
            if network_id is not None:
                self._ask_for_dhcp_port(network_id)
            raise
        if port_update.is_end_of_use(port['port']):
            self._tell_end_of_use(context, id)
        return updated

    def _tell_end_of_use(self, context: Any, port_id: str) -> None:
        """Have central hear of it before the user goes on, if it answers.

        What has ended here has, either way.
        """
        if request.may_ask_central(context) and (
            request.has_deleted(port_id) or port_update.is_central(port_id)
        ):
            self.outbox_sender.tell_now(
                port_id, request.time_left(durations.END_OF_USE_TOLD)
            )

    def _bring_to_use(self, context: Any, port_id: str) -> None:
        """Bring a port here that a request is about to use."""
        if request.may_ask_central(context) and known.unknown(
            types.PORT, [port_id]
        ):
            if (
                preconditions.wanted_revision(
                    port_def.COLLECTION_NAME, port_id
                )
                is not None
            ):
                # The revision that the caller was shown is central's.
                shown = self.elsewhere.show(port_id)
                preconditions.check(port_id, shown['revision_number'])
            self.puller.use_port(port_id)
            preconditions.settled()

    @staticmethod
    def _is_elsewhere(context: Any, port_id: str) -> bool:
        """Tell whether a request is for a port that is not here.

        An administrator sees its shadow, which is not the port.
        """
        if request.elsewhere(port_id) is not None:
            return True
        return (
            request.is_for_a_port()
            and request.is_of_an_administrator()
            and request.may_ask_central(context)
            and known.is_shadow(port_id)
        )

    @actor.for_users
    def delete_port(
        self, context: Any, id: str, *args: Any, **kwargs: Any
    ) -> None:
        """Delete a port; one that is not here in central."""
        if request.is_port_deletion() and self._is_elsewhere(context, id):
            shown = request.elsewhere(id) or self.elsewhere.show(id)
            self.elsewhere.delete(id, shown)
            return
        base: Any = super()
        base.delete_port(context, id, *args, **kwargs)
        if request.has_deleted(id):
            self._tell_end_of_use(context, id)

    @staticmethod
    def _network_of_dhcp_port(port_id: str) -> str | None:
        context = neutron_context.get_admin_context()
        with db_api.CONTEXT_READER.using(context):
            row = ledger.owned(context.session, ledger.DHCP_PORT, port_id)
            return row.parent_id if row is not None else None

    def _reset_mac_for_direct_physical(
        self, orig_port: Any, port: dict[str, Any], binding: Any
    ) -> bool:
        """Keep the MAC of a central port, which is the same everywhere."""
        asked = 'mac_address' in port
        changed = bool(
            super()._reset_mac_for_direct_physical(orig_port, port, binding)
        )
        if changed and not asked and port_update.is_central(orig_port['id']):
            del port['mac_address']
            return False
        return changed
