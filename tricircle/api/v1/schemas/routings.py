# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""JSON schemas of routings, in requests and answers."""

from typing import Any, Final

from tricircle.api import schemas
from tricircle.api.v1 import routings as api_routings
from tricircle.db.central import routings

_MAYBE: Final = {'type': ['string', 'null']}
_ROUTING: Final[dict[str, Any]] = {
    'id': {'type': 'integer', 'minimum': 1},
    'top_id': {'type': 'string'},
    'bottom_id': _MAYBE,
    'pod_id': {'type': 'string'},
    'project_id': _MAYBE,
    'resource_type': {'type': 'string'},
    'created_at': {'type': 'string'},
    'updated_at': _MAYBE,
}
_GIVEN: Final[dict[str, Any]] = {
    field: {**schemas.TEXT, 'minLength': 1, 'maxLength': longest}
    for field, longest in zip(
        routings.MUTABLE, (127, 36, 36, 255, 64), strict=True
    )
}


_TYPES: Final = api_routings.TYPES
_MOMENT: Final = {
    'type': 'string',
    'description': 'A second, such as 2026-11-29 02:31:07, UTC',
    'pattern': r'^(19|20)\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])'
    r'[ T]([01]\d|2[0-3]):[0-5]\d:[0-5]\d\Z',
}
_ROUTING_ID: Final = {'type': 'integer', 'minimum': 0, 'maximum': 2**63 - 1}
QUERY: Final[dict[str, Any]] = {
    'id': _ROUTING_ID,
    'top_id': {'type': 'string'},
    'bottom_id': {'type': 'string'},
    'pod_id': {'type': 'string'},
    'project_id': {'type': 'string'},
    'resource_type': {
        'type': 'string',
        'description': 'Underscores are taken for hyphens',
        'enum': sorted({*_TYPES, *(one.replace('-', '_') for one in _TYPES)}),
    },
    'created_at': _MOMENT,
    'updated_at': _MOMENT,
    'limit': schemas.PAGING['limit'],
    'marker': _ROUTING_ID,
}


def _body(fields: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {
        'type': 'object',
        'required': ['routing'],
        'additionalProperties': False,
        'properties': {
            'routing': {
                'type': 'object',
                'required': required,
                'additionalProperties': False,
                'properties': fields,
            }
        },
    }


CREATE: Final = _body(
    _GIVEN, [field for field in routings.MUTABLE if field != 'bottom_id']
)
UPDATE: Final = _body(_GIVEN, [])
ROUTING: Final = _body(_ROUTING, list(_ROUTING))
ROUTINGS: Final = {
    'type': 'object',
    'required': ['routings'],
    'additionalProperties': False,
    'properties': {
        'routings': {
            'type': 'array',
            'items': ROUTING['properties']['routing'],
        },
        'routings_links': schemas.LINKS,
    },
}
