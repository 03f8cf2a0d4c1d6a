# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What L3 agents are told while a document is applied: once, at the end.

Neutron tells them after each of its steps, and each time they get the whole
router. Steps of a document are of no use to them by themselves, as a gateway
without routes, and to find out whom to tell takes some fifty statements.
"""

from collections.abc import Iterator
import contextlib
from typing import Any

from neutron.api.rpc.agentnotifiers import l3_rpc_agent_api

from tricircle.local.router import step


class Notifier(l3_rpc_agent_api.L3AgentNotifyAPI):
    """The stock notifier, but for the router of a document."""

    def routers_updated(
        self, context: Any, router_ids: list[str], *args: Any, **kwargs: Any
    ) -> None:
        """Tell the agents of routers, but of the one that is held back."""
        held_back = step.current().held_back
        told = [one for one in router_ids if one != held_back]
        super().routers_updated(context, told, *args, **kwargs)


@contextlib.contextmanager
def once(
    context: Any, plugin: Any, router_id: str, centralized: bool = False
) -> Iterator[None]:
    """Tell the agents of a router when the body has ended, and not before.

    Also when it fails: what it did is done. When the process is killed,
    the document is applied again, since the ledger says that it was begun
    (:func:`tricircle.local.engine.apply.apply`).

    :param centralized: the document says that it is not distributed
    """
    with step.at(centralized=router_id if centralized else None):
        try:
            with step.at(held_back=router_id):
                yield
        finally:
            plugin.notify_router_updated(context, router_id)


def is_centralized(router_id: str) -> bool:
    """Tell whether the document being applied makes a router centralized."""
    return step.current().centralized == router_id
