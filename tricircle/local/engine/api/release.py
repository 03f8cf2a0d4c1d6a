# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""``/v2.0/replicas/release`` of a region: what its Neutron runs.

For XJob, which notes it for operators. Who may ask is who may look at
replicas: an administrator, and who acts for central.
"""

from typing import Any, Final

from neutron.api import extensions

import tricircle
from tricircle.local.engine.api import replicas
from tricircle.replica import releases

_NAME: Final = 'release'


class Controller:
    """The release of this process."""

    @replicas.naming_the_cause
    def index(self, request: Any, **kwargs: Any) -> dict[str, Any]:
        """Return version, format of documents and extensions."""
        replicas.enforce(request, 'get')
        # What GET /v2.0/extensions lists.
        served = extensions.PluginAwareExtensionManager.get_instance()
        found = releases.own(tricircle.__version__, served.extensions)
        return {_NAME: found.to_dict()}


def resource() -> Any:
    """Return the API resource."""
    return replicas.resource(_NAME, Controller())
