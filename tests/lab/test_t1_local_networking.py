# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""T1: an external network, a router and a network, all in one region."""

import os
from typing import Any

from lab import cloud
from tests.lab import external
from tests.lab import guides
from tests.lab import outside
from tests.lab import packets
from tests.lab import routers
from tests.lab import tenant
from tests.lab import waiting

_REGION = 'RegionOne'


def test_the_guide(
    lab: cloud.Lab, demo_tenant: tenant.Tenant, shell: dict[str, str]
) -> None:
    said = guides.execute('networking/local-networking.rst', shell)

    # A ping that has no answer ends the guide.
    assert said.count(' 3 received') == 2
    central = demo_tenant.central
    (router,) = central.routers()
    (address,) = central.ips()
    vm1 = demo_tenant.wait(
        _REGION, demo_tenant.at(_REGION).compute.find_server('vm1').id
    )
    # Instances with a floating IP are known by it outside.
    assert outside.hears_from(lab, vm1) == address.floating_ip_address
    demo_tenant.allow(demo_tenant.default_group().id, 'tcp')
    _tcp_passes(lab, vm1, address.floating_ip_address)
    assert routers.regions(lab, router) == {_REGION}
    assert router.availability_zones == ['az1']

    def active() -> None:
        assert central.get_router(router.id).status == 'ACTIVE'
        assert central.get_ip(address.id).status == 'ACTIVE'

    waiting.eventually(active)
    central.update_ip(address.id, port_id=None)
    outside.await_silence(lab, address.floating_ip_address)
    packets.await_ping(lab, vm1, outside.address(lab))
    assert outside.hears_from(lab, vm1) == external.gateway_address(router)
    waiting.eventually(lambda: _down(central.get_ip(address.id)))


def _tcp_passes(lab: cloud.Lab, vm: tenant.Instance, address: str) -> None:
    data = os.urandom(2**20)
    host = outside.host(lab).name
    out = packets.send(lab, vm.id, host, outside.address(lab), data)
    assert out == data
    assert packets.send(lab, host, vm.id, address, data) == data


def _down(address: Any) -> None:
    assert address.status == 'DOWN'
