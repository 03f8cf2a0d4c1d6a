# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A highly available router of one region: on two of its hosts.

The lab needs a region with two hosts: ``lab/topologies/three.yaml``.
"""

from typing import Any

import pytest

from lab import cloud
from lab import topology as topologies
from tests.lab import administrator
from tests.lab import external
from tests.lab import outside
from tests.lab import packets
from tests.lab import tenant
from tests.lab import waiting

# It is on the external network, which has room for one at a time.
pytestmark = [pytest.mark.alone, pytest.mark.thorough]


def _hosts(lab: cloud.Lab, region: str, router: Any) -> dict[str, str]:
    """Return where a router is in a region: active or standby, by host."""
    network = administrator.at(lab, region).network
    return {
        str(one.host): str(one.ha_state)
        for one in network.routers_hosting_l3_agents(router)
    }


def _active(lab: cloud.Lab, region: topologies.Region, router: Any) -> str:
    """Wait until one host has a router, and all others stand by."""

    def look() -> str:
        found = _hosts(lab, region.name, router)
        assert sorted(found) == sorted(region.hosts)
        assert sorted(found.values()) == [
            'active',
            *['standby'] * (len(found) - 1),
        ], found
        return next(host for host, state in found.items() if state == 'active')

    return waiting.eventually(look, 120.0)


def _set_tie(lab: cloud.Lab, host: str, router: Any, state: str) -> None:
    """Set what ties the router on a host to the others up, or down."""
    inside = ['ip', 'netns', 'exec', f'qrouter-{router.id}']
    links = packets.inside(lab, host, [*inside, 'ip', '-br', 'link']).stdout
    (tie,) = (
        line.split()[0].partition('@')[0]
        for line in links.splitlines()
        if line.startswith('ha-')
    )
    done = packets.inside(
        lab, host, [*inside, 'ip', 'link', 'set', tie, state]
    )
    assert done.returncode == 0, done.stderr


def test_another_host_takes_over_when_the_active_one_is_cut_off(
    lab: cloud.Lab, own_tenant: tenant.Tenant, crowded: topologies.Region
) -> None:
    central = own_tenant.at(topologies.CENTRAL, as_admin=True).network
    inner = own_tenant.network('10.61.0.0/24', [crowded.name])
    ext = external.network(own_tenant, crowded.name)
    router = central.create_router(
        name='ha',
        is_ha=True,
        availability_zone_hints=[crowded.name],
        external_gateway_info={'network_id': ext.id},
    )
    (subnet,) = own_tenant.central.subnets(network_id=inner.id)
    central.add_interface_to_router(router.id, subnet_id=subnet.id)
    instance = own_tenant.boot(crowded.name, {'uuid': inner.id})
    first = _active(lab, crowded, router)
    packets.await_ping(lab, instance, outside.address(lab), 90.0)
    address = external.gateway_address(central.get_router(router.id))
    assert outside.hears_from(lab, instance) == address

    _set_tie(lab, first, router, 'down')

    def taken_over() -> None:
        found = _hosts(lab, crowded.name, router)
        others = {state for host, state in found.items() if host != first}
        assert 'active' in others, found

    waiting.eventually(taken_over, 60.0)
    packets.await_ping(lab, instance, outside.address(lab), 60.0)
    assert outside.hears_from(lab, instance) == address
    _set_tie(lab, first, router, 'up')
    _active(lab, crowded, router)
    packets.await_ping(lab, instance, outside.address(lab), 60.0)
