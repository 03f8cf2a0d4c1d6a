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
def test_router_from_creation_to_deletion(api: Side) -> None:
    router = api.user.post('/routers', {'name': 'r', 'description': 'd'})
    path = f'/routers/{router["id"]}'
    api.user.get(path)
    api.reader.get(path)
    api.other.get(path, 404)
    api.admin.get(path)
    api.user.put(path, {'name': 's', 'admin_state_up': False})
    api.user.get('/routers', name='s')
    api.user.get('/routers', sort_key='name', sort_dir='asc', fields=['name'])
    api.user.delete(path)
    api.user.get(path, 404)
    api.user.post('/routers', {'nonsense': 1}, 400)
    api.user.post('/routers', {'distributed': True}, 403)
    api.user.post('/routers', {'ha': True}, 403)
    api.user.post('/routers', {'flavor_id': str(uuid.uuid4())}, 404)


@scenario
def test_interfaces(api: Side) -> None:
    network = api.network()
    subnet = api.subnet(network)
    second = api.subnet(network, '10.2.0.0/24')
    router = api.user.post('/routers', {'name': 'r'})
    path = f'/routers/{router["id"]}'
    add, remove = (
        f'{path}/add_router_interface',
        (f'{path}/remove_router_interface'),
    )
    api.user.action(add, {'subnet_id': subnet['id']})
    api.user.action(add, {'subnet_id': subnet['id']}, 400)
    port = api.user.post(
        '/ports',
        {
            'network_id': network['id'],
            'fixed_ips': [{'subnet_id': second['id']}],
        },
    )
    api.user.action(add, {'port_id': port['id']})
    api.user.action(add, {'port_id': port['id']}, 409)
    api.user.get('/ports', device_id=router['id'])
    api.user.delete(f'/ports/{port["id"]}', 409)
    api.user.delete(f'/subnets/{subnet["id"]}', 409)
    api.user.delete(f'/networks/{network["id"]}', 409)
    api.user.delete(path, 409)
    api.user.action(add, {}, 400)
    api.user.action(add, {'subnet_id': str(uuid.uuid4())}, 404)
    api.user.action(add, {'port_id': str(uuid.uuid4())}, 404)
    api.user.action(
        add, {'subnet_id': subnet['id'], 'port_id': port['id']}, 400
    )
    overlapping = api.subnet(api.network(), '10.1.0.0/16')
    api.user.action(add, {'subnet_id': overlapping['id']}, 400)
    no_gateway = api.subnet(api.network(), '10.5.0.0/24', gateway_ip=None)
    api.user.action(add, {'subnet_id': no_gateway['id']}, 400)
    foreign = api.other.post('/networks', {})
    hidden = api.other.post(
        '/subnets',
        {'network_id': foreign['id'], 'cidr': '10.6.0.0/24', 'ip_version': 4},
    )
    api.user.action(add, {'subnet_id': hidden['id']}, 404)
    api.user.action(remove, {'port_id': port['id']})
    api.user.action(remove, {'subnet_id': second['id']}, 404)
    api.user.action(remove, {'subnet_id': subnet['id']})
    api.user.action(remove, {}, 400)
    api.user.delete(path)


@scenario
def test_gateway(api: Side) -> None:
    external, subnet = api.external()
    router = api.user.post('/routers', {'name': 'r'})
    path = f'/routers/{router["id"]}'

    def gateway(info: object, expect: int = 200, who: object = None) -> object:
        return (api.admin if who else api.user).put(
            path, {'external_gateway_info': info}, expect
        )

    gateway({'network_id': external['id']})
    gateway({'network_id': external['id'], 'enable_snat': False}, 403)
    gateway({'network_id': external['id'], 'enable_snat': False}, who='admin')
    gateway(
        {
            'network_id': external['id'],
            'external_fixed_ips': [
                {'subnet_id': subnet['id'], 'ip_address': '203.0.113.77'}
            ],
        },
        who='admin',
    )
    gateway(
        {
            'network_id': external['id'],
            'external_fixed_ips': [{'ip_address': '198.51.100.1'}],
        },
        400,
        who='admin',
    )
    api.admin.get('/ports', device_id=router['id'])
    api.admin.delete(f'/networks/{external["id"]}', 409)
    api.admin.put(
        f'/networks/{external["id"]}', {'router:external': False}, 409
    )
    gateway({})
    gateway(None)
    gateway({'network_id': str(uuid.uuid4())}, 404)
    gateway({'network_id': 'nonsense'}, 400)
    inner = api.network()
    api.subnet(inner)
    gateway({'network_id': inner['id']}, 400)
    made = api.user.post(
        '/routers', {'external_gateway_info': {'network_id': external['id']}}
    )
    api.user.delete(f'/routers/{made["id"]}')
    api.user.delete(path)
    api.admin.delete(f'/networks/{external["id"]}')


