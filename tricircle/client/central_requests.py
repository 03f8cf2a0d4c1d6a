# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""HTTP requests of a region to central: whose, how long, and no answer.

A central without room says when to come again, and is asked again within the
time of the request. One that gave no answer several times is not asked for a
while.
"""

import random
import time
from typing import Any

from keystoneauth1 import exceptions as ka_exceptions
from keystoneauth1 import session as ka_session
from oslo_config import cfg
from oslo_log import log as logging
import requests

from tricircle.client import auth
from tricircle.client import breaker
from tricircle.client import central_errors
from tricircle.client import paths
from tricircle.client import tls
from tricircle.conf import client as client_conf
from tricircle.conf import durations
from tricircle.conf import local as local_conf
from tricircle.replica import kinds
from tricircle.replica import messages
from tricircle.replica import references

LOG = logging.getLogger(__name__)

REQUEST_ID_HEADER = 'X-Openstack-Request-Id'
#: Answers of what stands in front of a Neutron that is away.
_GATEWAY_STATUSES = frozenset((502, 503, 504))
#: Calls in a row without an answer after which central counts as away.
_FAILURES = 3


def base_url(url: str) -> str:
    """Return the URL without version and slash, so that paths fit on it."""
    return url.rstrip('/').removesuffix('/v2.0').rstrip('/')


def _pause(response: requests.Response) -> float | None:
    """Return how long a central without room wants to be left alone.

    :returns: seconds, more for some than for others; None when it has room
    """
    if response.status_code != 503:
        return None
    error = central_errors.read(response)
    if error is None or error.type != messages.BUSY:
        return None
    try:
        seconds = float(response.headers.get('Retry-After', ''))
    except ValueError:
        return None
    return seconds * random.uniform(1.0, 1.5)  # noqa: S311 no secret


def replica_path(resource_type: str, resource_id: str, region: str) -> str:
    """Return the path of a resource in a region.

    :raises CentralError: 404, when that is no ID: central has no such thing
    """
    if not references.is_resource_id(resource_type, resource_id):
        raise central_errors.CentralError(
            404,
            kinds.BY_TYPE[resource_type].not_found,
            f'There is no {resource_type} {resource_id!r}: that is no UUID.',
        )
    return paths.replicas_of(resource_type, resource_id, region)


class Requests:
    """Requests to central Neutron as a region sends them.

    :param conf: with the groups ``tricircle`` (options of a region) and
        ``client`` registered
    :raises cfg.RequiredOptError: when central's URL is not configured
    :raises tricircle.client.tls.FileUnusable: a file of it cannot be read
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._conf = conf
        url = conf[local_conf.GROUP].central_neutron_url
        if not url:
            raise cfg.RequiredOptError(
                'central_neutron_url', cfg.OptGroup(local_conf.GROUP)
            )
        tls.check(conf)
        self.url = base_url(url)
        self.breaker = breaker.Breaker(
            _FAILURES, lambda _looks: durations.CENTRAL_AWAY
        )
        self._service: ka_session.Session | None = None

    @property
    def timeout(self) -> float:
        """Seconds that one call takes at most, when nothing else is said."""
        return float(self._conf[client_conf.GROUP].central_timeout)

    def _as_region(
        self,
        method: str,
        path: str,
        body: Any,
        request_id: str | None,
        timeout: float | None,
        **more: Any,
    ) -> Any:
        if self._service is None:
            self._service = auth.service_session(self._conf)
        return self._call(
            self._service, method, path, body, request_id, timeout, **more
        )

    def _as_caller(
        self,
        context: Any,
        method: str,
        path: str,
        body: Any,
        request_id: str | None,
        timeout: float | None,
        revision: int | None = None,
    ) -> Any:
        session = auth.caller_session(self._conf, context)
        return self._call(
            session, method, path, body, request_id, timeout, revision
        )

    def _call(
        self,
        session: ka_session.Session,
        method: str,
        path: str,
        body: Any,
        request_id: str | None,
        timeout: float | None,
        revision: int | None = None,
        **more: Any,
    ) -> Any:
        limit = self.timeout if timeout is None else timeout
        if limit <= 0:
            raise central_errors.CentralUnreachable(
                self.url, 'the time for this request is over', sent=False
            )
        refusal = self.breaker.refusal()
        if refusal is not None:
            raise central_errors.CentralUnreachable(
                self.url, refusal, sent=False
            )
        headers = {'Accept': 'application/json'}
        if request_id:
            headers[REQUEST_ID_HEADER] = request_id
        if revision is not None:
            headers['If-Match'] = f'revision_number={revision}'
        if body is not None:
            more['json'] = body
        end = time.monotonic() + limit
        while True:
            try:
                response = session.request(
                    self.url + path,
                    method,
                    headers=headers,
                    timeout=max(0.1, end - time.monotonic()),
                    raise_exc=False,
                    redirect=False,
                    connect_retries=0,
                    **more,
                )
            except ka_exceptions.ClientException as exc:
                raise self._unavailable(exc, limit) from exc
            pause = _pause(response)
            if pause is None or time.monotonic() + pause >= end:
                return self._read(response)
            # Central has no room now, and did nothing.
            time.sleep(pause)

    def _unavailable(
        self, exc: Exception, seconds: float
    ) -> central_errors.CentralUnreachable:
        """Say what happened, without what an exception may quote.

        :param seconds: for which central was waited
        """
        reason, sent = 'no connection', False
        if isinstance(exc, ka_exceptions.ConnectTimeout):
            # Of both times keystoneauth says the same.
            if isinstance(exc.__context__, requests.ConnectTimeout):
                reason = f'no connection within {seconds:.1f} s'
            else:
                reason, sent = (
                    (
                        'it is there but slow, and had no answer within '
                        f'{seconds:.1f} s'
                    ),
                    True,
                )
        elif isinstance(exc, ka_exceptions.SSLError):
            reason = 'its TLS certificate cannot be verified'
        elif isinstance(exc, ka_exceptions.ConnectFailure):
            # keystoneauth says the same of a refused connection and of one
            # that broke after the request was written.
            sent = True
        elif isinstance(exc, ka_exceptions.UnknownConnectionError):
            reason, sent = 'the connection broke', True
        else:
            reason = f'no token for it ({type(exc).__name__})'
        LOG.warning(
            'No answer from central Neutron at %s: %s',
            self.url,
            type(exc).__name__,
        )
        self.breaker.failed(reason)
        return central_errors.CentralUnreachable(self.url, reason, sent)

    def _read(self, response: requests.Response) -> Any:
        error = (
            central_errors.read(response)
            if response.status_code >= 400
            else None
        )
        if response.status_code in _GATEWAY_STATUSES and (
            error is None or not error.type
        ):
            reason = f'HTTP {response.status_code}'
            self.breaker.failed(reason)
            raise central_errors.CentralUnreachable(
                self.url, reason, sent=True
            )
        self.breaker.answered()
        if error is not None:
            raise error
        if not response.ok or response.is_redirect:
            raise central_errors.CentralError(
                response.status_code,
                '',
                response.reason or 'unexpected answer',
            )
        if not response.content:
            return None
        try:
            return response.json()
        except ValueError as exc:
            raise central_errors.CentralUnreachable(
                self.url, 'its answer was cut off', sent=True
            ) from exc
