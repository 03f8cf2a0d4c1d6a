# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A cloud whose CentralRegion has one compute API for all regions.

``tools/lab-tests lab/topologies/gateway.yaml all -k test_gateway`` runs it.
"""

from collections.abc import Iterator
import itertools
from typing import Any

from openstack import exceptions
import pytest

from lab import cloud
from lab import topology as topologies
from lab.services import nova
from lab.services import tricircle
from tests.lab import packets
from tests.lab import tenant
from tests.lab import waiting

CENTRAL = topologies.CENTRAL
MISSING = 'X-Tricircle-Regions-Missing'
pytestmark = [pytest.mark.alone, pytest.mark.thorough]


@pytest.fixture(scope='module', autouse=True)
def _one_region(lab: cloud.Lab) -> None:
    if not lab.topology.gateway:
        pytest.skip('needs a compute API in CentralRegion: gateway.yaml')


@pytest.fixture(scope='module')
def network_id(module_tenant: tenant.Tenant) -> str:
    """A network that reaches all regions, and lets its servers be pinged."""
    module_tenant.allow(module_tenant.default_group().id, 'icmp')
    return str(module_tenant.network('10.78.0.0/24').id)


@pytest.fixture(scope='module')
def servers(
    lab: cloud.Lab, module_tenant: tenant.Tenant, network_id: str
) -> dict[str, tenant.Instance]:
    """A server in each availability zone, by the zones' names."""
    return {
        region.availability_zone: module_tenant.boot(
            CENTRAL,
            {'uuid': network_id},
            name=f'in-{region.availability_zone}',
            availability_zone=region.availability_zone,
        )
        for region in lab.topology.regions
    }


@pytest.fixture
def one_is_away(lab: cloud.Lab) -> Iterator[topologies.Region]:
    """A region whose compute API was killed, and comes back."""
    gone = lab.topology.regions[-1]
    lab.kill(nova.api(gone))
    yield gone
    lab.restart(nova.api(gone), lambda text: print(text, flush=True))


def compute(one: tenant.Tenant) -> Any:
    return one.at(CENTRAL).compute


def listed(one: tenant.Tenant) -> set[str]:
    return {str(server.id) for server in compute(one).servers()}


def test_servers_are_where_their_zone_says(
    lab: cloud.Lab, servers: dict[str, tenant.Instance]
) -> None:
    zones = {
        host: region.availability_zone
        for host, region in lab.topology.hosts.items()
    }
    assert {name: zones[one.host] for name, one in servers.items()} == {
        name: name for name in servers
    }


def test_servers_of_all_zones_reach_each_other(
    lab: cloud.Lab, servers: dict[str, tenant.Instance]
) -> None:
    for here, there in itertools.permutations(servers.values(), 2):
        packets.await_ping(lab, here, there.ip)


def test_a_list_page_by_page_is_all_servers(
    module_tenant: tenant.Tenant, servers: dict[str, tenant.Instance]
) -> None:
    found = [one.id for one in compute(module_tenant).servers(limit=1)]
    assert sorted(found) == sorted(one.id for one in servers.values())


def test_a_zone_that_is_none_is_refused_with_those_that_are(
    module_tenant: tenant.Tenant, network_id: str
) -> None:
    with pytest.raises(
        exceptions.ConflictException, match='by availability zone'
    ):
        module_tenant.ask(
            CENTRAL, {'uuid': network_id}, availability_zone='nowhere'
        )


def test_a_network_of_one_zone_is_not_for_a_server_of_another(
    lab: cloud.Lab, module_tenant: tenant.Tenant
) -> None:
    here, there = (one.availability_zone for one in lab.topology.regions[:2])
    network = module_tenant.network('10.79.0.0/24', [here], name='own')
    with pytest.raises(exceptions.ConflictException, match=network.id):
        module_tenant.ask(
            CENTRAL, {'uuid': network.id}, availability_zone=there
        )


def test_a_key_pair_is_in_all_regions(module_tenant: tenant.Tenant) -> None:
    made = compute(module_tenant).create_keypair(name='everywhere')
    assert {
        module_tenant.at(region).compute.get_keypair('everywhere').fingerprint
        for region in module_tenant.regions
    } == {made.fingerprint}
    compute(module_tenant).delete_keypair('everywhere')
    for region in module_tenant.regions:
        assert not list(module_tenant.at(region).compute.keypairs())


def test_servers_are_found_after_a_restart(
    lab: cloud.Lab,
    module_tenant: tenant.Tenant,
    servers: dict[str, tenant.Instance],
) -> None:
    lab.kill(tricircle.COMPUTE_GATEWAY)
    lab.restart(
        tricircle.COMPUTE_GATEWAY, lambda text: print(text, flush=True)
    )
    for one in servers.values():
        assert compute(module_tenant).get_server(one.id).id == one.id


def test_a_region_that_is_away_is_named_and_keeps_nobody_from_the_others(
    module_tenant: tenant.Tenant,
    servers: dict[str, tenant.Instance],
    one_is_away: topologies.Region,
) -> None:
    answer = compute(module_tenant).get('/servers')
    assert answer.headers[MISSING] == one_is_away.name
    assert {one['id'] for one in answer.json()['servers']} == {
        one.id
        for zone, one in servers.items()
        if zone != one_is_away.availability_zone
    }


def test_a_region_that_is_back_is_in_lists_again(
    lab: cloud.Lab,
    module_tenant: tenant.Tenant,
    servers: dict[str, tenant.Instance],
) -> None:
    gone = nova.api(lab.topology.regions[-1])
    lab.kill(gone)
    for _ in range(3):
        listed(module_tenant)
    lab.restart(gone, lambda text: print(text, flush=True))

    def all_there() -> None:
        assert listed(module_tenant) == {one.id for one in servers.values()}

    waiting.eventually(all_there)


def test_what_is_deleted_is_gone_everywhere(
    module_tenant: tenant.Tenant, network_id: str
) -> None:
    server = module_tenant.boot(CENTRAL, {'uuid': network_id}, name='short')
    module_tenant.delete(server)
    assert [
        one.id
        for region in module_tenant.regions
        for one in module_tenant.at(region).compute.servers(name='short')
    ] == []
