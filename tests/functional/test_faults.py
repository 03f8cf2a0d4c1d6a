# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Kill -9 at every step: the end is as if nothing had happened."""

from collections.abc import Iterator

import pytest

from tests.functional import cloud as clouds
from tests.functional import kills
from tests.functional import views
from tests.functional.cloud import eventually
from tests.functional.stretched import await_shadow
from tests.functional.stretched import boot_in_both
from tests.functional.stretched import stretched

POINTS = [
    ('central', 'central.port.allocated'),
    ('RegionOne', 'local.apply.done'),
    ('xjob', 'xjob.sent'),
    # The random steps of tests/functional/stateful die at these as well.
    *(
        pytest.param(who, point, marks=pytest.mark.thorough)
        for who, point in (
            ('central', 'central.presence.granted'),
            ('central', 'central.report.stored'),
            ('RegionOne', 'local.pull.answered'),
            ('RegionOne', 'local.port.required'),
            ('RegionOne', 'local.outbox.sent'),
            ('RegionOne', 'local.shadow.activated'),
            ('xjob', 'xjob.claimed'),
            ('RegionOne', 'local.apply.leased'),
            ('RegionOne', 'local.port.recorded'),
            ('RegionOne', 'local.port.allocated'),
            ('RegionOne', 'local.port.created'),
            ('RegionOne', 'local.shadow.created'),
            ('xjob', 'xjob.planned'),
            ('xjob', 'xjob.finished'),
        )
    ),
]


@pytest.fixture(scope='module')
def impatient(session_cloud: clouds.Cloud) -> Iterator[clouds.Cloud]:
    """Regions that give lost allocations back after a few seconds."""
    quick = {'tricircle': {'allocation_grace': '4'}}
    with (
        session_cloud.one.configured(quick),
        session_cloud.two.configured(quick),
    ):
        yield session_cloud


def boot(
    cloud: clouds.Cloud, name: str, project: str, network_id: str
) -> clouds.Instance:
    """Boot as an orchestrator would: again, until it works."""

    def attempt() -> clouds.Instance:
        region = cloud.region(name)
        if not region.intact or not cloud.central.intact:
            for process in (region, cloud.central):
                if not process.intact:
                    process.wait_death()
                    process.start()
        try:
            return region.nova(project).boot(network_id=network_id)
        except clouds.INTERRUPTED as exc:
            raise AssertionError(str(exc)) from exc

    return eventually(attempt, 60, 0.5)


def agree(
    cloud: clouds.Cloud, network_id: str, instances: list[clouds.Instance]
) -> None:
    """Assert the end state: what is asked for, everywhere, and no more."""
    expected = {one.port_id for one in instances}
    in_central = {
        port['id']
        for port in cloud.central.admin.list('port', network_id=network_id)
        if port['device_owner'] != 'network:dhcp'
    }
    assert in_central == expected
    found: dict[str, set[str]] = {}
    for one in instances:
        shown = cloud.central.admin.show('port', one.port_id)
        assert shown['binding:host_id'] == one.host
        found.setdefault(one.host.split('-')[0], set()).add(one.port_id)
    for name, region in cloud.regions.items():
        own = found.get(name.lower(), set())
        if own:
            assert views.active_shadows(region, network_id) == expected - own


@pytest.mark.parametrize('who, point', POINTS)
def test_the_end_is_the_same_after_kill_9(
    impatient: clouds.Cloud,
    cloud: clouds.Cloud,
    fresh_project: str,
    who: str,
    point: str,
) -> None:
    network = stretched(cloud, fresh_project)
    victim = kills.victim(cloud, who)
    victim.arm(point)

    instances = []
    for name in ('RegionOne', 'RegionTwo'):
        try:
            instances.append(
                cloud.region(name)
                .nova(fresh_project)
                .boot(network_id=network['id'])
            )
        except clouds.INTERRUPTED:
            victim.wait_death()
            victim.start()
            instances.append(boot(cloud, name, fresh_project, network['id']))
    if victim.armed or not victim.intact:
        victim.wait_death()
        victim.start()

    # A boot that was cut off left what its user deletes, as Nova does.
    kept = {one.port_id for one in instances}

    def clean_up() -> None:
        for name in ('RegionOne', 'RegionTwo'):
            region = cloud.region(name)
            for port in region.client(fresh_project).list('port'):
                if (
                    port['device_owner'] != 'network:dhcp'
                    and port['id'] not in kept
                ):
                    region.service.delete(f'/ports/{port["id"]}')

    def settled() -> None:
        clean_up()
        agree(cloud, network['id'], instances)

    eventually(settled, 60, 0.3)


def test_a_region_killed_while_it_makes_shadows_takes_no_address(
    impatient: clouds.Cloud, cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    first, _second = boot_in_both(cloud, fresh_project, network['id'])
    await_shadow(cloud.two, network['id'], first.port_id)

    # Neutron's bulk creation would have committed its address by then.
    cloud.two.arm('local.addresses.taken')
    third = cloud.one.nova(fresh_project).boot(network_id=network['id'])
    cloud.two.wait_death()
    cloud.two.start()

    await_shadow(cloud.two, network['id'], third.port_id)


def test_a_region_killed_in_a_bulk_creation_takes_no_address(
    impatient: clouds.Cloud, cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    user = cloud.one.client(fresh_project)
    user.show('network', network['id'])
    wanted = [
        {
            'network_id': network['id'],
            'fixed_ips': [{'ip_address': f'10.20.0.{last}'}],
        }
        for last in (51, 52)
    ]
    cloud.one.arm('local.addresses.taken')
    with pytest.raises(clouds.INTERRUPTED):
        user.create_bulk('port', wanted)
    cloud.one.wait_death()
    cloud.one.start()

    # Central has them back after the grace for lost allocations.
    def made() -> list[str]:
        try:
            ports = user.create_bulk('port', wanted)
        except clouds.ApiError as exc:
            raise AssertionError(str(exc)) from exc
        return [port['fixed_ips'][0]['ip_address'] for port in ports]

    assert eventually(made, 60, 0.5) == ['10.20.0.51', '10.20.0.52']
