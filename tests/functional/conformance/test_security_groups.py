# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

import uuid

from tests.functional.conformance.sides import scenario
from tests.functional.conformance.sides import Side


@scenario
def test_security_group_from_creation_to_deletion(api: Side) -> None:
    group = api.user.post(
        '/security-groups', {'name': 'g', 'description': 'd'}
    )
    path = f'/security-groups/{group["id"]}'
    api.user.get(path)
    api.reader.get(path)
    api.other.get(path, 404)
    api.user.put(path, {'name': 'h', 'description': 'e'})
    api.user.put(path, {'stateful': False})
    api.user.get('/security-groups', name='h')
    api.user.get(
        '/security-groups', sort_key='name', sort_dir='asc', fields=['name']
    )
    network = api.network()
    port = api.user.post(
        '/ports',
        {'network_id': network['id'], 'security_groups': [group['id']]},
    )
    api.user.get('/ports', security_groups=group['id'])
    api.user.delete(path, 409)
    api.user.put(path, {'stateful': True}, 409)
    api.user.delete(f'/ports/{port["id"]}')
    api.user.delete(path)
    api.user.get(path, 404)
    api.user.post('/security-groups', {}, 201)
    api.user.post('/security-groups', {'name': 5}, 400)


@scenario
def test_default_security_group(api: Side) -> None:
    found = api.user.get('/security-groups')
    assert [one['name'] for one in found] == ['default']
    path = f'/security-groups/{found[0]["id"]}'
    api.user.put(path, {'description': 'mine'})
    api.user.put(path, {'name': 'other'}, 409)
    api.user.delete(path, 409)
    api.user.post('/security-groups', {'name': 'default'}, 409)
    network = api.network()
    port = api.user.post('/ports', {'network_id': network['id']})
    assert port['security_groups'] == [found[0]['id']]
    api.user.put(f'/ports/{port["id"]}', {'security_groups': []})
    # An operator may delete it, and Neutron makes it anew when needed.
    api.admin.delete(path)
    api.user.get('/security-groups')


@scenario
def test_rules(api: Side) -> None:
    group = api.user.post('/security-groups', {'name': 'g'})
    remote = api.user.post('/security-groups', {'name': 'r'})

    def rule(expect: int = 201, **attributes: object) -> object:
        return api.user.post(
            '/security-group-rules',
            {
                'security_group_id': group['id'],
                'direction': 'ingress',
                **attributes,
            },
            expect,
        )

    made = rule(
        protocol='tcp',
        port_range_min=80,
        port_range_max=90,
        remote_ip_prefix='10.0.0.0/8',
        description='web',
    )
    assert isinstance(made, dict)
    rule(
        409,
        protocol='tcp',
        port_range_min=80,
        port_range_max=90,
        remote_ip_prefix='10.0.0.0/8',
    )
    rule(protocol='icmp', port_range_min=8)
    rule(protocol='icmpv6', ethertype='IPv6')
    rule(protocol=47)
    rule(protocol='tcp', remote_group_id=remote['id'])
    rule(direction='egress', protocol='udp', ethertype='IPv4')
    rule(remote_ip_prefix='10.0.0.7/8')
    rule(400, protocol='tcp', port_range_min=90, port_range_max=80)
    rule(400, protocol='icmp', port_range_min=500)
    rule(400, port_range_min=80, port_range_max=90)
    rule(400, protocol='nonsense')
    rule(400, direction='sideways')
    rule(400, ethertype='IPv5')
    rule(400, remote_ip_prefix='nonsense')
    rule(400, remote_ip_prefix='2001:db8::/32', ethertype='IPv4')
    rule(400, remote_ip_prefix='10.0.0.0/8', remote_group_id=remote['id'])
    rule(404, remote_group_id=str(uuid.uuid4()))
    rule(404, security_group_id=str(uuid.uuid4()))
    api.user.get('/security-group-rules', security_group_id=group['id'])
    api.user.get('/security-group-rules', direction='egress', protocol='udp')
    path = f'/security-group-rules/{made["id"]}'
    api.user.get(path)
    api.other.get(path, 404)
    api.other.delete(path, 404)
    api.user.delete(path)
    api.user.delete(path, 404)
    api.user.get(f'/security-groups/{group["id"]}')
    api.user.delete(f'/security-groups/{remote["id"]}')


