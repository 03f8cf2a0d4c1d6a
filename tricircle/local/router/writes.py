# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Writing routers and floating IPs: the region's own, not central's."""

from collections.abc import Callable
from typing import Any, TypeVar

from neutron_lib.exceptions import l3 as l3_exceptions

from tricircle.local.asking import request
from tricircle.local.engine import refusals
from tricircle.local.engine.owner import ownership
from tricircle.local.process import core_plugin
from tricircle.replica import types

_Answer = TypeVar('_Answer')


class RouterWritesMixin(core_plugin.CorePlugin):
    """Refusals in front of the stock router plugin's writes."""

    def update_router(
        self, context: Any, id: str, router: dict[str, Any]
    ) -> Any:
        """Change a router of the region's own."""
        return self._of_regions_own(
            context, id, 'change it', super().update_router, router
        )

    def delete_router(self, context: Any, id: str) -> Any:
        """Delete a router of the region's own."""
        return self._of_regions_own(
            context, id, 'delete it', super().delete_router
        )

    def add_router_interface(
        self, context: Any, router_id: str, interface_info: Any = None
    ) -> Any:
        """Attach something to a router of the region's own."""
        return self._of_regions_own(
            context,
            router_id,
            'add the interface',
            super().add_router_interface,
            interface_info,
        )

    def remove_router_interface(
        self, context: Any, router_id: str, interface_info: Any
    ) -> Any:
        """Detach something from a router of the region's own."""
        return self._of_regions_own(
            context,
            router_id,
            'remove the interface',
            super().remove_router_interface,
            interface_info,
        )

    def add_extraroutes(
        self, context: Any, router_id: str, body: Any = None
    ) -> Any:
        """Add routes to a router of the region's own."""
        return self._of_regions_own(
            context, router_id, 'add the routes', super().add_extraroutes, body
        )

    def remove_extraroutes(
        self, context: Any, router_id: str, body: Any = None
    ) -> Any:
        """Remove routes from a router of the region's own."""
        return self._of_regions_own(
            context,
            router_id,
            'remove the routes',
            super().remove_extraroutes,
            body,
        )

    def _of_regions_own(
        self,
        context: Any,
        router_id: str,
        what: str,
        write: Callable[..., _Answer],
        *said: Any,
    ) -> _Answer:
        """Write to a router, unless it is central's.

        :param what: what is to be done in central instead
        :raises BelongsToCentral: if it is, here or not
        """
        ownership.refuse(types.ROUTER, [router_id], 'Router', what)
        try:
            return write(context, router_id, *said)
        except l3_exceptions.RouterNotFound:
            if not request.may_ask_central(context):
                raise
            # Raises what central says of one that the caller does not see.
            self._core_plugin.routers_in_central.show(router_id)
        raise refusals.BelongsToCentral(type='Router', id=router_id, what=what)
