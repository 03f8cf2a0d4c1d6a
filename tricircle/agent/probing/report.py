# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What was found of the tunnels, for Prometheus and the state report."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
import math
import threading
import time
from typing import Any, Final

import netaddr
import prometheus_client
from prometheus_client import core
from prometheus_client import registry

from tricircle.agent.probing import peers
from tricircle.agent.probing import rounds

#: So many hosts are told by their addresses; when there are more whose region
#: is not known, all of these are told as one.
MOST_ADDRESSES: Final = 50
OTHERS: Final = 'others'
#: So many addresses stand in the state report, which has little room.
_FEW: Final = 5
#: Under which the agent's state report says what was found.
KEY: Final = 'tricircle_tunnels'
_PEER: Final = ('peer',)
#: After so many intervals without the end of a round nobody probes any more.
_MISSED: Final = 3

#: Region and CIDR.
Region = tuple[str, str]


def names(
    addresses: Iterable[str], regions: Sequence[Region]
) -> dict[str, str]:
    """Return what each host is told as: its region, else its address.

    :param regions: the networks of tunnel addresses whose region is known.
    """
    networks = [(name, netaddr.IPNetwork(cidr)) for name, cidr in regions]
    found = {}
    unknown = []
    for address in addresses:
        region = next(
            (name for name, network in networks if address in network), None
        )
        if region is None:
            unknown.append(address)
        else:
            found[address] = region
    many = len(unknown) > MOST_ADDRESSES
    found.update({one: OTHERS if many else one for one in unknown})
    return found


class Report(registry.Collector):
    """Keeps what was found last, and tells it; safe for threads.

    :param regions: see :func:`names`.
    :param interval: from the beginning of a round to the next, in seconds
    :ivar configurations: of the agent's state report, once that is known
    """

    def __init__(self, regions: Sequence[Region], interval: float) -> None:
        self._regions = regions
        self._interval = interval
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._known: Mapping[str, peers.Peer] = {}
        self._named: dict[str, str] = {}
        self._probes: Counter[tuple[str, str]] = Counter()
        self._ended = -math.inf
        self.configurations: dict[str, Any] | None = None

    def round_ended(
        self, known: Mapping[str, peers.Peer], outcome: rounds.Outcome
    ) -> None:
        """Take what a round has found.

        :param known: what is known of all hosts now.
        """
        named = names(known, self._regions)
        with self._lock:
            self._known, self._named = known, named
            self._ended = time.monotonic()
            for answered, counts in (
                ('answered', outcome.answers),
                ('lost', outcome.lost),
            ):
                for address in counts.keys() & named.keys():
                    key = named[address], answered
                    self._probes[key] += counts[address]
            # Else addresses that come and go would be told for ever.
            there = set(named.values())
            self._probes = Counter(
                {key: n for key, n in self._probes.items() if key[0] in there}
            )
        self.refresh()

    def refresh(self) -> None:
        """Have the state report say how old what was found is by now."""
        if self.configurations is not None:
            self.configurations[KEY] = self.summary()

    def summary(self) -> dict[str, Any]:
        """Return the little that the agent's state report carries.

        A report is one row of the region's database, of 4095 characters, and
        is written every half minute. It goes on whatever becomes of the
        probes, so it says itself when what it carries is old.
        """
        now = time.monotonic()
        with self._lock:
            known, ended = self._known, self._ended
        states = Counter(one.state.value for one in known.values())
        trips = [one.round_trip for one in known.values() if one.round_trip]
        largest = [one.largest for one in known.values() if one.largest]
        ill = [
            address
            for address, one in known.items()
            if one.state in (peers.State.DOWN, peers.State.SILENT)
        ]
        return {
            **{state.value: states[state.value] for state in peers.State},
            'longest_round_trip_ms': round(1000 * max(trips), 1)
            if trips
            else None,
            'least_largest_packet': min(largest, default=None),
            'not_up': sorted(ill)[:_FEW],
            'round_ended_seconds_ago': round(now - ended)
            if math.isfinite(ended)
            else None,
            'stale': now - max(ended, self._began) > _MISSED * self._interval,
        }

    def describe(self) -> Iterator[core.Metric]:
        """Yield what there is, without numbers."""
        yield from _families()

    def collect(self) -> Iterator[core.Metric]:
        """Yield all numbers."""
        with self._lock:
            known, named = self._known, self._named
            probes = dict(self._probes)
            ended = self._ended
        age, hosts, trip, largest, asked = _families()
        age.add_metric((), time.monotonic() - ended)
        for name in sorted(set(named.values())):
            mine = [one for a, one in known.items() if named.get(a) == name]
            for state in peers.State:
                count = sum(one.state is state for one in mine)
                hosts.add_metric((name, state.value), count)
            trips = [one.round_trip for one in mine if one.round_trip]
            if trips:
                trip.add_metric((name,), max(trips))
            passing = [one.largest for one in mine if one.largest]
            if passing:
                largest.add_metric((name,), min(passing))
            for outcome in ('answered', 'lost'):
                asked.add_metric(
                    (name, outcome), probes.get((name, outcome), 0)
                )
        yield from (age, hosts, trip, largest, asked)


def _families() -> tuple[
    core.GaugeMetricFamily,
    core.GaugeMetricFamily,
    core.GaugeMetricFamily,
    core.GaugeMetricFamily,
    core.CounterMetricFamily,
]:
    return (
        core.GaugeMetricFamily(
            'tricircle_tunnel_round_age_seconds',
            'Seconds since this host ended a round of probes last; +Inf when '
            'it never did',
        ),
        core.GaugeMetricFamily(
            'tricircle_tunnel_hosts',
            'Hosts of other regions that this one has a tunnel to, by what '
            'is known of the tunnel',
            labels=('peer', 'state'),
        ),
        core.GaugeMetricFamily(
            'tricircle_tunnel_round_trip_seconds',
            'The longest round trip to a host that is up; of each host the '
            'shortest of its last answers',
            labels=_PEER,
        ),
        core.GaugeMetricFamily(
            'tricircle_tunnel_largest_packet_bytes',
            "The smallest of the largest packets, as instances' MTU counts "
            'them, that pass to the hosts that are up and back',
            labels=_PEER,
        ),
        core.CounterMetricFamily(
            'tricircle_tunnel_probes',
            'Small probes that this host sent, by whether the answer came in '
            'time',
            labels=('peer', 'outcome'),
        ),
    )


def serve(told: Report, host: str, port: int | None) -> Any:
    """Serve all of it over HTTP; return the server, to be shut down.

    :param port: None for not at all.
    :raises OSError: this process cannot listen there.
    """
    if port is None:
        return None
    found = registry.CollectorRegistry()
    found.register(told)
    prometheus_client.ProcessCollector(registry=found)
    server, _ = prometheus_client.start_http_server(port, host, found)
    return server
