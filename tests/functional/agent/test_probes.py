# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Probes between two hosts, while the way between them changes."""

from collections.abc import Iterator
import os
from pathlib import Path
import re
import sys
import time

from prometheus_client import parser
import pytest

from tests.functional.agent import process
from tests.functional.agent import switches
from tests.functional.agent import tunnels
from tests.functional.cloud import waiting
from tricircle.agent.probing import flows
from tricircle.agent.probing import frames

_PORT = 19997
_FAR = tunnels.ADDRESSES['far']
_READ = f"""
import urllib.request
print(urllib.request.urlopen('http://127.0.0.1:{_PORT}/metrics').read().decode())
"""
pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason='makes namespaces: root'),
    pytest.mark.skipif(
        bool(switches.missing(tunnels.NEEDED)),
        reason='not installed: ' + ', '.join(switches.missing(tunnels.NEEDED)),
    ),
]


class Host(process.AgentProcess):
    """A host, its agent, and what that tells."""

    scene: tunnels.Tunnels

    def __init__(self, scene: tunnels.Tunnels, machine: str) -> None:
        module = 'tests.functional.agent.probing_agent'
        super().__init__(scene, machine, module)

    def begin(self) -> None:
        self.start(
            {
                'local_vteps': [tunnels.LOCAL_VTEPS[self.machine]],
                'check_interval': 0.3,
                'probe_interval': 1.0,
                'probe_timeout': 1.0,
                'metrics_port': _PORT,
            },
            local_ip=tunnels.ADDRESSES[self.machine],
        )

    def told(self) -> dict[str, float]:
        """Return what it tells of the other host.

        :returns: by name, and what it is labelled with besides the host.
        """
        text = self.scene.execute(self.machine, sys.executable, '-c', _READ)
        return {
            ' '.join(
                [one.name, *(v for k, v in one.labels.items() if k != 'peer')]
            ): one.value
            for family in parser.text_string_to_metric_families(text)
            for one in family.samples
            if one.labels.get('peer', _FAR) == _FAR
        }

    def is_in(self, state: str) -> dict[str, float]:
        """Fail unless it says so; return all that it tells."""
        told = self.told()
        assert told[f'tricircle_tunnel_hosts {state}'] == 1, told
        return told

    def largest_is(self, size: int) -> None:
        told = self.is_in('up')
        assert told['tricircle_tunnel_largest_packet_bytes'] == size, told

    def frames(self, receiver: str) -> int:
        """Return how many probes to that address a flow has taken."""
        self.scene.count(self.machine)
        told = self.scene.run(
            self.machine,
            f'ovs-ofctl -O OpenFlow13 dump-flows br-tun dl_dst={receiver}',
        )
        return sum(int(n) for n in re.findall(r'n_packets=(\d+)', told))


@pytest.fixture(scope='module')
def hosts(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Host, Host]]:
    """Two hosts, whose agents have begun; the path carries everything."""
    scene = tunnels.Tunnels(Path(tmp_path_factory.mktemp('tp')))
    with scene.cleaned():
        scene.build()
        found = Host(scene, 'host'), Host(scene, 'far')
        for one in found:
            one.begin()
        for one in found:
            one.call('connect')
            one.call('initialize')
        yield found


@pytest.fixture
def host(hosts: tuple[Host, Host]) -> Host:
    """The host whose tunnel is well."""
    waiting.eventually(lambda: hosts[0].is_in('up'))
    return hosts[0]


@pytest.fixture
def far(hosts: tuple[Host, Host]) -> Host:
    return hosts[1]


def test_a_tunnel_that_carries_packets_is_up_with_its_round_trip(
    host: Host,
) -> None:
    told = host.is_in('up')

    assert 0 < told['tricircle_tunnel_round_trip_seconds'] < 1.0
    assert told['tricircle_tunnel_probes_total answered'] > 0
    assert told['tricircle_tunnel_round_age_seconds'] < 10


def test_the_largest_packet_is_that_of_the_path(host: Host) -> None:
    # Outer IPv4, UDP, VXLAN and inner Ethernet: 50 bytes.
    waiting.eventually(lambda: host.largest_is(tunnels.LINE_MTU - 50))

    host.scene.set_path_mtu(1500)
    try:
        waiting.eventually(lambda: host.largest_is(1450))
    finally:
        host.scene.set_path_mtu(tunnels.LINE_MTU)
    waiting.eventually(lambda: host.largest_is(tunnels.LINE_MTU - 50))

    assert 'carries packets of up to 1450 bytes, 1950 before' in host.log()


def test_a_path_that_drops_vxlan_alone_is_down_though_pings_pass(
    host: Host,
) -> None:
    told = host.log().count(f'Tunnel to {_FAR} is down')
    host.scene.drop_vxlan()
    try:
        waiting.eventually(lambda: host.is_in('down'))
        host.scene.ping()
        answered = host.told()['tricircle_tunnel_round_age_seconds']
        assert 'tricircle_tunnel_round_trip_seconds' not in host.told()
        # Another round or two, which say nothing new.
        waiting.eventually(
            lambda: _less(
                host.told()['tricircle_tunnel_round_age_seconds'], answered
            )
        )
    finally:
        host.scene.pass_all()
    waiting.eventually(lambda: host.is_in('up'))

    assert host.log().count(f'Tunnel to {_FAR} is down') == told + 1


def _less(found: float, limit: float) -> None:
    assert found < limit


def test_a_host_that_comes_back_is_up_again(host: Host, far: Host) -> None:
    host.scene.stop('vswitchd-far', kill=True)
    waiting.eventually(lambda: host.is_in('down'))

    host.scene.start_switch('far')
    host.scene.address_tunnels('far')
    waiting.eventually(lambda: far.call('restarted'), seconds=20)
    waiting.eventually(lambda: host.is_in('up'))


@pytest.mark.parametrize('sender', [tunnels.NEIGHBOUR, tunnels.STRANGER])
def test_nobody_is_answered_but_hosts_of_other_regions_with_a_tunnel(
    host: Host, far: Host, sender: str
) -> None:
    before, heard = host.frames(frames.QUESTION), far.frames(frames.ANSWER)
    host.scene.forge(sender, _question(), 500)
    # What comes after them: from such a host, the same is answered.
    host.scene.forge(_FAR, _question(), 100)
    waiting.eventually(lambda: _less(heard + 99, far.frames(frames.ANSWER)))

    # The 100, and a few of the other host's own.
    assert host.frames(frames.QUESTION) < before + 200


def test_a_flood_is_answered_up_to_the_limit(host: Host) -> None:
    limit = flows.ANSWERED
    began = time.monotonic()
    passed, dropped = host.scene.meter(limit.meter)
    host.scene.forge(_FAR, _question(), 5 * limit.rate)
    waiting.eventually(
        lambda: _less(dropped, host.scene.meter(limit.meter)[1])
    )

    answered = host.scene.meter(limit.meter)[0] - passed
    # As many as may come at once, and those of the time that it took.
    assert answered < limit.rate * (1 + time.monotonic() - began)
    waiting.eventually(lambda: host.is_in('up'))


def test_flows_answer_without_an_agent(host: Host, far: Host) -> None:
    # The last test: the agent is not started again, that takes seconds.
    far.kill()
    before = far.frames(frames.QUESTION)

    waiting.eventually(lambda: _less(before, far.frames(frames.QUESTION)))
    host.is_in('up')


def _question() -> bytes:
    return frames.question(frames.mark(1), frames.LEAST)
