# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The block storage API: what is done at which path.

Read from the top: the first line that fits counts. Cinder's own list of paths
is in cinder/api/v3/router.py and cinder/api/contrib.
"""

from collections.abc import Mapping
import itertools
from typing import Any, Final

from tricircle.api import faults
from tricircle.gateway.answer import merging
from tricircle.gateway.api import service
from tricircle.gateway.api.routes import Route

_HOSTS: Final = (
    'hosts and pools are administered region by region: add ?region=NAME, or '
    "call the region's own endpoint"
)
_QUOTAS: Final = (
    "a quota is that of a region: add ?region=NAME, or call the region's own "
    'endpoint'
)
_RECORD: Final = (
    'a record does not say to which region its backup belongs: add '
    "?region=NAME, or call the region's own endpoint"
)


def _listed(path: str, kind: str, key: str) -> tuple[Route, ...]:
    """Return the routes of lists of a kind of resource."""
    return (
        Route('GET', path, 'merge', kind, key),
        Route('GET', f'{path}/detail', 'merge', kind, key),
    )


def _mirrored(path: str, kind: str, key: str, one: str) -> tuple[Route, ...]:
    """Return the routes of what all regions have alike.

    :param one: key of a body with one of them
    """
    return (
        Route('GET', path, 'by-name', '', key),
        Route('POST', path, 'everywhere', '', one),
        Route('GET', f'{path}/{{id}}/**', 'show', kind),
        Route('*', f'{path}/{{id}}/**', 'change-everywhere', '', one),
    )


def _transfers(path: str) -> tuple[Route, ...]:
    """Return the routes of volumes that projects hand over."""
    return (
        *_listed(path, 'transfer', 'transfers'),
        Route('POST', path, 'place', 'transfer', 'transfer'),
        Route('POST', f'{path}/{{id}}/accept', 'accept', 'transfer'),
        Route('*', f'{path}/{{id}}/**', 'owner', 'transfer'),
    )


ROUTES: Final = (
    # volumes
    Route('GET', '/volumes/summary', 'sum'),
    *_listed('/volumes', 'volume', 'volumes'),
    Route('POST', '/volumes', 'place', 'volume', 'volume'),
    Route('*', '/volumes/{id}/**', 'owner', 'volume'),
    # what is of volumes
    *_listed('/snapshots', 'snapshot', 'snapshots'),
    Route('POST', '/snapshots', 'place', 'snapshot', 'snapshot'),
    Route('*', '/snapshots/{id}/**', 'owner', 'snapshot'),
    *_listed('/backups', 'backup', 'backups'),
    Route('POST', '/backups', 'place', 'backup', 'backup'),
    Route('POST', '/backups/import_record', 'refuse', reason=_RECORD),
    Route('POST', '/backups/{id}/restore', 'beside', 'backup', 'restore'),
    Route('*', '/backups/{id}/**', 'owner', 'backup'),
    *_listed('/attachments', 'attachment', 'attachments'),
    Route('GET', '/attachments/summary', 'merge', 'attachment', 'attachments'),
    Route('POST', '/attachments', 'place', 'attachment', 'attachment'),
    Route('*', '/attachments/{id}/**', 'owner', 'attachment'),
    *_transfers('/volume-transfers'),
    *_transfers('/os-volume-transfer'),
    Route('GET', '/messages', 'merge', 'message', 'messages'),
    Route('*', '/messages/{id}/**', 'owner', 'message'),
    # groups of volumes
    *_listed('/groups', 'group', 'groups'),
    Route('POST', '/groups', 'place', 'group', 'group'),
    Route('POST', '/groups/action', 'place', 'group', 'create-from-src'),
    Route('*', '/groups/{id}/**', 'owner', 'group'),
    *_listed('/group_snapshots', 'group_snapshot', 'group_snapshots'),
    Route(
        'POST', '/group_snapshots', 'place', 'group_snapshot', 'group_snapshot'
    ),
    Route('*', '/group_snapshots/{id}/**', 'owner', 'group_snapshot'),
    *_listed('/consistencygroups', 'consistencygroup', 'consistencygroups'),
    Route(
        'POST',
        '/consistencygroups',
        'place',
        'consistencygroup',
        'consistencygroup',
    ),
    Route(
        'POST',
        '/consistencygroups/create_from_src',
        'place',
        'consistencygroup',
        'consistencygroup-from-src',
    ),
    Route('*', '/consistencygroups/{id}/**', 'owner', 'consistencygroup'),
    *_listed('/cgsnapshots', 'cgsnapshot', 'cgsnapshots'),
    Route('POST', '/cgsnapshots', 'place', 'cgsnapshot', 'cgsnapshot'),
    Route('*', '/cgsnapshots/{id}/**', 'owner', 'cgsnapshot'),
    # what every region has
    *_mirrored('/types', 'type', 'volume_types', 'volume_type'),
    *_mirrored('/group_types', 'group_type', 'group_types', 'group_type'),
    # These change something, though they are read.
    Route('GET', '/qos-specs/{id}/associate', 'associate'),
    Route('GET', '/qos-specs/{id}/disassociate', 'associate'),
    Route('GET', '/qos-specs/{id}/disassociate_all', 'associate'),
    *_mirrored('/qos-specs', 'qos', 'qos_specs', 'qos_specs'),
    Route('GET', '/default-types/**', 'reference'),
    Route(
        'PUT DELETE',
        '/default-types/{id}',
        'change-everywhere',
        '',
        'default_type',
    ),
    Route('GET', '/extensions/**', 'reference'),
    Route('GET', '/resource_filters/**', 'reference'),
    # what is of all regions
    Route('GET', '/os-availability-zone', 'zones'),
    Route('GET', '/limits', 'sum'),
    Route('GET', '/os-quota-sets/{id}/**', 'sum'),
    # what is of one
    Route('*', '/os-quota-sets/**', 'refuse', reason=_QUOTAS),
    Route('*', '/os-quota-class-sets/**', 'refuse', reason=_QUOTAS),
    Route('*', '/capabilities/**', 'refuse', reason=_HOSTS),
    Route('*', '/clusters/**', 'refuse', reason=_HOSTS),
    Route('*', '/manageable_snapshots/**', 'refuse', reason=_HOSTS),
    Route('*', '/manageable_volumes/**', 'refuse', reason=_HOSTS),
    Route('*', '/os-hosts/**', 'refuse', reason=_HOSTS),
    Route('*', '/os-services/**', 'refuse', reason=_HOSTS),
    Route('*', '/os-snapshot-manage/**', 'refuse', reason=_HOSTS),
    Route('*', '/os-volume-manage/**', 'refuse', reason=_HOSTS),
    Route('*', '/scheduler-stats/**', 'refuse', reason=_HOSTS),
    Route('*', '/workers/**', 'refuse', reason=_HOSTS),
)

_NAMED: Final = ('id', 'name')
_LINKED: Final = (*_NAMED, 'links')
KINDS: Final = {
    'volume': service.Kind(
        '/volumes',
        'volume',
        'Volume {} could not be found.',
        short=_LINKED,
        takes_zone=True,
        near=('volume', 'server'),
    ),
    'snapshot': service.Kind(
        '/snapshots', 'snapshot', 'Snapshot {} could not be found.'
    ),
    'backup': service.Kind(
        '/backups', 'backup', 'Backup {} could not be found.', short=_LINKED
    ),
    'attachment': service.Kind(
        '/attachments',
        'attachment',
        'Volume attachment could not be found with filter: '
        'attachment_id = {}.',
        is_ordered=False,
    ),
    'transfer': service.Kind(
        '/os-volume-transfer',
        'transfer',
        'Transfer {} could not be found.',
        is_ordered=False,
    ),
    'message': service.Kind(
        '/messages', 'message', 'Message {} could not be found.'
    ),
    'group': service.Kind(
        '/groups',
        'group',
        'Group {} could not be found.',
        short=_NAMED,
        links='group_links',
        takes_zone=True,
        near=('volume', 'server'),
    ),
    'group_snapshot': service.Kind(
        '/group_snapshots',
        'group_snapshot',
        'GroupSnapshot {} could not be found.',
        short=(*_NAMED, 'group_type_id'),
        links='group_snapshot_links',
    ),
    'consistencygroup': service.Kind(
        '/consistencygroups',
        'consistencygroup',
        'Group {} could not be found.',
        short=_NAMED,
        takes_zone=True,
        near=('volume', 'server'),
    ),
    'cgsnapshot': service.Kind(
        '/cgsnapshots',
        'cgsnapshot',
        'GroupSnapshot {} could not be found.',
        is_ordered=False,
    ),
    'type': service.Kind(
        '/types', 'volume_type', 'Volume type {} could not be found.'
    ),
    'group_type': service.Kind(
        '/group_types', 'group_type', 'Group type {} could not be found.'
    ),
    'qos': service.Kind(
        '/qos-specs', 'qos_specs', 'QoS specs {} could not be found.'
    ),
}

#: What the keys that Cinder sorts by are called in its answers.
_FIELDS: Final[Mapping[str, str]] = {
    'availability_zone': 'availability_zone',
    'bootable': 'bootable',
    'created_at': 'created_at',
    'description': 'description',
    'display_description': 'description',
    'display_name': 'name',
    'event_id': 'event_id',
    'group_id': 'group_id',
    'host': 'os-vol-host-attr:host',
    'id': 'id',
    'message_level': 'message_level',
    'name': 'name',
    'project_id': 'os-vol-tenant-attr:tenant_id',
    'request_id': 'request_id',
    'resource_type': 'resource_type',
    'resource_uuid': 'resource_uuid',
    'size': 'size',
    'snapshot_id': 'snapshot_id',
    'source_volid': 'source_volid',
    'status': 'status',
    'updated_at': 'updated_at',
    'user_id': 'user_id',
    'volume_id': 'volume_id',
    'volume_size': 'size',
}
#: What Cinder sorts by after all that a request names.
_LAST: Final = ('created_at', 'id')


def order(query: Any) -> merging.Order:
    """Return the order that a list is asked for in.

    Directions that are missing are ``desc``; what comes last goes in the
    direction of the first. A key that is in no answer ends what is compared:
    regions keep their own order and are merged one after the other.

    :raises tricircle.api.faults.Fault: both ways of sorting are used
    """
    if 'sort' in query and ('sort_key' in query or 'sort_dir' in query):
        raise faults.Fault(
            400, 'sort: it cannot be used together with sort_key and sort_dir'
        )
    if 'sort' in query:
        wished = [
            (key.strip(), direction.strip() or 'desc')
            for key, _colon, direction in (
                one.partition(':') for one in query['sort'].split(',')
            )
        ]
    else:
        wished = [
            (
                query.get('sort_key', 'created_at').strip(),
                query.get('sort_dir', 'desc').strip(),
            )
        ]
    named = [key for key, _direction in wished]
    keys = [
        *wished,
        *((key, wished[0][1]) for key in _LAST if key not in named),
    ]
    known = itertools.takewhile(lambda one: one[0] in _FIELDS, keys)
    return merging.Order(
        tuple((_FIELDS[key], direction != 'asc') for key, direction in known)
    )


SERVICE: Final = service.Service(
    type='block-storage',
    version='v3',
    word='volume',
    document=('v3.0', '2023-08-31T00:00:00Z'),
    choices=300,
    has_version=False,
    routes=ROUTES,
    kinds=KINDS,
    order=order,
    zone_field='availability_zone',
    bad_limit='limit param must be a positive integer',
    all_by_zero=False,
    skips_by_offset=True,
    lost_zone="Availability zone '{}' is invalid.",
    faults={
        **service.FAULTS,
        406: 'computeFault',
        413: 'overLimit',
        422: 'computeFault',
        500: 'computeFault',
        504: 'computeFault',
    },
)
