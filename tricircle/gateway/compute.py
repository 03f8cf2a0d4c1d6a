# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The compute API: what is done at which path.

Read from the top: the first line that fits counts. Nova's own list of paths
is nova/api/openstack/compute/routes.py; what is not here is 404 there too, or
has been 410 for years.
"""

from typing import Final

from tricircle.gateway.routes import Route

_HOSTS: Final = (
    'hosts are administered region by region: add ?region=NAME, or call '
    "the region's own endpoint"
)
_MIRRORED: Final = (
    'flavors are made in the regions, the same in each: call their own '
    'endpoints'
)

ROUTES: Final = (
    # servers
    Route('GET', '/servers', 'merge', 'server', 'servers'),
    Route('GET', '/servers/detail', 'merge', 'server', 'servers'),
    Route('POST', '/servers', 'place', 'server', 'server'),
    Route('*', '/servers/{id}/**', 'owner', 'server'),
    # groups of servers
    Route('GET', '/os-server-groups', 'union', '', 'server_groups'),
    Route(
        'POST', '/os-server-groups', 'place', 'server-group', 'server_group'
    ),
    Route('*', '/os-server-groups/{id}/**', 'owner', 'server-group'),
    # what every region has
    Route('GET', '/flavors/**', 'reference'),
    Route('*', '/flavors/**', 'refuse', reason=_MIRRORED),
    Route('GET', '/extensions/**', 'reference'),
    Route('GET', '/os-keypairs/**', 'reference'),
    Route('POST', '/os-keypairs', 'everywhere', '', 'keypair'),
    Route('DELETE', '/os-keypairs/{id}', 'everywhere', '', 'keypair'),
    # what is of all regions
    Route('GET', '/os-availability-zone', 'zones'),
    Route('GET', '/os-availability-zone/detail', 'hosts-of-zones'),
    Route('GET', '/os-aggregates', 'aggregates'),
    Route('GET', '/limits', 'limits'),
    Route('GET', '/os-simple-tenant-usage/**', 'sum'),
    # what is of one
    Route('*', '/os-aggregates/**', 'refuse', reason=_HOSTS),
    Route('*', '/os-assisted-volume-snapshots/**', 'refuse', reason=_HOSTS),
    Route('*', '/os-console-auth-tokens/**', 'refuse', reason=_HOSTS),
    Route('*', '/os-hypervisors/**', 'refuse', reason=_HOSTS),
    Route('*', '/os-instance_usage_audit_log/**', 'refuse', reason=_HOSTS),
    Route('*', '/os-migrations/**', 'refuse', reason=_HOSTS),
    Route('*', '/os-quota-class-sets/**', 'refuse', reason=_HOSTS),
    Route('*', '/os-quota-sets/{id}/**', 'quota-sets', reason=_HOSTS),
    Route('*', '/os-server-external-events/**', 'refuse', reason=_HOSTS),
    Route('*', '/os-services/**', 'refuse', reason=_HOSTS),
)
