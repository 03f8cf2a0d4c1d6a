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

from collections.abc import Sequence
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
    """A router with a network and an instance in each of some regions.

    :ivar floating: the floating addresses of the instances; none for a
        router without a gateway
    """

    router: Any
    instances: list[tenant.Instance]
    floating: list[str]

    @property
    def outside(self) -> list[tuple[tenant.Instance, str]]:
        """Instances that the outside reaches, with their addresses there."""
        if not self.floating:
            return []
        return list(zip(self.instances, self.floating, strict=True))

    def works(self, lab: cloud.Lab) -> None:
        """Wait until its instances reach each other, and the outside them."""
        for one in self.instances:
            for other in self.instances:
                if one is not other:
                    packets.await_ping(lab, one, other.ip)
        for instance, address in self.outside:
            packets.await_ping(lab, outside.host(lab).name, address)
            assert outside.hears_from(lab, instance) == address

    def is_alone(self, lab: cloud.Lab, others: Sequence['Side']) -> None:
        """See that by the networks themselves it leads to no other's."""
        for other in others:
            there = other.instances[0]
            assert packets.ping(lab, self.instances[0], there.ip, 3).lost == 3


def ask(
    owner: tenant.Tenant, number: int, regions: Sequence[str], ext: Any
) -> Any:
    """Make a router with networks, and ask for an instance on each.

    :param number: of the router, for the names and addresses
    :param ext: the external network; None for a router without a gateway
    """
    router = owner.central.create_router(name=f'{owner.name}-{number}')
    if ext is not None:
        owner.central.update_router(
            router.id, external_gateway_info={'network_id': ext.id}
        )
    asked = []
    for step, region in enumerate(regions, 1):
        network = owner.network(
            f'10.{number}.{step}.0/24', [region], f'net{number}{step}'
        )
        (subnet,) = owner.central.subnets(network_id=network.id)
        owner.central.add_interface_to_router(router.id, subnet_id=subnet.id)
        asked.append((region, owner.ask(region, {'uuid': network.id}).id))
    return router, ext, asked


def side(owner: tenant.Tenant, made: Any) -> Side:
    """Wait for the instances, and give each a floating IP."""
    router, ext, asked = made
    instances = [owner.wait(*one) for one in asked]
    floating = [
        str(
            owner.central.create_ip(
                floating_network_id=ext.id, port_id=one.port_id
            ).floating_ip_address
        )
        for one in instances
        if ext is not None
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
        side(owner, made)
        for made in [
            ask(owner, number, owner.regions[:2], ext) for number in (61, 62)
        ]
    )

    first.works(lab)
    second.works(lab)
    assert len(routers.bridge_networks(lab)) == 2

    first.is_alone(lab, [second])
    with packets.pinging(
        lab, second.instances[0], second.instances[1].ip
    ) as loss:
        remove(owner, first)
        routers.nowhere(lab, {first.router.id})
    assert loss.sent == loss.received
    second.works(lab)
    instance, address = second.outside[0]
    assert outside.hears_from(lab, instance) == address


@pytest.fixture
def three_regions(lab: cloud.Lab) -> list[str]:
    """Three regions."""
    names = [one.name for one in lab.topology.regions]
    if len(names) < 3:
        pytest.skip('needs three regions: three.yaml')
    return names


# Ten servers, and some sixty pairs that ping each other.
@pytest.mark.timeout(1500)
def test_four_routers_over_three_regions_work_whichever_goes(
    lab: cloud.Lab, own_tenant: tenant.Tenant, three_regions: list[str]
) -> None:
    owner = own_tenant
    owner.allow(owner.default_group().id, 'icmp')
    one, two, three = three_regions
    ext = external.network(owner, two)
    inner, wide, outer, back = (
        side(owner, made)
        for made in [
            # Without a gateway; with it; with it where no network of its is;
            # the regions the other way round.
            ask(owner, 71, [one, two, three], None),
            ask(owner, 72, [three, one, two], ext),
            ask(owner, 73, [one, three], ext),
            ask(owner, 74, [two, three], ext),
        ]
    )

    everything = [inner, wide, outer, back]
    for router in everything:
        router.works(lab)
    for router in everything:
        router.is_alone(lab, [it for it in everything if it is not router])

    left = everything
    for gone in (wide, inner, back):
        left = [it for it in left if it is not gone]
        kept = left[0]
        with packets.pinging(
            lab, kept.instances[0], kept.instances[1].ip
        ) as loss:
            remove(owner, gone)
            routers.nowhere(lab, {gone.router.id})
        assert loss.sent == loss.received
        for router in left:
            router.works(lab)
