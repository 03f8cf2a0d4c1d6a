# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``/v1.0/adoptions``: networks of regions that become central's."""

from typing import Any, Final

from oslo_config import cfg
from oslo_context import context as oslo_context

from tricircle.api import audit
from tricircle.api import listing
from tricircle.api import moments
from tricircle.api import schemas
from tricircle.api import transactions
from tricircle.db.central.models.adoptions import AdoptionState
from tricircle.db.central.pod import adoptions
from tricircle.replica import fields

_STATES: Final = [one.value for one in AdoptionState]
_FIELDS: Final[dict[str, Any]] = {
    'network_id': {'type': 'string', 'format': 'uuid'},
    'region_name': schemas.TEXT,
    'state': {
        'type': 'string',
        'enum': _STATES,
        'description': 'The next step; or how it ended: done, refused',
    },
    'reason': {
        'type': ['string', 'null'],
        'description': 'Why it was refused; or why the last attempt at the '
        'next step failed, which is made again',
    },
    'user_id': {'type': ['string', 'null']},
    'created_at': {'type': 'string'},
    'updated_at': {'type': 'string'},
}
_ADOPTION: Final[dict[str, Any]] = {
    'type': 'object',
    'required': list(_FIELDS),
    'additionalProperties': False,
    'properties': _FIELDS,
}
ADOPTION: Final[dict[str, Any]] = {
    'type': 'object',
    'required': ['adoption'],
    'additionalProperties': False,
    'properties': {'adoption': _ADOPTION},
}
ADOPTIONS: Final[dict[str, Any]] = {
    'type': 'object',
    'required': ['adoptions'],
    'additionalProperties': False,
    'properties': {
        'adoptions': {'type': 'array', 'items': _ADOPTION},
        'adoptions_links': schemas.LINKS,
    },
}
CREATE: Final[dict[str, Any]] = {
    'type': 'object',
    'required': ['adoption'],
    'additionalProperties': False,
    'properties': {
        'adoption': {
            'type': 'object',
            'required': ['region_name', 'network_id'],
            'additionalProperties': False,
            'properties': {
                'region_name': {**schemas.TEXT, 'minLength': 1},
                'network_id': {
                    'type': 'string',
                    'pattern': rf'^{fields.UUID}\Z',
                },
            },
        }
    },
}
QUERY: Final[dict[str, Any]] = {
    'region_name': {'type': 'string'},
    'state': _FIELDS['state'],
    **schemas.PAGING,
}
_FILTERS: Final[dict[str, listing.Reader]] = {
    'region_name': listing.as_it_is,
    'state': listing.one_of(_STATES, as_written=str.lower),
}


def _shown(found: adoptions.Progress) -> dict[str, Any]:
    row = found.row
    return {
        'network_id': row.network_id,
        'region_name': row.region_name,
        'state': row.state,
        'reason': row.reason or found.failure,
        'user_id': row.user_id,
        'created_at': moments.shown(row.created_at),
        'updated_at': moments.shown(row.updated_at),
    }


def _answer(found: adoptions.Progress) -> dict[str, Any]:
    return {'adoption': _shown(found)}


def index(conf: cfg.ConfigOpts, query: Any) -> dict[str, Any]:
    """List adoptions: filters, ``limit`` and ``marker``."""
    asked = listing.read(query, conf.pagination_max_limit, _FILTERS)
    return listing.answer(
        '/v1.0/adoptions',
        asked,
        adoptions.find,
        _shown,
        asked.marker,
        key='network_id',
    )


def show(conf: cfg.ConfigOpts, network_id: str) -> dict[str, Any]:
    """Tell how far the adoption of a network is."""
    return transactions.run(adoptions.get, _answer, network_id, writes=False)


def create(
    conf: cfg.ConfigOpts,
    body: dict[str, Any],
    caller: oslo_context.RequestContext,
) -> dict[str, Any]:
    """Have a network of a region become central's; safe to repeat."""
    wanted = body['adoption']
    region_name, network_id = wanted['region_name'], wanted['network_id']
    answer = transactions.run(
        adoptions.ask, _answer, region_name, network_id, caller.user_id
    )
    audit.note(
        caller, f'Network {network_id} of {region_name} is to be adopted'
    )
    return answer


def cancel(
    conf: cfg.ConfigOpts, network_id: str, caller: oslo_context.RequestContext
) -> dict[str, Any]:
    """Leave a network to its region; safe to repeat."""
    answer = transactions.run(adoptions.cancel, _answer, network_id)
    audit.note(caller, f'The adoption of network {network_id} is cancelled')
    return answer
