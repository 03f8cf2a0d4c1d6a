# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""JSON schemas of requests and answers."""

from typing import Any, Final

from tricircle.db.central.models import PodState
from tricircle.plan.clashes import Kind

TEXT: Final = {
    'type': 'string',
    'maxLength': 255,
    'pattern': r'^[^\x00-\x1f\x7f]*\Z',
}
#: A region's name stands in URLs; a legacy router of Neutron cuts off
#: ``.json`` and ``.xml`` (neutron29-rules, rule 14).
_REGION: Final = {
    'type': 'string',
    'maxLength': 255,
    'pattern': r'^[^/\x00-\x1f\x7f]*\Z',
    'not': {'pattern': r'\.(json|xml)\Z'},
}
#: Keystone's, as it stands in a header.
_IDENTITY: Final = {
    'type': 'string',
    'maxLength': 64,
    'pattern': r'^[!-~]*\Z',
}
#: Of extra specs; '' is none.
_AFFINITY: Final = {
    'type': 'string',
    'maxLength': 255,
    'pattern': r'^([^=\x00-\x1f\x7f]+=[^\x00-\x1f\x7f]*)?\Z',
    'description': 'key=value of the extra specs of flavors that the pod is '
    'for; without it, it is for those that no other pod is for',
}
LINKS: Final = {
    'type': 'array',
    'items': {'type': 'object', 'required': ['rel', 'href']},
}
_POD: Final = {
    'pod_id': {'type': 'string', 'format': 'uuid'},
    'region_name': _REGION,
    'az_name': TEXT,
    'pod_az_name': TEXT,
    'dc_name': TEXT,
    'resource_affinity': _AFFINITY,
    'service_user_id': _IDENTITY,
    'service_project_id': _IDENTITY,
    'tunnel_networks': {'type': 'string', 'maxLength': 1024},
}
#: How it is served is for /v1.0/pods/{pod_id}/departure to change.
STATE: Final = {'type': 'string', 'enum': [one.value for one in PodState]}
#: Of what an operator has wait.
PAUSE: Final[dict[str, Any]] = {
    'paused_at': {
        'type': ['string', 'null'],
        'description': 'Since when an operator has it wait; null while none '
        'does',
    },
    'pause_reason': {
        'type': ['string', 'null'],
        'description': 'What for, as the operator said',
    },
}
#: Has something wait.
PAUSES: Final[dict[str, Any]] = {
    'type': 'object',
    'required': ['pause'],
    'additionalProperties': False,
    'properties': {
        'pause': {
            'type': 'object',
            'additionalProperties': False,
            'properties': {'reason': TEXT},
        }
    },
}
#: Whether a region answers, as far as is known.
CONTACT: Final[dict[str, Any]] = {
    'answers': {
        'type': ['boolean', 'null'],
        'description': 'Whether it answers XJob; null when no XJob has looked '
        'lately',
    },
    'answers_since': {
        'type': ['string', 'null'],
        'description': 'Since when it does, or does not',
    },
    'contact_failure': {
        'type': ['string', 'null'],
        'description': 'Why it does not',
    },
}
_MUTABLE: Final = tuple(
    field for field in _POD if field not in ('pod_id', 'region_name')
)


def _body(required: list[str], *fields: str) -> dict[str, Any]:
    return {
        'type': 'object',
        'required': ['pod'],
        'additionalProperties': False,
        'properties': {
            'pod': {
                'type': 'object',
                'required': required,
                'additionalProperties': False,
                'properties': {field: _POD[field] for field in fields},
            }
        },
    }


