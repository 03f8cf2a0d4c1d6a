# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What central has is found in a region by its name, as clients look."""

from collections.abc import Callable
import uuid

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud.client import Json


@pytest.fixture
def named(cloud: clouds.Cloud, fresh_project: str) -> dict[str, Json]:
    """One of each kind in central, which no region has met, by its kind."""
    central = cloud.central.client(fresh_project)
    network, subnet = regions.make_network(
        cloud, fresh_project, name=f'net {fresh_project}'
    )
    central.update('subnet', subnet['id'], name=f'subnet-{fresh_project}')
    return {
        'network': network,
        'subnet': central.show('subnet', subnet['id']),
        'port': central.create_port(
            network['id'], name=f'port&name={fresh_project}'
        ),
        'security_group': central.create(
            'security_group', name=f'gruppe-{fresh_project}-\N{SNOWMAN}'
        ),
        'address_group': central.create(
            'address_group', name=f'ag-{fresh_project}', addresses=[]
        ),
        'subnetpool': central.create(
            'subnetpool',
            name=f'pool-{fresh_project}',
            prefixes=['10.70.0.0/16'],
        ),
        'router': central.create('router', name=f'router-{fresh_project}'),
        # Only administrators make them.
        'qos/policy': cloud.central.admin.create(
            'qos/policy',
            project_id=fresh_project,
            name=f'policy-{fresh_project}',
        ),
        'address_scope': central.create(
            'address_scope', name=f'scope-{fresh_project}', ip_version=4
        ),
    }


def test_a_name_is_found_in_a_region_that_never_met_it(
    cloud: clouds.Cloud, fresh_project: str, named: dict[str, Json]
) -> None:
    user = cloud.one.client(fresh_project)

    found = {
        kind: [shown['id'] for shown in user.list(kind, name=one['name'])]
        for kind, one in named.items()
    }

    assert found == {kind: [one['id']] for kind, one in named.items()}


def test_a_port_elsewhere_is_found_and_stays_there(
    cloud: clouds.Cloud, fresh_project: str, named: dict[str, Json]
) -> None:
    port_id, name = named['port']['id'], named['port']['name']
    cloud.two.nova(fresh_project).boot(port_id=port_id)

    [found] = cloud.one.client(fresh_project).list('port', name=name)

    assert found['id'] == port_id
    replicas = cloud.central.client(fresh_project).get(
        f'/ports/{port_id}/replicas'
    )
    assert [one['region'] for one in replicas.json()['replicas']] == [
        'RegionTwo'
    ]


def test_a_router_that_is_not_here_is_shown_and_belongs_to_central(
    cloud: clouds.Cloud, fresh_project: str, named: dict[str, Json]
) -> None:
    router = named['router']
    user = cloud.one.client(fresh_project)

    shown = user.show('router', router['id'])

    assert (shown['id'], shown['name']) == (router['id'], router['name'])
    write: Callable[[], object]
    for write in (
        lambda: user.update('router', router['id'], name='other'),
        lambda: user.remove('router', router['id']),
        lambda: user.add_router_interface(
            router['id'], subnet_id=named['subnet']['id']
        ),
    ):
        with pytest.raises(clouds.ApiError) as refused:
            write()
        assert (refused.value.status, refused.value.type) == (
            409,
            'BelongsToCentral',
        ), refused.value
    assert cloud.central.client(fresh_project).show('router', router['id'])


def test_a_router_that_is_not_here_is_no_strangers(
    cloud: clouds.Cloud, named: dict[str, Json]
) -> None:
    router_id = named['router']['id']
    stranger = cloud.one.client(uuid.uuid4().hex)

    assert stranger.list('router', name=named['router']['name']) == []
    asked: Callable[[], object]
    for asked in (
        lambda: stranger.show('router', router_id),
        lambda: stranger.update('router', router_id, name='other'),
    ):
        with pytest.raises(clouds.ApiError) as refused:
            asked()
        assert (refused.value.status, refused.value.type) == (
            404,
            'RouterNotFound',
        )


def test_lists_that_name_no_router_ask_nobody(
    cloud: clouds.Cloud, fresh_project: str, named: dict[str, Json]
) -> None:
    mark = cloud.central_calls.mark()

    assert cloud.one.client(fresh_project).list('router') == []

    assert not regions.of_callers(cloud.central_calls.since(mark), cloud.one)


