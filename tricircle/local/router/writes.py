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

from typing import Any

from tricircle.local.engine import ownership
from tricircle.local.process import core_plugin
from tricircle.replica import types


def _refuse_router(router_id: Any, what: str) -> None:
    ownership.refuse(types.ROUTER, [router_id], 'Router', what)


class RouterWritesMixin(core_plugin.CorePlugin):
    """Refusals in front of the stock router plugin's writes."""

    def update_router(
        self, context: Any, id: str, router: dict[str, Any]
    ) -> Any:
        """Change a router of the region's own."""
        _refuse_router(id, 'change it')
        return super().update_router(context, id, router)

    def delete_router(self, context: Any, id: str) -> Any:
        """Delete a router of the region's own."""
        _refuse_router(id, 'delete it')
        return super().delete_router(context, id)

    def add_router_interface(
        self, context: Any, router_id: str, interface_info: Any = None
    ) -> Any:
        """Attach something to a router of the region's own."""
        _refuse_router(router_id, 'add the interface')
        return super().add_router_interface(context, router_id, interface_info)

    def remove_router_interface(
        self, context: Any, router_id: str, interface_info: Any
    ) -> Any:
        """Detach something from a router of the region's own."""
        _refuse_router(router_id, 'remove the interface')
        return super().remove_router_interface(
            context, router_id, interface_info
        )

    def add_extraroutes(
        self, context: Any, router_id: str, body: Any = None
    ) -> Any:
        """Add routes to a router of the region's own."""
        _refuse_router(router_id, 'add the routes')
        return super().add_extraroutes(context, router_id, body)

    def remove_extraroutes(
        self, context: Any, router_id: str, body: Any = None
    ) -> Any:
        """Remove routes from a router of the region's own."""
        _refuse_router(router_id, 'remove the routes')
        return super().remove_extraroutes(context, router_id, body)
