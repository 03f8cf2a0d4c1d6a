# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``openstack multiregion networking trace`` of ports of real Neutrons."""

from typing import Any

from osc_lib import exceptions
import pytest

from tests.functional import cloud as clouds
from tests.functional.cli import operator_commands as commands
from tests.functional.stretched import await_shadow
from tests.functional.stretched import boot_in_both
from tests.functional.stretched import stretched
from tricircle.cli.v1 import trace


def traced(cloud: clouds.Cloud, *arguments: str) -> dict[Any, str]:
    """Return verdicts by region and step."""
    columns, rows = commands.take_action(
        commands.make_app(cloud), trace.Trace, *arguments
    )
    assert columns == ('Region', 'Step', 'Verdict', 'Detail')
    return {(region, step): verdict for region, step, verdict, _ in rows}


def pair(cloud: clouds.Cloud, project: str) -> tuple[Any, Any]:
    """Boot in both regions; return the ports, of which each is told."""
    network = stretched(cloud, project)
    first, second = boot_in_both(cloud, project, network['id'])
    await_shadow(cloud.two, network['id'], first.port_id)
    await_shadow(cloud.one, network['id'], second.port_id)
    return first, second


def test_what_keeps_a_packet_from_its_port_is_named(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    first, second = pair(cloud, fresh_project)
    ids = (first.port_id, second.port_id)
    steps = traced(cloud, *ids)
    # No agent here says that it has plugged something: they are not up.
    ports = {('RegionOne', f'port {ids[0]}'), ('RegionTwo', f'port {ids[1]}')}
    # Default groups let in their own members, which both are.
    assert {one for one in steps if steps[one] != 'ok'} == ports
    assert ('RegionOne', f'tunnel to port {ids[1]}') in steps

    central = cloud.central.client(project=fresh_project)
    group = central.create('security_group', name='closed')
    central.update('port', ids[1], security_groups=[group['id']])
    app = commands.make_app(cloud)
    assert commands.run(app, trace.Trace, *ids) == 1
    steps = traced(cloud, *ids)
    assert {one for one in steps if steps[one] != 'ok'} == {
        *ports,
        ('RegionTwo', f'ingress of {ids[1]}'),
    }


def test_a_region_that_is_not_told_of_a_port_is_seen(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    first = cloud.one.nova(fresh_project).boot(network_id=network['id'])
    with cloud.one.from_xjob.away():
        second = cloud.two.nova(fresh_project).boot(network_id=network['id'])
        await_shadow(cloud.two, network['id'], first.port_id)
        steps = traced(cloud, first.port_id, second.port_id)
    tunnel = f'tunnel to port {second.port_id}'
    assert steps['RegionOne', tunnel] == 'broken'
    assert steps['RegionTwo', f'tunnel to port {first.port_id}'] == 'ok'


def test_what_is_no_port_is_refused(cloud: clouds.Cloud) -> None:
    with pytest.raises(exceptions.CommandError, match='No ports of central'):
        traced(cloud, 'nothing', 'nothing')
