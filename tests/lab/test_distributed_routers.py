# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A distributed router of one region: packets on each of its ways."""

import ipaddress
from typing import Any

import pytest

from lab import cloud
from lab import topology as topologies
from tests.lab import external
from tests.lab import outside
from tests.lab import packets
from tests.lab import tenant
from tests.lab import waiting

_REGION = 'RegionOne'
_INTERFACE = 'network:router_interface_distributed'
_AGENT_GATEWAY = 'network:floatingip_agent_gateway'


@pytest.fixture(autouse=True)
def _distributed(lab: cloud.Lab) -> None:
    """Only where agents have such routers, on two hosts."""
    region = lab.topology.region(_REGION)
    if not region.distributed_routers or len(region.hosts) < 2:
        pytest.skip('the topology has no distributed routers')


def _make(lab: cloud.Lab, one: tenant.Tenant) -> tuple[Any, list[Any]]:
    """Make a router with a gateway and two networks."""
    admin = one.at(topologies.CENTRAL, as_admin=True).network
    outer = external.network(one, _REGION)
    networks = [
        one.network(cidr, [_REGION], name)
        for cidr, name in (('10.61.1.0/24', 'a'), ('10.61.2.0/24', 'b'))
    ]
    router = admin.create_router(
        name=one.name,
        is_distributed=True,
        availability_zone_hints=[_REGION],
        external_gateway_info={'network_id': outer.id},
    )
    for network in networks:
        one.central.add_interface_to_router(
            router.id, subnet_id=one.central.get_network(network).subnet_ids[0]
        )
    return admin.get_router(router.id), networks


def _namespaces(lab: cloud.Lab, host: str) -> set[str]:
    done = packets.inside(lab, host, ['ip', 'netns', 'list'])
    return {line.split()[0] for line in done.stdout.splitlines() if line}


def test_packets_take_the_way_of_their_own_host(
    lab: cloud.Lab, own_tenant: tenant.Tenant
) -> None:
    one = own_tenant
    first, second = lab.topology.region(_REGION).hosts[:2]
    router, networks = _make(lab, one)
    outer = router.external_gateway_info['network_id']
    one.allow(one.default_group().id, 'icmp')
    vm1, vm2 = (
        one.wait(_REGION, server.id)
        for server in [
            one.ask(_REGION, {'uuid': network.id}, host=host)
            for network, host in zip(networks, (first, second), strict=True)
        ]
    )
    here = one.at(_REGION, as_admin=True).network
    assert here.get_router(router.id).is_distributed
    owners = {port.device_owner for port in here.ports(device_id=router.id)}
    assert _INTERFACE in owners

    # East-west: each host has the router, and no third one is on the way.
    packets.await_ping(lab, vm1, vm2.ip)
    for host in (first, second):
        assert f'qrouter-{router.id}' in _namespaces(lab, host)

    # North-south without a floating IP: by the one host with the SNAT.
    for vm in (vm1, vm2):
        packets.await_ping(lab, vm, outside.address(lab))
        assert outside.hears_from(lab, vm) == external.gateway_address(router)
    assert f'snat-{router.id}' in _namespaces(lab, first)
    assert f'snat-{router.id}' not in _namespaces(lab, second)

    # With one: by the instance's own host, whose address is central's.
    central = one.central
    address = central.create_ip(floating_network_id=outer, port_id=vm2.port_id)
    machine = outside.host(lab).name
    packets.await_ping(lab, machine, address.floating_ip_address)
    assert outside.hears_from(lab, vm2) == address.floating_ip_address
    assert f'fip-{outer}' in _namespaces(lab, second)
    ports = list(here.ports(network_id=outer, device_owner=_AGENT_GATEWAY))
    assert second in {port.binding_host_id for port in ports}
    admin = one.at(topologies.CENTRAL, as_admin=True).network
    for port in ports:
        held = admin.get_port(port.id)
        assert held.mac_address == port.mac_address
        (fixed,) = port.fixed_ips
        assert [held_ip['ip_address'] for held_ip in held.fixed_ips] == [
            fixed['ip_address']
        ]
        assert ipaddress.ip_address(fixed['ip_address']) in (
            ipaddress.ip_interface(outside.host(lab).address).network
        )

    central.delete_ip(address.id)
    outside.await_silence(lab, address.floating_ip_address)
    packets.await_ping(lab, vm2, outside.address(lab))

    # No address stays with an agent when the last gateway goes.
    one.delete(vm1, vm2)
    one.delete_routers()

    def given_back() -> None:
        assert not list(here.ports(device_owner=_AGENT_GATEWAY))
        assert not list(admin.ports(network_id=outer))

    waiting.eventually(given_back)
