# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Ports that central reserved for this region's DHCP agents.

An agent adopts one by its device_id; from then on device and host are the
agent's, and only the addresses are central's.
"""

from collections.abc import Collection, Mapping
from typing import Any

from neutron.db import models_v2
from neutron_lib import constants
from neutron_lib.api import validators
from neutron_lib.db import api as db_api
from neutron_lib.plugins import directory
import sqlalchemy as sa

from tricircle.db import retries
from tricircle.db.local.models import Replica
from tricircle.local.engine import attributes
from tricircle.local.engine import fixed_ips
from tricircle.local.engine import held_ports
from tricircle.local.engine import ledger
from tricircle.local.engine import parts
from tricircle.replica import held_ports as replica_held_ports


def observe(context: Any, network_id: str) -> list[dict[str, Any]]:
    """Read back the reserved ports of a network in document form."""
    return held_ports.observe(context, ledger.DHCP_PORT, network_id)


def apply(
    context: Any,
    network: dict[str, Any],
    wanted: list[dict[str, Any]],
    doing: parts.Parts,
) -> None:
    """Create, change and delete reserved ports until they are as wanted."""
    plugin = directory.get_plugin()
    with doing.part('DHCP ports removed'):
        remove(context, network['id'], {one['id'] for one in wanted})
    here = held_ports.read(
        context,
        held_ports.marked(context, ledger.DHCP_PORT, network['id']),
    )
    for one in wanted:
        found = here.get(one['id'])
        with doing.part(f'DHCP port {one["id"]}'):
            if found and found['mac_address'] != one['mac_address']:
                # Central forgot it, and made it again under the same ID.
                # Neutron changes no MAC address of a bound port; its agent
                # asks for a port again when it loses one.
                held_ports.delete(context, one['id'], ledger.DHCP_PORT)
                found = None
            if found is None:
                _create(context, network, one)
            elif held_ports.project(found)['fixed_ips'] != one['fixed_ips']:
                plugin.update_port(
                    context,
                    one['id'],
                    {'port': {'fixed_ips': one['fixed_ips']}},
                )


def remove(context: Any, network_id: str, kept: Collection[str] = ()) -> None:
    """Delete the reserved ports of a network, but for some."""
    marked = held_ports.marked(context, ledger.DHCP_PORT, network_id)
    for port_id in sorted(set(marked).difference(kept)):
        held_ports.delete(context, port_id, ledger.DHCP_PORT)


def _create(
    context: Any, network: dict[str, Any], wanted: dict[str, Any]
) -> None:
    held_ports.mark(context, ledger.DHCP_PORT, wanted['id'], network['id'])
    project_id = network['project_id']
    more: dict[str, Any] = {}
    if attributes.has_extension('port-security'):
        more['port_security_enabled'] = False
    held_ports.create(
        context,
        {
            **wanted,
            'fixed_ips': fixed_ips.to_create(context, wanted['fixed_ips']),
        },
        network['id'],
        constants.DEVICE_OWNER_DHCP,
        project_id=project_id,
        tenant_id=project_id,
        device_id=replica_held_ports.RESERVED_DHCP_DEVICE_ID,
        security_groups=[],
        **more,
    )


def is_asked_by_agent(port: Mapping[str, Any]) -> bool:
    """Tell whether a port to create is what a DHCP agent asks for.

    It calls itself after the network (``get_dhcp_agent_device_id`` of
    neutron.common.utils) and leaves the address to the server.

    :param port: the attributes of the request
    """
    device_id = str(port.get('device_id') or '')
    return (
        port.get('device_owner') == constants.DEVICE_OWNER_DHCP
        and device_id.startswith('dhcp')
        and f'-{port["network_id"]}' in device_id
        and validators.is_attr_set(port.get('fixed_ips'))
        and not any(one.get('ip_address') for one in port['fixed_ips'])
    )


@retries.bounded
def claim(context: Any, network_id: str, device_id: str) -> str | None:
    """Take a port that central reserved on a network for a DHCP server.

    Two agents that ask at the same time get two ports, or one gets none.

    :param device_id: what the agent calls itself on this network
    :returns: the port's ID, None when there is no free one
    """
    port = models_v2.Port
    with db_api.CONTEXT_WRITER.using(context):
        found: str | None = context.session.scalar(
            sa.select(port.id)
            .where(
                port.network_id == network_id,
                port.device_id == replica_held_ports.RESERVED_DHCP_DEVICE_ID,
                sa.exists().where(
                    Replica.resource_type == ledger.DHCP_PORT,
                    Replica.resource_id == port.id,
                    Replica.parent_id == network_id,
                ),
            )
            .order_by(port.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if found is not None:
            context.session.execute(
                sa.update(port)
                .where(port.id == found)
                .values(device_id=device_id)
                .execution_options(synchronize_session=False)
            )
    return found
