# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The boot path where there is a third region, which joins later."""

from collections.abc import Iterator
import uuid

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional import views
from tests.functional.cloud.client import Json

NAMES = ('RegionOne', 'RegionTwo', 'RegionThree')


@pytest.fixture(scope='module')
def three() -> Iterator[clouds.Cloud]:
    """A cloud of three regions."""
    with clouds.Cloud.start(regions=NAMES) as cloud:
        yield cloud


@pytest.fixture
def project() -> str:
    """A project nobody else has."""
    return uuid.uuid4().hex


@pytest.fixture
def network(three: clouds.Cloud, project: str) -> Json:
    """A network of central that no region has seen."""
    found, _subnet = regions.make_network(three, project)
    return found


def test_each_region_asks_central_twice_and_then_once(
    three: clouds.Cloud, project: str, network: Json
) -> None:
    for name in NAMES:
        region = three.region(name)
        for expected in (2, 1):
            mark = three.central_calls.mark()
            region.nova(project).boot(network_id=network['id'])
            asked = [
                call
                for call in three.central_calls.since(mark)
                if call.proxy == region.to_central.name
                and '/ports/' not in call.path
            ]
            assert len(asked) == expected, [str(call) for call in asked]
    there = clouds.eventually(
        lambda: regions.same_ports(
            three, network['id'], [three.region(name) for name in NAMES]
        ),
        20,
    )
    assert len(there) == 6


def test_every_region_knows_the_ports_of_the_others(
    three: clouds.Cloud, project: str, network: Json
) -> None:
    booted = {
        name: three.region(name).nova(project).boot(network_id=network['id'])
        for name in NAMES
    }

    def known() -> None:
        for name in NAMES:
            assert views.active_shadows(three.region(name), network['id']) == {
                instance.port_id
                for other, instance in booted.items()
                if other != name
            }

    clouds.eventually(known, 30)


def test_addresses_gateways_and_dhcp_ports_are_never_the_same(
    three: clouds.Cloud, project: str, network: Json
) -> None:
    for name in NAMES:
        three.region(name).nova(project).boot(network_id=network['id'])
    subnet_id = three.central.admin.show('network', network['id'])['subnets'][
        0
    ]
    gateways = [
        three.region(name).admin.show('subnet', subnet_id)['gateway_ip']
        for name in NAMES
    ]
    dhcp = [
        ip
        for name in NAMES
        for port in three.region(name).admin.list(
            'port', network_id=network['id'], device_owner='network:dhcp'
        )
        for ip in views.addresses(port)
    ]
    instances = [
        ip
        for port in regions.ports_of(
            three.central.admin, network['id']
        ).values()
        for ip in views.addresses(port)
    ]
    everything = [*gateways, *dhcp, *instances]
    assert len(everything) == 9
    assert len(set(everything)) == 9
