# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""A request in the region to change a port that central owns."""

from typing import Any

from neutron_lib import constants
from neutron_lib import context as neutron_context
from neutron_lib.api.definitions import port as port_def
from neutron_lib.api.definitions import portbindings
from neutron_lib.db import api as db_api

from tricircle.db.local.models import Replica
from tricircle.local.asking import for_caller
from tricircle.local.asking import preconditions
from tricircle.local.asking import request
from tricircle.local.engine import held_ports
from tricircle.local.engine import ledger
from tricircle.local.engine import refusals
from tricircle.local.engine.group import id_map
from tricircle.local.port import applier as port_applier
from tricircle.local.port import dns_names
from tricircle.local.port import request as port_request
from tricircle.local.qos import writes as qos_writes
from tricircle.replica import held_ports as replica_held_ports
from tricircle.replica import types
from tricircle.replica.kinds.port import PORT

#: Attributes that central owns and a region's user may change: in central
#: first.
FORWARDED = (
    'name',
    'description',
    'admin_state_up',
    'security_groups',
    'allowed_address_pairs',
    'port_security_enabled',
    'extra_dhcp_opts',
    *(
        one
        for one in PORT.mutable
        if one in PORT.sparse and one != dns_names.NAME
    ),
)
#: Those that cannot be changed in a region yet.
FIXED = ('fixed_ips', 'mac_address')
#: What makes a port a router's.
_DEVICE = ('device_id', 'device_owner')
#: Ledger types of ports; of a port with two, the first counts.
_MARKS = (*held_ports.RULES, types.PORT)


def _row(port_id: str) -> Replica | None:
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_READER.using(context):
        rows = ledger.rows(
            context.session, [(kind, port_id) for kind in _MARKS]
        )
    found = (rows.get((kind, port_id)) for kind in _MARKS)
    return next(
        (row for row in found if row is not None and row.state in ledger.HELD),
        None,
    )


def is_central(port_id: str) -> bool:
    """Tell whether a port belongs to central."""
    return _row(port_id) is not None


def _concerns_central(attributes: dict[str, Any]) -> bool:
    """Tell whether a request may say something of what central owns."""
    if any(key in attributes for key in (*FORWARDED, *FIXED)):
        return True
    # Nova says the device together with the host, in every boot: of a port
    # that it binds, which is no router's.
    return portbindings.HOST_ID not in attributes and any(
        key in attributes for key in _DEVICE
    )


def is_use(attributes: dict[str, Any]) -> bool:
    """Tell whether a request binds a port or gives it to a device."""
    return bool(
        attributes.get(portbindings.HOST_ID) or attributes.get('device_id')
    )


def is_end_of_use(attributes: dict[str, Any]) -> bool:
    """Tell whether a request takes a port off its host or its device."""
    return any(
        key in attributes and not attributes[key]
        for key in (portbindings.HOST_ID, 'device_id')
    )


