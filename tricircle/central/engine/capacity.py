# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How many threads of central regions and XJob may have at a time.

Central's threads are the tenants': whatever regions and XJob ask for, and
however long it takes, some threads of each process are left. Who comes while
there is no room is told so at once, with 503 and Retry-After, instead of
waiting in a thread.
"""

import collections
from collections.abc import Hashable, Iterator
import contextlib
import dataclasses
import json
import threading
from typing import Any, Final

from oslo_log import log as logging
import webob
import webob.dec

from tricircle.replica import messages

LOG = logging.getLogger(__name__)

#: Seconds after which to come again.
RETRY_AFTER: Final = 1
#: Threads of a process that does not say how many it has.
_THREADS: Final = 8


class Full(Exception):
    """There is no room now; the text says what is full."""


@dataclasses.dataclass(frozen=True)
class Bounds:
    """How many requests may be worked on at a time, in one process.

    :ivar all: of all regions and XJob
    :ivar background: of XJob's, for whom nobody waits
    :ivar region: for one region
    :ivar resource: for one resource in one region
    """

    all: int
    background: int
    region: int
    resource: int = 2

    @classmethod
    def of(cls, threads: int, wanted: int = 0) -> 'Bounds':
        """Return the bounds of a process.

        :param threads: that it has for requests
        :param wanted: bound of all that an operator wants; 0 for three
            quarters of the threads
        """
        most = max(1, wanted or threads * 3 // 4)
        return cls(
            all=most,
            background=max(1, most * 2 // 3),
            region=max(1, most - 1),
            resource=max(2, most // 2),
        )


class Gate:
    """Lets in as many as there is room for; for several threads."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._lock = threading.Lock()
        self._inside: collections.Counter[Hashable] = collections.Counter()

    @contextlib.contextmanager
    def enter(
        self, region: str, resource: str, background: bool
    ) -> Iterator[None]:
        """Be inside, or be told that there is no room.

        :param resource: type and ID
        :raises Full: when there is none
        """
        bounds = self._bounds
        places: list[tuple[Hashable, int, str]] = [
            ('all', bounds.all, 'requests of regions'),
            (('region', region), bounds.region, f'requests for {region}'),
            (
                ('resource', resource, region),
                bounds.resource,
                f'requests for {resource} in {region}',
            ),
        ]
        if background:
            places.append(
                ('background', bounds.background, 'requests of XJob')
            )
        with self._lock:
            for place, most, what in places:
                if self._inside[place] >= most:
                    raise Full(f'{most} {what} are being worked on')
            for place, _, _ in places:
                self._inside[place] += 1
        try:
            yield
        finally:
            with self._lock:
                for place, _, _ in places:
                    self._inside[place] -= 1
                    if not self._inside[place]:
                        del self._inside[place]


def threads() -> int:
    """Return how many threads this process has for requests."""
    try:
        import uwsgi  # type: ignore[import-untyped]
    except ImportError:
        return _THREADS
    try:
        return int(uwsgi.opt.get('threads') or 1)
    except (TypeError, ValueError):
        return _THREADS


def _refusal(reason: str) -> webob.Response:
    return webob.Response(
        status=503,
        headers=[('Retry-After', str(RETRY_AFTER))],
        content_type='application/json',
        charset='UTF-8',
        text=json.dumps(
            {
                'NeutronError': {
                    'type': messages.BUSY,
                    'message': f'Central has no room: {reason}. Come again '
                    f'in {RETRY_AFTER} s.',
                    'detail': '',
                }
            }
        ),
    )


def gated(resource: Any, gate: Gate, collection: str) -> Any:
    """Put a gate before the requests of regions and XJob for a collection.

    :param resource: the WSGI application of Neutron's for ``replicas``
    """

    @webob.dec.wsgify
    def application(request: webob.Request) -> Any:
        if request.method not in ('PUT', 'DELETE'):
            return resource
        _, named = request.environ.get('wsgiorg.routing_args', ((), {}))
        region = str(named.get('id', ''))
        ids = [
            str(value)
            for key, value in sorted(named.items())
            if key.endswith('_id')
        ]
        try:
            with gate.enter(
                region,
                '/'.join([collection, *ids]),
                messages.BACKGROUND_HEADER in request.headers,
            ):
                return request.get_response(resource)
        except Full as exc:
            LOG.info('%s %s: %s', request.method, request.path, exc)
            return _refusal(str(exc))

    # Neutron looks for these on what it serves.
    served: Any = application
    served.controller = resource.controller
    served.action_status = resource.action_status
    return served
