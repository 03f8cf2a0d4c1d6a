# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""The cloud that the other functional tests stand on does what it says."""

from collections.abc import Iterator
import os
from pathlib import Path
import signal
import sys
import threading
import time

import pymysql
import pytest
import requests

from tests.functional import cloud as clouds
from tests.functional import conftest
from tests.functional.cloud import fault_proxy
from tests.functional.cloud import faults
from tests.functional.cloud import ports
from tests.functional.cloud import process
from tests.functional.cloud import waiting

CIDR = '10.20.0.0/24'


@pytest.fixture(scope='module')
def plain_cloud() -> Iterator[clouds.Cloud]:
    with clouds.Cloud.start(build=clouds.Build.PLAIN) as cloud:
        yield cloud


@pytest.fixture
def plain(
    request: pytest.FixtureRequest, plain_cloud: clouds.Cloud
) -> Iterator[clouds.Cloud]:
    request.node.stash[conftest.cloud_of_test] = plain_cloud
    yield plain_cloud
    plain_cloud.heal()


@pytest.fixture
def user(plain: clouds.Cloud, fresh_project: str) -> clouds.NeutronClient:
    """A member of a new project, in RegionOne."""
    return plain.one.client(fresh_project)


@pytest.fixture
def network(user: clouds.NeutronClient) -> str:
    """A network with a subnet, in RegionOne."""
    network_id = str(user.create_network()['id'])
    user.create_subnet(network_id, CIDR)
    return network_id


# -- Neutron processes ------------------------------------------------------


def test_it_is_ready_in_time(plain: clouds.Cloud) -> None:
    assert plain.start_times['total'] < 20


def test_each_neutron_has_its_own_database(
    plain: clouds.Cloud, user: clouds.NeutronClient, network: str
) -> None:
    assert user.exists('network', network)
    for other in (plain.central, plain.two):
        assert not other.admin.exists('network', network)


def test_roles_in_headers_are_what_a_caller_may_do(
    plain: clouds.Cloud, network: str, fresh_project: str
) -> None:
    stranger = plain.one.client('somebody-else')
    assert not stranger.exists('network', network)
    assert stranger.list('network', id=network) == []
    assert stranger.delete(f'/networks/{network}').status_code == 404

    reader = plain.one.client(fresh_project, clouds.READER)
    assert reader.exists('network', network)
    with pytest.raises(clouds.ApiError) as refused:
        reader.create_network()
    assert refused.value.status == 403
    assert refused.value.type == 'PolicyNotAuthorized'

    assert plain.one.admin.exists('network', network)


def test_a_project_makes_nobody_an_admin(user: clouds.NeutronClient) -> None:
    with pytest.raises(clouds.ApiError) as refused:
        user.create_network(**{'provider:network_type': 'vxlan'})
    assert refused.value.status == 403


def test_a_caller_without_a_user_is_refused(plain: clouds.Cloud) -> None:
    answer = requests.get(f'{plain.one.url}/v2.0/networks', timeout=10)
    assert answer.status_code == 401


def test_service_roles_are_believed(
    plain: clouds.Cloud, user: clouds.NeutronClient, network: str
) -> None:
    # Only a service may delete a port of an instance for its user.
    port = user.create_port(network)['id']
    plain.one.service.update('port', port, device_owner='compute:nova')
    assert user.delete(f'/ports/{port}').status_code == 403
    through_nova = plain.one.client(user.project, service=True)
    assert through_nova.delete(f'/ports/{port}').status_code == 204


def test_killed_and_started_again(
    plain: clouds.Cloud, user: clouds.NeutronClient, network: str
) -> None:
    plain.one.kill9()
    assert not plain.one.alive
    assert fault_proxy.refused(plain.one.port)
    with pytest.raises(requests.ConnectionError):
        user.list('network')
    plain.one.start()
    assert user.exists('network', network)


def test_options_change_at_a_start(
    plain: clouds.Cloud, fresh_project: str
) -> None:
    region = plain.two
    region.kill9()
    region.configure({'ml2': {'mechanism_drivers': 'no-such-driver'}})
    with pytest.raises(clouds.ProcessFailedError, match='no-such-driver'):
        region.start()
    region.configure(
        {'ml2': {'mechanism_drivers': 'openvswitch,l2population'}}
    )
    user = region.client(fresh_project)
    with region.configured({'quotas': {'quota_router': 0}}):
        with pytest.raises(clouds.ApiError) as refused:
            user.create_router()
        assert refused.value.status == 409
        assert refused.value.type == 'OverQuota'
    user.create_router()


