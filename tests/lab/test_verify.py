# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``openstack multiregion networking verify``, with packets."""

from collections.abc import Iterator
import contextlib
from pathlib import Path
import subprocess
from typing import Any
from xml.etree import ElementTree

import pytest

from lab import cloud
from lab import machines
from lab import topology as topologies
from tests.lab import administrator
from tests.lab import operator_shell
from tests.lab import remains
from tests.lab import waiting
from tricircle.agent.verifying import namespaces
from tricircle.cli.verifying import layout

#: It takes agents and tunnels away, and counts what is on hosts.
pytestmark = [pytest.mark.alone, pytest.mark.thorough]
_FABRIC = 'fab'
_SECONDS = 600.0
#: Until paths are there, in seconds; they take a fraction of it on a machine
#: that has nothing else to do.
_PATIENCE = 240


@pytest.fixture
def untouched(lab: cloud.Lab) -> Iterator[None]:
    """See that a test leaves nothing, in any API, on any host."""
    before = _things(lab)
    yield
    waiting.nothing_left([lambda: sorted(_things(lab) - before)])


def _things(lab: cloud.Lab) -> set[str]:
    found = set()
    names = [one.name for one in lab.topology.regions]
    for region in (topologies.CENTRAL, *names):
        network = administrator.at(lab, region).network
        for kind in ('networks', 'routers', 'ports', 'security_groups'):
            found |= {
                f'{kind} of {region}: {one.id}'
                for one in getattr(network, kind)()
                if layout.TAG in one.name
            }
    for host in lab.topology.hosts:
        found |= {f'{host}: {one}' for one in remains.everything(lab, host)}
    return found


def _named(rows: list[dict[str, Any]], result: str) -> set[tuple[str, ...]]:
    """Return kind, regions and family of checks with a result."""
    return {
        (
            row['Check'],
            row['From'].split()[0],
            row['To'].partition(' ')[0],
            row['Family'],
        )
        for row in rows
        if row['Result'] == result
    }


@contextlib.contextmanager
def _no_tunnels(fabric: machines.Machine, port: str) -> Iterator[None]:
    """Drop what comes out of a host by VXLAN."""
    fabric.run(
        'nft -f -',
        text=(
            'table netdev verify {\n  chain verify {\n'
            f'    type filter hook ingress device {port} priority 0;\n'
            '    udp dport 4789 drop;\n  }\n}\n'
        ),
    )
    try:
        yield
    finally:
        fabric.run('nft delete table netdev verify')


@pytest.mark.timeout(900)
def test_all_is_well_in_a_cloud_that_is(
    lab: cloud.Lab, untouched: None, tmp_path: Path
) -> None:
    file = tmp_path / 'report.xml'

    code, rows = operator_shell.run(
        lab,
        'verify',
        *('--junit', str(file), '--timeout', str(_PATIENCE)),
        seconds=_SECONDS,
    )

    regions = len(lab.topology.regions)
    pairs = regions * (regions - 1)
    # Layer 2 and bridged, routed also inside of a region; groups; DHCP.
    echoes = 4 * (2 * pairs + pairs + regions)
    assert len(rows) == echoes + 6 * pairs + 2 * regions
    assert not [row for row in rows if row['Result'] != 'passed'], rows
    assert code == 0
    # Made by us just now.
    (suite,) = ElementTree.parse(file).getroot()  # noqa: S314
    assert (suite.get('tests'), suite.get('failures')) == (str(len(rows)), '0')


@pytest.mark.timeout(900)
def test_what_is_broken_fails_and_nothing_else(
    lab: cloud.Lab, untouched: None
) -> None:
    one, other = lab.topology.regions[:2]
    agents = [f'dhcp-agent-{host}' for host in one.hosts]
    # Both are green in every API: the tunnels are the fabric's, and Neutron
    # counts an agent as alive for another minute.
    with _no_tunnels(lab.machines[_FABRIC], f'{one.hosts[0]}-0'):
        for agent in agents:
            lab.kill(agent)
        try:
            code, rows = operator_shell.run(
                lab,
                'verify',
                *('--only', 'layer2', '--only', 'routed', '--only', 'dhcp'),
                *('--region', one.name, '--region', other.name),
                *('--timeout', '60'),
                seconds=_SECONDS,
            )
        finally:
            for agent in agents:
                lab.restart(agent, lambda _text: None)

    families = ('IPv4', 'IPv6')
    here, there = one.name, other.name
    assert _named(rows, 'failed') == {
        (*way, family)
        for way in (
            ('layer2', here, there),
            ('layer2', there, here),
            ('routed', here, there),
            ('routed', there, here),
            ('dhcp', here, ''),
        )
        for family in families
    }
    assert _named(rows, 'passed') == {
        (*way, family)
        for way in (
            ('routed', here, here),
            ('routed', there, there),
            ('dhcp', there, ''),
        )
        for family in families
    }
    assert code == 1


@pytest.mark.timeout(900)
def test_what_a_killed_run_leaves_is_removed_by_clean_up(
    lab: cloud.Lab, untouched: None
) -> None:
    region = lab.topology.regions[0]
    with subprocess.Popen(
        operator_shell.command('verify', '--region', region.name),
        env=operator_shell.environment(lab),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as killed:
        assert killed.stderr is not None
        for line in killed.stderr:
            if 'checks are decided' in line:
                break
        killed.kill()
    assert any(
        namespaces.PREFIX in one
        for host in region.hosts
        for one in remains.everything(lab, host)
    )

    code, rows = operator_shell.run(
        lab, 'verify', '--clean-up', '--older-than', '0', seconds=_SECONDS
    )

    assert code == 0, rows
    assert len(rows) == 1
    # Two networks, a router, a group, and the ports.
    assert rows[0]['Removed'] >= 5
