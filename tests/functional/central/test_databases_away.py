# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The databases of central and the regions go away, and come back."""

import concurrent.futures

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud import eventually
from tests.functional.cloud.client import Json

pytestmark = pytest.mark.own_cloud

#: In which Neutron gives up; by itself it tries for some 20 s.
LONGEST = 60.0


@pytest.mark.thorough
def test_what_needs_a_database_is_refused_and_goes_on_when_it_is_back(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    nova = cloud.one.nova(fresh_project)
    nova.boot(network_id=network['id'])
    eventually(lambda: regions.outbox_empty(cloud.one))
    pids = [one.pid for one in cloud.processes]
    path = f'/networks/{network["id"]}'
    assert cloud.admin_api is not None

    cloud.mariadb.kill9()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        asked = [
            pool.submit(
                one.client(fresh_project).request, 'GET', path, timeout=LONGEST
            )
            for one in (cloud.central, cloud.one)
        ]
        of_operator = cloud.admin_api.request('GET', '/pods')
        of_xjob = cloud.one.service.get(f'/replicas/network/{network["id"]}')
    cloud.mariadb.start()

    assert [one.result().status_code for one in asked] == [500, 500]
    assert of_operator.status_code == 503
    assert 'The database does not answer' in of_operator.text
    assert of_xjob.status_code == 503
    assert of_xjob.json()['NeutronError']['type'] == 'DatabaseBusy'
    cloud.central.admin.update('network', network['id'], name='back')

    def arrived() -> None:
        shown = cloud.one.admin.show('network', network['id'])
        assert shown['name'] == 'back'

    eventually(arrived, 30)
    nova.boot(network_id=network['id'])
    assert [one.pid for one in cloud.processes] == pids
    assert all(one.intact for one in cloud.processes)


def test_a_region_without_an_rpc_worker_tells_central_what_is_bound(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    cloud.two.agent_rpc.kill9()

    instance = cloud.two.nova(fresh_project).boot(network_id=network['id'])

    eventually(lambda: regions.outbox_empty(cloud.two), 20)
    shown = cloud.central.admin.show('port', instance.port_id)
    assert shown['binding:host_id'] == cloud.two.default_host
    assert not cloud.two.agent_rpc.alive
