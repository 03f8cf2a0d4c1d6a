# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How long it is remembered that central has no such thing."""

from collections.abc import Iterator
import contextlib
import types
from typing import Any
from unittest import mock

from neutron_lib import exceptions
from oslo_config import cfg
import pytest

from tricircle.client import central_errors
from tricircle.conf import client as client_conf
from tricircle.conf import local as local_conf
from tricircle.local.asking import pull
from tricircle.local.asking import request
from tricircle.replica import types as replica_types

NETWORK = 'd6a7a0f4-5a0b-4c1e-8f43-0a3f7b1f8a11'


class Central:
    """Has nothing until something is shared."""

    url = 'http://central'

    def __init__(self) -> None:
        self.asked = 0
        self.shared = False

    def ids(self, *_args: Any, **_options: Any) -> list[str]:
        self.asked += 1
        return []

    def pull(self, *_args: Any, **_options: Any) -> None:
        self.asked += 1
        if not self.shared:
            raise central_errors.CentralError(404, 'NetworkNotFound', 'none')


@pytest.fixture
def there() -> Central:
    return Central()


@pytest.fixture
def puller(there: Central, monkeypatch: pytest.MonkeyPatch) -> pull.Puller:
    conf = cfg.ConfigOpts()
    client_conf.register(conf)
    local_conf.register(conf)
    conf([], project='tricircle')
    conf.set_override('not_found_memory', 60.0, local_conf.GROUP)
    conf.set_override('local_region_name', 'RegionOne', local_conf.GROUP)
    monkeypatch.setattr(
        pull, 'bring', lambda _type, _id, ask, *_args, **_options: ask()
    )
    monkeypatch.setattr(pull.dhcp_agents, 'usual', lambda _conf: 1)
    return pull.Puller(
        conf,
        there,  # type: ignore[arg-type]
        kept=lambda _port_id: contextlib.nullcontext(),
    )


@contextlib.contextmanager
def serving(method: str, project: str = 'p') -> Iterator[None]:
    """Serve a request of a user."""
    caller = types.SimpleNamespace(
        project_id=project, is_admin=False, global_id='req-1'
    )
    served = types.SimpleNamespace(
        context={'neutron_context': caller},
        method=method,
        path=f'/v2.0/networks/{NETWORK}',
    )
    with mock.patch.object(request.pecan, 'request', served):
        yield


def _is_there(puller: pull.Puller) -> bool:
    try:
        puller.pull(replica_types.NETWORK, NETWORK)
    except exceptions.NotFound:
        return False
    return True


def test_one_request_asks_once(puller: pull.Puller, there: Central) -> None:
    for method in ('GET', 'POST'):
        there.asked = 0
        with serving(method, project=method):
            assert not _is_there(puller)
            assert not _is_there(puller)
        assert there.asked == 1


def test_looks_that_follow_each_other_ask_once(
    puller: pull.Puller, there: Central
) -> None:
    for _turn in range(3):
        with serving('GET'):
            assert not _is_there(puller)
    assert there.asked == 1


@pytest.mark.parametrize('method', ['POST', 'PUT'])
def test_who_writes_is_told_what_is_there_now(
    puller: pull.Puller, there: Central, method: str
) -> None:
    with serving('GET'):
        assert not _is_there(puller)
    there.shared = True
    with serving(method):
        assert _is_there(puller)


def test_who_has_written_is_told_what_is_there_now(
    puller: pull.Puller, there: Central
) -> None:
    with serving('GET'):
        assert not _is_there(puller)
    with serving('POST'):
        assert not _is_there(puller)
    there.shared = True
    with serving('GET'):
        assert _is_there(puller)


@pytest.mark.parametrize(('method', 'asked'), [('GET', 1), ('POST', 3)])
def test_a_name_that_nobody_has_is_remembered_for_looks(
    puller: pull.Puller, there: Central, method: str, asked: int
) -> None:
    for _turn in range(3):
        with serving(method):
            assert puller.ids(replica_types.NETWORK, [('name', 'n')]) == []
    assert there.asked == asked


def test_a_name_is_not_remembered_for_another_kind_or_project(
    puller: pull.Puller, there: Central
) -> None:
    for kind, project in (
        (replica_types.NETWORK, 'p'),
        (replica_types.PORT, 'p'),
        (replica_types.NETWORK, 'q'),
    ):
        with serving('GET', project):
            assert puller.ids(kind, [('name', 'n')]) == []
    assert there.asked == 3


def test_a_look_is_told_anew_after_a_second() -> None:
    conf = cfg.ConfigOpts()
    local_conf.register(conf)
    assert conf[local_conf.GROUP].not_found_memory <= 1.0
