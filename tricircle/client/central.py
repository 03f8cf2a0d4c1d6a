# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Calls of a region to central Neutron, see :mod:`tricircle.replica.messages`.

Every call is one HTTP request and has a limit of time. What central answers
is raised as it was said (:class:`CentralError`). No answer is another thing
(:class:`CentralUnreachable`): the request may have been carried out.
"""

from collections.abc import Iterable, Mapping
import random
import time
from typing import Any, cast

from keystoneauth1 import exceptions as ka_exceptions
from keystoneauth1 import session as ka_session
from oslo_config import cfg
from oslo_log import log as logging
import requests

from tricircle.client import auth
from tricircle.client import breaker
from tricircle.client import paths
from tricircle.conf import client as client_conf
from tricircle.conf import durations
from tricircle.conf import local as local_conf
from tricircle.replica import kinds
from tricircle.replica import messages
from tricircle.replica import references
from tricircle.replica import types
from tricircle.replica.document import Document
from tricircle.replica.document import DocumentError

LOG = logging.getLogger(__name__)

REQUEST_ID_HEADER = 'X-Openstack-Request-Id'
#: Answers of what stands in front of a Neutron that is away.
_GATEWAY_STATUSES = frozenset((502, 503, 504))
#: Subnets asked for in one request, so that its URL stays short.
_SUBNETS_AT_ONCE = 50
#: Calls in a row without an answer after which central counts as away.
_FAILURES = 3


class CentralError(Exception):
    """Central refused a request.

    :ivar status: HTTP status
    :ivar type: Neutron's name of the error, '' when it gave none
    :ivar message: Neutron's text
    """

    def __init__(self, status: int, type_: str, message: str) -> None:
        super().__init__(f'{status} {type_}: {message}')
        self.status = status
        self.type = type_
        self.message = message


class CentralUnreachable(CentralError):
    """No answer came from central.

    :ivar url: where it was looked for
    :ivar reason: what went wrong, fit for a user
    :ivar sent: the request may have reached central, and be carried out
    """

    def __init__(self, url: str, reason: str, sent: bool) -> None:
        super().__init__(503, 'CentralUnreachable', reason)
        self.url = url
        self.reason = reason
        self.sent = sent

    def __str__(self) -> str:
        return self.reason


def base_url(url: str) -> str:
    """Return the URL without version and slash, so that paths fit on it."""
    return url.rstrip('/').removesuffix('/v2.0').rstrip('/')


def _error(response: requests.Response) -> CentralError | None:
    """Read Neutron's own error, None when it is not one."""
    try:
        body = response.json()
        error = body.get('NeutronError', body)
    except (ValueError, AttributeError):
        return None
    if isinstance(error, str):
        return CentralError(response.status_code, '', error)
    if not isinstance(error, dict) or 'message' not in error:
        return None
    return CentralError(
        response.status_code, str(error.get('type', '')), str(error['message'])
    )


def _pause(response: requests.Response) -> float | None:
    """Return how long a central without room wants to be left alone.

    :returns: seconds, more for some than for others; None when it has room
    """
    if response.status_code != 503:
        return None
    error = _error(response)
    if error is None or error.type != messages.BUSY:
        return None
    try:
        seconds = float(response.headers.get('Retry-After', ''))
    except ValueError:
        return None
    return seconds * random.uniform(1.0, 1.5)  # noqa: S311 no secret


def _path(resource_type: str, resource_id: str, region: str) -> str:
    """Return the path of a resource in a region.

    :raises CentralError: 404, when that is no ID: central has no such thing
    """
    if not references.is_resource_id(resource_type, resource_id):
        raise CentralError(
            404,
            kinds.BY_TYPE[resource_type].not_found,
            f'There is no {resource_type} {resource_id!r}: that is no UUID.',
        )
    return paths.replicas_of(resource_type, resource_id, region)


def _newer(taken: messages.TakenBody) -> int | None:
    # A central of the release before names no revision.
    return None if taken['accepted'] else taken.get('revision')


