# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Neutron's plugins of what hangs on routers, for those of the region's own.

What hangs on a router or floating IP of central's, documents bring.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from neutron.db.models import l3 as l3_models
from neutron.objects import port_forwarding as objects
from neutron.services.conntrack_helper import plugin as conntrack_helper
from neutron.services.portforwarding import pf_plugin
from neutron_lib import constants as lib_constants
from neutron_lib import context as neutron_context
from neutron_lib.api import validators
from neutron_lib.api.definitions import floating_ip_port_forwarding as pf_def
from neutron_lib.db import utils as db_utils
from neutron_lib.plugins import directory

from tricircle.client import paths
from tricircle.local.asking import for_caller
from tricircle.local.asking import pages
from tricircle.local.asking import request
from tricircle.local.engine import attributes
from tricircle.local.engine import ledger
from tricircle.local.engine.group import id_map
from tricircle.local.engine.owner import ownership
from tricircle.local.engine.owner import places
from tricircle.replica import types

_MEMBER: Final = pf_def.RESOURCE_NAME


def _refuse_router(router_id: str, what: str) -> None:
    ownership.refuse(types.ROUTER, [router_id], 'Router', what)


def _place(context: Any, floating_ip_id: str) -> places.Place:
    """Return whose a floating IP is.

    :param context: of the request: Neutron's policies ask next whose the
        floating IP is, with another one
    """
    request.note_caller(context)
    return places.place_of(
        ledger.FLOATING_IP, l3_models.FloatingIP, floating_ip_id
    )


def _is_unmet(context: Any, place: places.Place) -> bool:
    """Tell whether central is to say whether there is such a floating IP."""
    return (
        not place.is_own
        and place.central_id is None
        and request.may_ask_central(context)
    )


def _of_central(context: Any, floating_ip_id: str, what: str) -> str | None:
    """Return the ID that a floating IP has in central.

    :param what: what is to be done in central, where it cannot be asked
    :returns: None of one that is the region's own, or that nobody has
    :raises BelongsToCentral: central cannot be asked, and has it
    """
    place = _place(context, floating_ip_id)
    if place.is_own:
        return None
    if request.may_ask_central(context):
        return place.central_id or floating_ip_id
    place.refuse('Floating IP', what)
    return None


def _here(place: places.Place) -> str:
    """Return the ID of a floating IP in this region, by that or central's."""
    if place.is_own:
        return place.id
    [found] = id_map.to_local(
        neutron_context.get_admin_context(), [place.id], ledger.FLOATING_IP
    )
    return found