@scenario
def test_rules_in_bulk(api: Side) -> None:
    group = api.user.post('/security-groups', {'name': 'g'})
    rule = {
        'security_group_id': group['id'],
        'direction': 'ingress',
        'protocol': 'tcp',
    }
    api.user.post(
        '/security-group-rules',
        [
            {**rule, 'port_range_min': n, 'port_range_max': n}
            for n in (1, 2, 3)
        ],
    )
    api.user.post(
        '/security-group-rules',
        [{**rule, 'port_range_min': n, 'port_range_max': n} for n in (4, 3)],
        409,
    )
    api.user.post('/security-groups', [{'name': 'a'}, {'name': 'b'}])
    assert (
        len(
            api.user.get(f'/security-groups/{group["id"]}')[
                'security_group_rules'
            ]
        )
        == 5
    )


@scenario
def test_shared_security_group(api: Side) -> None:
    group = api.user.post('/security-groups', {'name': 'g'})
    path = f'/security-groups/{group["id"]}'
    policy = api.user.post(
        '/rbac-policies',
        {
            'object_type': 'security_group',
            'object_id': group['id'],
            'action': 'access_as_shared',
            'target_tenant': api.other.project,
        },
    )
    api.other.get(path)
    api.other.get('/security-groups', shared=True)
    network = api.other.post('/networks', {})
    port = api.other.post(
        '/ports',
        {'network_id': network['id'], 'security_groups': [group['id']]},
    )
    api.user.delete(f'/rbac-policies/{policy["id"]}', 409)
    api.other.delete(f'/ports/{port["id"]}')
    api.user.delete(f'/rbac-policies/{policy["id"]}')
    api.other.get(path, 404)


@scenario
def test_address_groups(api: Side) -> None:
    group = api.user.post(
        '/address-groups',
        {'name': 'ag', 'addresses': ['10.0.0.0/8', '192.0.2.1/32']},
    )
    path = f'/address-groups/{group["id"]}'
    api.user.get(path)
    api.user.put(path, {'name': 'new', 'description': 'd'})
    api.user.action(f'{path}/add_addresses', {'addresses': ['10.9.0.0/16']})
    api.user.action(f'{path}/remove_addresses', {'addresses': ['10.9.0.0/16']})
    api.user.action(
        f'{path}/remove_addresses', {'addresses': ['10.8.0.0/16']}, 404
    )
    rules = api.user.post('/security-groups', {'name': 'g'})
    api.user.post(
        '/security-group-rules',
        {
            'security_group_id': rules['id'],
            'direction': 'ingress',
            'remote_address_group_id': group['id'],
        },
    )
    api.user.post(
        '/security-group-rules',
        {
            'security_group_id': rules['id'],
            'direction': 'ingress',
            'remote_address_group_id': str(uuid.uuid4()),
        },
        404,
    )
    api.user.delete(path, 409)
    api.user.post('/address-groups', {'name': 'x', 'addresses': ['n']}, 400)
    api.other.get(path, 404)
    api.user.get('/address-groups', name='new')


@scenario
def test_default_rules(api: Side) -> None:
    path = '/default-security-group-rules'
    api.user.get(path)
    rule = api.admin.post(
        path,
        {
            'direction': 'ingress',
            'protocol': 'udp',
            'port_range_min': 53,
            'port_range_max': 53,
            'used_in_default_sg': False,
            'used_in_non_default_sg': True,
        },
    )
    group = api.user.post('/security-groups', {'name': 'g'})
    assert len(group['security_group_rules']) == 3
    api.user.post(
        path,
        {
            'direction': 'ingress',
            'used_in_default_sg': False,
            'used_in_non_default_sg': False,
        },
        403,
    )
    api.admin.post(path, {'direction': 'ingress'}, 400)
    api.admin.delete(f'{path}/{rule["id"]}')
