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
def test_subnet_from_creation_to_deletion(api: Side) -> None:
    network = api.network()
    subnet = api.subnet(
        network,
        name='sub',
        description='d',
        dns_nameservers=['192.0.2.1', '192.0.2.2'],
        host_routes=[{'destination': '10.9.0.0/16', 'nexthop': '10.1.0.9'}],
        allocation_pools=[{'start': '10.1.0.10', 'end': '10.1.0.20'}],
    )
    path = f'/subnets/{subnet["id"]}'
    api.user.get(path)
    api.reader.get(path)
    api.other.get(path, 404)
    api.user.put(
        path,
        {
            'name': 'n',
            'gateway_ip': '10.1.0.254',
            'enable_dhcp': False,
            'dns_nameservers': [],
            'host_routes': [],
        },
    )
    api.user.put(
        path,
        {'allocation_pools': [{'start': '10.1.0.10', 'end': '10.1.0.12'}]},
    )
    api.user.put(path, {'cidr': '10.2.0.0/24'}, 400)
    api.user.put(path, {'gateway_ip': '10.1.0.11'}, 409)
    api.user.put(path, {'gateway_ip': None})
    port = api.user.post('/ports', {'network_id': network['id']})
    api.user.delete(path, 409)
    api.user.delete(f'/ports/{port["id"]}')
    api.user.delete(path)
    api.user.get(path, 404)


@scenario
def test_subnets_that_are_refused(api: Side) -> None:
    network = api.network()
    api.subnet(network)

    def refused(status: int, **attributes: object) -> None:
        api.user.post(
            '/subnets',
            {
                'network_id': network['id'],
                'cidr': '10.3.0.0/24',
                'ip_version': 4,
                **attributes,
            },
            status,
        )

    refused(400, cidr='10.1.0.0/25')
    refused(400, cidr='10.1.0.0/16')
    refused(400, cidr='nonsense')
    refused(400, ip_version=5)
    refused(400, ip_version=6)
    refused(404, network_id=str(uuid.uuid4()))
    refused(400, network_id='nonsense')
    refused(400, gateway_ip='nonsense')
    refused(
        409,
        gateway_ip='10.3.0.5',
        allocation_pools=[{'start': '10.3.0.2', 'end': '10.3.0.9'}],
    )
    refused(400, allocation_pools=[{'start': '10.4.0.2', 'end': '10.4.0.9'}])
    refused(
        409,
        allocation_pools=[
            {'start': '10.3.0.2', 'end': '10.3.0.9'},
            {'start': '10.3.0.8', 'end': '10.3.0.19'},
        ],
    )
    refused(400, dns_nameservers=['nonsense'])
    refused(400, dns_nameservers=[f'192.0.2.{n}' for n in range(1, 9)])
    refused(400, host_routes=[{'destination': 'x', 'nexthop': 'y'}])
    refused(400, ipv6_ra_mode='slaac')
    refused(404, subnetpool_id=str(uuid.uuid4()))
    foreign = api.other.post('/networks', {})
    refused(403, network_id=foreign['id'])


@scenario
def test_ipv6_subnets(api: Side) -> None:
    network = api.network()
    slaac = api.subnet(
        network,
        '2001:db8:1::/64',
        ipv6_ra_mode='slaac',
        ipv6_address_mode='slaac',
    )
    api.subnet(
        network,
        '2001:db8:2::/64',
        ipv6_ra_mode='dhcpv6-stateful',
        ipv6_address_mode='dhcpv6-stateful',
    )
    api.user.post(
        '/subnets',
        {
            'network_id': network['id'],
            'cidr': '2001:db8:3::/80',
            'ip_version': 6,
            'ipv6_ra_mode': 'slaac',
            'ipv6_address_mode': 'slaac',
        },
        400,
    )
    api.user.post(
        '/subnets',
        {
            'network_id': network['id'],
            'cidr': '2001:db8:4::/64',
            'ip_version': 6,
            'ipv6_ra_mode': 'slaac',
            'ipv6_address_mode': 'dhcpv6-stateful',
        },
        400,
    )
    port = api.user.post('/ports', {'network_id': network['id']})
    assert len(port['fixed_ips']) == 2
    api.user.put(f'/subnets/{slaac["id"]}', {'ipv6_ra_mode': None}, 400)
    # Neutron takes SLAAC addresses off ports by itself.
    api.user.delete(f'/subnets/{slaac["id"]}')
    api.user.get(f'/ports/{port["id"]}')


