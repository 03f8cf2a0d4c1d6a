# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Self-service networks of both families on a local router (topology T9)."""

from typing import Any

import pytest

from lab import cloud
from tests.lab import guides
from tests.lab import outside
from tests.lab import packets
from tests.lab import tenant
from tests.lab import waiting

pytestmark = pytest.mark.thorough

_PAGE = 'networking/self-service-networks.rst'
_HERE = 'RegionOne'
_OUTSIDE = ('10.50.0.1', 'fd00:10:50::1')


def _addresses(one: tenant.Tenant, instance: tenant.Instance) -> set[str]:
    port = one.central.get_port(instance.port_id)
    return {str(fixed['ip_address']) for fixed in port.fixed_ips}


def _active(one: tenant.Tenant, router_id: str) -> tuple[Any, Any]:
    """Return router and floating IP of central, as their region says."""
    router = one.central.get_router(router_id)
    (floating,) = one.central.ips()
    assert (router.status, floating.status) == ('ACTIVE', 'ACTIVE')
    assert router.availability_zones == ['az1']
    return router, floating


def test_self_service_networks(
    lab: cloud.Lab, demo_tenant: tenant.Tenant, shell: dict[str, str]
) -> None:
    one = demo_tenant
    with outside.kept(lab):
        said = guides.execute(_PAGE, shell)
        assert said.count(' 3 received') == 6

        first, second = (
            one.wait(_HERE, one.at(_HERE).compute.find_server(name).id)
            for name in ('selfservice-instance1', 'selfservice-instance2')
        )
        (found,) = one.central.routers()
        router, floating = waiting.eventually(lambda: _active(one, found.id))
        gateways = {
            fixed['ip_address']
            for fixed in router.external_gateway_info['external_fixed_ips']
        }
        own_v6 = {ip for ip in _addresses(one, first) if ':' in ip}
        assert len(own_v6) == 1
        # Translated to the floating IP or the gateway; IPv6 never is.
        source = outside.hears_from(lab, first, _OUTSIDE[0])
        assert source == floating.floating_ip_address
        assert outside.hears_from(lab, second, _OUTSIDE[0]) in gateways
        assert {outside.hears_from(lab, first, _OUTSIDE[1])} == own_v6
        # The router is the only hop between the networks.
        done = packets.inside(
            lab, first.id, ['ping', '-c', '3', '-i', '0.2', second.ip]
        )
        assert done.stdout.count('ttl=63') == 3, done.stdout
        _only_here(one, router.id)

        one.central.delete_ip(floating.id)
        outside.await_silence(lab, floating.floating_ip_address)
        assert outside.hears_from(lab, first, _OUTSIDE[0]) in gateways


def _only_here(one: tenant.Tenant, router_id: str) -> None:
    """No other region has anything of it."""
    networks = {
        network.id
        for network in one.central.networks(project_id=one.project_id)
    }
    for region in one.regions:
        there = one.at(region, as_admin=True).network
        seen = {network.id for network in there.networks()} & networks
        pieces = [router.id for router in there.routers()]
        if region == _HERE:
            assert (seen, pieces) == (networks, [router_id])
        else:
            assert (seen, pieces) == (set(), [])
