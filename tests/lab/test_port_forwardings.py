# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""One floating IP forwards its ports to instances of several regions."""

import os
from typing import Any

import pytest

from lab import cloud
from tests.lab import external
from tests.lab import outside
from tests.lab import packets
from tests.lab import tenant
from tests.lab import waiting


class Forwarded:
    """Networks of two regions, and a floating IP in the second.

    :ivar instances: one of each region
    :ivar address: the floating IP
    """

    def __init__(self, lab: cloud.Lab, owner: tenant.Tenant) -> None:
        self.lab, self.owner = lab, owner
        regions = owner.regions[:2]
        ext = external.network(owner, regions[-1])
        owner.allow(owner.default_group().id, 'tcp')
        router = self.central.create_router(name='router')
        asked = []
        for number, region in enumerate(regions, 1):
            network = owner.network(
                f'10.0.{number}.0/24', [region], f'net{number}'
            )
            (subnet,) = self.central.subnets(network_id=network.id)
            self.central.add_interface_to_router(
                router.id, subnet_id=subnet.id
            )
            asked.append((region, owner.ask(region, {'uuid': network.id}).id))
        self.router = self.central.update_router(
            router.id, external_gateway_info={'network_id': ext.id}
        )
        self.instances = [owner.wait(*one) for one in asked]
        self.address = self.central.create_ip(floating_network_id=ext.id)

    @property
    def central(self) -> Any:
        """Central, as the tenant sees it."""
        return self.owner.central

    def forward(self, to: tenant.Instance, port: int) -> Any:
        """Have a port of the floating IP lead to an instance."""
        return self.central.create_port_forwarding(
            floatingip_id=self.address.id,
            internal_port_id=to.port_id,
            internal_ip_address=to.ip,
            internal_port=packets.TCP,
            external_port=port,
            protocol='tcp',
        )

    def _passes(self, to: tenant.Instance, port: int) -> bool:
        data = os.urandom(2**16)
        return data == packets.send(
            self.lab,
            outside.host(self.lab).name,
            to.id,
            self.address.floating_ip_address,
            data,
            port,
        )

    def await_passage(self, to: tenant.Instance, port: int) -> None:
        """Wait until bytes from outside reach an instance by a port."""

        def look() -> None:
            assert self._passes(to, port)

        waiting.eventually(look)

    def await_refusal(self, to: tenant.Instance, port: int) -> None:
        """Wait until they do not."""

        def look() -> None:
            assert not self._passes(to, port)

        waiting.eventually(look)

    def settled(self) -> None:
        """Wait until the regions have all of the router."""

        def look() -> None:
            states = self.central.get(
                f'/routers/{self.router.id}/replicas'
            ).json()['replicas']
            assert states
            for one in states:
                assert one['status'] == 'IN_SYNC', one
                assert one['omitted'] == [], one

        waiting.eventually(look)

    def active(self) -> None:
        """Wait until the region says that the floating IP is there."""

        def look() -> None:
            shown = self.central.get_ip(self.address.id)
            assert shown.status == 'ACTIVE'

        waiting.eventually(look)


@pytest.mark.thorough
def test_ports_lead_to_instances_of_both_regions(
    lab: cloud.Lab, own_tenant: tenant.Tenant
) -> None:
    made = Forwarded(lab, own_tenant)
    one, two = made.instances
    first, second = made.forward(one, 8081), made.forward(two, 8082)
    made.settled()
    made.active()

    made.await_passage(one, 8081)
    made.await_passage(two, 8082)
    # Where the region has it, its users do not change it.
    region = own_tenant.at(two.region).network
    (here,) = [
        each
        for each in own_tenant.at(two.region, as_admin=True).network.ips(
            project_id=own_tenant.project_id
        )
        if each.floating_ip_address == made.address.floating_ip_address
    ]
    answer = region.delete(
        f'/floatingips/{here.id}/port_forwardings/{first.id}'
    )
    assert answer.status_code == 409, answer.text

    made.central.update_port_forwarding(
        first, made.address.id, external_port=9081
    )
    made.settled()
    made.await_passage(one, 9081)
    made.await_refusal(one, 8081)
    made.central.delete_port_forwarding(second.id, made.address.id)
    made.settled()
    made.await_refusal(two, 8082)
    made.await_passage(one, 9081)
    made.central.delete_port_forwarding(first.id, made.address.id)
    made.settled()
    made.await_refusal(one, 9081)
