# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""A tenant who works in a region, with the stock client."""

import pytest

from lab import bootstrap
from lab import cloud
from tests.lab import external
from tests.lab import outside
from tests.lab import packets
from tests.lab import stock_client
from tests.lab import tenant

_NAME = 'at-home'
_ONE = ('-f', 'value', '-c')


@pytest.mark.thorough
def test_a_server_gets_the_only_network_and_then_a_floating_ip(
    lab: cloud.Lab, own_tenant: tenant.Tenant, shell: dict[str, str]
) -> None:
    here, there = own_tenant.regions[:2]

    def told(*command: str) -> str:
        return stock_client.run(shell, own_tenant, here, *command)

    network = own_tenant.network('10.8.0.0/24')
    own_tenant.allow(own_tenant.default_group().id, 'icmp')
    made = told(
        *('server', 'create', '--wait', '--flavor', '1'),
        *('--image', bootstrap.IMAGE, *_ONE, 'id', _NAME),
    )
    instance = own_tenant.wait(here, made)
    assert [nic.network_id for nic in instance.nics] == [network.id]
    central = own_tenant.central
    ext = external.network(own_tenant, there)
    router = central.create_router(
        name='router', external_gateway_info={'network_id': ext.id}
    )
    (subnet,) = central.subnets(network_id=network.id)
    central.add_interface_to_router(router.id, subnet_id=subnet.id)
    address = central.create_ip(floating_network_id=ext.id).floating_ip_address

    told('server', 'add', 'floating', 'ip', _NAME, address)

    packets.await_ping(lab, outside.host(lab).name, address)
    told('server', 'remove', 'floating', 'ip', _NAME, address)
    outside.await_silence(lab, address)
    told('floating', 'ip', 'delete', address)
    assert list(central.ips()) == []
