# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What a region tells central, whatever happens to both."""

import contextlib
import time

import pytest
import requests

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud.client import Json


@pytest.fixture
def network(cloud: clouds.Cloud, fresh_project: str) -> Json:
    """A network of central that RegionOne has."""
    found, _subnet = regions.make_network(cloud, fresh_project)

    def pulled() -> None:
        # The test before cut central off: the region pauses some seconds
        # before it asks again.
        try:
            cloud.one.client(fresh_project).show('network', found['id'])
        except clouds.ApiError as exc:
            assert exc.status != 503, str(exc)
            raise

    clouds.eventually(pulled)
    return found


def location(cloud: clouds.Cloud, port_id: str) -> Json:
    """Return what central was told of a port."""
    rows = cloud.central.database.query(
        'SELECT * FROM port_locations WHERE port_id = %s', port_id
    )
    assert len(rows) == 1
    return dict(rows[0])


def test_a_report_says_where_a_port_is_and_how_to_reach_it(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    instance = cloud.one.nova(project=fresh_project).boot(
        network_id=network['id']
    )

    def told() -> Json:
        found = location(cloud, instance.port_id)
        assert found['host'] == instance.host
        return found

    found = clouds.eventually(told)
    host = cloud.one.hosts.configurations(instance.host)
    assert found['tunnel_ip'] == host['tunneling_ip']
    assert found['agent_type'] == 'Open vSwitch agent'
    assert found['vif_type'] == 'ovs'
    assert found['device_id'] == instance.id
    here = cloud.one.admin.show('port', instance.port_id)
    assert found['revision'] == here['revision_number']
    clouds.eventually(lambda: regions.outbox_empty(cloud.one))


def test_central_knows_that_the_port_is_as_it_wants_it(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    port = cloud.one.client(fresh_project).create_port(network['id'])

    def in_sync() -> None:
        [state] = (
            cloud.central.client(fresh_project)
            .get(f'/ports/{port["id"]}/replicas')
            .json()['replicas']
        )
        assert state['status'] == 'IN_SYNC'
        assert state['region'] == 'RegionOne'
        assert state['digest'] == _applied(cloud.one, port['id'])

    # Well before XJob would look after it.
    clouds.eventually(in_sync, 8)


def _applied(region: clouds.Region, port_id: str) -> str:
    answer = region.client('s', clouds.SERVICE, 'tricircle').get(
        f'/replicas/port/{port_id}'
    )
    return str(answer.json()['replica']['digest'])


def test_many_changes_are_one_report(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    port = cloud.one.client(fresh_project).create_port(network['id'])
    clouds.eventually(lambda: regions.outbox_empty(cloud.one))
    held = cloud.one.to_central.hold(path=regions.REPORT)
    for number in range(6):
        cloud.one.service.update(
            'port',
            port['id'],
            device_id=f'device-{number}',
            **{'binding:host_id': f'regionone-host{number % 2 + 1}'},
        )
    held.wait()
    mark = cloud.central_calls.mark()
    held.release()
    clouds.eventually(lambda: regions.outbox_empty(cloud.one))
    assert location(cloud, port['id'])['device_id'] == 'device-5'
    reports = cloud.central_calls.since(mark, path=regions.REPORT)
    # The held one, and one for all that came after it.
    assert len(reports) <= 2


@pytest.mark.parametrize(
    'what',
    [
        pytest.param('drop_request', marks=pytest.mark.thorough),
        'drop_answer',
        'duplicate',
        pytest.param('answer', marks=pytest.mark.thorough),
    ],
)
def test_a_report_gets_there_in_the_end(
    cloud: clouds.Cloud, fresh_project: str, network: Json, what: str
) -> None:
    nova = cloud.one.nova(project=fresh_project)
    fault = getattr(cloud.one.to_central, what)(
        path=regions.REPORT, method='PUT', times=2
    )
    instance = nova.boot(network_id=network['id'])
    clouds.eventually(lambda: _assert_hit(fault), 20)
    clouds.eventually(lambda: regions.outbox_empty(cloud.one), 20)
    assert location(cloud, instance.port_id)['host'] == instance.host
    fault = getattr(cloud.one.to_central, what)(
        path=regions.REPORT, method='DELETE'
    )
    nova.delete(instance)
    clouds.eventually(lambda: regions.outbox_empty(cloud.one), 20)
    assert fault.hits == 1
    assert not cloud.central.admin.exists('port', instance.port_id)


def _assert_hit(fault: clouds.Fault) -> None:
    assert fault.hits


def test_reports_that_overtake_each_other_leave_the_latest(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    port = cloud.one.client(fresh_project).create_port(network['id'])
    clouds.eventually(lambda: regions.outbox_empty(cloud.one))
    # The first one stays on the wire until its sender has given it up.
    held = cloud.one.to_central.hold(path=regions.REPORT, times=1)
    cloud.one.service.update('port', port['id'], device_id='first')
    held.wait()
    cloud.one.service.update('port', port['id'], device_id='second')
    clouds.eventually(lambda: _assert_device(cloud, port['id'], 'second'), 20)
    held.release()
    cloud.central_calls.wait_quiet()
    _assert_device(cloud, port['id'], 'second')


def _assert_device(cloud: clouds.Cloud, port_id: str, device: str) -> None:
    assert location(cloud, port_id)['device_id'] == device


def test_a_failure_leaves_its_reason(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    port = cloud.one.client(fresh_project).create_port(network['id'])
    clouds.eventually(lambda: regions.outbox_empty(cloud.one))
    with cloud.one.to_central.away():
        cloud.one.service.update('port', port['id'], device_id='x')

        def failed() -> Json:
            [entry] = regions.outbox(cloud.one)
            assert entry['attempts'] >= 1
            return entry

        entry = clouds.eventually(failed)
        assert 'CentralUnreachable' in entry['reason']
        assert entry['lease_owner'] is None
    clouds.eventually(lambda: regions.outbox_empty(cloud.one), 20)
    _assert_device(cloud, port['id'], 'x')


@pytest.mark.parametrize(
    'away', [pytest.param(False, marks=pytest.mark.thorough), True]
)
def test_a_region_killed_while_it_reports_reports_again(
    cloud: clouds.Cloud, fresh_project: str, network: Json, away: bool
) -> None:
    nova = cloud.one.nova(project=fresh_project)
    instance = nova.boot(network_id=network['id'])
    doomed = nova.boot(network_id=network['id'])
    clouds.eventually(lambda: regions.outbox_empty(cloud.one))

    def rename() -> None:
        cloud.one.service.update('port', instance.port_id, device_id='new')

    if away:
        # Killed with everything still to be said.
        with cloud.one.to_central.away():
            rename()
            nova.delete(doomed)
            cloud.one.kill9()
    else:
        cloud.one.restart(fault_point='local.outbox.sent')
        # The answer may be lost with the process, what it did is not.
        with contextlib.suppress(requests.ConnectionError):
            rename()
        cloud.one.wait_death()
        cloud.one.kill9()
    cloud.one.start()
    if not away:
        nova.delete(doomed)
    clouds.eventually(lambda: regions.outbox_empty(cloud.one), 30)
    _assert_device(cloud, instance.port_id, 'new')
    assert not cloud.central.admin.exists('port', doomed.port_id)


def test_what_agents_say_reaches_central_from_the_rpc_worker(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    instance = cloud.one.nova(project=fresh_project).boot(
        network_id=network['id']
    )
    clouds.eventually(lambda: regions.outbox_empty(cloud.one))
    cloud.one.agent_reports_up(instance.port_id, instance.host)
    # The API process is not needed for it.
    cloud.one.kill9()

    def is_status(status: str) -> None:
        assert location(cloud, instance.port_id)['status'] == status

    clouds.eventually(lambda: is_status('ACTIVE'))
    cloud.one.agent_reports_down(instance.port_id, instance.host)
    clouds.eventually(lambda: is_status('DOWN'))
    cloud.one.start()


def test_another_tunnel_address_is_reported_for_all_ports_of_the_host(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    cloud.one.add_host('wandering', '172.30.1.77')
    nova = cloud.one.nova(project=fresh_project)
    moved = [
        nova.boot(network_id=network['id'], host='wandering')
        for _number in range(3)
    ]
    other = nova.boot(network_id=network['id'])
    clouds.eventually(lambda: regions.outbox_empty(cloud.one))
    mark = cloud.central_calls.mark()
    cloud.one.change_tunnel_ip('wandering', '172.30.1.78')

    def told() -> None:
        for instance in moved:
            found = location(cloud, instance.port_id)
            assert found['tunnel_ip'] == '172.30.1.78'

    clouds.eventually(told)
    reports = cloud.central_calls.since(mark, path=regions.REPORT)
    assert not [one for one in reports if other.port_id in one.path]
    # Saying the same again is no news.
    clouds.eventually(lambda: regions.outbox_empty(cloud.one))
    mark = cloud.central_calls.mark()
    cloud.one.change_tunnel_ip('wandering', '172.30.1.78')
    time.sleep(1)
    assert not cloud.central_calls.since(mark, path=regions.REPORT)


def test_ports_of_the_region_are_none_of_centrals_business(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    user = cloud.one.client(fresh_project)
    own = user.create_network(name='own')
    user.create_subnet(own['id'], '10.1.0.0/24')
    clouds.eventually(lambda: regions.outbox_empty(cloud.one))
    mark = cloud.central_calls.mark()
    nova = cloud.one.nova(project=fresh_project)
    instance = nova.boot(network_id=own['id'])
    cloud.one.agent_reports_up(instance.port_id, instance.host)
    user.update('port', instance.port_id, name='renamed')
    nova.delete(instance)
    user.remove('network', own['id'])
    assert not regions.outbox(cloud.one)
    calls = cloud.central_calls.since(mark)
    assert not regions.of_callers(calls, cloud.one)
    ids = (instance.port_id, own['id'])
    assert not [one for one in calls if any(id_ in one.path for id_ in ids)]
    assert not regions.ledger(cloud.one, project_id=fresh_project)


def test_a_port_deleted_in_central_is_not_reported_for_ever(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    port = cloud.one.client(fresh_project).create_port(network['id'])
    clouds.eventually(lambda: regions.outbox_empty(cloud.one))
    held = cloud.one.to_central.hold(path=regions.REPORT)
    cloud.one.service.update('port', port['id'], device_id='x')
    held.wait()
    cloud.central.client(fresh_project).remove('port', port['id'])
    held.release()
    clouds.eventually(lambda: regions.outbox_empty(cloud.one))
    clouds.eventually(
        lambda: regions.same_ports(cloud, network['id'], [cloud.one])
    )
    assert not cloud.one.admin.exists('port', port['id'])


def test_a_late_document_does_not_bring_a_deleted_port_back(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    nova = cloud.one.nova(project=fresh_project)
    instance = nova.boot(network_id=network['id'])
    clouds.eventually(lambda: regions.outbox_empty(cloud.one))
    held = cloud.one.to_central.hold(path=regions.REPORT, method='DELETE')
    nova.delete(instance)
    held.wait()
    cloud.central.client(fresh_project).update(
        'port', instance.port_id, name='changed meanwhile'
    )
    time.sleep(1)
    assert not cloud.one.admin.exists('port', instance.port_id)
    held.release()

    def gone() -> None:
        assert not cloud.central.admin.exists('port', instance.port_id)
        regions.outbox_empty(cloud.one)

    clouds.eventually(gone, 20)
    assert not cloud.one.admin.exists('port', instance.port_id)
