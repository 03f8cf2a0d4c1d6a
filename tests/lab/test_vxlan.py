# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""One VXLAN network in every region, and what its instances exchange."""

from collections.abc import Iterator
import dataclasses
import itertools
import os
from typing import Any

import pytest

from lab import cloud
from tests.lab import operator_shell
from tests.lab import packets
from tests.lab import tenant

#: The largest payload of ICMP in 1500 bytes.
_LARGEST = 1472


@dataclasses.dataclass(frozen=True)
class Stretched:
    """A network with an instance in each region."""

    owner: tenant.Tenant
    network: Any
    instances: dict[str, tenant.Instance]

    @property
    def pairs(self) -> list[tuple[tenant.Instance, tenant.Instance]]:
        """All of them with all others, both ways."""
        return list(itertools.permutations(self.instances.values(), 2))


@pytest.fixture(
    scope='module',
    params=['hints', pytest.param('no-hints', marks=pytest.mark.thorough)],
)
def stretched(
    request: pytest.FixtureRequest, module_tenant: tenant.Tenant
) -> Iterator[Stretched]:
    """The network, once with all zones as hints and once without any."""
    zones = (
        [one.availability_zone for one in module_tenant.lab.topology.regions]
        if request.param == 'hints'
        else []
    )
    number = 1 + ['hints', 'no-hints'].index(request.param)
    network = module_tenant.network(
        f'10.1.{number}.0/24', zones, name=request.param
    )
    instances = module_tenant.boot_everywhere(network.id)
    yield Stretched(module_tenant, network, instances)
    module_tenant.delete(*instances.values())


def test_instances_of_all_regions_ping_each_other_without_loss(
    lab: cloud.Lab, stretched: Stretched
) -> None:
    assert stretched.network.provider_network_type in (None, 'vxlan')
    for one, other in stretched.pairs:
        packets.await_ping(lab, one, other.ip)
    for one, other in stretched.pairs:
        assert packets.ping(lab, one, other.ip).lost == 0


def test_the_way_between_instances_is_traced_without_a_gap(
    lab: cloud.Lab, stretched: Stretched
) -> None:
    one, other = stretched.pairs[0]
    packets.await_ping(lab, one, other.ip)

    code, steps = operator_shell.run(
        lab, 'trace', one.port_id, other.port_id, '--protocol', 'icmp'
    )

    assert code == 0, steps
    assert {step['Verdict'] for step in steps} == {'ok'}, steps
    assert {step['Region'] for step in steps if 'tunnel' in step['Step']} == {
        one.region,
        other.region,
    }


def test_full_frames_pass_unfragmented(
    lab: cloud.Lab, stretched: Stretched
) -> None:
    unfragmented = ('-M', 'do', '-s')
    for one, other in stretched.pairs:
        packets.await_ping(lab, one, other.ip)
        full = packets.ping(
            lab, one, other.ip, 5, [*unfragmented, str(_LARGEST)]
        )
        too_much = packets.ping(
            lab, one, other.ip, 2, [*unfragmented, str(_LARGEST + 1)]
        )

        assert (full.sent, full.lost) == (5, 0)
        assert too_much.received == 0


def test_a_tcp_transfer_arrives_whole(
    lab: cloud.Lab, stretched: Stretched
) -> None:
    one, other = stretched.pairs[0]
    packets.await_ping(lab, one, other.ip)
    data = os.urandom(8 * 2**20)

    assert packets.transfer(lab, one, other, data) == data


def test_ids_and_addresses_are_the_same_in_central_region_and_instance(
    lab: cloud.Lab, stretched: Stretched
) -> None:
    for instance in stretched.instances.values():
        central = stretched.owner.central.get_port(instance.port_id)
        here = stretched.owner.at(instance.region).network
        local = here.get_port(instance.port_id)

        for name in (
            'id',
            'network_id',
            'mac_address',
            'fixed_ips',
            'device_id',
            'device_owner',
            'name',
            'security_group_ids',
        ):
            assert getattr(central, name) == getattr(local, name), name
        assert here.get_network(stretched.network.id).subnet_ids == (
            stretched.network.subnet_ids
            or stretched.owner.central.get_network(
                stretched.network.id
            ).subnet_ids
        )
        link = packets.inside(lab, instance.id, ['ip', '-o', 'link']).stdout
        assert instance.mac in link
        assert packets.leased(lab, instance) == [f'{instance.ip}/24']
