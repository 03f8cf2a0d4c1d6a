# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A network that a region has no part in stays away from it."""

from collections.abc import Callable, Iterator
import dataclasses
import functools
from typing import Any
import uuid

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud import hosts
from tests.functional.cloud.client import Json

_DHCP_HOST = 'dhcp-of-the-scope-tests'


@dataclasses.dataclass(frozen=True)
class Elsewhere:
    """A network for RegionOne alone, and what is on it there."""

    network: Json
    subnet: Json
    port: Json

    def id_of(self, kind: str) -> str:
        """Return the ID of the resource of this kind."""
        return str(getattr(self, kind)['id'])


@pytest.fixture(scope='module')
def elsewhere(session_cloud: clouds.Cloud) -> Elsewhere:
    """A network that RegionOne has, with a port, and RegionTwo must not.

    Nothing that a test does may change it.
    """
    project = uuid.uuid4().hex
    network, subnet = regions.make_network(
        session_cloud,
        project,
        name=f'elsewhere-{project}',
        availability_zone_hints=['RegionOne'],
    )
    port = session_cloud.one.client(project).create_port(network['id'])
    return Elsewhere(network, subnet, port)


@pytest.fixture
def user(
    cloud: clouds.Cloud, elsewhere: Elsewhere
) -> Iterator[clouds.NeutronClient]:
    """Its owner in RegionTwo; whatever he does, nothing comes there."""
    yield cloud.two.client(str(elsewhere.network['project_id']))
    assert_absent(cloud, elsewhere)


def assert_absent(cloud: clouds.Cloud, elsewhere: Elsewhere) -> None:
    """Assert that neither RegionTwo nor central knows of it in RegionTwo."""
    ids = {
        elsewhere.id_of(kind): f'{kind}s'
        for kind in ('network', 'subnet', 'port')
    }
    for id_, table in ids.items():
        assert not regions.ledger(cloud.two, resource_id=id_)
        assert not cloud.two.database.query(
            f'SELECT id FROM {table} WHERE id = %s',  # noqa: S608
            id_,
        )
    assert not cloud.two.database.query(
        'SELECT id FROM ports WHERE network_id = %s',
        elsewhere.id_of('network'),
    )
    for kind in ('network', 'port'):
        answer = cloud.central.admin.get(
            f'/{kind}s/{elsewhere.id_of(kind)}/replicas'
        )
        found = {one['region'] for one in answer.json()['replicas']}
        assert found == {'RegionOne'}, kind
    there = regions.ports_of(cloud.central.admin, elsewhere.id_of('network'))
    assert set(there) == {elsewhere.id_of('port')}


def test_bulk_makes_none_of_the_ports(
    cloud: clouds.Cloud, elsewhere: Elsewhere, user: clouds.NeutronClient
) -> None:
    near, _subnet = regions.make_network(cloud, user.project)
    for bodies in (
        [{'network_id': elsewhere.id_of('network')}] * 2,
        [
            {'network_id': near['id']},
            {'network_id': elsewhere.id_of('network')},
        ],
    ):
        error = clouds.refused(
            functools.partial(user.create_bulk, 'port', bodies)
        )
        assert (error.status, error.type) == (404, 'NetworkNotFound')
        assert 'RegionOne' in error.message and 'RegionTwo' in error.message
    for neutron in (cloud.two, cloud.central):
        assert regions.ports_of(neutron.admin, near['id']) == {}


@pytest.mark.parametrize('kind', ['network', 'subnet', 'port'])
@pytest.mark.parametrize('role', ['owner', 'admin'])
@pytest.mark.parametrize('what', ['show', 'update', 'delete'])
def test_by_id_it_is_not_found(
    cloud: clouds.Cloud,
    elsewhere: Elsewhere,
    user: clouds.NeutronClient,
    kind: str,
    role: str,
    what: str,
) -> None:
    caller = user if role == 'owner' else cloud.two.admin
    id_ = elsewhere.id_of(kind)
    calls: dict[str, Callable[[], object]] = {
        'show': lambda: caller.show(kind, id_),
        'update': lambda: caller.update(kind, id_, name='new'),
        'delete': lambda: caller.remove(kind, id_),
    }
    assert clouds.refused(calls[what]).status == 404
    assert cloud.central.admin.exists(kind, id_)
    assert cloud.one.admin.show(kind, id_)['name'] != 'new'


