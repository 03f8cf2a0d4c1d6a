# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""QoS policies of central, and what has them, in the regions."""

from typing import Any
import uuid

from tests.functional import cloud as clouds
from tests.functional.cloud import eventually
from tests.functional.cloud.client import Json
from tests.functional.stretched import boot_in_both
from tests.functional.stretched import stretched

POLICY = 'qos/policy'


def make_policy(cloud: clouds.Cloud, project: str, **attributes: Any) -> Json:
    return cloud.central.admin.create(
        POLICY,
        project_id=project,
        **{'name': f'policy-{uuid.uuid4()}', **attributes},
    )


def limit(
    neutron: clouds.NeutronProcess, policy_id: str, max_kbps: int
) -> Json:
    answer = neutron.admin.post(
        f'/qos/policies/{policy_id}/bandwidth_limit_rules',
        {'bandwidth_limit_rule': {'max_kbps': max_kbps}},
    )
    assert answer.ok, answer.text
    made: Json = answer.json()['bandwidth_limit_rule']
    return made


def limits(region: clouds.NeutronProcess, policy_id: str) -> dict[str, int]:
    """Return the limits of a policy by the IDs of their rules."""
    found = region.admin.show(POLICY, policy_id)
    return {one['id']: one['max_kbps'] for one in found['rules']}


def await_limits(
    region: clouds.NeutronProcess, policy_id: str, wanted: dict[str, int]
) -> None:
    def look() -> None:
        assert limits(region, policy_id) == wanted

    eventually(look, 40)


def await_policy(
    region: clouds.NeutronProcess, kind: str, id_: str, wanted: str | None
) -> None:
    def look() -> None:
        assert region.admin.show(kind, id_)['qos_policy_id'] == wanted

    eventually(look, 40)


def await_gone(region: clouds.NeutronProcess, policy_id: str) -> None:
    def look() -> None:
        here = {one['id'] for one in region.admin.list(POLICY)}
        assert policy_id not in here

    eventually(look, 60)


def state_of(cloud: clouds.Cloud, path: str, region: clouds.Region) -> Json:
    answer = cloud.central.admin.get(f'{path}/replicas/{region.region_name}')
    assert answer.ok, answer.text
    found: Json = answer.json()['replica']
    return found


def test_a_policy_lives_in_the_regions_as_in_central(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    policy = make_policy(cloud, fresh_project)
    rule = limit(cloud.central, policy['id'], 1000)
    boots = boot_in_both(cloud, fresh_project, network['id'])
    path = f'/qos/policies/{policy["id"]}'

    cloud.central.admin.update(
        'network', network['id'], qos_policy_id=policy['id']
    )

    for region in (cloud.one, cloud.two):
        await_policy(region, 'network', network['id'], policy['id'])
        assert limits(region, policy['id']) == {rule['id']: 1000}
        for refused in (
            region.admin.put(path, {'policy': {'name': 'x'}}),
            region.admin.delete(path),
            region.admin.post(
                f'{path}/dscp_marking_rules',
                {'dscp_marking_rule': {'dscp_mark': 26}},
            ),
            region.admin.delete(f'{path}/bandwidth_limit_rules/{rule["id"]}'),
        ):
            assert refused.status_code == 409, refused.text
            error = refused.json()['NeutronError']
            assert error['type'] == 'BelongsToCentral'

    cloud.two.kill9()
    changed = cloud.central.admin.put(
        f'{path}/bandwidth_limit_rules/{rule["id"]}',
        {'bandwidth_limit_rule': {'max_kbps': 2000}},
    )
    assert changed.ok, changed.text
    await_limits(cloud.one, policy['id'], {rule['id']: 2000})
    assert state_of(cloud, path, cloud.two)['status'] != 'IN_SYNC'
    cloud.two.restart()
    await_limits(cloud.two, policy['id'], {rule['id']: 2000})

    # On a port: of its own, off, and on again.
    port_id = boots[0].port_id
    for wanted in (policy['id'], None, policy['id'], None):
        cloud.central.admin.update('port', port_id, qos_policy_id=wanted)
        await_policy(cloud.one, 'port', port_id, wanted)

    assert cloud.central.admin.delete(path).status_code == 409
    cloud.central.admin.update('network', network['id'], qos_policy_id=None)
    cloud.central.admin.remove(POLICY, policy['id'])
    for region in (cloud.one, cloud.two):
        await_gone(region, policy['id'])
        await_policy(region, 'network', network['id'], None)


def test_in_a_region_ports_take_central_s_policies_and_no_others(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    policy = make_policy(cloud, fresh_project, shared=True)
    other = make_policy(cloud, fresh_project, shared=True)
    own = cloud.one.admin.create(POLICY, name='own', shared=True)
    user = cloud.one.client(fresh_project)
    body = {'network_id': network['id'], 'qos_policy_id': own['id']}

    refused = user.post('/ports', {'port': body})

    assert refused.status_code == 409, refused.text
    port = user.create_port(network['id'], qos_policy_id=policy['id'])
    for neutron in (cloud.one, cloud.central):
        assert (
            neutron.admin.show('port', port['id'])['qos_policy_id']
            == (policy['id'])
        )
    path = f'/ports/{port["id"]}'
    refused = user.put(path, {'port': {'qos_policy_id': own['id']}})
    assert refused.status_code == 409, refused.text
    unknown = user.put(path, {'port': {'qos_policy_id': str(uuid.uuid4())}})
    assert unknown.status_code == 404, unknown.text
    assert unknown.json()['NeutronError']['type'] == 'QosPolicyNotFound'
    for wanted in (other['id'], None):
        user.update('port', port['id'], qos_policy_id=wanted)
        for neutron in (cloud.one, cloud.central):
            found = neutron.admin.show('port', port['id'])
            assert found['qos_policy_id'] == wanted
    cloud.one.admin.remove(POLICY, own['id'])


def test_the_regions_own_go_on_and_may_be_its_default(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    admin, user = cloud.one.admin, cloud.one.client(fresh_project)
    default = admin.create(
        POLICY, project_id=fresh_project, name='own', is_default=True
    )
    rule = limit(cloud.one, default['id'], 5)
    shared = make_policy(cloud, fresh_project)

    user.show('network', network['id'])
    own = user.create_network(name='own')
    # By an ID that the region has not met.
    user.update('network', own['id'], qos_policy_id=shared['id'])

    assert own['qos_policy_id'] == default['id']
    assert limits(cloud.one, default['id']) == {rule['id']: 5}
    here = admin.show('network', network['id'])
    assert here['qos_policy_id'] is None
    assert admin.show(POLICY, shared['id'])['name'] == shared['name']
    user.remove('network', own['id'])
    admin.remove(POLICY, default['id'])
