# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A region leaves: all that was made there goes, and nothing else."""

from collections.abc import Iterator
import uuid

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud import eventually
from tests.functional.leaving import leaving
from tests.functional.leaving.leaving import NAME
from tests.functional.leaving.leaving import Tenant

pytestmark = pytest.mark.thorough


@pytest.fixture(scope='module')
def three() -> Iterator[clouds.Cloud]:
    """A cloud of three regions, of which the third leaves."""
    with leaving.three_regions() as cloud:
        yield cloud


@pytest.fixture
def cloud(three: clouds.Cloud) -> Iterator[clouds.Cloud]:
    """That cloud, with all three regions."""
    leaving.have_joined(three)
    yield three
    three.heal()
    for row in three.central.database.query(
        "SELECT pod_id FROM pods WHERE state <> 'active'"
    ):
        # Of a test that failed.
        leaving.call(three, 'DELETE', row['pod_id'])


def test_a_region_where_ports_are_used_does_not_leave_unless_forced(
    cloud: clouds.Cloud,
) -> None:
    project = uuid.uuid4().hex
    network, _ = regions.make_network(cloud, project)
    used = cloud.region(NAME).nova(project).boot(network_id=network['id'])
    other = cloud.one.nova(project).boot(network_id=network['id'])
    pod = leaving.pod_id(cloud)

    refused = leaving.call(cloud, 'PUT', pod, how='drain')

    assert refused.status_code == 409, refused.text
    message = refused.json()['conflictingRequest']['message']
    assert '1 ports' in message
    assert used.port_id in message
    assert used.id in message
    assert leaving.call(cloud, 'GET', pod).json()['departure']['state'] == (
        'active'
    )

    for _ in range(2):
        leaving.drain(cloud, force=True)
    eventually(lambda: leaving.gone(cloud, pod), 60)

    assert leaving.left_in_central(cloud, pod) == {}
    assert leaving.replicas(cloud) == []
    # The tenant keeps the address; what used it is gone from it.
    port = cloud.central.admin.show('port', used.port_id)
    assert [one['ip_address'] for one in port['fixed_ips']] == used.addresses
    assert port['status'] == 'DOWN'
    assert port['device_id'] == ''
    assert port['binding:host_id'] == ''
    again = cloud.one.nova(project).boot(port_id=used.port_id)
    assert again.addresses == used.addresses
    assert cloud.central.admin.show('port', other.port_id)['status']


def test_a_region_that_leaves_is_given_nothing_and_may_stay_after_all(
    cloud: clouds.Cloud,
) -> None:
    project = uuid.uuid4().hex
    network, _ = regions.make_network(cloud, project)
    three = cloud.region(NAME)
    nova = three.nova(project)
    nova.delete(nova.boot(network_id=network['id']))
    away = three.from_xjob.away()
    away.__enter__()
    pod = leaving.drain(cloud)

    answer = three.client(project).post(
        '/ports', {'port': {'network_id': network['id']}}
    )
    hinted = cloud.central.client(project).post(
        '/networks', {'network': {'availability_zone_hints': [NAME]}}
    )

    assert answer.status_code == 409, answer.text
    assert 'drained' in answer.text
    assert hinted.status_code == 404, hinted.text

    def shows_why() -> None:
        found = leaving.call(cloud, 'GET', pod).json()['departure']
        assert found['remaining']['network']
        assert found['oldest_failure'], found

    eventually(shows_why, 30)

    stopped = leaving.call(cloud, 'DELETE', pod)
    assert stopped.json()['departure']['state'] == 'active'
    away.__exit__(None, None, None)
    nova.delete(eventually(lambda: nova.boot(network_id=network['id']), 30))

    leaving.drain(cloud)
    eventually(lambda: leaving.gone(cloud, pod), 60)
    assert leaving.left_in_central(cloud, pod) == {}
    assert leaving.replicas(cloud) == []


@pytest.mark.parametrize(
    'victim, point',
    [
        ('xjob', 'xjob.sent'),
        ('xjob', 'xjob.claimed'),
        ('central', 'central.departure.step'),
    ],
)
def test_a_region_leaves_though_somebody_is_killed_in_between(
    cloud: clouds.Cloud, victim: str, point: str
) -> None:
    tenant = Tenant.make(cloud)
    tenant.leave()
    process = cloud.xjob if victim == 'xjob' else cloud.central
    process.arm(point)

    pod = leaving.drain(cloud)
    process.wait_death()
    process.start()

    eventually(lambda: leaving.gone(cloud, pod), 60)
    assert leaving.left_in_central(cloud, pod) == {}
    assert leaving.replicas(cloud) == []
