# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Address groups of central, and the rules that name them, in the regions."""

from collections.abc import Callable
from typing import Any

from tests.functional import cloud as clouds
from tests.functional.cloud import eventually
from tests.functional.stretched import boot_in_both
from tests.functional.stretched import stretched


def addresses_in(region: clouds.NeutronProcess, group_id: str) -> set[str]:
    return set(region.admin.show('address_group', group_id)['addresses'])


def await_addresses(
    region: clouds.NeutronProcess, group_id: str, *wanted: str
) -> None:
    def look() -> None:
        assert addresses_in(region, group_id) == set(wanted)

    eventually(look, 40)


def await_gone(region: clouds.NeutronProcess, group_id: str) -> None:
    def look() -> None:
        here = {one['id'] for one in region.admin.list('address_group')}
        assert group_id not in here

    eventually(look, 60)


def test_an_address_group_lives_in_the_regions_as_in_central(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    central = cloud.central.client(project=fresh_project)
    group = central.create(
        'address_group', name='offices', addresses=['10.1.0.0/16']
    )
    path = f'/address-groups/{group["id"]}'
    (default,) = central.list('security_group', name='default')
    rule = central.create(
        'security_group_rule',
        security_group_id=default['id'],
        direction='ingress',
        protocol='tcp',
        remote_address_group_id=group['id'],
    )

    def change(verb: str, *addresses: str) -> None:
        answer = central.put(f'{path}/{verb}', {'addresses': list(addresses)})
        assert answer.ok, answer.text

    boot_in_both(cloud, fresh_project, network['id'])

    for region in (cloud.one, cloud.two):
        assert addresses_in(region, group['id']) == {'10.1.0.0/16'}
        here = region.admin.show('security_group_rule', rule['id'])
        assert here['remote_address_group_id'] == group['id']
        refused = region.client(fresh_project).put(
            f'{path}/add_addresses', {'addresses': ['192.0.2.0/24']}
        )
        assert refused.status_code == 409, refused.text

    cloud.two.kill9()
    change('add_addresses', '10.2.0.0/16', '2001:db8::/32')
    change('remove_addresses', '10.1.0.0/16')
    central.update('address_group', group['id'], description='moved')
    await_addresses(cloud.one, group['id'], '10.2.0.0/16', '2001:db8::/32')
    cloud.two.restart()
    await_addresses(cloud.two, group['id'], '10.2.0.0/16', '2001:db8::/32')

    def described(region: clouds.NeutronProcess) -> Callable[[], Any]:
        def look() -> None:
            found = region.admin.show('address_group', group['id'])
            assert found['description'] == 'moved'

        return look

    for region in (cloud.one, cloud.two):
        eventually(described(region), 40)

    central.remove('security_group_rule', rule['id'])
    central.remove('address_group', group['id'])

    for region in (cloud.one, cloud.two):
        await_gone(region, group['id'])
        assert not region.admin.exists('security_group_rule', rule['id'])
