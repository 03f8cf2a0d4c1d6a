# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The topology page: its files, its headers, and logging in."""

import hashlib
from importlib import resources
import logging
from pathlib import Path
import re
import threading
from typing import Any

from keystoneauth1 import exceptions as ks_exc
from keystonemiddleware import auth_token
from oslo_config import cfg
import pytest
import requests
import requests_mock
import webob

from tests.unit.api.test_token_cache import KEYSTONE
from tests.unit.api.test_token_cache import TOKEN
from tricircle.api import deploy
from tricircle.api.page import login
from tricircle.conf import api as api_conf
from tricircle.conf import client as client_conf
from tricircle.conf import metrics as metrics_conf

STATIC = Path(str(resources.files('tricircle.api.page') / 'static'))
OURS = sorted(
    one for one in STATIC.iterdir() if one.suffix in ('.js', '.css', '.html')
)
PASSWORD = 'the-password'
LOGIN = {
    'username': 'alice',
    'password': PASSWORD,
    'user_domain_name': 'Default',
    'project_name': 'p1',
    'project_domain_name': 'Default',
}


class _NoTokens:
    """In place of the check of tokens: nobody has a valid one."""

    def __init__(self, app: Any, conf: dict[str, Any]) -> None:
        pass

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        return webob.Response(status=401)(environ, start_response)


class Page:
    """The Admin API as it is deployed, for who has no token."""

    def __init__(self, strategy: str = 'keystone', **options: Any) -> None:
        self.conf = conf = cfg.ConfigOpts()
        api_conf.register(conf)
        client_conf.register(conf)
        metrics_conf.register_api(conf)
        conf([], project='tricircle')
        for name, value in options.items():
            conf.set_override(name, value)
        conf.set_override('auth_strategy', strategy, 'client')
        conf.set_override('auth_url', KEYSTONE, 'client')
        self.app: Any = deploy.application(conf)

    def ask(
        self, path: str, method: str = 'GET', **options: Any
    ) -> webob.Response:
        request = webob.Request.blank(path, method=method, **options)
        return request.get_response(self.app)

    def log_in(self, body: Any = None, **options: Any) -> webob.Response:
        return self.ask(
            '/topology/login',
            'POST',
            json={'login': LOGIN} if body is None else body,
            content_type='application/json',
            **options,
        )


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Page:
    monkeypatch.setattr(auth_token, 'AuthProtocol', _NoTokens)
    return Page()


@pytest.fixture
def keystone() -> Any:
    with requests_mock.Mocker() as made:
        made.post(
            f'{KEYSTONE}/auth/tokens',
            json=TOKEN,
            headers={'X-Subject-Token': 'the-token'},
        )
        yield made


def served(page: Page) -> list[str]:
    return [
        f'/topology/{one.relative_to(STATIC)}'
        for one in STATIC.rglob('*')
        if one.is_file()
    ]


def test_the_page_needs_no_token(page: Page) -> None:
    answer = page.ask('/topology/')

    assert (answer.status_int, answer.content_type) == (200, 'text/html')
    assert answer.body == (STATIC / 'index.html').read_bytes()


def test_every_file_of_the_package_is_served_as_what_it_is(
    page: Page,
) -> None:
    kinds = {
        path: page.ask(path).content_type
        for path in served(page)
        if page.ask(path).status_int == 200
    }

    assert set(kinds) == set(served(page))
    assert kinds['/topology/page.js'] == 'text/javascript'
    assert kinds['/topology/page.css'] == 'text/css'
    assert kinds['/topology/icon.png'] == 'image/png'
    assert (
        kinds['/topology/cytoscape/cytoscape.esm.min.mjs'] == 'text/javascript'
    )
    assert kinds['/topology/cytoscape/LICENSE'] == 'text/plain'


@pytest.mark.parametrize(
    'path', ['/topology/', '/topology/page.js', '/topology/nothing']
)
def test_nothing_of_another_host_and_nothing_inline_may_run(
    page: Page, path: str
) -> None:
    headers = page.ask(path).headers

    policy = dict(
        one.strip().split(' ', 1)
        for one in headers['Content-Security-Policy'].split(';')
    )
    assert policy['default-src'] == "'none'"
    assert set(policy.values()) == {"'none'", "'self'"}
    assert policy['frame-ancestors'] == "'none'"
    assert headers['X-Content-Type-Options'] == 'nosniff'


@pytest.mark.parametrize('path', OURS, ids=lambda path: path.name)
def test_no_name_becomes_markup_and_nothing_is_inline(path: Path) -> None:
    text = path.read_text()

    assert not re.search(
        r'innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(',
        text,
    )
    assert not re.search(r'<script(?![^>]* src=)|<style|\son\w+=', text)
    assert not re.search(r'localStorage|sessionStorage|cookie', text)


def test_without_a_slash_it_leads_to_the_page(page: Page) -> None:
    answer = page.ask('/topology')

    assert answer.status_int == 308
    assert answer.location == 'http://localhost/topology/'


def test_behind_a_proxy_it_leads_to_where_the_proxy_is(page: Page) -> None:
    page.conf.set_override(
        'enable_proxy_headers_parsing', True, 'oslo_middleware'
    )

    answer = page.ask(
        '/topology',
        headers={
            'X-Forwarded-Proto': 'https',
            'X-Forwarded-Host': 'cloud.example',
        },
    )

    assert answer.location == 'https://cloud.example/topology/'


def test_what_a_browser_has_is_not_sent_again(page: Page) -> None:
    tag = page.ask('/topology/page.js').headers['ETag']

    answer = page.ask('/topology/page.js', headers={'If-None-Match': tag})

    assert (answer.status_int, answer.body) == (304, b'')


