# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The Admin API answers whatever comes, and never with 500."""

from collections.abc import Iterator
import json
from typing import Any
from urllib import parse

import hypothesis
from hypothesis import strategies as st
from oslo_config import cfg
from oslo_policy import policy
import pytest
import sqlalchemy as sa
import webob

from tests.unit.hostile import inputs
from tricircle.api import handler
from tricircle.api import policies
from tricircle.conf import api as api_conf
from tricircle.conf import database
from tricircle.db import session as sessions
from tricircle.db.central import models as central_models

EXAMPLES = 150
POD = '/v1.0/pods'
HEADERS = {'X-User-Id': 'u', 'X-Project-Id': 'p', 'X-Roles': 'admin,reader'}
FIELDS = ('region_name', 'pod_name', 'az_name', 'pod_az_name', 'dc_name')


class Api:
    """The Admin API in this process, asked by an administrator."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url)
        conf = cfg.ConfigOpts()
        for area in (api_conf, database):
            area.register(conf)
        conf([], project='tricircle')
        conf.set_override('tricircle_db_connection', url)
        sessions.configure(conf)
        central_models.Pod.metadata.create_all(
            self._engine,
            tables=[
                central_models.Pod.__table__,
                central_models.GoneRegion.__table__,
                central_models.PodBinding.__table__,
                central_models.ResourceRouting.__table__,
            ],
        )
        enforcer = policy.Enforcer(conf)
        enforcer.register_defaults(policies.list_rules())
        self._app = handler.Handler(conf, enforcer)

    def ask(
        self, method: str, path: str, body: bytes | None = None
    ) -> webob.Response:
        """Send a request.

        :param path: as WSGI has it: bytes as Latin-1, with the query
        """
        request = webob.Request.blank('/', method=method, headers=HEADERS)
        request.environ['PATH_INFO'], _, query = path.partition('?')
        request.environ['QUERY_STRING'] = query
        if body is not None:
            request.body = body
            request.content_type = 'application/json'
        return request.get_response(self._app)

    def rows(self) -> int:
        with self._engine.connect() as connection:
            return int(
                connection.scalar(
                    sa.select(sa.func.count()).select_from(central_models.Pod)
                )
                or 0
            )

    def close(self) -> None:
        self._engine.dispose()


@pytest.fixture(scope='module')
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp('admin')
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            sessions, '_manager', sessions.enginefacade.transaction_context()
        )
        made = Api(f'sqlite:///{folder}/central.db')
        yield made
        made.close()


def check(answer: webob.Response) -> None:
    """Check that an answer is one that a client can read."""
    assert answer.status_int < 500, answer.text
    assert answer.content_type == 'application/json'
    if answer.status_int >= 400:
        (error,) = answer.json_body.values()
        assert error['code'] == answer.status_int
        assert len(error['message']) < 600


@pytest.mark.parametrize('name', inputs.BODIES)
@pytest.mark.parametrize('method', ['POST', 'PUT'])
def test_a_body_that_cannot_be_read_is_refused(
    api: Api, method: str, name: str
) -> None:
    body, status = inputs.BODIES[name]
    before = api.rows()

    answer = api.ask(method, POD if method == 'POST' else f'{POD}/x', body)

    check(answer)
    assert answer.status_int == status
    assert api.rows() == before


@pytest.mark.parametrize(
    'network',
    [
        {},
        {'id': '\ud800', 'segments': []},
        {'id': 'x' * 37, 'segments': []},
        {'id': 'x', 'segments': {}},
        {'id': 'x', 'segments': [{}]},
        {'id': 'x', 'segments': [{'network_type': 'vlan', 'more': 1}]},
        {
            'id': 'x',
            'segments': [{'network_type': 'vxlan', 'segmentation_id': 2**31}],
        },
        {
            'id': 'x',
            'segments': [{'network_type': 'vxlan', 'segmentation_id': -1}],
        },
    ],
)
def test_no_clash_is_looked_for_with_what_is_no_network(
    api: Api, network: Any
) -> None:
    region = {'region_name': 'RegionOne', 'networks': [network]}

    answer = api.ask(
        'POST', '/v1.0/clashes', json.dumps({'region': region}).encode()
    )

    check(answer)
    assert answer.status_int == 400


@pytest.mark.parametrize(
    'path, status',
    [
        (f'{POD}/\xff', 400),
        (f'{POD}/\x00', 404),
        (f'{POD}/..%2f', 404),
        (f'{POD}/' + 'a' * 5000, 404),
        (f'/\xff{POD}', 400),
        (f'{POD}?region_name=%ff', 400),
        (f'{POD}?region_name=%00', 200),
        (f'{POD}?%ff=1', 400),
        (f'{POD}?limit={"9" * 5000}', 400),
        (f'{POD}?limit=1e9', 400),
        (f'{POD}?limit={10**30}', 200),
        (f'{POD}?marker={"a" * 5000}', 400),
        (f'{POD}?pod_id=../x', 200),
        (f'{POD}?{"a" * 5000}=1', 400),
    ],
)
def test_a_path_or_a_query_that_is_none_is_refused(
    api: Api, path: str, status: int
) -> None:
    answer = api.ask('GET', path)

    check(answer)
    assert answer.status_int == status


@pytest.mark.parametrize(
    'value', [inputs.HALF_A_CHARACTER, inputs.NUL, 'a\n', 'a' * 256, 1, None]
)
@pytest.mark.parametrize('field', FIELDS)
def test_a_text_that_cannot_be_kept_is_refused(
    api: Api, field: str, value: Any
) -> None:
    pod = {'region_name': 'RegionOne', 'az_name': 'az', field: value}
    if field == 'pod_name':
        del pod['region_name']
    before = api.rows()

    answer = api.ask('POST', POD, json.dumps({'pod': pod}).encode())

    check(answer)
    assert answer.status_int == 400
    assert api.rows() == before


def test_a_length_that_is_no_number_is_refused(api: Api) -> None:
    request = webob.Request.blank(POD, method='POST', headers=HEADERS)
    request.environ['CONTENT_LENGTH'] = '9' * 5000

    answer = request.get_response(api._app)

    check(answer)
    assert answer.status_int == 413


def test_pod_name_is_taken_as_region_name(api: Api) -> None:
    answer = api.ask(
        'POST', POD, b'{"pod": {"pod_name": "Pod1", "az_name": "az1"}}'
    )

    assert answer.status_int == 200
    pod = answer.json_body['pod']
    assert pod['region_name'] == 'Pod1'
    assert 'pod_name' not in pod


def test_pod_name_and_region_name_must_not_differ(api: Api) -> None:
    answer = api.ask(
        'POST',
        POD,
        b'{"pod": {"pod_name": "A", "region_name": "B", "az_name": "az1"}}',
    )

    check(answer)
    assert answer.status_int == 400


@hypothesis.settings(max_examples=EXAMPLES)
@hypothesis.given(
    body=st.one_of(inputs.values, inputs.bodies('pod', FIELDS)),
    method=st.sampled_from(['POST', 'PUT']),
)
def test_no_body_is_too_much(api: Api, method: str, body: Any) -> None:
    path = POD if method == 'POST' else f'{POD}/x'

    answer = api.ask(method, path, json.dumps(body).encode())

    check(answer)
    if answer.status_int >= 400:
        return
    made = answer.json_body['pod']
    check(api.ask('GET', f'{POD}?limit=1'))
    assert api.ask('DELETE', f'{POD}/{made["pod_id"]}').status_int == 200


@hypothesis.settings(max_examples=EXAMPLES)
@hypothesis.given(
    parts=st.lists(inputs.segments, max_size=3),
    query=st.dictionaries(
        st.one_of(
            st.sampled_from([b'limit', b'marker', b'az_name', b'pod_id']),
            inputs.segments,
        ),
        inputs.segments,
        max_size=3,
    ),
    method=st.sampled_from(['GET', 'PUT', 'DELETE', 'POST', 'PATCH']),
)
def test_no_path_and_no_query_is_too_much(
    api: Api, method: str, parts: list[bytes], query: dict[bytes, bytes]
) -> None:
    path = POD + inputs.path_info(*parts)

    check(api.ask(method, f'{path}?{parse.urlencode(query)}', b'{}'))
