# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Requests that mean no good: none is a 500, and none leads elsewhere."""

from collections.abc import Iterator
import contextlib
import io
import socket
import threading
from typing import Any
from urllib import parse

import hypothesis
from hypothesis import strategies as st
from oslo_config import cfg
import pytest
import webob

from tests.unit.gateway import cinder_types
from tests.unit.gateway import guarded
from tests.unit.gateway import novas
from tests.unit.gateway import stand_in
from tricircle.conf import client as client_conf
from tricircle.conf import gateway as gateway_conf
from tricircle.gateway import exchange
from tricircle.gateway import regions
from tricircle.gateway.api import compute
from tricircle.gateway.api import service as services
from tricircle.gateway.api import volume

EXAMPLES = 400
#: What paths are made of: names of the API, and what leads elsewhere.
PIECES = [
    'servers',
    'flavors',
    'os-keypairs',
    'os-server-groups',
    'volumes',
    'types',
    'qos-specs',
    'default-types',
    'action',
    'detail',
    'associate',
    'limits',
    'One-1',
    '..',
    '.',
    '%2e%2e',
    '%252e%252e',
    '%2f',
    '%5c..',
    '..;',
    '@evil.example',
    '//evil.example',
    '%00',
    '%0d%0aHost:evil.example',
    '?region=Two',
    '#',
    'é',
    '%ff',
    '\u202e',
    'a' * 300,
]
QUERIES = [
    'region=One',
    'region=evil.example',
    'region=One&region=Two',
    'region=../Two',
    'region=%0d%0a',
    'limit=-1',
    'limit=9999999999999',
    'limit=%D9%A3',
    'offset=x',
    'marker=%00',
    'sort_key=a&sort_dir=b',
    'sort=a:b:c,',
    'user_id=another',
    'vol_type_id=../x',
    'is_public=None',
    '%ff',
    'tricircle_marks=AAAA',
    'changes-since=x',
]
BODIES = [
    b'',
    b'{}',
    b'[]',
    b'null',
    b'"server"',
    b'\xff\xfe',
    b'{"server": []}',
    b'{"server": {"networks": [{"uuid": {"a": 1}}], "name": null}}',
    b'{"server": {"flavorRef": ["x"], "imageRef": {}, "key_name": {}}}',
    b'{"server": {"key_name": "k", "flavorRef": "http://[x"}}',
    b'{"server": {"name": "\\ud800", "metadata": 7, "min_count": "x"}}',
    b'{"flavor": {"id": "../x", "name": "..", "ram": 1e400}}',
    b'{"keypair": {"name": "..", "user_id": ["x"]}}',
    b'{"keypair": {"name": "k", "user_id": {"a": "b"}}}',
    b'{"volume": {"volume_type": {"a": 1}, "snapshot_id": [["x"]]}}',
    b'{"volume_type": {"name": "../x", "extra_specs": []}}',
    b'{"qos_specs": {"name": 7}}',
    b'{"default_type": {"volume_type": ["x"]}}',
    b'{"resize": {"flavorRef": "x?y"}}',
    b'{"unshelve": []}',
    b'[' * 5000,
    b'{"server": ' * 2000,
]
VERSIONS = [
    '',
    'compute latest',
    'volume 3.70',
    'compute 2.' + '9' * 400,
    'x',
    'compute 2.1, compute 2.2',
]


def text() -> Any:
    return st.one_of(
        st.sampled_from(PIECES),
        st.text(min_size=1, max_size=20),
        st.binary(min_size=1, max_size=8).map(parse.quote_from_bytes),
    )


PATHS = st.lists(text(), min_size=1, max_size=4).map('/'.join)
REQUESTS = st.fixed_dictionaries(
    {
        'method': st.sampled_from(
            ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'X', 'get']
        ),
        'path': PATHS,
        'query': st.one_of(
            st.just(''), st.sampled_from(QUERIES), st.text(max_size=20)
        ),
        'body': st.one_of(st.sampled_from(BODIES), st.binary(max_size=40)),
        'version': st.sampled_from(VERSIONS),
    }
)
SETTINGS = hypothesis.settings(
    max_examples=EXAMPLES,
    suppress_health_check=list(hypothesis.HealthCheck),
)


