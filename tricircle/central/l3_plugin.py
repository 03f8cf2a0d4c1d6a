# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The router plugin of central: Neutron's own, with no agents to tell.

It takes the place of Neutron's ``router`` wherever that is named or
required, so that there is one router plugin in the process and every other
plugin talks to it.
"""

import threading
from typing import Any, Final

from neutron import manager
from neutron.services.l3_router import l3_router_plugin
from neutron_lib import constants
from neutron_lib.db import api as db_api
from neutron_lib.plugins import directory

from tricircle.central import availability_zones
from tricircle.central import notifiers

#: Entry point of the plugin below, for ``service_plugins``.
NAME: Final = 'tricircle_router'
#: What an operator may have named in ``service_plugins``; Neutron's own
#: ``router`` stands for central's plugin here.
NAMES: Final = frozenset(
    [
        'router',
        'neutron.services.l3_router.l3_router_plugin.L3RouterPlugin',
        NAME,
        'tricircle.network.central_l3_plugin.TricircleL3Plugin',
        'tricircle.central.l3_plugin.TricircleL3Plugin',
    ]
)

_lock: Final = threading.Lock()
_installed = False


class TricircleL3Plugin(l3_router_plugin.L3RouterPlugin):
    """Routers and floating IPs, kept in central's database."""

    # Neutron looks for these under the name of the class itself.
    __native_pagination_support = True
    __native_sorting_support = True

    def __init__(self) -> None:
        super().__init__()
        self._l3_rpc_notifier = notifiers.NoAgents()
        self.agent_notifiers[constants.AGENT_TYPE_L3] = self._l3_rpc_notifier

    @db_api.CONTEXT_READER
    def validate_availability_zones(
        self, context: Any, resource_type: str, availability_zones_: list[str]
    ) -> None:
        """Check hints against the pods, see availability_zones.validate."""
        availability_zones.validate(
            context.session, resource_type, availability_zones_
        )

    def start_rpc_listeners(self) -> list[Any]:
        return []

    def add_worker(self, worker: Any) -> None:
        """Leave out all workers: they serve agents, or look after them."""


def replace_stock_plugin(core_plugin: type) -> None:
    """Load central's plugin wherever Neutron's router plugin is asked for.

    Some service plugins require ``router`` by name, and Neutron would load
    its own beside ours. Processes with another core plugin are not
    affected; safe to repeat.

    :param core_plugin: central's core plugin class
    """
    global _installed
    with _lock:
        if _installed:
            return
        _installed = True
    class_of = manager.NeutronManager._get_plugin_class

    def _get_plugin_class(
        self: Any, namespace: str, plugin_provider: str
    ) -> Any:
        found = class_of(self, namespace, plugin_provider)
        if found is l3_router_plugin.L3RouterPlugin and isinstance(
            directory.get_plugin(), core_plugin
        ):
            return TricircleL3Plugin
        return found

    manager.NeutronManager._get_plugin_class = _get_plugin_class
