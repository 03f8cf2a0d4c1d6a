# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""T7: networks across regions on one router, which is in each region."""

import pytest

from lab import cloud
from tests.lab import guides
from tests.lab import packets
from tests.lab import router_shape
from tests.lab import routers
from tests.lab import tenant

pytestmark = pytest.mark.thorough


def _gateway(one: tenant.Tenant, region: str, network_id: str) -> str:
    """Return the address of a network's gateway in a region."""
    (subnet,) = one.at(region).network.subnets(network_id=network_id)
    return str(subnet.gateway_ip)


def test_the_guide(
    lab: cloud.Lab, demo_tenant: tenant.Tenant, shell: dict[str, str]
) -> None:
    said = guides.execute('networking/cross-region-router.rst', shell)

    assert said.count(' 3 received') == 1
    (router,) = demo_tenant.central.routers()
    ends = [
        demo_tenant.wait(
            region, demo_tenant.at(region).compute.find_server(name).id
        )
        for region, name in (('RegionOne', 'vm1'), ('RegionTwo', 'vm2'))
    ]
    for one, other in (ends, reversed(ends)):
        packets.await_ping(lab, one, other.ip)
        here = _gateway(demo_tenant, one.region, one.nics[0].network_id)
        # Its own region's router, and then layer 2.
        assert packets.hops(lab, one, other.ip) == [here, other.ip]
    assert routers.bridge_networks(lab) == []
    assert router_shape.of(lab, router) == tuple(
        router_shape.Piece(region, 'piece', ('net1', 'net2'), None, False, ())
        for region in ('RegionOne', 'RegionTwo')
    )
