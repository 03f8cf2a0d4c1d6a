# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""One network, a router with a gateway in each region (topology T6)."""

import functools

import pytest

from lab import cloud
from tests.lab import guides
from tests.lab import outside
from tests.lab import packets
from tests.lab import tenant
from tests.lab import waiting

pytestmark = pytest.mark.thorough

_PAGE = 'networking/local-gateways-one-network.rst'


def _way_out(lab: cloud.Lab, instance: tenant.Instance) -> str:
    done = packets.inside(lab, instance.id, ['ip', 'route', 'show', 'default'])
    return done.stdout.split()[2]


def test_instances_of_one_network_go_out_by_their_own_region(
    lab: cloud.Lab, demo_tenant: tenant.Tenant, shell: dict[str, str]
) -> None:
    one = demo_tenant
    with outside.kept(lab):
        said = guides.execute(_PAGE, shell)

        assert said.count(' 3 received') == 5
        addresses = {
            address.fixed_ip_address: address for address in one.central.ips()
        }
        first, second = (
            one.wait(region, one.at(region).compute.find_server(name).id)
            for region, name in (
                ('RegionOne', 'instance1'),
                ('RegionTwo', 'instance2'),
            )
        )
        assert _way_out(lab, first) == '10.0.1.1'
        assert _way_out(lab, second) == '10.0.1.254'
        for instance, place in (
            (first, ('10.50.0.1', 'ext')),
            (second, ('10.52.0.1', 'ext2')),
        ):
            floating = addresses[instance.ip]
            source = outside.hears_from(lab, instance, *place)
            assert source == floating.floating_ip_address
            # No router between the two of them.
        done = packets.inside(
            lab, first.id, ['ping', '-c', '3', '-i', '0.2', second.ip]
        )
        assert done.stdout.count('ttl=64') == 3, done.stdout

        # Without a floating IP, it is still the own region's gateway.
        central = one.central
        for floating in addresses.values():
            central.delete_ip(floating.id)
        gateways = {
            router.name: {
                fixed['ip_address']
                for fixed in router.external_gateway_info['external_fixed_ips']
            }
            for router in central.routers()
        }
        for instance, place, router in (
            (first, ('10.50.0.1', 'ext'), 'R1'),
            (second, ('10.52.0.1', 'ext2'), 'R2'),
        ):
            waiting.eventually(
                functools.partial(
                    _goes_by, lab, instance, place, gateways[router]
                )
            )


def _goes_by(
    lab: cloud.Lab,
    instance: tenant.Instance,
    place: tuple[str, str],
    gateways: set[str],
) -> None:
    assert outside.hears_from(lab, instance, *place) in gateways