def test_central_is_asked_once_for_what_has_to_be_brought(
    cloud: clouds.Cloud, fresh_project: str, named: dict[str, Json]
) -> None:
    name = named['network']['name']
    user = cloud.one.client(fresh_project)
    mark = cloud.central_calls.mark()

    for _turn in range(3):
        assert user.list('network', name=name)

    calls = regions.of_callers(cloud.central_calls.since(mark), cloud.one)
    assert len(calls) == 2, [str(one) for one in calls]


def test_a_name_that_nobody_has_is_not_asked_for_by_each(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    user = cloud.one.client(fresh_project)
    mark = cloud.central_calls.mark()

    for _turn in range(3):
        assert user.list('network', name='none') == []

    # How long it is remembered, a unit test says.
    calls = regions.of_callers(cloud.central_calls.since(mark), cloud.one)
    assert len(calls) < 3, [str(one) for one in calls]


@pytest.mark.parametrize('name', ['', 'x' * 256])
def test_what_is_no_name_is_not_asked_for(
    cloud: clouds.Cloud, fresh_project: str, named: dict[str, Json], name: str
) -> None:
    user = cloud.one.client(fresh_project)
    mark = cloud.central_calls.mark()

    assert user.list('network', name=name) == []

    assert not regions.of_callers(cloud.central_calls.since(mark), cloud.one)


def test_a_region_out_of_scope_and_a_stranger_find_nothing(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    name = f'only-two-{fresh_project}'
    network, _subnet = regions.make_network(
        cloud, fresh_project, name=name, availability_zone_hints=['RegionTwo']
    )
    stranger = cloud.two.client(uuid.uuid4().hex)
    assert stranger.list('network', name=name) == []
    assert cloud.one.client(fresh_project).list('network', name=name) == []

    [found] = cloud.two.client(fresh_project).list('network', name=name)

    assert found['id'] == network['id']
    assert not regions.ledger(cloud.one, resource_id=network['id'])


def test_a_name_that_the_region_has_needs_no_central(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network, _subnet = regions.make_network(cloud, fresh_project)
    user = cloud.one.client(fresh_project)
    user.show('network', network['id'])
    with cloud.one.to_central.away():
        [found] = user.list('network', name=network['name'])
        refused = user.get('/networks?name=another')

    assert found['id'] == network['id']
    # It may be there: that is not said to be none.
    assert refused.status_code == 503
    assert refused.json()['NeutronError']['type'] == 'CentralUnavailable'


def _of_a_boot(
    region: clouds.Region, project: str, **more: object
) -> list[Json]:
    """List as Nova does for an instance that no network was named for."""
    user = region.client(project)
    return [
        *user.list('network', tenant_id=project, shared=False, **more),
        *user.list('network', shared=True),
    ]


@pytest.mark.parametrize('more', [{}, {'admin_state_up': True}])
def test_a_boot_without_a_network_finds_the_only_one(
    cloud: clouds.Cloud, fresh_project: str, more: dict[str, object]
) -> None:
    network, _subnet = regions.make_network(cloud, fresh_project)

    found = _of_a_boot(cloud.one, fresh_project, **more)

    assert [one['id'] for one in found] == [network['id']]


def test_a_boot_without_a_network_finds_that_there_are_several(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    made = {
        regions.make_network(cloud, fresh_project)[0]['id'] for _ in range(3)
    }
    # One that is here already is one of two.
    cloud.one.client(fresh_project).show('network', sorted(made)[2])

    found = {one['id'] for one in _of_a_boot(cloud.one, fresh_project)}

    assert len(found) == 2
    assert found < made


def test_a_boot_without_a_network_has_none_that_is_for_another_zone(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    central = cloud.central.client(fresh_project)
    for _ in range(2):
        central.create_network(availability_zone_hints=['RegionTwo'])
    network, _subnet = regions.make_network(cloud, fresh_project)

    found = _of_a_boot(cloud.one, fresh_project)

    assert [one['id'] for one in found] == [network['id']]


def test_a_boot_without_a_network_costs_one_call_a_list(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    mark = cloud.central_calls.mark()

    assert _of_a_boot(cloud.one, fresh_project) == []

    calls = regions.of_callers(cloud.central_calls.since(mark), cloud.one)
    assert len(calls) == 2, [str(one) for one in calls]
