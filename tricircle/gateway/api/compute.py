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

from typing import Any, Final

from tricircle.gateway.answer import merging
from tricircle.gateway.api import microversions
from tricircle.gateway.api import service
from tricircle.gateway.api.routes import Route

_HOSTS: Final = (
    'hosts are administered region by region: add ?region=NAME, or call '
    "the region's own endpoint"
)

ROUTES: Final = (
    # servers
    Route('GET', '/servers', 'merge', 'server', 'servers'),
    Route('GET', '/servers/detail', 'merge', 'server', 'servers'),
    Route('POST', '/servers', 'place', 'server', 'server'),
    Route(
        'POST',
        '/servers/{id}/os-volume_attachments',
        'beside',
        'server',
        'volumeAttachment',
    ),
    Route(
        'PUT',
        '/servers/{id}/os-volume_attachments/{volume_id}',
        'beside',
        'server',
        'volumeAttachment',
    ),
    Route('*', '/servers/{id}/**', 'owner', 'server'),
    # groups of servers
    Route('GET', '/os-server-groups', 'union', '', 'server_groups'),
    Route(
        'POST', '/os-server-groups', 'place', 'server-group', 'server_group'
    ),
    Route('*', '/os-server-groups/{id}/**', 'owner', 'server-group'),
    # what every region has
    Route('GET', '/flavors/**', 'reference'),
    Route('POST', '/flavors', 'everywhere', '', 'flavor'),
    Route('*', '/flavors/{id}/**', 'change-everywhere', '', 'flavor'),
    Route('GET', '/extensions/**', 'reference'),
    Route('GET', '/os-keypairs/**', 'reference'),
    Route('POST', '/os-keypairs', 'everywhere', '', 'keypair'),
    Route('DELETE', '/os-keypairs/{id}', 'change-everywhere', '', 'keypair'),
    # what is of all regions
    Route('GET', '/os-availability-zone', 'zones', key='hosts'),
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

KINDS: Final = {
    'server': service.Kind(
        '/servers',
        'server',
        'Instance {} could not be found.',
        short=('id', 'name', 'links'),
        takes_zone=True,
        near=('server', 'volume'),
    ),
    'server-group': service.Kind(
        '/os-server-groups',
        'server_group',
        'Instance group {} could not be found.',
        near=('server-group',),
    ),
}


def order(query: Any) -> merging.Order:
    """Return the order that a list of servers is asked for in."""
    return merging.order_of(query.getall('sort_key'), query.getall('sort_dir'))


SERVICE: Final = service.Service(
    type='compute',
    version='v2.1',
    word='compute',
    document=('v2.1', '2013-07-23T11:33:21Z'),
    choices=200,
    has_version=True,
    routes=ROUTES,
    kinds=KINDS,
    order=order,
    zone_field='OS-EXT-AZ:availability_zone',
    bad_limit='limit: {!r} is no number that is not negative',
    all_by_zero=True,
    skips_by_offset=False,
    lost_marker=(400, 'marker [{}] not found'),
    unknown_from=microversions.Version(2, 69),
)
