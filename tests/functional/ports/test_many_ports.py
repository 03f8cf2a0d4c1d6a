# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Many ports at once, in one request and in many."""

from collections.abc import Iterator
import functools

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud.client import Json


def test_ports_made_in_one_request_are_allocated_in_one(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    user = cloud.one.client(fresh_project)
    user.show('network', network['id'])
    own = user.create_network(name='own')
    user.create_subnet(own['id'], '10.1.0.0/24')
    mark = cloud.central_calls.mark()
    made = user.create_bulk(
        'port',
        [{'network_id': network['id'], 'name': f'b{n}'} for n in range(5)]
        + [{'network_id': own['id'], 'name': 'own'}],
    )
    calls = cloud.central_calls.since(mark, path=r'/ports$')
    assert [str(call) for call in calls] == ['POST /v2.0/ports -> 201']
    assert [port['name'] for port in made] == [
        'b0',
        'b1',
        'b2',
        'b3',
        'b4',
        'own',
    ]
    there = clouds.eventually(
        lambda: regions.same_ports(cloud, network['id'], [cloud.one])
    )
    assert sorted(port['name'] for port in there.values()) == [
        'b0',
        'b1',
        'b2',
        'b3',
        'b4',
    ]


def test_a_bulk_request_that_fails_leaves_nothing(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    user = cloud.one.client(fresh_project)
    taken = user.create_port(network['id'])
    address = taken['fixed_ips'][0]['ip_address']
    with pytest.raises(clouds.ApiError) as refused:
        user.create_bulk(
            'port',
            [
                {'network_id': network['id']},
                {
                    'network_id': network['id'],
                    'fixed_ips': [{'ip_address': address}],
                },
            ],
        )
    assert (refused.value.status, refused.value.type) == (
        409,
        'IpAddressAlreadyAllocated',
    )
    there = clouds.eventually(
        lambda: regions.same_ports(cloud, network['id'], [cloud.one])
    )
    assert set(there) == {taken['id']}
    assert not regions.ledger(
        cloud.one, parent_id=network['id'], state='allocating'
    )


@pytest.fixture
def patient(cloud: clouds.Cloud) -> Iterator[None]:
    """Regions that wait for central as long as two busy cores need.

    What is said here is how many can be made at once, not how fast.
    """
    patience = {'client': {'central_timeout': 30}}
    with cloud.one.configured(patience), cloud.two.configured(patience):
        yield
        clouds.eventually(lambda: _nothing_is_due(cloud), 60)


def _nothing_is_due(cloud: clouds.Cloud) -> None:
    assert not cloud.central.database.query(
        'SELECT id FROM journal WHERE pending'
        ' AND next_try_at <= UTC_TIMESTAMP()'
    )


# Central is asked as much at once in test_region_ports.
@pytest.mark.thorough
@pytest.mark.usefixtures('patient')
def test_forty_ports_at_once_from_two_regions(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    def boot(region: clouds.Region) -> clouds.Instance:
        return region.nova(project=fresh_project).boot(
            network_id=network['id'], validate=False
        )

    both = [cloud.one, cloud.two] * 20
    booted = regions.all_at_once(
        [functools.partial(boot, one) for one in both]
    )
    failed = [one for one in booted if isinstance(one, Exception)]
    assert failed == []
    there = clouds.eventually(
        lambda: regions.same_ports(
            cloud, network['id'], [cloud.one, cloud.two]
        ),
        20,
    )
    assert len(there) == 40
    taken = [ip for port in there.values() for ip in regions.addresses(port)]
    assert len(set(taken)) == 40
    for region in (cloud.one, cloud.two):
        mine = regions.ports_of(region.admin, network['id'])
        assert len(mine) == 20
        assert (
            len(
                region.admin.list(
                    'port',
                    network_id=network['id'],
                    device_owner='network:dhcp',
                )
            )
            == 1
        )
