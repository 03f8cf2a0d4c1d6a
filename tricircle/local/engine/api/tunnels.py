# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How the tunnels of this region's hosts to other regions are.

For XJob, which notes it for operators. Who may ask is who may look at
replicas: an administrator, and who acts for central.
"""

import dataclasses
from typing import Any, Final

from neutron_lib import context as neutron_context
from neutron_lib.plugins import directory

from tricircle.local.engine.api import replicas
from tricircle.replica import data_path
from tricircle.replica import types

_NAME: Final = 'data-path'
_KEY: Final = 'data_path'
_FIELDS: Final = ('agent_type', 'alive', 'configurations')


class Controller:
    """What the agents of this region report."""

    @replicas.naming_the_cause
    def index(self, request: Any, **kwargs: Any) -> dict[str, Any]:
        """Return how many tunnels are in which state, of how many hosts."""
        replicas.enforce(request, 'get')
        found = data_path.summary(
            directory.get_plugin().get_agents(
                neutron_context.get_admin_context(),
                filters={'agent_type': [types.AGENT_TYPE_OVS]},
                fields=list(_FIELDS),
            )
        )
        return {_KEY: dataclasses.asdict(found)}


def resource() -> Any:
    """Return the API resource."""
    return replicas.resource(_NAME, Controller())
