# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Ports that central holds for this region, as the region has them.

What central has for each kind stands in
:mod:`tricircle.replica.held_ports`; what is the region's own to say of it
stands here. They have no document of their own: that of their network or
router brings them. Each is marked in the ledger before it is made, with that
network or router as parent, so that whatever an interruption leaves is found.
"""

from collections.abc import Mapping
import dataclasses
from typing import Any, Final

from neutron_lib import exceptions
from neutron_lib.db import api as db_api
from neutron_lib.plugins import directory
from neutron_lib.plugins import utils as plugin_utils

from tricircle.local.engine import ledger
from tricircle.replica import types
from tricircle.replica.body import canonical


@dataclasses.dataclass(frozen=True)
class Rules:
    """What may be done in the region with a kind of held port.

    :ivar instead: what is to be done in central, as refusals say it
    :ivar is_agents: an agent has it, and changes it by RPC; else nobody
        does but Tricircle
    """

    instead: str
    is_agents: bool


#: By the resource type of their marks; of a port with two, the first counts.
RULES: Final[Mapping[str, Rules]] = {
    ledger.ROUTER_PORT: Rules('change its router', is_agents=False),
    ledger.DHCP_PORT: Rules('change it', is_agents=True),
    ledger.AGENT_GATEWAY: Rules('change it', is_agents=True),
}


#: Types in the ledger of ports that are central's, or stand for its.
OF_CENTRAL: Final = (types.PORT, *RULES, ledger.SHADOW_PORT)


def project(port: dict[str, Any]) -> dict[str, Any]:
    """Return a port in document form."""
    return {
        'id': port['id'],
        'mac_address': port['mac_address'],
        'fixed_ips': canonical.ordered(
            {
                'subnet_id': fixed['subnet_id'],
                'ip_address': fixed['ip_address'],
            }
            for fixed in port['fixed_ips']
        ),
    }


def observe(context: Any, kind: str, parent_id: str) -> list[dict[str, Any]]:
    """Read back the ports of a network or router in document form.

    :param kind: one of :data:`RULES`
    """
    here = read(context, marked(context, kind, parent_id))
    return [project(here[port_id]) for port_id in sorted(here)]


def marked(context: Any, kind: str, parent_id: str) -> list[str]:
    """Return the IDs of those that were made or begun."""
    with db_api.CONTEXT_READER.using(context):
        return [
            row.resource_id
            for row in ledger.children(context.session, kind, parent_id)
        ]


def read(context: Any, ids: list[str]) -> dict[str, dict[str, Any]]:
    """Return those of these ports that are there, by ID."""
    if not ids:
        return {}
    found = directory.get_plugin().get_ports(context, filters={'id': ids})
    return {port['id']: port for port in found}


def create(
    context: Any,
    wanted: Mapping[str, Any],
    network_id: str,
    device_owner: str,
    **more: Any,
) -> None:
    """Make a port that was marked.

    :param wanted: ``id``, ``mac_address`` and ``fixed_ips``
    :param more: what else Neutron is to be told
    """
    plugin_utils.create_port(
        directory.get_plugin(),
        context,
        {
            'port': {
                'id': wanted['id'],
                'project_id': '',
                'tenant_id': '',
                'network_id': network_id,
                'name': '',
                'admin_state_up': True,
                'mac_address': wanted['mac_address'],
                'fixed_ips': wanted['fixed_ips'],
                'device_owner': device_owner,
                **more,
            }
        },
        check_allow_post=False,
    )


def mark(context: Any, kind: str, port_id: str, parent_id: str) -> None:
    """Note a port that is about to be made for a network or router."""
    with db_api.CONTEXT_WRITER.using(context):
        ledger.mark(context.session, kind, port_id, parent_id=parent_id)


def delete(context: Any, port_id: str, *kinds: str) -> None:
    """Delete a port that may be gone already, and then its marks."""
    try:
        directory.get_plugin().delete_port(
            context, port_id, l3_port_check=False
        )
    except exceptions.PortNotFound:
        pass
    unmark(context, port_id, *kinds)


def unmark(context: Any, port_id: str, *kinds: str) -> None:
    """Take the marks off a port that is gone."""
    with db_api.CONTEXT_WRITER.using(context):
        for kind in kinds:
            ledger.unmark(context.session, kind, [port_id])
