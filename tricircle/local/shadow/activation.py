# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Shadow ports that agents here have been told of, or are told of now."""

from collections.abc import Mapping
from typing import Any, Final

from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.plugins import directory

from tricircle.local.engine import refusals
from tricircle.local.engine.owner import shadows
from tricircle.local.shadow import agents as shadow_agents
from tricircle.local.shadow import host_rows

_UNBOUND: Final = (
    portbindings.VIF_TYPE_UNBOUND,
    portbindings.VIF_TYPE_BINDING_FAILED,
)


def is_up(port: Mapping[str, Any]) -> bool:
    """Tell whether agents here have been told of a shadow port."""
    return port['status'] == constants.PORT_STATUS_ACTIVE and _is_bound(port)


def _is_bound(port: Mapping[str, Any]) -> bool:
    """Tell whether Neutron knows by which tunnel a port is reached.

    It brings up what is not bound as well, and tells nobody.
    """
    return port.get('binding:vif_type') not in _UNBOUND


def activate(
    context: Any,
    wanted: Mapping[str, Mapping[str, Any]],
    names: Mapping[host_rows.Host, str],
) -> None:
    """Bring up what is down: l2population acts on that.

    :param wanted: shadow ports as their document has them, by ID
    :param names: what hosts are called here
    :raises ShadowNotBound: for what no agent here would reach
    """
    plugin = directory.get_plugin()
    unbound: list[tuple[str, host_rows.Host]] = []
    for port in shadows.here(context, wanted):
        if is_up(port):
            continue
        host = host_rows.host_of(wanted[port['id']])
        name = shadow_agents.name_of(names, host)
        bound = port
        if not _is_bound(port):
            # Its agent was not alive when it was bound: bind anew.
            bound = plugin.update_port(
                context, port['id'], {'port': {'binding:host_id': name}}
            )
        if _is_bound(bound):
            plugin.update_port_status(
                context, port['id'], constants.PORT_STATUS_ACTIVE, name
            )
        else:
            unbound.append((port['id'], host))
    if unbound:
        first, (region, host_there) = unbound[0]
        raise refusals.ShadowNotBound(id=first, host=host_there, region=region)
