# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Tokens are kept in memcached where the operator says so."""

import socket
from typing import Any

from keystonemiddleware import auth_token
from oslo_config import cfg
import pytest
import requests
import requests_mock
import webob
import webob.dec

KEYSTONE = 'http://keystone.example/v3'
TOKEN = {
    'token': {
        'methods': ['password'],
        'user': {
            'id': 'u',
            'name': 'u',
            'domain': {'id': 'default', 'name': 'Default'},
        },
        'project': {
            'id': 'p',
            'name': 'p',
            'domain': {'id': 'default', 'name': 'Default'},
        },
        'roles': [{'id': 'r', 'name': 'reader'}],
        'catalog': [
            {
                'type': 'identity',
                'id': 'k',
                'name': 'keystone',
                'endpoints': [
                    {
                        'id': interface,
                        'interface': interface,
                        'url': KEYSTONE,
                        'region': 'CentralRegion',
                        'region_id': 'CentralRegion',
                    }
                    for interface in ('public', 'internal', 'admin')
                ],
            }
        ],
        'issued_at': '2026-01-01T00:00:00.000000Z',
        'expires_at': '2126-01-01T00:00:00.000000Z',
    }
}


@webob.dec.wsgify
def application(request: webob.Request) -> str:
    return str(request.headers['X-User-Id'])


@pytest.fixture
def nobody() -> Any:
    """A port at which nobody answers."""
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        yield taken.getsockname()[1]


def protected(**options: Any) -> Any:
    """Return the application behind a check of tokens."""
    conf = cfg.ConfigOpts()
    conf([], project='tricircle')
    return auth_token.AuthProtocol(
        application,
        {
            'oslo_config_config': conf,
            'www_authenticate_uri': KEYSTONE,
            'auth_type': 'password',
            'auth_url': KEYSTONE,
            'username': 'tricircle',
            'password': 'p',
            'project_name': 'service',
            'user_domain_name': 'Default',
            'project_domain_name': 'Default',
            **options,
        },
    )


def ask(app: Any) -> webob.Response:
    """Make a request with a token."""
    return webob.Request.blank(
        '/', headers={'X-Auth-Token': 'a-token'}
    ).get_response(app)


@pytest.mark.parametrize('advanced', [True, False])
def test_requests_are_served_while_memcached_is_away(
    nobody: int, advanced: bool
) -> None:
    app = protected(
        memcached_servers=f'127.0.0.1:{nobody}',
        memcache_use_advanced_pool=advanced,
    )
    with requests_mock.Mocker() as keystone:
        keystone.get(
            KEYSTONE,
            json={
                'version': {
                    'id': 'v3.14',
                    'status': 'stable',
                    'links': [{'rel': 'self', 'href': KEYSTONE}],
                }
            },
        )
        keystone.post(
            f'{KEYSTONE}/auth/tokens',
            json=TOKEN,
            headers={'X-Subject-Token': 'own'},
        )
        keystone.get(f'{KEYSTONE}/auth/tokens', json=TOKEN)
        answers = [ask(app) for _ in range(2)]

    assert [(one.status_int, one.text) for one in answers] == [(200, 'u')] * 2


def test_a_token_that_nobody_has_checked_is_503_while_keystone_is_away() -> (
    None
):
    app = protected(http_request_max_retries=0)

    with requests_mock.Mocker() as keystone:
        keystone.register_uri(
            requests_mock.ANY,
            requests_mock.ANY,
            exc=requests.ConnectionError,
        )
        answer = ask(app)

    assert answer.status_int == 503