def raw(service: services.Service, wish: dict[str, Any]) -> webob.Request:
    """Return a request as a server of WSGI hands it over."""
    path = parse.unquote_to_bytes(
        f'/{service.version}/{wish["path"]}'.encode(errors='replace')
    )
    return webob.Request(
        {
            'REQUEST_METHOD': wish['method'],
            'SCRIPT_NAME': '',
            'PATH_INFO': path.decode('latin-1'),
            'QUERY_STRING': wish['query']
            .encode(errors='replace')
            .decode('latin-1'),
            'SERVER_NAME': 'cloud.example',
            'SERVER_PORT': '80',
            'HTTP_HOST': 'cloud.example',
            'wsgi.url_scheme': 'http',
            'wsgi.input': io.BytesIO(wish['body']),
            'CONTENT_LENGTH': str(len(wish['body'])),
            'CONTENT_TYPE': 'application/json',
            'HTTP_X_USER_ID': guarded.ADMIN.name,
            'HTTP_X_PROJECT_ID': stand_in.PROJECT,
            'HTTP_X_AUTH_TOKEN': guarded.ADMIN.token,
            'HTTP_OPENSTACK_API_VERSION': wish['version'],
        }
    )


def leads_nowhere_else(path: str) -> bool:
    """Tell whether whoever reads a path finds what it seems to say."""
    return (
        path.startswith('/')
        and not path.startswith('//')
        and path.isascii()
        and path.isprintable()
        and not set('?# \\') & set(path)
        and not {'.', '..'} & set(parse.unquote(path).split('/'))
    )


def regions_of(service: services.Service) -> tuple[Any, stand_in.Client]:
    there: Any
    if service is compute.SERVICE:
        there = novas.Regions('One', 'Two')
        client = stand_in.Client(novas.cloud(there))
        there.there['One'].boot(1, '2026-01-01T00:00:00Z')
    else:
        there = cinder_types.Regions('One', 'Two')
        client = stand_in.Client(cinder_types.cloud(there))
    lists = {
        route.path: route.key
        for route in service.routes
        if route.behaviour in ('merge', 'union')
    }
    for region in there.there.values():
        guarded.guard(region, lists)
    return there, client


#: What is not what a field of a body should have.
WRONG: list[Any] = [
    None,
    True,
    7,
    -(2**70),
    '',
    '..',
    '../../x',
    'x' * 5000,
    '\x00',
    '\u202e',
    [],
    [[]],
    [{'uuid': ['x'], 'port': {}, 'source_type': 'volume'}],
    {},
    {'a': {'b': []}},
    {'id': '..', 'name': {}},
]
#: Fields of bodies that the gateway looks at.
FIELDS = (
    'name',
    'id',
    'user_id',
    'flavorRef',
    'imageRef',
    'key_name',
    'networks',
    'metadata',
    'min_count',
    'max_count',
    'availability_zone',
    'block_device_mapping',
    'block_device_mapping_v2',
    'volume_id',
    'volumeId',
    'volume_uuid',
    'snapshot_id',
    'source_volid',
    'volume_type',
    'volume_types',
    'group_type',
    'group_id',
    'project_id',
)


@pytest.mark.parametrize('service', [compute.SERVICE, volume.SERVICE])
def test_whatever_a_body_says_is_no_defect(
    database: None, service: services.Service
) -> None:
    there, client = regions_of(service)
    wrong: list[Any] = []
    seen: set[tuple[str, str, str]] = set()
    for route in service.routes:
        if route.behaviour == 'refuse' or not route.key:
            continue
        path = route.path.removesuffix('/**').replace('{id}', 'One-1')
        path = f'/{service.version}{path.replace("{volume_id}", "x")}'
        bodies: list[Any] = [WRONG[0], *({route.key: one} for one in WRONG)]
        for field in FIELDS:
            bodies += ({route.key: {field: one}} for one in WRONG[::3])
        for method in ('POST', 'PUT'):
            # Of those that are read alike one is enough.
            alike = (route.behaviour, route.key, method)
            if not route.takes(method) or alike in seen:
                continue
            seen.add(alike)
            for body in bodies:
                answer = guarded.ask(client, guarded.ADMIN, method, path, body)
                if answer.status_int == 500:
                    wrong.append((method, path, body))
        guarded.asked(there)
    assert wrong == []