def test_a_dead_worker_is_the_death_of_the_process(
    plain: clouds.Cloud,
) -> None:
    os.kill(_children(plain.one.pid)[0], signal.SIGKILL)
    plain.one.wait_death()
    assert not plain.one.alive
    plain.heal()
    assert plain.one.intact


def _children(pid: int) -> list[int]:
    listed = Path(f'/proc/{pid}/task/{pid}/children').read_text()
    return [int(child) for child in listed.split()]


def test_a_fault_point_kills_at_the_nth_time(plain: clouds.Cloud) -> None:
    program = (
        'from tricircle.conf import fault_point\n'
        'import time\n'
        'for turn in range(3):\n'
        '    print("turn", turn, flush=True)\n'
        '    fault_point.reach("here.and.now")\n'
        'time.sleep(60)\n'
    )
    probe = process.Process(
        plain.workspace, 'probe', [sys.executable, '-c', program]
    )
    probe.start(fault_point='here.and.now:2')
    probe.wait_death()
    assert probe.log().split() == ['turn', '0', 'turn', '1']
    probe.start()
    waiting.eventually(lambda: _assert_in('turn 2', probe.log_of_this_run()))
    assert [probe.alive, probe.armed] == [True, False]
    probe.kill9()


def _assert_in(part: str, whole: str) -> None:
    assert part in whole


# -- MariaDB ----------------------------------------------------------------


def test_a_killed_database_keeps_what_was_committed(
    plain: clouds.Cloud, user: clouds.NeutronClient, network: str
) -> None:
    plain.mariadb.kill9()
    # Neutron tries again for minutes before it answers.
    with pytest.raises(requests.Timeout):
        user.request('GET', '/networks', timeout=0.5)
    plain.mariadb.start()
    assert user.exists('network', network)


def test_a_database_is_dumped_and_restored(
    plain: clouds.Cloud, user: clouds.NeutronClient
) -> None:
    server = plain.mariadb
    network = user.create_network(name="o'clock; \\ 100%")
    dump = server.dump(plain.one.database.name)
    copy = server.create_database('copy', dump)
    try:
        rows = copy.query('SELECT id, name FROM networks')
        assert {'id': network['id'], 'name': network['name']} in rows
        assert copy.query('SELECT version_num FROM alembic_version')
        assert server.dump('copy') == dump
    finally:
        server.drop_database('copy')


def test_statements_are_counted_by_process(
    plain: clouds.Cloud, user: clouds.NeutronClient, network: str
) -> None:
    with (
        plain.one.count_statements() as ours,
        plain.two.count_statements() as others,
    ):
        user.create_port(network)
    assert ours.count.selects > 10
    assert ours.count.updates >= 4
    assert others.count.total == 0


def test_the_count_is_exact_and_leaves_us_out(plain: clouds.Cloud) -> None:
    database = plain.one.database.for_user('counted')
    with pymysql.connect(
        host=ports.HOST,
        port=plain.mariadb.port,
        user='counted',
        database=database.name,
        autocommit=True,
    ) as connection:
        before = database.statements()
        with plain.mariadb.trace('counted') as trace:
            for number in range(3):
                connection.query(f'SELECT {number}')
            connection.query(
                "UPDATE networks SET status='DOWN' WHERE id='none'"
            )
        database.query('SELECT 1')
        count = database.statements() - before
    assert (count.selects, count.updates) == (3, 1)
    assert [text.split()[0] for text in trace.statements] == [
        'SELECT',
        'SELECT',
        'SELECT',
        'UPDATE',
    ]


# -- instances --------------------------------------------------------------