@scenario
def test_subnets_in_bulk_and_in_lists(api: Side) -> None:
    network = api.network()
    api.user.post(
        '/subnets',
        [
            {
                'network_id': network['id'],
                'cidr': f'10.{n}.0.0/24',
                'ip_version': 4,
                'name': f's{n}',
            }
            for n in range(1, 5)
        ],
    )
    api.user.post(
        '/subnets',
        [
            {
                'network_id': network['id'],
                'cidr': '10.20.0.0/24',
                'ip_version': 4,
            },
            {
                'network_id': network['id'],
                'cidr': '10.20.0.0/24',
                'ip_version': 4,
            },
        ],
        400,
    )
    get = api.user.get
    assert len(get('/subnets', network_id=network['id'])) == 4
    get('/subnets', cidr='10.2.0.0/24', network_id=network['id'])
    get(
        '/subnets',
        ip_version=4,
        network_id=network['id'],
        sort_key='cidr',
        sort_dir='desc',
    )
    api.user.request(
        'GET',
        '/subnets',
        None,
        200,
        limit=3,
        network_id=network['id'],
        sort_key='name',
        sort_dir='asc',
    )
    get('/subnets', enable_dhcp=True, fields='cidr', network_id=network['id'])
    get(f'/networks/{network["id"]}')


@scenario
def test_subnet_pools(api: Side) -> None:
    pool = api.user.post(
        '/subnetpools',
        {
            'name': 'pool',
            'prefixes': ['10.10.0.0/16'],
            'default_prefixlen': 24,
            'min_prefixlen': 20,
            'default_quota': 512,
        },
    )
    path = f'/subnetpools/{pool["id"]}'
    network = api.network()

    def subnet(expect: int = 201, **attributes: object) -> None:
        api.user.post(
            '/subnets',
            {
                'network_id': network['id'],
                'subnetpool_id': pool['id'],
                'ip_version': 4,
                **attributes,
            },
            expect,
        )

    subnet()
    subnet(prefixlen=25)
    subnet(400, prefixlen=16)
    subnet(409, prefixlen=23)
    subnet(409, cidr='10.99.0.0/24')
    subnet(400, ip_version=6)
    api.user.get(path)
    api.user.get('/subnetpools', sort_key='name', sort_dir='asc')
    api.user.put(
        path,
        {
            'prefixes': ['10.10.0.0/16', '10.11.0.0/16'],
            'name': 'new',
            'default_quota': 1024,
        },
    )
    api.user.put(path, {'prefixes': ['10.12.0.0/16']}, 400)
    api.user.action(f'{path}/add_prefixes', {'prefixes': ['10.20.0.0/16']})
    api.user.action(f'{path}/remove_prefixes', {'prefixes': ['10.20.0.0/16']})
    api.user.delete(path, 400)
    api.user.post('/subnetpools', {'name': 'x', 'prefixes': ['nonsense']}, 400)
    api.user.post(
        '/subnetpools',
        {'name': 'x', 'prefixes': ['10.0.0.0/8', '2001:db8::/32']},
        400,
    )
    api.user.post(
        '/subnetpools',
        {'name': 'x', 'prefixes': ['10.0.0.0/8'], 'shared': True},
        403,
    )
    api.user.post(
        '/subnetpools',
        {'name': 'x', 'prefixes': ['10.0.0.0/8'], 'default_prefixlen': 40},
        400,
    )
    for one in api.user.get('/subnets', network_id=network['id']):
        api.user.delete(f'/subnets/{one["id"]}')
    api.user.delete(path)


