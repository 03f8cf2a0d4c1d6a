# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Ports. Device, host and status are this region's own."""

from collections.abc import Callable
import contextlib
from typing import Any

from neutron.objects import ports as port_objects
from neutron.plugins.ml2.common import exceptions as ml2_exceptions
from neutron_lib import exceptions
from neutron_lib.api import attributes as api_attributes
from neutron_lib.db import api as db_api
from neutron_lib.plugins import directory

from tricircle.local.engine import attributes
from tricircle.local.engine import fixed_ips
from tricircle.local.engine import kinds
from tricircle.local.engine import ledger
from tricircle.local.engine import parts
from tricircle.local.engine import refusals
from tricircle.local.engine.group import id_map
from tricircle.local.engine.owner import shadows
from tricircle.local.port import dns_names
from tricircle.local.port.usage import recall
from tricircle.local.port.usage import release as releasing
from tricircle.replica import types
from tricircle.replica.body import canonical
from tricircle.replica.kinds.port import PORT


def project(
    context: Any, found: dict[str, Any], wanted: dict[str, Any] | None
) -> tuple[dict[str, Any], list[str]]:
    """Return a port in document form, and what this region cannot take."""
    body, omitted = attributes.project(
        found, PORT.names, wanted, 'port', PORT.sparse
    )
    body['fixed_ips'] = canonical.ordered(
        {'subnet_id': one['subnet_id'], 'ip_address': one['ip_address']}
        for one in body['fixed_ips']
    )
    body['security_groups'] = sorted(
        id_map.to_central(context, body.get('security_groups', []))
    )
    body['allowed_address_pairs'] = canonical.ordered(
        {
            'mac_address': str(one['mac_address']),
            'ip_address': str(one['ip_address']),
        }
        for one in body.get('allowed_address_pairs', [])
    )
    body['extra_dhcp_opts'] = canonical.ordered(
        {
            'opt_name': one['opt_name'],
            'opt_value': one['opt_value'],
            'ip_version': int(one.get('ip_version', 4)),
        }
        for one in body.get('extra_dhcp_opts', [])
    )
    return body, omitted


def seen(
    context: Any, found: dict[str, Any], desired: dict[str, Any] | None
) -> tuple[dict[str, Any], list[str]]:
    """Return the body of a port's document as it is here.

    :param found: the port as Neutron shows it
    :param desired: the body of the document, if there is one
    """
    wanted = desired and desired['port']
    name = dns_names.in_central(context, found, wanted)
    if name is not None:
        found = {**found, dns_names.NAME: name}
    body, omitted = project(context, found, wanted)
    return {'port': body}, omitted


