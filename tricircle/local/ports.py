# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Writes to ports of a region's API."""

from typing import Any

from neutron_lib.db import api as db_api
from neutron_lib import context as neutron_context
from neutron_lib.plugins import directory
from oslo_config import cfg

from tricircle.client import central
from tricircle.local import allocation
from tricircle.local import errors
from tricircle.local import guard
from tricircle.local import id_map
from tricircle.local import ledger
from tricircle.local import port_applier
from tricircle.local import refusals
from tricircle.local import region
from tricircle.replica import types

#: Attributes of a port that central owns and a region's user may change:
#: they are changed in central first.
FORWARDED = ('name', 'description', 'admin_state_up', 'security_groups',
             'allowed_address_pairs', 'port_security_enabled',
             'extra_dhcp_opts')
#: Those that cannot be changed in a region yet.
FIXED = ('fixed_ips', 'mac_address')


class PortsMixin:
    """Port writes in front of the real core plugin's."""

    allocator: allocation.Allocator

    def _is_allocated_by_central(self, context: Any,
                                 port: dict[str, Any]) -> bool:
        return (allocation.is_users(port)
                and not guard.is_granted()
                and region.is_api_worker()
                and not region.in_transaction(context)
                and ledger.is_central_network(
                    neutron_context.get_admin_context(),
                    port['network_id']))

    def create_port(self, context: Any, port: dict[str, Any]) -> Any:
        """Create a port; on a central network with central's addresses."""
        base = super()
        body = port['port']
        if not self._is_allocated_by_central(context, body):
            return base.create_port(context, port)  # type: ignore[misc]
        return self.allocator.create(
            context, [body],
            lambda made: base.create_port(  # type: ignore[misc]
                context, {'port': made[0]}))

    def create_port_bulk(self, context: Any, ports: dict[str, Any]) -> Any:
        """Create ports; those on central networks in one call to central."""
        base = super()
        bodies = [one['port'] for one in ports['ports']]
        theirs = [self._is_allocated_by_central(context, one)
                  for one in bodies]
        if not any(theirs):
            return base.create_port_bulk(context, ports)  # type: ignore
        if not all(theirs):
            raise refusals.MixedBulk()
        return self.allocator.create(
            context, bodies,
            lambda made: base.create_port_bulk(  # type: ignore[misc]
                context, {'ports': [{'port': one} for one in made]}))

    def update_port(self, context: Any, id: str,
                    port: dict[str, Any]) -> Any:
        """Change a port; what central owns is changed in central first."""
        base = super()
        body = port['port']
        touched = [key for key in (*FORWARDED, *FIXED) if key in body]
        if touched and not guard.is_granted() and self._is_central_port(id):
            self._forward(context, id, body)
            with guard.granted():
                return base.update_port(context, id, port)  # type: ignore
        return base.update_port(context, id, port)  # type: ignore[misc]

    @staticmethod
    def _is_central_port(port_id: str) -> bool:
        context = neutron_context.get_admin_context()
        with db_api.CONTEXT_READER.using(context):
            return bool(ledger.held(context.session, types.PORT, [port_id])
                        or ledger.held(context.session, ledger.DHCP_PORT,
                                       [port_id]))

    def _forward(self, context: Any, port_id: str,
                 body: dict[str, Any]) -> None:
        admin = neutron_context.get_admin_context()
        plugin = directory.get_plugin()
        found = plugin.get_port(admin, port_id)
        here, _omitted = port_applier.project(admin, found, None)
        wanted = _normal(admin, body, here)
        for key in FIXED:
            if key in wanted and wanted[key] != here[key]:
                raise refusals.BelongsToCentral(
                    type='Port', id=port_id, what=f'change its {key}')
        changed = {key: body[key] for key in FORWARDED
                   if key in wanted and wanted[key] != here.get(key)}
        if 'security_groups' in changed:
            changed['security_groups'] = wanted['security_groups']
        if not changed or region.in_transaction(context) or (
                not region.is_api_worker()):
            return
        try:
            central.CentralClient(cfg.CONF).update_port(
                context, port_id, changed)
        except central.CentralError as exc:
            raise errors.translate(exc) from exc


def _normal(context: Any, body: dict[str, Any],
            here: dict[str, Any]) -> dict[str, Any]:
    """Return what a request asks for in the form of documents."""
    wanted = {key: body[key] for key in (*FORWARDED, *FIXED) if key in body}
    if 'security_groups' in wanted:
        wanted['security_groups'] = sorted(id_map.to_central(
            context, wanted['security_groups'] or []))
    if 'mac_address' in wanted:
        mac = wanted['mac_address']
        wanted['mac_address'] = (
            str(mac).lower() if mac else here['mac_address'])
    if 'fixed_ips' in wanted:
        # A subset by subnet alone asks for what is there already.
        asked = wanted['fixed_ips'] or []
        same = len(asked) == len(here['fixed_ips']) and all(
            any(all(one.get(key) in (None, there[key])
                    for key in ('subnet_id', 'ip_address'))
                for there in here['fixed_ips']) for one in asked)
        wanted['fixed_ips'] = here['fixed_ips'] if same else asked
    return wanted

