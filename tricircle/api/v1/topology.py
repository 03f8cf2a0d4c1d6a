# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``/v1.0/topology``: regions, networks and routers, and what is where."""

from typing import Any, Final
from urllib import parse

from oslo_config import cfg

from tricircle.api import listing
from tricircle.api import moments
from tricircle.api import schemas
from tricircle.api import transactions
from tricircle.api.v1 import data_paths
from tricircle.db.central import topology
from tricircle.plan import topology as shapes
from tricircle.replica import redaction
from tricircle.replica import types

_PATH: Final = '/v1.0/topology'
_ID: Final = {'type': 'string'}
_MAYBE: Final = {'type': ['string', 'null']}
_TYPE: Final = {'type': 'string', 'enum': [types.NETWORK, types.ROUTER]}
_PLACE_STATE: Final = {
    'type': 'string',
    'enum': [one.value for one in shapes.State],
}


def _list_of(fields: dict[str, Any], description: str) -> dict[str, Any]:
    return {
        'type': 'array',
        'description': description,
        'items': {
            'type': 'object',
            'required': list(fields),
            'additionalProperties': False,
            'properties': fields,
        },
    }


_REGIONS: Final = _list_of(
    {
        'pod_id': {'type': 'string', 'format': 'uuid'},
        'region_name': schemas.TEXT,
        'state': schemas.STATE,
        **schemas.PAUSE,
        'pause_reason': {
            **_MAYBE,
            'description': 'What for; null for who sees only what is of a '
            'project',
        },
        **schemas.CONTACT,
        'contact_failure': {
            **_MAYBE,
            'description': 'Why it does not; null for who sees only what is '
            'of a project',
        },
        'data_path': {
            **data_paths.SCHEMA,
            'description': 'How the tunnels of its hosts to other regions '
            'are, as their agents report; numbers and failure are null for '
            'who sees only what is of a project',
        },
        'pending': {
            **schemas.COUNT,
            'description': 'Changes that the region has not confirmed, of all '
            'projects or of the own one',
        },
        'failing': {
            **schemas.COUNT,
            'description': 'Those of them whose last attempt failed',
        },
    },
    'All regions but that of central, by name, on each page',
)
_RESOURCES: Final = _list_of(
    {
        'type': _TYPE,
        'id': _ID,
        'name': {'type': 'string'},
        'project_id': {
            **_MAYBE,
            'description': "null of another project's, for who sees only "
            'what is of a project',
        },
        'bridge_of': {
            **_MAYBE,
            'description': 'Router whose pieces in the regions meet on this '
            'network; null of any other',
        },
    },
    'Networks and routers by ID',
)
_PLACES: Final = _list_of(
    {
        'resource_id': _ID,
        'replica_id': {
            **_ID,
            'description': 'What the region has it under: of a router the '
            'ID of its piece there',
        },
        'pod_id': _ID,
        'state': _PLACE_STATE,
        'reason': {**_MAYBE, 'description': 'Why the last attempt failed'},
        'omitted': {
            'type': 'array',
            'description': 'What the region has no place for',
            'items': {'type': 'string'},
        },
    },
    'Where each of these is, or is on its way to or from',
)
_LINKS: Final = _list_of(
    {
        'router_id': _ID,
        'network_id': _ID,
        'gateway': {'type': 'boolean'},
    },
    'Networks on these routers, whatever page they are on',
)
TOPOLOGY: Final[dict[str, Any]] = {
    'type': 'object',
    'required': ['topology'],
    'additionalProperties': False,
    'properties': {
        'topology': {
            'type': 'object',
            'required': ['regions', 'resources', 'places', 'links'],
            'additionalProperties': False,
            'properties': {
                'regions': _REGIONS,
                'resources': _RESOURCES,
                'places': _PLACES,
                'links': _LINKS,
            },
        },
        'topology_links': schemas.LINKS,
    },
}
QUERY: Final[dict[str, Any]] = {
    'type': _TYPE,
    'project_id': {'type': 'string'},
    'search': {
        'type': 'string',
        'description': 'ID of a resource, or a part of its name',
    },
    'region_name': {
        'type': 'string',
        'description': 'Only what is there, or on its way',
    },
    'state': {
        **_PLACE_STATE,
        'description': 'Only what is like this in some region, or in that '
        'of region_name',
    },
    'limit': schemas.PAGING['limit'],
    'marker': schemas.PAGING['marker'],
}
_FILTERS: Final[dict[str, listing.Reader]] = {
    'type': listing.one_of((types.NETWORK, types.ROUTER)),
    'project_id': listing.as_it_is,
    'search': listing.as_it_is,
    'region_name': listing.as_it_is,
    'state': listing.one_of([one.value for one in shapes.State]),
}


def index(
    conf: cfg.ConfigOpts, query: Any, project_id: str | None
) -> dict[str, Any]:
    """Tell what is where.

    :param project_id: whose networks and routers the caller may see, None for
        all
    """
    asked = listing.read(query, conf.pagination_max_limit, _FILTERS)

    def page(found: shapes.Topology) -> dict[str, Any]:
        body: dict[str, Any] = {'topology': _shown(found, project_id)}
        if found.marker is not None:
            further = parse.urlencode(
                {
                    **asked.text,
                    'limit': asked.limit,
                    'marker': found.marker,
                }
            )
            body['topology_links'] = [
                {'rel': 'next', 'href': f'{_PATH}?{further}'}
            ]
        return body

    return transactions.run(
        topology.read,
        page,
        asked.filters,
        project_id,
        asked.marker,
        asked.limit,
        writes=False,
    )


def _shown(found: shapes.Topology, project_id: str | None) -> dict[str, Any]:
    own = {
        one.id
        for one in found.resources
        if project_id in (None, one.project_id)
    }
    return {
        'regions': [_region(one, project_id) for one in found.regions],
        'resources': [
            {
                'type': one.type,
                'id': one.id,
                'name': one.name,
                'project_id': one.project_id if one.id in own else None,
                'bridge_of': one.bridge_of,
            }
            for one in found.resources
        ],
        'places': [
            _place(one, project_id, one.resource_id in own)
            for one in found.places
        ],
        'links': [
            {
                'router_id': one.router_id,
                'network_id': one.network_id,
                'gateway': one.gateway,
            }
            for one in found.links
        ],
    }


def _region(one: shapes.Region, project_id: str | None) -> dict[str, Any]:
    return {
        'pod_id': one.pod_id,
        'region_name': one.name,
        'state': one.state,
        'paused_at': moments.shown(one.paused_at),
        'pause_reason': one.pause_reason if project_id is None else None,
        'answers': one.answers,
        'answers_since': moments.shown(one.answers_since),
        # It names hosts and ports of the inside.
        'contact_failure': one.contact_failure if project_id is None else None,
        'data_path': data_paths.shown(one.data_path, project_id is None),
        'pending': one.pending,
        'failing': one.failing,
    }


def _place(
    one: shapes.Place, project_id: str | None, own: bool
) -> dict[str, Any]:
    reason = one.reason if own else None
    if reason is not None and project_id is not None:
        reason = redaction.for_tenants(reason, one.resource_id)
    return {
        'resource_id': one.resource_id,
        'replica_id': one.replica_id,
        'pod_id': one.pod_id,
        'state': one.state.value,
        'reason': reason,
        'omitted': list(one.omitted) if own else [],
    }
