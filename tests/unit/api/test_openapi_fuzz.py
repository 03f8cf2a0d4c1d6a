# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Whatever the document of the Admin API allows, and what it does not.

Nothing is answered with 500, and everything as the document says.
"""

from collections.abc import Iterator
import json
from typing import Any

import hypothesis
from hypothesis import strategies as st
import pytest
import schemathesis
from schemathesis import checks
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode

from tests.unit.api.conftest import Api
from tests.unit.api.test_jobs import place
from tests.unit.api.test_jobs import record
from tricircle.api import openapi
from tricircle.db import session as sessions
from tricircle.db.central import routings

#: Of each operation, of what it allows and of what it does not.
EXAMPLES = 20
checks.load_all_checks()
#: Unlike others these say nothing of what an operator may not do just now.
CHECKS = checks.CHECKS.get_by_names(
    [
        'not_a_server_error',
        'status_code_conformance',
        'content_type_conformance',
        'response_schema_conformance',
        'negative_data_rejection',
    ]
)
#: What is said of them by an API that is not told as whom to ask regions.
NO_REGIONS = 'cannot ask regions: [client]'
CONFIG = SchemathesisConfig.from_dict(
    {
        'checks': {
            'negative_data_rejection': {
                # Also of what is too large before it is looked at.
                'expected-statuses': [400, 404, 409, 413, 415, 422]
            }
        }
    }
)
NAMES = {
    f'{method.upper()} {path}': operation
    for path, operations in openapi.document()['paths'].items()
    for method, operation in operations.items()
}


def _takes_something(operation: Any) -> bool:
    """Tell whether there is something that an operation does not allow."""
    return 'requestBody' in operation or any(
        one['in'] == 'query' for one in operation.get('parameters', ())
    )


ALLOWED = [(name, GenerationMode.POSITIVE) for name in NAMES]
NOT_ALLOWED = [
    (name, GenerationMode.NEGATIVE)
    for name, operation in NAMES.items()
    if _takes_something(operation)
]


class Fuzzed:
    """The API with something in it, as schemathesis asks it.

    :ivar there: IDs of what there is, by the name that they have in paths
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        place(api)
        with sessions.reader() as session:
            (routing,) = routings.find(session, {}, None, None, 1)
        self.there = {
            'pod_id': api.pods['RegionOne'],
            'job_id': record(),
            'routing_id': str(routing.id),
        }
        document = schemathesis.openapi.from_wsgi(
            '/openapi.json', self._serve, config=CONFIG
        )
        self.operations = {
            one.ok().label: one.ok() for one in document.get_all_operations()
        }

    def _serve(self, environ: dict[str, Any], start_response: Any) -> Any:
        if environ['PATH_INFO'] == '/openapi.json':
            start_response('200 OK', [('Content-Type', 'application/json')])
            document = openapi.document()
            # What looks at tokens is not there.
            del document['security']
            return [json.dumps(document).encode()]
        environ.update(
            HTTP_X_USER_ID='u',
            HTTP_X_PROJECT_ID='admins',
            HTTP_X_ROLES='admin,reader',
        )
        return self._api.app(environ, start_response)


@pytest.fixture(scope='module')
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    folder = tmp_path_factory.mktemp('fuzzed')
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            sessions, '_manager', sessions.enginefacade.transaction_context()
        )
        api = Api(f'sqlite:///{folder}/central.db')
        yield Fuzzed(api)
        api.close()


def test_every_operation_is_asked(fuzzed: Fuzzed) -> None:
    assert set(fuzzed.operations) == set(NAMES)


@pytest.mark.parametrize(('name', 'mode'), [*ALLOWED, *NOT_ALLOWED])
def test_every_answer_is_as_the_document_says(
    fuzzed: Fuzzed, name: str, mode: GenerationMode
) -> None:
    operation = fuzzed.operations[name]
    there = {key: value for key, value in fuzzed.there.items() if key in name}
    cases = operation.as_strategy(generation_mode=mode)
    if there:
        cases = st.one_of(
            cases,
            operation.as_strategy(generation_mode=mode, path_parameters=there),
        )

    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=cases)
    def ask(case: Any) -> None:
        answer = case.call()
        # There are no regions behind this API. Whether one is asked depends
        # on whether an example has the name of one.
        if answer.status_code != 503 or NO_REGIONS not in answer.text:
            case.validate_response(answer, checks=CHECKS)

    ask()
