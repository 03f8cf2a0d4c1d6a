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
import os
from pathlib import Path
import time

import pytest

from lab import bootstrap
from lab import checks
from lab import cloud
from lab import demo
from lab import layout as layouts
from lab import supervision

_TOPOLOGY = 'TRICIRCLE_LAB_TOPOLOGY'


def _there() -> cloud.Lab:
    layout = layouts.Layout.usual()
    chosen = os.environ.get(_TOPOLOGY)
    if layout.state.exists() or not chosen:
        return cloud.load(layout)
    return cloud.load(layout, Path(chosen))


def _tell(text: str) -> None:
    print(text, flush=True)


@pytest.fixture(scope='module')
def survivor() -> Iterator[cloud.Lab]:
    """A lab whose instances ping each other; it is left as it was found."""
    lab = _there()
    was_up = lab.is_up
    if not was_up:
        lab.up(_tell)
    try:
        demo.run(lab, _tell)
        yield lab
    finally:
        if not was_up:
            lab.down()


def _works(lab: cloud.Lab, seconds: float = 90.0) -> None:
    """Everything runs, every agent lives, and all instances ping."""
    deadline = time.monotonic() + seconds
    while dead := [
        f'{one.name} {one.state}'
        for one in lab.status()
        if one.state != 'RUNNING'
    ]:
        assert time.monotonic() < deadline, dead
        time.sleep(0.5)
    bootstrap.await_hosts(lab.renderer, _tell, seconds)
    # Servers are found, and ping each other; what is gone is made again.
    demo.run(lab, _tell)


@pytest.mark.parametrize('name', sorted(_there().services))
def test_what_is_killed_stays_dead_until_it_is_started_again(
    name: str, survivor: cloud.Lab
) -> None:
    servers = _servers(survivor)
    survivor.kill(name)
    try:
        # Others may start again by themselves only in production.
        time.sleep(1)
        states = {one.name: one.state for one in survivor.status()}
        assert states[name] == 'EXITED'
        with pytest.raises(supervision.ServiceFailed, match='EXITED'):
            survivor.kill(name)
    finally:
        survivor.restart(name, _tell)
    _works(survivor)
    assert _servers(survivor) == servers


def test_after_all_of_that_servers_boot_everywhere(
    survivor: cloud.Lab,
) -> None:
    for region in survivor.topology.regions:
        with bootstrap.connect(
            survivor.renderer.password,
            region.name,
            bootstrap.DEMO,
            bootstrap.DEMO,
        ) as here:
            server = here.compute.find_server(f'demo-{region.name}')
            here.compute.delete_server(server.id)
            here.compute.wait_for_delete(server)
    _works(survivor)


def test_a_second_up_says_so(survivor: cloud.Lab) -> None:
    with pytest.raises(checks.LabError, match='is up already'):
        survivor.up(_tell)
    _works(survivor)


def test_after_down_and_up_everything_pings_again(
    survivor: cloud.Lab,
) -> None:
    servers = _servers(survivor)
    survivor.down()
    assert not any(one.processes() for one in survivor.machines.values())
    with pytest.raises(checks.LabError, match='bin/lab up brings it up'):
        survivor.status()
    # As the next command does.
    cloud.load(survivor.layout).up(_tell)
    _works(survivor)
    assert _servers(survivor) == servers


def _servers(lab: cloud.Lab) -> dict[str, str]:
    """Return the IDs of the servers by their names, in all regions."""
    found: dict[str, str] = {}
    for region in lab.topology.regions:
        with bootstrap.connect(
            lab.renderer.password, region.name, bootstrap.DEMO, bootstrap.DEMO
        ) as here:
            found |= {one.name: one.id for one in here.compute.servers()}
    return found