#: Of any list.
PAGING: Final[dict[str, Any]] = {
    'limit': {
        'type': 'integer',
        'description': 'Most items in the answer; without it, and for 0 and '
        'less, as many as the server allows',
    },
    'marker': {
        'type': 'string',
        'description': 'ID of the item after which to begin',
    },
}
QUERY: Final[dict[str, Any]] = {
    **{
        one: {'type': 'string'}
        for one in (
            'region_name',
            'az_name',
            'pod_az_name',
            'dc_name',
            'pod_id',
        )
    },
    **PAGING,
}
CREATE: Final = _body([], 'region_name', *_MUTABLE)
UPDATE: Final = _body([], *_MUTABLE)
# What the first version of this API called it.
CREATE['properties']['pod']['properties']['pod_name'] = _REGION
POD: Final = _body(list(_POD), *_POD)
POD['properties']['pod']['properties'] |= {'state': STATE, **PAUSE}
POD['properties']['pod']['required'] += ['state', *PAUSE]
PODS: Final = {
    'type': 'object',
    'required': ['pods'],
    'additionalProperties': False,
    'properties': {
        'pods': {'type': 'array', 'items': POD['properties']['pod']},
        'pods_links': LINKS,
    },
}
DEPART: Final = {
    'type': 'object',
    'required': ['departure'],
    'additionalProperties': False,
    'properties': {
        'departure': {
            'type': 'object',
            'required': ['how'],
            'additionalProperties': False,
            'properties': {
                'how': {'type': 'string', 'enum': ['drain', 'lost']},
                'force': {'type': 'boolean'},
                'delete': {'type': 'boolean'},
            },
        }
    },
}
COUNT: Final = {'type': 'integer', 'minimum': 0}
#: A job, None when none fails.
FAILURE: Final = {
    'type': ['object', 'null'],
    'required': ['type', 'id', 'reason', 'attempts'],
}
DEPARTURE: Final = {
    'type': 'object',
    'required': ['departure'],
    'additionalProperties': False,
    'properties': {
        'departure': {
            'type': 'object',
            'required': [
                'pod_id',
                'region_name',
                'state',
                'forced',
                'delete',
                'remaining',
                'held_ports',
                'ports_in_use',
                'jobs',
                'failed_jobs',
                'oldest_failure',
            ],
            'additionalProperties': False,
            'properties': {
                'pod_id': _POD['pod_id'],
                'region_name': _REGION,
                'state': STATE,
                'forced': {'type': 'boolean'},
                'delete': {'type': 'boolean'},
                'remaining': {
                    'type': 'object',
                    'additionalProperties': COUNT,
                },
                'held_ports': COUNT,
                'ports_in_use': COUNT,
                'jobs': COUNT,
                'failed_jobs': COUNT,
                'oldest_failure': FAILURE,
            },
        }
    },
}
_ID: Final = {'type': 'string', 'minLength': 1, 'maxLength': 36}
_SEGMENT: Final = {
    'type': 'object',
    'required': ['network_type'],
    'additionalProperties': False,
    'properties': {
        'network_type': {**TEXT, 'maxLength': 32},
        'physical_network': {**TEXT, 'type': ['string', 'null']},
        'segmentation_id': {
            'type': ['integer', 'null'],
            'minimum': 0,
            # As the column of Neutron's table.
            'maximum': 2**31 - 1,
        },
    },
}
#: Networks that a region has of its own; several requests for many.
CHECK: Final = {
    'type': 'object',
    'required': ['region'],
    'additionalProperties': False,
    'properties': {
        'region': {
            'type': 'object',
            'required': ['region_name', 'networks'],
            'additionalProperties': False,
            'properties': {
                'region_name': {**_REGION, 'minLength': 1},
                'networks': {
                    'type': 'array',
                    'maxItems': 200,
                    'items': {
                        'type': 'object',
                        'required': ['id', 'segments'],
                        'additionalProperties': False,
                        'properties': {
                            'id': {**TEXT, **_ID},
                            'segments': {
                                'type': 'array',
                                'maxItems': 100,
                                'items': _SEGMENT,
                            },
                        },
                    },
                },
            },
        }
    },
}
CLASHES: Final = {
    'type': 'object',
    'required': ['clashes'],
    'additionalProperties': False,
    'properties': {
        'clashes': {
            'type': 'array',
            'items': {
                'type': 'object',
                'required': ['network_id', 'kind', 'reason', 'remedy'],
                'additionalProperties': False,
                'properties': {
                    'network_id': _ID,
                    'kind': {
                        'type': 'string',
                        'enum': [one.value for one in Kind],
                    },
                    'reason': {'type': 'string'},
                    'remedy': {'type': 'string'},
                },
            },
        }
    },
}
