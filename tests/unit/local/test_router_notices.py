# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Agents are told once of what a document does to a router."""

from typing import Any
from unittest import mock

from neutron.api.rpc.agentnotifiers import l3_rpc_agent_api
import pytest

from tricircle.local.router.notice import l3_agents as router_notices


class Plugin:
    """Has a notifier, as the router plugin."""

    def __init__(self) -> None:
        self.notifier = router_notices.Notifier()

    def notify_router_updated(self, context: Any, router_id: str) -> None:
        """Tell the agents of a router."""
        self.notifier.routers_updated(context, [router_id])


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What agents were told of."""
    found: list[str] = []
    stock = l3_rpc_agent_api.L3AgentNotifyAPI
    monkeypatch.setattr(stock, '__init__', mock.Mock(return_value=None))
    monkeypatch.setattr(
        stock,
        'routers_updated',
        lambda self, context, ids, *args, **kwargs: found.extend(ids),
    )
    return found


def test_steps_of_a_document_are_told_of_once_at_its_end(
    told: list[str],
) -> None:
    plugin = Plugin()

    with router_notices.once(None, plugin, 'r1'):
        for _step in range(3):
            plugin.notify_router_updated(None, 'r1')
        assert told == []

    assert told == ['r1']


def test_other_routers_are_told_of_at_once(told: list[str]) -> None:
    plugin = Plugin()

    with router_notices.once(None, plugin, 'r1'):
        plugin.notifier.routers_updated(None, ['r1', 'r2'])

        assert told == ['r2']


def test_what_was_done_is_told_of_when_the_rest_fails(
    told: list[str],
) -> None:
    with (
        pytest.raises(ValueError, match='no more'),
        router_notices.once(None, Plugin(), 'r1'),
    ):
        raise ValueError('no more')

    assert told == ['r1']


def test_later_changes_are_told_of_as_ever(told: list[str]) -> None:
    plugin = Plugin()
    with router_notices.once(None, plugin, 'r1'):
        pass

    plugin.notify_router_updated(None, 'r1')

    assert told == ['r1', 'r1']


def test_whether_a_router_is_distributed_is_known_while_it_is_told_of(
    told: list[str],
) -> None:
    asked: list[bool] = []

    class Asking(Plugin):
        def notify_router_updated(self, context: Any, router_id: str) -> None:
            asked.append(router_notices.is_centralized('r1'))
            asked.append(router_notices.is_centralized('r2'))

    for centralized in (True, False):
        with router_notices.once(None, Asking(), 'r1', centralized):
            assert router_notices.is_centralized('r1') is centralized

    assert asked == [True, False, False, False]
    assert not router_notices.is_centralized('r1')
