# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What this central Neutron runs, noted for operators."""

from collections.abc import Iterable
import socket

from neutron.api import extensions

from tricircle.db.central.pod import own_release
from tricircle.db.central.pod import releases


def own() -> own_release.OwnRelease:
    """Return what notes it, a look of central's worker."""
    return own_release.OwnRelease(
        releases.CENTRAL, socket.gethostname(), _served
    )


def _served() -> Iterable[str]:
    """Return what ``GET /v2.0/extensions`` lists."""
    found = extensions.PluginAwareExtensionManager.get_instance()
    return tuple(found.extensions)
