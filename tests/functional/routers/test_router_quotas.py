# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What is between the pieces of a router costs its project no quota."""

import pytest

from tests.functional import cloud as clouds
from tests.functional.cloud import eventually
from tests.functional.cloud.client import Json
from tests.functional.t3 import assert_floating_ip
from tests.functional.t3 import assert_t3
from tests.functional.t3 import step
from tests.functional.t3 import t3

WAIT = 120


def used(neutron: clouds.NeutronProcess, project: str) -> dict[str, int]:
    """Return how much of its quotas a project has used, by resource."""
    answer = neutron.admin.get(f'/quotas/{project}/details')
    assert answer.status_code == 200, answer.text
    return {
        kind: int(one['used']) for kind, one in answer.json()['quota'].items()
    }


def use_up(neutron: clouds.NeutronProcess, project: str) -> Json:
    """Let a project have what it has, and no more; return its quotas."""
    quota = {
        kind: number
        for kind, number in used(neutron, project).items()
        if kind in ('network', 'subnet', 'port', 'router', 'floatingip')
    }
    answer = neutron.admin.put(f'/quotas/{project}', {'quota': quota})
    assert answer.status_code == 200, answer.text
    user = neutron.client(project)
    for create in (user.create_network, user.create_router):
        with pytest.raises(clouds.ApiError) as refused:
            create()
        assert refused.value.type == 'OverQuota'
    return quota


def assert_all_counted_is_on(
    neutron: clouds.NeutronProcess, project: str, networks: set[str]
) -> None:
    """Assert that the quotas count some networks, and what is on them."""
    counted = used(neutron, project)
    admin = neutron.admin
    assert counted['network'] == len(networks)
    for kind in ('subnet', 'port'):
        there = admin.list(kind, project_id=project)
        assert {str(one['network_id']) for one in there} == networks
        assert counted[kind] == len(there)


def test_a_router_is_laid_out_for_a_project_whose_quotas_are_used_up(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    made = t3(cloud, fresh_project)
    for name in ('boot1', 'boot2'):
        step(made, name)
    ids = {name: str(one['id']) for name, one in made.networks.items()}
    # What a region makes of a router it makes by itself. The floating IP,
    # that the user asks central for, is for the region to take as well.
    quotas = {
        region.name: use_up(region, fresh_project)
        for region in cloud.regions.values()
    }
    assert {one['router'] for one in quotas.values()} == {0}
    assert use_up(cloud.central, fresh_project) == {
        'network': 2,
        'subnet': 2,
        'port': 2,
        'router': 1,
        'floatingip': 0,
    }

    for name in ('gateway', 'attach1', 'attach2'):
        step(made, name)

    eventually(lambda: assert_t3(made), WAIT)
    # Neutron counts the interfaces of a router, and asks no quota for them.
    counted = used(cloud.central, fresh_project)
    assert (counted['network'], counted['subnet'], counted['port']) == (
        2,
        2,
        4,
    )
    assert_all_counted_is_on(cloud.central, fresh_project, {*ids.values()})
    assert_all_counted_is_on(cloud.one, fresh_project, {ids['net1']})
    assert_all_counted_is_on(cloud.two, fresh_project, {ids['net2']})
    cloud.central.admin.put(
        f'/quotas/{fresh_project}', {'quota': {'floatingip': 1}}
    )
    made.add_floating_ip(made.instances['net1@RegionOne'])
    eventually(lambda: assert_floating_ip(made), WAIT)
    bridge = made.bridge()
    assert bridge is not None
    made.delete()
    eventually(lambda: made.assert_nothing_left(bridge['id']), WAIT)
