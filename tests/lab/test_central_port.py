# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A port that a tenant makes in central, and boots where they like."""

import secrets
from typing import Any

from openstack import exceptions
import pytest

from lab import cloud
from lab import topology as topologies
from tests.lab import packets
from tests.lab import tenant
from tests.lab import waiting

_IP = '10.2.0.77'


def _port(one: tenant.Tenant, name: str, network: Any, **more: Any) -> Any:
    return one.central.create_port(name=name, network_id=network.id, **more)


def test_a_fixed_address_moves_from_region_to_region(
    lab: cloud.Lab, own_tenant: tenant.Tenant
) -> None:
    one, other = lab.topology.regions[:2]
    network = own_tenant.network('10.2.0.0/24')
    # Not one that Neutron would choose, nor one of another run.
    mac = f'fa:16:3f:{secrets.token_bytes(3).hex(":")}'
    port = _port(
        own_tenant,
        'fixed',
        network,
        mac_address=mac,
        fixed_ips=[{'ip_address': _IP}],
    )
    peer_id = own_tenant.ask(one.name, {'uuid': network.id}, name='peer').id

    there = own_tenant.boot(other.name, {'port': port.id}, name='first')
    peer = own_tenant.wait(one.name, peer_id)

    assert (there.port_id, there.ip, there.mac) == (port.id, _IP, mac)
    packets.await_ping(lab, peer, _IP)
    packets.await_ping(lab, there, peer.ip)
    assert packets.leased(lab, there) == [f'{_IP}/24']

    # The server goes, the port stays, as with any Neutron.
    own_tenant.delete(there)
    kept = own_tenant.central.get_port(port.id)
    assert (kept.mac_address, kept.fixed_ips[0]['ip_address']) == (mac, _IP)
    waiting.eventually(lambda: _free(own_tenant, port.id))

    here = own_tenant.boot(one.name, {'port': port.id}, name='second')
    assert (here.port_id, here.ip, here.mac) == (port.id, _IP, mac)
    packets.await_ping(lab, peer, _IP)
    third = own_tenant.boot(other.name, {'uuid': network.id}, name='third')
    packets.await_ping(lab, third, _IP)
    # Nobody of the first region takes the old place for the new one.
    for instance in (peer, third):
        assert packets.ping(lab, instance, _IP).lost == 0


def test_a_port_deleted_before_its_server_is_gone_everywhere(
    lab: cloud.Lab, own_tenant: tenant.Tenant
) -> None:
    region = lab.topology.regions[1].name
    network = own_tenant.network('10.2.1.0/24')
    port = _port(own_tenant, 'doomed', network)
    server = own_tenant.boot(region, {'port': port.id})

    # Neutron's own rule: of a server's port, only services and an
    # administrator may dispose.
    with pytest.raises(exceptions.ForbiddenException):
        own_tenant.central.delete_port(port.id)
    assert own_tenant.central.get_port(port.id).device_id == server.id
    as_admin = own_tenant.at(topologies.CENTRAL, as_admin=True)
    as_admin.network.delete_port(port.id)

    def gone() -> None:
        for place in (own_tenant.central, own_tenant.at(region).network):
            assert place.find_port(port.id) is None

    waiting.eventually(gone)
    own_tenant.delete(server)


def _free(one: tenant.Tenant, port_id: str) -> None:
    port = one.central.get_port(port_id)
    assert not port.device_id, port.device_id
    assert port.status == 'DOWN', port.status
    # Until its region has given it up, no other gets it.
    answer = one.central.get(f'/ports/{port_id}/replicas')
    assert answer.json() == {'replicas': []}


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    'times', [4, pytest.param(50, marks=pytest.mark.thorough)]
)
def test_a_kept_port_is_plugged_here_and_there_again_and_again(
    lab: cloud.Lab, own_tenant: tenant.Tenant, times: int
) -> None:
    regions = [one.name for one in lab.topology.regions[:2]]
    network = own_tenant.network('10.2.2.0/24')
    port = _port(own_tenant, 'kept', network)
    peer = own_tenant.boot(regions[1], {'uuid': network.id}, name='peer')
    # On another network: a server with two interfaces on one answers by
    # either.
    servers = own_tenant.boot_everywhere(
        own_tenant.network('10.2.3.0/24').id, regions
    )

    for number in range(times):
        region = regions[number % 2]
        compute, server = own_tenant.at(region).compute, servers[region]

        compute.create_server_interface(server.id, port_id=port.id)

        packets.await_ping(lab, peer, port.fixed_ips[0]['ip_address'])
        assert compute.get_server(server.id).status == 'ACTIVE'
        compute.delete_server_interface(port.id, server=server.id)
        waiting.eventually(lambda: _free(own_tenant, port.id))
