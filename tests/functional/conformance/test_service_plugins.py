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
def test_trunks(api: Side) -> None:
    network = api.network()
    ports = api.user.post(
        '/ports',
        [{'network_id': network['id'], 'name': f'p{n}'} for n in range(4)],
    )
    ids = {one['name']: one['id'] for one in ports}
    trunk = api.user.post(
        '/trunks',
        {
            'port_id': ids['p0'],
            'name': 't',
            'sub_ports': [
                {
                    'port_id': ids['p1'],
                    'segmentation_type': 'vlan',
                    'segmentation_id': 101,
                }
            ],
        },
    )
    path = f'/trunks/{trunk["id"]}'
    api.user.get(path)
    api.user.get(f'/ports/{ids["p0"]}')
    api.user.get('/trunks', name='t')
    api.user.put(path, {'name': 'u', 'admin_state_up': True})

    def add(
        number: int, segment: object, expect: int = 200, kind: str = 'vlan'
    ) -> None:
        api.user.action(
            f'{path}/add_subports',
            {
                'sub_ports': [
                    {
                        'port_id': ids[f'p{number}'],
                        'segmentation_type': kind,
                        'segmentation_id': segment,
                    }
                ]
            },
            expect,
        )

    add(2, 102)
    add(3, 102, 409)
    add(2, 103, 409)
    add(0, 104, 409)
    add(3, 105, 400, 'nonsense')
    add(3, 5000, 400)
    api.user.get(f'{path}/get_subports')
    api.user.action(
        f'{path}/remove_subports', {'sub_ports': [{'port_id': ids['p2']}]}
    )
    api.user.action(
        f'{path}/remove_subports', {'sub_ports': [{'port_id': ids['p2']}]}, 404
    )
    api.user.post('/trunks', {'port_id': ids['p0']}, 409)
    api.user.post('/trunks', {'port_id': str(uuid.uuid4())}, 404)
    api.user.post('/trunks', {}, 400)
    api.user.delete(f'/ports/{ids["p0"]}', 409)
    api.user.delete(f'/ports/{ids["p1"]}', 409)
    api.other.get(path, 404)
    api.user.put(path, {'admin_state_up': False})
    add(3, 106, 409)
    api.user.put(path, {'admin_state_up': True})
    api.user.delete(path)
    api.user.delete(f'/ports/{ids["p0"]}')


@scenario
def test_trunk_on_a_bound_port(api: Side) -> None:
    network = api.network()
    port = api.admin.post(
        '/ports',
        {
            'network_id': network['id'],
            'project_id': api.project,
            'binding:host_id': 'nowhere',
            'device_id': 'vm',
            'device_owner': 'compute:nova',
        },
    )
    trunk = api.user.request(
        'POST', '/trunks', {'trunk': {'port_id': port['id']}}
    )
    assert trunk


@scenario
def test_segments(api: Side) -> None:
    # The first network that is deleted has Neutron load the plugin once more
    # (_delete_segments_for_network), and then it says some things twice.
    first = api.admin.post('/networks', {'name': 'first'})
    api.admin.delete(f'/networks/{first["id"]}')
    network = api.admin.post(
        '/networks',
        {
            'provider:network_type': 'vlan',
            'provider:physical_network': 'bridge',
            'provider:segmentation_id': 590,
            'mtu': 1400,
        },
    )
    found = api.admin.get('/segments', network_id=network['id'])
    path = f'/segments/{found[0]["id"]}'
    api.admin.get(path)
    api.admin.put(path, {'name': 'n', 'description': 'd'})
    segment = api.admin.post(
        '/segments',
        {
            'network_id': network['id'],
            'network_type': 'vxlan',
            'segmentation_id': 5590,
            'name': 'second',
        },
    )
    api.admin.get(f'/networks/{network["id"]}')
    api.admin.post(
        '/segments',
        {'network_id': network['id'], 'network_type': 'nonsense'},
        400,
    )
    api.admin.post(
        '/segments',
        {'network_id': str(uuid.uuid4()), 'network_type': 'vxlan'},
        404,
    )
    api.user.post(
        '/segments',
        {'network_id': network['id'], 'network_type': 'vxlan'},
        403,
    )
    subnet = api.admin.post(
        '/subnets',
        {
            'network_id': network['id'],
            'segment_id': found[0]['id'],
            'cidr': '10.1.0.0/24',
            'ip_version': 4,
        },
    )
    api.admin.delete(path, 409)
    api.admin.get(f'/subnets/{subnet["id"]}')
    # No host is on a segment, so addresses wait for the binding.
    port = api.admin.post('/ports', {'network_id': network['id']})
    api.admin.delete(f'/ports/{port["id"]}')
    api.admin.delete(f'/subnets/{subnet["id"]}')
    api.admin.delete(f'/segments/{segment["id"]}')
    api.admin.get('/segments', name='n')
    api.admin.delete(f'/networks/{network["id"]}')


