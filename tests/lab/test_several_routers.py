# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Two routers of one project, with one external network and the same plan."""

import dataclasses
from typing import Any

import pytest

from lab import cloud
from tests.lab import external
from tests.lab import outside
from tests.lab import packets
from tests.lab import routers
from tests.lab import tenant

pytestmark = pytest.mark.thorough


@dataclasses.dataclass
class Side:
    """A router with a network and an instance in each of two regions.

    :ivar floating: the floating addresses of the instances
    """

    router: Any
    instances: list[tenant.Instance]
    floating: list[str]

    def works(self, lab: cloud.Lab) -> None:
        """Wait until its instances reach each other, and the outside them."""
        one, other = self.instances
        packets.await_ping(lab, one, other.ip)
        packets.await_ping(lab, other, one.ip)
        for instance, address in zip(
            self.instances, self.floating, strict=True
        ):
            packets.await_ping(lab, outside.host(lab).name, address)
            assert outside.hears_from(lab, instance) == address


def ask(owner: tenant.Tenant, number: int, ext: Any) -> Any:
    """Make a router with two networks, and ask for an instance on each."""
    router = owner.central.create_router(
        name=f'{owner.name}-{number}',
        external_gateway_info={'network_id': ext.id},
    )
    asked = []
    for step, region in enumerate(owner.regions[:2], 1):
        network = owner.network(
            f'10.{number}.{step}.0/24', [region], f'net{number}{step}'
        )
        (subnet,) = owner.central.subnets(network_id=network.id)
        owner.central.add_interface_to_router(router.id, subnet_id=subnet.id)
        asked.append((region, owner.ask(region, {'uuid': network.id}).id))
    return router, asked


def side(owner: tenant.Tenant, ext: Any, made: Any) -> Side:
    """Wait for the instances, and give each a floating IP."""
    router, asked = made
    instances = [owner.wait(*one) for one in asked]
    floating = [
        str(
            owner.central.create_ip(
                floating_network_id=ext.id, port_id=one.port_id
            ).floating_ip_address
        )
        for one in instances
    ]
    return Side(router, instances, floating)


def remove(owner: tenant.Tenant, made: Side) -> None:
    """Delete a router with its floating IPs."""
    central = owner.central
    for address in central.ips():
        if address.floating_ip_address in made.floating:
            central.delete_ip(address.id)
    central.update_router(made.router.id, external_gateway_info=None)
    for port in central.ports(
        device_id=made.router.id, device_owner='network:router_interface'
    ):
        central.remove_interface_from_router(made.router.id, port_id=port.id)
    central.delete_router(made.router.id)


def test_each_of_two_routers_works_and_goes_on_without_the_other(
    lab: cloud.Lab, own_tenant: tenant.Tenant
) -> None:
    owner = own_tenant
    owner.allow(owner.default_group().id, 'icmp')
    ext = external.network(owner, owner.regions[1])
    first, second = (
        side(owner, ext, made)
        for made in [ask(owner, number, ext) for number in (61, 62)]
    )

    first.works(lab)
    second.works(lab)
    assert len(routers.bridge_networks(lab)) == 2

    here, there = first.instances[0], second.instances[0]
    # By the networks themselves no router leads to another's.
    assert packets.ping(lab, here, there.ip, 3).received == 0
    with packets.pinging(
        lab, second.instances[0], second.instances[1].ip
    ) as loss:
        remove(owner, first)
        routers.nowhere(lab, {first.router.id})
    assert loss.sent == loss.received
    second.works(lab)
    assert outside.hears_from(lab, there) == second.floating[0]