class ForwardingsInCentral(for_caller.ForCaller):
    """What central does with port forwardings for the caller.

    Each method raises what central said, as Neutron's error, and
    CentralUnavailable when central does not answer.
    """

    def show(self, floating_ip_id: str, id: str) -> dict[str, Any]:
        """Return a port forwarding."""
        return self._ask(self._client.show, _path(floating_ip_id), id)

    def shown(
        self, floating_ip_id: str, filters: Mapping[str, Iterable[Any]]
    ) -> list[dict[str, Any]]:
        """Return those of a floating IP."""
        return self._ask(
            self._client.listed, _path(floating_ip_id), paths.pairs(filters)
        )

    def create(
        self, floating_ip_id: str, said: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Forward a port; return how."""
        return self._ask(
            self._client.create, _path(floating_ip_id), _MEMBER, _body(said)
        )

    def update(
        self, floating_ip_id: str, id: str, said: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Change a port forwarding; return it."""
        return self._ask(
            self._client.update,
            _path(floating_ip_id),
            _MEMBER,
            id,
            _body(said),
        )

    def delete(self, floating_ip_id: str, id: str) -> None:
        """Forward a port no more."""
        self._ask(self._client.delete, _path(floating_ip_id), id)


def _path(floating_ip_id: str) -> str:
    return paths.part(
        pf_def.PARENT_COLLECTION_NAME, floating_ip_id, pf_def.COLLECTION_NAME
    )


def _body(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a user says, without what Neutron adds to it."""
    return attributes.as_json(
        {
            key: value
            for key, value in said.items()
            if key not in ('project_id', 'tenant_id')
            and not key.startswith(lib_constants.EXT_PARENT_PREFIX)
            and validators.is_attr_set(value)
        }
    )


class PortForwardingPlugin(pf_plugin.PortForwardingPlugin):
    """The stock plugin, for floating IPs of the region's own.

    What is forwarded of one of central's, central says.
    """

    @property
    def in_central(self) -> ForwardingsInCentral:
        """What central does with port forwardings for the caller."""
        asked: ForwardingsInCentral = (
            directory.get_plugin().port_forwardings_in_central
        )
        return asked

    def get_floatingip_port_forwarding(
        self, context: Any, id: str, floatingip_id: str, fields: Any = None
    ) -> Any:
        """Return a port forwarding, as it is here or as central shows it."""
        place = _place(context, floatingip_id)
        if _is_unmet(context, place):
            return db_utils.resource_fields(
                self.in_central.show(floatingip_id, id), fields
            )
        return super().get_floatingip_port_forwarding(
            context, id, _here(place), fields
        )

    def get_floatingip_port_forwardings(
        self,
        context: Any,
        floatingip_id: str,
        filters: Any = None,
        fields: Any = None,
        sorts: Any = None,
        limit: Any = None,
        marker: Any = None,
        page_reverse: bool = False,
    ) -> Any:
        """Return port forwardings, as they are here or as in central."""
        place = _place(context, floatingip_id)
        if _is_unmet(context, place):
            return [
                db_utils.resource_fields(one, fields)
                for one in pages.page(
                    self.in_central.shown(floatingip_id, filters or {}),
                    sorts,
                    limit,
                    marker,
                    page_reverse,
                )
            ]
        return super().get_floatingip_port_forwardings(
            context,
            _here(place),
            filters,
            fields,
            sorts,
            limit,
            marker,
            page_reverse,
        )

    def create_floatingip_port_forwarding(
        self,
        context: Any,
        floatingip_id: str,
        port_forwarding: dict[str, Any],
    ) -> Any:
        """Forward a port; of a floating IP of central's there."""
        central_id = _of_central(context, floatingip_id, 'forward its ports')
        if central_id is not None:
            return self.in_central.create(central_id, port_forwarding[_MEMBER])
        return super().create_floatingip_port_forwarding(
            context, floatingip_id, port_forwarding
        )

    def update_floatingip_port_forwarding(
        self,
        context: Any,
        id: str,
        floatingip_id: str,
        port_forwarding: dict[str, Any],
    ) -> Any:
        """Change a port forwarding; one of central's there."""
        central_id = _of_central(
            context, floatingip_id, 'change its port forwardings'
        )
        if central_id is not None:
            return self.in_central.update(
                central_id, id, port_forwarding[_MEMBER]
            )
        return super().update_floatingip_port_forwarding(
            context, id, floatingip_id, port_forwarding
        )

    def delete_floatingip_port_forwarding(
        self, context: Any, id: str, floatingip_id: str
    ) -> None:
        """Delete a port forwarding; one of central's there."""
        central_id = _of_central(
            context, floatingip_id, 'delete its port forwardings'
        )
        if central_id is not None:
            self.in_central.delete(central_id, id)
            return
        super().delete_floatingip_port_forwarding(context, id, floatingip_id)

    def _process_port_request(
        self, event: str, context: Any, port: dict[str, Any]
    ) -> None:
        """Delete what is forwarded to addresses that a port has no more.

        What goes over a leg of a router of central's is for an address that
        the leg never had.
        """
        if port['device_owner'] in lib_constants.ROUTER_INTERFACE_OWNERS and (
            # In place of Neutron's own look, which sees the same.
            not objects.PortForwarding.objects_exist(
                context.elevated(), internal_port_id=port['id']
            )
            or ledger.is_central_network(context, port['network_id'])
        ):
            return
        super()._process_port_request(event, context, port)


class ConntrackHelperPlugin(conntrack_helper.Plugin):
    """The stock plugin, for routers of the region's own."""

    def create_router_conntrack_helper(
        self, context: Any, router_id: str, conntrack_helper: dict[str, Any]
    ) -> Any:
        """Give a router of the region's own a helper."""
        _refuse_router(router_id, 'add the helper')
        return super().create_router_conntrack_helper(
            context, router_id, conntrack_helper
        )

    def update_router_conntrack_helper(
        self,
        context: Any,
        id: str,
        router_id: str,
        conntrack_helper: dict[str, Any],
    ) -> Any:
        """Change a helper of a router of the region's own."""
        _refuse_router(router_id, 'change the helper')
        return super().update_router_conntrack_helper(
            context, id, router_id, conntrack_helper
        )

    def delete_router_conntrack_helper(
        self, context: Any, id: str, router_id: str
    ) -> None:
        """Delete a helper of a router of the region's own."""
        _refuse_router(router_id, 'delete the helper')
        super().delete_router_conntrack_helper(context, id, router_id)
