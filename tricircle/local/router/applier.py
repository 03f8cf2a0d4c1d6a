# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Routers: one region's piece, with everything on it.

Neutron refuses to take away what something else uses, so a change takes
first away what is not wanted, from the outside in, and then adds, from the
inside out: floating IPs off, routes off, gateway, interfaces, ports for SNAT;
routes on, floating IPs on.
"""

from collections.abc import Mapping
from typing import Any

import netaddr
from neutron.objects import router as router_objects
from neutron_lib.db import api as db_api
from neutron_lib.exceptions import l3 as l3_exceptions
from neutron_lib.plugins import constants as plugin_constants
from neutron_lib.plugins import directory

from tricircle.conf import fault_point
from tricircle.local.engine import attributes
from tricircle.local.engine import parts
from tricircle.local.engine import refusals
from tricircle.local.network import in_use
from tricircle.local.router import asked
from tricircle.local.router import floating_ips
from tricircle.local.router import policies
from tricircle.local.router import reads as router_reads
from tricircle.local.router import routes as router_routes
from tricircle.local.router import writes as router_writes
from tricircle.local.router.notice import l3_agents as router_notices
from tricircle.local.router.port import gateway as router_gateway
from tricircle.local.router.port import interfaces as router_interfaces
from tricircle.local.router.port import ports as router_ports
from tricircle.local.router.port import snat_ports as router_snat_ports
from tricircle.local.router.service import conntrack_helpers
from tricircle.local.router.service import port_forwardings
from tricircle.local.telling import outbox
from tricircle.replica import types
from tricircle.replica.body import canonical
from tricircle.replica.kinds.router import ROUTER

#: Told otherwise than by an attribute, or not of every central.
_APART = ('distributed', 'ha')
KEYS = tuple(one for one in ROUTER.names if one not in _APART)


class RouterApplier:
    """Carry out router documents."""

    def observe(
        self, context: Any, resource_id: str, desired: dict[str, Any] | None
    ) -> tuple[dict[str, Any], list[str]] | None:
        """Read a router back, see :class:`.apply.Applier`."""
        found = _plugin() and router_reads.router(context, resource_id)
        if found is None:
            return None
        wanted = desired['router'] if desired else None
        router, omitted = attributes.project(found, KEYS, wanted, 'router')
        if wanted is None or 'ha' in wanted:
            # A central of the version before does not say.
            router['ha'] = found['ha']
        kept = asked.asked(context, resource_id, desired)
        kind, without = asked.observe_kind(context, _plugin(), found, kept)
        router['distributed'] = kind.pop('distributed')
        translations, lacking = asked.observe_translations(
            context,
            resource_id,
            floating_ips.observe(context, resource_id),
            kept,
        )
        omitted += [*without, *lacking]
        seen = {
            **kind,
            **translations,
            'router': router,
            'gateway': router_gateway.observe(context, found),
            'interfaces': canonical.ordered(
                router_ports.attached(context, resource_id).values()
            ),
            'routes': router_routes.observe(found),
        }
        if desired is not None:
            omitted += policies.fill_in(_plugin(), desired, seen)
        return seen, sorted(omitted)

    def check(self, context: Any, resource_id: str) -> None:
        """Refuse a router of the region's own."""
        if _plugin() is None:
            raise refusals.RoutersUnsupported(id=resource_id)
        with db_api.CONTEXT_READER.using(context):
            if router_objects.Router.objects_exist(context, id=resource_id):
                raise refusals.ReplicaConflict(
                    type=types.ROUTER, id=resource_id
                )

    def prepare(self, context: Any, body: dict[str, Any]) -> None:
        """Nothing refers to a router before it is applied."""

    def row(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return whose it is, and what is asked that may not be had."""
        return {
            'project_id': body['router']['project_id'],
            'detail': asked.noted(body),
        }

    def apply(
        self, context: Any, body: dict[str, Any], doing: parts.Parts
    ) -> None:
        """Create or change the router and what is on it."""
        wanted = body['router']
        router_id = wanted['id']
        plugin = _plugin()
        if plugin is None:
            raise refusals.RoutersUnsupported(id=router_id)
        body = policies.possible(plugin, body)
        found = self._ensure(context, plugin, body)
        fault_point.reach('local.router.created')
        with router_notices.once(
            context, plugin, router_id, centralized=not wanted['distributed']
        ):
            self._apply_parts(context, plugin, body, doing)
            with doing.part('attributes'):
                changes = attributes.changes(found, wanted, ROUTER.mutable)
                if changes:
                    plugin.update_router(
                        context, router_id, {'router': changes}
                    )
            with doing.part('tags'):
                attributes.set_tags(context, 'routers', found, wanted)
        outbox.enqueue_now(types.ROUTER, [router_id])

    def _apply_parts(
        self,
        context: Any,
        plugin: Any,
        body: dict[str, Any],
        doing: parts.Parts,
    ) -> None:
        """Create or change what is on the router.

        Nothing new comes while something cannot be taken away: it may stand
        in its place. Of what is new each is tried, also after another failed.
        """
        wanted = body['router']
        router_id = wanted['id']
        changes = None
        with doing.part('what is to be taken away'):
            if doing.lease.row is None:
                # It has just been made, and never was.
                changes = router_interfaces.compare({}, (), body['interfaces'])
            else:
                changes = self._take_away(context, plugin, body)
        if changes is None:
            return
        fault_point.reach('local.router.taken_away')
        with doing.part('gateway'):
            router_gateway.apply(context, plugin, wanted, body['gateway'])
        fault_point.reach('local.router.gateway')
        for one in changes.readdressed:
            with doing.part(f'addresses of interface {one["port_id"]}'):
                router_interfaces.readdress(context, one)
        for one in changes.new:
            with doing.part(f'interface {one["port_id"]}'):
                router_interfaces.add(context, plugin, wanted, one)
        with doing.part('ports for SNAT'):
            router_snat_ports.apply(
                context, router_id, asked.snat_ports(plugin, body)
            )
        fault_point.reach('local.router.interfaces')
        with doing.part('routes'):
            router_routes.apply(context, router_id, body['routes'])
        fault_point.reach('local.router.routes')
        floating_ips.apply(
            context, plugin, router_id, _floating_ips(body), doing
        )
        port_forwardings.apply(
            context, router_id, port_forwardings.of_body(body), doing
        )
        with doing.part('conntrack helpers'):
            conntrack_helpers.apply(
                context, router_id, body.get('conntrack_helpers', ())
            )

    def _ensure(
        self, context: Any, plugin: Any, body: dict[str, Any]
    ) -> dict[str, Any]:
        """Have a router of the kind that is wanted.

        To become highly available or distributed, or the contrary, it is
        made anew: central had it down for that, and Neutron's own way goes
        wrong where the project has no such router yet, or no agent has it.
        """
        wanted = body['router']
        distributed = asked.is_to_be_distributed(plugin, body)
        found = router_reads.router(context, wanted['id'])
        if found is not None and (
            wanted.get('ha', found['ha']) != found['ha']
            or found['distributed'] != distributed
        ):
            self.delete(context, wanted['id'], release=False)
            found = None
        if found is None:
            plugin.create_router(
                context, {'router': _creation(wanted, distributed)}
            )
            found = _read(context, wanted['id'])
        return found

    @staticmethod
    def _take_away(
        context: Any, plugin: Any, body: dict[str, Any]
    ) -> router_interfaces.Changes:
        """Remove what is not wanted, or stands in the way of what is.

        :returns: what is left to do on the interfaces
        """
        router_id = body['router']['id']
        router = _read(context, router_id)
        gateway = router_gateway.observe(context, router)
        gateway_goes = router_gateway.must_go(gateway, body['gateway'])
        here = router_ports.attached(context, router_id)
        changes = router_interfaces.compare(
            here,
            router_ports.ours(context, router_id, router_ports.INTERFACE),
            body['interfaces'],
        )
        leaving = floating_ips.leaving(context, router_id, _floating_ips(body))
        gone = {*leaving.values()}
        port_forwardings.remove(
            context,
            router_id,
            port_forwardings.of_body(body),
            lambda one: (
                gateway_goes
                or one['internal_port_id'] in changes.touched
                or one['floatingip_id'] in gone
            ),
        )
        floating_ips.remove(context, plugin, router_id, leaving)
        router_snat_ports.remove(
            context, router_id, asked.snat_ports(plugin, body)
        )
        touched = [here[port_id] for port_id in sorted(changes.touched)]
        cidrs = _cidrs(context, touched)

        def is_in_the_way(floating_ip: Mapping[str, Any]) -> bool:
            return (
                gateway_goes
                or floating_ip['port_id'] in changes.touched
                or bool(
                    netaddr.all_matching_cidrs(
                        floating_ip['fixed_ip_address'], cidrs
                    )
                )
            )

        floating_ips.detach(
            context,
            plugin,
            router_id,
            _floating_ips(body),
            is_in_the_way,
        )
        ports = [one for one in touched if one['port_id'] in changes.gone]
        if gateway_goes and gateway is not None:
            ports.append(gateway)
        _added, unwanted = router_routes.difference(
            router['routes'], body['routes']
        )
        staying = [
            one for one in router_routes.observe(router) if one not in unwanted
        ]
        router_routes.apply(
            context,
            router_id,
            router_routes.not_by(
                context, staying, (one['network_id'] for one in ports)
            ),
        )
        if gateway_goes:
            router_gateway.clear(context, plugin, router_id)
        router_gateway.remove_strays(
            context,
            router_id,
            None if gateway_goes else router['gw_port_id'],
        )
        for port_id in changes.gone:
            router_interfaces.remove(context, plugin, router_id, port_id)
        router_interfaces.remove_strays(
            context, router_id, (one['port_id'] for one in body['interfaces'])
        )
        return changes

    def delete(self, context: Any, resource_id: str, release: bool) -> None:
        """Delete the router and everything that was made for it.

        For a release only when no instance is on its networks.
        """
        plugin = _plugin()
        if plugin is None:
            return
        if release:
            in_use.check_router(context, resource_id)
        port_forwardings.remove(context, resource_id, [], lambda one: True)
        floating_ips.remove(
            context,
            plugin,
            resource_id,
            floating_ips.local_ids(context, resource_id),
        )
        try:
            self._empty(context, plugin, resource_id)
            fault_point.reach('local.router.emptied')
            plugin.delete_router(context, resource_id)
            fault_point.reach('local.router.deleted')
        except l3_exceptions.RouterNotFound:
            pass
        except l3_exceptions.RouterInUse as exc:
            raise refusals.ReplicaInUse(
                type=types.ROUTER, id=resource_id, reason=exc
            ) from exc
        for port_id in router_ports.ours(context, resource_id):
            router_ports.delete(context, port_id)

    @staticmethod
    def _empty(context: Any, plugin: Any, router_id: str) -> None:
        router_routes.apply(context, router_id, [])
        ours = set(
            router_ports.ours(context, router_id, router_ports.INTERFACE)
        )
        for port_id in sorted(router_ports.attached(context, router_id)):
            if port_id in ours:
                router_interfaces.remove(context, plugin, router_id, port_id)


def _plugin() -> Any:
    """Return our router plugin, None where the region has it not."""
    plugin = directory.get_plugin(plugin_constants.L3)
    return (
        plugin if isinstance(plugin, router_writes.RouterWritesMixin) else None
    )


def _read(context: Any, router_id: str) -> dict[str, Any]:
    """Return a router that must be there.

    :raises RouterNotFound: when somebody has just deleted it
    """
    found = router_reads.router(context, router_id)
    if found is None:
        raise l3_exceptions.RouterNotFound(router_id=router_id)
    return found


def _floating_ips(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return all floating IPs of a document, for a port or for none."""
    return [
        *body['floating_ips'],
        *port_forwardings.bare(port_forwardings.of_body(body)),
    ]


def _cidrs(context: Any, ports: list[dict[str, Any]]) -> list[str]:
    """Return the ranges that the addresses of some ports are from."""
    subnet_ids = sorted(
        {one['subnet_id'] for port in ports for one in port['fixed_ips']}
    )
    if not subnet_ids:
        return []
    return [
        subnet['cidr']
        for subnet in directory.get_plugin().get_subnets(
            context, filters={'id': subnet_ids}
        )
    ]


def _creation(wanted: dict[str, Any], distributed: bool) -> dict[str, Any]:
    router = {
        key: wanted[key] for key in ('id', 'project_id', *ROUTER.mutable)
    }
    router['tenant_id'] = wanted['project_id']
    # Not the region's default for its own routers.
    router['distributed'] = distributed
    router['ha'] = wanted.get('ha', False)
    return router