class PortUpdates(for_caller.ForCaller):
    """Settles with central what a request changes."""

    def settle(
        self,
        context: Any,
        port_id: str,
        attributes: dict[str, Any],
        plugin: Any,
    ) -> dict[str, Any]:
        """Return what is left to change here, after central agreed.

        No query unless the request says something of what central owns;
        bindings and the like are the region's own.

        :param plugin: the region's core plugin
        :raises BelongsToCentral: for a change that cannot be made here
        :raises neutron_lib.exceptions.NeutronException: what central said
        """
        attaches = (
            attributes.get('device_owner') in port_request.OWN_DEVICE_OWNERS
        )
        if not attaches and not _concerns_central(attributes):
            return attributes
        row = _row(port_id)
        if row is None:
            return attributes
        held = held_ports.RULES.get(row.resource_type)
        if held is not None:
            # Of an agent's addresses the guard takes care.
            if not held.is_agents or request.is_of_api():
                _check_unchanged(port_id, attributes, plugin, held.instead)
            return attributes
        if attributes.get('device_id') in replica_held_ports.DEVICE_IDS:
            raise refusals.BelongsToCentral(
                type='Port', id=port_id, what='reserve ports'
            )
        if attaches:
            raise refusals.BelongsToCentral(
                type='Port', id=port_id, what='attach it to a router'
            )
        return self._settle(context, port_id, attributes, plugin)

    def _settle(
        self,
        context: Any,
        port_id: str,
        attributes: dict[str, Any],
        plugin: Any,
    ) -> dict[str, Any]:
        admin = neutron_context.get_admin_context()
        found = plugin.get_port(admin, port_id)
        here, _omitted = port_applier.project(admin, found, None)
        _check_addresses(port_id, attributes, found)
        rest = {
            key: value for key, value in attributes.items() if key not in FIXED
        }
        wanted = _in_central(admin, rest)
        changed = {
            key: value
            for key, value in wanted.items()
            if not _is_same(key, value, here.get(key))
        }
        if not changed:
            return rest
        qos_writes.check(changed, 'Port', port_id, 'change its QoS policy')
        if not request.may_ask_central(context):
            raise refusals.BelongsToCentral(
                type='Port',
                id=port_id,
                what='change its {}'.format(', '.join(sorted(changed))),
            )
        preconditions.check(port_id, found['revision_number'])
        self._ask(
            self._client.update,
            port_def.COLLECTION_NAME,
            port_def.RESOURCE_NAME,
            port_id,
            changed,
        )
        preconditions.settled()
        if changed.get('security_groups'):
            # Brings those here that this region does not have yet.
            plugin.get_security_groups(
                admin, filters={'id': list(changed['security_groups'])}
            )
            rest['security_groups'] = id_map.to_local(
                admin, changed['security_groups']
            )
        return rest


def _check_unchanged(
    port_id: str, attributes: dict[str, Any], plugin: Any, what: str
) -> None:
    """Refuse changes of a port of central's own, but for bindings and such.

    Central makes it for a router or an agent: there is nothing to change.

    :param what: what is to be done in central instead

    :raises BelongsToCentral: when something differs
    """
    found = plugin.get_port(neutron_context.get_admin_context(), port_id)
    _check_addresses(port_id, attributes, found)
    if any(
        key in attributes
        and not _is_same(key, attributes[key], found.get(key))
        for key in (*FORWARDED, *_DEVICE)
    ):
        raise refusals.BelongsToCentral(type='Port', id=port_id, what=what)


def _in_central(context: Any, attributes: dict[str, Any]) -> dict[str, Any]:
    """Return what a request says of what central owns, in its terms."""
    wanted = {key: attributes[key] for key in FORWARDED if key in attributes}
    if wanted.get('security_groups') is constants.ATTR_NOT_SPECIFIED:
        del wanted['security_groups']
    if wanted.get('security_groups'):
        wanted['security_groups'] = id_map.to_central(
            context, wanted['security_groups']
        )
    return wanted


def _is_same(key: str, wanted: Any, here: Any) -> bool:
    if key == 'security_groups':
        return sorted(wanted or []) == sorted(here or [])
    if key in ('allowed_address_pairs', 'extra_dhcp_opts'):
        # An option without value removes, a pair without MAC gets the
        # port's: anything but the very same is for central to judge.
        return bool(_sortable(wanted) == _sortable(here))
    return bool(wanted == here)


def _sortable(items: Any) -> list[list[tuple[str, str]]]:
    return sorted(
        sorted((key, str(value)) for key, value in one.items())
        for one in items or []
    )


def _check_addresses(
    port_id: str, attributes: dict[str, Any], found: dict[str, Any]
) -> None:
    """Refuse other addresses than the port has.

    Repeating them is fine: Nova does so for ports on physical functions.

    :raises BelongsToCentral: when they differ
    """
    mac = attributes.get('mac_address')
    if mac and str(mac).lower() != str(found['mac_address']).lower():
        raise refusals.BelongsToCentral(
            type='Port', id=port_id, what='change its MAC address'
        )
    if 'fixed_ips' not in attributes:
        return
    wanted = {
        (one.get('subnet_id'), one.get('ip_address'))
        for one in attributes['fixed_ips'] or []
    }
    here = {
        (one['subnet_id'], one['ip_address']) for one in found['fixed_ips']
    }
    bare = {(None, address) for _subnet, address in here}
    if len(wanted) != len(here) or not wanted <= here | bare:
        raise refusals.BelongsToCentral(
            type='Port', id=port_id, what='change its addresses'
        )
