# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Regions compared with central: what changed there without central."""

from collections.abc import Callable
import time
from typing import Any

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional import views
from tests.functional.cloud import eventually
from tests.functional.cloud.client import Json
from tests.functional.jobs.sweeps import lose_port
from tests.functional.jobs.sweeps import settled
from tests.functional.jobs.sweeps import sweep_once
from tests.functional.stretched import await_shadow
from tests.functional.stretched import boot_in_both
from tests.functional.stretched import stretched

# A sweep reads all that there is: in the session's cloud, which is full of
# what other tests left, most of the time went into that.
pytestmark = pytest.mark.own_cloud(admin_api=False)


def everywhere(
    cloud: clouds.Cloud, project: str
) -> tuple[Json, clouds.Instance, clouds.Instance]:
    """Return a network with an instance in each region, all in place."""
    network = stretched(cloud, project)
    first, second = boot_in_both(cloud, project, network['id'])
    await_shadow(cloud.two, network['id'], first.port_id)
    await_shadow(cloud.one, network['id'], second.port_id)
    eventually(lambda: settled(cloud), 20)
    return network, first, second


def mended(look: Callable[[], Any]) -> None:
    """Wait until a look finds things as they should be."""
    eventually(look, 60)


def test_a_network_edited_in_a_region_is_put_right(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network, _first, _second = everywhere(cloud, fresh_project)
    cloud.one.database.execute(
        "UPDATE networks SET name = 'edited' WHERE id = %s", network['id']
    )

    code, output = sweep_once(cloud, '--region', 'RegionOne')

    assert code == 0, output
    assert f'network {network["id"]} differs' in output

    def right() -> None:
        here = cloud.one.admin.show('network', network['id'])
        assert here['name'] == network['name']

    mended(right)


def test_a_subnet_deleted_in_the_regions_database_comes_back(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    cloud.one.client(fresh_project).show('network', network['id'])
    eventually(lambda: settled(cloud), 20)
    subnet_id = cloud.one.admin.show('network', network['id'])['subnets'][0]
    for statement in (
        'DELETE FROM ipamsubnets WHERE neutron_subnet_id = %s',
        'DELETE FROM ipallocations WHERE subnet_id = %s',
        'DELETE FROM subnets WHERE id = %s',
    ):
        cloud.one.database.execute(statement, subnet_id)

    sweep_once(cloud, '--region', 'RegionOne')

    def back() -> None:
        here = cloud.one.admin.show('network', network['id'])
        assert here['subnets'] == [subnet_id]
        settled(cloud)

    mended(back)


def test_a_port_that_vanished_from_a_region_comes_back(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    _network, first, _second = everywhere(cloud, fresh_project)
    lose_port(cloud.one, first.port_id)

    _code, output = sweep_once(cloud, '--region', 'RegionOne')

    assert f'port {first.port_id} is missing' in output

    def back() -> None:
        # Not through the API, which would pull it by itself.
        assert cloud.one.database.query(
            'SELECT id FROM ports WHERE id = %s', first.port_id
        )

    mended(back)


def test_a_shadow_port_that_went_down_is_brought_up(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network, first, _second = everywhere(cloud, fresh_project)
    cloud.two.database.execute(
        "UPDATE ports SET status = 'DOWN' WHERE id = %s", first.port_id
    )

    sweep_once(cloud, '--region', 'RegionTwo')

    mended(
        lambda: (
            views.active_shadows(cloud.two, network['id']) == {first.port_id}
        )
    )
    await_shadow(cloud.two, network['id'], first.port_id)


def forgotten(cloud: clouds.Cloud, resource_id: str) -> None:
    """Have central lose what it was to tell regions of a resource.

    XJob has tried it in vain, and has it no more: what it had in hand it
    would do as soon as the region is back.
    """
    database = cloud.central.database
    database.execute(
        'DELETE FROM journal WHERE resource_id = %s AND attempts > 0'
        ' AND lease_owner IS NULL',
        resource_id,
    )
    assert not database.query(
        'SELECT id FROM journal WHERE resource_id = %s', resource_id
    )
    database.execute(
        'DELETE FROM resource_routings WHERE top_id = %s', resource_id
    )


def test_a_replica_that_central_forgot_is_removed(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    cloud.one.client(fresh_project).show('network', network['id'])
    eventually(lambda: settled(cloud), 20)
    # Deleted in central, and what was to tell the region is lost.
    with cloud.one.from_xjob.away():
        cloud.central.admin.remove('network', network['id'])
        eventually(lambda: forgotten(cloud, network['id']), 20)
    assert cloud.one.admin.list('network', name=network['name'])

    def swept() -> None:
        # The region counted as away a moment ago.
        _code, output = sweep_once(cloud, '--region', 'RegionOne')
        assert f'network {network["id"]} is there and not known of' in output

    mended(swept)
    mended(
        lambda: (
            regions.ledger(
                cloud.one, resource_id=network['id'], state='present'
            )
            == []
        )
    )

    def gone() -> None:
        assert network['id'] not in {
            one['id'] for one in cloud.one.admin.list('network')
        }

    mended(gone)


def test_networks_of_the_regions_own_are_left_alone(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    own = cloud.one.admin.create_network(name='own')

    _code, output = sweep_once(cloud, '--region', 'RegionOne')

    assert own['id'] not in output
    assert cloud.one.admin.show('network', own['id'])['name'] == 'own'


def test_regions_that_agree_cost_pages_only(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    everywhere(cloud, fresh_project)
    sweep_once(cloud)
    eventually(lambda: settled(cloud), 20)
    mark = cloud.region_calls.mark()

    code, output = sweep_once(cloud)

    assert code == 0
    assert output.count(' 0 differences') == 2, output
    calls = cloud.region_calls.since(mark)
    assert {call.method for call in calls} == {'GET'}
    assert {call.path.rsplit('/', 1)[1] for call in calls} == {
        'address-group',
        'address-scope',
        'network',
        'port',
        'qos-policy',
        'router',
        'security-group',
        'security-group-members',
        'shadow-ports',
        'subnet-pool',
        'trunk',
    }


def test_what_is_on_its_way_is_not_sent_again(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network, _first, _second = everywhere(cloud, fresh_project)
    held = cloud.one.from_xjob.hold(method='PUT')
    cloud.central.client(fresh_project).update(
        'network', network['id'], name='renamed'
    )
    held.wait()

    _code, output = sweep_once(cloud, '--region', 'RegionOne')

    assert network['id'] not in output
    held.release()
    eventually(lambda: settled(cloud), 20)


def test_a_region_that_is_away_is_not_compared_and_named(
    cloud: clouds.Cloud,
) -> None:
    with cloud.two.from_xjob.away():
        code, output = sweep_once(cloud)

    assert code == 1
    assert 'RegionTwo ... not compared: RegionTwo does not answer' in output
    assert 'RegionOne ... ' in output


def test_a_region_that_does_not_exist_is_refused(
    cloud: clouds.Cloud,
) -> None:
    code, output = sweep_once(cloud, '--region', 'Atlantis')

    assert code == 2
    assert 'there is no pod of region Atlantis' in output


def test_regions_are_swept_again_and_again_also_after_kill_9(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network, _first, _second = everywhere(cloud, fresh_project)
    with cloud.xjob.configured(
        {'DEFAULT': {'sweep_interval': '0.5', 'job_run_expire': '2'}}
    ):
        cloud.xjob.arm('xjob.sweep.page')
        cloud.xjob.wait_death()
        cloud.xjob.start()
        for name in ('first', 'second'):
            cloud.one.database.execute(
                'UPDATE networks SET name = %s WHERE id = %s',
                name,
                network['id'],
            )

            def right() -> None:
                here = cloud.one.admin.show('network', network['id'])
                assert here['name'] == network['name']

            mended(right)


def rename_arrives(cloud: clouds.Cloud, network_id: str, name: str) -> None:
    """Assert that a job is carried out, whatever else is going on."""
    cloud.central.admin.update('network', network_id, name=name)

    def there() -> None:
        here = cloud.one.admin.show('network', network_id)
        assert here['name'] == name

    eventually(there, 10)


@pytest.mark.parametrize(
    'was_away', [False, pytest.param(True, marks=pytest.mark.thorough)]
)
def test_a_slow_sweep_holds_up_no_job(
    cloud: clouds.Cloud, fresh_project: str, was_away: bool
) -> None:
    network, _first, _second = everywhere(cloud, fresh_project)
    with cloud.xjob.configured(
        {'DEFAULT': {'sweep_interval': '0.5', 'workers': '1'}}
    ):
        if was_away:
            with cloud.one.from_xjob.away():
                # Long enough for the breaker to open.
                time.sleep(5)
        slow = cloud.one.from_xjob.hold(
            method='GET', path='replicas/port', times=1
        )
        slow.wait()
        try:
            rename_arrives(cloud, network['id'], 'meanwhile')
        finally:
            slow.release()


def test_a_region_without_jobs_is_swept_again_when_it_is_back(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network, _first, _second = everywhere(cloud, fresh_project)
    with cloud.xjob.configured(
        {'DEFAULT': {'sweep_interval': '0.5', 'breaker_failures': '1'}}
    ):
        with cloud.one.from_xjob.away():
            # No job finds out that it is away, and none that it is back.
            time.sleep(3)
        cloud.one.database.execute(
            "UPDATE networks SET name = 'edited' WHERE id = %s", network['id']
        )

        def right() -> None:
            here = cloud.one.admin.show('network', network['id'])
            assert here['name'] == network['name']

        mended(right)


def test_who_is_told_to_stop_leaves_a_sweep_off_for_the_next(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    everywhere(cloud, fresh_project)
    with cloud.xjob.configured({'DEFAULT': {'sweep_interval': '0.5'}}):
        slow = cloud.one.from_xjob.delay(
            2.0, method='GET', path='replicas/', times=4
        )
        slow.wait()
        begun = time.monotonic()
        cloud.xjob.stop(seconds=25)
        took = time.monotonic() - begun
        entry = cloud.central.database.query(
            'SELECT pending, lease_owner, next_try_at <= UTC_TIMESTAMP() AS'
            " due FROM journal WHERE resource_type = 'sweep'"
            " AND region_name = 'RegionOne'"
        )[0]
        slow.cancel()

    # One page, not all four.
    assert took < 8
    assert slow.hits == 1
    assert (entry['pending'], entry['lease_owner'], entry['due']) == (
        1,
        None,
        1,
    )
