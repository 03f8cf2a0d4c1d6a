# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Chunks of shadow ports, made in bulk and brought up at once."""

from collections.abc import Mapping
import contextlib
from typing import Any

from neutron_lib import exceptions
from neutron_lib.db import api as db_api
from neutron_lib.plugins import directory

from tricircle.conf import fault_point
from tricircle.db.local.models import State
from tricircle.local.engine import attributes
from tricircle.local.engine import ledger
from tricircle.local.engine import parts
from tricircle.local.engine import refusals
from tricircle.local.engine.group import id_map
from tricircle.local.engine.lease import leases
from tricircle.local.engine.owner import shadows
from tricircle.local.port import applier as port_applier
from tricircle.local.port.address import guard
from tricircle.local.shadow import activation
from tricircle.local.shadow import agents as shadow_agents
from tricircle.local.shadow import host_rows
from tricircle.local.shadow import tunnels
from tricircle.replica import types
from tricircle.replica.kinds.shadow import SHADOW_PORT


class ShadowPortsApplier:
    """Carry out documents of shadow ports."""

    def observe(
        self, context: Any, resource_id: str, desired: dict[str, Any] | None
    ) -> tuple[dict[str, Any], list[str]] | None:
        """Read a chunk back; a port that is not up counts as missing."""
        network_id, chunk = _parse(resource_id)
        with db_api.CONTEXT_READER.using(context):
            row = ledger.get(context.session, types.SHADOW_PORTS, resource_id)
            if row is None or row.state == State.DELETED:
                return None
            details = {
                one.resource_id: ledger.detail(one)
                for one in ledger.children(
                    context.session, ledger.SHADOW_PORT, resource_id
                )
            }
            if not details and not shadows.may_come(context, network_id):
                # Of what was refused, since its network goes.
                return None
            agents = list(host_rows.agents(context.session).values())
            names = shadow_agents.names(context.session)
        wanted = {
            one['id']: one for one in (desired or {'ports': []})['ports']
        }
        ports = []
        for port in shadows.here(context, details):
            if not activation.is_up(port):
                continue
            body, _omitted = port_applier.project(
                context, port, wanted.get(port['id'])
            )
            host = host_rows.host_of(details[port['id']])
            is_there = port.get('binding:host_id') == names.get(host)
            ports.append(
                {
                    **{
                        key: body[key]
                        for key in ('id', *SHADOW_PORT.mutable)
                        if key in body
                    },
                    'region': host[0],
                    'host': host[1] if is_there else '',
                }
            )
        hosts = {(one['region'], one['host']) for one in ports}
        return {
            'network_id': network_id,
            'chunk': chunk,
            'ports': sorted(ports, key=lambda one: str(one['id'])),
            'agents': sorted(
                (
                    one
                    for one in agents
                    if (one['region'], one['host']) in hosts
                ),
                key=lambda one: (
                    one['region'],
                    one['host'],
                    one['agent_type'],
                ),
            ),
        }, []

    def check(self, context: Any, resource_id: str) -> None:
        """A chunk is no object of Neutron's."""

    def prepare(self, context: Any, body: dict[str, Any]) -> None:
        """Nothing refers to a chunk."""

    def row(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return the hosts whose agents are made before there is a port.

        The ports have rows of their own.
        """
        return {'detail': {'agents': body['agents']}}

    def apply(
        self, context: Any, body: dict[str, Any], doing: parts.Parts
    ) -> None:
        """Create, change and delete shadow ports until as wanted."""
        plugin = directory.get_plugin()
        document_id = types.shadow_id(body['network_id'], body['chunk'])
        with db_api.CONTEXT_READER.using(context):
            if not shadows.may_come(context, body['network_id']):
                raise refusals.ReplicaNotFound(
                    type=types.NETWORK, id=body['network_id']
                )
            rows = {
                one.resource_id: ledger.detail(one)
                for one in ledger.children(
                    context.session, ledger.SHADOW_PORT, document_id
                )
            }
        left_hosts: set[host_rows.Host] = set()
        if parts.was_begun(doing.lease):
            # Whoever died at it may have come to where no row says any more
            # which hosts its ports were on.
            left_hosts |= shadow_agents.hosts(context)
        names = shadow_agents.ensure(context, body['agents'])
        here = {port['id']: port for port in shadows.here(context, rows)}
        wanted = {one['id']: one for one in body['ports']}
        left_hosts |= self._delete(
            context,
            document_id,
            {key: rows[key] for key in set(rows) - set(wanted)},
        )
        moved = {
            key
            for key in set(here) & set(wanted)
            if here[key].get('binding:host_id')
            != shadow_agents.name_of(names, host_rows.host_of(wanted[key]))
        }
        left_hosts |= self._delete(
            context, document_id, {key: rows[key] for key in moved}
        )
        new = [
            wanted[key]
            for key in sorted(wanted)
            if key not in here or key in moved
        ]
        for key in sorted(set(here) & set(wanted) - moved):
            with doing.part(f'port {key}'):
                self._update(context, plugin, here[key], wanted[key])
        with doing.part('new ports'):
            left_hosts |= {host_rows.host_of(one) for one in new}
            new = _still_elsewhere(context, new)
            left_hosts |= self._take(context, document_id, new)
            self._create(context, document_id, body['network_id'], new, names)
        fault_point.reach('local.shadow.created')
        with doing.part('status'):
            activation.activate(context, wanted, names)
        fault_point.reach('local.shadow.activated')
        with doing.part('agents'):
            tunnels.keep(context, body['network_id'], left_hosts)
            shadow_agents.remove_unneeded(context, left_hosts, document_id)

    def _create(
        self,
        context: Any,
        document_id: str,
        network_id: str,
        new: list[dict[str, Any]],
        names: Mapping[host_rows.Host, str],
    ) -> None:
        if not new:
            return
        taken = {
            port['id']
            for port in shadows.here(context, [one['id'] for one in new])
        }
        with db_api.CONTEXT_WRITER.using(context):
            for one in new:
                ledger.mark(
                    context.session,
                    ledger.SHADOW_PORT,
                    one['id'],
                    parent_id=document_id,
                    local_id=None,
                    detail={'region': one['region'], 'host': one['host']},
                )
        bodies = [
            {
                'port': self._creation(
                    context,
                    network_id,
                    one,
                    shadow_agents.name_of(names, host_rows.host_of(one)),
                )
            }
            for one in new
            if one['id'] not in taken
        ]
        if bodies:
            with guard.granted(
                context, {one['id']: one['fixed_ips'] for one in new}
            ):
                directory.get_plugin().create_port_bulk(
                    context, {'ports': bodies}
                )

    @staticmethod
    def _creation(
        context: Any, network_id: str, wanted: dict[str, Any], host: str
    ) -> dict[str, Any]:
        body = port_applier.creation(
            context,
            {
                **wanted,
                'network_id': network_id,
                'project_id': '',
                'description': '',
                'admin_state_up': True,
                'extra_dhcp_opts': [],
                'binding:vnic_type': 'normal',
            },
        )
        body['device_owner'] = types.SHADOW_DEVICE_OWNER
        body['binding:host_id'] = host
        body['binding:profile'] = attributes.NOT_SPECIFIED
        return body

    @staticmethod
    def _update(
        context: Any,
        plugin: Any,
        found: dict[str, Any],
        wanted: dict[str, Any],
    ) -> None:
        body, _omitted = port_applier.project(context, found, wanted)
        changed = {
            key: value
            for key, value in attributes.changes(
                {key: found[key] for key in SHADOW_PORT.sparse if key in found}
                | body,
                wanted,
                SHADOW_PORT.mutable,
                SHADOW_PORT.sparse,
            ).items()
            if key in found
        }
        if 'security_groups' in changed:
            changed['security_groups'] = id_map.to_local(
                context, changed['security_groups']
            )
        if changed:
            plugin.update_port(context, wanted['id'], {'port': changed})

    @classmethod
    def _take(
        cls, context: Any, document_id: str, new: list[dict[str, Any]]
    ) -> set[host_rows.Host]:
        """Remove what other chunks had of ports that are in this one now.

        Their documents may come later, or at the same time.

        :returns: the hosts that they were on
        """
        with db_api.CONTEXT_READER.using(context):
            rows = ledger.rows(
                context.session,
                [(ledger.SHADOW_PORT, one['id']) for one in new],
            )
        others: dict[str, dict[str, dict[str, Any]]] = {}
        for (_type, port_id), row in rows.items():
            if row.parent_id not in (None, document_id):
                of_other = others.setdefault(str(row.parent_id), {})
                of_other[port_id] = ledger.detail(row)
        hosts: set[host_rows.Host] = set()
        for other, theirs in sorted(others.items()):
            hosts |= cls._delete(context, other, theirs)
        return hosts

    @staticmethod
    def _delete(
        context: Any, document_id: str, rows: dict[str, dict[str, Any]]
    ) -> set[host_rows.Host]:
        """Delete shadow ports of a chunk; return the hosts they were on.

        But for those that another chunk has taken meanwhile.
        """
        hosts = set()
        for port_id, detail in sorted(rows.items()):
            with leases.leased(
                ledger.SHADOW_PORT, port_id, insert_as=None
            ) as lease:
                if lease.row is None or lease.row.parent_id != document_id:
                    continue
                _delete_shadow(context, port_id)
                lease.forget()
            hosts.add(host_rows.host_of(detail))
        return hosts

    def delete(self, context: Any, resource_id: str, release: bool) -> None:
        """Delete the whole chunk."""
        with db_api.CONTEXT_READER.using(context):
            chunk = ledger.get(
                context.session, types.SHADOW_PORTS, resource_id
            )
            hosts = set(
                map(host_rows.host_of, ledger.detail(chunk).get('agents', ()))
            )
            was_begun = chunk is not None and chunk.state == State.APPLYING
            rows = {
                one.resource_id: ledger.detail(one)
                for one in ledger.children(
                    context.session, ledger.SHADOW_PORT, resource_id
                )
            }
        if was_begun:
            # As above: it names the agents it is to have, not those it had.
            hosts |= shadow_agents.hosts(context)
        hosts |= self._delete(context, resource_id, rows)
        tunnels.keep(context, _parse(resource_id)[0], hosts)
        shadow_agents.remove_unneeded(context, hosts, resource_id)


def _delete_shadow(context: Any, port_id: str) -> None:
    """Delete a shadow port, unless its port has come here.

    Somebody may just be asking central for the port: whether it comes is
    seen when that has ended.

    :raises ReplicaBusy: it takes too long
    """
    with db_api.CONTEXT_READER.using(context):
        row = ledger.owned(context.session, types.PORT, port_id)
        is_shadow = row is None or bool(
            shadows.among(context.session, [port_id])
        )
    if row is None:
        _delete_port(context, port_id)
    elif is_shadow:
        with leases.leased(types.PORT, port_id, insert_as=None):
            found = shadows.here(context, [port_id])
            if any(
                one['device_owner'] == types.SHADOW_DEVICE_OWNER
                for one in found
            ):
                _delete_port(context, port_id)


def _delete_port(context: Any, port_id: str) -> None:
    with contextlib.suppress(exceptions.PortNotFound):
        directory.get_plugin().delete_port(context, port_id)


def _still_elsewhere(
    context: Any, wanted: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return those whose port has not come to this region meanwhile.

    Neutron would try long to create a port with an ID that is taken.
    """
    with db_api.CONTEXT_READER.using(context):
        here = ledger.held(
            context.session, types.PORT, [one['id'] for one in wanted]
        )
    return [one for one in wanted if one['id'] not in here]


def _parse(resource_id: str) -> tuple[str, int]:
    try:
        return types.parse_shadow_id(resource_id)
    except ValueError:
        raise refusals.ReplicaNotFound(
            type=types.SHADOW_PORTS, id=resource_id
        ) from None
