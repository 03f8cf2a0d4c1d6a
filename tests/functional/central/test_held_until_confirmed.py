# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a region may still use is given to nobody else, nor for ever held."""

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud import eventually
from tests.functional.cloud.client import Json


@pytest.mark.own_cloud()
def test_address_of_a_port_deleted_while_its_region_is_away_is_given_to_nobody(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network, _ = regions.make_network(cloud, fresh_project)
    instance = cloud.one.nova(fresh_project).boot(network_id=network['id'])
    port = cloud.central.admin.show('port', instance.port_id)
    address = port['fixed_ips'][0]['ip_address']
    wanted = {
        'network_id': network['id'],
        'fixed_ips': [{'ip_address': address}],
    }
    cloud.two.nova(fresh_project).boot(network_id=network['id'])
    cloud.one.stop()

    cloud.central.admin.remove('port', instance.port_id)
    answer = cloud.two.client(fresh_project).post('/ports', {'port': wanted})

    assert answer.status_code == 409, answer.text
    error = answer.json()['NeutronError']
    assert error['type'] == 'IpAddressAlreadyAllocated'
    assert 'RegionOne' in error['message']

    cloud.one.start()

    def given() -> Json:
        again = cloud.two.client(fresh_project).post(
            '/ports', {'port': wanted}
        )
        assert again.status_code == 201, again.text
        made: Json = again.json()['port']
        return made

    eventually(given, 60)


@pytest.mark.own_cloud()
def test_segment_of_a_network_deleted_while_a_region_is_away_is_used_by_nobody(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network, _ = regions.make_network(cloud, fresh_project)
    instance = cloud.one.nova(fresh_project).boot(network_id=network['id'])
    shown = cloud.central.admin.show('network', network['id'])
    wanted = {
        key: shown[f'provider:{key}']
        for key in ('network_type', 'segmentation_id')
    }
    attributes = {f'provider:{key}': value for key, value in wanted.items()}
    cloud.one.stop()

    cloud.central.admin.remove('port', instance.port_id)
    cloud.central.admin.remove('network', network['id'])
    answer = cloud.central.admin.post('/networks', {'network': attributes})

    assert answer.status_code == 409, answer.text
    assert answer.json()['NeutronError']['type'] == 'TunnelIdInUse'

    cloud.one.start()

    def made() -> Json:
        again = cloud.central.admin.post('/networks', {'network': attributes})
        assert again.status_code == 201, again.text
        found: Json = again.json()['network']
        return found

    again = eventually(made, 60)
    cloud.one.admin.show('network', again['id'])
