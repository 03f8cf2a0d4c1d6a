# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The guide of Nova cells v2, command for command, also while things die.

``tools/lab-tests lab/topologies/cells.yaml all -k cells`` runs it.
"""

from collections.abc import Iterator
import time

import pytest

from lab import cells
from lab import cloud
from lab import topology as topologies
from lab.services import neutron
from lab.services import nova
from lab.services import tricircle
from tests.lab import cell_registry
from tests.lab import guides
from tests.lab import pods
from tests.lab import remains
from tests.lab import tenant
from tests.lab import waiting

pytestmark = [
    pytest.mark.alone,
    pytest.mark.thorough,
    pytest.mark.timeout(900),
]
_PAGE = 'install/cells.rst'
#: Seconds that the guide may take, also while something is away.
_GUIDE_SECONDS = 480.0
#: Waits until central has made the ports of both servers.
_PORTS_ARE_THERE = (
    'until [[ $(openstack --os-region-name CentralRegion port list --long '
    '--network net1 -f value -c "Device Owner" | grep -c compute:az) == 2 ]]; '
    'do sleep 0.2; done'
)
#: MiB that the whole cloud may take.
_MOST_MEMORY = 12 * 1024


@pytest.fixture
def second(lab: cloud.Lab) -> topologies.Region:
    """The region that the guide registers."""
    if not lab.topology.cells:
        pytest.skip('needs one Nova with cells: cells.yaml')
    return lab.topology.regions[1]


@pytest.fixture
def first_cell_only(
    lab: cloud.Lab, second: topologies.Region, demo_tenant: tenant.Tenant
) -> Iterator[None]:
    """There are no pods, no aggregates, and no second cell yet."""
    pods.remove(lab)

    def no_tunnels() -> None:
        assert remains.tunnels_of_all(lab) == {}

    waiting.eventually(no_tunnels)
    cell_registry.forget(lab, second)
    yield
    cell_registry.restore(lab, second)
    pods.restore(lab)


def _is_where_its_zone_says(
    lab: cloud.Lab, one: tenant.Tenant, region: topologies.Region, name: str
) -> None:
    """A server is in a cell, with the same port in central and in there."""
    admin = one.at(topologies.CENTRAL, as_admin=True)
    server = admin.compute.find_server(name, details=True)
    assert server.status == 'ACTIVE'
    assert server.availability_zone == region.availability_zone
    assert server.compute_host in region.hosts

    def the_same() -> None:
        central, there = (
            [
                (port.id, port.mac_address, port.fixed_ips, port.status)
                for port in one.at(place, as_admin=True).network.ports(
                    device_id=server.id
                )
            ]
            for place in (topologies.CENTRAL, region.name)
        )
        assert len(central) == 1
        assert central == there

    waiting.eventually(the_same)


def _dies_after_the_boot(wanted: list[str], service: str) -> list[str]:
    """Return the commands, with one that dies as both servers are built."""
    (last,) = (
        number
        for number, command in enumerate(wanted)
        if 'server create' in command and command.endswith('vm2')
    )
    dying = [f'bin/lab kill {service}', f'bin/lab restart {service}']
    if service == neutron.CENTRAL:
        # Of a boot that has no port yet Nova says that central is away
        # (test_cells.py).
        dying.insert(0, _PORTS_ARE_THERE)
    return [*wanted[: last + 1], *dying, *wanted[last + 1 :]]


@pytest.mark.usefixtures('first_cell_only')
@pytest.mark.parametrize(
    'dies', [None, 'conductor', tricircle.XJOB, neutron.CENTRAL]
)
def test_the_guide_ends_as_it_says(
    lab: cloud.Lab,
    second: topologies.Region,
    demo_tenant: tenant.Tenant,
    shell: dict[str, str],
    dies: str | None,
) -> None:
    wanted = guides.commands(guides.DOCUMENTS / _PAGE)
    if dies:
        victim = nova.conductor(second) if dies == 'conductor' else dies
        wanted = _dies_after_the_boot(wanted, victim)

    started = time.monotonic()
    said = guides.run(_PAGE, wanted, shell, _GUIDE_SECONDS)

    memory = sum(one.memory for one in lab.status())
    print(f'guide: {time.monotonic() - started:.0f} s; {memory} MiB in all')
    assert memory <= _MOST_MEMORY
    assert said.count(' 3 received') == 2
    listed = said.partition('| Binary ')[2]
    assert listed.count(' nova-conductor ') == 3
    for region in lab.topology.regions:
        for host in region.hosts:
            assert f' nova-compute   | {host} ' in listed
        assert f'| {cells.cell(region)} |' in said
    for region, name in zip(lab.topology.regions, ('vm1', 'vm2'), strict=True):
        _is_where_its_zone_says(lab, demo_tenant, region, name)
