# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Networks, with their subnets, DHCP ports, RBAC entries and tags."""

from collections.abc import Iterable
from typing import Any, Final

from neutron.objects import network as network_objects
from neutron_lib import exceptions
from neutron_lib.db import api as db_api
from neutron_lib.plugins import directory

from tricircle.conf import fault_point
from tricircle.local.engine import attributes
from tricircle.local.engine import kinds
from tricircle.local.engine import ledger
from tricircle.local.engine import parts
from tricircle.local.engine import rbac
from tricircle.local.engine import refusals
from tricircle.local.engine.lease import leases
from tricircle.local.network import agent_gateways
from tricircle.local.network import dhcp_ports
from tricircle.local.network import in_use
from tricircle.local.network import subnets
from tricircle.replica import types
from tricircle.replica.kinds.network import NETWORK

PROVIDER = (
    'provider:network_type',
    'provider:physical_network',
    'provider:segmentation_id',
)


_RBAC = rbac.Entries(network_objects.NetworkRBAC)
#: Attributes of extensions that a region need not have, and what they are
#: called where one cannot be had.
_OF_EXTENSIONS: Final = {
    'qos_policy_id': 'QoS policy',
    'dns_domain': 'DNS domain',
}
#: All others that may change.
_OWN: Final = tuple(
    one for one in NETWORK.mutable if one not in NETWORK.sparse
)


