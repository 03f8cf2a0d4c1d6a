# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The daemon that carries changes to the regions."""

import time
from typing import Any

import pytest

from tests.functional import cloud as clouds
from tests.functional import views
from tests.functional.cloud import eventually
from tests.functional.jobs.sweeps import settled
from tests.functional.stretched import boot_in_both
from tests.functional.stretched import stretched


def replica(
    cloud: clouds.Cloud, project: str, network_id: str, region: str
) -> dict[str, Any]:
    """Return the state of a network in a region, as its owner sees it."""
    answer = cloud.central.client(project=project).get(
        f'/networks/{network_id}/replicas'
    )
    return next(
        one for one in answer.json()['replicas'] if one['region'] == region
    )


def rename(
    cloud: clouds.Cloud, project: str, network_id: str, name: str
) -> None:
    """Change something of a network that every region must get."""
    cloud.central.client(project=project).update(
        'network', network_id, name=name
    )


def await_name(region: clouds.Region, network_id: str, name: str) -> None:
    """Wait until a region has the new name."""

    def look() -> None:
        assert region.admin.show('network', network_id)['name'] == name

    eventually(look, 20)


def test_a_change_in_central_reaches_every_region(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    boot_in_both(cloud, fresh_project, network['id'])

    rename(cloud, fresh_project, network['id'], 'renamed')

    for region in (cloud.one, cloud.two):
        await_name(region, network['id'], 'renamed')

    def in_sync() -> None:
        for name in ('RegionOne', 'RegionTwo'):
            state = replica(cloud, fresh_project, network['id'], name)
            assert state['status'] == 'IN_SYNC'
            assert state['applied'] == state['counter']

    eventually(in_sync, 20)


def test_many_quick_changes_are_few_pushes(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    boot_in_both(cloud, fresh_project, network['id'])
    mark = cloud.region_calls.mark()

    with cloud.one.from_xjob.away():
        for number in range(20):
            rename(cloud, fresh_project, network['id'], f'name{number}')
    await_name(cloud.one, network['id'], 'name19')

    def of_region_one() -> list[clouds.Call]:
        return list(
            cloud.region_calls.since(
                mark, 'PUT', f'replicas/network/{network["id"]}'
            )
        )

    # 20 changes for two regions; RegionTwo could take each at once.
    assert len(of_region_one()) < 40


def test_a_region_that_is_away_delays_no_other_and_says_why(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    boot_in_both(cloud, fresh_project, network['id'])

    with cloud.two.from_xjob.away():
        rename(cloud, fresh_project, network['id'], 'while away')
        await_name(cloud.one, network['id'], 'while away')

        def says_why() -> None:
            state = replica(cloud, fresh_project, network['id'], 'RegionTwo')
            assert state['status'] == 'FAILED'
            assert 'RegionTwo does not answer' in state['reason']
            assert state['attempts'] >= 1
            assert state['next_try_at']

        eventually(says_why, 20)

    await_name(cloud.two, network['id'], 'while away')


def hold_job(cloud: clouds.Cloud, network_id: str) -> clouds.Fault:
    """Hold what XJob sends of a network to RegionOne.

    Not of any: those that others left are still on their way.
    """
    return cloud.one.from_xjob.hold(
        method='PUT', path=f'replicas/network/{network_id}'
    )


def test_what_is_interrupted_by_kill_9_is_taken_over(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    boot_in_both(cloud, fresh_project, network['id'])
    held = hold_job(cloud, network['id'])
    rename(cloud, fresh_project, network['id'], 'taken over')
    held.wait(1)

    for one in cloud.xjobs:
        one.kill9()
    held.cancel()
    held.release()
    for one in cloud.xjobs:
        one.start()

    await_name(cloud.one, network['id'], 'taken over')


def lease(cloud: clouds.Cloud, network_id: str) -> Any:
    """Return who holds the job of a network in RegionOne."""
    (row,) = cloud.central.database.query(
        'SELECT lease_owner FROM journal WHERE resource_id = %s'
        " AND region_name = 'RegionOne'",
        network_id,
    )
    return row['lease_owner']


def test_one_that_was_killed_takes_its_own_work_up_at_once(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    boot_in_both(cloud, fresh_project, network['id'])
    held = hold_job(cloud, network['id'])
    rename(cloud, fresh_project, network['id'], 'taken up')
    held.wait(1)
    owner = lease(cloud, network['id'])

    # One that comes on the same host lets it go on.
    second = cloud.add_xjob()
    try:
        assert 'has died' not in second.log_of_this_run()
        time.sleep(1)
        assert owner
        assert lease(cloud, network['id']) == owner
    finally:
        second.stop()
        cloud.xjobs.remove(second)

    for one in cloud.xjobs:
        one.kill9()
    held.cancel()
    held.release()
    assert cloud.central.database.execute(
        'UPDATE journal SET lease_until = lease_until + INTERVAL 1 HOUR'
        ' WHERE lease_owner = %s',
        owner,
    )
    for one in cloud.xjobs:
        one.start()

    await_name(cloud.one, network['id'], 'taken up')


def test_two_daemons_share_the_work_without_disagreement(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    second = cloud.add_xjob()
    try:
        networks = [stretched(cloud, fresh_project) for _ in range(4)]
        for network in networks:
            boot_in_both(cloud, fresh_project, network['id'])
        for number in range(5):
            for network in networks:
                rename(cloud, fresh_project, network['id'], f'shared{number}')

        for network in networks:
            for region in (cloud.one, cloud.two):
                await_name(region, network['id'], 'shared4')
    finally:
        second.stop()
        cloud.xjobs.remove(second)


#: Statements of a second in which XJob has nothing to do, and looks at the
#: journal up to ten times and at the regions two or three times.
MOST_STATEMENTS = 80


def test_who_has_nothing_to_do_asks_the_database_little(
    cloud: clouds.Cloud,
) -> None:
    eventually(lambda: settled(cloud), 20)
    before = cloud.xjob.database.statements()
    started = time.monotonic()

    time.sleep(2)

    sent = cloud.xjob.database.statements() - before
    assert sent.total / (time.monotonic() - started) < MOST_STATEMENTS
    # It does look.
    assert sent.selects > 0


def test_drift_in_a_region_is_not_possible_through_its_api(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    cloud.one.nova(fresh_project).boot(network_id=network['id'])

    answer = cloud.one.admin.put(
        f'/networks/{network["id"]}', {'network': {'name': 'mine'}}
    )

    assert answer.status_code == 409
    assert 'central' in answer.json()['NeutronError']['message']


def test_a_subnet_made_later_gets_this_regions_gateway(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    boot_in_both(cloud, fresh_project, network['id'])
    central = cloud.central.client(project=fresh_project)

    made = central.create_subnet(network['id'], cidr='10.23.0.0/24')

    def arrived() -> set[str]:
        gateways = set()
        for region in (cloud.one, cloud.two):
            found = region.admin.list('subnet', network_id=network['id'])
            here = {one['id']: one for one in found}
            assert made['id'] in here
            gateways.add(str(here[made['id']]['gateway_ip']))
        return gateways

    gateways = eventually(arrived, 20)
    assert len(gateways) == 2
    assert made['gateway_ip'] not in gateways


def test_a_port_made_in_central_boots_in_one_region_then_in_another(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    central = cloud.central.client(project=fresh_project)
    # Neutron lets the owner of a network choose an address and a MAC.
    port = central.create_port(
        network['id'],
        fixed_ips=[{'ip_address': '10.20.0.77'}],
        mac_address='fa:16:3e:77:77:77',
    )
    first = cloud.two.nova(fresh_project).boot(port_id=port['id'])
    assert views.addresses(first.port) == {'10.20.0.77'}
    assert first.port['mac_address'] == 'fa:16:3e:77:77:77'
    cloud.two.nova(fresh_project).delete(first)

    def boots_in_one() -> clouds.Instance:
        try:
            return cloud.one.nova(fresh_project).boot(port_id=port['id'])
        except (clouds.ApiError, clouds.NovaError) as exc:
            raise AssertionError(str(exc)) from exc

    second = eventually(boots_in_one, 30, 0.5)
    assert second.port['id'] == port['id']
    assert views.addresses(second.port) == {'10.20.0.77'}

    def central_knows() -> None:
        shown = cloud.central.admin.show('port', port['id'])
        assert shown['binding:host_id'] == second.host
        assert shown['device_id'] == second.id

    eventually(central_knows, 20)


@pytest.mark.parametrize('member', ['network', 'port', 'security-group'])
def test_only_services_and_admins_use_the_regions_replica_api(
    cloud: clouds.Cloud, fresh_project: str, member: str
) -> None:
    tenant = cloud.one.client(project=fresh_project)

    for method in ('GET', 'PUT', 'DELETE'):
        answer = tenant.request(
            method, f'/replicas/{member}/{fresh_project}', json={}
        )
        assert answer.status_code == 403


def test_a_broken_document_is_refused_with_the_reason(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    answer = cloud.one.service.put(
        f'/replicas/network/{fresh_project}', {'replica': {'schema': 1}}
    )

    assert answer.status_code == 400
    assert 'Invalid replica' in answer.json()['NeutronError']['message']


def test_an_older_document_is_refused(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    boot_in_both(cloud, fresh_project, network['id'])
    rename(cloud, fresh_project, network['id'], 'newer')
    await_name(cloud.one, network['id'], 'newer')
    time.sleep(0.5)
    here = cloud.one.service.get(f'/replicas/network/{network["id"]}').json()
    old = {
        'schema': 1,
        'type': 'network',
        'id': network['id'],
        'region': 'RegionOne',
        'generation': {'epoch': here['replica']['epoch'], 'counter': 0},
        'body': {
            **here['replica']['body'],
            'network': {**here['replica']['body']['network'], 'name': 'old'},
        },
    }

    answer = cloud.one.service.put(
        f'/replicas/network/{network["id"]}', {'replica': old}
    )

    assert answer.status_code == 409
    assert answer.json()['NeutronError']['type'] == 'ReplicaOutdated'
    assert cloud.one.admin.show('network', network['id'])['name'] == 'newer'
