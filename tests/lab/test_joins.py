# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A region that joins and leaves, over and over, and the hosts of all."""

from collections.abc import Iterator
import contextlib
from typing import Any

import pytest

from lab import cloud
from lab import topology as topologies
from tests.lab import administrator
from tests.lab import operator_shell
from tests.lab import packets
from tests.lab import pods
from tests.lab import remains
from tests.lab import tenant
from tests.lab import waiting

pytestmark = [pytest.mark.alone, pytest.mark.thorough]

_TURNS = 20
#: Seconds that a drain and agents may take to take all away.
_GONE = 90.0


@contextlib.contextmanager
def _joined(lab: cloud.Lab, region: topologies.Region) -> Iterator[None]:
    """Have a region join, and leave after the block, as operators do it."""
    code, told = operator_shell.run(
        lab,
        *('pod', 'create', '--region-name', region.name),
        *('--availability-zone', region.availability_zone),
    )
    assert code == 0, told
    yield
    code, told = operator_shell.do(
        lab, 'pod', 'delete', '--drain', '--wait', region.name
    )
    assert code == 0, told


def _traces(lab: cloud.Lab) -> dict[str, set[str]]:
    """Return what there is on all hosts, and of agents in all APIs."""
    found = {
        host: remains.everything(lab, host) for host in lab.topology.hosts
    }
    for region in (
        topologies.CENTRAL,
        *(one.name for one in lab.topology.regions),
    ):
        network: Any = administrator.at(lab, region).network
        found[region] = {
            f'agent {one.binary} of {one.host}' for one in network.agents()
        }
    return found


def _left(lab: cloud.Lab, before: dict[str, set[str]]) -> list[str]:
    """Return what is not as it was."""
    return [
        f'{place}: {sign} {one}'
        for place, now in _traces(lab).items()
        for sign, ones in (
            ('left', now - before[place]),
            ('lost', before[place] - now),
        )
        for one in sorted(ones)
    ]


@pytest.mark.timeout(1800)
def test_a_region_that_left_has_left_nothing_on_any_host(
    lab: cloud.Lab, own_tenant: tenant.Tenant
) -> None:
    stays, comes = lab.topology.regions[0], lab.topology.regions[-1]
    pods.remove(lab, comes.name)
    try:
        _join_and_leave(lab, own_tenant, stays.name, comes)
    finally:
        pods.restore(lab)


def _join_and_leave(
    lab: cloud.Lab,
    own_tenant: tenant.Tenant,
    stays: str,
    comes: topologies.Region,
) -> None:
    central = own_tenant.central
    network = own_tenant.network('10.8.2.0/24')
    router = central.create_router(name=own_tenant.name)
    (subnet,) = central.subnets(network_id=network.id)
    central.add_interface_to_router(router.id, subnet_id=subnet.id)
    here = own_tenant.boot(stays, {'uuid': network.id})
    # Its own in each region. Then agents have all of the network there.
    (shown,) = own_tenant.at(stays).network.subnets(network_id=network.id)
    gateway = str(shown.gateway_ip)
    packets.await_ping(lab, here, gateway, 90.0)
    before = _traces(lab)
    for _turn in range(_TURNS):
        with _joined(lab, comes):
            there = own_tenant.boot(comes.name, {'uuid': network.id})
            packets.await_ping(lab, here, there.ip)
            assert _left(lab, before)
            own_tenant.delete(there)
        waiting.nothing_left([lambda: _left(lab, before)], _GONE)
        assert packets.ping(lab, here, gateway, 1).lost == 0
