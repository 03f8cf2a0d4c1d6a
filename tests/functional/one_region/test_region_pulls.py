# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a region asks central for, and what central refuses it."""

import functools
import uuid

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud.client import Json


def test_foreign_networks_are_not_brought_here(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network, subnet = regions.make_network(cloud, fresh_project)
    port = cloud.central.client(fresh_project).create_port(network['id'])
    [group] = cloud.central.client(fresh_project).list('security_group')
    thief = cloud.two.client(uuid.uuid4().hex)
    for kind, one in (
        ('network', network),
        ('subnet', subnet),
        ('port', port),
        ('security_group', group),
    ):
        assert thief.get(_path(kind, one['id'])).status_code == 404
        assert thief.list(kind, id=one['id']) == []
        assert thief.delete(_path(kind, one['id'])).status_code == 404
    error = clouds.refused(lambda: thief.create_port(network['id']))
    assert (error.status, error.type) == (404, 'NetworkNotFound')
    error = clouds.refused(
        lambda: thief.create_bulk('port', [{'network_id': network['id']}])
    )
    assert (error.status, error.type) == (404, 'NetworkNotFound')
    for kind, one in (('network', network), ('port', port)):
        assert not regions.ledger(cloud.two, resource_id=one['id'])
        replicas = cloud.central.client(fresh_project).get(
            _path(kind, one['id']) + '/replicas'
        )
        assert replicas.json()['replicas'] == []


def _path(kind: str, id_: str) -> str:
    return f'/{kind.replace("_", "-")}s/{id_}'


def test_out_of_scope_is_said_with_hints_and_region(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network, _subnet = regions.make_network(
        cloud, fresh_project, availability_zone_hints=['RegionOne']
    )
    user = cloud.two.client(fresh_project)
    error = clouds.refused(lambda: user.show('network', network['id']))
    assert (error.status, error.type) == (404, 'NetworkNotFound')
    assert 'RegionOne' in error.message and 'RegionTwo' in error.message
    assert user.list('network', id=network['id']) == []
    for admin in (user, cloud.two.admin):
        error = clouds.refused(
            functools.partial(admin.create_port, network['id'])
        )
        assert (error.status, error.type) == (404, 'NetworkNotFound')
    assert not regions.ledger(cloud.two, resource_id=network['id'])


def test_a_quota_of_central_counts_in_a_region(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network, _ = regions.make_network(cloud, fresh_project)
    cloud.central.admin.put(f'/quotas/{fresh_project}', {'quota': {'port': 1}})
    user = cloud.one.client(fresh_project)
    user.create_port(network['id'])
    error = clouds.refused(lambda: user.create_port(network['id']))
    assert (error.status, error.type) == (409, 'OverQuota')
    clouds.eventually(
        lambda: regions.same_ports(cloud, network['id'], [cloud.one])
    )


def test_a_plain_list_asks_nobody(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    regions.make_network(cloud, fresh_project)
    user = cloud.one.client(fresh_project)
    mark = cloud.central_calls.mark()
    assert user.list('network') == []
    assert user.list('port', device_id='none') == []
    assert user.list('subnet') == []
    assert not regions.of_callers(cloud.central_calls.since(mark), cloud.one)


def test_what_central_does_not_know_is_not_asked_for_by_each(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    unknown = str(uuid.uuid4())
    user = cloud.one.client(fresh_project)
    mark = cloud.central_calls.mark()
    for _turn in range(3):
        assert user.get(f'/networks/{unknown}').status_code == 404
    regions.all_at_once([lambda: user.get(f'/networks/{unknown}')] * 6)
    # How long it is remembered, a unit test says.
    assert len(cloud.central_calls.since(mark, path=unknown)) < 5


def test_a_network_that_is_shared_is_there_for_the_next_write(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    guest = cloud.one.client(uuid.uuid4().hex)
    assert guest.get(f'/networks/{network["id"]}').status_code == 404
    cloud.central.client(fresh_project).create(
        'rbac_policy',
        object_type='network',
        object_id=network['id'],
        action='access_as_shared',
        target_tenant=guest.project,
    )
    assert guest.create_port(network['id'])['network_id'] == network['id']


def test_one_question_for_many_who_ask_at_once(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network, _subnet = regions.make_network(cloud, fresh_project)
    users = [cloud.one.client(fresh_project) for _number in range(6)]
    mark = cloud.central_calls.mark()
    found = regions.all_at_once(
        [
            functools.partial(user.show, 'network', network['id'])
            for user in users
        ]
    )
    assert all(
        isinstance(one, dict) and one['id'] == network['id'] for one in found
    )
    calls = regions.of_callers(cloud.central_calls.since(mark), cloud.one)
    assert len([one for one in calls if network['id'] in one.path]) == 1


def test_a_subnet_brings_its_network(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network, subnet = regions.make_network(cloud, fresh_project)
    user = cloud.one.client(fresh_project)
    assert user.show('subnet', subnet['id'])['network_id'] == network['id']
    second, other = regions.make_network(cloud, fresh_project)
    listed = user.list('subnet', id=[subnet['id'], other['id']])
    assert {one['network_id'] for one in listed} == {
        network['id'],
        second['id'],
    }


def test_a_port_is_in_one_region_only(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network, _subnet = regions.make_network(cloud, fresh_project)
    port = cloud.central.client(fresh_project).create_port(network['id'])
    both = [cloud.one, cloud.two]

    def boot(region: clouds.Region) -> clouds.Instance:
        return region.nova(project=fresh_project).boot(port_id=port['id'])

    booted = regions.all_at_once(
        [functools.partial(boot, one) for one in both]
    )
    errors = [one for one in booted if isinstance(one, Exception)]
    assert len(errors) == 1
    if isinstance(errors[0], clouds.ApiError):
        assert (errors[0].status, errors[0].type) == (409, 'PortInUse')
    else:
        # It looked when the other had won.
        assert isinstance(errors[0], clouds.NovaError)
    clouds.eventually(lambda: regions.same_ports(cloud, network['id'], both))
    loser = both[isinstance(booted[1], Exception)]
    (won,) = [one for one in booted if isinstance(one, clouds.Instance)]
    seen = loser.client(fresh_project).show('port', port['id'])
    assert seen['device_id'] == won.id
    assert loser.client(fresh_project).list('port', id=port['id']) == [seen]
    error = clouds.refused(
        lambda: loser.admin.update('port', port['id'], device_id='another')
    )
    assert (error.status, error.type) == (409, 'PortInUse')