@pytest.mark.parametrize('service', [compute.SERVICE, volume.SERVICE])
def test_none_is_a_500_and_all_go_where_they_say(
    database: None, service: services.Service
) -> None:
    there, client = regions_of(service)

    @SETTINGS
    @hypothesis.given(REQUESTS)
    def ask(wish: dict[str, Any]) -> None:
        request = raw(service, wish)
        answer = request.get_response(client.application)
        hypothesis.target(float(answer.status_int < 400))
        assert answer.status_int != 500, answer.text
        for question in guarded.asked(there):
            assert question.headers['X-Auth-Token'] == guarded.ADMIN.token
            assert leads_nowhere_else(question.path), question
            assert question.query.isascii()
            assert question.query.isprintable()
            assert ' ' not in question.query
            assert 'region=' not in question.query

    ask()


class Line:
    """A region that notes what it is asked, as it stands on the line.

    :ivar lines: path and host of each request
    """

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self._socket = socket.create_server(('127.0.0.1', 0))
        self.host = f'127.0.0.1:{self._socket.getsockname()[1]}'
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._socket.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                one, _address = self._socket.accept()
                threading.Thread(
                    target=self._answer, args=(one,), daemon=True
                ).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, connection.makefile('rb') as said:
            while line := said.readline().decode('latin-1'):
                host = ''
                while (header := said.readline().decode('latin-1')).strip():
                    name, _colon, value = header.partition(':')
                    if name.lower() == 'host':
                        host = value.strip()
                self.lines.append((line.split(' ')[1], host))
                connection.sendall(
                    b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}'
                )


@pytest.fixture
def region() -> Iterator[Line]:
    line = Line()
    yield line
    line.close()


def test_on_the_line_to_a_region_is_what_was_asked(
    database: None, region: Line
) -> None:
    """What makes URLs of paths may undo what is quoted in them."""
    conf = cfg.ConfigOpts()
    gateway_conf.register(conf)
    client_conf.register(conf)
    conf([], default_config_files=[])
    conf.set_override('auth_strategy', 'noauth', 'client')
    real = regions.Regions(conf, 'compute', 'v2.1')
    root = f'http://{region.host}/compute'
    real._find_root = lambda _name: root  # type: ignore[method-assign]

    there = novas.Regions('One')
    there.ask = (  # type: ignore[method-assign]
        lambda name, question, timeout=None: real.ask(
            name, question_of(question), timeout
        )
    )
    client = stand_in.Client(novas.cloud(there))
    asked: list[exchange.Question] = []

    def question_of(question: exchange.Question) -> exchange.Question:
        asked.append(question)
        return question

    @SETTINGS
    @hypothesis.given(PATHS)
    def ask(path: str) -> None:
        asked.clear()
        region.lines.clear()
        wish = {
            'method': 'GET',
            'path': path,
            'query': 'region=One',
            'body': b'',
            'version': '',
        }
        request = raw(compute.SERVICE, wish)
        answer = request.get_response(client.application)
        assert answer.status_int != 500
        assert len(region.lines) == len(asked)
        for (line, host), question in zip(region.lines, asked, strict=True):
            assert host == root.split('/')[2]
            found, _mark, query = line.partition('?')
            assert query == question.query
            assert found.startswith('/compute/v2.1/')
            below = found.removeprefix('/compute/v2.1')
            assert parse.unquote(below) == parse.unquote(question.path)
            assert leads_nowhere_else(below)

    ask()
