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

_TEXT: Final = {
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
_POD: Final = {
    'pod_id': {'type': 'string', 'format': 'uuid'},
    'region_name': _REGION,
    'az_name': _TEXT,
    'pod_az_name': _TEXT,
    'dc_name': _TEXT,
    'service_user_id': _IDENTITY,
    'service_project_id': _IDENTITY,
    'tunnel_networks': {'type': 'string', 'maxLength': 1024},
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


CREATE: Final = _body([], 'region_name', *_MUTABLE)
UPDATE: Final = _body([], *_MUTABLE)
# What the first version of this API called it.
CREATE['properties']['pod']['properties']['pod_name'] = _REGION
POD: Final = _body(list(_POD), *_POD)
PODS: Final = {
    'type': 'object',
    'required': ['pods'],
    'additionalProperties': False,
    'properties': {
        'pods': {'type': 'array', 'items': POD['properties']['pod']},
        'pods_links': {
            'type': 'array',
            'items': {'type': 'object', 'required': ['rel', 'href']},
        },
    },
}
