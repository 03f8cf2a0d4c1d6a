# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The OpenAPI document of the Admin API."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests import described
from tests.unit.api.conftest import Api
from tests.unit.api.conftest import MEMBER
from tests.unit.api.conftest import READER
from tricircle.api import openapi
from tricircle.api import policies
from tricircle.api import routes

FILE = Path(__file__).parents[3] / 'doc' / 'source' / 'api' / 'openapi.json'
OPERATIONS = [
    (path, method, operation)
    for path, operations in described.DOCUMENT['paths'].items()
    for method, operation in operations.items()
]


def test_the_file_in_the_documentation_is_that_of_this_release() -> None:
    assert FILE.read_text() == openapi.text(), (
        'write it with: python -m tricircle.api.openapi > doc/source/api/'
        'openapi.json'
    )


def test_every_route_is_described() -> None:
    described_ids = [one['operationId'] for _, _, one in OPERATIONS]

    assert len(described_ids) == len(set(described_ids))
    assert len(described_ids) == 2 + sum(map(len, routes.ROUTES.values()))


def test_the_rules_that_are_named_are_those_of_the_policy() -> None:
    rules = {one.name: one for one in policies.list_rules()}
    calls = {
        name: {(one['method'], one['path']) for one in rule.operations}
        for name, rule in rules.items()
    }

    for path, method, operation in OPERATIONS:
        rule = operation.get('x-policy-rule')
        if rule is not None:
            assert (method.upper(), path) in calls[rule], (path, method)


@pytest.mark.parametrize(
    'operation',
    [one for _, _, one in OPERATIONS],
    ids=lambda one: one['operationId'],
)
def test_every_schema_is_one(operation: Any) -> None:
    schemas = [one['schema'] for one in operation.get('parameters', ())]
    for response in operation['responses'].values():
        schemas.append(described.schema(described.resolved(response)))
    if 'requestBody' in operation:
        schemas.append(described.schema(operation['requestBody']))

    for schema in schemas:
        jsonschema.Draft202012Validator.check_schema(schema)
        # Of Python alone, which other readers of the document are not.
        assert r'\Z' not in str(schema)


@pytest.mark.parametrize('roles', [READER, MEMBER])
def test_what_a_reader_is_shown_is_described(api: Api, roles: str) -> None:
    for path in ('', '/pods', f'/pods/{api.pods["RegionOne"]}', '/nothing'):
        api.ask('GET', path, roles=roles)


def test_what_is_not_as_described_is_noticed() -> None:
    with pytest.raises(jsonschema.ValidationError):
        described.check('GET', '/v1.0/jobs', b'', 200, {'jobs': [{'id': 5}]})
    with pytest.raises(AssertionError):
        described.check('GET', '/v1.0/jobs', b'', 418, {})
    with pytest.raises(AssertionError):
        described.check('GET', '/v1.0/jobs?x=1', b'', 200, {'jobs': []})
