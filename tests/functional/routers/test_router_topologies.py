# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Routers beside T3: local ones, stretched networks, several routers."""

import pytest

from tests.functional import cloud as clouds
from tests.functional.cloud import eventually
from tests.functional.routers.routed import Routed
from tests.functional.t3 import v4

pytestmark = pytest.mark.own_cloud(admin_api=False)

WAIT = 120


# The lab has this topology, with packets.
@pytest.mark.thorough
def test_t1_a_local_router_has_all_in_its_region(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    made = Routed.make(
        cloud, fresh_project, availability_zone_hints=['RegionOne']
    )
    made.add_network('net1', '10.0.1.0/24', 'RegionOne')
    made.add_external('RegionOne')
    made.set_gateway()
    made.attach('net1')
    instance = made.boot('net1', 'RegionOne')
    floating_ip = made.add_floating_ip(instance)

    def there() -> None:
        piece = made.regular('RegionOne')
        assert piece.gateway == (
            made.external['id'],
            made.gateway_addresses(),
            True,
        )
        assert piece.interfaces == {made.networks['net1']['id']: ('10.0.1.1',)}
        assert piece.floating_ips == {
            floating_ip['floating_ip_address']: (
                instance.port_id,
                instance.addresses[0],
            )
        }
        subnet = cloud.one.admin.show('subnet', made.subnets['net1']['id'])
        assert subnet['gateway_ip'] == '10.0.1.1'

    eventually(there, WAIT)
    assert made.bridge() is None
    assert made.pieces('RegionTwo') == []
    made.delete()
    eventually(made.assert_nothing_left, WAIT)


def test_t5_instances_are_told_the_way_to_the_other_router(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    made = Routed.make(cloud, fresh_project)
    asked: dict[str, str] = {}
    for number, region in enumerate(('RegionOne', 'RegionTwo'), 1):
        name = f'net{number}'
        made.add_network(name, f'10.0.{number}.0/24', region)
        local = made.user.create_router(
            name=f'local{number}', availability_zone_hints=[region]
        )
        # First the local router, whose the gateway is.
        made.user.add_router_interface(
            local['id'], subnet_id=made.subnets[name]['id']
        )
        port = made.user.create_port(made.networks[name]['id'])
        asked[region] = port['fixed_ips'][0]['ip_address']
        made.user.add_router_interface(made.router['id'], port_id=port['id'])

    def told() -> None:
        for number, region in enumerate(asked, 1):
            subnet = cloud.region(region).admin.show(
                'subnet', made.subnets[f'net{number}']['id']
            )
            other = made.subnets[f'net{3 - number}']
            assert subnet['host_routes'] == [
                {'destination': other['cidr'], 'nexthop': asked[region]}
            ]

    # Before there is a piece: the first instance learns it at once.
    eventually(told, WAIT)

    def locals_alone() -> None:
        for region in asked:
            (only,) = made.pieces(region)
            assert only.id != made.router['id']

    # A look at the subnet brings it; the local router comes on its own.
    eventually(locals_alone, WAIT)
    for number, region in enumerate(asked, 1):
        made.boot(f'net{number}', region)

    def there() -> None:
        for number, region in enumerate(('RegionOne', 'RegionTwo'), 1):
            here, other = f'net{number}', f'net{3 - number}'
            piece = made.regular(region)
            assert [len(one) for one in piece.interfaces.values()] == [1]
            ((address,),) = piece.interfaces.values()
            # The user's own, where no other region can have the network.
            assert address == asked[region]
            assert set(piece.routes) == {made.subnets[other]['cidr']}
            subnet = cloud.region(region).admin.show(
                'subnet', made.subnets[here]['id']
            )
            assert subnet['gateway_ip'] == made.subnets[here]['gateway_ip']
            assert subnet['host_routes'] == [
                {
                    'destination': made.subnets[other]['cidr'],
                    'nexthop': address,
                }
            ]
            assert len(made.pieces(region)) == 2

    eventually(there, WAIT)


def test_t7_stretched_networks_are_routed_where_the_instance_is(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    made = Routed.make(cloud, fresh_project)
    for number in (1, 2):
        made.add_network(f'net{number}', f'10.0.{number}.0/24')
        made.attach(f'net{number}')
    made.boot('net1', 'RegionOne')
    made.boot('net2', 'RegionTwo')
    both = {one['id'] for one in made.networks.values()}

    def there() -> None:
        found = [made.regular(name) for name in ('RegionOne', 'RegionTwo')]
        for piece in found:
            # Both networks are on it, and nothing has to be crossed.
            assert set(piece.interfaces) == both
            assert piece.routes == {}
            assert piece.gateway is None
        for network_id in both:
            addresses = {one.interfaces[network_id] for one in found}
            assert len(addresses) == 2, 'both regions have one address'

    eventually(there, WAIT)
    assert made.bridge() is None


def test_two_local_routers_on_one_subnet_are_both_there(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    made = Routed.make(
        cloud, fresh_project, availability_zone_hints=['RegionOne']
    )
    made.add_network('net1', '10.0.1.0/24', 'RegionOne')
    subnet_id = made.subnets['net1']['id']
    made.attach('net1')
    second = made.user.create_router(
        name='second', availability_zone_hints=['RegionOne']
    )
    port = made.user.create_port(made.networks['net1']['id'])
    address = port['fixed_ips'][0]['ip_address']
    made.user.add_router_interface(second['id'], port_id=port['id'])

    def there(gateway: str, **routers: str) -> None:
        ids = {'first': made.router['id'], 'other': second['id']}
        assert {
            one.id: [v4(each) for each in one.interfaces.values()]
            for one in made.pieces('RegionOne')
        } == {ids[name]: [one] for name, one in routers.items()}
        subnet = cloud.one.admin.show('subnet', subnet_id)
        assert subnet['gateway_ip'] == gateway

    # The one with the gateway's address in central is it there too.
    eventually(
        lambda: there('10.0.1.1', first='10.0.1.1', other=address), WAIT
    )

    made.detach('net1')
    eventually(lambda: there(address, other=address), WAIT)
    made.attach('net1')
    eventually(
        lambda: there('10.0.1.1', first='10.0.1.1', other=address), WAIT
    )

    made.user.remove_router_interface(second['id'], port_id=port['id'])
    made.user.remove('router', second['id'])
    made.delete()
    eventually(made.assert_nothing_left, WAIT)
