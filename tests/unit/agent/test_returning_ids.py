# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The real cache of Neutron's agents, with and without returning IDs."""

from collections.abc import Iterator
from typing import Any
from unittest import mock
import uuid

from neutron.agent import resource_cache
from neutron.agent import rpc
from neutron.api.rpc.callbacks import resources
from neutron.api.rpc.handlers import resources_rpc
from neutron.objects import ports
from neutron_lib import context as contexts
from oslo_config import cfg
import pytest

from tricircle.agent import returning_ids


class Region:
    """The region's Neutron, as an agent asks it; its server side is real.

    :ivar ports: what it has
    :ivar is_away: it does not answer
    """

    def __init__(self) -> None:
        self.ports: list[Any] = []
        self.is_away = False
        self._server = resources_rpc.ResourcesPullRpcCallback()

    def pull(self, context: Any, resource: str, resource_id: str) -> Any:
        return self._answer(
            self._server.pull, context, resource, '1.0', resource_id
        )

    def bulk_pull(
        self, context: Any, resource: str, filter_kwargs: Any = None
    ) -> list[Any]:
        version = resources.get_resource_cls(resource).VERSION
        found = self._answer(
            self._server.bulk_pull, context, resource, version, filter_kwargs
        )
        return [ports.Port.clean_obj_from_primitive(one) for one in found]

    def _answer(self, method: Any, *arguments: Any) -> Any:
        if self.is_away:
            raise OSError('nobody answers')

        def stored(_context: Any, _pager: Any, id: tuple[str, ...]) -> Any:
            return [one for one in self.ports if one.id in id]

        with mock.patch.object(ports.Port, 'get_objects', stored):
            return method(*arguments)


@pytest.fixture
def puller() -> Region:
    return Region()


@pytest.fixture
def cache(
    monkeypatch: pytest.MonkeyPatch, puller: Region
) -> Iterator[resource_cache.RemoteResourceCache]:
    # An admin context reads the policy.
    cfg.CONF([], default_config_files=[], default_config_dirs=[])
    monkeypatch.setattr(
        resource_cache.resources_rpc,
        'ResourcesPullRpcApi',
        lambda: puller,
    )
    yield resource_cache.RemoteResourceCache([resources.PORT])
    # Other tests register options of the command line.
    cfg.CONF.reset()


@pytest.fixture
def returning() -> Iterator[None]:
    found = returning_ids.ReturningIds()
    found.start()
    yield
    found.stop()


def _port(port_id: str, name: str = '') -> Any:
    return ports.Port(None, id=port_id, name=name)


def _told_of_both(cache: Any, port_id: str) -> Any:
    """Tell of a port, of its end, and of another with its ID."""
    context = contexts.get_admin_context()
    cache.record_resource_update(
        context, resources.PORT, _port(port_id, 'shadow')
    )
    cache.record_resource_delete(context, resources.PORT, port_id)
    cache.record_resource_update(
        context, resources.PORT, _port(port_id, 'own')
    )
    return cache.get_resource_by_id(resources.PORT, port_id)


def test_neutron_takes_deletions_for_final(cache: Any) -> None:
    assert _told_of_both(cache, str(uuid.uuid4())) is None


@pytest.mark.usefixtures('returning')
def test_a_port_comes_back_under_the_id_of_its_shadow(
    cache: Any, puller: Region
) -> None:
    port_id = str(uuid.uuid4())
    puller.ports = [_port(port_id, 'own')]

    assert _told_of_both(cache, port_id).name == 'own'


@pytest.mark.usefixtures('returning')
def test_a_late_message_about_a_deleted_port_brings_nothing_back(
    cache: Any,
) -> None:
    assert _told_of_both(cache, str(uuid.uuid4())) is None


@pytest.mark.usefixtures('returning')
def test_a_port_that_is_not_pushed_is_asked_for_again(
    cache: Any, puller: Region
) -> None:
    context = contexts.get_admin_context()
    port_id = str(uuid.uuid4())
    puller.ports = [_port(port_id, 'shadow')]
    assert cache.get_resource_by_id(resources.PORT, port_id).name == 'shadow'
    cache.record_resource_delete(context, resources.PORT, port_id)

    puller.ports = [_port(port_id, 'own')]

    assert cache.get_resource_by_id(resources.PORT, port_id).name == 'own'


@pytest.mark.usefixtures('returning')
def test_neutron_that_is_away_does_not_cost_the_port_its_network(
    cache: Any, puller: Region
) -> None:
    puller.is_away = True

    assert _told_of_both(cache, str(uuid.uuid4())).name == 'own'


@pytest.mark.usefixtures('returning')
@pytest.mark.parametrize('kind', rpc.CacheBackedPluginApi.RESOURCE_TYPES)
def test_all_that_an_agent_keeps_may_come_back(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    # An address group that stayed away kept the agent from setting up any
    # port of the host.
    cfg.CONF([], default_config_files=[], default_config_dirs=[])
    cls = resources.get_resource_cls(kind)
    one = cls(None, id=str(uuid.uuid4()))
    puller = mock.Mock(bulk_pull=mock.Mock(return_value=[one]))
    monkeypatch.setattr(
        resource_cache.resources_rpc, 'ResourcesPullRpcApi', lambda: puller
    )
    kept = resource_cache.RemoteResourceCache([kind])
    context = contexts.get_admin_context()
    kept.record_resource_update(context, kind, one)
    kept.record_resource_delete(context, kind, one.id)

    assert kept.get_resource_by_id(kind, one.id) is one
    cfg.CONF.reset()
