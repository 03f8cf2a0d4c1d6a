# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What passes over the Admin API, held against its OpenAPI document."""

import json
import re
from typing import Any
from urllib import parse

import jsonschema

from tricircle.api import openapi

DOCUMENT = openapi.document()
_PATHS = [
    (re.compile(re.sub(r'{\w+}', '[^/]+', path)), operations)
    for path, operations in DOCUMENT['paths'].items()
]


def _operation(method: str, path: str) -> Any:
    path = path.rstrip('/') or '/'
    for pattern, operations in _PATHS:
        if pattern.fullmatch(path):
            return operations.get(method.lower())
    return None


def _is_valid(wanted: Any, value: Any) -> bool:
    return bool(jsonschema.Draft202012Validator(wanted).is_valid(value))


def schema(media: Any) -> Any:
    """Return the schema of a body or a response."""
    return media['content']['application/json']['schema']


def resolved(response: Any) -> Any:
    """Return a response that may only be named."""
    reference = response.get('$ref')
    if reference is None:
        return response
    return DOCUMENT['components']['responses'][reference.rsplit('/', 1)[-1]]


def _number(text: str) -> Any:
    try:
        return float(text) if re.search('[.e]', text) else int(text)
    except ValueError:
        return text


def check(
    method: str, url: str, body: bytes, status: int, answer: Any
) -> None:
    """Check that a request and its answer are as the document says.

    What is answered with an error may be a request of any form.

    :param url: path and query, maybe with more before it
    :param answer: the JSON of it
    """
    parts = parse.urlsplit(url)
    operation = _operation(method, parts.path)
    if operation is None:
        assert status in (401, 404, 405), answer
        return
    found = operation['responses'].get(str(status))
    assert found is not None, (url, status)
    jsonschema.validate(
        answer,
        schema(resolved(found)),
        cls=jsonschema.Draft202012Validator,
    )
    if status != 200:
        return
    if 'requestBody' in operation:
        jsonschema.validate(
            json.loads(body),
            schema(operation['requestBody']),
            cls=jsonschema.Draft202012Validator,
        )
    known = {
        one['name']: one['schema']
        for one in operation.get('parameters', ())
        if one['in'] == 'query'
    }
    for name, value in parse.parse_qsl(parts.query):
        assert name in known, name
        assert any(
            _is_valid(known[name], one) for one in (value, _number(value))
        ), (name, value)