def test_an_instance_is_bound_and_wired(
    plain: clouds.Cloud, user: clouds.NeutronClient, network: str
) -> None:
    instance = clouds.nova_boot(plain.one, network, project=user.project)
    assert instance.owns_port
    assert instance.port['binding:vif_type'] == 'ovs'
    assert instance.port['binding:host_id'] == plain.one.default_host
    assert instance.port['status'] == 'DOWN'
    assert len(instance.addresses) == 1

    plain.one.agent_reports_up(instance.port_id, instance.host)
    assert user.show('port', instance.port_id)['status'] == 'ACTIVE'
    plain.one.agent_reports_down(instance.port_id, instance.host)
    assert user.show('port', instance.port_id)['status'] == 'DOWN'

    clouds.nova_delete(plain.one, instance)
    assert not user.exists('port', instance.port_id)


def test_a_given_port_is_bound_and_given_back(
    plain: clouds.Cloud, user: clouds.NeutronClient, network: str
) -> None:
    port = user.create_port(network, fixed_ips=[{'ip_address': '10.20.0.77'}])
    instance = clouds.nova_boot(
        plain.one, port_id=port['id'], project=user.project
    )
    assert instance.addresses == ['10.20.0.77']
    assert not instance.owns_port
    clouds.nova_delete(plain.one, instance)
    left = plain.one.admin.show('port', port['id'])
    assert left['device_id'] == left['device_owner'] == ''
    assert left['binding:host_id'] == ''
    assert left['binding:vif_type'] == 'unbound'


def test_a_failed_boot_leaves_no_port(
    plain: clouds.Cloud, user: clouds.NeutronClient, network: str
) -> None:
    with pytest.raises(clouds.NovaError, match='binding'):
        clouds.nova_boot(
            plain.one, network, project=user.project, host='no-such-host'
        )
    assert user.list('port', network_id=network) == []


def test_a_dead_agent_binds_nothing(
    plain: clouds.Cloud, user: clouds.NeutronClient, network: str
) -> None:
    plain.one.add_host('mortal', '172.30.1.99')
    plain.one.hosts.die('mortal')
    with pytest.raises(clouds.NovaError, match='binding'):
        clouds.nova_boot(
            plain.one, network, project=user.project, host='mortal'
        )
    plain.one.hosts.refresh('mortal')
    instance = clouds.nova_boot(
        plain.one, network, project=user.project, host='mortal'
    )
    assert instance.port['binding:vif_type'] == 'ovs'


def test_an_agent_reports_another_address(plain: clouds.Cloud) -> None:
    agent = plain.one.add_host('moving', '172.30.1.50')
    plain.one.change_tunnel_ip('moving', '172.30.1.51')
    shown = plain.one.admin.show('agent', agent)
    assert shown['configurations']['tunneling_ip'] == '172.30.1.51'
    assert shown['alive']


def test_dhcp_agents_ask_for_ports_by_rpc(
    plain: clouds.Cloud, user: clouds.NeutronClient, network: str
) -> None:
    host = plain.one.default_host
    [subnet] = user.list('subnet', network_id=network)
    port = plain.one.agent_rpc.call(
        'dhcp',
        method='create_dhcp_port',
        host=host,
        arguments={
            'port': {
                'port': {
                    'name': '',
                    'admin_state_up': True,
                    'network_id': network,
                    'tenant_id': user.project,
                    'device_id': f'dhcp-{network}',
                    'fixed_ips': [{'subnet_id': subnet['id']}],
                }
            }
        },
    )
    [seen] = user.list('port', device_owner='network:dhcp')
    assert seen['id'] == port['id']


# -- the proxy --------------------------------------------------------------


@pytest.fixture
def proxied(
    plain: clouds.Cloud, user: clouds.NeutronClient
) -> clouds.NeutronClient:
    """The user of RegionOne, calling through a proxy."""
    return plain.one.client(user.project, url=plain.one.from_xjob.url)


def test_calls_are_recorded(
    plain: clouds.Cloud, proxied: clouds.NeutronClient
) -> None:
    mark = plain.region_calls.mark()
    network = proxied.create_network()['id']
    proxied.list('network', id=network)
    proxied.get('/networks/none')
    calls = plain.region_calls.since(mark)
    assert [str(call) for call in calls] == [
        'POST /v2.0/networks -> 201',
        f'GET /v2.0/networks?id={network} -> 200',
        'GET /v2.0/networks/none -> 404',
    ]
    assert calls[0].headers['X-Project-Id'] == proxied.project
    assert plain.region_calls.since(mark, method='POST') == calls[:1]
    assert plain.region_calls.since(mark, path='none') == calls[2:]


