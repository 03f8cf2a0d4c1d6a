# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""JSON schemas of ``/v1.0/drifts``."""

from typing import Any, Final

from tricircle.api import schemas
from tricircle.drift import comparing

_TYPE: Final = {'type': 'string', 'enum': sorted(comparing.TYPES)}
_WORDS: Final = [one.value for one in comparing.Difference]
_NAMED: Final[dict[str, Any]] = {
    'region_name': schemas.TEXT,
    'resource_type': _TYPE,
    'resource_id': {'type': 'string'},
}
_LISTED: Final[dict[str, Any]] = {
    **_NAMED,
    'difference': {
        'type': 'string',
        'enum': _WORDS,
        'description': 'It differs; it is missing in the region; it is there, '
        "and central's journal does not know of it",
    },
}


def _object(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        'type': 'object',
        'required': list(fields),
        'additionalProperties': False,
        'properties': fields,
    }


_FIELD: Final = _object(
    {
        'field': {'type': 'string'},
        'item': {
            'type': ['string', 'null'],
            'description': 'ID of the item of a list whose field it is',
        },
        'wanted': {'description': 'What central says; null for nothing'},
        'there': {'description': 'What the region has; null for nothing'},
    }
)
DRIFT: Final = _object(
    {
        'drift': _object(
            {
                **_NAMED,
                'difference': {
                    'type': ['string', 'null'],
                    'enum': [*_WORDS, None],
                    'description': 'As in a list; null when it is as it '
                    'should be, or is not compared',
                },
                'in_flight': {
                    'type': 'boolean',
                    'description': 'A job has it, so that it is not compared',
                },
                'job_id': {
                    'type': ['string', 'null'],
                    'description': 'The job of the resource and the region',
                },
                'in_central': {
                    'type': 'boolean',
                    'description': 'Central has something to send of it',
                },
                'there': {
                    'type': 'boolean',
                    'description': 'The region has something of it that it '
                    'can read',
                },
                'fields': {'type': 'array', 'items': _FIELD},
            }
        )
    }
)
DRIFTS: Final[dict[str, Any]] = {
    'type': 'object',
    'required': ['drifts'],
    'additionalProperties': False,
    'properties': {
        'drifts': {'type': 'array', 'items': _object(_LISTED)},
        'drifts_links': schemas.LINKS,
    },
}
QUERY: Final[dict[str, Any]] = {
    'region_name': {
        'type': 'string',
        'description': 'The region that is compared; it has to be given',
    },
    'resource_type': _TYPE,
    'limit': schemas.PAGING['limit'],
    'marker': {
        'type': 'string',
        'description': 'Type and ID after which to begin, as type/ID',
    },
}
REPAIR: Final[dict[str, Any]] = {
    'type': 'object',
    'required': ['repair'],
    'additionalProperties': False,
    'properties': {
        'repair': {
            'type': 'object',
            'required': ['region_name'],
            'additionalProperties': False,
            'properties': {
                'region_name': {**schemas.TEXT, 'minLength': 1},
                'resource_type': _TYPE,
                'resource_id': {**schemas.TEXT, 'minLength': 1},
                'dry_run': {'type': 'boolean'},
                'marker': schemas.TEXT,
            },
            'dependentRequired': {'resource_id': ['resource_type']},
        }
    },
}
REPAIRED: Final = _object(
    {
        'repair': _object(
            {
                'region_name': schemas.TEXT,
                'dry_run': {'type': 'boolean'},
                'compared': schemas.COUNT,
                'drifts': {
                    'type': 'array',
                    'items': _object(
                        {
                            **_LISTED,
                            'job_id': {
                                'type': ['string', 'null'],
                                'description': 'The job that makes it right; '
                                'null when none was recorded',
                            },
                        }
                    ),
                },
                'marker': {
                    'type': ['string', 'null'],
                    'description': 'What the next request begins after; null '
                    'when all was compared',
                },
            }
        )
    }
)