@scenario
def test_extra_routes(api: Side) -> None:
    network = api.network()
    subnet = api.subnet(network)
    router = api.user.post('/routers', {'name': 'r'})
    path = f'/routers/{router["id"]}'
    api.user.action(
        f'{path}/add_router_interface', {'subnet_id': subnet['id']}
    )

    def route(number: int, nexthop: str = '10.1.0.99') -> dict[str, str]:
        return {'destination': f'10.{number}.0.0/16', 'nexthop': nexthop}

    api.user.put(path, {'routes': [route(50)]})
    api.user.put(path, {'routes': [route(50, '172.16.0.1')]}, 400)
    api.user.put(path, {'routes': [route(50, '10.1.0.1')]}, 400)
    api.user.put(path, {'routes': [{'destination': 'x', 'nexthop': 'y'}]}, 400)
    # More than the quota.
    api.user.put(path, {'routes': [route(n) for n in range(50, 81)]}, 409)
    api.user.action(
        f'{path}/add_extraroutes',
        {'router': {'routes': [route(51), route(52)]}},
    )
    api.user.action(
        f'{path}/remove_extraroutes',
        {'router': {'routes': [route(51), route(60)]}},
    )
    api.user.get(path)
    api.user.action(
        f'{path}/remove_router_interface', {'subnet_id': subnet['id']}, 409
    )
    api.user.put(path, {'routes': []})
    api.user.put(path, {'routes': None})
    api.user.action(
        f'{path}/remove_router_interface', {'subnet_id': subnet['id']}
    )


@scenario
def test_distributed_and_highly_available_routers(api: Side) -> None:
    for attributes in (
        {'distributed': True},
        {'ha': True},
        {'distributed': True, 'ha': True},
    ):
        router = api.admin.post(
            '/routers', {'project_id': api.project, **attributes}
        )
        path = f'/routers/{router["id"]}'
        api.admin.get(path)
        api.user.get(path)
        api.admin.put(path, {'distributed': False}, 400) if (
            'distributed' in attributes
        ) else None
        api.admin.get(f'{path}/l3-agents')
        api.user.delete(path)
    api.admin.get('/networks', project_id='', name='HA network')


@scenario
def test_floating_ips(api: Side) -> None:
    external, router, subnet, port = api.routed_port()
    floating = api.user.post(
        '/floatingips',
        {'floating_network_id': external['id'], 'description': 'd'},
    )
    path = f'/floatingips/{floating["id"]}'
    api.user.get(path)
    api.other.get(path, 404)
    api.user.put(path, {'port_id': port['id']})
    api.user.get(path)
    api.user.get(f'/ports/{port["id"]}')
    api.user.get('/floatingips', port_id=port['id'])
    api.user.get(
        '/floatingips',
        router_id=router['id'],
        sort_key='status',
        sort_dir='asc',
    )
    second = api.user.post(
        '/floatingips', {'floating_network_id': external['id']}
    )
    api.user.put(f'/floatingips/{second["id"]}', {'port_id': port['id']}, 409)
    api.user.put(path, {'port_id': str(uuid.uuid4())}, 404)
    api.user.action(
        f'/routers/{router["id"]}/remove_router_interface',
        {'subnet_id': subnet['id']},
        409,
    )
    api.user.put(
        f'/routers/{router["id"]}', {'external_gateway_info': {}}, 409
    )
    api.user.put(path, {'port_id': None})
    api.user.put(path, {'description': 'new'})
    api.admin.post(
        '/floatingips',
        {
            'floating_network_id': external['id'],
            'project_id': api.project,
            'floating_ip_address': '203.0.113.55',
        },
    )
    api.admin.post(
        '/floatingips',
        {
            'floating_network_id': external['id'],
            'project_id': api.project,
            'floating_ip_address': '203.0.113.55',
        },
        409,
    )
    api.user.post(
        '/floatingips',
        {
            'floating_network_id': external['id'],
            'floating_ip_address': '203.0.113.56',
        },
        403,
    )
    direct = api.user.post(
        '/floatingips',
        {
            'floating_network_id': external['id'],
            'port_id': port['id'],
            'fixed_ip_address': port['fixed_ips'][0]['ip_address'],
        },
    )
    # One more than the quota.
    api.user.post('/floatingips', {'floating_network_id': external['id']}, 409)
    api.user.delete(f'/ports/{port["id"]}')
    api.user.get(f'/floatingips/{direct["id"]}')
    api.user.delete(path)
    api.user.delete(path, 404)


