# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""More hosts in a region, and one more region in a cloud that runs."""

from collections.abc import Iterator
import itertools

import pytest

from lab import cloud
from lab import topology as topologies
from tests.lab import operator_shell
from tests.lab import packets
from tests.lab import pods
from tests.lab import tenant

pytestmark = pytest.mark.alone


@pytest.fixture
def newcomer(
    lab: cloud.Lab, demo_tenant: tenant.Tenant
) -> Iterator[topologies.Region]:
    """The third region, whose services run, but which is no pod yet.

    What ``bin/lab demo`` may have made is gone: a pod that still has
    something in it is refused.
    """
    if len(lab.topology.regions) < 3:
        pytest.skip('needs three regions: three.yaml')
    region = lab.topology.regions[2]
    pods.remove(lab, region.name)
    yield region
    pods.restore(lab)


@pytest.mark.thorough
def test_instances_on_all_hosts_ping_each_other(
    lab: cloud.Lab, own_tenant: tenant.Tenant, crowded: topologies.Region
) -> None:
    network = own_tenant.network('10.8.0.0/24')
    nic = {'uuid': network.id}
    elsewhere = next(
        region for region in lab.topology.regions if region != crowded
    )
    places = [
        *((crowded.name, host) for host in crowded.hosts),
        (elsewhere.name, elsewhere.hosts[0]),
    ]
    asked = [
        (region, own_tenant.ask(region, nic, name=host, host=host).id)
        for region, host in places
    ]
    servers = [own_tenant.wait(*one) for one in asked]

    assert [one.host for one in servers] == [host for _, host in places]
    for one, other in itertools.permutations(servers, 2):
        packets.await_ping(lab, one, other.ip)
    for one, other in itertools.permutations(servers, 2):
        assert packets.ping(lab, one, other.ip, 5).lost == 0


@pytest.mark.thorough
def test_a_region_joins_the_running_cloud(
    lab: cloud.Lab, own_tenant: tenant.Tenant, newcomer: topologies.Region
) -> None:
    one, other = own_tenant.regions[:2]
    network = own_tenant.network('10.8.1.0/24')
    servers = own_tenant.boot_everywhere(network.id, [one, other])
    packets.await_ping(lab, servers[one], servers[other].ip)
    here = own_tenant.at(newcomer.name, as_admin=True).network
    assert network.id not in {found.id for found in here.networks()}

    with packets.pinging(lab, servers[one], servers[other].ip) as loss:
        _create_pod(lab, newcomer)
        third = own_tenant.boot(newcomer.name, {'uuid': network.id})
        for server in servers.values():
            packets.await_ping(lab, server, third.ip)
            packets.await_ping(lab, third, server.ip)

    assert loss.lost <= 1, loss
    assert third.ip not in {server.ip for server in servers.values()}


def _create_pod(lab: cloud.Lab, region: topologies.Region) -> None:
    """Make a pod, with the command of the operator."""
    code, told = operator_shell.run(
        lab,
        *('pod', 'create', '--region-name', region.name),
        *('--availability-zone', region.availability_zone),
    )
    assert code == 0, told
