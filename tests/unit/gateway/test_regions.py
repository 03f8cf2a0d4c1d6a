# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Where the APIs of regions are, and what they say of their versions."""

from typing import Any

from oslo_config import cfg
import pytest
import requests

from tricircle.conf import client as client_conf
from tricircle.conf import gateway as gateway_conf
from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway import placing
from tricircle.gateway import regions
from tricircle.gateway.api import microversions

PROJECT = '0123456789abcdef0123456789abcdef'


class Session:
    """A session with Keystone whose catalogue has one endpoint."""

    def __init__(self, url: str | None) -> None:
        self.url = url

    def get_endpoint(self, **_filter: str) -> str | None:
        return self.url

    def get_token(self) -> str:
        return 'a-token'


@pytest.fixture
def conf() -> cfg.ConfigOpts:
    found = cfg.ConfigOpts()
    gateway_conf.register(found)
    client_conf.register(found)
    found([], default_config_files=[])
    return found


def there(
    monkeypatch: pytest.MonkeyPatch,
    conf: cfg.ConfigOpts,
    url: str | None,
    says: Any = None,
) -> regions.Regions:
    monkeypatch.setattr(
        regions.auth, 'service_session', lambda _conf: Session(url)
    )
    found = regions.Regions(conf, 'block-storage', 'v3')
    monkeypatch.setattr(
        found, 'pods', lambda: [placing.Pod('RegionOne', 'az1')]
    )
    monkeypatch.setattr(found, '_send', lambda *_what: asking.answer(says))
    return found


@pytest.mark.parametrize(
    ('url', 'root'),
    [
        ('http://r.example:8776/v3', 'http://r.example:8776'),
        ('http://r.example:8776/v3/', 'http://r.example:8776'),
        (f'http://r.example:8776/v3/{PROJECT}', 'http://r.example:8776'),
        ('http://r.example:8776', 'http://r.example:8776'),
        (f'https://r.example/volume/v3/{PROJECT}', 'https://r.example/volume'),
        ('https://r.example/volume', 'https://r.example/volume'),
    ],
)
def test_an_endpoint_may_have_version_and_project(
    monkeypatch: pytest.MonkeyPatch,
    conf: cfg.ConfigOpts,
    url: str,
    root: str,
) -> None:
    assert there(monkeypatch, conf, url).root('RegionOne') == root


@pytest.mark.parametrize(
    'says',
    [
        {'version': {'id': 'v3.0', 'min_version': '3.0', 'version': '3.71'}},
        {
            'versions': [
                {'id': 'v2.0', 'min_version': '', 'version': ''},
                {'id': 'v3.0', 'min_version': '3.0', 'version': '3.71'},
            ]
        },
    ],
    ids=['as Nova', 'as Cinder'],
)
def test_a_region_says_what_versions_it_has(
    monkeypatch: pytest.MonkeyPatch, conf: cfg.ConfigOpts, says: Any
) -> None:
    found = there(monkeypatch, conf, 'http://r.example/v3', says)
    assert found.range() == microversions.Range(
        microversions.Version(3, 0), microversions.Version(3, 71)
    )


@pytest.mark.parametrize('says', [{}, {'versions': []}, [], None])
def test_one_that_does_not_say_counts_for_nothing(
    monkeypatch: pytest.MonkeyPatch, conf: cfg.ConfigOpts, says: Any
) -> None:
    found = there(monkeypatch, conf, 'http://r.example/v3', says)
    assert found.range() is None


def test_at_once_a_region_without_the_service_is_left_out(
    monkeypatch: pytest.MonkeyPatch, conf: cfg.ConfigOpts
) -> None:
    found = there(monkeypatch, conf, None)
    assert found.ask_all(exchange.Question('GET', '/volumes'), 1.0) == ({}, {})


def test_a_region_without_the_service_is_not_one_that_is_away(
    monkeypatch: pytest.MonkeyPatch, conf: cfg.ConfigOpts
) -> None:
    found = there(monkeypatch, conf, None)
    for _ in range(5):
        with pytest.raises(regions.NotThere):
            found.ask('RegionOne', exchange.Question('GET', '/volumes'))


def test_one_that_is_silent_is_looked_at_until_it_answers(
    monkeypatch: pytest.MonkeyPatch, conf: cfg.ConfigOpts
) -> None:
    monkeypatch.setattr(regions, '_pause', lambda _number: 0.0)
    says = {'version': {'id': 'v3', 'min_version': '3.0', 'version': '3.1'}}
    found = there(monkeypatch, conf, 'http://r.example/v3', says)
    answers = found._send

    def silent(*_what: Any) -> Any:
        raise requests.ConnectTimeout

    monkeypatch.setattr(found, '_send', silent)
    looks = [found.look('RegionOne') for _ in range(3)]
    assert (looks, found._breaker('RegionOne').is_open) == ([False] * 3, True)

    monkeypatch.setattr(found, '_send', answers)
    assert found.look('RegionOne')
    assert not found._breaker('RegionOne').is_open
