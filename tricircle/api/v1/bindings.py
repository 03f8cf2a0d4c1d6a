# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``/v1.0/bindings``: with which pod of a zone a project places things."""

from typing import Any, Final

from oslo_config import cfg
from oslo_context import context as oslo_context

from tricircle.api import audit
from tricircle.api import listing
from tricircle.api import moments
from tricircle.api import schemas
from tricircle.api import transactions
from tricircle.db.central.gateway import bindings
from tricircle.db.central.models import PodBinding

_WORDS: Final = ('true', 'false')


def _is_true(name: str, value: str) -> bool:
    word: str = listing.one_of(_WORDS)(name, value)
    return word == 'true'


_FILTERS: Final[dict[str, listing.Reader]] = {
    **dict.fromkeys(bindings.FILTERS, listing.as_it_is),
    'id': listing.number,
    'is_binding': _is_true,
}


def _shown(binding: PodBinding) -> dict[str, Any]:
    return {
        'id': binding.id,
        'tenant_id': binding.project_id,
        'pod_id': binding.pod_id,
        'region_name': binding.region_name,
        'az_name': binding.az_name,
        'is_binding': bool(binding.standing),
        'created_at': moments.shown(binding.created_at),
        # All that ever changes is that it ends.
        'updated_at': moments.shown(binding.ended_at),
        'reason': binding.reason,
    }


def _answer(binding: PodBinding) -> dict[str, Any]:
    return {'pod_binding': _shown(binding)}


def index(
    conf: cfg.ConfigOpts, query: Any, project_id: str | None
) -> dict[str, Any]:
    """List bindings.

    :param project_id: whose bindings the caller may see, None for all
    """
    asked = listing.read(query, conf.pagination_max_limit, _FILTERS)
    return listing.answer(
        '/v1.0/bindings',
        asked,
        bindings.find,
        _shown,
        project_id,
        asked.row_marker,
    )


def show(
    conf: cfg.ConfigOpts, binding_id: str, project_id: str | None
) -> dict[str, Any]:
    """Show a binding."""
    return transactions.run(
        bindings.get,
        _answer,
        listing.row_number('Binding', binding_id),
        project_id,
        writes=False,
    )


def create(
    conf: cfg.ConfigOpts,
    body: dict[str, Any],
    caller: oslo_context.RequestContext,
) -> dict[str, Any]:
    """Bind a project to a pod."""
    fields = body['pod_binding']
    answer = transactions.run(
        bindings.create, _answer, fields['tenant_id'], fields['pod_id']
    )
    audit.note(caller, f'Binding made: {answer["pod_binding"]}')
    return answer


def rebind(
    conf: cfg.ConfigOpts,
    binding_id: str,
    body: dict[str, Any],
    caller: oslo_context.RequestContext,
) -> dict[str, Any]:
    """Bind the project of a binding to another pod of its zone."""
    answer = transactions.run(
        bindings.rebind,
        _answer,
        listing.row_number('Binding', binding_id),
        body['pod_binding']['pod_id'],
    )
    audit.note(caller, f'Bound anew: {answer["pod_binding"]}')
    return answer


def delete(
    conf: cfg.ConfigOpts, binding_id: str, caller: oslo_context.RequestContext
) -> dict[str, Any]:
    """Forget a binding."""
    gone = transactions.run(
        bindings.delete, _answer, listing.row_number('Binding', binding_id)
    )
    audit.note(caller, f'Binding deleted: {gone["pod_binding"]}')
    return {}


_MAYBE: Final = {'type': ['string', 'null']}
_TENANT: Final = {**schemas.TEXT, 'minLength': 1}
_POD: Final = {**schemas.TEXT, 'minLength': 1, 'maxLength': 36}
_BINDING_ID: Final = {
    'type': 'integer',
    'minimum': 0,
    'maximum': listing.LARGEST_NUMBER,
}
_BINDING: Final[dict[str, Any]] = {
    'id': {'type': 'integer', 'minimum': 1},
    'tenant_id': {'type': 'string'},
    'pod_id': {'type': 'string'},
    'region_name': {
        'type': 'string',
        'description': 'Of the pod, when it was bound',
    },
    'az_name': {'type': 'string'},
    'is_binding': {
        'type': 'boolean',
        'description': 'Whether it stands; what has ended is history',
    },
    'created_at': {'type': 'string'},
    'updated_at': {**_MAYBE, 'description': 'When it ended'},
    'reason': {**_MAYBE, 'description': 'Why it has ended'},
}
QUERY: Final[dict[str, Any]] = {
    'id': _BINDING_ID,
    'tenant_id': {'type': 'string'},
    'pod_id': {'type': 'string'},
    'region_name': {'type': 'string'},
    'az_name': {'type': 'string'},
    'is_binding': {'type': 'string', 'enum': list(_WORDS)},
    'limit': schemas.PAGING['limit'],
    'marker': _BINDING_ID,
}


def _body(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        'type': 'object',
        'required': ['pod_binding'],
        'additionalProperties': False,
        'properties': {
            'pod_binding': {
                'type': 'object',
                'required': list(fields),
                'additionalProperties': False,
                'properties': fields,
            }
        },
    }


CREATE: Final = _body({'tenant_id': _TENANT, 'pod_id': _POD})
UPDATE: Final = _body({'pod_id': _POD})
BINDING: Final = _body(_BINDING)
BINDINGS: Final = {
    'type': 'object',
    'required': ['bindings'],
    'additionalProperties': False,
    'properties': {
        'bindings': {
            'type': 'array',
            'items': BINDING['properties']['pod_binding'],
        },
        'bindings_links': schemas.LINKS,
    },
}
