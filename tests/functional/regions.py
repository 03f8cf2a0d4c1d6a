# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What tests look at in the databases of a region and of central."""

from collections.abc import Callable, Sequence
import concurrent.futures
import threading
from typing import Any, TypeVar

from tests.functional import cloud as clouds
from tests.functional.cloud.client import Json

T = TypeVar('T')

#: A report is sent in the background, at its own time.
REPORT = r'/ports/[^/]+/replicas/'


def ledger(region: clouds.Region, **where: str) -> list[Json]:
    """Return the rows of a region's ledger."""
    clause = ' AND '.join(f'{name}=%s' for name in where) or 'TRUE'
    return [
        dict(row)
        for row in region.database.query(
            f'SELECT * FROM tricircle_replicas WHERE {clause}',  # noqa: S608
            *where.values(),
        )
    ]


def state(region: clouds.Region, port_id: str) -> str | None:
    """Return where a port stands in a region's ledger."""
    rows = ledger(region, resource_type='port', resource_id=port_id)
    return str(rows[0]['state']) if rows else None


def outbox(region: clouds.Region) -> list[Json]:
    """Return what a region has not told central yet."""
    return [
        dict(row)
        for row in region.database.query('SELECT * FROM tricircle_outbox')
    ]


def outbox_empty(region: clouds.Region) -> None:
    """Assert that central has heard everything."""
    assert outbox(region) == []


def ports_of(client: clouds.NeutronClient, network_id: str) -> dict[str, Json]:
    """Return the ports of instances on a network, by ID."""
    return {
        str(port['id']): port
        for port in client.list('port', network_id=network_id)
        if not str(port['device_owner']).startswith('network:')
        and port['device_owner'] != 'compute:shadow'
    }


def same_ports(
    cloud: clouds.Cloud, network_id: str, regions: Sequence[clouds.Region]
) -> dict[str, Json]:
    """Assert that central and the regions have the same ports.

    :returns: central's, by ID
    """
    there = ports_of(cloud.central.admin, network_id)
    here: dict[str, Json] = {}
    for region in regions:
        found = ports_of(region.admin, network_id)
        assert not set(found) & set(here), 'a port is in two regions'
        here.update(found)
    assert set(here) == set(there)
    for port_id, port in here.items():
        for key in ('mac_address', 'name', 'project_id'):
            assert port[key] == there[port_id][key]
        assert addresses(port) == addresses(there[port_id])
        assert sorted(port['security_groups']) == sorted(
            there[port_id]['security_groups']
        )
    for region in regions:
        assert not ledger(region, resource_type='port', state='allocating')
    return there


def addresses(port: Json) -> set[tuple[str, str]]:
    """Return the addresses of a port with their subnets."""
    return {
        (str(ip['subnet_id']), str(ip['ip_address']))
        for ip in port['fixed_ips']
    }


def of_callers(
    calls: Sequence[clouds.Call], region: clouds.Region
) -> list[clouds.Call]:
    """Return what a region asked central while a caller waited.

    All but its reports, which come at their own time, of security groups
    too: only a pull says what it is for.
    """
    return [
        call
        for call in calls
        if call.proxy == region.to_central.name
        and (call.method != 'PUT' or b'"purpose"' in call.body)
    ]


def all_at_once(calls: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """Make calls beside each other, started at one moment."""
    barrier = threading.Barrier(len(calls))

    def go(call: Callable[[], T]) -> T:
        barrier.wait()
        return call()

    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        futures = [pool.submit(go, call) for call in calls]
        results: list[T | Exception] = []
        for future in futures:
            error = future.exception()
            if error is not None and not isinstance(error, Exception):
                raise error
            results.append(error if error is not None else future.result())
    return results


def named_address_group(cloud: clouds.Cloud, project: str) -> Json:
    """Make an address group that a rule of the default group names."""
    client = cloud.central.client(project)
    made = client.create(
        'address_group', name='offices', addresses=['192.0.2.0/24']
    )
    (default,) = client.list('security_group', name='default')
    client.create(
        'security_group_rule',
        security_group_id=default['id'],
        direction='ingress',
        protocol='tcp',
        remote_address_group_id=made['id'],
    )
    return made


def make_network(
    cloud: clouds.Cloud, project: str, **attributes: Any
) -> tuple[Json, Json]:
    """Make a network with a subnet in central."""
    user = cloud.central.client(project)
    network = user.create_network(**{'name': 'net', **attributes})
    subnet = user.create_subnet(network['id'], '10.1.0.0/24')
    return network, subnet


def met_network(cloud: clouds.Cloud, project: str) -> Json:
    """Make a network in central that RegionOne has met.

    :returns: with the ID of its subnet as ``subnet_id``
    """
    found, subnet = make_network(cloud, project)
    cloud.one.client(project).show('network', found['id'])
    return {**found, 'subnet_id': subnet['id']}


def assert_central(error: clouds.ApiError) -> None:
    """Assert that the region says whose it is, and where to change it."""
    assert (error.status, error.type) == (409, 'BelongsToCentral')
    assert 'belongs to central Neutron' in error.message
