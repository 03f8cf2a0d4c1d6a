# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Subnet pools and address scopes of central in the regions."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.functional import cloud as clouds
from tests.functional.cloud import eventually
from tests.functional.stretched import boot_in_both

#: Attributes of a pool that are the same everywhere.
SAME = (
    'name',
    'description',
    'project_id',
    'ip_version',
    'default_prefixlen',
    'min_prefixlen',
    'max_prefixlen',
    'default_quota',
    'address_scope_id',
    'shared',
)


def seen(pool: dict[str, Any]) -> dict[str, Any]:
    return {
        'prefixes': sorted(pool['prefixes']),
        'tags': sorted(pool['tags']),
        **{name: pool[name] for name in SAME},
    }


def await_same(
    central: clouds.NeutronProcess,
    region: clouds.NeutronProcess,
    pool_id: str,
) -> None:
    """Wait until a region shows a pool as central does."""

    def look() -> None:
        there = seen(central.admin.show('subnetpool', pool_id))
        assert seen(region.admin.show('subnetpool', pool_id)) == there

    eventually(look, 40)


def await_gone(region: clouds.NeutronProcess, kind: str, one: str) -> None:
    def look() -> None:
        assert one not in {here['id'] for here in region.admin.list(kind)}

    eventually(look, 60)


def refused(call: Callable[[], object]) -> None:
    with pytest.raises(clouds.ApiError) as found:
        call()
    assert found.value.status == 409, found.value
    assert found.value.type == 'BelongsToCentral', found.value


def refuse_writes(
    user: clouds.NeutronClient, pool_id: str, scope_id: str
) -> None:
    """A region takes no subnet from a pool, and changes nothing of it."""
    own = user.create_network(name='own')
    refused(
        lambda: user.create(
            'subnet',
            network_id=own['id'],
            ip_version=4,
            subnetpool_id=pool_id,
        )
    )
    refused(lambda: user.update('subnetpool', pool_id, name='x'))
    refused(lambda: user.remove('subnetpool', pool_id))
    refused(lambda: user.remove('address_scope', scope_id))


def test_a_subnet_pool_lives_in_the_regions_as_in_central(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    central = cloud.central.client(project=fresh_project)
    scope = central.create('address_scope', name='space', ip_version=4)
    pool = central.create(
        'subnetpool',
        name='pool',
        prefixes=['10.60.0.0/16'],
        default_prefixlen=24,
        address_scope_id=scope['id'],
    )
    network = central.create_network(name='stretched')
    subnet = central.create(
        'subnet',
        network_id=network['id'],
        ip_version=4,
        subnetpool_id=pool['id'],
    )
    path = f'/subnetpools/{pool["id"]}'

    boot_in_both(cloud, fresh_project, network['id'])

    for region in (cloud.one, cloud.two):
        user = region.client(fresh_project)
        assert user.show('subnet', subnet['id'])['subnetpool_id'] == pool['id']
        assert user.show('address_scope', scope['id'])['name'] == 'space'
        shown = user.show('network', network['id'])
        assert shown['ipv4_address_scope'] == scope['id']
        await_same(cloud.central, region, pool['id'])
        refuse_writes(user, pool['id'], scope['id'])
        for verb in ('add_prefixes', 'remove_prefixes'):
            answer = user.put(f'{path}/{verb}', {'prefixes': ['10.61.0.0/16']})
            assert answer.status_code == 409, answer.text

    cloud.two.kill9()
    answer = central.put(
        f'{path}/add_prefixes', {'prefixes': ['10.62.0.0/16']}
    )
    assert answer.ok, answer.text
    central.update(
        'subnetpool', pool['id'], name='other', address_scope_id=None
    )
    central.put(f'{path}/tags', {'tags': ['a']})
    await_same(cloud.central, cloud.one, pool['id'])
    cloud.two.restart()
    await_same(cloud.central, cloud.two, pool['id'])

    central.remove('address_scope', scope['id'])
    for region in (cloud.one, cloud.two):
        await_gone(region, 'address_scope', scope['id'])


def test_subnets_are_put_into_a_pool_and_taken_away_with_it(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    central = cloud.central.client(project=fresh_project)
    network = central.create_network(name='stretched')
    subnet = central.create_subnet(network['id'], cidr='10.70.0.0/24')
    for region in (cloud.one, cloud.two):
        region.client(fresh_project).show('network', network['id'])
    scope = central.create('address_scope', name='space', ip_version=4)
    pool = central.create(
        'subnetpool',
        name='pool',
        prefixes=['10.71.0.0/16'],
        address_scope_id=scope['id'],
    )
    # Who asks for one gets it, wherever it is needed.
    await_same(cloud.central, cloud.one, pool['id'])
    user = cloud.two.client(fresh_project)
    assert [one['id'] for one in user.list('subnetpool', id=pool['id'])]

    answer = central.put(
        f'/subnetpools/{pool["id"]}/onboard_network_subnets',
        {'network_id': network['id']},
    )
    assert answer.ok, answer.text

    def in_pool(region: clouds.NeutronProcess) -> Callable[[], None]:
        def look() -> None:
            here = region.admin.show('subnet', subnet['id'])
            assert here['subnetpool_id'] == pool['id']

        return look

    for region in (cloud.one, cloud.two):
        eventually(in_pool(region), 40)
        await_same(cloud.central, region, pool['id'])

    central.remove('network', network['id'])
    central.remove('subnetpool', pool['id'])
    central.remove('address_scope', scope['id'])

    for region in (cloud.one, cloud.two):
        await_gone(region, 'subnetpool', pool['id'])
        await_gone(region, 'address_scope', scope['id'])
        assert not region.admin.exists('subnet', subnet['id'])
