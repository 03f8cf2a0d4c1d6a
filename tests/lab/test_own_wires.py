# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Provider networks on wires that one region alone is on."""

import ipaddress
import re

import pytest

from lab import cloud
from lab import topology as topologies
from tests.lab import packets
from tests.lab import tenant
from tests.lab import waiting

pytestmark = pytest.mark.thorough


@pytest.fixture
def outsides(lab: cloud.Lab) -> dict[str, topologies.ExternalHost]:
    """The machine outside that is on the wire of each region alone."""
    found = {
        wire.seen_by[0]: outside
        for wire in lab.topology.physical_networks
        for outside in lab.topology.external_hosts
        if wire.seen_by is not None
        and len(wire.seen_by) == 1
        and outside.physical_network == wire.name
    }
    if len(found) < 2:
        pytest.skip('needs a wire for each region: provider.yaml')
    return found


def test_each_region_reaches_the_outside_on_its_own_wire(
    lab: cloud.Lab,
    own_tenant: tenant.Tenant,
    outsides: dict[str, topologies.ExternalHost],
) -> None:
    own_tenant.allow(own_tenant.default_group().id, 'icmp')
    asked = {}
    for region, outside in outsides.items():
        prefix = ipaddress.ip_interface(outside.address).network
        network = own_tenant.network(
            str(prefix),
            [region],
            name=region,
            as_admin=True,
            provider_network_type='flat',
            provider_physical_network=outside.physical_network,
        )
        asked[region] = own_tenant.ask(region, {'uuid': network.id}).id

    for region, server in asked.items():
        instance = own_tenant.wait(region, server)
        name = outsides[region].name
        address = str(ipaddress.ip_interface(outsides[region].address).ip)
        packets.await_ping(lab, instance, address)
        packets.await_ping(lab, name, instance.ip)
        assert packets.ping(lab, name, instance.ip, 5).lost == 0


def test_a_vlan_is_on_the_wire_of_its_region_alone(
    lab: cloud.Lab,
    own_tenant: tenant.Tenant,
    outsides: dict[str, topologies.ExternalHost],
) -> None:
    region, elsewhere = outsides
    wire, other_wire = (
        outsides[one].physical_network for one in (region, elsewhere)
    )
    network = own_tenant.network(
        '10.6.1.0/24',
        [region],
        as_admin=True,
        provider_network_type='vlan',
        provider_physical_network=wire,
    )
    instance = own_tenant.boot(region, {'uuid': network.id})

    def leased() -> None:
        assert packets.leased(lab, instance)

    waiting.eventually(leased)
    asks = f'ether src {instance.mac} and (arp or (vlan and arp))'
    with (
        packets.captured(lab, wire, asks) as frames,
        packets.captured(lab, other_wire, asks) as others,
    ):
        # Nobody has it, so the instance asks for it on the wire.
        packets.ping(lab, instance, '10.6.1.250', 3)

    assert frames
    assert others == []
    tags = {re.findall(r'vlan (\d+)', line)[0] for line in frames}
    assert tags == {str(network.provider_segmentation_id)}


def test_a_region_refuses_the_wire_of_another(
    own_tenant: tenant.Tenant,
    outsides: dict[str, topologies.ExternalHost],
) -> None:
    region, elsewhere = outsides
    wire = outsides[region].physical_network
    network = own_tenant.network(
        '10.6.2.0/24',
        [region, elsewhere],
        as_admin=True,
        provider_network_type='vlan',
        provider_physical_network=wire,
    )

    told = own_tenant.refusal(elsewhere, network.id)

    # Nova has no words for more; central says why.
    assert f'{network.id} could not be found' in told
    path = f'/networks/{network.id}/replicas/{elsewhere}'

    def reason() -> None:
        assert wire in str(own_tenant.central.get(path).json()['replica'])

    own_tenant.central.update_network(network.id, name='new')
    waiting.eventually(reason)
    own_tenant.boot(region, {'uuid': network.id})
