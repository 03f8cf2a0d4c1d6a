# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Both families between regions, over either bridge network (topology T8)."""

import os
import re
import signal
import time

import pytest

from lab import cloud
from lab import links
from tests.lab import bridge_type
from tests.lab import guides
from tests.lab import outside
from tests.lab import packets
from tests.lab import router_shape
from tests.lab import routers
from tests.lab import single_external
from tests.lab import tenant

#: The tenant of the guides is one for all of them.
pytestmark = pytest.mark.thorough

_OUTSIDE = 'fd00:10:50::1'
_VXLAN_PORT = 4789


def _instances(one: tenant.Tenant) -> list[tenant.Instance]:
    """Return vm1, which is in RegionOne, and vm2, which is in RegionTwo."""
    return [
        one.wait(region, one.at(region).compute.find_server(name).id)
        for region, name in (('RegionOne', 'vm1'), ('RegionTwo', 'vm2'))
    ]


def _address(one: tenant.Tenant, instance: tenant.Instance, mark: str) -> str:
    """Return an instance's address of IPv4 (.) or IPv6 (:)."""
    port = one.central.get_port(instance.port_id)
    (found,) = (
        str(fixed['ip_address'])
        for fixed in port.fixed_ips
        if mark in fixed['ip_address']
    )
    return found


@pytest.mark.alone
@pytest.mark.parametrize('network_type', ['vxlan', 'vlan'])
def test_networks_of_one_region_each(
    lab: cloud.Lab,
    demo_tenant: tenant.Tenant,
    shell: dict[str, str],
    network_type: str,
) -> None:
    one = demo_tenant
    with bridge_type.of_new_ones(lab, network_type), outside.kept(lab):
        said = guides.execute('networking/dual-stack.rst', shell)

        # A ping that has no answer ends the guide.
        assert said.count(' 3 received') == 9
        (router,) = one.central.routers()
        (floating,) = one.central.ips()
        first, second = _instances(one)
        _crosses(lab, network_type, first, _address(one, second, ':'))
        # IPv4 is translated, IPv6 never is.
        gateways = {
            fixed['ip_address']
            for fixed in router.external_gateway_info['external_fixed_ips']
        }
        assert outside.hears_from(lab, first) == floating.floating_ip_address
        assert outside.hears_from(lab, second) in gateways
        for instance in (first, second):
            own = _address(one, instance, ':')
            assert outside.hears_from(lab, instance, _OUTSIDE) == own
        assert routers.regions(lab, router) == {'RegionOne', 'RegionTwo'}
        assert router_shape.of(lab, router) == single_external.shape(
            {
                'RegionOne': ('net1', '10.0.1.0/24', 'fd00:10:1::/64'),
                'RegionTwo': ('net2', '10.0.2.0/24', 'fd00:10:2::/64'),
            },
            'RegionTwo',
            'ext-net',
        )


def _crosses(
    lab: cloud.Lab, network_type: str, one: tenant.Instance, address: str
) -> None:
    """Assert that pings to another region are on the bridge network's wire."""
    (network_id,) = routers.bridge_networks(lab)
    admin = tenant.Tenant.demo(lab).at('CentralRegion', as_admin=True)
    bridge = admin.network.get_network(network_id)
    assert bridge.provider_network_type == network_type
    number = bridge.provider_segmentation_id
    wire, wanted, seen = {
        'vxlan': (
            links.UNDERLAY,
            f'udp port {_VXLAN_PORT}',
            rf'vni {number}\n.*echo request',
        ),
        'vlan': (
            bridge.provider_physical_network,
            f'vlan {number}',
            rf'vlan {number},.*echo request',
        ),
    }[network_type]
    with packets.captured(lab, str(wire), wanted) as frames:
        assert packets.ping(lab, one, address, 3).lost == 0
    assert re.search(seen, '\n'.join(frames)), frames


def test_networks_across_regions(
    lab: cloud.Lab, demo_tenant: tenant.Tenant, shell: dict[str, str]
) -> None:
    one = demo_tenant
    said = guides.execute('networking/dual-stack-across-regions.rst', shell)

    assert said.count(' 3 received') == 2
    (router,) = one.central.routers()
    ends = _instances(one)
    for here, there in (ends, reversed(ends)):
        for mark in '.:':
            address = _address(one, there, mark)
            gateway = _gateway(one, here, mark)
            # Its own region's router, and then layer 2.
            assert packets.hops(lab, here, address) == [gateway, address]
    assert routers.bridge_networks(lab) == []
    assert router_shape.of(lab, router) == tuple(
        router_shape.Piece(
            region,
            'piece',
            ('net1', 'net1', 'net2', 'net2'),
            None,
            False,
            (),
        )
        for region in ('RegionOne', 'RegionTwo')
    )
    for instance in ends:
        _hears_its_own_router_only(one, router.id, instance)


def _gateway(one: tenant.Tenant, instance: tenant.Instance, mark: str) -> str:
    """Return the gateway that an instance's region has on its network."""
    (found,) = (
        str(subnet.gateway_ip)
        for subnet in one.at(instance.region).network.subnets(
            network_id=instance.nics[0].network_id
        )
        if mark in subnet.cidr
    )
    return found


def _hears_its_own_router_only(
    one: tenant.Tenant, router_id: str, instance: tenant.Instance
) -> None:
    """Have routers advertise; an instance hears that of its region alone."""
    macs = {
        region: _router_mac(one, region, router_id, instance)
        for region in ('RegionOne', 'RegionTwo')
    }
    (other,) = set(macs) - {instance.region}
    tap = f'tap{instance.port_id}'[:14]
    with (
        packets.captured(
            one.lab, links.UNDERLAY, f'udp port {_VXLAN_PORT}'
        ) as crossing,
        packets.captured(one.lab, tap, 'icmp6', instance.id) as arriving,
    ):
        _advertise(one.lab, router_id)
        time.sleep(3.0)
    assert _advertisers(arriving) == {macs[instance.region]}, arriving
    # The other came as far as the hosts.
    assert macs[other] in _advertisers(crossing), crossing
    told = packets.inside(
        one.lab, instance.id, ['ip', '-6', 'route', 'show', 'default']
    ).stdout
    assert told.count('default') == 1, told


def _advertise(lab: cloud.Lab, router_id: str) -> None:
    """Have all pieces of a router advertise themselves on their networks.

    Their radvd does when it reads its settings anew.
    """
    found = [
        path
        for host in lab.topology.hosts
        for path in lab.layout.var(host, 'neutron').glob(
            f'external/pids/{router_id}.pid.radvd'
        )
    ]
    assert len(found) == 2, found
    for path in found:
        os.kill(int(path.read_text()), signal.SIGHUP)


def _advertisers(frames: list[str]) -> set[str]:
    """Return the MACs that routers advertise themselves from."""
    return {
        frame.split()[0] for frame in frames if 'router advertisement' in frame
    }


def _router_mac(
    one: tenant.Tenant,
    region: str,
    router_id: str,
    instance: tenant.Instance,
) -> str:
    """Return the MAC that a region's router has for IPv6 on a network."""
    (found,) = (
        str(port.mac_address)
        for port in one.at(region, as_admin=True).network.ports(
            device_id=router_id, network_id=instance.nics[0].network_id
        )
        if any(':' in fixed['ip_address'] for fixed in port.fixed_ips)
    )
    return found
