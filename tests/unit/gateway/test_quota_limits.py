# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Limits as oslo.limit reads them of a Keystone that answers by HTTP."""

from collections.abc import Iterator
from typing import Any
from urllib import parse

from keystoneauth1 import loading
from oslo_config import cfg
from oslo_limit import limit
import pytest
import requests
import requests_mock

from tricircle.conf import gateway as gateway_conf
from tricircle.conf import reading
from tricircle.gateway import deploy
from tricircle.gateway.quotas import limits

ROOT = 'http://keystone.example:5000'
PROJECT = '0123456789abcdef0123456789abcdef'


class Keystone:
    """A Keystone with limits of some regions."""

    def __init__(self, mocked: requests_mock.Mocker) -> None:
        self.mocked = mocked
        #: region, project ('' for registered), resource, limit
        self.limits: list[tuple[str, str, str, int]] = []
        self.model = 'flat'
        root = {'id': 'v3.14', 'status': 'stable', 'links': []}
        root['links'] = [{'rel': 'self', 'href': f'{ROOT}/v3/'}]
        mocked.get(f'{ROOT}/v3', json={'version': root})
        mocked.get(f'{ROOT}/v3/', json={'version': root})
        mocked.get(f'{ROOT}/', json={'versions': {'values': [root]}})
        mocked.post(
            f'{ROOT}/v3/auth/tokens',
            headers={'X-Subject-Token': 'a-token'},
            json={'token': self._token()},
        )
        mocked.get(
            f'{ROOT}/v3/limits/model',
            json=lambda *_asked: {'model': {'name': self.model}},
        )
        self.endpoint = mocked.get(
            f'{ROOT}/v3/endpoints/an-endpoint',
            json={
                'endpoint': {
                    'id': 'an-endpoint',
                    'service_id': 'nova',
                    'region_id': 'CentralRegion',
                }
            },
        )
        mocked.get(
            f'{ROOT}/v3/limits',
            json=lambda request, _context: {
                'limits': self._told(request, 'resource_limit')
            },
        )
        mocked.get(
            f'{ROOT}/v3/registered_limits',
            json=lambda request, _context: {
                'registered_limits': self._told(request, 'default_limit')
            },
        )

    def _token(self) -> dict[str, Any]:
        endpoint = {
            'id': 'e',
            'interface': 'public',
            'region': 'CentralRegion',
            'region_id': 'CentralRegion',
            'url': f'{ROOT}/v3',
        }
        return {
            'methods': ['password'],
            'user': {'id': 'u', 'name': 'u', 'domain': {'id': 'default'}},
            'system': {'all': True},
            'roles': [{'id': 'r', 'name': 'reader'}],
            'issued_at': '2026-11-30T00:00:00.000000Z',
            'expires_at': '2099-11-30T00:00:00.000000Z',
            'catalog': [
                {'id': 's', 'type': 'identity', 'endpoints': [endpoint]}
            ],
        }

    def _told(self, request: Any, name: str) -> list[dict[str, Any]]:
        query = parse.parse_qs(parse.urlsplit(request.url).query)
        assert query['service_id'] == ['nova']
        (project,) = query.get('project_id', [''])
        return [
            {'id': f'{number}', 'resource_name': resource, name: value}
            for number, (region, whose, resource, value) in enumerate(
                self.limits
            )
            if [region] == query['region_id'] and whose == project
        ]


@pytest.fixture
def conf(monkeypatch: pytest.MonkeyPatch) -> Iterator[cfg.ConfigOpts]:
    """What oslo.limit reads, whoever configures it: there is one."""
    conf = cfg.CONF
    monkeypatch.setattr(limit, '_SDK_CONNECTION', None)
    values = {
        'auth_type': 'v3password',
        'auth_url': ROOT,
        'username': 'tricircle',
        'password': 'secret',
        'user_domain_id': 'default',
        'system_scope': 'all',
        'endpoint_id': 'an-endpoint',
        'valid_interfaces': ['public'],
        'region_name': 'CentralRegion',
    }
    options = loading.get_auth_plugin_conf_options('v3password')
    conf.register_opts(options, 'oslo_limit')
    for name, value in values.items():
        conf.set_override(name, value, 'oslo_limit')
    yield conf
    # Some are required, which whoever reads this configuration next has not.
    conf.reset()
    conf.unregister_opts(options, 'oslo_limit')


@pytest.fixture
def keystone(
    conf: cfg.ConfigOpts, requests_mock: requests_mock.Mocker
) -> Keystone:
    return Keystone(requests_mock)


def test_those_of_the_region_of_the_endpoint_count(
    keystone: Keystone,
) -> None:
    keystone.limits = [
        ('CentralRegion', '', 'servers', 20),
        ('CentralRegion', '', 'class:VCPU', 40),
        ('RegionOne', '', 'servers', 3),
    ]
    found = limits.Keystone().of(PROJECT)
    assert found.all == {'servers': 20, 'class:VCPU': 40}


