# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Floating IPs are central's, and used from a region as in one cloud."""

from typing import Any

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions


@pytest.fixture
def external(cloud: clouds.Cloud, fresh_project: str) -> str:
    """The ID of an external network of RegionTwo, with a router on it."""
    network = cloud.central.admin.create_network(
        name=f'external-{fresh_project}',
        **{'router:external': True},
        availability_zone_hints=['RegionTwo'],
    )
    cloud.central.admin.create_subnet(
        network['id'], cidr='203.0.113.0/24', enable_dhcp=False
    )
    return str(network['id'])


@pytest.fixture
def booted(
    cloud: clouds.Cloud, fresh_project: str, external: str
) -> dict[str, Any]:
    """The port of an instance in RegionOne, behind a router to the outside."""
    user = cloud.central.client(fresh_project)
    network, subnet = regions.make_network(cloud, fresh_project)
    router = user.create(
        'router', external_gateway_info={'network_id': external}
    )
    user.put(
        f'/routers/{router["id"]}/add_router_interface',
        {'subnet_id': subnet['id']},
    )
    instance = cloud.one.nova(fresh_project).boot(network_id=network['id'])
    return dict(user.show('port', instance.port_id))


def test_one_is_made_used_and_given_back_in_a_region(
    cloud: clouds.Cloud,
    fresh_project: str,
    external: str,
    booted: dict[str, Any],
) -> None:
    user = cloud.one.client(fresh_project)

    made = user.create('floatingip', floating_network_id=external)
    user.update('floatingip', made['id'], port_id=booted['id'])

    there = cloud.central.client(fresh_project).show('floatingip', made['id'])
    assert there['port_id'] == booted['id']
    assert [one['id'] for one in user.list('floatingip')] == [made['id']]
    user.update('floatingip', made['id'], port_id=None)
    user.remove('floatingip', made['id'])
    assert cloud.central.client(fresh_project).list('floatingip') == []
