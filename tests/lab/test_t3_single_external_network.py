# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""T3: one external network for the networks of all regions."""

import pytest

from lab import cloud
from tests.lab import external
from tests.lab import guides
from tests.lab import outside
from tests.lab import packets
from tests.lab import router_shape
from tests.lab import routers
from tests.lab import single_external
from tests.lab import tenant


def test_the_guide(
    lab: cloud.Lab, demo_tenant: tenant.Tenant, shell: dict[str, str]
) -> None:
    said = guides.execute('networking/single-external-network.rst', shell)

    # A ping that has no answer ends the guide.
    assert said.count(' 3 received') == 6
    central = demo_tenant.central
    (router,) = central.routers()
    one, other = (
        demo_tenant.wait(
            region, demo_tenant.at(region).compute.find_server(name).id
        )
        for region, name in (('RegionOne', 'vm1'), ('RegionTwo', 'vm2'))
    )
    floating = {address.fixed_ip_address: address for address in central.ips()}
    for instance in (one, other):
        address = floating[instance.ip]
        assert outside.hears_from(lab, instance) == address.floating_ip_address
        central.update_ip(address.id, port_id=None)
        outside.await_silence(lab, address.floating_ip_address)
        packets.await_ping(lab, instance, outside.address(lab))
        assert outside.hears_from(lab, instance) == external.gateway_address(
            router
        )
    assert routers.regions(lab, router) == {'RegionOne', 'RegionTwo'}
    assert router.availability_zones == ['az1', 'az2']
    # Routes of ours are nobody's business.
    assert router.routes == []
    assert router_shape.of(lab, router) == single_external.shape(
        {
            'RegionOne': ('net1', '10.0.1.0/24'),
            'RegionTwo': ('net2', '10.0.2.0/24'),
        },
        'RegionTwo',
        'ext-net',
    )


@pytest.mark.thorough
def test_the_external_network_is_in_a_region_of_its_own(
    lab: cloud.Lab, own_tenant: tenant.Tenant
) -> None:
    *inside, last = own_tenant.regions
    leads_out = external.network(own_tenant, last)
    own_tenant.allow(own_tenant.default_group().id, 'icmp')
    router = own_tenant.central.create_router(name='router')
    networks, asked = {}, []
    for number, region in enumerate(inside, 1):
        cidr = f'10.0.{number}.0/24'
        network = own_tenant.network(cidr, [region], f'net{number}')
        networks[region] = (network.name, cidr)
        (subnet,) = own_tenant.central.subnets(network_id=network.id)
        own_tenant.central.add_interface_to_router(
            router.id, subnet_id=subnet.id
        )
        asked.append((region, own_tenant.ask(region, {'uuid': network.id}).id))
    own_tenant.central.update_router(
        router.id, external_gateway_info={'network_id': leads_out.id}
    )
    instances = [own_tenant.wait(*one) for one in asked]

    for instance in instances:
        packets.await_ping(lab, instance, outside.address(lab))
        for other in instances:
            if other is not instance:
                packets.await_ping(lab, instance, other.ip)
        address = own_tenant.central.create_ip(
            floating_network_id=leads_out.id, port_id=instance.port_id
        )
        packets.await_ping(
            lab, outside.host(lab).name, address.floating_ip_address
        )
    assert router_shape.of(lab, router) == single_external.shape(
        networks, last, leads_out.name
    )
