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
from neutron.api.rpc.callbacks import resources
from neutron.api.rpc.handlers import resources_rpc
from neutron.objects import ports
from neutron_lib import context as contexts
from oslo_config import cfg
import pytest

from tricircle.agent import returning_ids


@pytest.fixture
def puller() -> mock.Mock:
    """The region's Neutron, as an agent asks it."""
    return mock.Mock(spec=['pull', 'bulk_pull'])


@pytest.fixture
def cache(
    monkeypatch: pytest.MonkeyPatch, puller: mock.Mock
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
    cache: Any, puller: mock.Mock
) -> None:
    port_id = str(uuid.uuid4())

    assert _told_of_both(cache, port_id).name == 'own'
    assert puller.pull.call_args.args[1:] == (resources.PORT, port_id)


@pytest.mark.usefixtures('returning')
def test_a_late_message_about_a_deleted_port_brings_nothing_back(
    cache: Any, puller: mock.Mock
) -> None:
    puller.pull.side_effect = resources_rpc.ResourceNotFound(
        resource_type=resources.PORT, resource_id='x'
    )
    puller.bulk_pull.return_value = []

    assert _told_of_both(cache, str(uuid.uuid4())) is None


@pytest.mark.usefixtures('returning')
def test_a_port_that_is_not_pushed_is_asked_for_again(
    cache: Any, puller: mock.Mock
) -> None:
    context = contexts.get_admin_context()
    port_id = str(uuid.uuid4())
    puller.bulk_pull.return_value = [_port(port_id, 'shadow')]
    assert cache.get_resource_by_id(resources.PORT, port_id).name == 'shadow'
    cache.record_resource_delete(context, resources.PORT, port_id)

    puller.bulk_pull.return_value = [_port(port_id, 'own')]

    assert cache.get_resource_by_id(resources.PORT, port_id).name == 'own'


@pytest.mark.usefixtures('returning')
def test_neutron_that_is_away_does_not_cost_the_port_its_network(
    cache: Any, puller: mock.Mock
) -> None:
    puller.pull.side_effect = OSError('nobody answers')

    assert _told_of_both(cache, str(uuid.uuid4())).name == 'own'