@scenario
def test_onboarding_of_a_network(api: Side) -> None:
    pool = api.user.post(
        '/subnetpools', {'name': 'pool', 'prefixes': ['10.30.0.0/16']}
    )
    network = api.network()
    subnet = api.subnet(network, '10.31.0.0/24')
    api.user.action(
        f'/subnetpools/{pool["id"]}/onboard_network_subnets',
        {'network_id': network['id']},
    )
    api.user.get(f'/subnets/{subnet["id"]}')
    api.user.get(f'/subnetpools/{pool["id"]}')


@scenario
def test_default_subnet_pool(api: Side) -> None:
    pool = api.admin.post(
        '/subnetpools',
        {
            'name': 'default',
            'prefixes': ['10.40.0.0/16'],
            'is_default': True,
            'shared': True,
            'default_prefixlen': 24,
        },
    )
    network = api.network()
    api.user.post(
        '/subnets',
        {
            'network_id': network['id'],
            'ip_version': 4,
            'use_default_subnetpool': True,
        },
    )
    api.user.post(
        '/subnets',
        {
            'network_id': network['id'],
            'ip_version': 6,
            'use_default_subnetpool': True,
        },
        400,
    )
    api.admin.post(
        '/subnetpools',
        {'name': 'two', 'prefixes': ['10.50.0.0/16'], 'is_default': True},
        400,
    )
    api.user.delete(f'/networks/{network["id"]}')
    api.admin.delete(f'/subnetpools/{pool["id"]}')


@scenario
def test_address_scopes(api: Side) -> None:
    scope = api.user.post(
        '/address-scopes', {'name': 'scope', 'ip_version': 4}
    )
    path = f'/address-scopes/{scope["id"]}'
    pool = api.user.post(
        '/subnetpools',
        {
            'name': 'pool',
            'prefixes': ['10.60.0.0/16'],
            'address_scope_id': scope['id'],
        },
    )
    api.user.post(
        '/subnetpools',
        {
            'name': 'overlapping',
            'prefixes': ['10.60.0.0/20'],
            'address_scope_id': scope['id'],
        },
        409,
    )
    api.user.post(
        '/subnetpools',
        {
            'name': 'six',
            'prefixes': ['2001:db8::/48'],
            'address_scope_id': scope['id'],
        },
        400,
    )
    network = api.network()
    api.user.post(
        '/subnets',
        {
            'network_id': network['id'],
            'subnetpool_id': pool['id'],
            'ip_version': 4,
            'prefixlen': 24,
        },
    )
    api.user.get(f'/networks/{network["id"]}')
    api.user.get(path)
    api.user.put(path, {'name': 'new'})
    api.user.put(path, {'ip_version': 6}, 400)
    api.user.delete(path, 409)
    api.user.post('/address-scopes', {'name': 'x', 'ip_version': 9}, 400)
    api.user.post(
        '/address-scopes', {'name': 'x', 'ip_version': 4, 'shared': True}, 403
    )
    api.other.get(path, 404)
    policy = api.user.post(
        '/rbac-policies',
        {
            'object_type': 'address_scope',
            'object_id': scope['id'],
            'action': 'access_as_shared',
            'target_tenant': api.other.project,
        },
    )
    api.other.get(path)
    api.user.delete(f'/rbac-policies/{policy["id"]}')
    api.user.get('/address-scopes', name='new')


@scenario
def test_service_types(api: Side) -> None:
    network = api.network()
    subnet = api.subnet(network, service_types=['compute:nova'])
    api.subnet(network, '10.2.0.0/24')
    api.user.get(f'/subnets/{subnet["id"]}')
    api.user.put(f'/subnets/{subnet["id"]}', {'service_types': []})
    api.user.put(f'/subnets/{subnet["id"]}', {'service_types': [7]}, 400)


@scenario
def test_ip_availability(api: Side) -> None:
    network = api.network()
    api.subnet(network)
    api.user.post('/ports', {'network_id': network['id']})
    path = '/network-ip-availabilities'
    api.admin.get(f'{path}/{network["id"]}')
    api.admin.get(path, network_id=network['id'])
    api.admin.get(path, project_id=api.project)
    api.user.get(f'{path}/{network["id"]}', 404)
    api.admin.get(f'{path}/{uuid.uuid4()}', 404)
