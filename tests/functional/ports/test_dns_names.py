# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Whoever names a port in DNS last, in a region or in central, is right."""

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud import eventually
from tests.functional.cloud.client import Json

_DNS = {
    'DEFAULT': {'dns_domain': 'example.org.'},
    'ml2': {'extension_drivers': ['port_security', 'qos', 'dns_domain_ports']},
}
pytestmark = pytest.mark.own_cloud(central=_DNS, region=_DNS, admin_api=False)


def name(client: clouds.NeutronClient, port_id: str) -> object:
    return client.show('port', port_id)['dns_name']


def are_named(cloud: clouds.Cloud, port_id: str, wanted: str) -> None:
    """Wait until central, the port and its shadow have a name."""

    def named() -> None:
        assert name(cloud.central.admin, port_id) == wanted
        assert name(cloud.one.admin, port_id) == wanted
        # Its API could show what central has.
        rows = cloud.two.database.query(
            'SELECT dns_name FROM portdnses WHERE port_id = %s', port_id
        )
        shadow = rows[0]['dns_name'] if rows else ''
        assert shadow == wanted

    eventually(named)


def rename(cloud: clouds.Cloud, port_id: str, wanted: str) -> None:
    """Name a port in RegionOne, as Nova does."""
    cloud.one.admin.update('port', port_id, dns_name=wanted)


@pytest.fixture
def instance(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> clouds.Instance:
    """An instance in RegionOne, on a network that RegionTwo has as well."""
    cloud.two.nova(project=fresh_project).boot(network_id=network['id'])
    return cloud.one.nova(project=fresh_project).boot(network_id=network['id'])


def test_a_name_given_in_a_region_is_known_everywhere_until_taken_back(
    cloud: clouds.Cloud, instance: clouds.Instance
) -> None:
    rename(cloud, instance.port_id, 'vm-1')
    are_named(cloud, instance.port_id, 'vm-1')

    rename(cloud, instance.port_id, '')
    are_named(cloud, instance.port_id, '')


def test_a_name_given_with_the_port_is_known_everywhere(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    cloud.two.nova(project=fresh_project).boot(network_id=network['id'])

    port = cloud.one.client(fresh_project).create_port(
        network['id'], dns_name='vm-1'
    )

    assert port['dns_name'] == 'vm-1'
    cloud.one.nova(project=fresh_project).boot(port_id=port['id'])
    are_named(cloud, port['id'], 'vm-1')


def test_a_name_given_in_central_is_known_everywhere(
    cloud: clouds.Cloud, fresh_project: str, instance: clouds.Instance
) -> None:
    cloud.central.client(fresh_project).update(
        'port', instance.port_id, dns_name='www'
    )

    are_named(cloud, instance.port_id, 'www')


def test_a_name_given_while_central_is_away_is_told_when_it_is_back(
    cloud: clouds.Cloud, instance: clouds.Instance
) -> None:
    rename(cloud, instance.port_id, 'vm-1')
    are_named(cloud, instance.port_id, 'vm-1')

    with cloud.one.to_central.away():
        rename(cloud, instance.port_id, 'vm-2')
        # What central does meanwhile has the older name with it.
        cloud.central.admin.update('port', instance.port_id, name='other')
        eventually(
            lambda: _same(
                cloud.one.admin.show('port', instance.port_id)['name'], 'other'
            )
        )
        assert name(cloud.one.admin, instance.port_id) == 'vm-2'

    are_named(cloud, instance.port_id, 'vm-2')


def test_of_two_names_given_apart_that_of_central_stays(
    cloud: clouds.Cloud, instance: clouds.Instance
) -> None:
    with cloud.one.to_central.away():
        rename(cloud, instance.port_id, 'vm-1')
        cloud.central.admin.update('port', instance.port_id, dns_name='www')

    are_named(cloud, instance.port_id, 'www')
    eventually(lambda: regions.outbox_empty(cloud.one))
    are_named(cloud, instance.port_id, 'www')


def test_a_port_takes_its_name_to_the_next_region(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    port = cloud.central.client(fresh_project).create_port(
        network['id'], dns_name='vm-1'
    )
    nova = cloud.one.nova(project=fresh_project)
    nova.delete(nova.boot(port_id=port['id']))

    cloud.two.nova(project=fresh_project).boot(port_id=port['id'])

    assert name(cloud.two.admin, port['id']) == 'vm-1'
    assert name(cloud.central.admin, port['id']) == 'vm-1'


def test_the_domain_of_a_network_is_that_of_its_ports_in_the_regions(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    cloud.one.client(fresh_project).show('network', network['id'])

    cloud.central.client(fresh_project).update(
        'network', network['id'], dns_domain='net.example.org.'
    )

    eventually(
        lambda: _same(
            cloud.one.admin.show('network', network['id'])['dns_domain'],
            'net.example.org.',
        )
    )


def _same(shown: object, wanted: object) -> None:
    assert shown == wanted
