# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The guides of the documentation, command for command."""

from collections.abc import Iterator

import pytest

from lab import cloud
from lab import layout as layouts
from lab import topology as topologies
from tests.lab import guides
from tests.lab import packets
from tests.lab import pods
from tests.lab import remains
from tests.lab import tenant
from tests.lab import waiting


def _networks(one: tenant.Tenant, region: str) -> set[str]:
    here = one.at(region, as_admin=True).network
    return {network.name for network in here.networks()}


@pytest.fixture
def no_pods(lab: cloud.Lab, demo_tenant: tenant.Tenant) -> Iterator[None]:
    """No pod is there yet; afterwards, all of the lab's are again.

    A pod that still has something in it is refused, so nothing is left by
    the tests before, and no tunnel between hosts.
    """
    pods.remove(lab)
    waiting.eventually(lambda: _no_tunnels(lab))
    yield
    pods.restore(lab)


def _no_tunnels(lab: cloud.Lab) -> None:
    assert remains.tunnels_of_all(lab) == {}


def _same_port(one: tenant.Tenant, region: str, server: str) -> None:
    """The server's port is the same in central and in its region."""
    there = one.at(region)
    found = there.compute.find_server(server)
    assert found.status == 'ACTIVE'
    ports = [
        [
            (port.id, port.mac_address, port.fixed_ips)
            for port in place.ports(device_id=found.id)
        ]
        for place in (there.network, one.central)
    ]
    assert len(ports[0]) == 1
    assert ports[0] == ports[1]


def test_direct_provider_networks(
    lab: cloud.Lab, demo_tenant: tenant.Tenant, shell: dict[str, str]
) -> None:
    said = guides.execute('networking/direct-provider-networks.rst', shell)

    assert said.count(' 3 received') == 2
    one, other = demo_tenant.regions[:2]
    assert {'net1', 'phy_net1'} <= _networks(demo_tenant, one)
    assert 'phy_net2' not in _networks(demo_tenant, one)
    assert {'net1', 'phy_net2'} <= _networks(demo_tenant, other)
    assert 'phy_net1' not in _networks(demo_tenant, other)
    for region, name, cidr in (
        (one, 'instance1', '202.96.1.'),
        (other, 'instance2', '202.96.2.'),
    ):
        server = demo_tenant.at(region).compute.find_server(name)
        instance = demo_tenant.wait(region, server.id)
        assert len(instance.nics) == 2
        assert {
            address.split('/')[0] for address in packets.leased(lab, instance)
        } == {nic.ip for nic in instance.nics}
        assert any(nic.ip.startswith(cidr) for nic in instance.nics)


@pytest.mark.alone
@pytest.mark.usefixtures('no_pods')
@pytest.mark.thorough
def test_single_pod(demo_tenant: tenant.Tenant, shell: dict[str, str]) -> None:
    guides.execute('install/single-pod.rst', shell)

    _same_port(demo_tenant, 'RegionOne', 'vm1')


@pytest.mark.alone
@pytest.mark.usefixtures('no_pods')
def test_several_pods(
    demo_tenant: tenant.Tenant, shell: dict[str, str]
) -> None:
    guides.execute('install/multi-pod.rst', shell)

    _same_port(demo_tenant, 'RegionOne', 'vm1')
    _same_port(demo_tenant, 'RegionTwo', 'vm2')
    assert 'net2' not in _networks(demo_tenant, 'RegionOne')
    assert 'net1' not in _networks(demo_tenant, 'RegionTwo')


@pytest.fixture
def nothing_stored(demo_tenant: tenant.Tenant) -> Iterator[None]:
    """Volumes and flavors of a guide are gone after it."""
    yield
    central = demo_tenant.at(topologies.CENTRAL, as_admin=True)
    for server in list(central.compute.servers()):
        central.compute.delete_server(server)
        central.compute.wait_for_delete(server)
    for volume in list(central.block_storage.volumes()):
        central.block_storage.wait_for_status(volume, interval=1)
        central.block_storage.delete_volume(volume)
    flavor = central.compute.find_flavor('100', ignore_missing=True)
    if flavor is not None:
        central.compute.delete_flavor(flavor)


@pytest.mark.alone
@pytest.mark.thorough
def test_one_big_region(
    lab: cloud.Lab,
    demo_tenant: tenant.Tenant,
    shell: dict[str, str],
    request: pytest.FixtureRequest,
) -> None:
    if not (lab.topology.gateway and lab.topology.volumes):
        pytest.skip('needs the gateways in CentralRegion: gateway.yaml')
    for name in ('no_pods', 'nothing_stored'):
        request.getfixturevalue(name)

    said = guides.execute('install/one-region.rst', shell)

    servers = [
        demo_tenant.wait(
            region, demo_tenant.at(region).compute.find_server(name).id
        )
        for region, name in (('RegionOne', 'vm1'), ('RegionTwo', 'vm2'))
    ]
    packets.await_ping(lab, servers[0], servers[1].ip)
    storage = demo_tenant.at(topologies.CENTRAL).block_storage
    assert {one.name: one.status for one in storage.volumes()} == {
        'data': 'in-use',
        'elsewhere': 'available',
    }
    assert 'az2 (RegionTwo)' in said
    assert 'az1 (RegionOne)' in said


def test_the_first_command_that_fails_is_told() -> None:
    with pytest.raises(guides.GuideFailed, match='ended with 2') as failed:
        guides.run(
            'a page',
            ['true', 'ls /nothing-is-here', 'true'],
            layouts.environment(),
        )

    assert 'ls /nothing-is-here' in str(failed.value)


def test_a_command_that_does_not_end_is_told() -> None:
    with pytest.raises(guides.GuideFailed, match='did not end') as failed:
        guides.run(
            'a page',
            ['true', 'until false; do sleep 0.1; done', 'true'],
            layouts.environment(),
            seconds=1.0,
        )

    assert 'until false' in str(failed.value)
