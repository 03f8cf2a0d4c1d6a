# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a region has, and what central's journal has lost."""

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud import eventually
from tests.functional.cloud.client import Json
from tests.functional.jobs.sweeps import settled
from tests.functional.jobs.sweeps import sweep_once
from tests.functional.routers.routed import Routed
from tests.functional.stretched import stretched

# As in test_sweep: sweeps are short where there is little.
pytestmark = pytest.mark.own_cloud(admin_api=False)

#: Seconds for a router to be laid out and made where nothing was before.
WAIT = 60


def forget(cloud: clouds.Cloud, resource_id: str) -> None:
    """Have central lose that a resource is anywhere."""
    for statement in (
        'DELETE FROM journal WHERE resource_id = %s',
        'DELETE FROM resource_routings WHERE top_id = %s',
    ):
        cloud.central.database.execute(statement, resource_id)


def port_in_one(cloud: clouds.Cloud, project: str) -> Json:
    """Return a port of RegionOne on a network that is in both regions."""
    network = stretched(cloud, project)
    port = cloud.one.client(project).create_port(network['id'])
    cloud.two.client(project).show('network', network['id'])
    eventually(lambda: settled(cloud), 20)
    return port


@pytest.mark.thorough
def test_a_network_hears_of_later_changes_again(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    cloud.one.client(fresh_project).show('network', network['id'])
    eventually(lambda: settled(cloud), 20)
    forget(cloud, network['id'])

    _code, output = sweep_once(cloud, '--region', 'RegionOne')

    assert f'network {network["id"]} is there and not known of' in output
    eventually(lambda: settled(cloud), 20)
    cloud.central.client(fresh_project).update(
        'network', network['id'], name='later'
    )

    def heard() -> None:
        here = cloud.one.admin.show('network', network['id'])
        assert here['name'] == 'later'

    eventually(heard, 10)


def test_a_security_group_hears_of_later_changes_again(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    port = port_in_one(cloud, fresh_project)
    group_id = port['security_groups'][0]
    forget(cloud, group_id)

    _code, output = sweep_once(cloud, '--region', 'RegionOne')

    assert f'security-group {group_id} is there and not known of' in output
    eventually(lambda: settled(cloud), 20)
    cloud.central.client(fresh_project).update(
        'security_group', group_id, description='later'
    )

    def heard() -> None:
        here = cloud.one.database.query(
            'SELECT description FROM securitygroups JOIN standardattributes'
            ' ON standard_attr_id = standardattributes.id'
            ' WHERE securitygroups.id = %s',
            group_id,
        )
        assert [row['description'] for row in here] == ['later']

    eventually(heard, 10)


def said_to_be_in(
    cloud: clouds.Cloud, region: clouds.Region, port_id: str
) -> None:
    """Have central believe that a port is in this region."""
    for table, key in (
        ('resource_routings', 'top_id'),
        ('port_locations', 'port_id'),
    ):
        cloud.central.database.execute(
            f'UPDATE {table} SET pod_id ='  # noqa: S608 - no input
            ' (SELECT pod_id FROM pods WHERE region_name = %s)'
            f' WHERE {key} = %s',
            region.region_name,
            port_id,
        )


def present_in(cloud: clouds.Cloud, resource_id: str) -> list[str]:
    """Return the regions in which central says that a resource is."""
    return [
        row['region_name']
        for row in cloud.central.database.query(
            'SELECT region_name FROM resource_routings'
            ' JOIN pods ON pods.pod_id = resource_routings.pod_id'
            ' WHERE top_id = %s ORDER BY region_name',
            resource_id,
        )
    ]


def test_a_copy_of_a_port_of_another_region_is_given_up(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    port = port_in_one(cloud, fresh_project)
    # As after a release, when the region's database is restored from before.
    said_to_be_in(cloud, cloud.two, port['id'])
    cloud.central.database.execute(
        'DELETE FROM journal WHERE resource_id = %s', port['id']
    )
    mark = cloud.region_calls.mark()

    _code, output = sweep_once(cloud, '--region', 'RegionOne')

    assert f'port {port["id"]} is there and not known of' in output

    def given_up() -> None:
        # Not through the API, which would ask central for it.
        assert not cloud.one.database.query(
            'SELECT id FROM ports WHERE id = %s', port['id']
        )
        assert regions.state(cloud.one, port['id']) != 'present'
        assert not cloud.central.database.query(
            'SELECT id FROM journal WHERE resource_id = %s', port['id']
        )

    eventually(given_up, 30)
    calls = cloud.region_calls.since(mark)
    assert 'PUT' not in {
        call.method for call in calls if port['id'] in call.path
    }
    assert present_in(cloud, port['id']) == ['RegionTwo']
    assert cloud.central.admin.exists('port', port['id'])


def test_a_copy_that_an_instance_uses_is_kept_and_central_says_why(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    instance = cloud.one.nova(project=fresh_project).boot(
        network_id=network['id']
    )
    port_id = instance.port_id
    eventually(lambda: settled(cloud), 20)
    said_to_be_in(cloud, cloud.two, port_id)
    cloud.central.database.execute(
        'DELETE FROM journal WHERE resource_id = %s', port_id
    )
    mark = cloud.region_calls.mark()

    sweep_once(cloud, '--region', 'RegionOne')

    def refused() -> None:
        replicas = cloud.central.admin.get(f'/ports/{port_id}/replicas')
        (one,) = [
            one
            for one in replicas.json()['replicas']
            if one['region'] == 'RegionOne'
        ]
        assert one['status'] == 'FAILED'
        assert 'it is bound to' in one['reason']

    eventually(refused, 30)
    calls = cloud.region_calls.since(mark)
    assert 'PUT' not in {call.method for call in calls if port_id in call.path}
    assert regions.state(cloud.one, port_id) == 'present'
    # An operator who corrects central has nothing else to do.
    said_to_be_in(cloud, cloud.one, port_id)
    eventually(lambda: settled(cloud), 40)


@pytest.mark.parametrize(
    'location',
    [
        # As where only the journal lost it, and the rest as below.
        pytest.param('kept', marks=pytest.mark.thorough),
        'lost',
    ],
)
def test_a_port_hears_of_later_changes_again(
    cloud: clouds.Cloud, fresh_project: str, location: str
) -> None:
    port = port_in_one(cloud, fresh_project)
    forget(cloud, port['id'])
    if location == 'lost':
        cloud.central.database.execute(
            'DELETE FROM port_locations WHERE port_id = %s', port['id']
        )

    _code, output = sweep_once(cloud, '--region', 'RegionOne')

    assert f'port {port["id"]} is there and not known of' in output
    assert present_in(cloud, port['id']) == ['RegionOne']
    eventually(lambda: settled(cloud), 20)
    cloud.central.client(fresh_project).update(
        'port', port['id'], name='later'
    )

    def heard() -> None:
        here = cloud.one.admin.show('port', port['id'])
        assert here['name'] == 'later'

    eventually(heard, 10)
    # Another region sees it meanwhile, and does not take it.
    seen = cloud.two.client(fresh_project).show('port', port['id'])
    assert seen['name'] == 'later'
    assert present_in(cloud, port['id']) == ['RegionOne']


@pytest.mark.thorough
def test_a_port_that_only_the_journal_lost_is_looked_after_again(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    port = port_in_one(cloud, fresh_project)
    cloud.central.database.execute(
        'DELETE FROM journal WHERE resource_id = %s', port['id']
    )

    _code, output = sweep_once(cloud, '--region', 'RegionOne')

    assert f'port {port["id"]} is there and not known of' in output
    eventually(lambda: settled(cloud), 20)
    assert cloud.central.database.query(
        'SELECT id FROM journal WHERE resource_id = %s', port['id']
    )
    assert regions.state(cloud.one, port['id']) == 'present'


def test_a_port_that_central_has_no_more_is_removed(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    port = port_in_one(cloud, fresh_project)
    # It would have the removal in hand already.
    cloud.xjob.kill9()
    cloud.central.admin.remove('port', port['id'])
    forget(cloud, port['id'])
    cloud.xjob.start()

    _code, output = sweep_once(cloud, '--region', 'RegionOne')

    assert f'port {port["id"]} is there and not known of' in output

    def gone() -> None:
        assert not cloud.one.admin.exists('port', port['id'])
        assert regions.state(cloud.one, port['id']) != 'present'

    eventually(gone, 20)


def entries(cloud: clouds.Cloud, resource_id: str) -> list[int]:
    """Return the counters of what the journal has of a resource."""
    return [
        int(row['counter'])
        for row in cloud.central.database.query(
            'SELECT counter FROM journal WHERE resource_id = %s'
            " AND resource_type != 'router-plan'",
            resource_id,
        )
    ]


def forget_entry(cloud: clouds.Cloud, resource_id: str) -> None:
    """Have the journal lose a resource, of which it counted several."""
    eventually(lambda: settled(cloud), 20)
    assert all(counter > 1 for counter in entries(cloud, resource_id))
    assert cloud.central.database.execute(
        'DELETE FROM journal WHERE resource_id = %s', resource_id
    )


def test_what_the_journal_counts_anew_is_not_refused_for_ever(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    """No sweep looks at it: there is always something to do for it."""
    made = Routed.make(
        cloud, fresh_project, availability_zone_hints=['RegionOne']
    )
    made.add_network('net1', '10.0.1.0/24', 'RegionOne')
    made.attach('net1')
    user = made.user

    def named(name: str) -> None:
        here = cloud.one.admin.list('router', id=made.router['id'])
        assert [one['name'] for one in here] == [name]

    for name in ('first', 'second', 'third'):
        user.update('router', made.router['id'], name=name)
        eventually(lambda name=name: named(name), WAIT)  # type: ignore[misc]
    forget_entry(cloud, made.router['id'])

    user.update('router', made.router['id'], name='later')

    eventually(lambda: named('later'), WAIT)
    eventually(lambda: settled(cloud), WAIT)
    assert min(entries(cloud, made.router['id'])) > 1
    # What was removed there comes back too: that has a counter as well.
    made.detach('net1')
    eventually(lambda: _piece(made, False), WAIT)
    forget_entry(cloud, made.router['id'])
    made.attach('net1')
    eventually(lambda: _piece(made, True), WAIT)
    made.delete()
    eventually(made.assert_nothing_left, WAIT)


def _piece(made: Routed, there: bool) -> None:
    assert bool(made.pieces('RegionOne')) is there