def creation(
    context: Any, wanted: dict[str, Any], port: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return what to create a port with, so that it is central's.

    :param wanted: the port of the document
    :param port: the request that it is made for, if there is one
    """
    port = port or {}
    body = {
        key: wanted[key]
        for key in PORT.names
        if key in wanted and key != 'tags'
    }
    body['tenant_id'] = wanted['project_id']
    body['fixed_ips'] = fixed_ips.to_create(context, wanted['fixed_ips'])
    body['security_groups'] = id_map.to_local(
        context, wanted['security_groups']
    )
    # Also where it has none: not what a request here asked for.
    known = api_attributes.RESOURCES[PORT.collection]
    for key in PORT.sparse:
        if key in known:
            body[key] = wanted.get(key, known[key]['default'])
        else:
            body.pop(key, None)
    if dns_names.are_served() and port.get(dns_names.NAME):
        # Named here, in the very request that it is made for.
        body[dns_names.NAME] = port[dns_names.NAME]
    body['device_id'] = port.get('device_id', '')
    body['device_owner'] = port.get('device_owner', '')
    for key, alias in (
        ('port_security_enabled', 'port-security'),
        ('allowed_address_pairs', 'allowed-address-pairs'),
        ('extra_dhcp_opts', 'extra_dhcp_opt'),
    ):
        if not attributes.has_extension(alias):
            body.pop(key, None)
    if not body.get('port_security_enabled', True):
        # Neutron refuses these together, also when they are empty.
        body['security_groups'] = []
        body['allowed_address_pairs'] = attributes.NOT_SPECIFIED
    elif not body.get('allowed_address_pairs'):
        body['allowed_address_pairs'] = attributes.NOT_SPECIFIED
    return body


#: Called with a port's ID, and whether it is a release, before the port is
#: deleted: to end what would keep it from that.
before_deletion: list[Callable[[Any, str, bool], None]] = []


class PortApplier:
    """Carry out port documents."""

    def observe(
        self, context: Any, resource_id: str, desired: dict[str, Any] | None
    ) -> tuple[dict[str, Any], list[str]] | None:
        """Read a port back in document form."""
        try:
            found = directory.get_plugin().get_port(context, resource_id)
        except exceptions.PortNotFound:
            return None
        return seen(context, found, desired)

    def check(self, context: Any, resource_id: str) -> None:
        """Refuse a port of the region's own; its shadow gives way."""
        with db_api.CONTEXT_READER.using(context):
            if not port_objects.Port.objects_exist(context, id=resource_id):
                return
            if ledger.get(context.session, ledger.SHADOW_PORT, resource_id):
                return
            raise refusals.ReplicaConflict(type=types.PORT, id=resource_id)

    def prepare(self, context: Any, body: dict[str, Any]) -> None:
        """Nothing refers to a port before it is applied."""

    def row(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return network and project of a port."""
        wanted = body['port']
        return {
            'parent_id': wanted['network_id'],
            'project_id': wanted['project_id'],
        }

    def apply(
        self, context: Any, body: dict[str, Any], doing: parts.Parts
    ) -> None:
        """Create or change the port, in the place of its shadow."""
        plugin = directory.get_plugin()
        wanted, told = body['port'], body.get(kinds.TOLD)
        _delete_shadow(context, wanted['id'])
        is_new = False
        try:
            found = plugin.get_port(context, wanted['id'])
        except exceptions.PortNotFound:
            made = creation(context, wanted, body.get(kinds.INITIAL))
            made.update(recall.at_creation(told))
            plugin.create_port(context, {'port': made})
            is_new = True
            found = plugin.get_port(context, wanted['id'])
            if wanted.get(dns_names.NAME):
                dns_names.follow(context, wanted['id'], wanted[dns_names.NAME])
        self._change(context, found, wanted, doing)
        with doing.part('tags'):
            attributes.set_tags(context, 'ports', found, wanted)
        if told:
            with doing.part('device_id'):
                recall.take_up(context, wanted['id'], told, is_new)

    @staticmethod
    def _change(
        context: Any,
        found: dict[str, Any],
        wanted: dict[str, Any],
        doing: parts.Parts,
    ) -> None:
        """Change attributes; all at once, or as many as can be."""
        here, _omitted = project(context, found, wanted)
        changed = attributes.changes(
            {key: found[key] for key in PORT.sparse if key in found} | here,
            wanted,
            PORT.mutable,
            PORT.sparse,
        )
        changed = {
            key: value for key, value in changed.items() if key in found
        }
        if dns_names.in_central(context, found, wanted) != found.get(
            dns_names.NAME
        ):
            # Named here later than there.
            changed.pop(dns_names.NAME, None)
        if not changed:
            return
        less = _less_access(context, here, changed)
        if 'security_groups' in changed:
            changed['security_groups'] = id_map.to_local(
                context, changed['security_groups']
            )
        if 'extra_dhcp_opts' in changed:
            changed['extra_dhcp_opts'] = _dhcp_changes(
                here['extra_dhcp_opts'], wanted['extra_dhcp_opts']
            )

        def update(changes: dict[str, Any]) -> None:
            directory.get_plugin().update_port(
                context, wanted['id'], {'port': changes}
            )
            if dns_names.NAME in changes:
                dns_names.follow(
                    context, wanted['id'], changes[dns_names.NAME]
                )

        try:
            update(changed)
        except exceptions.PortNotFound:
            raise
        except Exception:
            # In one go it is done or not done. Then piece by piece, those
            # first that take access away.
            if not doing.lease.is_held:
                raise
            for key, value in less.items():
                with doing.part(f'{key} taken away'):
                    update({key: value})
            for key, value in changed.items():
                with doing.part(key):
                    update({key: value})

    def delete(self, context: Any, resource_id: str, release: bool) -> None:
        """Delete the port; for a release only when nothing uses it."""
        for end in before_deletion:
            end(context, resource_id, release)
        with (
            releasing.of(context, resource_id)
            if release
            else contextlib.nullcontext()
        ):
            try:
                directory.get_plugin().delete_port(context, resource_id)
            except exceptions.PortNotFound:
                pass
            except ml2_exceptions.MechanismDriverError as exc:
                for error in exc.inner_exceptions:
                    if isinstance(error, refusals.ReplicaInUse):
                        raise error from exc
                raise


def _less_access(
    context: Any, here: dict[str, Any], changed: dict[str, Any]
) -> dict[str, Any]:
    """Return what has less access than before, and no other than wanted."""
    less: dict[str, Any] = {}
    if changed.get('port_security_enabled'):
        less['port_security_enabled'] = True
    for key in ('security_groups', 'allowed_address_pairs'):
        kept = [one for one in here[key] if one in changed.get(key, here[key])]
        if kept != here[key]:
            less[key] = (
                id_map.to_local(context, kept)
                if key == 'security_groups'
                else kept
            )
    return less


def _delete_shadow(context: Any, port_id: str) -> None:
    """Delete the shadow that a port has left in this region, if any.

    The port can come from another region sooner than the document without
    its shadow, whose job then clears the ledger.
    """
    with db_api.CONTEXT_READER.using(context):
        if not shadows.among(context.session, [port_id]):
            return
    try:
        directory.get_plugin().delete_port(context, port_id)
    except exceptions.PortNotFound:
        pass


def _dhcp_changes(
    here: list[dict[str, Any]], wanted: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the options to set; one without value is removed."""
    kept = {(one['opt_name'], one['ip_version']) for one in wanted}
    return [
        *wanted,
        *(
            {
                'opt_name': one['opt_name'],
                'ip_version': one['ip_version'],
                'opt_value': None,
            }
            for one in here
            if (one['opt_name'], one['ip_version']) not in kept
        ),
    ]
