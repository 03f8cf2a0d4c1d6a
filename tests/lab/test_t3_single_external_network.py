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

from lab import cloud
from tests.lab import external
from tests.lab import guides
from tests.lab import packets
from tests.lab import router_shape
from tests.lab import routers
from tests.lab import single_external
from tests.lab import tenant


def test_the_guide(lab: cloud.Lab, demo_tenant: tenant.Tenant) -> None:
    said = guides.execute('networking/single-external-network.rst')

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
        assert external.seen_as(lab, instance) == {address.floating_ip_address}
        central.update_ip(address.id, port_id=None)
        external.await_silence(lab, address.floating_ip_address)
        packets.await_ping(lab, instance, external.address(lab))
        assert external.seen_as(lab, instance) == {
            external.gateway_address(router)
        }
    assert routers.regions(lab, router) == {'RegionOne', 'RegionTwo'}
    assert router.availability_zones == ['az1', 'az2']
    # Routes of ours are nobody's business.
    assert router.routes == []
    assert router_shape.of(lab, router) == single_external.shape(
        'RegionOne', 'RegionTwo', 'RegionTwo', ('net1', 'net2'), 'ext-net'
    )
