# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A region while central is away, or hangs."""

from collections.abc import Callable
import time
import uuid

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud.client import Json


def test_without_central_what_exists_goes_on_working(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    nova = cloud.one.nova(project=fresh_project)
    kept = nova.boot(network_id=network['id'])
    doomed = nova.boot(network_id=network['id'])
    user = cloud.one.client(fresh_project)
    clouds.eventually(lambda: regions.outbox_empty(cloud.one))
    with cloud.one.to_central.away():
        started = time.monotonic()
        assert user.show('port', kept.port_id)['id'] == kept.port_id
        assert user.list('network', id=network['id'])
        assert user.list('port')
        nova.migrate(kept, 'regionone-host2')
        nova.delete(doomed)
        assert time.monotonic() - started < 8
        assert not user.exists('port', doomed.port_id)
        for asked in (
            lambda: user.create_port(network['id']),
            lambda: user.show('network', str(uuid.uuid4())),
            lambda: user.list('network', id=str(uuid.uuid4())),
        ):
            started = time.monotonic()
            with pytest.raises(clouds.ApiError) as refused:
                asked()
            assert time.monotonic() - started < 8
            assert refused.value.status == 503
            assert refused.value.type == 'CentralUnavailable'
            assert 'goes on working' in refused.value.message
        assert regions.outbox(cloud.one)
    clouds.eventually(lambda: regions.outbox_empty(cloud.one), 20)
    there = regions.same_ports(cloud, network['id'], [cloud.one])
    assert set(there) == {kept.port_id}
    assert there[kept.port_id]['binding:host_id'] == 'regionone-host2'


@pytest.mark.parametrize(
    'what',
    [
        'create',
        pytest.param('show', marks=pytest.mark.thorough),
        pytest.param('list', marks=pytest.mark.thorough),
        pytest.param('update', marks=pytest.mark.thorough),
    ],
)
def test_a_central_that_hangs_is_waited_for_no_longer_than_eight_seconds(
    cloud: clouds.Cloud, fresh_project: str, network: Json, what: str
) -> None:
    user = cloud.one.client(fresh_project)
    port = user.create_port(network['id'])
    clouds.eventually(lambda: regions.outbox_empty(cloud.one))
    calls: dict[str, Callable[[], object]] = {
        'create': lambda: user.create_port(network['id']),
        'show': lambda: user.show('network', str(uuid.uuid4())),
        'list': lambda: user.list('network', id=str(uuid.uuid4())),
        'update': lambda: user.update('port', port['id'], name='new'),
    }
    held = cloud.one.to_central.hold(times=None)
    started = time.monotonic()
    with pytest.raises(clouds.ApiError) as refused:
        calls[what]()
    assert time.monotonic() - started < 8
    assert held.hits
    assert refused.value.status == 503
    assert refused.value.type == 'CentralUnavailable'
    assert user.show('network', network['id'])
    assert user.show('port', port['id'])['name'] == ''
    # What hung is done now, after the region gave up on it.
    held.release()

    def given_back() -> None:
        regions.outbox_empty(cloud.one)
        there = regions.ports_of(cloud.central.admin, network['id'])
        assert set(there) == {port['id']}

    clouds.eventually(given_back, 20)


def test_a_central_that_hangs_delays_no_binding_and_no_deletion(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    nova = cloud.one.nova(project=fresh_project)
    kept = nova.boot(network_id=network['id'])
    doomed = nova.boot(network_id=network['id'])
    user = cloud.one.client(fresh_project)
    unbound = user.create_port(network['id'])
    clouds.eventually(lambda: regions.outbox_empty(cloud.one))
    held = cloud.one.to_central.hold(times=None)
    calls: tuple[Callable[[], object], ...] = (
        lambda: nova.boot(port_id=unbound['id']),
        lambda: nova.migrate(kept, 'regionone-host2'),
        lambda: nova.delete(doomed),
    )
    for call in calls:
        started = time.monotonic()
        call()
        # Less than central's time-out: nobody waited for it.
        assert time.monotonic() - started < 5
    assert not user.exists('port', doomed.port_id)
    bound = cloud.one.admin.show('port', unbound['id'])
    assert bound['binding:vif_type'] == 'ovs'
    # Central hears of it in the background, as soon as it listens.
    held.wait()
    held.release()

    def settled() -> None:
        regions.outbox_empty(cloud.one)
        there = regions.same_ports(cloud, network['id'], [cloud.one])
        assert set(there) == {kept.port_id, unbound['id']}
        assert there[kept.port_id]['binding:host_id'] == 'regionone-host2'
        assert there[unbound['id']]['device_id']

    clouds.eventually(settled, 30)
