# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The thread that probes: what it logs, and what it keeps from nobody."""

from collections.abc import Iterator
import logging
import socket
import threading
from types import SimpleNamespace
from typing import Any

import netaddr
from neutron.plugins.ml2.drivers.agent import capabilities
from neutron_lib import constants
from oslo_config import cfg
import pytest

from tests.functional.cloud import waiting
from tricircle.agent.probing import frames
from tricircle.agent.probing import report
from tricircle.agent.probing import switch
from tricircle.agent.probing import watch
from tricircle.conf import agent as agent_conf

PEER, PORT = '172.30.2.1', 11
FOREIGN = (netaddr.IPNetwork('172.30.2.0/24'),)


class Bridge:
    """A tunnel bridge whose only tunnel answers, or does not."""

    largest = 1450
    failure: Exception | None = None
    rounds = 0
    looks = 0

    def __init__(self, api: Any, foreign: Any, hear: switch.Hear) -> None:
        self._hear = hear

    def keep(self) -> None:
        type(self).looks += 1
        if self.failure is not None:
            raise self.failure

    def tunnels(self) -> dict[str, int]:
        # At the beginning of a round, and when the small ones are over.
        type(self).rounds += 1
        return {PEER: PORT}

    def send(self, port: int, frame: bytes) -> None:
        if len(frame) - 14 <= self.largest:
            answer = bytes.fromhex(frames.ANSWER.replace(':', '')) + frame[6:]
            self._hear(port, answer, len(frame))

    def close(self) -> None:
        pass


@pytest.fixture
def bridge(monkeypatch: pytest.MonkeyPatch) -> type[Bridge]:
    kind = type('Fresh', (Bridge,), {})
    monkeypatch.setattr(switch, 'TunnelBridge', kind)
    return kind


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Set what is in the dictionary when the watch begins."""
    agent_conf.register(cfg.CONF)
    wanted = {
        'probes': True,
        'probe_interval': 1.0,
        'probe_timeout': 0.1,
        'check_interval': 0.2,
    }
    monkeypatch.setattr(watch.random, 'uniform', lambda *_: 0.0)
    yield wanted
    for name in wanted:
        cfg.CONF.clear_override(name, agent_conf.GROUP)


def begin(options: dict[str, Any]) -> watch.Watch | None:
    for name, value in options.items():
        cfg.CONF.set_override(name, value, agent_conf.GROUP)
    conf: Any = _Conf({agent_conf.GROUP: cfg.CONF[agent_conf.GROUP]})
    return watch.begin(SimpleNamespace(br_tun=object()), FOREIGN, conf)


class _Conf(dict[str, Any]):
    """Options of the guard, and of Neutron's agent."""

    OVS = SimpleNamespace(local_ip='172.30.1.1')


@pytest.fixture
def watching(
    bridge: type[Bridge], options: dict[str, Any]
) -> Iterator[watch.Watch]:
    found = begin(options)
    assert found is not None
    yield found
    found.stop()


def _says(caplog: pytest.LogCaptureFixture, text: str) -> None:
    assert text in caplog.text


def test_nothing_begins_when_no_probes_are_wanted(
    bridge: type[Bridge], options: dict[str, Any]
) -> None:
    assert begin({**options, 'probes': False}) is None


def test_going_down_is_one_line_and_coming_up_another(
    watching: watch.Watch,
    bridge: type[Bridge],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    waiting.eventually(lambda: _says(caplog, f'Tunnel to {PEER} is up'))
    bridge.largest = 0
    waiting.eventually(lambda: _says(caplog, f'Tunnel to {PEER} is down'))
    rounds = bridge.rounds
    waiting.eventually(lambda: _more(bridge.rounds, rounds + 2))
    caplog.clear()
    bridge.largest = 1450
    waiting.eventually(lambda: _says(caplog, f'Tunnel to {PEER} is up'))

    assert 'is down' not in caplog.text


def _more(found: int, least: int) -> None:
    assert found > least


def test_a_switch_that_fails_is_one_line_and_tried_again(
    watching: watch.Watch,
    bridge: type[Bridge],
    caplog: pytest.LogCaptureFixture,
) -> None:
    bridge.failure = RuntimeError('Switch connection timeout')
    looks = bridge.looks
    waiting.eventually(lambda: _more(bridge.looks, looks + 3))

    assert caplog.text.count('Switch connection timeout') == 1
    (told,) = caplog.records
    assert told.levelno == logging.WARNING
    assert not told.exc_info

    caplog.set_level(logging.INFO)
    rounds = bridge.rounds
    bridge.failure = None
    waiting.eventually(lambda: _more(bridge.rounds, rounds))
    assert caplog.text.count('can answer probes again') == 1


def test_the_state_report_of_the_agent_has_the_last_round(
    watching: watch.Watch,
) -> None:
    agent = SimpleNamespace(agent_state={'configurations': {}})
    capabilities.notify_init_event(constants.AGENT_TYPE_OVS, agent)

    told = agent.agent_state['configurations']
    # At once: a report that is sent meanwhile must not see it grow.
    assert report.KEY in told
    waiting.eventually(lambda: _least(told, 1450))


def _least(told: dict[str, Any], size: int) -> None:
    assert told[report.KEY]['least_largest_packet'] == size


def test_a_port_that_is_taken_keeps_nothing_from_beginning(
    bridge: type[Bridge],
    options: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with socket.create_server(('127.0.0.1', 0)) as taken:
        options['metrics_port'] = taken.getsockname()[1]
        found = begin(options)
    assert found is not None
    try:
        waiting.eventually(lambda: _more(bridge.rounds, 0))
    finally:
        found.stop()

    assert 'Metrics are not served' in caplog.text


def test_a_thread_that_hangs_at_the_switch_is_told_by_another(
    watching: watch.Watch,
    bridge: type[Bridge],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    agent = SimpleNamespace(agent_state={'configurations': {}})
    capabilities.notify_init_event(constants.AGENT_TYPE_OVS, agent)
    told = agent.agent_state['configurations']
    waiting.eventually(lambda: _least(told, 1450))
    goes_on = threading.Event()
    monkeypatch.setattr(bridge, 'tunnels', lambda _self: goes_on.wait() or {})
    monkeypatch.setattr(report, '_MISSED', 1)

    try:
        waiting.eventually(lambda: _stale(told))
    finally:
        goes_on.set()


def _stale(told: dict[str, Any]) -> None:
    assert told[report.KEY]['stale']
