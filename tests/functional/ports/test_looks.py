# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A look moves no port; a use does, at the first try."""

import threading

from tests.functional import cloud as clouds
from tests.functional import regions


def _replicas(cloud: clouds.Cloud, project: str, port_id: str) -> list[str]:
    answer = cloud.central.client(project).get(f'/ports/{port_id}/replicas')
    return [str(one['region']) for one in answer.json()['replicas']]


def test_a_look_from_another_region_moves_no_port(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network, _subnet = regions.make_network(cloud, fresh_project)
    user = cloud.one.client(fresh_project)
    made = user.create_port(network['id'], name='kept')
    there = cloud.two.client(fresh_project)
    shown = there.show('port', made['id'])
    assert (shown['name'], shown['fixed_ips']) == ('kept', made['fixed_ips'])
    (listed,) = there.list('port', id=made['id'])
    assert listed['mac_address'] == made['mac_address']
    assert there.list('port', id=made['id'], name='another') == []
    assert _replicas(cloud, fresh_project, made['id']) == ['RegionOne']
    assert not regions.ledger(cloud.two, resource_id=made['id'])
    assert user.delete(f'/ports/{made["id"]}').status_code == 204


def test_a_foreign_port_elsewhere_is_not_shown(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network, _subnet = regions.make_network(cloud, fresh_project)
    made = cloud.one.client(fresh_project).create_port(network['id'])
    stranger = cloud.two.client(f'not-{fresh_project}')
    assert stranger.get(f'/ports/{made["id"]}').status_code == 404
    assert stranger.list('port', id=made['id']) == []


def test_a_kept_port_boots_in_another_region_at_the_first_try(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network, _subnet = regions.make_network(cloud, fresh_project)
    made = cloud.one.client(fresh_project).create_port(network['id'])
    nova = cloud.two.nova(project=fresh_project)
    instance = nova.boot(port_id=made['id'])
    assert instance.port['fixed_ips'] == made['fixed_ips']
    assert regions.state(cloud.one, made['id']) == 'deleted'
    assert _replicas(cloud, fresh_project, made['id']) == ['RegionTwo']


def test_boots_work_while_somebody_looks_from_another_region(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network, _subnet = regions.make_network(cloud, fresh_project)
    ports = [
        cloud.one.client(fresh_project).create_port(network['id'])
        for _number in range(4)
    ]
    reader = cloud.two.client(fresh_project)
    over = threading.Event()
    answers: list[int] = []

    def look() -> None:
        while not over.wait(0.1):
            answers.extend(
                reader.get(f'/ports/{port["id"]}').status_code
                for port in ports
            )

    watching = threading.Thread(target=look)
    watching.start()
    try:
        nova = cloud.one.nova(project=fresh_project)
        for port in ports:
            nova.boot(port_id=port['id'])
    finally:
        over.set()
        watching.join()
    assert set(answers) == {200}
    for port in ports:
        assert _replicas(cloud, fresh_project, port['id']) == ['RegionOne']


def test_a_port_elsewhere_is_changed_and_deleted_through_central(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network, _subnet = regions.make_network(cloud, fresh_project)
    user = cloud.one.client(fresh_project)
    made = user.create_port(network['id'])
    there = cloud.two.client(fresh_project)
    assert there.update('port', made['id'], name='new')['name'] == 'new'
    assert _replicas(cloud, fresh_project, made['id']) == ['RegionOne']

    def renamed() -> None:
        assert user.show('port', made['id'])['name'] == 'new'

    clouds.eventually(renamed)
    assert there.delete(f'/ports/{made["id"]}').status_code == 204

    def gone() -> None:
        assert user.get(f'/ports/{made["id"]}').status_code == 404

    clouds.eventually(gone)


def test_a_port_that_is_used_is_left_to_the_region_that_has_it(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network, _subnet = regions.make_network(cloud, fresh_project)
    nova = cloud.one.nova(project=fresh_project)
    instance = nova.boot(network['id'])
    clouds.eventually(lambda: regions.outbox_empty(cloud.one))
    there = cloud.two.client(fresh_project)
    assert there.show('port', instance.port_id)['device_id'] == instance.id
    cloud.two.client(fresh_project).show('network', network['id'])

    def shadow_in_two() -> None:
        assert regions.ledger(
            cloud.two,
            resource_id=instance.port_id,
            resource_type='shadow-port',
        )

    clouds.eventually(shadow_in_two, 20)
    for refused in (
        cloud.two.admin.delete(f'/ports/{instance.port_id}'),
        cloud.two.admin.put(
            f'/ports/{instance.port_id}',
            {'port': {'device_id': '', 'binding:host_id': None}},
        ),
        cloud.two.admin.put(
            f'/ports/{instance.port_id}',
            {'port': {'device_id': 'other', 'binding:host_id': 'regiontwo-0'}},
        ),
    ):
        assert refused.status_code == 409, refused.text
    assert nova.user.show('port', instance.port_id)['device_id'] == instance.id
