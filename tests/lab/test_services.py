# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The lab survives: what is killed starts again, what was down comes back.

``TRICIRCLE_LAB_TOPOLOGY`` names a topology, if no lab is up already.
"""

from collections.abc import Iterator
import contextlib
import dataclasses
import datetime
import itertools
import os
from pathlib import Path
import subprocess
import time
from typing import Any

import pytest

from lab import bootstrap
from lab import checks
from lab import cloud
from lab import computing
from lab import demo
from lab import layout as layouts
from lab import links
from lab import supervision
from lab.services import rabbitmq
from tests.lab import broker
from tests.lab import waiting

_TOPOLOGY = 'TRICIRCLE_LAB_TOPOLOGY'
#: One of each of these is killed in every run. Those of test_faults, which
#: asks more of them, are not: databases, brokers, APIs, XJob, switches.
_USUAL = ('dhcp-agent', 'l3-agent', 'nova-compute', 'nova-conductor')
#: The first test may bring a lab up for the first time, on few cores.
pytestmark = [
    pytest.mark.alone,
    pytest.mark.thorough,
    pytest.mark.timeout(900),
]


def _there() -> cloud.Lab:
    layout = layouts.Layout.usual()
    chosen = os.environ.get(_TOPOLOGY)
    if layout.state.exists() or not chosen:
        return cloud.load(layout)
    return cloud.load(layout, Path(chosen))


def _each() -> list[Any]:
    """Return all services; but those of a few kinds are thorough."""
    there = _there()
    first = there.topology.regions[0]
    usual = {
        f'{kind}-{place}'
        for kind in _USUAL
        for place in (first.hosts[0], first.name)
    }
    return [
        pytest.param(name, marks=() if name in usual else pytest.mark.thorough)
        for name in sorted(there.services)
    ]


def _processes(lab: cloud.Lab) -> list[str]:
    """Return the commands of all processes that name a file of the lab."""
    found = []
    for path in Path('/proc').glob('[0-9]*/cmdline'):
        # It may end meanwhile.
        with contextlib.suppress(OSError):
            line = path.read_bytes().decode(errors='replace')
            if f'{lab.layout.home}/' in line:
                found.append(line.replace('\0', ' '))
    return found


def _tell(text: str) -> None:
    print(text, flush=True)


@dataclasses.dataclass
class Survivor:
    """A lab that is up, with a server in each region on one network.

    :ivar addresses: of the servers, by their names
    """

    lab: cloud.Lab
    addresses: dict[str, str] = dataclasses.field(default_factory=dict)

    def fill(self) -> None:
        """Boot the servers that are not there; all of them ping."""
        computing.await_hosts(
            self.lab.renderer, self.lab.machines[links.CONTROL], _tell
        )
        demo.run(self.lab, _tell)
        self.addresses = {
            name: address for name, (_, address) in self.servers().items()
        }

    def servers(self) -> dict[str, tuple[str, str]]:
        """Return ID and address of the servers of all regions, by name."""
        found = {}
        for region in self.lab.topology.regions:
            with self.connect(region.name) as here:
                for one in here.compute.servers():
                    found[one.name] = (one.id, demo.address_of(one))
        return found

    def connect(self, region: str) -> Any:
        """Return a connection of the demo user to a region."""
        return bootstrap.connect(
            self.lab.renderer, region, bootstrap.DEMO, bootstrap.DEMO
        )

    def works(self, seconds: float = 90.0) -> None:
        """Everything runs and is ready, and the servers ping each other."""
        deadline = time.monotonic() + seconds
        while idle := [
            f'{one.name} {one.state}'
            for one in self.lab.status()
            if one.state != 'RUNNING'
            or not self.lab.services[one.name].ready.ready()
        ]:
            assert time.monotonic() < deadline, idle
            time.sleep(0.5)
        waiting.together(
            lambda pair: demo.ping(
                self.lab, pair[0], self.addresses[pair[1]], seconds
            ),
            itertools.permutations(self.addresses, 2),
        )


@pytest.fixture(scope='module')
def survivor() -> Iterator[Survivor]:
    """A lab that is left as it was found: up or down."""
    lab = _there()
    was_up = lab.is_up
    if not was_up:
        lab.up(_tell)
    try:
        found = Survivor(lab)
        found.fill()
        yield found
    finally:
        if not was_up:
            lab.down()


@pytest.mark.parametrize('name', _each())
def test_what_is_killed_stays_dead_until_it_is_started_again(
    name: str, survivor: Survivor
) -> None:
    lab = survivor.lab
    listeners = broker.listeners(lab) if name == rabbitmq.NAME else 0
    lab.kill(name)
    try:
        # supervisord of a lab starts nothing again by itself: tests look at
        # what is missing.
        time.sleep(1)
        assert lab.state(name) == 'EXITED'
        with pytest.raises(supervision.ServiceFailed, match='EXITED'):
            lab.kill(name)
    finally:
        lab.restart(name, _tell)
    back = datetime.datetime.now(datetime.UTC)
    assert lab.state(name) == 'RUNNING'
    if listeners:
        broker.await_listeners(lab, listeners)
        broker.await_reports(lab, back)
    survivor.works()


def test_after_all_of_that_servers_end_and_boot_everywhere(
    survivor: Survivor,
) -> None:
    before = survivor.servers()
    for region in survivor.lab.topology.regions:
        with survivor.connect(region.name) as here:
            server = here.compute.find_server(f'demo-{region.name}')
            here.compute.delete_server(server.id)
            here.compute.wait_for_delete(server)
    survivor.fill()
    survivor.works()
    after = survivor.servers()
    assert after.keys() == before.keys()
    assert not {*after.values()} & {*before.values()}


def test_a_second_up_says_so(survivor: Survivor) -> None:
    with pytest.raises(checks.LabError, match='is up already'):
        survivor.lab.up(_tell)
    survivor.works()


@pytest.mark.thorough
def test_after_down_and_up_everything_pings_again(
    survivor: Survivor,
) -> None:
    before = survivor.servers()
    lab = survivor.lab
    # Agents that are killed leave what they started for themselves.
    for host in lab.topology.hosts:
        for kind in ('dhcp', 'l3', 'metadata'):
            lab.kill(f'{kind}-agent-{host}')
    assert any('dnsmasq' in one for one in _processes(lab))
    lab.down()
    assert _processes(lab) == []
    assert not any(one.processes() for one in lab.machines.values())
    with pytest.raises(checks.LabError, match='bin/lab up brings it up'):
        lab.status()
    # As the next command does.
    cloud.load(lab.layout).up(_tell)
    survivor.works()
    assert survivor.servers() == before


@pytest.mark.thorough
@pytest.mark.parametrize(
    'last', ['mariadb ready', 'rabbitmq ready', 'neutron-server-central ready']
)
def test_an_up_that_was_interrupted_begins_anew(
    last: str, survivor: Survivor
) -> None:
    before = survivor.servers()
    lab = survivor.lab
    lab.down()
    _interrupted_up(last)
    assert not lab.is_up
    told: list[str] = []
    # As the next command does.
    cloud.load(lab.layout).up(told.append)
    assert told[0] == 'the last up did not end: what it left is ended'
    survivor.works()
    assert survivor.servers() == before


def _interrupted_up(last: str) -> None:
    """Begin ``bin/lab up``, and kill it when it has told something.

    Another one, meanwhile, is refused.
    """
    command = [str(layouts.ROOT / 'bin' / 'lab'), 'up']
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as begun:
        assert begun.stdout is not None
        try:
            assert any(last in line for line in begun.stdout)
            second = subprocess.run(
                command, capture_output=True, text=True, check=False
            )
            assert second.returncode == 1
            assert 'another bin/lab is bringing the lab' in second.stderr
        finally:
            begun.kill()
