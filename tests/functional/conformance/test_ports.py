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

from tests.functional.cloud.client import middle_pools
from tests.functional.conformance.sides import scenario
from tests.functional.conformance.sides import Side


@scenario
def test_port_from_creation_to_deletion(api: Side) -> None:
    network = api.network()
    api.subnet(network)
    port = api.user.post(
        '/ports',
        {
            'network_id': network['id'],
            'name': 'p',
            'description': 'd',
            'device_id': 'dev',
            'device_owner': 'mine',
            'dns_name': 'host',
        },
    )
    path = f'/ports/{port["id"]}'
    api.user.get(path)
    api.reader.get(path)
    api.other.get(path, 404)
    api.admin.get(path)
    api.user.put(
        path,
        {
            'name': 'n',
            'admin_state_up': False,
            'device_id': '',
            'device_owner': '',
        },
    )
    api.user.put(path, {'network_id': str(uuid.uuid4())}, 400)
    api.user.put(path, {'status': 'ACTIVE'}, 400)
    api.reader.put(path, {'name': 'x'}, 403)
    api.user.delete(path)
    api.user.get(path, 404)
    api.user.delete(path, 404)


@scenario
def test_addresses_of_a_port(api: Side) -> None:
    network = api.network()
    subnet = api.subnet(network)
    # What is asked for below is in no pool.
    second = api.subnet(
        network,
        '10.2.0.0/24',
        allocation_pools=middle_pools('10.2.0.0/24'),
    )

    def port(expect: int = 201, **attributes: object) -> object:
        return api.user.post(
            '/ports', {'network_id': network['id'], **attributes}, expect
        )

    fixed = {'subnet_id': subnet['id'], 'ip_address': '10.1.0.50'}
    made = port(fixed_ips=[fixed])
    assert isinstance(made, dict)
    path = f'/ports/{made["id"]}'
    assert made['fixed_ips'] == [fixed]
    port(409, fixed_ips=[fixed])
    port(fixed_ips=[{'subnet_id': second['id']}])
    port(fixed_ips=[{'ip_address': '10.2.0.77'}])
    port(400, fixed_ips=[{'ip_address': '10.9.0.1'}])
    port(
        400, fixed_ips=[{'subnet_id': subnet['id'], 'ip_address': '10.9.0.1'}]
    )
    port(404, fixed_ips=[{'subnet_id': str(uuid.uuid4())}])
    port(400, fixed_ips=[{'ip_address': 'nonsense'}])
    port(fixed_ips=[])
    api.user.put(
        path,
        {
            'fixed_ips': [
                {'subnet_id': subnet['id'], 'ip_address': '10.1.0.51'},
                {'subnet_id': second['id'], 'ip_address': '10.2.0.51'},
            ]
        },
    )
    api.user.put(path, {'fixed_ips': []})
    found = api.user.get('/ports', fixed_ips='ip_address=10.2.0.77')
    assert len(found) == 1
    api.user.get('/ports', fixed_ips='ip_address_substr=10.2.0.')
    api.user.get('/ports', fixed_ips=f'subnet_id={second["id"]}')


@scenario
def test_exhausted_subnet(api: Side) -> None:
    network = api.network()
    api.subnet(network, '10.3.0.0/30')
    api.user.post('/ports', {'network_id': network['id']})
    api.user.post('/ports', {'network_id': network['id']}, 409)
    api.user.post('/ports', [{'network_id': network['id']}] * 2, 409)


@scenario
def test_macs_of_ports(api: Side) -> None:
    network = api.network()
    mac = '02:00:00:00:00:01'
    api.admin.post('/ports', {'network_id': network['id'], 'mac_address': mac})
    api.admin.post(
        '/ports', {'network_id': network['id'], 'mac_address': mac}, 409
    )
    port = api.user.post(
        '/ports',
        {'network_id': network['id'], 'mac_address': '02:00:00:00:00:02'},
    )
    path = f'/ports/{port["id"]}'
    api.user.put(path, {'mac_address': '02:00:00:00:00:03'}, 403)
    api.admin.put(path, {'mac_address': '02:00:00:00:00:03'})
    api.admin.put(path, {'mac_address': None})
    api.user.post(
        '/ports', {'network_id': network['id'], 'mac_address': 'nonsense'}, 400
    )
    api.user.get('/ports', mac_address=mac)


