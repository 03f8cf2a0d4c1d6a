# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How the guard begins."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from oslo_config import cfg
import pytest

from tricircle.agent import guard
from tricircle.agent import region_guard
from tricircle.conf import agent as agent_conf


class BusyGuard:
    """A guard whose switch fails some times."""

    failures = 0
    calls = 0

    def __init__(self, *_: Any) -> None:
        pass

    def apply(self) -> None:
        type(self).calls += 1
        if self.calls <= self.failures:
            raise RuntimeError('stale dpid')


@pytest.fixture
def begun(
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[region_guard.RegionGuard]:
    agent_conf.register(cfg.CONF)
    monkeypatch.setattr(BusyGuard, 'calls', 0)
    monkeypatch.setattr(guard, 'Guard', BusyGuard)
    found = region_guard.RegionGuard()
    found.consume_api(SimpleNamespace(br_tun=None, br_phys={}))
    cfg.CONF.set_override('check_interval', 0.2, agent_conf.GROUP)
    yield found
    cfg.CONF.clear_override('check_interval', agent_conf.GROUP)


def test_the_agent_waits_for_a_busy_switch(
    begun: region_guard.RegionGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BusyGuard, 'failures', 2)

    begun.initialize(None, 'ovs')
    try:
        assert BusyGuard.calls >= 3
    finally:
        begun.stop()


def test_the_agent_does_not_start_without_the_flows(
    begun: region_guard.RegionGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BusyGuard, 'failures', 1000)
    monkeypatch.setattr(region_guard, '_BEGIN_SECONDS', 0.5)

    with pytest.raises(RuntimeError, match='stale dpid'):
        begun.initialize(None, 'ovs')
