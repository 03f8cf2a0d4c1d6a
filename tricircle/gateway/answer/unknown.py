# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is told of resources whose region is away: what is noted. Pure.

The rule is Nova's for cells that are down (API guide, "Handling Down Cells"):
from a version on, a list that is asked for without filters, order or pages has
them with status UNKNOWN.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from tricircle.db.central.gateway import homes as db_homes
from tricircle.gateway import asked as asking
from tricircle.gateway.api import service as services

STATUS: Final = 'UNKNOWN'
_SHORT: Final = ('id', 'status', 'links')


def is_told(service: services.Service, asked: asking.Asked) -> bool:
    """Tell whether a list has what is in regions that are away."""
    since = service.unknown_from
    return since is not None and asked.version >= since and not asked.query


def records(
    homes: Iterable[db_homes.Home],
    service: services.Service,
    asked: asking.Asked,
) -> Iterator[dict[str, Any]]:
    """Yield what a list has of resources.

    :param homes: where they are, and since when
    """
    path = service.kinds[asked.route.resource].path
    for home in homes:
        below = f'{path}/{home.resource_id}'
        yield {
            'id': home.resource_id,
            'status': STATUS,
            'created': f'{home.created_at:%Y-%m-%dT%H:%M:%SZ}',
            'tenant_id': home.project_id,
            'links': [
                {
                    'rel': 'self',
                    'href': f'{asked.root}/{service.version}{below}',
                },
                {'rel': 'bookmark', 'href': f'{asked.root}{below}'},
            ],
        }


def shortened(record: dict[str, Any]) -> dict[str, Any]:
    """Return what the short list has of a record."""
    return {key: record[key] for key in _SHORT}
