# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is deleted vanishes from every region and every host."""

from lab import cloud
from lab import topology as topologies
from tests.lab import packets
from tests.lab import remains
from tests.lab import tenant
from tests.lab import waiting


def _shadows(
    one: tenant.Tenant, region: str, network_id: str
) -> dict[str, str]:
    """Return the hosts of a region's shadow ports, by their IDs."""
    return {
        port.id: port.host
        for port in remains.ports(one.at(region, as_admin=True), network_id)
        if port.owner == 'compute:shadow'
    }


def test_a_deleted_server_vanishes_from_the_other_regions(
    lab: cloud.Lab, own_tenant: tenant.Tenant
) -> None:
    one, other = (region.name for region in lab.topology.regions[:2])
    network = own_tenant.network('10.3.0.0/24', [one, other])
    servers = own_tenant.boot_everywhere(network.id, [one, other])
    packets.await_ping(lab, servers[one], servers[other].ip)
    host = servers[one].host
    there = [
        port
        for port in remains.trace(lab, network.id).ports
        if port.id == servers[other].port_id
    ]
    assert _shadows(own_tenant, one, network.id)[there[0].id] == (
        servers[other].host
    )
    # The responder and the forwarding entry that are to vanish.
    assert len(remains.of_ports(lab, host, there)) >= 2

    own_tenant.delete(servers[other])

    def vanished() -> None:
        assert there[0].id not in _shadows(own_tenant, one, network.id)
        assert remains.of_ports(lab, host, there) == []

    waiting.eventually(vanished)
    central = {
        port.id
        for port in remains.ports(
            own_tenant.at(topologies.CENTRAL, as_admin=True), network.id
        )
    }
    assert there[0].id not in central
    assert servers[one].port_id in central


def test_a_deleted_network_leaves_nothing_on_any_host(
    lab: cloud.Lab, own_tenant: tenant.Tenant
) -> None:
    regions = [region.name for region in lab.topology.regions]
    network = own_tenant.network('10.3.1.0/24')
    servers = own_tenant.boot_everywhere(network.id)
    first = servers[regions[0]]
    for region in regions[1:]:
        packets.await_ping(lab, first, servers[region].ip)
    trace = remains.trace(lab, network.id)
    # It was there, on each host, or the absence later says nothing.
    for server in servers.values():
        assert remains.of_network(lab, server.host, trace)

    own_tenant.delete(*servers.values())
    own_tenant.delete_network(network.id)

    remains.nowhere(lab, [trace])
    waiting.eventually(lambda: _no_tunnels_but_of_others(lab))


def _no_tunnels_but_of_others(lab: cloud.Lab) -> None:
    # Other tests may have networks meanwhile, whose tunnels are the same; see
    # test_guides.py for a lab that has none.
    stretched = any(
        remains.ports_of_servers(lab, region.name)
        for region in lab.topology.regions
    )
    assert stretched or not remains.tunnels_of_all(lab)
