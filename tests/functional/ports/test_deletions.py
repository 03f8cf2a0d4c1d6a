# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Nothing is left anywhere of what was deleted."""

import sqlalchemy as sa
from sqlalchemy import orm

from tests.functional import cloud as clouds
from tests.functional import views
from tests.functional.cloud import eventually
from tests.functional.stretched import boot_in_both
from tests.functional.stretched import stretched
from tricircle.central.shadow import chunks as shadow_chunks
from tricircle.db.central import models as central_models


def await_nothing_left(cloud: clouds.Cloud, network_id: str) -> None:
    """Wait until a network has left no trace in any Neutron."""

    def look() -> None:
        assert views.left_of(cloud, network_id) == {}

    eventually(look, 30)


def test_a_network_leaves_nothing_behind(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    first, second = boot_in_both(cloud, fresh_project, network['id'])
    cloud.one.nova(fresh_project).delete(first)
    cloud.two.nova(fresh_project).delete(second)
    central = cloud.central.client(project=fresh_project)

    def free() -> None:
        assert central.delete(f'/networks/{network["id"]}').ok

    eventually(free, 20)

    await_nothing_left(cloud, network['id'])


def test_a_network_can_be_deleted_right_after_its_ports_in_the_regions(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    central = cloud.central.client(project=fresh_project)
    refused = []
    for _ in range(5):
        network = stretched(cloud, fresh_project)
        first, second = boot_in_both(cloud, fresh_project, network['id'])
        cloud.one.nova(fresh_project).delete(first)
        cloud.two.nova(fresh_project).delete(second)

        answer = central.delete(f'/networks/{network["id"]}')

        if not answer.ok:
            refused.append(answer.text)
    assert refused == []


def test_a_port_is_deleted_in_a_region_while_central_is_away(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    first, _second = boot_in_both(cloud, fresh_project, network['id'])
    cloud.central.kill9()

    cloud.one.nova(fresh_project).delete(first)

    cloud.central.restart()

    def heard() -> None:
        assert not cloud.central.admin.exists('port', first.port_id)

    eventually(heard, 30)


def test_a_port_that_may_be_elsewhere_is_not_called_deleted_without_central(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    elsewhere = cloud.central.client(fresh_project).create_port(network['id'])
    user = cloud.one.client(fresh_project)
    deleted = user.create_port(network['id'])
    user.remove('port', deleted['id'])

    with cloud.one.to_central.away():
        answers = [
            user.delete(f'/ports/{port_id}')
            for port_id in (elsewhere['id'], deleted['id'])
        ]

    assert [one.status_code for one in answers] == [503, 404]
    assert answers[0].json()['NeutronError']['type'] == 'CentralUnavailable'
    assert user.delete(f'/ports/{elsewhere["id"]}').status_code == 204
    assert not cloud.central.admin.exists('port', elsewhere['id'])


def test_a_network_in_use_in_a_region_cannot_be_deleted(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    cloud.one.nova(fresh_project).boot(network_id=network['id'])

    answer = cloud.central.client(project=fresh_project).delete(
        f'/networks/{network["id"]}'
    )

    assert answer.status_code == 409
    assert answer.json()['NeutronError']['type'] == 'NetworkInUse'


def test_a_subnet_goes_from_the_regions_too(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    central = cloud.central.client(project=fresh_project)
    extra = central.create_subnet(network['id'], cidr='10.22.0.0/24')
    cloud.one.nova(fresh_project).boot(
        network_id=network['id'],
    )
    assert cloud.one.admin.exists('subnet', extra['id'])
    for port in central.list('port', network_id=network['id']):
        # Neutron lets only services and admins delete an instance's port.
        cloud.central.admin.remove('port', port['id'])

    def removed() -> None:
        assert central.delete(f'/subnets/{extra["id"]}').ok
        return None

    eventually(removed, 20)

    def gone() -> None:
        ids = {one['id'] for one in cloud.one.admin.list('subnet')}
        assert extra['id'] not in ids

    eventually(gone, 20)


def test_a_port_deleted_in_central_goes_from_its_region(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    first = cloud.one.nova(fresh_project).boot(network_id=network['id'])

    cloud.central.admin.remove('port', first.port_id)

    def gone() -> None:
        ids = {one['id'] for one in cloud.one.admin.list('port')}
        assert first.port_id not in ids

    eventually(gone, 20)


def test_a_security_group_goes_from_the_regions_too(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    central = cloud.central.client(project=fresh_project)
    group = central.create_security_group(name='web')
    instance = cloud.one.nova(fresh_project).boot(
        network_id=network['id'], security_groups=(group['id'],)
    )
    cloud.one.nova(fresh_project).delete(instance)

    def removed() -> None:
        assert central.delete(f'/security-groups/{group["id"]}').ok

    eventually(removed, 20)

    def gone() -> None:
        ids = {one['id'] for one in cloud.one.admin.list('security_group')}
        assert group['id'] not in ids

    eventually(gone, 20)


def test_a_region_that_was_away_deletes_when_it_returns(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    first, second = boot_in_both(cloud, fresh_project, network['id'])
    cloud.one.nova(fresh_project).delete(first)
    cloud.two.nova(fresh_project).delete(second)
    central = cloud.central.client(project=fresh_project)

    def unused() -> None:
        assert not central.list('port', network_id=network['id'])

    eventually(unused, 20)

    with cloud.two.from_xjob.away():
        central.remove('network', network['id'])

        def gone_from_one() -> None:
            ids = {one['id'] for one in cloud.one.admin.list('network')}
            assert network['id'] not in ids

        eventually(gone_from_one, 20)
        assert cloud.two.admin.exists('network', network['id'])

    await_nothing_left(cloud, network['id'])


def test_what_a_region_got_while_a_port_is_being_deleted_is_forgotten_too(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    port = cloud.central.client(fresh_project).create_port(network['id'])
    location = central_models.PortLocation
    engine = sa.create_engine(cloud.central.database.url)
    with orm.Session(engine) as session:
        mine = sa.select(location).where(location.port_id == port['id'])
        # From now on this transaction sees what there is now.
        assert session.scalars(mine).all() == []
        cloud.one.client(fresh_project).show('port', port['id'])
        assert session.scalars(mine).all() == []

        shadow_chunks.forget(session, [port['id']])

        assert session.scalars(mine.with_for_update()).all() == []
        # The port is not deleted here: its region still has it.
        session.rollback()
    engine.dispose()


def test_a_port_deleted_while_its_change_arrives_is_gone_for_good(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    # Each round is a race of the deletion with the document of the new name.
    central = cloud.central.client(project=fresh_project)
    one = cloud.one.client(project=fresh_project)
    gone = []
    for _round in range(6):
        network = stretched(cloud, fresh_project)
        port = one.create_port(network['id'])
        cloud.two.client(project=fresh_project).create_port(network['id'])
        central.update('port', port['id'], name='x')
        assert one.delete(f'/ports/{port["id"]}').status_code == 204
        gone.append(port['id'])

    def look() -> None:
        for port_id in gone:
            assert not cloud.central.admin.exists('port', port_id)

    eventually(look, 30)
    for port_id in gone:
        assert not cloud.one.admin.exists('port', port_id)