@scenario
def test_network_segment_ranges(api: Side) -> None:
    path = '/network-segment-ranges'
    api.admin.get(path)
    made = api.admin.post(
        path,
        {
            'name': 'r',
            'shared': False,
            'project_id': api.project,
            'network_type': 'vxlan',
            'minimum': 8001,
            'maximum': 8003,
        },
    )
    network = api.network()
    api.admin.get(f'{path}/{made["id"]}')
    api.admin.put(f'{path}/{made["id"]}', {'name': 's', 'maximum': 8010})
    api.admin.post(
        path,
        {
            'name': 'overlapping',
            'shared': True,
            'network_type': 'vxlan',
            'minimum': 8002,
            'maximum': 8009,
        },
        409,
    )
    api.admin.post(
        path,
        {
            'name': 'x',
            'shared': True,
            'network_type': 'vlan',
            'minimum': 1,
            'maximum': 9,
        },
        400,
    )
    api.admin.post(
        path,
        {
            'name': 'x',
            'shared': True,
            'network_type': 'flat',
            'minimum': 1,
            'maximum': 9,
        },
        400,
    )
    api.admin.delete(f'{path}/{made["id"]}', 409)
    api.user.get(path)
    api.user.post(
        path,
        {
            'name': 'x',
            'shared': True,
            'network_type': 'vxlan',
            'minimum': 8100,
            'maximum': 8101,
        },
        403,
    )
    api.user.delete(f'/networks/{network["id"]}')
    api.admin.delete(f'{path}/{made["id"]}')


@scenario
def test_metering(api: Side) -> None:
    label = api.admin.post(
        '/metering/metering-labels',
        {'name': 'm', 'project_id': api.project, 'description': 'd'},
    )
    rule = api.admin.post(
        '/metering/metering-label-rules',
        {
            'metering_label_id': label['id'],
            'direction': 'ingress',
            'remote_ip_prefix': '10.0.0.0/8',
            'excluded': False,
        },
    )
    api.admin.get('/metering/metering-labels')
    api.admin.get(f'/metering/metering-labels/{label["id"]}')
    api.admin.get(f'/metering/metering-label-rules/{rule["id"]}')
    api.admin.post(
        '/metering/metering-label-rules',
        {
            'metering_label_id': str(uuid.uuid4()),
            'direction': 'ingress',
            'remote_ip_prefix': '10.0.0.0/8',
        },
        404,
    )
    api.user.post('/metering/metering-labels', {'name': 'x'}, 403)
    api.admin.delete(f'/metering/metering-label-rules/{rule["id"]}')
    api.admin.delete(f'/metering/metering-labels/{label["id"]}')


@scenario
def test_log_resources(api: Side) -> None:
    group = api.user.post('/security-groups', {'name': 'g'})
    network = api.network()
    port = api.user.post(
        '/ports',
        {'network_id': network['id'], 'security_groups': [group['id']]},
    )
    path = '/log/logs'
    made = api.admin.post(
        path,
        {
            'name': 'l',
            'resource_type': 'security_group',
            'event': 'ALL',
            'resource_id': group['id'],
            'target_id': port['id'],
            'project_id': api.project,
        },
    )
    api.admin.get(f'{path}/{made["id"]}')
    api.admin.put(f'{path}/{made["id"]}', {'enabled': False})
    api.admin.get(path)
    api.admin.get('/log/loggable-resources')
    api.admin.post(path, {'resource_type': 'nonsense'}, 400)
    api.admin.post(
        path,
        {'resource_type': 'security_group', 'resource_id': str(uuid.uuid4())},
        404,
    )
    api.admin.post(
        path, {'resource_type': 'security_group', 'event': 'nonsense'}, 400
    )
    api.user.post(path, {'resource_type': 'security_group'}, 403)
    api.user.post(
        '/security-group-rules',
        {'security_group_id': group['id'], 'direction': 'ingress'},
    )
    api.user.delete(f'/ports/{port["id"]}')
    api.admin.get(f'{path}/{made["id"]}')
    api.admin.delete(f'{path}/{made["id"]}')


