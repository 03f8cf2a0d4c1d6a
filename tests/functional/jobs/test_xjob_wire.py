# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What XJob sends to a region gets lost, doubled or late on the wire."""

import pytest

from tests.functional import cloud as clouds
from tests.functional import views
from tests.functional.cloud import eventually
from tests.functional.stretched import boot_in_both
from tests.functional.stretched import stretched

FAULTS = ('drop_request', 'drop_answer', 'duplicate', 'hold')


def disturb(
    cloud: clouds.Cloud, what: str, method: str, path: str
) -> clouds.Fault:
    """Disturb the next call of XJob to RegionOne that matches."""
    fault: clouds.Fault = getattr(cloud.one.from_xjob, what)(
        method=method, path=path
    )
    if what == 'hold':
        fault.seconds = 1.0
    return fault


@pytest.mark.parametrize('what', FAULTS)
def test_a_change_arrives_all_the_same(
    cloud: clouds.Cloud, fresh_project: str, what: str
) -> None:
    network = stretched(cloud, fresh_project)
    cloud.one.client(fresh_project).show('network', network['id'])
    path = f'/replicas/network/{network["id"]}'
    mark = cloud.region_calls.mark()
    disturb(cloud, what, 'PUT', path)

    for name in ('first', 'second'):
        cloud.central.client(fresh_project).update(
            'network', network['id'], name=name
        )

    def arrived() -> None:
        here = cloud.one.admin.show('network', network['id'])
        assert here['name'] == 'second'
        assert not cloud.central.database.query(
            'SELECT id FROM journal WHERE pending AND resource_id = %s',
            network['id'],
        )

    eventually(arrived, 20)
    assert any(
        call.action is not None
        for call in cloud.region_calls.since(mark, 'PUT', path)
    )


@pytest.mark.parametrize('what', FAULTS)
def test_a_deletion_arrives_all_the_same(
    cloud: clouds.Cloud, fresh_project: str, what: str
) -> None:
    network = stretched(cloud, fresh_project)
    cloud.one.client(fresh_project).show('network', network['id'])
    mark = cloud.region_calls.mark()
    path = f'/replicas/network/{network["id"]}'
    disturb(cloud, what, 'DELETE', path)

    cloud.central.admin.remove('network', network['id'])

    def gone() -> None:
        assert views.left_of(cloud, network['id']) == {}

    eventually(gone, 20)
    assert any(
        call.action is not None
        for call in cloud.region_calls.since(mark, 'DELETE', path)
    )


@pytest.mark.parametrize('what', FAULTS)
def test_shadow_ports_arrive_all_the_same(
    cloud: clouds.Cloud, fresh_project: str, what: str
) -> None:
    network = stretched(cloud, fresh_project)
    path = f'/replicas/shadow-ports/{network["id"]}'
    fault = disturb(cloud, what, 'PUT', path)

    _first, second = boot_in_both(cloud, fresh_project, network['id'])

    def known() -> None:
        assert views.active_shadows(cloud.one, network['id']) == {
            second.port_id
        }
        # The region has them before XJob gets its answer, and when not.
        assert not cloud.central.database.query(
            'SELECT id FROM journal WHERE pending'
            " AND resource_type = 'shadow-ports' AND resource_id LIKE %s",
            f'{network["id"]}%',
        )

    eventually(known, 30)
    assert fault.hits == 1