def test_no_subnet_is_made_on_it(
    elsewhere: Elsewhere, user: clouds.NeutronClient
) -> None:
    error = clouds.refused(
        lambda: user.create_subnet(elsewhere.id_of('network'), '10.9.0.0/24')
    )
    assert (error.status, error.type) == (404, 'NetworkNotFound')


def test_no_filter_of_a_list_finds_it(
    cloud: clouds.Cloud, elsewhere: Elsewhere, user: clouds.NeutronClient
) -> None:
    network, subnet, port = (
        elsewhere.network,
        elsewhere.subnet,
        elsewhere.port,
    )
    filters: list[tuple[str, dict[str, Any]]] = [
        ('network', {'id': network['id']}),
        ('network', {'name': network['name']}),
        ('network', {'project_id': user.project}),
        ('subnet', {'id': subnet['id']}),
        ('subnet', {'network_id': network['id']}),
        ('subnet', {'cidr': subnet['cidr'], 'project_id': user.project}),
        ('port', {'id': port['id']}),
        ('port', {'network_id': network['id']}),
        ('port', {'mac_address': port['mac_address']}),
        ('port', {'fixed_ips': f'subnet_id={subnet["id"]}'}),
        ('port', {'network_id': network['id'], 'id': port['id']}),
    ]
    for kind, where in filters:
        assert cloud.one.client(user.project).list(kind, **where), where
        for caller in (user, cloud.two.admin):
            found = {one['id'] for one in caller.list(kind, **where)}
            assert elsewhere.id_of(kind) not in found, where


def test_dhcp_agents_bring_nothing_here(
    cloud: clouds.Cloud, elsewhere: Elsewhere, user: clouds.NeutronClient
) -> None:
    own = user.create_network(name='own')
    user.create_subnet(own['id'], '10.8.0.0/24')
    # In scope, but not asked for by anybody: agents do not ask either.
    near, _subnet = regions.make_network(cloud, user.project)
    cloud.two.hosts.add(_DHCP_HOST, agent_type=hosts.DHCP_AGENT)
    mark = cloud.central_calls.mark()

    def ask(method: str, **arguments: Any) -> Any:
        return cloud.two.agent_rpc.call(
            'dhcp', method=method, host=_DHCP_HOST, arguments=arguments
        )

    try:
        seen = {one['id'] for one in ask('get_active_networks_info')}
        assert own['id'] in seen
        assert not seen & {near['id'], elsewhere.id_of('network')}
        for network_id in (near['id'], elsewhere.id_of('network')):
            assert not ask('get_network_info', network_id=network_id)
    finally:
        cloud.two.hosts.remove(_DHCP_HOST, hosts.DHCP_AGENT)
    assert not [
        call
        for call in cloud.central_calls.since(mark)
        if call.proxy == cloud.two.to_central.name
        and any(
            one in call.path
            for one in (near['id'], elsewhere.id_of('network'))
        )
    ]
    assert not regions.ledger(cloud.two, resource_id=near['id'])


def test_a_network_on_a_wire_that_a_region_is_not_on(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = cloud.central.admin.create_network(
        name='net',
        project_id=fresh_project,
        **{
            'provider:network_type': 'vlan',
            'provider:physical_network': 'bridge',
        },
    )
    owner = cloud.central.client(fresh_project)

    def reason() -> None:
        states = owner.get(f'/networks/{network["id"]}/replicas').json()
        (state,) = states['replicas']
        assert (state['region'], state['status']) == ('RegionTwo', 'FAILED')
        assert "physical_network 'bridge' unknown" in state['reason']

    with cloud.two.configured(
        {'ml2_type_vlan': {'network_vlan_ranges': ['extern:541:560']}}
    ):
        user = cloud.two.client(fresh_project)
        assert user.list('network', id=network['id']) == []
        for call in (
            functools.partial(user.show, 'network', network['id']),
            functools.partial(user.create_port, network['id']),
        ):
            error = clouds.refused(call)
            assert (error.status, error.type) == (400, 'InvalidInput')
            assert "physical_network 'bridge' unknown" in error.message
        # What a region was handed is looked after later; a change is at once.
        owner.update('network', network['id'], name='new')
        clouds.eventually(reason)

    assert cloud.two.client(fresh_project).show('network', network['id'])
