# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``/v1.0/statuses``: how far each region is from what central wants."""

from typing import Any, Final

from oslo_config import cfg

from tricircle.api import listing
from tricircle.api import moments
from tricircle.api import schemas
from tricircle.api.v1 import data_paths
from tricircle.api.v1 import departures
from tricircle.db.central.models import PodState
from tricircle.db.central.pod import statuses as region_statuses

_FIELDS: Final[dict[str, Any]] = {
    'pod_id': {'type': 'string', 'format': 'uuid'},
    'region_name': schemas.TEXT,
    'state': schemas.STATE,
    **schemas.PAUSE,
    **schemas.CONTACT,
    'data_path': data_paths.SCHEMA,
    'version': {
        'type': ['string', 'null'],
        'description': 'Of Tricircle, as its Neutron said when XJob asked it '
        'last; null when it never did, or does not say',
    },
    'document_schema': {
        'type': ['integer', 'null'],
        'description': 'Version of the format of documents, likewise',
    },
    'release_at': {
        'type': ['string', 'null'],
        'description': 'When XJob asked for that last',
    },
    'release_failure': {
        'type': ['string', 'null'],
        'description': 'Why it did not say',
    },
    'lacking_extensions': {
        'type': ['array', 'null'],
        'items': schemas.TEXT,
        'description': "Aliases of central's extensions that it lacks: what "
        'these say is omitted there; null when one side is not known',
    },
    'replicas': {
        **schemas.COUNT,
        'description': 'What the region is to have, or to be rid of',
    },
    'in_sync': {
        **schemas.COUNT,
        'description': 'Those that are as central wants them',
    },
    'percent': {
        'type': 'number',
        'minimum': 0,
        'maximum': 100,
        'description': 'The same of a hundred, rounded down; 100 where the '
        'region is to have nothing',
    },
    'incomplete': {
        **schemas.COUNT,
        'description': 'Those in sync that lack what the region has no place '
        'for; each says what',
    },
    'pending': {
        **schemas.COUNT,
        'description': 'Changes that the region has not confirmed',
    },
    'failing': {
        **schemas.COUNT,
        'description': 'Those whose last attempt failed',
    },
    'ended': {
        **schemas.COUNT,
        'description': 'Changes that an operator does not want tried any '
        'more, beside the pending',
    },
    'paused': {
        **schemas.COUNT,
        'description': 'Replicas that an operator has wait by themselves',
    },
    'paused_since': {
        'type': ['string', 'null'],
        'description': 'Since when the first of them does',
    },
    'age': {
        'type': ['integer', 'null'],
        'description': 'Seconds for which the region has lacked the oldest '
        'change',
    },
    'oldest_failure': {
        **schemas.FAILURE,
        'description': 'Of those that fail the one that is wanted for longest',
    },
    'swept_at': {
        'type': ['string', 'null'],
        'description': 'When all of the region was compared with central last',
    },
    'sweep_failure': {
        'type': ['string', 'null'],
        'description': 'Why the last attempt at that failed',
    },
}
STATUSES: Final[dict[str, Any]] = {
    'type': 'object',
    'required': ['statuses'],
    'additionalProperties': False,
    'properties': {
        'statuses': {
            'type': 'array',
            'items': {
                'type': 'object',
                'required': list(_FIELDS),
                'additionalProperties': False,
                'properties': _FIELDS,
            },
        },
        'statuses_links': schemas.LINKS,
    },
}
QUERY: Final[dict[str, Any]] = {
    'region_name': {'type': 'string'},
    'state': schemas.STATE,
    'limit': schemas.PAGING['limit'],
    'marker': {
        'type': 'string',
        'description': 'Name of the region after which to begin',
    },
}
_FILTERS: Final[dict[str, listing.Reader]] = {
    'region_name': listing.as_it_is,
    'state': listing.one_of([one.value for one in PodState]),
}


def _shown(one: region_statuses.RegionStatus) -> dict[str, Any]:
    return {
        'pod_id': one.pod_id,
        'region_name': one.region_name,
        'state': one.state,
        'paused_at': moments.shown(one.paused_at),
        'pause_reason': one.pause_reason,
        'answers': one.answers,
        'answers_since': moments.shown(one.answers_since),
        'contact_failure': one.contact_failure,
        'data_path': data_paths.shown(one.data_path),
        'version': one.version,
        'document_schema': one.document_schema,
        'release_at': moments.shown(one.release_at),
        'release_failure': one.release_failure,
        'lacking_extensions': one.lacking_extensions,
        'replicas': one.replicas,
        'in_sync': one.in_sync,
        'percent': one.percent,
        'incomplete': one.incomplete,
        'pending': one.pending,
        'failing': one.failing,
        'ended': one.ended,
        'paused': one.paused,
        'paused_since': moments.shown(one.paused_since),
        'age': None if one.age is None else round(one.age),
        'oldest_failure': departures.failure(one.oldest),
        'swept_at': moments.shown(one.swept_at),
        'sweep_failure': one.sweep_failure,
    }


def index(conf: cfg.ConfigOpts, query: Any) -> dict[str, Any]:
    """Tell how far each region is: filters, ``limit`` and ``marker``."""
    asked = listing.read(query, conf.pagination_max_limit, _FILTERS)
    return listing.answer(
        '/v1.0/statuses',
        asked,
        region_statuses.read,
        _shown,
        asked.marker,
        key='region_name',
    )
