# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``/metrics``: what the Admin API tells Prometheus.

Labels are names of regions, types of jobs, routes and statuses: as many
series as there are of these, whatever tenants make and callers ask for.
"""

import time
from typing import Any, Final

import prometheus_client

from tricircle.api import routes
from tricircle.api.monitoring import region_metrics

_METHODS: Final = frozenset(
    ('DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT')
)
_OVERVIEWS: Final = ('/', '/v1.0')
_OTHER: Final = 'other'


class Metrics:
    """The numbers of one application.

    :ivar registry: all of them
    :ivar app: WSGI application that serves them, at whatever path
    """

    def __init__(self) -> None:
        self.registry = prometheus_client.CollectorRegistry()
        self.registry.register(region_metrics.RegionCollector())
        prometheus_client.ProcessCollector(registry=self.registry)
        self._requests = prometheus_client.Counter(
            'tricircle_api_requests',
            'Requests that the administrator API has answered',
            ('method', 'route', 'status'),
            registry=self.registry,
        )
        self._durations = prometheus_client.Histogram(
            'tricircle_api_request_duration_seconds',
            'How long the administrator API took to answer',
            ('method', 'route'),
            registry=self.registry,
        )
        self.app = prometheus_client.make_wsgi_app(self.registry)

    def measured(self, app: Any) -> Any:
        """Return a WSGI application whose requests are counted."""

        def counting(environ: dict[str, Any], start_response: Any) -> Any:
            method = environ.get('REQUEST_METHOD', '')
            if method not in _METHODS:
                method = _OTHER
            route = _route(environ.get('PATH_INFO', ''))
            # Unless it says otherwise.
            status = '500'

            def note(line: str, *args: Any) -> Any:
                nonlocal status
                status = line.partition(' ')[0]
                return start_response(line, *args)

            started = time.monotonic()
            try:
                return app(environ, note)
            finally:
                self._requests.labels(method, route, status).inc()
                self._durations.labels(method, route).observe(
                    time.monotonic() - started
                )

        return counting


def _route(path: str) -> str:
    """Return what a path is counted as."""
    path = path.rstrip('/') or '/'
    if path in _OVERVIEWS:
        return path
    found = routes.find(path)
    return _OTHER if found is None else routes.template(found[0])
