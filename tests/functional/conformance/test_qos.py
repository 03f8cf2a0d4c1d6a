# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Quality of service: policies, rules, and what has a policy."""

from typing import Any
import uuid

from tests.functional.conformance.sides import scenario
from tests.functional.conformance.sides import Side


@scenario
def test_qos_policies(api: Side) -> None:
    policy = api.admin.post(
        '/qos/policies',
        {'name': 'q', 'project_id': api.project, 'description': 'd'},
    )
    path = f'/qos/policies/{policy["id"]}'
    api.user.get(path)
    api.user.post('/qos/policies', {'name': 'mine'}, 403)
    api.admin.put(path, {'name': 'new', 'shared': True})
    api.other.get(path)
    api.admin.get('/qos/policies', name='new')
    api.admin.post('/qos/policies', {'nonsense': 1}, 400)
    network = api.network(qos_policy_id=policy['id'])
    api.admin.delete(path, 409)
    api.user.put(f'/networks/{network["id"]}', {'qos_policy_id': None})
    port = api.user.post(
        '/ports', {'network_id': network['id'], 'qos_policy_id': policy['id']}
    )
    api.user.put(f'/ports/{port["id"]}', {'qos_policy_id': None})
    api.user.put(
        f'/ports/{port["id"]}', {'qos_policy_id': str(uuid.uuid4())}, 404
    )
    api.admin.delete(path)


@scenario
def test_qos_rules(api: Side) -> None:
    policy = api.admin.post('/qos/policies', {'name': 'q'})
    path = f'/qos/policies/{policy["id"]}'

    def create(kind: str, body: dict[str, Any], expect: int = 201) -> object:
        content = api.admin.request(
            'POST', f'{path}/{kind}s', {kind: body}, expect
        )
        return content.get(kind)

    for kind, body, changed in (
        (
            'bandwidth_limit_rule',
            {'max_kbps': 1000, 'max_burst_kbps': 9},
            {'max_kbps': 2000},
        ),
        (
            'bandwidth_limit_rule',
            {'max_kbps': 9, 'direction': 'ingress'},
            {'max_burst_kbps': 3},
        ),
        ('dscp_marking_rule', {'dscp_mark': 10}, {'dscp_mark': 12}),
        ('minimum_bandwidth_rule', {'min_kbps': 1}, {'min_kbps': 2}),
        ('packet_rate_limit_rule', {'max_kpps': 10}, {'max_kpps': 20}),
        ('minimum_packet_rate_rule', {'min_kpps': 1}, {'min_kpps': 2}),
    ):
        made = create(kind, body)
        if not isinstance(made, dict):
            continue
        one = f'{path}/{kind}s/{made["id"]}'
        api.admin.get(one)
        api.admin.get(f'{path}/{kind}s')
        api.admin.request('PUT', one, {kind: changed}, 200)
    create('bandwidth_limit_rule', {'max_kbps': 5}, 409)
    create('bandwidth_limit_rule', {'max_kbps': -5}, 400)
    create('dscp_marking_rule', {'dscp_mark': 3}, 400)
    api.admin.get(path)
    network = api.network()
    port = api.admin.post(
        '/ports', {'network_id': network['id'], 'qos_policy_id': policy['id']}
    )
    api.admin.get(f'/ports/{port["id"]}')
    api.admin.delete(f'/ports/{port["id"]}')
    api.admin.delete(path)


@scenario
def test_qos_rule_types(api: Side) -> None:
    api.user.get('/qos/rule-types')
    api.user.get('/qos/rule-types', all_supported=True)
    api.user.get('/qos/rule-types', all_rules=True)
    for name in ('bandwidth_limit', 'dscp_marking', 'minimum_bandwidth'):
        found = api.admin.request('GET', f'/qos/rule-types/{name}', None, 200)
        assert found['rule_type']['drivers']


@scenario
def test_default_qos_policy(api: Side) -> None:
    policy = api.admin.post(
        '/qos/policies',
        {'name': 'q', 'project_id': api.project, 'is_default': True},
    )
    network = api.network()
    assert network['qos_policy_id'] == policy['id']
    api.admin.post(
        '/qos/policies',
        {'name': 'r', 'project_id': api.project, 'is_default': True},
        409,
    )
    api.admin.put(f'/qos/policies/{policy["id"]}', {'is_default': False})


@scenario
def test_qos_of_floating_ips_and_gateways(api: Side) -> None:
    external, router, _, _ = api.routed_port()
    policy = api.admin.post('/qos/policies', {'name': 'q', 'shared': True})
    floating = api.user.post(
        '/floatingips',
        {'floating_network_id': external['id'], 'qos_policy_id': policy['id']},
    )
    api.user.put(f'/floatingips/{floating["id"]}', {'qos_policy_id': None})
    api.admin.put(
        f'/routers/{router["id"]}',
        {
            'external_gateway_info': {
                'network_id': external['id'],
                'qos_policy_id': policy['id'],
            }
        },
    )
    api.admin.delete(f'/qos/policies/{policy["id"]}', 409)
