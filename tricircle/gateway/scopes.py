# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The regions that the networks of a server may be in."""

from tricircle.db import session as sessions
from tricircle.db.central.network import scopes as network_scopes


def of_interfaces(
    network_ids: list[str], port_ids: list[str]
) -> dict[str, frozenset[str]]:
    """Return the regions that fit, by what is named in errors."""
    with sessions.reader() as session:
        networks = network_scopes.networks_of(session, port_ids)
        regions = network_scopes.regions_of(
            session, {*network_ids, *networks.values()}
        )
    named = {
        f'network {network_id}': regions[network_id]
        for network_id in network_ids
        if network_id in regions
    }
    named |= {
        f'the network of port {port_id}': regions[network_id]
        for port_id, network_id in networks.items()
        if network_id in regions
    }
    return named
