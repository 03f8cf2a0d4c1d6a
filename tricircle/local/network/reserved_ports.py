# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Ports of a network that agents of this region use, and central reserved.

Of a kind, one for each agent (:mod:`tricircle.local.network.dhcp_ports`,
:mod:`tricircle.local.network.agent_gateways`). They have no document of
their own: the network's brings them. Each is marked before it is made, with
its network as parent, so that whatever an interruption leaves is found.
"""

from typing import Any

from neutron_lib import exceptions
from neutron_lib.db import api as db_api
from neutron_lib.plugins import directory

from tricircle.local.engine import ledger
from tricircle.replica import canonical


def project(port: dict[str, Any]) -> dict[str, Any]:
    """Return a reserved port in document form."""
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


def observe(context: Any, kind: str, network_id: str) -> list[dict[str, Any]]:
    """Read back the reserved ports of a network in document form.

    :param kind: ``DHCP_PORT`` or ``AGENT_GATEWAY`` of
        :mod:`tricircle.local.engine.ledger`
    """
    here = read(context, marked(context, kind, network_id))
    return [project(here[port_id]) for port_id in sorted(here)]


def marked(context: Any, kind: str, network_id: str) -> list[str]:
    """Return the IDs of those that were made or begun on a network."""
    with db_api.CONTEXT_READER.using(context):
        return [
            row.resource_id
            for row in ledger.children(context.session, kind, network_id)
        ]


def read(context: Any, ids: list[str]) -> dict[str, dict[str, Any]]:
    """Return those of these ports that are there, by ID."""
    if not ids:
        return {}
    found = directory.get_plugin().get_ports(context, filters={'id': ids})
    return {port['id']: port for port in found}


def mark(context: Any, kind: str, port_id: str, network_id: str) -> None:
    """Note a port that is about to be made on a network."""
    with db_api.CONTEXT_WRITER.using(context):
        ledger.mark(context.session, kind, port_id, parent_id=network_id)


def delete(context: Any, kind: str, port_id: str) -> None:
    """Delete a port that may be gone already, and then its mark."""
    try:
        directory.get_plugin().delete_port(context, port_id)
    except exceptions.PortNotFound:
        pass
    with db_api.CONTEXT_WRITER.using(context):
        ledger.unmark(context.session, kind, [port_id])
