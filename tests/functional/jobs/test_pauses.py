# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""An operator has a region, or a resource, wait; all else goes on."""

from collections.abc import Iterator
from typing import Any

from keystoneauth1 import session as ksa_session
from openstack import connection
import pytest

from tests.functional import cloud as clouds
from tests.functional.cli import operator_commands as commands
from tests.functional.cloud import eventually
from tests.functional.jobs.test_xjob import await_name
from tests.functional.jobs.test_xjob import rename
from tests.functional.jobs.test_xjob import replica
from tests.functional.stretched import boot_in_both
from tests.functional.stretched import stretched
from tricircle.cli.v1 import job
from tricircle.cli.v1 import pod
from tricircle.cli.v1 import resource
from tricircle.cli.v1 import status
from tricircle.client import auth


@pytest.fixture
def app(cloud: clouds.Cloud) -> Iterator[Any]:
    """What the shell has for an operator; nothing stays paused."""
    made = commands.make_app(cloud)
    admin = cloud.central.admin
    made.client_manager.network = connection.Connection(
        session=ksa_session.Session(
            auth=auth.HeaderAuth(admin.identity.headers())
        ),
        network_endpoint_override=admin.url,
    ).network
    yield made
    commands.take_action(made, pod.SetPod, '--resume', 'RegionOne')


def test_a_paused_region_gets_what_was_wanted_when_it_is_resumed(
    cloud: clouds.Cloud, fresh_project: str, app: Any
) -> None:
    network = stretched(cloud, fresh_project)
    boot_in_both(cloud, fresh_project, network['id'])
    rename(cloud, fresh_project, network['id'], 'before')
    for region in (cloud.one, cloud.two):
        await_name(region, network['id'], 'before')

    commands.take_action(
        app, pod.SetPod, '--pause', '--reason', 'new switches', 'RegionOne'
    )
    rename(cloud, fresh_project, network['id'], 'meanwhile')

    await_name(cloud.two, network['id'], 'meanwhile')
    state = replica(cloud, fresh_project, network['id'], 'RegionOne')
    assert state['status'] == 'PENDING'
    assert 'an operator paused RegionOne on' in state['reason']
    assert 'switches' not in state['reason']
    columns, (row,) = commands.take_action(
        app, status.ListStatuses, '--region', 'RegionOne'
    )
    shown = dict(zip(columns, row, strict=True))
    assert shown['State'] == 'paused'
    assert shown['Reason'].endswith(': new switches')
    # What the region itself asks for it gets: a cold boot.
    fresh = cloud.central.client(fresh_project).create_network(name='fresh')
    cloud.central.client(fresh_project).create_subnet(
        fresh['id'], cidr='10.21.0.0/24'
    )
    instance = cloud.one.nova(fresh_project).boot(network_id=fresh['id'])
    assert instance.port['fixed_ips']
    assert cloud.one.admin.show('network', network['id'])['name'] == 'before'

    commands.take_action(app, pod.SetPod, '--resume', 'RegionOne')

    await_name(cloud.one, network['id'], 'meanwhile')


def test_an_xjob_that_is_restarted_does_not_forget_the_pause(
    cloud: clouds.Cloud, fresh_project: str, app: Any
) -> None:
    network = stretched(cloud, fresh_project)
    boot_in_both(cloud, fresh_project, network['id'])
    commands.take_action(app, pod.SetPod, '--pause', 'RegionOne')
    rename(cloud, fresh_project, network['id'], 'meanwhile')

    cloud.xjob.restart()

    await_name(cloud.two, network['id'], 'meanwhile')
    shown = cloud.one.admin.show('network', network['id'])
    assert shown['name'] == 'stretched'
    commands.take_action(app, pod.SetPod, '--resume', 'RegionOne')
    await_name(cloud.one, network['id'], 'meanwhile')


def test_one_network_is_paused_in_one_region(
    cloud: clouds.Cloud, fresh_project: str, app: Any
) -> None:
    network = stretched(cloud, fresh_project)
    boot_in_both(cloud, fresh_project, network['id'])
    rename(cloud, fresh_project, network['id'], 'before')
    for region in (cloud.one, cloud.two):
        await_name(region, network['id'], 'before')
    here = ('--region', 'RegionOne', 'network', network['id'])

    _columns, rows = commands.take_action(
        app, resource.SetResource, '--pause', '--reason', 'look', *here
    )
    assert {row[0] for row in rows} == {'RegionOne'}
    assert {row[1] for row in rows} == {'network', 'shadow-ports'}
    rename(cloud, fresh_project, network['id'], 'meanwhile')

    await_name(cloud.two, network['id'], 'meanwhile')
    assert cloud.one.admin.show('network', network['id'])['name'] == 'before'
    columns, values = commands.take_action(
        app, resource.ShowResource, 'network', network['id']
    )
    shown = dict(zip(columns, values, strict=True))
    assert shown['paused'].machine_readable()['RegionOne'].endswith(': look')
    _headers, jobs = commands.take_action(
        app, job.ListJobs, '--status', 'paused'
    )
    assert {one[0] for one in jobs} == {row[2] for row in rows}

    commands.take_action(app, resource.SetResource, '--resume', *here)

    await_name(cloud.one, network['id'], 'meanwhile')


def test_the_pieces_of_a_router_are_paused(
    cloud: clouds.Cloud, fresh_project: str, app: Any
) -> None:
    central = cloud.central.client(fresh_project)
    network = stretched(cloud, fresh_project)
    boot_in_both(cloud, fresh_project, network['id'])
    router = central.create_router()
    (subnet_id,) = central.show('network', network['id'])['subnets']
    central.add_router_interface(router['id'], subnet_id=subnet_id)

    def placed() -> Any:
        _columns, rows = commands.take_action(
            app, resource.SetResource, '--pause', 'router', router['id']
        )
        assert {row[0] for row in rows} == {'RegionOne', 'RegionTwo'}
        return rows

    rows = eventually(placed, 30)

    assert {row[3] for row in rows} <= {'PAUSED', 'RUNNING'}
    commands.take_action(
        app, resource.SetResource, '--resume', 'router', router['id']
    )
