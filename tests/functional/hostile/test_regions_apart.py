# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Regions do not act for each other: roles and endpoints, as documented."""

import uuid

import pytest

from tests.functional import cloud as clouds
from tests.functional.cloud import eventually
from tests.functional.cloud import roles
from tests.functional.cloud.client import Json
from tests.functional.hostile import scopes
from tests.functional.hostile import who_may

pytestmark = pytest.mark.own_cloud


def as_region(
    cloud: clouds.Cloud, name: str, to: clouds.NeutronProcess
) -> clouds.NeutronClient:
    """Return the client that a region's stolen credential makes."""
    return to.client('service', ('service',), roles.service_user(name))


def test_the_page_says_who_may_call_what(cloud: clouds.Cloud) -> None:
    assert who_may.table(who_may.There.made(cloud)) == who_may.PAGE.read_text()


def test_the_page_says_which_token_may_what(cloud: clouds.Cloud) -> None:
    found = scopes.table(who_may.There.made(cloud))

    assert found == scopes.PAGE.read_text()


def test_a_token_of_no_project_may_nothing(cloud: clouds.Cloud) -> None:
    there = who_may.There.made(cloud)
    outside = [one for one in scopes.CALLERS if one.name in scopes.OUTSIDE]
    for endpoint in scopes.ENDPOINTS:
        for caller in outside:
            answer = endpoint.ask(there, caller)
            # A list of Neutron's own is empty.
            assert answer.status_code in (401, 403, 404) or (
                answer.status_code == 200 and not any(answer.json().values())
            ), (endpoint.api, endpoint.name, caller.name, answer.text)
            if caller.identity.scope == 'none':
                assert answer.status_code == 401


def test_a_region_is_told_nothing_by_another(
    cloud: clouds.Cloud, network: Json
) -> None:
    stranger = as_region(cloud, 'RegionTwo', cloud.one)
    path = f'/replicas/network/{network["id"]}'

    for answer in (
        stranger.get('/replicas/network'),
        stranger.get(path),
        stranger.put(path, {'replica': {}}),
        stranger.delete(path),
        stranger.delete(f'/replicas/port/{uuid.uuid4()}'),
    ):
        assert answer.status_code == 403
        assert answer.json()['NeutronError']['type'] == 'Forbidden'


def test_the_truth_comes_back_after_a_lie_in_a_regions_name(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    instance = cloud.one.nova(fresh_project).boot(network['id'])
    port_id = instance.port_id

    def shown() -> Json:
        return cloud.central.admin.show('port', port_id)

    def central_knows(host: str) -> None:
        assert shown()['binding:host_id'] == host

    eventually(lambda: central_knows(instance.host))
    lie = {
        'revision': 9999,
        'host': 'nowhere',
        'device_id': 'x',
        'device_owner': 'compute:nova',
        'vif_type': 'ovs',
        'vnic_type': 'normal',
        'status': 'ACTIVE',
        'agent_type': 'Open vSwitch agent',
        'tunnel_ip': '192.0.2.99',
    }
    answer = as_region(cloud, 'RegionOne', cloud.central).put(
        f'/ports/{port_id}/replicas/RegionOne', {'replica': {'report': lie}}
    )
    assert answer.json() == {'replica': {'accepted': True}}
    central_knows('nowhere')

    cloud.one.agent_reports_up(port_id, instance.host)

    eventually(lambda: central_knows(instance.host))
    assert shown()['device_id'] == instance.id
