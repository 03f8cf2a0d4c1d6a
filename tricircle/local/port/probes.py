# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``/v2.0/replicas/probes/{port_id}``: what a probe port is to send.

For the administrator's command that verifies the network. Neutron lets
services alone set the profile of a port, so this is a way for administrators
to set one key of it, on ports that are for probes, to what can be sent.

A list is set before the port is bound: Neutron binds a port anew whose
profile changes.
"""

from typing import Any, Final

from neutron import policy
from neutron_lib import exceptions
from neutron_lib.api.definitions import portbindings
from neutron_lib.plugins import directory

from tricircle.db import retries
from tricircle.local.asking import request as requests
from tricircle.local.engine.api import replicas
from tricircle.replica import probes

_NAME: Final = 'probes'


class InvalidProbes(exceptions.BadRequest):
    """The request cannot be read."""

    message = 'Invalid probes: %(reason)s.'


class NoProbePort(exceptions.Conflict):
    """The port is somebody's, or is bound already."""

    message = (
        'Port %(port_id)s takes no probes: its device_owner is not '
        f'{probes.DEVICE_OWNER}, or it is bound to a host.'
    )


class Controller:
    """The probes of ports that are there for them."""

    @replicas.naming_the_cause
    @retries.bounded
    def update(
        self, request: Any, id: str, body: Any = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Set what a port sends, once it is bound."""
        policy.init()
        policy.enforce(request.context, 'update_port_probes', {})
        requests.note_caller(request.context)
        try:
            wanted = probes.read(body[_NAME])
        except (TypeError, KeyError):
            raise InvalidProbes(
                reason='the body is {"probes": [...]}'
            ) from None
        except probes.InvalidProbes as error:
            raise InvalidProbes(reason=error) from error
        plugin = directory.get_plugin()
        port = plugin.get_port(request.context, id)
        if port['device_owner'] != probes.DEVICE_OWNER or port.get(
            portbindings.HOST_ID
        ):
            raise NoProbePort(port_id=id)
        plugin.update_port(
            request.context,
            id,
            {'port': {portbindings.PROFILE: probes.profile(wanted)}},
        )
        return {_NAME: [one.packed() for one in wanted]}


def resource() -> Any:
    """Return the API resource."""
    return replicas.resource(_NAME, Controller())