@scenario
def test_ports_in_bulk(api: Side) -> None:
    network = api.network()
    api.subnet(network)
    made = api.user.post(
        '/ports',
        [{'network_id': network['id'], 'name': f'p{n}'} for n in range(5)],
    )
    assert len(made) == 5
    api.user.post(
        '/ports',
        [
            {'network_id': network['id'], 'tags': ['t']},
            {'network_id': network['id'], 'tags': ['u']},
        ],
    )
    api.user.post(
        '/ports',
        [{'network_id': network['id']}, {'network_id': str(uuid.uuid4())}],
        404,
    )
    api.user.post(
        '/ports', [{'network_id': network['id']}, {'nonsense': 1}], 400
    )
    get = api.user.get
    get('/ports', network_id=network['id'], name='p3')
    get(
        '/ports',
        network_id=network['id'],
        sort_key='name',
        sort_dir='desc',
        fields=['name'],
        name=['p1', 'p2'],
    )
    api.user.request(
        'GET',
        '/ports',
        None,
        200,
        limit=2,
        sort_key='name',
        sort_dir='asc',
        network_id=network['id'],
        name=['p1', 'p2', 'p3'],
    )
    get('/ports', device_owner='nobody')
    get('/ports', 400, nonsense=1)
    get('/ports', tags='t')
    api.other.get('/ports')


@scenario
def test_ports_that_are_refused(api: Side) -> None:
    network = api.network()

    def refused(status: int, **attributes: object) -> None:
        api.user.post(
            '/ports', {'network_id': network['id'], **attributes}, status
        )

    refused(404, network_id=str(uuid.uuid4()))
    refused(400, network_id='nonsense')
    refused(400, device_owner=7)
    refused(404, security_groups=[str(uuid.uuid4())])
    refused(400, security_groups=['nonsense'])
    refused(400, extra_dhcp_opts=[{'nonsense': 1}])
    refused(400, **{'binding:vnic_type': 'nonsense'})
    refused(403, **{'binding:host_id': 'host'})
    refused(403, **{'binding:profile': {'a': 'b'}})
    refused(400, admin_state_up='maybe')
    refused(400, project_id=api.other.project)
    foreign = api.other.post('/networks', {})
    refused(404, network_id=foreign['id'])
    api.user.request('POST', '/ports', {'port': {}}, 400)


@scenario
def test_binding_to_a_host_without_agent(api: Side) -> None:
    network = api.network()
    port = api.admin.post(
        '/ports',
        {
            'network_id': network['id'],
            'project_id': api.project,
            'binding:host_id': 'nowhere',
        },
    )
    assert port['binding:vif_type'] == 'binding_failed'
    path = f'/ports/{port["id"]}'
    api.user.get(path)
    api.admin.put(path, {'binding:host_id': 'elsewhere'})
    api.admin.put(path, {'binding:profile': {'a': 'b'}}, 403)
    api.admin.put(path, {'binding:vnic_type': 'direct'}, 409)
    api.admin.put(path, {'binding:host_id': ''})
    api.admin.put(path, {'binding:vnic_type': 'direct'})
    bindings = f'{path}/bindings'
    api.admin.get(bindings, 400)
    api.admin.put(path, {'device_owner': 'compute:nova'})
    api.admin.get(bindings)
    api.admin.request('POST', bindings, {'binding': {'host': 'third'}})
    api.admin.get(bindings)
    api.admin.request('PUT', f'{bindings}/third/activate', None)
    api.admin.request('DELETE', f'{bindings}/third', None)
    api.admin.get('/ports', **{'binding:host_id': 'elsewhere'})