@scenario
def test_auto_allocated_topology(api: Side) -> None:
    path = f'/auto-allocated-topology/{api.project}'
    api.user.get(path, 409)
    api.user.get(path, 409, fields='dry-run')
    external, _ = api.external('203.0.113.0/24', is_default=True)
    pool = api.admin.post(
        '/subnetpools',
        {
            'name': 'p',
            'prefixes': ['10.80.0.0/16'],
            'is_default': True,
            'shared': True,
            'default_prefixlen': 24,
        },
    )
    api.user.get(path, fields='dry-run')
    api.user.get(path)
    api.user.get(path)
    api.user.get('/networks', project_id=api.project)
    api.other.get(path, 403)
    api.user.delete(path)
    api.user.delete(path)
    api.admin.delete(f'/subnetpools/{pool["id"]}')
    api.admin.delete(f'/networks/{external["id"]}')


@scenario
def test_flavors(api: Side) -> None:
    flavor = api.admin.post(
        '/flavors', {'name': 'f', 'service_type': 'L3_ROUTER_NAT'}
    )
    profile = api.admin.post(
        '/service_profiles',
        {
            'description': 'd',
            'enabled': True,
            'driver': 'neutron.services.l3_router.service_providers.'
            'single_node.SingleNodeDriver',
        },
    )
    path = f'/flavors/{flavor["id"]}'
    api.admin.request(
        'POST',
        f'{path}/service_profiles',
        {'service_profile': {'id': profile['id']}},
        201,
    )
    api.admin.get(path)
    api.user.get('/flavors', name='f')
    router = api.user.post('/routers', {'flavor_id': flavor['id']})
    api.user.get(f'/routers/{router["id"]}')
    api.admin.delete(path, 409)
    api.user.delete(f'/routers/{router["id"]}')
    api.admin.request(
        'DELETE', f'{path}/service_profiles/{profile["id"]}', None, 204
    )
    api.admin.delete(path)
    api.admin.delete(f'/service_profiles/{profile["id"]}')
    api.admin.get('/service-providers')


@scenario
def test_quotas(api: Side) -> None:
    path = f'/quotas/{api.project}'
    api.user.get(path)
    api.user.get(f'{path}/details.json')
    api.user.get(f'{path}/default')
    api.user.action(path, {'quota': {'network': 1}}, 403)
    api.admin.action(
        path,
        {'quota': {'network': 2, 'port': 1, 'subnet': 1, 'security_group': 1}},
    )
    network = api.network()
    api.network()
    api.user.post('/networks', {}, 409)
    api.user.post('/networks', [{}, {}], 409)
    api.subnet(network)
    api.user.post(
        '/subnets',
        {'network_id': network['id'], 'cidr': '10.2.0.0/24', 'ip_version': 4},
        409,
    )
    api.user.post('/ports', {'network_id': network['id']})
    api.user.post('/ports', {'network_id': network['id']}, 409)
    api.user.post('/security-groups', {'name': 'g'}, 409)
    api.admin.action(path, {'quota': {'network': -5}}, 400)
    api.admin.action(path, {'quota': {'nonsense': 5}}, 400)
    api.admin.get('/quotas')
    api.user.get(f'{path}/details.json')
    api.admin.delete(path)
    api.user.get(path)


@scenario
def test_agents(api: Side) -> None:
    assert api.admin.get('/agents') == []
    api.user.get('/agents')
    api.admin.get(f'/agents/{uuid.uuid4()}', 404)
    api.admin.delete(f'/agents/{uuid.uuid4()}', 404)
    network = api.network()
    api.admin.get(f'/networks/{network["id"]}/dhcp-agents')
    api.admin.get(f'/agents/{uuid.uuid4()}/dhcp-networks', 404)
    api.admin.get(f'/agents/{uuid.uuid4()}/l3-routers', 404)
    api.admin.request(
        'POST',
        f'/agents/{uuid.uuid4()}/dhcp-networks',
        {'network_id': network['id']},
        404,
    )


@scenario
def test_local_ips(api: Side) -> None:
    network = api.network()
    api.subnet(network)
    port = api.user.post('/ports', {'network_id': network['id']})
    local = api.user.post(
        '/local-ips', {'network_id': network['id'], 'name': 'l'}
    )
    path = f'/local-ips/{local["id"]}'
    api.user.get(path)
    api.user.put(path, {'name': 'm'})
    associations = f'{path}/port_associations'
    api.admin.request(
        'POST',
        associations,
        {'port_association': {'fixed_port_id': port['id']}},
    )
    api.admin.request('GET', associations, None)
    api.user.request('DELETE', path, None)


@scenario
def test_versions_and_extensions(api: Side) -> None:
    api.user.get('/')
    plain = {one['alias']: one for one in api.user.get('/extensions')}
    assert 'router' in plain
    api.user.get('/extensions/router')
    api.user.get('/extensions/nonsense', 404)
