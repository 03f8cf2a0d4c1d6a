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
import logging
from types import SimpleNamespace
from typing import Any

from neutron.common import config as common_config
from oslo_config import cfg
import oslo_messaging
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
    # What is sent for the operator has a host of its own in its tests.
    cfg.CONF.set_override('verify', False, agent_conf.GROUP)
    yield found
    for name in ('check_interval', 'verify'):
        cfg.CONF.clear_override(name, agent_conf.GROUP)


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


@pytest.mark.parametrize(
    'away',
    [
        # What Neutron makes of a switch that does not answer.
        RuntimeError('ofctl request ... error Datapath Invalid 1'),
        oslo_messaging.MessagingTimeout('no reply'),
        oslo_messaging.MessageDeliveryFailure('no broker'),
    ],
)
def test_a_switch_or_a_neutron_that_is_away_is_one_line_of_warning(
    begun: region_guard.RegionGuard,
    caplog: pytest.LogCaptureFixture,
    away: Exception,
) -> None:
    def fail() -> None:
        raise away

    begun.initialize(None, 'ovs')
    try:
        assert not begun._try('renew flows', fail)
    finally:
        begun.stop()

    (told,) = caplog.records
    assert told.levelno == logging.WARNING
    assert told.exc_info is None
    assert str(away) in told.getMessage()


def test_what_the_guard_did_wrong_has_a_traceback(
    begun: region_guard.RegionGuard, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise KeyError('segment')

    begun.initialize(None, 'ovs')
    try:
        assert not begun._try('renew flows', fail)
    finally:
        begun.stop()

    (told,) = caplog.records
    assert told.levelno == logging.ERROR
    assert told.exc_info is not None


@pytest.mark.parametrize('permitted', [True, False])
def test_only_a_host_that_permits_it_has_probe_ports(
    begun: region_guard.RegionGuard,
    monkeypatch: pytest.MonkeyPatch,
    permitted: bool,
) -> None:
    started = []

    class Runner:
        def __init__(self, *_: Any) -> None:
            pass

        def start(self) -> None:
            started.append(self)

        def stop(self) -> None:
            started.remove(self)

    monkeypatch.setattr(region_guard.runner, 'Runner', Runner)
    monkeypatch.setattr(region_guard.namespaces, 'Namespaces', lambda _: None)
    common_config.register_common_config_options()
    cfg.CONF.set_override('verify', permitted, agent_conf.GROUP)

    begun.initialize(None, 'ovs')
    try:
        assert bool(started) is permitted
    finally:
        begun.stop()
    assert not started
