# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``/v1.0/routings``: which resource is in which region, for repair."""

import datetime
from typing import Any, Final

from oslo_config import cfg
from oslo_context import context as oslo_context
from oslo_utils import timeutils

from tricircle.api import audit
from tricircle.api import faults
from tricircle.api import listing
from tricircle.api import moments
from tricircle.api import transactions
from tricircle.db.central import routings
from tricircle.db.central.models import ResourceRouting
from tricircle.replica import border
from tricircle.replica import kinds
from tricircle.replica import types

#: Types of resources that are present in regions; shadows of ports are with
#: their networks.
TYPES: Final = tuple(
    one.type for one in kinds.KINDS if one.type != types.SHADOW_PORTS
)


def _type(word: str) -> str:
    """Return a type as we write it; once it had underscores."""
    return word.replace('_', '-')


def _moment(name: str, value: str) -> datetime.datetime:
    try:
        found = timeutils.normalize_time(
            timeutils.parse_isotime(value.replace(' ', 'T', 1))
        )
        # There is a next second, which is looked for too.
        found + datetime.timedelta(seconds=1)
    except (ValueError, OverflowError):
        raise faults.Fault(
            400,
            f'{name} is no moment such as 2026-11-29 02:31:07: '
            f'{border.shortened(value)}',
        ) from None
    return found


_FILTERS: Final[dict[str, listing.Reader]] = {
    **dict.fromkeys(routings.FILTERS, listing.as_it_is),
    'id': listing.number,
    'resource_type': listing.one_of(TYPES, as_written=_type),
    'created_at': _moment,
    'updated_at': _moment,
}


def _shown(routing: ResourceRouting) -> dict[str, Any]:
    return {
        'id': routing.id,
        'top_id': routing.top_id,
        'bottom_id': routing.bottom_id,
        'pod_id': routing.pod_id,
        'project_id': routing.project_id,
        'resource_type': routing.resource_type,
        'created_at': moments.shown(routing.created_at),
        'updated_at': moments.shown(routing.updated_at),
    }


def _answer(routing: ResourceRouting) -> dict[str, Any]:
    return {'routing': _shown(routing)}


def index(
    conf: cfg.ConfigOpts, query: Any, project_id: str | None
) -> dict[str, Any]:
    """List routings.

    :param project_id: whose routings the caller may see, None for all
    """
    asked = listing.read(query, conf.pagination_max_limit, _FILTERS)
    return listing.answer(
        '/v1.0/routings',
        asked,
        routings.find,
        _shown,
        project_id,
        asked.row_marker,
    )


def show(
    conf: cfg.ConfigOpts, routing_id: str, project_id: str | None
) -> dict[str, Any]:
    """Show a routing."""
    return transactions.run(
        routings.get,
        _answer,
        listing.row_number('Routing', routing_id),
        project_id,
        writes=False,
    )


def _checked(fields: dict[str, str]) -> dict[str, str]:
    if 'resource_type' not in fields:
        return fields
    word = listing.one_of(TYPES, as_written=_type)(
        'routing.resource_type', fields['resource_type']
    )
    return {**fields, 'resource_type': word}


def create(
    conf: cfg.ConfigOpts,
    body: dict[str, Any],
    caller: oslo_context.RequestContext,
) -> dict[str, Any]:
    """Note that a resource is in a region."""
    fields = _checked(body['routing'])
    answer = transactions.run(
        lambda session: routings.create(session, **fields), _answer
    )
    audit.note(caller, f'Routing made: {answer["routing"]}')
    return answer


def update(
    conf: cfg.ConfigOpts,
    routing_id: str,
    body: dict[str, Any],
    caller: oslo_context.RequestContext,
) -> dict[str, Any]:
    """Change what is noted."""
    answer = transactions.run(
        routings.update,
        _answer,
        listing.row_number('Routing', routing_id),
        _checked(body['routing']),
    )
    audit.note(caller, f'Routing changed: {answer["routing"]}')
    return answer


def delete(
    conf: cfg.ConfigOpts, routing_id: str, caller: oslo_context.RequestContext
) -> dict[str, Any]:
    """Forget that a resource is in a region."""
    gone = transactions.run(
        routings.delete, _answer, listing.row_number('Routing', routing_id)
    )
    audit.note(caller, f'Routing deleted: {gone["routing"]}')
    return {}
