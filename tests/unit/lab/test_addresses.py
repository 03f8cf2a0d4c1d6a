# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""No two things of a lab have the same address or port."""

import ipaddress

import pytest

from lab import addresses
from lab import topology as topologies
from tests.unit.lab import shipped

every_topology = pytest.mark.parametrize(
    'topology', shipped.ALL, ids=shipped.NAMES
)


def repeated(values: list[str] | list[int]) -> set[str | int]:
    return {one for one in values if values.count(one) > 1}  # type: ignore[arg-type]


@every_topology
def test_machines_have_addresses_of_their_own(
    topology: topologies.Topology,
) -> None:
    hosts = [addresses.host_address(topology, one) for one in topology.hosts]
    underlay = [addresses.CONTROL, *hosts]
    links = [addresses.LINK_USER, addresses.LINK_CONTROL]
    outside = [one.address.split('/')[0] for one in topology.external_hosts]
    assert not repeated([*underlay, *links, *outside])
    usable = set(addresses.UNDERLAY.hosts())
    assert {ipaddress.ip_address(one) for one in underlay} <= usable
    # Otherwise a route to them would lead to the wrong wire.
    for other in (*links, *outside):
        assert ipaddress.ip_address(other) not in addresses.UNDERLAY


def test_both_ends_of_the_link_are_in_its_network() -> None:
    ends = [
        ipaddress.ip_interface(f'{one}/{addresses.LINK_PREFIX}')
        for one in (addresses.LINK_USER, addresses.LINK_CONTROL)
    ]
    assert ends[0].network == ends[1].network
    assert {one.ip for one in ends} <= set(ends[0].network.hosts())


@every_topology
def test_services_have_ports_of_their_own(
    topology: topologies.Topology,
) -> None:
    once = [
        addresses.MARIADB,
        addresses.RABBITMQ,
        addresses.KEYSTONE,
        addresses.CENTRAL_NEUTRON,
        addresses.TRICIRCLE_API,
        addresses.COMPUTE_GATEWAY,
        addresses.VOLUME_GATEWAY,
    ]
    regional = [
        addresses.port(region, service)
        for region in topology.regions
        for service in (
            'neutron',
            'nova',
            'nova-metadata',
            'placement',
            'glance',
            'cinder',
        )
    ]
    assert len(regional) == 6 * len(topology.regions)
    assert not repeated([*once, *regional])
    assert max(regional) < 2**16


def test_the_most_regions_that_there_can_be_have_valid_ports() -> None:
    last = topologies.Region(5, 'Last', 'az', ('h',))
    assert addresses.port(last, 'neutron') == 59696


def test_a_port_says_which_region_it_is_of() -> None:
    topology = topologies.load(shipped.DEFAULT)
    one, two = topology.regions
    assert addresses.port(one, 'neutron') == 19696
    assert addresses.port(two, 'nova') == 28774
    assert addresses.url(topology, 19696, '/v2.0') == (
        'http://172.30.0.10:19696/v2.0'
    )
