# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The Admin API as an OpenAPI document, made from its routes and schemas.

``python -m tricircle.api.openapi`` prints it; the file in the documentation is
that, and a test holds the two together.
"""

from collections.abc import Iterator
import copy
import inspect
import json
import re
from typing import Any, Final

from tricircle.api import faults
from tricircle.api import routes
from tricircle.db.central.pod import pods

_ID: Final = re.compile(r'{\w+}')
#: Whatever is asked: of a path or a query that is no text, without a token...
_ANY: Final = (400, 401, 403, 413, 500, 503)
_VERSION: Final = {
    'type': 'object',
    'properties': {'links': {'type': 'array', 'items': {'type': 'object'}}},
}
_OVERVIEWS: Final = {
    '/': ('versions', 'List the versions of the API'),
    '/v1.0': ('version', 'Show a version of the API'),
}


def _is_ambiguous(path: str) -> bool:
    """Tell whether something else may be at a path."""
    any_id = re.compile(_ID.sub('[^/]+', path))
    others = (routes.template(pattern) for pattern in routes.ROUTES)
    return any(any_id.fullmatch(other) for other in others if '{' not in other)


def _portable(value: Any) -> Any:
    """Return a schema with patterns that are not Python's alone."""
    if isinstance(value, dict):
        return {
            key: one.replace(r'\Z', '$')
            if key == 'pattern' and isinstance(one, str)
            else _portable(one)
            for key, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [_portable(one) for one in value]
    return value


def _as_answered(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an answer, which lacks what only some may see."""
    made = copy.deepcopy(schema)
    fields = made['properties']
    for pod in (
        fields.get('pod'),
        fields['pods']['items'] if 'pods' in fields else None,
    ):
        if pod is not None:
            pod['required'] = [
                one for one in pod['required'] if one not in pods.HIDDEN
            ]
    return made


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {'application/json': {'schema': schema}}


def _parameters(path: str, action: routes.Action) -> Iterator[dict[str, Any]]:
    for name in re.findall(r'{(\w+)}', path):
        yield {
            'name': name,
            'in': 'path',
            'required': True,
            'schema': {'type': 'string', 'minLength': 1},
        }
    for name, schema in (action.query or {}).items():
        said = dict(schema)
        described = said.pop('description', None)
        yield {
            'name': name,
            'in': 'query',
            'required': False,
            **({'description': described} if described else {}),
            'schema': _portable(said),
        }


def _errors(*more: int) -> dict[str, Any]:
    return {
        str(status): {'$ref': f'#/components/responses/{faults.TYPES[status]}'}
        for status in sorted({*_ANY, *more})
    }


def _summary(action: routes.Action) -> str:
    return (inspect.getdoc(action.function) or '').splitlines()[0]


def _operation(
    path: str, method: str, action: routes.Action
) -> dict[str, Any]:
    module = action.function.__module__.rsplit('.', 1)[-1]
    errors = [404] if '{' in path else []
    if errors and _is_ambiguous(path):
        # What is there allows other methods.
        errors.append(405)
    made: dict[str, Any] = {
        'operationId': f'{module}_{action.function.__name__}',
        'summary': _summary(action),
        'tags': [module],
        'x-policy-rule': action.rule,
    }
    parameters = list(_parameters(path, action))
    if parameters:
        made['parameters'] = parameters
    if action.request is not None:
        made['requestBody'] = {
            'required': True,
            'content': _json(_portable(action.request)),
        }
        errors += [415, 422]
    if method != 'GET':
        errors.append(409)
    answer = {'type': 'object', 'maxProperties': 0}
    if action.answer is not None:
        answer = _portable(_as_answered(action.answer))
    made['responses'] = {
        '200': {'description': 'Done', 'content': _json(answer)},
        **_errors(*errors),
    }
    return made


def _overview(path: str) -> dict[str, Any]:
    name, summary = _OVERVIEWS[path]
    return {
        'get': {
            'operationId': name,
            'summary': summary,
            'tags': ['versions'],
            'responses': {
                '200': {'description': 'Done', 'content': _json(_VERSION)},
                **_errors(),
            },
        }
    }


def _error(status: int, name: str) -> dict[str, Any]:
    """Return what an error answers."""
    return {
        'description': name,
        'content': _json(
            {
                'type': 'object',
                'required': [name],
                'additionalProperties': False,
                'properties': {
                    name: {
                        'type': 'object',
                        'required': ['message', 'code'],
                        'additionalProperties': False,
                        'properties': {
                            'message': {'type': 'string'},
                            'code': {'type': 'integer', 'const': status},
                        },
                    }
                },
            }
        ),
    }


def document() -> dict[str, Any]:
    """Return the document, as plain data."""
    paths = {one: _overview(one) for one in _OVERVIEWS}
    for pattern, methods in routes.ROUTES.items():
        path = routes.template(pattern)
        paths[path] = {
            method.lower(): _operation(path, method, action)
            for method, action in methods.items()
        }
    return {
        'openapi': '3.1.0',
        'info': {
            'title': 'Administrator API of Tricircle',
            'version': '1.0',
            'license': {'name': 'Apache 2.0', 'identifier': 'Apache-2.0'},
        },
        'security': [{'token': []}],
        'paths': paths,
        'components': {
            'securitySchemes': {
                'token': {
                    'type': 'apiKey',
                    'in': 'header',
                    'name': 'X-Auth-Token',
                    'description': "A token of Keystone's, of a project",
                }
            },
            'responses': {
                name: _error(status, name)
                for status, name in faults.TYPES.items()
            },
        },
    }


def text() -> str:
    """Return the document as the file that is shipped."""
    return json.dumps(document(), indent=1) + '\n'


if __name__ == '__main__':
    print(text(), end='')
