# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Who calls are made as, without a Keystone in sight."""

import functools
import logging
import types

from keystoneauth1 import service_token
from oslo_config import cfg
import pytest
import requests

from tricircle.client import auth
from tricircle.conf import client


@pytest.fixture
def conf() -> cfg.ConfigOpts:
    made = cfg.ConfigOpts()
    client.register(made)
    made([], project='tricircle')
    made.set_override('admin_username', 'tricircle', 'client')
    made.set_override('admin_password', 'secret-password', 'client')
    made.set_override('admin_tenant', 'service', 'client')
    return made


def context(**changes):
    return types.SimpleNamespace(
        **{
            'user_id': 'alice',
            'project_id': 'p1',
            'roles': ['member'],
            'auth_token': 'alices-token',
            **changes,
        }
    )


def test_a_process_has_one_service_session(conf):
    assert auth.service_session(conf) is auth.service_session(conf)


def test_a_caller_goes_with_the_services_token(conf):
    session = auth.caller_session(conf, context())

    assert isinstance(session.auth, service_token.ServiceTokenAuthWrapper)


def test_without_keystone_the_caller_is_in_the_headers(conf):
    conf.set_override('auth_strategy', 'noauth', 'client')

    headers = auth.caller_session(conf, context()).get_auth_headers()

    assert headers['X-Project-Id'] == 'p1'
    assert headers['X-Roles'] == 'member'
    assert headers['X-Service-Roles'] == 'service'
    assert headers['X-Service-User-Id'] == 'tricircle'
    assert headers['X-Service-Project-Id'] == 'service'


def test_without_keystone_a_service_is_whom_the_options_name(conf):
    conf.set_override('auth_strategy', 'noauth', 'client')
    conf.set_override('admin_username', 'neutron-one', 'client')

    headers = auth.service_session(conf).get_auth_headers()

    assert headers['X-User-Id'] == 'neutron-one'
    assert headers['X-Roles'] == 'service'


def test_a_caller_is_no_service_by_its_own_roles(conf):
    conf.set_override('auth_strategy', 'noauth', 'client')

    headers = auth.caller_session(conf, context()).get_auth_headers()

    assert 'service' not in headers['X-Roles']


def test_the_password_is_in_no_log(conf, caplog):
    caplog.set_level(logging.DEBUG)

    auth.service_session(conf)
    conf.log_opt_values(logging.getLogger('test'), logging.DEBUG)

    assert 'secret-password' not in caplog.text


def test_an_override_names_the_region_without_asking_keystone(conf):
    conf.set_override('auth_strategy', 'noauth', 'client')
    conf.set_override(
        'endpoint_overrides', {'RegionOne': 'http://127.0.0.1:1/'}, 'client'
    )

    adapter = auth.region_adapter(conf, 'RegionOne')

    assert adapter.get_endpoint() == 'http://127.0.0.1:1'


class TestCheckKeystone:
    """Who starts learns whether it is worth while to wait."""

    @pytest.fixture
    def tokens(self, conf, requests_mock):
        conf.set_override('auth_url', 'http://keystone.test/v3', 'client')
        return functools.partial(
            requests_mock.post, 'http://keystone.test/v3/auth/tokens'
        )

    @pytest.mark.parametrize(
        'answer',
        [
            {'exc': requests.ConnectionError},
            {'exc': requests.Timeout},
            {'status_code': 503},
            {'status_code': 500},
        ],
    )
    def test_one_that_does_not_answer_is_away(self, conf, tokens, answer):
        tokens(**answer)

        with pytest.raises(auth.KeystoneAway, match=r'\[client\] auth_url'):
            auth.check_keystone(conf)

    @pytest.mark.parametrize(
        'status, option', [(401, 'admin_password'), (404, 'auth_url')]
    )
    def test_one_that_refuses_is_not(self, conf, tokens, status, option):
        tokens(status_code=status)

        with pytest.raises(auth.KeystoneUnusable, match=option) as caught:
            auth.check_keystone(conf)

        assert not isinstance(caught.value, auth.KeystoneAway)
        assert 'secret-password' not in str(caught.value)

    def test_without_keystone_nothing_is_asked(self, conf, tokens):
        conf.set_override('auth_strategy', 'noauth', 'client')

        auth.check_keystone(conf)
