# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""JSON schemas of jobs, in requests and answers."""

from typing import Any, Final

from tricircle.api import listing
from tricircle.api import schemas
from tricircle.api.v1 import jobs
from tricircle.db.central.job.jobs import SORTS
from tricircle.db.central.job.jobs import Status
from tricircle.plan import jobs as plan
from tricircle.plan.turns import Priority

_TYPE: Final = {'type': 'string', 'enum': list(plan.NAMES)}
_TEXT: Final = {'type': 'string'}
_MAYBE: Final = {'type': ['string', 'null']}
_JOB: Final[dict[str, Any]] = {
    'id': _TEXT,
    'project_id': _MAYBE,
    # What the journal has, also of a newer release.
    'type': _TEXT,
    'status': {'type': 'string', 'enum': [one.value for one in Status]},
    'timestamp': _TEXT,
    'resource': {'type': 'object', 'additionalProperties': _MAYBE},
    'region_name': _TEXT,
    'reason': _MAYBE,
    'priority': {
        'type': 'string',
        'enum': [one.name.lower() for one in Priority],
    },
    'attempts': schemas.COUNT,
    'next_try_at': _MAYBE,
    'wanted_at': _MAYBE,
    'age': {'type': ['integer', 'null'], 'minimum': 0},
    'counter': schemas.COUNT,
    'applied': schemas.COUNT,
    'omitted': {'type': 'array', 'items': _TEXT},
    'created_at': _TEXT,
    **schemas.PAUSE,
}


def _object(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        'type': 'object',
        'required': list(fields),
        'additionalProperties': False,
        'properties': fields,
    }


def _list(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        'type': 'object',
        'required': ['jobs'],
        'additionalProperties': False,
        'properties': {
            'jobs': {'type': 'array', 'items': _object(fields)},
            'jobs_links': schemas.LINKS,
        },
    }


_SECONDS: Final = {'type': 'number', 'minimum': 0, 'maximum': listing.LONGEST}
_STATUS: Final = [one.value for one in Status]
QUERY: Final[dict[str, Any]] = {
    'type': _TYPE,
    'status': {
        'type': 'string',
        'enum': [*_STATUS, *(one.lower() for one in _STATUS)],
    },
    'project_id': _TEXT,
    'region_name': _TEXT,
    'pod_id': _TEXT,
    'resource_id': _TEXT,
    'min_age': _SECONDS,
    'max_age': _SECONDS,
    'sort_key': {'type': 'string', 'enum': list(SORTS)},
    'sort_dir': {'type': 'string', 'enum': ['asc', 'desc']},
    **schemas.PAGING,
}
CREATE: Final = {
    'type': 'object',
    'required': ['job'],
    'additionalProperties': False,
    'properties': {
        'job': {
            'type': 'object',
            'required': ['type', 'resource'],
            'additionalProperties': False,
            'properties': {
                'type': _TYPE,
                'project_id': {**schemas.TEXT, 'minLength': 1},
                'resource': {
                    'type': 'object',
                    'additionalProperties': {
                        **schemas.TEXT,
                        'minLength': 1,
                        'maxLength': 64,
                    },
                },
            },
        }
    },
}
JOB: Final = _object({'job': _object(_JOB)})
JOBS: Final = _list({one: _JOB[one] for one in jobs.BRIEF})
DETAILS: Final = _list(_JOB)
SCHEMAS: Final = _object(
    {
        'schemas': {
            'type': 'array',
            'items': _object(
                {'type': _TYPE, 'resource': {'type': 'array', 'items': _TEXT}}
            ),
        }
    }
)
NOTHING: Final = _object({})