@pytest.mark.parametrize(
    'path',
    [
        '/topology/nothing',
        '/topology/../serving.py',
        '/topology/%2e%2e/serving.py',
        '/topology/%ff',
        '/topology//etc/passwd',
    ],
)
def test_there_is_nothing_but_the_files(page: Page, path: str) -> None:
    assert page.ask(path).status_int == 404


def test_files_are_only_read(page: Page) -> None:
    assert page.ask('/topology/', 'DELETE').status_int == 405


@pytest.mark.parametrize('path', ['/v1.0/topology', '/topologyx', '/'])
def test_all_else_needs_a_token(page: Page, path: str) -> None:
    assert page.ask(path).status_int == 401


@pytest.mark.parametrize('path', ['/topology', '/topology/'])
def test_an_operator_can_turn_it_off(
    monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(auth_token, 'AuthProtocol', _NoTokens)
    page = Page(topology_page=False)

    assert page.ask(path).status_int == 401
    assert page.log_in().status_int == 401


def test_the_library_is_the_one_that_is_noted() -> None:
    folder = STATIC / 'cytoscape'
    noted = (folder / 'VERSION').read_text()
    library = (folder / 'cytoscape.esm.min.mjs').read_bytes()

    assert hashlib.sha256(library).hexdigest() in noted
    assert 'Permission is hereby granted' in (folder / 'LICENSE').read_text()


def test_a_password_is_exchanged_for_a_token(
    page: Page, keystone: Any
) -> None:
    answer = page.log_in()

    assert answer.status_int == 200, answer.text
    assert answer.json_body == {
        'login': {
            'token': 'the-token',
            'expires_at': '2126-01-01T00:00:00+00:00',
        }
    }
    assert answer.headers['Cache-Control'] == 'no-store'
    (asked,) = keystone.request_history
    assert asked.json()['auth']['identity']['password']['user'] == {
        'name': 'alice',
        'password': PASSWORD,
        'domain': {'name': 'Default'},
    }


def test_keystone_is_told_who_asks(page: Page, keystone: Any) -> None:
    page.log_in(remote_addr='192.0.2.7')

    (asked,) = keystone.request_history
    assert 'for=192.0.2.7' in asked.headers['Forwarded']


@pytest.mark.parametrize('status', [200, 401, 500])
def test_neither_password_nor_token_is_logged_or_said_again(
    page: Page, keystone: Any, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    caplog.set_level(logging.DEBUG)
    if status != 200:
        keystone.post(
            f'{KEYSTONE}/auth/tokens',
            status_code=status,
            json={'error': {'message': f'{PASSWORD} the-token'}},
        )

    answer = page.log_in()

    assert PASSWORD not in caplog.text
    assert 'the-token' not in caplog.text
    assert PASSWORD not in answer.text
    assert ('the-token' in answer.text) is (status == 200)


def test_a_password_that_is_no_text_is_not_said_again(page: Page) -> None:
    answer = page.log_in({'login': {**LOGIN, 'more': PASSWORD}})

    assert answer.status_int == 400
    assert PASSWORD not in answer.text


def test_a_wrong_password_is_told(page: Page, keystone: Any) -> None:
    keystone.post(f'{KEYSTONE}/auth/tokens', status_code=401, json={})

    answer = page.log_in()

    assert answer.status_int == 401
    assert 'does not accept' in answer.json_body['unauthorized']['message']


@pytest.mark.parametrize(
    'how',
    [
        {'status_code': 500},
        {'status_code': 404},
        {'exc': requests.ConnectionError('http://10.0.0.5 is away')},
        {'text': 'no json'},
    ],
)
def test_a_keystone_that_gives_no_token_is_told_without_its_address(
    page: Page, keystone: Any, how: dict[str, Any]
) -> None:
    keystone.post(f'{KEYSTONE}/auth/tokens', **how)

    answer = page.log_in()

    assert answer.status_int == 503
    assert '10.0.0.5' not in answer.text


@pytest.mark.parametrize(
    ('status', 'options'),
    [
        (405, {'method': 'GET'}),
        (415, {'content_type': 'text/plain', 'body': b'{}'}),
        (400, {'content_type': 'application/json', 'body': b'no'}),
        (400, {'content_type': 'application/json', 'body': b'[]'}),
        (400, {'content_type': 'application/json', 'body': b'{"login": 5}'}),
        (413, {'content_type': 'application/json', 'body': b' ' * 20000}),
    ],
)
def test_what_is_no_login_is_refused(
    page: Page, keystone: Any, status: int, options: dict[str, Any]
) -> None:
    answer = page.ask('/topology/login', **{'method': 'POST', **options})

    assert answer.status_int == status
    assert not keystone.called


def test_who_logs_in_does_not_take_all_threads(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answer = threading.Semaphore(0), threading.Event()

    def slow(*_: Any) -> None:
        asked.release()
        assert answer.wait(30)
        raise ks_exc.Unauthorized

    monkeypatch.setattr(login.v3.Password, 'get_access', slow)
    # A quarter of the eight that there are.
    threads = [threading.Thread(target=page.log_in) for _ in range(2)]
    for one in threads:
        one.start()
    for _ in threads:
        assert asked.acquire(timeout=30)

    assert page.log_in().status_int == 503

    answer.set()
    for one in threads:
        one.join()
    assert page.log_in().status_int == 401


def test_without_keystone_there_is_nobody_to_ask(keystone: Any) -> None:
    assert Page('noauth').log_in().status_int == 404
    assert not keystone.called