@scenario
def test_floating_ips_that_are_refused(api: Side) -> None:
    external, _ = api.external()
    inner = api.network()
    api.subnet(inner)
    port = api.user.post('/ports', {'network_id': inner['id']})

    def refused(status: int, **attributes: object) -> None:
        api.user.post(
            '/floatingips',
            {'floating_network_id': external['id'], **attributes},
            status,
        )

    refused(404, floating_network_id=str(uuid.uuid4()))
    refused(400, floating_network_id=inner['id'])
    refused(404, port_id=port['id'])
    refused(404, port_id=str(uuid.uuid4()))
    refused(400, fixed_ip_address='10.1.0.9')
    refused(400, floating_ip_address='nonsense')
    api.user.post('/floatingips', {}, 400)


@scenario
def test_floating_ip_pools(api: Side) -> None:
    network, _ = api.external('198.51.100.0/24')
    found = api.user.get('/floatingip_pools', only_of=network['id'])
    assert len(found) == 1
    api.admin.delete(f'/networks/{network["id"]}')


@scenario
def test_port_forwardings(api: Side) -> None:
    external, _, _, port = api.routed_port()
    floating = api.user.post(
        '/floatingips', {'floating_network_id': external['id']}
    )
    path = f'/floatingips/{floating["id"]}/port_forwardings'
    address = port['fixed_ips'][0]['ip_address']
    body = {
        'internal_port_id': port['id'],
        'internal_ip_address': address,
        'internal_port': 80,
        'external_port': 8080,
        'protocol': 'tcp',
    }

    def create(changes: dict[str, object], expect: int = 201) -> object:
        content = api.user.request(
            'POST', path, {'port_forwarding': {**body, **changes}}, expect
        )
        return content.get('port_forwarding')

    made = create({'description': 'd'})
    assert isinstance(made, dict)
    create({}, 400)
    create({'external_port': 8081, 'internal_port': 81})
    create({'external_port': 70000}, 400)
    create({'protocol': 'nonsense', 'external_port': 1}, 400)
    create(
        {
            'internal_ip_address': '10.7.7.7',
            'external_port': 2,
            'internal_port': 2,
        },
        400,
    )
    create({'internal_port_id': str(uuid.uuid4()), 'external_port': 3}, 404)
    api.user.get(path)
    api.user.get(f'{path}/{made["id"]}')
    api.user.get(f'/floatingips/{floating["id"]}')
    api.user.request(
        'PUT',
        f'{path}/{made["id"]}',
        {'port_forwarding': {'external_port': 9090}},
        200,
    )
    api.user.put(
        f'/floatingips/{floating["id"]}', {'port_id': port['id']}, 409
    )
    api.user.request('DELETE', f'{path}/{made["id"]}', None, 204)
    api.user.request('DELETE', f'{path}/{made["id"]}', None, 404)
    api.user.delete(f'/floatingips/{floating["id"]}', 409)


@scenario
def test_conntrack_helpers(api: Side) -> None:
    router = api.user.post('/routers', {'name': 'r'})
    path = f'/routers/{router["id"]}/conntrack_helpers'
    body = {'protocol': 'udp', 'port': 69, 'helper': 'tftp'}
    made = api.user.request('POST', path, {'conntrack_helper': body}, 201)[
        'conntrack_helper'
    ]
    api.user.request('POST', path, {'conntrack_helper': body}, 400)
    api.user.request(
        'POST', path, {'conntrack_helper': {**body, 'helper': 'nonsense'}}, 400
    )
    api.user.get(path)
    api.user.request(
        'PUT',
        f'{path}/{made["id"]}',
        {'conntrack_helper': {'port': 6969}},
        200,
    )
    api.user.get(f'/routers/{router["id"]}')
    api.user.request('DELETE', f'{path}/{made["id"]}', None, 204)


@scenario
def test_ndp_proxies(api: Side) -> None:
    external, _ = api.external()
    api.user.get('/ndp_proxies')
    router = api.user.post(
        '/routers',
        {
            'enable_ndp_proxy': True,
            'external_gateway_info': {'network_id': external['id']},
        },
        409,
    )
    assert 'id' not in (router or {})


@scenario
def test_quota_of_routers(api: Side) -> None:
    for number in range(5):
        api.user.post('/routers', {'name': f'r{number}'})
    api.user.post('/routers', {'name': 'one too many'}, 409)
    api.admin.action(f'/quotas/{api.project}', {'quota': {'router': 6}})
    api.user.post('/routers', {'name': 'allowed now'})
    api.admin.delete(f'/quotas/{api.project}')
