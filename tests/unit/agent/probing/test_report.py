# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is told, and that it stays little however many hosts there are."""

import json
import time
from typing import Any

from prometheus_client import registry
import pytest

from tricircle.agent.probing import peers
from tricircle.agent.probing import report
from tricircle.agent.probing import rounds
from tricircle.agent.probing.peers import Peer
from tricircle.agent.probing.peers import State

REGIONS = [
    ('RegionTwo', '172.30.2.0/24'),
    ('RegionThree', '172.30.3.0/24'),
    ('RegionThree', 'fd00:3::/64'),
]
INTERVAL = 60.0
KNOWN = {
    '172.30.2.1': Peer(State.UP, 0.002, 1450),
    '172.30.2.2': Peer(State.UP, 0.004, 1400),
    '172.30.2.3': Peer(State.DOWN),
    'fd00:3::1': Peer(State.SILENT),
    '172.30.9.9': Peer(),
}


class Told:
    """A report, as Prometheus reads it."""

    def __init__(self) -> None:
        self.report = report.Report(REGIONS, INTERVAL)
        self._registry = registry.CollectorRegistry()
        self._registry.register(self.report)

    def end(
        self, known: dict[str, Peer], answers: dict[str, int] | None = None
    ) -> None:
        self.report.round_ended(known, rounds.Outcome(answers or {}, []))

    def value(self, name: str, **labels: str) -> float | None:
        return self._registry.get_sample_value(
            f'tricircle_tunnel_{name}', labels
        )

    def series(self) -> int:
        return sum(len(one.samples) for one in self._registry.collect())


@pytest.fixture
def told() -> Told:
    return Told()


def test_before_the_first_round_no_host_is_well(told: Told) -> None:
    assert told.value('round_age_seconds') == float('inf')
    assert told.series() == 1


def test_hosts_count_for_their_region(told: Told) -> None:
    told.end(KNOWN)

    counted = {
        (peer, state.value): told.value('hosts', peer=peer, state=state.value)
        for peer in ('RegionTwo', 'RegionThree', '172.30.9.9')
        for state in State
    }
    assert {key: n for key, n in counted.items() if n} == {
        ('RegionTwo', 'up'): 2,
        ('RegionTwo', 'down'): 1,
        ('RegionThree', 'silent'): 1,
        ('172.30.9.9', 'unasked'): 1,
    }
    assert None not in counted.values()


def test_the_worst_host_of_a_region_that_is_up_is_told(told: Told) -> None:
    told.end(KNOWN)

    assert told.value('round_trip_seconds', peer='RegionTwo') == 0.004
    assert told.value('largest_packet_bytes', peer='RegionTwo') == 1400
    assert told.value('round_trip_seconds', peer='RegionThree') is None
    assert told.value('largest_packet_bytes', peer='RegionThree') is None


def test_probes_add_up_over_rounds(told: Told) -> None:
    for _ in range(2):
        told.end(KNOWN, {'172.30.2.1': 3, '172.30.2.3': 1})

    values = [
        told.value('probes_total', peer='RegionTwo', outcome=outcome)
        for outcome in ('answered', 'lost')
    ]
    assert values == [8, 4]


def test_there_are_no_more_series_with_a_thousand_unknown_hosts(
    told: Told,
) -> None:
    many = {f'10.0.{n // 250}.{n % 250}': Peer() for n in range(1000)}
    told.end(many, dict.fromkeys(many, 3))

    assert told.series() < 10
    assert told.value('hosts', peer=report.OTHERS, state='unasked') == 1000


def test_addresses_that_are_gone_are_not_told(told: Told) -> None:
    for n in range(200):
        told.end({f'10.0.0.{n}': Peer()}, {f'10.0.0.{n}': 3})

    assert told.series() < 10
    assert {peer for peer, _ in told.report._probes} == {'10.0.0.199'}


def test_the_state_report_says_in_short_what_is_wrong(told: Told) -> None:
    configurations: dict[str, Any] = {}
    told.report.configurations = configurations
    told.end(KNOWN)

    assert configurations == {
        report.KEY: {
            'unasked': 1,
            'up': 2,
            'down': 1,
            'silent': 1,
            'longest_round_trip_ms': 4.0,
            'least_largest_packet': 1400,
            'not_up': ['172.30.2.3', 'fd00:3::1'],
            'round_ended_seconds_ago': 0,
            'stale': False,
        }
    }


def test_the_state_report_stays_small(told: Told) -> None:
    told.end({f'fd00:3::ffff:{n:x}': Peer(State.DOWN) for n in range(5000)})

    assert len(json.dumps(told.report.summary())) < 400


def test_a_region_of_several_networks_is_one_peer() -> None:
    found = report.names(['172.30.3.9', 'fd00:3::9', '192.0.2.1'], REGIONS)

    assert found == {
        '172.30.3.9': 'RegionThree',
        'fd00:3::9': 'RegionThree',
        '192.0.2.1': '192.0.2.1',
    }


def test_all_states_of_a_host_are_told_of() -> None:
    assert set(report.Report([], INTERVAL).summary()) >= {
        state.value for state in peers.State
    }


@pytest.mark.parametrize(
    ('seconds', 'stale'), [(2.9 * INTERVAL, False), (3.1 * INTERVAL, True)]
)
def test_the_state_report_says_when_nobody_probes_any_more(
    told: Told, monkeypatch: pytest.MonkeyPatch, seconds: float, stale: bool
) -> None:
    told.report.configurations = {}
    told.end(KNOWN)
    now = time.monotonic()
    monkeypatch.setattr(report.time, 'monotonic', lambda: now + seconds)

    told.report.refresh()

    said = told.report.configurations[report.KEY]
    assert said['round_ended_seconds_ago'] == round(seconds)
    assert said['stale'] is stale


def test_an_agent_that_never_ended_a_round_says_so_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = report.Report(REGIONS, INTERVAL)
    assert found.summary()['stale'] is False

    now = time.monotonic()
    monkeypatch.setattr(report.time, 'monotonic', lambda: now + 3.1 * INTERVAL)

    assert found.summary()['stale'] is True
    assert found.summary()['round_ended_seconds_ago'] is None