@scenario
def test_port_security(api: Side) -> None:
    network = api.network(port_security_enabled=False)
    port = api.user.post('/ports', {'network_id': network['id']})
    assert port['port_security_enabled'] is False
    assert port['security_groups'] == []
    path = f'/ports/{port["id"]}'
    group = api.user.post('/security-groups', {'name': 'g'})
    api.user.put(path, {'security_groups': [group['id']]}, 400)
    api.user.put(path, {'port_security_enabled': True})
    api.subnet(network)
    with_address = api.user.post(
        '/ports', {'network_id': network['id'], 'port_security_enabled': True}
    )
    path = f'/ports/{with_address["id"]}'
    api.user.put(path, {'security_groups': [group['id']]})
    api.user.put(path, {'port_security_enabled': False}, 409)
    api.user.put(path, {'port_security_enabled': False, 'security_groups': []})
    api.user.put(f'/networks/{network["id"]}', {'port_security_enabled': True})


@scenario
def test_allowed_address_pairs(api: Side) -> None:
    network = api.network()
    api.subnet(network)
    port = api.user.post(
        '/ports',
        {
            'network_id': network['id'],
            'allowed_address_pairs': [{'ip_address': '10.1.0.99'}],
        },
    )
    path = f'/ports/{port["id"]}'
    api.user.put(
        path,
        {
            'allowed_address_pairs': [
                {
                    'ip_address': '10.7.0.0/16',
                    'mac_address': '02:00:00:00:00:09',
                }
            ]
        },
    )
    api.user.put(
        path, {'allowed_address_pairs': [{'ip_address': 'nonsense'}]}, 400
    )
    api.user.put(path, {'allowed_address_pairs': [{}]}, 400)
    api.user.put(
        path, {'allowed_address_pairs': [{'ip_address': '224.0.0.1'}]}, 400
    )
    api.user.put(
        path,
        {
            'allowed_address_pairs': [
                {'ip_address': '10.7.0.1'},
                {'ip_address': '10.7.0.1'},
            ]
        },
        400,
    )
    api.user.put(path, {'allowed_address_pairs': []})


@scenario
def test_extra_dhcp_options(api: Side) -> None:
    network = api.network()
    port = api.user.post(
        '/ports',
        {
            'network_id': network['id'],
            'extra_dhcp_opts': [
                {'opt_name': 'bootfile-name', 'opt_value': 'x'},
                {
                    'opt_name': 'tftp-server',
                    'opt_value': '192.0.2.1',
                    'ip_version': 4,
                },
            ],
        },
    )
    path = f'/ports/{port["id"]}'
    api.user.put(
        path,
        {
            'extra_dhcp_opts': [
                {'opt_name': 'bootfile-name', 'opt_value': None},
                {'opt_name': 'mtu', 'opt_value': '1400'},
            ]
        },
    )
    api.user.get(path)


@scenario
def test_less_used_attributes_of_ports(api: Side) -> None:
    network = api.network(dns_domain='example.net.')
    port = api.user.post(
        '/ports',
        {
            'network_id': network['id'],
            'propagate_uplink_status': True,
            'dns_name': 'name',
            'binding:vnic_type': 'direct',
        },
    )
    path = f'/ports/{port["id"]}'
    api.admin.put(path, {'data_plane_status': 'DOWN'})
    api.user.put(path, {'dns_name': 'new', 'dns_domain': 'example.com.'})
    api.user.put(path, {'dns_name': 'not a name'}, 400)
    api.admin.get(path)
    api.user.put(f'/networks/{network["id"]}', {'dns_domain': ''})


@scenario
def test_network_in_use(api: Side) -> None:
    network = api.network()
    port = api.user.post('/ports', {'network_id': network['id']})
    path = f'/networks/{network["id"]}'
    api.user.delete(path, 409)
    api.user.delete(f'/ports/{port["id"]}')
    subnet = api.subnet(network)
    held = api.admin.post(
        '/ports',
        {
            'network_id': network['id'],
            'device_owner': 'network:dhcp',
            'device_id': 'agent',
        },
    )
    # Neutron removes such ports by itself.
    api.user.delete(f'/subnets/{subnet["id"]}')
    api.admin.get(f'/ports/{held["id"]}')
    api.user.delete(path)
    api.admin.get(f'/ports/{held["id"]}', 404)
