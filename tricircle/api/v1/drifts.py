# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``/v1.0/drifts``: what a region has otherwise than central says.

A region is asked while the request waits, for as long as a client may; what
is left then is on the next page.
"""

from collections.abc import Callable, Iterator
import contextlib
import time
from typing import Any, Final

from oslo_config import cfg
from oslo_context import context as oslo_context

from tricircle.api import audit
from tricircle.api import faults
from tricircle.api import listing
from tricircle.client import auth
from tricircle.client import region as region_client
from tricircle.db import session as sessions
from tricircle.db.central import presence
from tricircle.db.central.job import entries
from tricircle.drift import comparing
from tricircle.drift import recording
from tricircle.drift import wanted as central_side
from tricircle.replica import border
from tricircle.replica import references
from tricircle.replica.body import differences

_PATH: Final = '/v1.0/drifts'
#: Seconds after which a request compares no other window.
LONGEST: Final = 5.0
#: Seconds for an answer of a region.
_ANSWER: Final = 20.0
_FILTERS: Final[dict[str, listing.Reader]] = {
    'region_name': listing.as_it_is,
    'resource_type': listing.one_of(comparing.TYPES),
}


def index(conf: cfg.ConfigOpts, query: Any) -> dict[str, Any]:
    """List what a region has otherwise than central says."""
    asked = listing.read(query, conf.pagination_max_limit, _FILTERS)
    region_name = asked.filters.get('region_name')
    if region_name is None:
        raise faults.Fault(400, 'region_name has to be given')
    client = _client(conf, region_name, 400)
    found: list[dict[str, Any]] = []
    marker = _walk(
        client,
        asked.filters.get('resource_type'),
        asked.marker,
        asked.limit,
        lambda window: found.extend(_listed(region_name, window)),
    )
    body: dict[str, Any] = {'drifts': found}
    if marker is not None:
        body['drifts_links'] = listing.next_page(_PATH, asked, marker)
    return body


def show(
    conf: cfg.ConfigOpts,
    region_name: str,
    resource_type: str,
    resource_id: str,
) -> dict[str, Any]:
    """Show how a region has a resource otherwise than central says."""
    if not (
        resource_type in comparing.TYPES
        and references.is_resource_id(resource_type, resource_id)
    ):
        raise faults.Fault(404, 'Regions have nothing of such a type and ID')
    client = _client(conf, region_name, 404)
    with _asking(region_name):
        one = comparing.one(client, resource_type, resource_id)
    if not one.known and one.body is None:
        raise faults.Fault(
            404,
            f'{region_name} has no {resource_type} {resource_id} of '
            "central's, and is to have none",
        )
    document = central_side.document(region_name, resource_type, resource_id)
    differ = (
        []
        if document is None or one.body is None
        else differences.each(document.body, one.body)
    )
    return {
        'drift': {
            'region_name': region_name,
            'resource_type': resource_type,
            'resource_id': resource_id,
            'difference': one.window.found.get(resource_id),
            'in_flight': one.in_flight,
            'job_id': _job_id(region_name, resource_type, resource_id)
            if one.known
            else None,
            'in_central': document is not None,
            'there': one.body is not None,
            'fields': [
                {
                    'field': each.place or 'body',
                    'item': each.item,
                    'wanted': each.wanted,
                    'there': each.found,
                }
                for each in differ
            ],
        }
    }


def repair(
    conf: cfg.ConfigOpts,
    body: dict[str, Any],
    caller: oslo_context.RequestContext,
) -> dict[str, Any]:
    """Have it made right what a region has otherwise than central says."""
    asked = body['repair']
    region_name, dry_run = asked['region_name'], asked.get('dry_run', False)
    client = _client(conf, region_name, 400)
    found: list[dict[str, Any]] = []
    compared = 0

    def act(window: comparing.Window) -> None:
        nonlocal compared
        compared += window.compared
        recorded = set() if dry_run else recording.record(region_name, window)
        found.extend(
            {
                **one,
                'job_id': _job_id(
                    region_name, window.resource_type, one['resource_id']
                )
                if one['resource_id'] in recorded
                else None,
            }
            for one in _listed(region_name, window)
        )

    marker = None
    if 'resource_id' in asked:
        act(_one(client, asked['resource_type'], asked['resource_id']))
    else:
        marker = _walk(
            client,
            asked.get('resource_type'),
            asked.get('marker') or None,
            conf.pagination_max_limit,
            act,
        )
    jobs = [one['job_id'] for one in found if one['job_id'] is not None]
    if jobs:
        audit.note(
            caller,
            f'{len(jobs)} differences of {region_name} are to be made right, '
            f'by the jobs {", ".join(jobs)}',
        )
    return {
        'repair': {
            'region_name': region_name,
            'dry_run': dry_run,
            'compared': compared,
            'drifts': found,
            'marker': marker,
        }
    }


def _one(
    client: region_client.RegionClient, resource_type: str, resource_id: str
) -> comparing.Window:
    if not references.is_resource_id(resource_type, resource_id):
        raise faults.Fault(
            400,
            f'repair.resource_id: {border.shortened(resource_id)} is no ID of '
            f'a {resource_type}',
        )
    with _asking(client.region_name):
        return comparing.one(client, resource_type, resource_id).window


def _client(
    conf: cfg.ConfigOpts, region_name: str, status: int
) -> region_client.RegionClient:
    """Return what asks a region.

    :param status: of the fault when it is none that is compared
    """
    if region_name not in _served():
        raise faults.Fault(
            status,
            f'{border.shortened(region_name)} is no region that is compared: '
            'there is no pod of it, or it leaves, or it is that of central',
        )
    try:
        auth.check(conf)
    except auth.CredentialsMissing as exc:
        raise faults.Fault(
            503, f'The Admin API cannot ask regions: {exc}'
        ) from exc
    return region_client.RegionClient(conf, region_name, _ANSWER)


@sessions.retry
def _served() -> set[str]:
    with sessions.reader() as session:
        return {one.region_name for one in presence.serving(session)}


@contextlib.contextmanager
def _asking(region_name: str) -> Iterator[None]:
    """Answer with 503 when a region does not answer, or not to this."""
    try:
        yield
    except region_client.RegionUnreachable as exc:
        # It names the region.
        raise faults.Fault(503, str(exc)) from exc
    except region_client.RegionError as exc:
        raise faults.Fault(503, f'{region_name} refuses: {exc}') from exc


def _walk(
    client: region_client.RegionClient,
    resource_type: str | None,
    marker: str | None,
    most: int,
    act: Callable[[comparing.Window], None],
) -> str | None:
    """Compare window after window; return what the next page begins after.

    When the region stops answering in the middle, what was found until then
    is an answer, and the next page has the error.

    :param resource_type: the only one to compare, None for all
    :param marker: type and ID to begin after, None for the first
    :param most: differences to find
    :param act: called with each window
    :returns: None when there is no other page
    """
    types = comparing.TYPES if resource_type is None else (resource_type,)
    start = None if marker is None else _start(types, marker)
    until = time.monotonic() + LONGEST
    found = 0
    place = marker
    windows = comparing.windows(client, types, start)
    while True:
        try:
            with _asking(client.region_name):
                window = next(windows, None)
        except faults.Fault:
            if place == marker:
                raise
            return place
        if window is None:
            return None
        window = window.cut(most - found)
        act(window)
        found += len(window.found)
        place = _after(types, window)
        if place is None or found >= most or time.monotonic() >= until:
            return place


def _after(types: tuple[str, ...], window: comparing.Window) -> str | None:
    """Return the marker of what comes after a window."""
    if window.end is not None:
        return f'{window.resource_type}/{window.end}'
    rest = types[types.index(window.resource_type) + 1 :]
    return f'{rest[0]}/' if rest else None


def _start(types: tuple[str, ...], marker: str) -> tuple[str, str | None]:
    """Return the type and the ID of a marker, the ID None for the first."""
    resource_type, _, resource_id = marker.partition('/')
    if resource_type not in types or (
        resource_id
        and not references.is_resource_id(resource_type, resource_id)
    ):
        raise faults.Fault(
            400, f'marker is none of this list: {border.shortened(marker)}'
        )
    return resource_type, resource_id or None


def _listed(
    region_name: str, window: comparing.Window
) -> list[dict[str, Any]]:
    return [
        {
            'region_name': region_name,
            'resource_type': window.resource_type,
            'resource_id': one,
            'difference': window.found[one].value,
        }
        for one in sorted(window.found)
    ]


def _job_id(region_name: str, resource_type: str, resource_id: str) -> str:
    return str(entries.entry_id(resource_type, resource_id, region_name))
