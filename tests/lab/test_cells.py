# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A cloud with one Nova, of which each region is a cell with its Neutron.

``tools/lab-tests lab/topologies/cells.yaml all -k 'cells or migration'`` runs
it, with what moves servers inside a cell.
"""

from collections.abc import Iterator
import itertools
import re
from typing import Any, Final

from openstack import exceptions
import pytest

from lab import cloud
from lab import topology as topologies
from lab.services import neutron
from lab.services import nova
from lab.services import tricircle
from tests.lab import cell_registry
from tests.lab import packets
from tests.lab import tenant as tenants
from tests.lab import waiting

CENTRAL = topologies.CENTRAL
pytestmark = [
    pytest.mark.alone,
    pytest.mark.thorough,
    pytest.mark.timeout(600),
]
#: From this microversion on, servers of a cell that is away are listed.
_TELLS_UNKNOWN = '2.69'


@pytest.fixture(scope='module', autouse=True)
def _cells(lab: cloud.Lab) -> None:
    if not lab.topology.cells:
        pytest.skip('needs one Nova with cells: cells.yaml')


@pytest.fixture(scope='module')
def network_id(module_tenant: tenants.Tenant) -> str:
    """A network that reaches all cells, and lets its servers be pinged."""
    module_tenant.allow(module_tenant.default_group().id, 'icmp')
    return str(module_tenant.network('10.88.0.0/24').id)


def ask(
    one: tenants.Tenant,
    network_id: str,
    region: topologies.Region,
    **attributes: Any,
) -> str:
    """Ask for a server in a region's zone; return its ID."""
    asked = one.ask(
        CENTRAL,
        {'uuid': network_id},
        availability_zone=region.availability_zone,
        **attributes,
    )
    return str(asked.id)


@pytest.fixture(scope='module')
def servers(
    lab: cloud.Lab, module_tenant: tenants.Tenant, network_id: str
) -> dict[str, tenants.Instance]:
    """A server in each cell, by the regions' names."""
    asked = {
        region.name: ask(
            module_tenant, network_id, region, name=f'in-{region.name}'
        )
        for region in lab.topology.regions
    }
    found = {
        name: module_tenant.wait(CENTRAL, server_id)
        for name, server_id in asked.items()
    }
    meet(lab, *found.values())
    return found


def meet(lab: cloud.Lab, *servers: tenants.Instance) -> None:
    """See that all reach each other."""
    for here, there in itertools.permutations(servers, 2):
        packets.await_ping(lab, here, there.ip)


def compute(one: tenants.Tenant, as_admin: bool = False) -> Any:
    return one.at(CENTRAL, as_admin).compute


def ports(one: tenants.Tenant, place: str, server_id: str) -> list[Any]:
    """Return the ports of a server in central or in a region."""
    here = one.at(place, as_admin=True).network
    return list(here.ports(device_id=server_id))


def test_services_of_all_cells_are_seen(
    lab: cloud.Lab, module_tenant: tenants.Tenant
) -> None:
    found = list(compute(module_tenant, as_admin=True).services())

    assert {one.state for one in found} == {'up'}
    hosts = {
        one.host: one.availability_zone
        for one in found
        if one.binary == 'nova-compute'
    }
    assert hosts == {
        host: region.availability_zone
        for host, region in lab.topology.hosts.items()
    }
    conductors = [one for one in found if one.binary == 'nova-conductor']
    assert len(conductors) == len(lab.topology.regions) + 1


def test_a_server_is_in_the_cell_of_its_zone(
    lab: cloud.Lab, servers: dict[str, tenants.Instance]
) -> None:
    assert {
        name: lab.topology.hosts[one.host].name
        for name, one in servers.items()
    } == {name: name for name in servers}


def test_a_port_is_in_the_neutron_of_its_cell(
    lab: cloud.Lab,
    module_tenant: tenants.Tenant,
    servers: dict[str, tenants.Instance],
) -> None:
    for name, server in servers.items():
        (there,) = ports(module_tenant, name, server.id)
        (central,) = ports(module_tenant, CENTRAL, server.id)
        for port in (there, central):
            assert (port.id, port.binding_host_id, port.status) == (
                *(server.port_id, server.host, 'ACTIVE'),
            )
        for region in lab.topology.regions:
            if region.name != name:
                assert ports(module_tenant, region.name, server.id) == []


def test_a_router_joins_servers_of_two_cells(
    lab: cloud.Lab, own_tenant: tenants.Tenant
) -> None:
    own_tenant.allow(own_tenant.default_group().id, 'icmp')
    central = own_tenant.central
    router = central.create_router(name=own_tenant.name)
    asked = []
    for number, region in enumerate(lab.topology.regions):
        network = own_tenant.network(
            f'10.89.{number}.0/24',
            [region.availability_zone],
            name=region.name,
        )
        subnet = next(iter(central.subnets(network_id=network.id)))
        central.add_interface_to_router(router.id, subnet_id=subnet.id)
        asked.append(ask(own_tenant, network.id, region))

    one, other = (own_tenant.wait(CENTRAL, each) for each in asked)

    meet(lab, one, other)
    assert lab.topology.hosts[one.host] != lab.topology.hosts[other.host]