class CentralClient:
    """Central Neutron, as one region sees it.

    :param conf: with the groups ``tricircle`` (options of a region) and
        ``client`` registered
    :raises cfg.RequiredOptError: when central's URL is not configured
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._conf = conf
        url = conf[local_conf.GROUP].central_neutron_url
        if not url:
            raise cfg.RequiredOptError(
                'central_neutron_url', cfg.OptGroup(local_conf.GROUP)
            )
        self.url = base_url(url)
        self.breaker = breaker.Breaker(
            _FAILURES, lambda _looks: durations.CENTRAL_AWAY
        )
        self._service: ka_session.Session | None = None

    @property
    def timeout(self) -> float:
        """Seconds that one call takes at most, when nothing else is said."""
        return float(self._conf[client_conf.GROUP].central_timeout)

    # As the region itself.

    def pull(
        self,
        resource_type: str,
        resource_id: str,
        region: str,
        body: messages.PullBody,
        *,
        context: Any = None,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> Document:
        """Ask for a resource to be in this region, and get its document.

        :param context: the request context of the user for whom it is, whose
            token proves that; without one central gives what the region has
            already
        :raises CentralError: 404 when the caller may not see it or the
            region is out of its scope, 409 when another region has it
        :raises CentralUnreachable: when no answer came
        """
        path = _path(resource_type, resource_id, region)
        replica = {'replica': {'pull': body}}
        answer = (
            self._as_region('PUT', path, replica, request_id, timeout)
            if context is None
            else self._as_caller(
                context, 'PUT', path, replica, request_id, timeout
            )
        )
        return self._document(answer['replica']['document'])

    def refused(
        self,
        resource_type: str,
        resource_id: str,
        region: str,
        body: messages.RefusedBody,
        *,
        timeout: float | None = None,
    ) -> None:
        """Say that this region cannot have what it has pulled.

        :raises CentralError: when central refuses; one of the release before
            does
        :raises CentralUnreachable: when no answer came
        """
        self._as_region(
            'PUT',
            _path(resource_type, resource_id, region),
            {'replica': {'refused': body}},
            None,
            timeout,
        )

    def report(
        self,
        port_id: str,
        region: str,
        body: messages.ReportBody,
        *,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> int | None:
        """Say what a port of this region is like now.

        :returns: the revision of the later report that central has already,
            None when it took this one
        :raises CentralError: 404 when central has no such port, 409 when it
            is not present in this region
        :raises CentralUnreachable: when no answer came
        """
        answer = self._as_region(
            'PUT',
            _path(types.PORT, port_id, region),
            {'replica': {'report': body}},
            request_id,
            timeout,
        )
        return _newer(answer['replica'])

    def report_router(
        self,
        router_id: str,
        region: str,
        body: messages.RouterReportBody,
        *,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> int | None:
        """Say what this region's piece of a router is like now.

        :returns: as :meth:`report`
        :raises CentralError: 404 when central has no such piece
        :raises CentralUnreachable: when no answer came
        """
        answer = self._as_region(
            'PUT',
            _path(types.ROUTER, router_id, region),
            {'replica': {'report': body}},
            request_id,
            timeout,
        )
        return _newer(answer['replica'])

    def deleted(
        self,
        port_id: str,
        region: str,
        *,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> None:
        """Say that this region deleted a port, or never made it.

        :raises CentralError: when central refuses
        :raises CentralUnreachable: when no answer came
        """
        try:
            self._as_region(
                'DELETE',
                _path(types.PORT, port_id, region),
                None,
                request_id,
                timeout,
            )
        except CentralError as exc:
            if exc.status != 404 or exc.type != 'PortNotFound':
                raise

    def networks_of_subnets(
        self,
        subnet_ids: Iterable[str],
        *,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> dict[str, str]:
        """Return the network of each subnet that central knows.

        :raises CentralError: when central refuses
        :raises CentralUnreachable: when no answer came
        """
        ids = sorted(set(subnet_ids))
        found: dict[str, str] = {}
        for start in range(0, len(ids), _SUBNETS_AT_ONCE):
            answer = self._as_region(
                'GET',
                '/v2.0/subnets',
                None,
                request_id,
                timeout,
                params=[('fields', 'id'), ('fields', 'network_id')]
                + [
                    ('id', one)
                    for one in ids[start : start + _SUBNETS_AT_ONCE]
                ],
            )
            found.update(
                (subnet['id'], subnet['network_id'])
                for subnet in answer['subnets']
            )
        return found

    def network_of_subnet(
        self,
        subnet_id: str,
        *,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> str:
        """Return the network of a subnet.

        :raises CentralError: 404 when central has no such subnet
        :raises CentralUnreachable: when no answer came
        """
        found = self.networks_of_subnets(
            [subnet_id], request_id=request_id, timeout=timeout
        )
        try:
            return found[subnet_id]
        except KeyError:
            raise CentralError(
                404,
                'SubnetNotFound',
                f'Subnet {subnet_id} could not be found.',
            ) from None

    # As the user whose request is being served.

    def allocate(
        self,
        context: Any,
        ports: list[dict[str, Any]],
        *,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> list[dict[str, Any]]:
        """Create ports in central, in one request; safe to repeat.

        :param context: the request context of the user
        :param ports: bodies with ``id`` and ``tricircle:region``
        :returns: central's ports in the same order, each with its document
        :raises CentralError: when central refuses
        :raises CentralUnreachable: when no answer came
        """
        if len(ports) == 1:
            answer = self._as_caller(
                context,
                'POST',
                '/v2.0/ports',
                {'port': ports[0]},
                request_id,
                timeout,
            )
            return [answer['port']]
        answer = self._as_caller(
            context,
            'POST',
            '/v2.0/ports',
            {'ports': ports},
            request_id,
            timeout,
        )
        by_id = {port['id']: port for port in answer['ports']}
        return [by_id[port['id']] for port in ports]

    def show_port(
        self,
        context: Any,
        port_id: str,
        *,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> dict[str, Any]:
        """Return a port as central shows it to the user.

        :raises CentralError: when central refuses
        :raises CentralUnreachable: when no answer came
        """
        answer = self._as_caller(
            context,
            'GET',
            f'/v2.0/ports/{port_id}',
            None,
            request_id,
            timeout,
        )
        return cast(dict[str, Any], answer['port'])

    def delete_port(
        self,
        context: Any,
        port_id: str,
        *,
        revision: int | None = None,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> None:
        """Delete a port in central.

        :param revision: which it must have there, else it is 412
        :raises CentralError: when central refuses
        :raises CentralUnreachable: when no answer came
        """
        self._as_caller(
            context,
            'DELETE',
            f'/v2.0/ports/{port_id}',
            None,
            request_id,
            timeout,
            revision,
        )

    def update_port(
        self,
        context: Any,
        port_id: str,
        attributes: Mapping[str, Any],
        *,
        revision: int | None = None,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> dict[str, Any]:
        """Change a port in central, where its attributes belong.

        :param revision: which it must have there, else it is 412
        :raises CentralError: when central refuses
        :raises CentralUnreachable: when no answer came
        """
        answer = self._as_caller(
            context,
            'PUT',
            paths.resource('ports', port_id),
            {'port': dict(attributes)},
            request_id,
            timeout,
            revision,
        )
        return cast(dict[str, Any], answer['port'])

    # How.

    @staticmethod
    def document_of(port: Mapping[str, Any]) -> Document:
        """Return the document that came with an allocated port.

        :raises DocumentError: when there is none that can be read
        """
        return Document.from_dict(port.get(messages.DOCUMENT_ATTRIBUTE) or {})

    def _document(self, data: Mapping[str, Any]) -> Document:
        try:
            return Document.from_dict(data)
        except DocumentError as exc:
            raise CentralError(500, type(exc).__name__, str(exc)) from exc

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
            raise CentralUnreachable(
                self.url, 'the time for this request is over', sent=False
            )
        refusal = self.breaker.refusal()
        if refusal is not None:
            raise CentralUnreachable(self.url, refusal, sent=False)
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
    ) -> CentralUnreachable:
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
        return CentralUnreachable(self.url, reason, sent)

    def _read(self, response: requests.Response) -> Any:
        error = _error(response) if response.status_code >= 400 else None
        if response.status_code in _GATEWAY_STATUSES and (
            error is None or not error.type
        ):
            reason = f'HTTP {response.status_code}'
            self.breaker.failed(reason)
            raise CentralUnreachable(self.url, reason, sent=True)
        self.breaker.answered()
        if error is not None:
            raise error
        if not response.ok or response.is_redirect:
            raise CentralError(
                response.status_code,
                '',
                response.reason or 'unexpected answer',
            )
        if not response.content:
            return None
        try:
            return response.json()
        except ValueError as exc:
            raise CentralUnreachable(
                self.url, 'its answer was cut off', sent=True
            ) from exc