class NetworkApplier:
    """Carry out network documents."""

    def observe(
        self, context: Any, resource_id: str, desired: dict[str, Any] | None
    ) -> tuple[dict[str, Any], list[str]] | None:
        """Read a network back, see :class:`.kinds.Applier`.

        In one transaction: Neutron loads the subnets with their network, and
        then not again.
        """
        with db_api.CONTEXT_READER.using(context):
            return self._read(context, resource_id, desired)

    @staticmethod
    def _read(
        context: Any, resource_id: str, desired: dict[str, Any] | None
    ) -> tuple[dict[str, Any], list[str]] | None:
        plugin = directory.get_plugin()
        try:
            found = plugin.get_network(context, resource_id)
        except exceptions.NetworkNotFound:
            return None
        row = ledger.get(context.session, types.NETWORK, resource_id)
        detail = ledger.detail(row)
        wanted = desired['network'] if desired else None
        keys = [one for one in NETWORK.names if one not in PROVIDER]
        with_provider = (
            PROVIDER[0] in wanted
            if wanted is not None
            else detail.get('provider', True)
        )
        if with_provider:
            keys.extend(PROVIDER)
        with_mtu = (
            'mtu' in wanted if wanted is not None else detail.get('mtu', True)
        )
        if not with_mtu:
            keys.remove('mtu')
        network, omitted = attributes.project(
            found, keys, wanted, 'network', NETWORK.sparse
        )
        body = {
            'network': network,
            'subnets': subnets.observe(
                context,
                resource_id,
                omitted,
                desired['subnets'] if desired else None,
            ),
            'dhcp_ports': dhcp_ports.observe(context, resource_id),
            'rbac': _RBAC.observe(context, resource_id),
            'default_security_group': (
                desired['default_security_group']
                if desired
                else detail.get('default_security_group')
            ),
        }
        if network['router:external']:
            gateways = agent_gateways.observe(context, resource_id)
            if gateways:
                body['agent_gateways'] = gateways
        return body, sorted(set(omitted))

    def check(self, context: Any, resource_id: str) -> None:
        """Refuse a network of the region's own."""
        with db_api.CONTEXT_READER.using(context):
            if network_objects.Network.objects_exist(context, id=resource_id):
                raise refusals.ReplicaConflict(
                    type=types.NETWORK, id=resource_id
                )

    def prepare(self, context: Any, body: dict[str, Any]) -> None:
        """Nothing refers to a network before it is applied."""

    def row(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return whose it is, and which default group that project has."""
        wanted = body['network']
        return {
            'project_id': wanted['project_id'],
            'detail': {
                'provider': PROVIDER[0] in wanted,
                'mtu': 'mtu' in wanted,
                'default_security_group': body.get('default_security_group'),
            },
        }

    def apply(
        self, context: Any, body: dict[str, Any], doing: parts.Parts
    ) -> None:
        """Create or change the network and what belongs to it."""
        wanted = body['network']
        found = None
        if not doing.is_in_place(body, 'network'):
            found = doing.seen('network', NETWORK.sparse)
            if found is None:
                found = self._here(context, wanted)
        _RBAC.withdraw(context, wanted['id'], body, doing)
        if found is not None:
            with doing.part('attributes'):
                _change(context, found, wanted, _OWN)
            for name, part in _OF_EXTENSIONS.items():
                with doing.part(part):
                    _change(context, found, wanted, [name])
        if not doing.is_in_place(body, 'subnets'):
            subnets.apply(context, wanted['id'], body['subnets'], doing)
        if not doing.is_in_place(body, 'dhcp_ports'):
            dhcp_ports.apply(context, wanted, body['dhcp_ports'], doing)
        agent_gateways.apply(
            context, wanted['id'], body.get('agent_gateways', ()), doing
        )
        _RBAC.grant(context, wanted['id'], body, doing)
        if found is not None:
            with doing.part('tags'):
                attributes.set_tags(context, 'networks', found, wanted)

    def _here(self, context: Any, wanted: dict[str, Any]) -> dict[str, Any]:
        """Return the network as it is here, made if need be."""
        plugin = directory.get_plugin()
        try:
            found: dict[str, Any] = plugin.get_network(context, wanted['id'])
        except exceptions.NetworkNotFound:
            found = self._create(context, plugin, wanted)
            fault_point.reach('local.network.created')
        return found

    def _create(
        self, context: Any, plugin: Any, wanted: dict[str, Any]
    ) -> dict[str, Any]:
        try:
            made: dict[str, Any] = plugin.create_network(
                context, {'network': self._creation(wanted)}
            )
        except (
            exceptions.TunnelIdInUse,
            exceptions.VlanIdInUse,
            exceptions.FlatNetworkInUse,
        ) as exc:
            holder = _holder_of_segment(context, wanted)
            if holder is None:
                raise
            raise refusals.SegmentInUse(
                id=wanted['id'],
                holder=holder,
                segment=' '.join(
                    str(wanted[key])
                    for key in PROVIDER
                    if wanted.get(key) is not None
                ),
            ) from exc
        return made

    @staticmethod
    def _creation(wanted: dict[str, Any]) -> dict[str, Any]:
        network = {
            key: wanted[key]
            for key in NETWORK.names
            if key in wanted
            and key not in ('port_security_enabled', 'tags', *NETWORK.sparse)
        }
        network['tenant_id'] = wanted['project_id']
        network['shared'] = False
        network['availability_zone_hints'] = []
        for key in PROVIDER:
            if network.get(key) is None:
                network[key] = attributes.NOT_SPECIFIED
        if attributes.has_extension('port-security'):
            network['port_security_enabled'] = wanted['port_security_enabled']
        return network

    def delete(self, context: Any, resource_id: str, release: bool) -> None:
        """Delete the network, its subnets and our ports for agents.

        For a release only when no instance is on it.
        """
        if release:
            in_use.check(context, [resource_id], types.NETWORK, resource_id)
        plugin = directory.get_plugin()
        agent_gateways.remove(context, resource_id)
        self._delete_shadow_ports(context, resource_id)
        # Last: an agent without its port claims it again until the network
        # has gone, and fails at whatever it hears of meanwhile.
        dhcp_ports.remove(context, resource_id)
        try:
            plugin.delete_network(context, resource_id)
        except exceptions.NetworkNotFound:
            pass
        except exceptions.InUse as exc:
            raise refusals.ReplicaInUse(
                type=types.NETWORK, id=resource_id, reason=exc
            ) from exc
        # Those whose document came meanwhile. What comes from now on finds
        # no network.
        self._delete_shadow_ports(context, resource_id)
        with db_api.CONTEXT_WRITER.using(context):
            ledger.unmark(
                context.session,
                ledger.SUBNET,
                [
                    row.resource_id
                    for row in ledger.children(
                        context.session, ledger.SUBNET, resource_id
                    )
                ],
            )

    @staticmethod
    def _delete_shadow_ports(context: Any, network_id: str) -> None:
        """The ports of other regions go with their network.

        :raises ReplicaBusy: while a document of theirs is carried out
        """
        applier = kinds.applier(types.SHADOW_PORTS)
        with db_api.CONTEXT_READER.using(context):
            chunks = ledger.chunks(context.session, network_id)
        for chunk in chunks:
            with leases.leased(
                types.SHADOW_PORTS, chunk, insert_as=None
            ) as lease:
                applier.delete(context, chunk, release=False)
                lease.forget()


def _change(
    context: Any,
    found: dict[str, Any],
    wanted: dict[str, Any],
    names: Iterable[str],
) -> None:
    """Change those of some attributes that differ."""
    changes = attributes.changes(found, wanted, names, NETWORK.sparse)
    if changes:
        directory.get_plugin().update_network(
            context, wanted['id'], {'network': changes}
        )


def _holder_of_segment(context: Any, wanted: dict[str, Any]) -> str | None:
    """Return the network that has the segment that another is to have."""
    kind, physical_network, segmentation_id = (
        wanted.get(key) for key in PROVIDER
    )
    with db_api.CONTEXT_READER.using(context):
        segments = network_objects.NetworkSegment.get_objects(
            context,
            network_type=kind,
            physical_network=physical_network,
            segmentation_id=segmentation_id,
        )
        return str(segments[0].network_id) if segments else None
