# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Real packets through real switches, with the guard's flows and without."""

from collections.abc import Iterator
import os
from pathlib import Path
from typing import Any
import uuid

import pytest

from tests.functional.agent import process
from tests.functional.agent import switches
from tests.functional.cloud import waiting

OWN = switches.SERVERS[('own', 'wire')][1]
pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason='makes namespaces: root'),
    pytest.mark.skipif(
        bool(switches.missing()),
        reason='not installed: ' + ', '.join(switches.missing()),
    ),
]


class Agent(process.AgentProcess):
    """The process of the guard, and the scene around it."""

    def __init__(self, scene: switches.Switches) -> None:
        super().__init__(scene, 'host', 'tests.functional.agent.agent')
        self.network = str(uuid.uuid4())
        self.port = str(uuid.uuid4())

    def wire_flows(self) -> list[str]:
        """Return the guard's flows on the physical bridge, as text."""
        told = self.scene.ofctl('--no-stats dump-flows br-phys')
        return [line for line in told.splitlines() if 'dl_vlan=100' in line]

    def tunnel_flows(self) -> list[str]:
        told = self.scene.ofctl('--no-stats dump-flows br-tun')
        return [line for line in told.splitlines() if 'tun_' in line]

    def add_port(self) -> None:
        self.call(
            'handle_port',
            port_id=self.port,
            network_id=self.network,
            network_type='vlan',
            physical_network='bridge',
            segmentation_id=switches.VLAN,
        )

    def answer(self, **what: Any) -> None:
        self.call('answer', network=self.network, **what)


@pytest.fixture(scope='module')
def scene(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[switches.Switches]:
    found = switches.Switches(Path(tmp_path_factory.mktemp('rg')))
    with found.cleaned():
        found.build()
        yield found


@pytest.fixture(scope='module')
def agent(scene: switches.Switches) -> Agent:
    """The agent without the guard: the first test runs it so."""
    found = Agent(scene)
    found.start({'local_vteps': [switches.LOCAL_VTEPS], 'check_interval': 0.5})
    found.call('connect')
    return found


@pytest.fixture(scope='module')
def guarded(agent: Agent) -> Agent:
    agent.call('initialize')
    return agent


@pytest.fixture
def settled(guarded: Agent) -> Iterator[Agent]:
    """An agent with a port on the VLAN, its own server and router known."""
    guarded.answer(servers=[OWN], routers=[OWN], tell=False)
    guarded.add_port()
    yield guarded
    guarded.call('delete_port', port_id=guarded.port)
    waiting.eventually(lambda: _equal(guarded.wire_flows(), []))


def _equal(found: Any, wanted: Any) -> None:
    assert found == wanted


def answered(found: dict[str, set[str]]) -> set[str]:
    return set().union(*found.values())


@pytest.mark.parametrize('network', ['overlay', 'wire'])
def test_without_the_guard_both_regions_answer(
    agent: Agent, network: str
) -> None:
    names = ('DISCOVER', 'INFORM', 'SOLICIT', 'RS')

    # The switches and servers have only just come up.
    waiting.eventually(
        lambda: _equal(
            agent.scene.probe(network, *names),
            {key: {'own', 'other'} for key in names},
        )
    )


@pytest.mark.parametrize('network', ['overlay', 'wire'])
def test_only_the_own_region_answers(settled: Agent, network: str) -> None:
    found = settled.scene.probe(network)

    other = switches.SERVERS[('other', network)][0]
    assert found.pop(f'RENEW {other}') == set()
    assert len(found) == 13
    # Nobody has a lease of that address, and dnsmasq is silent on REBIND
    # then; what matters is that no other region speaks.
    for question, servers in found.items():
        assert servers <= {'own'}, question
    for question in ('DISCOVER', 'SELECT', 'INFORM', 'SOLICIT', 'RS'):
        assert found[question] == {'own'}, question


def test_nobody_answers_until_the_own_server_is_known(guarded: Agent) -> None:
    guarded.call('silence')
    guarded.add_port()
    try:
        found = guarded.scene.probe('wire', 'DISCOVER', 'SOLICIT', 'RS')
        assert answered(found) == set()

        guarded.answer(servers=[OWN], routers=[OWN], tell=False)
        waiting.eventually(
            lambda: _equal(
                guarded.scene.probe('wire', 'DISCOVER')['DISCOVER'], {'own'}
            )
        )
    finally:
        guarded.call('delete_port', port_id=guarded.port)


def test_a_network_without_neutrons_dhcp_is_left_alone(
    guarded: Agent,
) -> None:
    guarded.answer(dhcp=False, ra_mode=None, tell=False)
    guarded.add_port()
    try:
        found = guarded.scene.probe('wire', 'DISCOVER', 'RS')
        assert found == {
            'DISCOVER': {'own', 'other'},
            'RS': {'own', 'other'},
        }
    finally:
        guarded.call('delete_port', port_id=guarded.port)


def test_flows_follow_the_mac_of_the_server(settled: Agent) -> None:
    other = switches.SERVERS[('other', 'wire')][1]
    settled.answer(servers=[other], routers=[other])

    waiting.eventually(
        lambda: _equal(
            [flow for flow in settled.wire_flows() if OWN in flow], []
        )
    )
    found = settled.scene.probe('wire', 'DISCOVER', 'INFORM')
    assert found == {'DISCOVER': {'other'}, 'INFORM': {'other'}}


def test_flows_come_back_when_somebody_deletes_them(settled: Agent) -> None:
    before = settled.wire_flows(), settled.tunnel_flows()
    assert before[0]
    assert before[1]
    for flow in ('br-phys udp', 'br-phys udp6', 'br-tun udp', 'br-tun icmp6'):
        settled.scene.ofctl(f'del-flows {flow}')
    assert (settled.wire_flows(), settled.tunnel_flows()) != before

    waiting.eventually(
        lambda: _equal(
            (sorted(settled.wire_flows()), sorted(settled.tunnel_flows())),
            (sorted(before[0]), sorted(before[1])),
        ),
        seconds=5,
    )


def test_a_new_interface_to_the_wire_is_guarded(settled: Agent) -> None:
    scene, before = settled.scene, len(settled.wire_flows())
    scene.vsctl(
        'host',
        'add-port br-phys wire1 -- set interface wire1 type=internal',
    )
    try:
        waiting.eventually(
            lambda: _equal(len(settled.wire_flows()), 2 * before)
        )
    finally:
        scene.vsctl('host', 'del-port br-phys wire1')
    waiting.eventually(lambda: _equal(len(settled.wire_flows()), before))


def test_flows_are_back_after_a_restart_of_open_vswitch(
    settled: Agent,
) -> None:
    settled.scene.stop('vswitchd-host', kill=True)
    settled.scene.start_switch('host')
    settled.scene.address_tunnels('host')
    # The agent's own loop does nothing either before the switch answers.
    waiting.eventually(lambda: settled.call('restarted'), seconds=20)

    assert settled.tunnel_flows()
    for network in ('overlay', 'wire'):
        found = waiting.eventually(
            lambda network=network: _some(  # type: ignore[misc]
                settled.scene.probe(network, 'DISCOVER', 'INFORM', 'SOLICIT')
            )
        )
        assert answered(found) == {'own'}


def _some(found: dict[str, set[str]]) -> dict[str, set[str]]:
    assert all(found.values())
    return found