def test_of_a_deleted_server_nothing_is_left(
    lab: cloud.Lab, module_tenant: tenants.Tenant, network_id: str
) -> None:
    asked = [
        ask(module_tenant, network_id, region, name='short')
        for region in lab.topology.regions
    ]
    gone = [module_tenant.wait(CENTRAL, each) for each in asked]

    module_tenant.delete(*gone)

    def nowhere() -> None:
        for place in (CENTRAL, *module_tenant.regions):
            left = module_tenant.at(place, as_admin=True).network.ports(
                network_id=network_id
            )
            assert not {one.id for one in left} & {
                server.port_id for server in gone
            }

    waiting.eventually(nowhere)
    for server in gone:
        path = lab.layout.var(server.host, 'instances')
        assert not list(path.glob(f'{server.id}*'))


def test_a_zone_that_is_none_is_refused(
    module_tenant: tenants.Tenant, network_id: str
) -> None:
    with pytest.raises(
        exceptions.BadRequestException, match='availability zone'
    ):
        module_tenant.ask(
            CENTRAL, {'uuid': network_id}, availability_zone='nowhere'
        )


def test_a_network_of_one_zone_is_not_for_a_server_of_another(
    lab: cloud.Lab, own_tenant: tenants.Tenant
) -> None:
    here, there = lab.topology.regions[:2]
    network = own_tenant.network('10.90.0.0/24', [here.availability_zone])

    asked = ask(own_tenant, network.id, there)

    server = own_tenant.settled(CENTRAL, asked)
    assert server.status == 'ERROR'
    assert network.id in server.fault['message']
    assert ports(own_tenant, CENTRAL, asked) == []
    compute(own_tenant).delete_server(asked)
    own_tenant.await_gone(CENTRAL, asked)


#: What may be told of a server whose boot had just asked what died: Nova
#: does not ask again. Central had its port made already, or not yet.
_TOLD: Final = {
    'conductor': 'MessagingTimeout|Timed out waiting for a reply',
    neutron.CENTRAL: 'Central Neutron did not answer',
}


@pytest.mark.parametrize(
    'dies', ['conductor', tricircle.XJOB, neutron.CENTRAL]
)
def test_a_boot_goes_on_or_says_why_not_when_something_dies(
    lab: cloud.Lab,
    module_tenant: tenants.Tenant,
    network_id: str,
    servers: dict[str, tenants.Instance],
    dies: str,
) -> None:
    region, other = lab.topology.regions[:2]
    victim = nova.conductor(region) if dies == 'conductor' else dies
    asked = ask(module_tenant, network_id, region, name='disturbed')
    lab.kill(victim)
    lab.restart(victim, lambda text: print(text, flush=True))

    server = module_tenant.settled(CENTRAL, asked)

    if server.status == 'ERROR' and dies in _TOLD:
        print(server.fault)
        assert re.search(_TOLD[dies], server.fault['message'])
        compute(module_tenant).delete_server(asked)
        module_tenant.await_gone(CENTRAL, asked)
        asked = ask(module_tenant, network_id, region, name='again')
    made = module_tenant.wait(CENTRAL, asked)
    meet(lab, made, servers[other.name])
    module_tenant.delete(made)


@pytest.fixture
def second_is_away(
    lab: cloud.Lab, servers: dict[str, tenants.Instance]
) -> Iterator[topologies.Region]:
    """The last cell is away, and comes back with its server."""
    gone = lab.topology.regions[-1]
    with cell_registry.away(lab, gone):
        yield gone


def statuses(one: tenants.Tenant, version: str) -> dict[str, str]:
    """Return the status of each server that Nova lists, by its ID."""
    listed = compute(one).get('/servers/detail', microversion=version)
    assert listed.status_code == 200, listed.text
    return {each['id']: each['status'] for each in listed.json()['servers']}


def test_a_cell_that_is_away_keeps_nobody_from_the_others(
    lab: cloud.Lab,
    module_tenant: tenants.Tenant,
    network_id: str,
    servers: dict[str, tenants.Instance],
    second_is_away: topologies.Region,
) -> None:
    gone = servers[second_is_away.name]
    left = {one.id for one in servers.values()} - {gone.id}
    assert statuses(module_tenant, _TELLS_UNKNOWN) == {
        gone.id: 'UNKNOWN',
        **dict.fromkeys(left, 'ACTIVE'),
    }
    assert statuses(module_tenant, '2.68') == dict.fromkeys(left, 'ACTIVE')
    region = lab.topology.regions[0]
    made = module_tenant.wait(
        CENTRAL, ask(module_tenant, network_id, region, name='meanwhile')
    )
    meet(lab, made, servers[region.name])
    # What runs in the cell goes on. Of what is new its Neutron hears later.
    packets.await_ping(lab, servers[region.name], gone.ip)
    module_tenant.delete(made)


def test_a_cell_that_is_back_is_as_it_was(
    lab: cloud.Lab,
    module_tenant: tenants.Tenant,
    network_id: str,
    servers: dict[str, tenants.Instance],
) -> None:
    def as_before() -> None:
        assert statuses(module_tenant, _TELLS_UNKNOWN) == {
            one.id: 'ACTIVE' for one in servers.values()
        }

    waiting.eventually(as_before)
    made = module_tenant.wait(
        CENTRAL,
        ask(module_tenant, network_id, lab.topology.regions[-1], name='again'),
    )
    meet(lab, made, *servers.values())
    module_tenant.delete(made)
