# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Local routers in two regions, and a network across (topology T2)."""

import pytest

from lab import cloud
from tests.lab import guides
from tests.lab import outside
from tests.lab import packets
from tests.lab import routers
from tests.lab import tenant

pytestmark = pytest.mark.thorough

_PAGE = 'networking/several-external-networks.rst'
_VXLAN = '--provider-network-type vxlan'
_VLAN = '--provider-network-type vlan --provider-physical-network bridge'


def _commands(across: str) -> list[str]:
    """Return the guide's commands, with another type of the network across."""
    found = guides.commands(guides.DOCUMENTS / _PAGE)
    assert sum(_VXLAN in one for one in found) == 1
    return [one.replace(_VXLAN, across) for one in found]


@pytest.mark.parametrize(
    'across',
    [
        pytest.param(_VXLAN, id='vxlan'),
        pytest.param(_VLAN, id='vlan'),
    ],
)
def test_each_region_goes_out_by_itself(
    lab: cloud.Lab,
    demo_tenant: tenant.Tenant,
    shell: dict[str, str],
    across: str,
) -> None:
    one = demo_tenant
    with outside.kept(lab):
        said = guides.run(_PAGE, _commands(across), shell)

        assert said.count(' 3 received') == 5
        networks = {found.name: found for found in one.central.networks()}
        found = one.at('CentralRegion', as_admin=True).network.get_network(
            networks['net3'].id
        )
        assert found.provider_network_type == across.split()[1]
        addresses = {
            address.fixed_ip_address: address.floating_ip_address
            for address in one.central.ips()
        }
        first, second = (
            one.wait(region, one.at(region).compute.find_server(name).id)
            for region, name in (
                ('RegionOne', 'instance1'),
                ('RegionTwo', 'instance2'),
            )
        )
        for instance, own, place in (
            (first, 'net1', ('10.50.0.1', 'ext')),
            (second, 'net2', ('10.52.0.1', 'ext2')),
        ):
            (nic,) = (
                nic
                for nic in instance.nics
                if nic.network_id == networks[own].id
            )
            source = outside.hears_from(lab, instance, *place)
            assert source == addresses[nic.ip]
        # They meet on net3 alone: no region routes to the other.
        for instance, ip in ((first, '10.0.2.'), (second, '10.0.1.')):
            (other,) = (key for key in addresses if key.startswith(ip))
            assert packets.ping(lab, instance, other, 3).received == 0
        pieces = routers.pieces(lab, one.project_id)
        names = {
            region: [router.name for router in some]
            for region, some in pieces.items()
        }
        assert names.pop('RegionOne') == ['R1']
        assert names.pop('RegionTwo') == ['R2']
        assert not any(names.values())
        assert not routers.bridge_networks(lab)
