# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""VLAN and flat networks on a wire that all regions are on."""

from collections.abc import Iterator
import dataclasses
import re
from typing import Any

import pytest

from lab import cloud
from tests.lab import packets
from tests.lab import tenant

_PHYSICAL = 'bridge'
#: 4 bytes of it are the tag's on the wire, which has room for them.
_LARGEST = 1472


@dataclasses.dataclass(frozen=True)
class Provided:
    """A provider network with an instance in each region."""

    network: Any
    one: tenant.Instance
    other: tenant.Instance


@pytest.fixture(params=['vlan', 'flat'])
def provided(
    request: pytest.FixtureRequest,
    lab: cloud.Lab,
    own_tenant: tenant.Tenant,
) -> Iterator[Provided]:
    """A network of each type; only an administrator may make it."""
    network = own_tenant.network(
        '10.6.0.0/24',
        [region.availability_zone for region in lab.topology.regions[:2]],
        as_admin=True,
        provider_network_type=request.param,
        provider_physical_network=_PHYSICAL,
    )
    own_tenant.allow(own_tenant.default_group().id, 'icmp')
    names = own_tenant.regions[:2]
    booted = own_tenant.boot_everywhere(network.id, names)
    yield Provided(network, booted[names[0]], booted[names[1]])


def test_pings_cross_the_wire_with_the_tag_of_the_network(
    lab: cloud.Lab, provided: Provided
) -> None:
    one, other = provided.one, provided.other
    packets.await_ping(lab, one, other.ip)
    packets.await_ping(lab, other, one.ip)

    with packets.captured(lab, _PHYSICAL, f'ether host {one.mac}') as frames:
        assert packets.ping(lab, one, other.ip, 5).lost == 0

    requests = [line for line in frames if 'ICMP echo request' in line]
    assert len(requests) >= 5, frames
    tags = {
        int(found[1]) if found else None
        for found in (re.search(r'vlan (\d+)', line) for line in requests)
    }
    assert tags == {provided.network.provider_segmentation_id}
    if provided.network.provider_network_type == 'vlan':
        first, last = next(
            wire.vlans
            for wire in lab.topology.physical_networks
            if wire.name == _PHYSICAL
        )
        assert first <= provided.network.provider_segmentation_id <= last
    full = ['-M', 'do', '-s', str(_LARGEST)]
    assert packets.ping(lab, one, other.ip, 5, full).lost == 0
