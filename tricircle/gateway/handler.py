# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Requests to behaviours: what is there, in which version, and for whom."""

import dataclasses
import re
from typing import Any, Final
from urllib import parse

from oslo_context import context as oslo_context
from oslo_log import log as logging
import webob
import webob.dec

from tricircle.api import faults
from tricircle.gateway import asked as asking
from tricircle.gateway import behaviours
from tricircle.gateway import exchange
from tricircle.gateway import regions
from tricircle.gateway.api import microversions
from tricircle.gateway.api import routes
from tricircle.replica import border

LOG = logging.getLogger(__name__)

#: The parameter of a query that names the region to ask.
REGION: Final = 'region'
#: As much as Nova takes, user data and injected files included.
_LONGEST_BODY: Final = 1024 * 1024
_PROJECT: Final = re.compile(r'[0-9a-f]{8}(?:[0-9a-f-]{24}|[0-9a-f-]{28})')
_SAFE: Final = "/:@!$&'()*+,;=~-._"


class Handler:
    """The WSGI application behind the middleware."""

    def __init__(self, cloud: asking.Cloud) -> None:
        self._service = cloud.service
        self._cloud = cloud
        self._answering = faults.Answering(
            LOG, 'the gateway', _LONGEST_BODY, cloud.service.faults
        )

    @webob.dec.wsgify
    def __call__(self, request: webob.Request) -> webob.Response:
        """Answer a request."""
        return self._answering.answer(request, self._response)

    def _response(self, request: webob.Request) -> webob.Response:
        try:
            answer = self._answer(request)
        except microversions.Malformed as exc:
            raise faults.Fault(400, str(exc)) from exc
        except microversions.NotAcceptable as exc:
            raise faults.Fault(406, str(exc)) from exc
        except regions.RegionAway as exc:
            if exc.may_be_done and request.method == 'POST':
                raise faults.Fault(
                    504,
                    f'{exc}. It may have done it: look before you try again.',
                ) from exc
            raise faults.Fault(
                503, f'{exc}. Try again when it is back.'
            ) from exc
        return webob.Response(
            status=answer.status,
            headerlist=list(answer.headers.items()),
            body=answer.body,
        )

    def _answer(self, request: webob.Request) -> exchange.Answer:
        version, rest = self._split(request)
        if not version:
            return self._versions(request)
        if rest in ('', '/'):
            return self._version(request)
        caller = oslo_context.RequestContext.from_environ(request.environ)
        if not caller.user_id:
            raise faults.Fault(401, 'Authentication required')
        path = _without_project(rest, caller.project_id)
        offered = self._offered()
        asked = self._asked(request, caller, path, offered)
        one = request.GET.get(REGION)
        if one is not None:
            answer = self._of_region(one, asked)
        else:
            answer = behaviours.BEHAVIOURS[asked.route.behaviour](
                self._cloud, asked
            )
        return _with_version(answer, self._service.word, asked.version)

    def _split(self, request: webob.Request) -> tuple[str, str]:
        """Return version and rest of a path.

        :raises tricircle.api.faults.Fault: there is no such version
        """
        path = request.path_info
        if path in ('', '/'):
            return '', ''
        _slash, version, *rest = path.split('/', 2)
        if version != self._service.version:
            raise faults.Fault(
                404, f'There is nothing at {border.shortened(path)}'
            )
        if {'', '.', '..'} & set(path.strip('/').split('/')):
            raise faults.Fault(
                404, 'There is nothing at a path with dots, or empty parts'
            )
        return version, f'/{rest[0].rstrip("/")}' if rest else ''

    def _offered(self) -> microversions.Range:
        offered = self._cloud.regions.range()
        if offered is None:
            raise faults.Fault(
                503,
                'No region says what versions it has, or they have none in '
                'common',
            )
        return offered

    def _asked(
        self,
        request: webob.Request,
        caller: oslo_context.RequestContext,
        path: str,
        offered: microversions.Range,
    ) -> asking.Asked:
        version = microversions.wanted(
            request.headers, self._service.word, offered
        )
        found = self._route(request.method, path, REGION in request.GET)
        headers = {
            name: request.headers[name]
            for name in exchange.PASSED_ON
            if name in request.headers
        }
        headers[asking.VERSION] = f'{self._service.word} {version}'
        headers['X-OpenStack-Request-Id'] = str(caller.request_id)
        return asking.Asked(
            method=request.method,
            path=parse.quote(path, safe=_SAFE),
            query=request.GET,
            headers=headers,
            body=request.body,
            project_id=caller.project_id or '',
            version=version,
            root=request.application_url.rstrip('/'),
            route=found.route,
            arguments=found.arguments,
            user_id=caller.user_id or '',
        )

    def _route(self, method: str, path: str, is_for_one: bool) -> routes.Found:
        try:
            return routes.find(self._service.routes, method, path)
        except routes.NoRoute:
            if is_for_one:
                return routes.Found(routes.Route('*', path, ''), {})
            raise faults.Fault(
                404, 'The resource could not be found.'
            ) from None
        except routes.NoMethod:
            raise faults.Fault(405, f'{method} is not allowed here') from None

    def _of_region(self, name: str, asked: asking.Asked) -> exchange.Answer:
        """Ask the region that the client names, and no other."""
        if name not in self._cloud.regions.names():
            raise faults.Fault(
                400, f'region: there is no pod {border.shortened(name)}'
            )
        query = asking.encoded(asked.query, (REGION,))
        answer = asking.within(
            self._cloud,
            asked,
            lambda wish: self._cloud.regions.ask(
                name, wish.question(query=query)
            ),
        )
        return behaviours.of_one.told(self._cloud, asked, name, answer)

    def _versions(self, request: webob.Request) -> exchange.Answer:
        return asking.answer(
            {'versions': [self._document(request)]}, self._service.choices
        )

    def _version(self, request: webob.Request) -> exchange.Answer:
        document = self._document(request)
        if self._service.has_version:
            return asking.answer({'version': document})
        return asking.answer({'versions': [document]})

    def _document(self, request: webob.Request) -> dict[str, Any]:
        offered = self._offered()
        root = request.application_url.rstrip('/')
        name, updated = self._service.document
        return {
            'id': name,
            'status': 'CURRENT',
            'version': str(offered.most),
            'min_version': str(offered.least),
            'updated': updated,
            'links': [
                {'rel': 'self', 'href': f'{root}/{self._service.version}/'}
            ],
        }


def _without_project(path: str, project_id: str | None) -> str:
    """Return a path relative to the project that it may begin with.

    :raises tricircle.api.faults.Fault: it is another project's than the
        caller's
    """
    _slash, first, *rest = path.split('/', 2)
    if not _PROJECT.fullmatch(first):
        return path
    if first != project_id:
        raise faults.Fault(
            400,
            "Malformed request URL: URL's project_id "
            f"'{first}' doesn't match Context's project_id '{project_id}'",
        )
    return f'/{rest[0]}' if rest else '/'


def _with_version(
    answer: exchange.Answer, word: str, version: microversions.Version
) -> exchange.Answer:
    """Return an answer that says which version it has."""
    headers = dict(answer.headers)
    headers.setdefault(asking.VERSION, f'{word} {version}')
    headers.setdefault('Vary', asking.VERSION)
    return dataclasses.replace(answer, headers=headers)
