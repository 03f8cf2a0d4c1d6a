# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The hosts of routers are reached from the other regions.

A router answers, and sends to instances of another region, from a host that
may run no instance at all. So its ports have shadows as well, on networks
that several regions have.
"""

import functools

import pytest

from tests.functional import cloud as clouds
from tests.functional import views
from tests.functional.cloud import eventually
from tests.functional.routers.routed import Routed
from tests.functional.routers.router_pieces import come_to
from tests.functional.routers.router_pieces import l3_host

pytestmark = pytest.mark.own_cloud

WAIT = 60


def on_router(region: clouds.Region, made: Routed, name: str) -> set[str]:
    """Return the IDs of a router's ports on a network in a region."""
    return {
        str(port['id'])
        for port in region.admin.list(
            'port',
            network_id=made.networks[name]['id'],
            device_id=made.router['id'],
        )
    }


def assert_shown(made: Routed, region: clouds.Region, *names: str) -> None:
    """Assert that a region's router is on networks, and shown elsewhere.

    On all others of the topology it is neither.
    """
    (other,) = (
        one for one in made.cloud.regions.values() if one is not region
    )
    instances = {
        made.networks[key.split('@')[0]]['id']: one.port_id
        for key, one in made.instances.items()
        if key.endswith(f'@{region.region_name}')
    }
    for name, network in made.networks.items():
        ports = on_router(region, made, name)
        assert len(ports) == (1 if name in names else 0), name
        shadows = views.active_shadows(other, network['id'])
        assert shadows - {instances.get(network['id'])} == ports, name


# test_router_planning has a part of it; tests in process the others.
@pytest.mark.thorough
def test_a_host_with_nothing_but_a_router_is_reached_from_elsewhere(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    made = Routed.make(cloud, fresh_project)
    made.add_network('net1', '10.0.1.0/24')
    made.add_network('net2', '10.0.2.0/24')
    made.boot('net1', 'RegionOne')
    made.boot('net2', 'RegionTwo')
    made.attach('net1')
    made.attach('net2')
    hosts = {one: l3_host(one) for one in (cloud.one, cloud.two)}

    def bound(region: clouds.Region, *names: str) -> None:
        come_to(region, hosts[region], made.router['id'])
        assert_shown(made, region, *names)

    for region in hosts:
        eventually(functools.partial(bound, region, 'net1', 'net2'), WAIT)

    # An interface that goes, and comes back under the same ID.
    made.detach('net2')
    eventually(lambda: assert_shown(made, cloud.one, 'net1'), WAIT)
    eventually(lambda: assert_shown(made, cloud.two), WAIT)
    made.attach('net2')
    for region in hosts:
        eventually(functools.partial(bound, region, 'net1', 'net2'), WAIT)

    # The gateways of a region without instances do not keep the piece there.
    made.delete_instance('net2', 'RegionTwo')
    eventually(lambda: assert_shown(made, cloud.two), WAIT)
    assert_shown(made, cloud.one, 'net1', 'net2')

    made.delete()
    eventually(made.assert_nothing_left, WAIT)


@pytest.mark.thorough
def test_so_is_a_local_router_on_a_network_of_several_regions(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    made = Routed.make(
        cloud, fresh_project, availability_zone_hints=['RegionOne']
    )
    made.add_network('net1', '10.0.1.0/24')
    made.boot('net1', 'RegionOne')
    made.boot('net1', 'RegionTwo')
    made.attach('net1')
    host = l3_host(cloud.one)

    def bound() -> None:
        come_to(cloud.one, host, made.router['id'])
        assert_shown(made, cloud.one, 'net1')

    eventually(bound, WAIT)
    (port_id,) = on_router(cloud.one, made, 'net1')
    shadow = views.shadows(cloud.two, made.networks['net1']['id'])[port_id]
    assert shadow['binding:host_id'] == host
    # It is a router's, and no instance that others would be laid out for.
    assert not made.pieces('RegionTwo')

    made.detach('net1')
    eventually(lambda: assert_shown(made, cloud.one), WAIT)
    made.delete()
    eventually(made.assert_nothing_left, WAIT)
