# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What cannot be is told by Nova and its client, with Neutron's reason."""

from collections.abc import Callable
import uuid

import pytest

from lab import cloud
from lab import topology as topologies
from tests.lab import conftest
from tests.lab import remains
from tests.lab import stock_client
from tests.lab import tenant


def _ports_of_project(one: tenant.Tenant) -> list[str]:
    return [
        f'{region}: {port.id}'
        for region in (topologies.CENTRAL, *one.regions)
        for port in one.at(region, as_admin=True).network.ports(
            project_id=one.project_id
        )
    ]


def test_a_network_that_nobody_has(
    lab: cloud.Lab, own_tenant: tenant.Tenant, shell: dict[str, str]
) -> None:
    network_id = str(uuid.uuid4())
    for region in own_tenant.regions[:2]:
        told = own_tenant.refusal(region, network_id)
        assert network_id in told
        assert 'could not be found' in told
        # The client looks for it in the region by itself, before it asks Nova.
        told = stock_client.refusal(shell, own_tenant, region, network_id)
        assert told == f'No Network found for {network_id}\n'
    assert _ports_of_project(own_tenant) == []


def test_a_region_out_of_scope(
    lab: cloud.Lab, own_tenant: tenant.Tenant, shell: dict[str, str]
) -> None:
    inside, outside = lab.topology.regions[:2]
    network = own_tenant.network('10.4.0.0/24', [inside.availability_zone])

    told = own_tenant.refusal(outside.name, network.id)
    client = stock_client.refusal(shell, own_tenant, outside.name, network.id)

    assert network.id in told
    assert 'could not be found' in told
    assert client == f'No Network found for {network.id}\n'
    trace = remains.trace(lab, network.id)
    assert _ports_of_project(own_tenant) == []
    here = own_tenant.at(outside.name, as_admin=True).network
    assert network.id not in {one.id for one in here.networks()}
    for host in outside.hosts:
        assert remains.of_network(lab, host, trace) == []


@pytest.mark.thorough
def test_a_network_of_another_tenant(
    lab: cloud.Lab, new_tenant: conftest.NewTenant, shell: dict[str, str]
) -> None:
    owner, stranger = new_tenant('owner'), new_tenant('stranger')
    network = owner.network('10.4.1.0/24')

    for region in stranger.regions[:2]:
        told = stranger.refusal(region, network.id)
        assert network.id in told
        # A stranger learns nothing: not even that it is there.
        assert 'could not be found' in told
        told = stock_client.refusal(shell, stranger, region, network.id)
        assert told == f'No Network found for {network.id}\n'
        here = stranger.at(region, as_admin=True).network
        assert network.id not in {one.id for one in here.networks()}
    assert _ports_of_project(stranger) == []


def test_no_more_ports_than_the_quota_in_central_says(
    lab: cloud.Lab,
    own_tenant: tenant.Tenant,
    shell: dict[str, str],
    request: pytest.FixtureRequest,
) -> None:
    network = own_tenant.network('10.4.2.0/24')
    central = own_tenant.at(topologies.CENTRAL, as_admin=True).network
    central.update_quota(own_tenant.project_id, ports=1)
    drop: Callable[[], None] = lambda: central.delete_quota(  # noqa: E731
        own_tenant.project_id
    )
    request.addfinalizer(drop)
    one, other = own_tenant.regions[:2]
    first = own_tenant.boot(one, {'uuid': network.id})

    told = stock_client.refusal(shell, own_tenant, other, network.id)

    assert 'quota' in told.lower() or 'Maximum number of ports' in told
    assert [
        port.id
        for port in own_tenant.central.ports(network_id=network.id)
        if port.device_id
    ] == [first.port_id]
