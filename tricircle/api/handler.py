# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Requests to functions: what there is, who may, and in what form."""

import json
from typing import Any, Final

import jsonschema
from oslo_config import cfg
from oslo_context import context as oslo_context
from oslo_log import log as logging
from oslo_policy import policy
import webob
import webob.dec

from tricircle.api import faults
from tricircle.api import routes
from tricircle.api.v1 import pods
from tricircle.replica import border

LOG = logging.getLogger(__name__)

_LONGEST_BODY: Final = 64 * 1024
_ANSWERING: Final = faults.Answering(LOG, 'tricircle-api', _LONGEST_BODY)


class Handler:
    """The WSGI application behind the middleware."""

    def __init__(
        self, conf: cfg.ConfigOpts, enforcer: policy.Enforcer
    ) -> None:
        self._conf = conf
        self._enforcer = enforcer

    @webob.dec.wsgify
    def __call__(self, request: webob.Request) -> webob.Response:
        """Answer a request."""
        return _ANSWERING.answer(request, self._answer)

    def _answer(self, request: webob.Request) -> webob.Response:
        return webob.Response(
            content_type='application/json',
            charset='utf-8',
            text=json.dumps(self._dispatch(request)),
        )

    def _dispatch(self, request: webob.Request) -> dict[str, Any]:
        caller = oslo_context.RequestContext.from_environ(request.environ)
        if not caller.user_id:
            raise faults.Fault(401, 'Authentication required')
        path = request.path_info.rstrip('/')
        if path in ('', '/v1.0'):
            if request.method != 'GET':
                raise faults.Fault(405, f'{request.method} is not allowed')
            return _versions(request) if not path else _version(request)
        found = routes.find(path)
        if found is None:
            raise faults.Fault(
                404, f'There is nothing at {border.shortened(path)}'
            )
        pattern, arguments = found
        methods = routes.ROUTES[pattern]
        action = methods.get(request.method)
        if action is None:
            raise faults.Fault(
                405,
                f'{request.method} is not allowed here; '
                f'{", ".join(sorted(methods))} are',
            )
        return self._act(request, caller, action, arguments)

    def _act(
        self,
        request: webob.Request,
        caller: oslo_context.RequestContext,
        action: routes.Action,
        arguments: dict[str, str],
    ) -> dict[str, Any]:
        if not self._enforcer.authorize(action.rule, {}, caller):
            raise faults.Fault(403, f'Policy does not allow {action.rule}')
        given: dict[str, Any] = dict(arguments)
        if action.request is not None:
            given['body'] = _read(request, action.request)
        if action.query is not None:
            given['query'] = request.GET
        if action.takes_caller:
            given['caller'] = caller
        if action.all_projects:
            given['project_id'] = (
                None
                if self._enforcer.authorize(action.all_projects, {}, caller)
                else caller.project_id or ''
            )
        body = action.function(self._conf, **given)
        if action.answer is not None:
            jsonschema.validate(body, action.answer)
        if not self._enforcer.authorize('admin_api:pods:identity', {}, caller):
            return pods.without_identity(body)
        return body


def _read(request: webob.Request, schema: dict[str, Any]) -> Any:
    if request.content_type not in ('application/json', ''):
        raise faults.Fault(
            415,
            f'{border.shortened(request.content_type)} is not '
            'application/json',
        )
    body = border.read_json(request.body, _LONGEST_BODY)
    error = jsonschema.exceptions.best_match(
        jsonschema.Draft202012Validator(schema).iter_errors(body)
    )
    if error is not None:
        where = '.'.join(str(part) for part in error.absolute_path)
        raise faults.Fault(
            400, f'{where or "body"}: {border.shortened(error.message)}'
        )
    return body


def _link(request: webob.Request, rel: str, path: str) -> dict[str, str]:
    return {'rel': rel, 'href': f'{request.application_url}{path}'}


def _versions(request: webob.Request) -> dict[str, Any]:
    return {
        'versions': [
            {
                'status': 'CURRENT',
                'id': 'v1.0',
                'updated': '2015-09-09',
                'links': [_link(request, 'self', '/v1.0/')],
            }
        ]
    }


def _version(request: webob.Request) -> dict[str, Any]:
    return {
        'version': '1.0',
        'links': [
            _link(request, 'self', '/v1.0'),
            *(
                _link(request, path.rpartition('/')[2], path)
                for path in routes.collections()
            ),
        ],
    }
