# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""A port of central moves from one region to another when it is free."""

from tests.functional import cloud as clouds
from tests.functional import regions


def test_port_that_is_used_no_more_boots_in_another_region(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network, _subnet = regions.make_network(cloud, fresh_project)
    user = cloud.central.client(fresh_project)
    port = user.create_port(network['id'])
    first = cloud.one.nova(project=fresh_project)
    instance = first.boot(port_id=port['id'])

    def bound_in_one() -> None:
        shown = cloud.central.admin.show('port', port['id'])
        assert shown['binding:host_id'].startswith('regionone')

    clouds.eventually(bound_in_one, 20)
    first.delete(instance)

    def given_up() -> None:
        assert user.get(f'/ports/{port["id"]}/replicas').json() == {
            'replicas': []
        }
        assert not regions.ledger(
            cloud.one, resource_id=port['id'], state='present'
        )

    clouds.eventually(given_up, 30)
    second = cloud.two.nova(project=fresh_project)
    second.boot(port_id=port['id'])

    def bound_in_two() -> None:
        shown = cloud.central.admin.show('port', port['id'])
        assert shown['binding:host_id'].startswith('regiontwo')
        assert shown['fixed_ips'] == port['fixed_ips']

    clouds.eventually(bound_in_two, 20)


def test_port_that_another_region_wants_is_given_up_on_request(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network, _subnet = regions.make_network(cloud, fresh_project)
    made = cloud.one.client(fresh_project).create_port(network['id'])
    wanted = cloud.two.client(fresh_project).update(
        'port', made['id'], device_id='wanted'
    )
    assert wanted['fixed_ips'] == made['fixed_ips']
    assert regions.state(cloud.one, made['id']) == 'deleted'
