# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Local routers with gateways, and one between the regions (topology T5)."""

import re

import pytest

from lab import cloud
from tests.lab import guides
from tests.lab import outside
from tests.lab import packets
from tests.lab import routers
from tests.lab import tenant

pytestmark = pytest.mark.thorough

_PAGE = 'networking/several-gateways-east-west.rst'


def _ways(lab: cloud.Lab, instance: tenant.Instance) -> dict[str, str]:
    """Return the routes that an instance has, by their destination."""
    done = packets.inside(lab, instance.id, ['ip', 'route'])
    return dict(re.findall(r'^(\S+) via (\S+)', done.stdout, re.MULTILINE))


def test_east_west_by_one_router_and_north_south_by_others(
    lab: cloud.Lab, demo_tenant: tenant.Tenant, shell: dict[str, str]
) -> None:
    one = demo_tenant
    with outside.kept(lab):
        said = guides.execute(_PAGE, shell)

        assert said.count(' 3 received') == 4
        first, second = (
            one.wait(region, one.at(region).compute.find_server(name).id)
            for region, name in (
                ('RegionOne', 'instance1'),
                ('RegionTwo', 'instance2'),
            )
        )
        _has(
            _ways(lab, first),
            {'default': '10.0.1.1', '10.0.2.0/24': '10.0.1.254'},
        )
        _has(
            _ways(lab, second),
            {'default': '10.0.2.1', '10.0.1.0/24': '10.0.2.254'},
        )
        # To R3, over its bridge network, and out of it on the other side.
        _crosses(lab, first, second, '10.0.1.254')
        _crosses(lab, second, first, '10.0.2.254')
        central = {router.name: router for router in one.central.routers()}
        _has_the_user_s_ports(one, central['R3'].id)
        for instance, place, name in (
            (first, ('10.50.0.1', 'ext'), 'R1'),
            (second, ('10.52.0.1', 'ext2'), 'R2'),
        ):
            (fixed,) = central[name].external_gateway_info[
                'external_fixed_ips'
            ]
            source = outside.hears_from(lab, instance, *place)
            assert source == fixed['ip_address']
        pieces = {
            region: {router.name for router in some}
            for region, some in routers.pieces(lab, one.project_id).items()
        }
        assert pieces.pop('RegionOne') == {'R1', 'R3'}
        assert pieces.pop('RegionTwo') == {'R2', 'R3'}
        assert not any(pieces.values())
        # What was given to the regions' subnets is not the user's.
        for subnet in one.central.subnets(project_id=one.project_id):
            assert subnet.host_routes == []
        assert all(router.routes == [] for router in central.values())


def _has(ways: dict[str, str], wanted: dict[str, str]) -> None:
    assert wanted.items() <= ways.items(), ways


def _crosses(
    lab: cloud.Lab, one: tenant.Instance, other: tenant.Instance, near: str
) -> None:
    way = packets.hops(lab, one, other.ip)
    assert (way[0], len(way), way[-1]) == (near, 3, other.ip), way


def _has_the_user_s_ports(one: tenant.Tenant, router_id: str) -> None:
    """Each region's piece has central's own port on the region's network."""
    made = {
        port.id: port.fixed_ips[0]['ip_address']
        for port in one.central.ports(device_id=router_id)
    }
    assert set(made.values()) == {'10.0.1.254', '10.0.2.254'}
    found = {
        port.id: port.fixed_ips[0]['ip_address']
        for region in one.regions
        for port in one.at(region, as_admin=True).network.ports(
            device_id=router_id, device_owner='network:router_interface'
        )
    }
    assert found == made