def test_the_projects_own_count_more(keystone: Keystone) -> None:
    keystone.limits = [
        ('CentralRegion', '', 'servers', 20),
        ('CentralRegion', '', 'class:VCPU', 40),
        ('CentralRegion', PROJECT, 'servers', 0),
        ('CentralRegion', 'another', 'class:VCPU', 1),
    ]
    found = limits.Keystone().of(PROJECT)
    assert found.all == {'servers': 0, 'class:VCPU': 40}
    assert found.registered == {'servers': 20, 'class:VCPU': 40}


def test_what_changes_counts_at_once(keystone: Keystone) -> None:
    keystone.limits = [('CentralRegion', '', 'servers', 20)]
    there = limits.Keystone()
    assert there.of(PROJECT).all == {'servers': 20}
    keystone.limits = [('CentralRegion', '', 'servers', 30)]
    assert there.of(PROJECT).all == {'servers': 30}


def test_the_endpoint_is_looked_up_once(keystone: Keystone) -> None:
    there = limits.Keystone()
    for _time in range(3):
        there.of(PROJECT)
    assert keystone.endpoint.call_count == 1


@pytest.mark.parametrize(
    'path', ['auth/tokens', 'limits/model', 'limits', 'registered_limits']
)
@pytest.mark.parametrize(
    'fault',
    [
        {'exc': requests.ConnectTimeout},
        {'exc': requests.ReadTimeout},
        {'status_code': 503},
        {'status_code': 500, 'text': 'no JSON'},
        {'status_code': 401, 'json': {'error': {}}},
        {'status_code': 403, 'json': {'error': {}}},
        {'status_code': 200, 'text': '<html>'},
    ],
)
def test_where_keystone_does_not_say_nobody_knows(
    keystone: Keystone, path: str, fault: dict[str, Any]
) -> None:
    keystone.mocked.register_uri(
        requests_mock.ANY, f'{ROOT}/v3/{path}', **fault
    )
    with pytest.raises(limits.Unknown, match='does not tell the limits'):
        limits.Keystone().of(PROJECT)


@pytest.mark.parametrize('status', [403, 404])
def test_an_endpoint_that_is_not_there_or_not_told_is_no_limit(
    keystone: Keystone, status: int
) -> None:
    keystone.mocked.get(
        f'{ROOT}/v3/endpoints/an-endpoint', status_code=status, json={}
    )
    with pytest.raises(limits.Unknown):
        limits.Keystone().of(PROJECT)


def test_when_keystone_is_back_its_limits_count(keystone: Keystone) -> None:
    keystone.limits = [('CentralRegion', '', 'servers', 20)]
    there = limits.Keystone()
    model = f'{ROOT}/v3/limits/model'
    keystone.mocked.get(model, exc=requests.ConnectTimeout)
    with pytest.raises(limits.Unknown):
        there.of(PROJECT)
    keystone.mocked.get(model, json={'model': {'name': 'flat'}})
    assert there.of(PROJECT).all == {'servers': 20}


def test_a_model_with_levels_is_named(keystone: Keystone) -> None:
    keystone.model = 'strict-two-level'
    with pytest.raises(limits.Unknown, match='not the flat one'):
        limits.Keystone().of(PROJECT)


def test_no_reason_tells_the_password(
    keystone: Keystone, caplog: pytest.LogCaptureFixture
) -> None:
    keystone.mocked.post(f'{ROOT}/v3/auth/tokens', status_code=401)
    with pytest.raises(limits.Unknown) as failure:
        limits.Keystone().of(PROJECT)
    assert 'secret' not in f'{failure.value}{caplog.text}'


class TestOptions:
    def test_without_an_endpoint_it_does_not_start(
        self, conf: cfg.ConfigOpts
    ) -> None:
        conf.set_override('endpoint_id', None, 'oslo_limit')
        with pytest.raises(reading.ConfigurationError, match='endpoint_id'):
            limits.check(conf, 10.0)

    def test_keystone_is_not_waited_for_without_end(
        self, conf: cfg.ConfigOpts
    ) -> None:
        limits.check(conf, 10.0)
        assert conf.oslo_limit.timeout == 10

    @pytest.mark.parametrize('wanted', ['none', 'unified'])
    def test_who_wants_a_quota_has_one(
        self, conf: cfg.ConfigOpts, wanted: str
    ) -> None:
        gateway_conf.register(conf)
        conf.set_override('quota', wanted, 'gateway')
        there: Any = None
        try:
            found = deploy.quota(conf, there)
        finally:
            conf.clear_override('quota', 'gateway')
        assert (found is not None) == (wanted == 'unified')
