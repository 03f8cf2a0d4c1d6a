# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A region or central comes back from a backup."""

from collections.abc import Iterator
import contextlib
from typing import Any

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud import eventually
from tests.functional.jobs import sweeps

pytestmark = [pytest.mark.thorough, pytest.mark.own_cloud()]


@contextlib.contextmanager
def restored(
    cloud: clouds.Cloud, neutron: clouds.NeutronProcess
) -> Iterator[None]:
    """Have a Neutron's database be, after the block, as it was before."""
    name = neutron.database.name
    backup = cloud.mariadb.dump(name)
    yield
    for xjob in cloud.xjobs:
        xjob.stop()
    neutron.stop()
    cloud.mariadb.restore(name, backup)
    neutron.start()
    for xjob in cloud.xjobs:
        xjob.start()


def test_a_region_from_a_backup_gets_what_came_since_and_loses_what_went(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    two, user = cloud.two, cloud.central.client(fresh_project)
    old, _ = regions.make_network(cloud, fresh_project)
    nova = two.nova(fresh_project)
    gone = nova.user.create_port(old['id'])
    own = two.admin.create_network(name='own')
    with restored(cloud, two):
        nova.user.remove('port', gone['id'])
        user.update('network', old['id'], name='renamed')
        new, _ = regions.make_network(cloud, fresh_project)
        came = nova.boot(network_id=new['id'])
        eventually(lambda: sweeps.settled(cloud), 30)

    code, text = sweeps.sweep_once(cloud, '--region', 'RegionTwo')

    assert code == 0, text
    assert new['id'] in text
    assert gone['id'] in text

    def mended() -> None:
        assert two.admin.show('network', old['id'])['name'] == 'renamed'
        assert two.admin.exists('network', new['id'])
        port = two.admin.show('port', came.port_id)
        assert [
            one['ip_address'] for one in port['fixed_ips']
        ] == came.addresses
        assert not two.admin.exists('port', gone['id'])

    eventually(mended, 60)
    assert two.admin.exists('network', own['id'])


def test_a_region_from_a_backup_has_ports_used_as_it_told_central(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    two = cloud.two
    network, _ = regions.make_network(cloud, fresh_project)
    nova = two.nova(fresh_project)
    known = nova.user.create_port(network['id'])
    moved = nova.user.create_port(network['id'])
    first = nova.boot(port_id=moved['id'])
    eventually(lambda: sweeps.settled(cloud), 30)
    with restored(cloud, two):
        nova.delete(first)
        instances = (
            nova.boot(network_id=network['id']),
            nova.boot(port_id=known['id']),
            nova.boot(port_id=moved['id']),
        )
        eventually(lambda: sweeps.settled(cloud), 30)

    def use(client: Any, instance: Any) -> tuple[str, str, str]:
        shown = client.show('port', instance.port_id)
        return (
            shown['device_id'],
            shown['binding:host_id'],
            shown['binding:vif_type'],
        )

    def mended() -> None:
        for instance in instances:
            here = use(two.admin, instance)
            assert here[0] == instance.id
            assert here[1:] == (two.default_host, 'ovs')
            assert use(cloud.central.admin, instance) == here

    def compared() -> None:
        code, text = sweeps.sweep_once(cloud, '--region', 'RegionTwo')
        assert code == 0, text
        assert 'differs' not in text
        assert 'missing' not in text

    sweeps.sweep_once(cloud, '--region', 'RegionTwo')
    eventually(mended, 60)
    eventually(compared, 60)


def test_a_region_with_an_empty_database_gets_everything(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    two = cloud.two
    with restored(cloud, two):
        network, _ = regions.make_network(cloud, fresh_project)
        came = two.nova(fresh_project).boot(network_id=network['id'])
        eventually(lambda: sweeps.settled(cloud), 30)

    code, text = sweeps.sweep_once(cloud, '--region', 'RegionTwo')

    assert code == 0, text
    assert 'is missing' in text

    def mended() -> None:
        assert two.admin.exists('network', network['id'])
        port = two.admin.show('port', came.port_id)
        assert [
            one['ip_address'] for one in port['fixed_ips']
        ] == came.addresses

    eventually(mended, 60)
    assert cloud.central.admin.exists('port', came.port_id)


def test_an_address_that_central_forgot_is_held_until_its_server_is_gone(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network, _ = regions.make_network(cloud, fresh_project)
    nova = cloud.one.nova(fresh_project)
    nova.boot(network_id=network['id'])
    with restored(cloud, cloud.central):
        forgotten = nova.boot(network_id=network['id'])
        eventually(lambda: sweeps.settled(cloud), 30)

    code, text = sweeps.sweep_once(cloud, '--region', 'RegionOne')

    assert code == 0, text
    assert forgotten.port_id in text

    def asked_for() -> tuple[int, str]:
        answer = cloud.two.client(fresh_project).post(
            '/ports',
            {
                'port': {
                    'network_id': network['id'],
                    'fixed_ips': [{'ip_address': forgotten.addresses[0]}],
                }
            },
        )
        return answer.status_code, answer.text

    status, said = asked_for()
    assert status == 409, said
    assert 'IpAddressAlreadyAllocated' in said
    assert 'RegionOne' in said
    kept = cloud.one.admin.show('port', forgotten.port_id)
    assert [one['ip_address'] for one in kept['fixed_ips']] == (
        forgotten.addresses
    )

    nova.delete(forgotten)

    def is_free() -> None:
        assert asked_for()[0] == 201

    eventually(is_free, 60)


def test_central_from_a_backup_takes_nothing_from_an_instance(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    one = cloud.one
    nova = one.nova(fresh_project)
    old, _ = regions.make_network(cloud, fresh_project)
    deleted = nova.boot(network_id=old['id'])
    with restored(cloud, cloud.central):
        nova.delete(deleted)
        new, _ = regions.make_network(cloud, fresh_project)
        on_new = nova.boot(network_id=new['id'])
        on_old = nova.boot(network_id=old['id'])
        eventually(lambda: sweeps.settled(cloud), 30)

    code, text = sweeps.sweep_once(cloud, '--region', 'RegionOne')

    assert code == 0, text
    for one_id in (new['id'], on_new.port_id, on_old.port_id):
        assert one_id in text

    def tried() -> None:
        assert cloud.central.database.query(
            'SELECT 1 FROM journal WHERE resource_id = %s AND attempts > 2',
            on_new.port_id,
        )

    with contextlib.suppress(AssertionError):
        eventually(tried, 10)
    for instance in (on_new, on_old):
        port = one.admin.show('port', instance.port_id)
        assert port['device_id'] == instance.id
        assert [
            fixed['ip_address'] for fixed in port['fixed_ips']
        ] == instance.addresses
    assert one.admin.show('network', new['id'])['subnets']
