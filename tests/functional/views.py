# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What tests look at on both sides."""

from typing import Any

from tests.functional import cloud as clouds

SHADOW = 'compute:shadow'


def shadows(region: clouds.Region, network_id: str) -> dict[str, Any]:
    """Return the shadow ports of a network in a region, by ID."""
    return {
        port['id']: port
        for port in region.admin.list(
            'port', network_id=network_id, device_owner=SHADOW
        )
    }


def active_shadows(region: clouds.Region, network_id: str) -> set[str]:
    """Return the IDs of those that are up."""
    return {
        port_id
        for port_id, port in shadows(region, network_id).items()
        if port['status'] == 'ACTIVE'
    }


def left_of(cloud: clouds.Cloud, network_id: str) -> dict[str, int]:
    """Return what is left of a network anywhere; empty when nothing is."""
    found = {}
    for neutron in (cloud.central, *cloud.regions.values()):
        for kind in ('port', 'subnet'):
            found[f'{neutron.name} {kind}'] = len(
                neutron.admin.list(kind, network_id=network_id)
            )
        found[f'{neutron.name} network'] = sum(
            one['id'] == network_id for one in neutron.admin.list('network')
        )
    for table, column in (
        ('resource_routings', 'top_id'),
        ('journal', 'resource_id'),
        ('reserved_ports', 'network_id'),
        ('port_locations', 'network_id'),
    ):
        found[f'central {table}'] = len(
            cloud.central.database.query(
                f'SELECT 1 FROM {table} WHERE {column} LIKE %s',  # noqa: S608
                f'{network_id}%',
            )
        )
    return {key: count for key, count in found.items() if count}


def addresses(port: dict[str, Any]) -> set[str]:
    """Return the addresses of a port."""
    return {str(one['ip_address']) for one in port['fixed_ips']}


def is_same(first: dict[str, Any], second: dict[str, Any]) -> bool:
    """Tell whether two Neutrons show the same port."""
    return all(
        first[key] == second[key]
        for key in (
            'id',
            'name',
            'mac_address',
            'fixed_ips',
            'security_groups',
            'network_id',
            'project_id',
        )
    )