def test_a_lost_request_is_not_done(
    plain: clouds.Cloud, proxied: clouds.NeutronClient
) -> None:
    fault = plain.one.from_xjob.drop_request(method='POST')
    with pytest.raises(requests.ConnectionError):
        proxied.create_network()
    assert fault.hits == 1 and fault.spent
    assert proxied.list('network') == []
    proxied.create_network()


def test_a_lost_answer_hides_what_was_done(
    plain: clouds.Cloud, proxied: clouds.NeutronClient
) -> None:
    plain.one.from_xjob.drop_answer(path='/networks$', method='POST')
    with pytest.raises(requests.ConnectionError):
        proxied.create_network()
    assert len(proxied.list('network')) == 1


@pytest.mark.parametrize('second', [False, True])
def test_a_doubled_request_is_done_twice(
    plain: clouds.Cloud, proxied: clouds.NeutronClient, second: bool
) -> None:
    network = proxied.create_network()['id']
    plain.one.from_xjob.duplicate(method='DELETE', second_answer=second)
    answer = proxied.delete(f'/networks/{network}')
    assert answer.status_code == (404 if second else 204)


def test_an_answer_in_place_of_the_upstream(
    plain: clouds.Cloud, proxied: clouds.NeutronClient
) -> None:
    plain.one.from_xjob.answer(503, times=2)
    statuses = [proxied.get('/networks').status_code for _turn in range(3)]
    assert statuses == [503, 503, 200]


def test_requests_are_delayed(
    plain: clouds.Cloud, proxied: clouds.NeutronClient
) -> None:
    plain.one.from_xjob.delay(0.5)
    started = time.monotonic()
    proxied.list('network')
    assert time.monotonic() - started >= 0.5


def test_a_held_request_comes_after_a_later_one(
    plain: clouds.Cloud, proxied: clouds.NeutronClient
) -> None:
    fault = plain.one.from_xjob.hold(method='PUT')
    network = proxied.create_network(name='new')['id']
    first = threading.Thread(
        target=proxied.update, args=('network', network), kwargs={'name': 'a'}
    )
    first.start()
    fault.wait()
    proxied.update('network', network, name='b')
    assert proxied.show('network', network)['name'] == 'b'
    fault.release()
    first.join()
    assert proxied.show('network', network)['name'] == 'a'


def test_a_held_answer_is_of_something_done(
    plain: clouds.Cloud, proxied: clouds.NeutronClient
) -> None:
    fault = plain.one.from_xjob.hold_answer(method='POST')
    first = threading.Thread(target=proxied.create_network)
    first.start()
    fault.wait()
    waiting.eventually(lambda: _assert_one(proxied))
    assert first.is_alive()
    fault.release()
    first.join()


def _assert_one(client: clouds.NeutronClient) -> None:
    assert len(client.list('network')) == 1


def test_a_region_that_is_away_refuses_connections(
    plain: clouds.Cloud, proxied: clouds.NeutronClient
) -> None:
    with plain.one.from_xjob.away():
        assert plain.one.from_xjob.disturbed
        with pytest.raises(requests.ConnectionError):
            proxied.list('network')
    proxied.list('network')
    assert not plain.one.from_xjob.disturbed


def test_heal_undoes_everything(plain: clouds.Cloud) -> None:
    plain.one.from_xjob.drop_request(times=None)
    plain.two.from_xjob.stop()
    plain.central.kill9()
    plain.two.stop()
    plain.heal()
    for one in (plain.central, plain.one, plain.two):
        one.admin.list('network')
    for region in plain.regions.values():
        region.client(url=region.from_xjob.url).list('network')


def test_quiet_is_when_no_call_is_open(
    plain: clouds.Cloud, proxied: clouds.NeutronClient
) -> None:
    fault = plain.one.from_xjob.delay(0.6)
    thread = threading.Thread(target=proxied.list, args=('network',))
    thread.start()
    fault.wait()
    plain.region_calls.wait_quiet(0.1)
    assert plain.region_calls.since()[-1].action is faults.Action.DELAY
    thread.join()
