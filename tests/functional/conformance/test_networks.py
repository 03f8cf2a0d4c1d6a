# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

from typing import Any
import uuid

from tests.functional.conformance.sides import scenario
from tests.functional.conformance.sides import Side


@scenario
def test_network_from_creation_to_deletion(api: Side) -> None:
    network = api.network(description='d')
    path = f'/networks/{network["id"]}'
    api.user.get(path)
    api.reader.get(path)
    api.other.get(path, 404)
    api.admin.get(path)
    api.user.put(
        path, {'name': 'other', 'admin_state_up': False, 'description': 'e'}
    )
    api.user.put(path, {'mtu': 1400})
    api.user.put(path, {'mtu': 60000}, 400)
    api.reader.put(path, {'name': 'x'}, 403)
    api.other.put(path, {'name': 'x'}, 404)
    api.other.delete(path, 404)
    api.user.delete(path)
    api.user.delete(path, 404)
    api.user.get(path, 404)


@scenario
def test_networks_in_bulk(api: Side) -> None:
    api.user.post('/networks', [{'name': f'net{n}'} for n in range(4)])
    api.user.post(
        '/networks', [{'name': 'a'}, {'name': 'b', 'mtu': 70000}], 400
    )
    api.user.post('/networks', [{'name': 'a'}, {'nonsense': 1}], 400)
    assert len(api.user.get('/networks', name='net1')) == 1
    assert not api.user.get('/networks', name='a')


@scenario
def test_lists_are_filtered_sorted_and_paged(api: Side) -> None:
    made = api.user.post(
        '/networks',
        [
            {'name': name, 'admin_state_up': name != 'b'}
            for name in ('c', 'a', 'd', 'b')
        ],
    )
    ids = {one['name']: one['id'] for one in made}
    get = api.user.get
    # External networks of other scenarios are in everybody's lists.
    own: dict[str, Any] = {'router:external': False}
    assert [
        one['name']
        for one in get(
            '/networks', sort_key='name', sort_dir='asc', fields='name', **own
        )
    ] == ['a', 'b', 'c', 'd']
    assert (
        next(
            one['name']
            for one in get(
                '/networks', sort_key='name', sort_dir='desc', **own
            )
        )
        == 'd'
    )
    page = api.user.request(
        'GET',
        '/networks',
        None,
        200,
        limit=2,
        sort_key='name',
        sort_dir='asc',
        **own,
    )
    assert [one['name'] for one in page['networks']] == ['a', 'b']
    assert page['networks_links'][0]['rel'] == 'next'
    rest = api.user.request(
        'GET',
        '/networks',
        None,
        200,
        limit=2,
        marker=ids['b'],
        sort_key='name',
        sort_dir='asc',
        **own,
    )
    assert [one['name'] for one in rest['networks']] == ['c', 'd']
    api.user.request(
        'GET',
        '/networks',
        None,
        200,
        limit=2,
        marker=ids['c'],
        sort_key='name',
        sort_dir='asc',
        page_reverse=True,
        **own,
    )
    assert len(get('/networks', id=[ids['a'], ids['d']])) == 2
    assert len(get('/networks', admin_state_up=False)) == 1
    get('/networks', fields=['id', 'name'])
    get('/networks', 400, nonsense='x')
    get('/networks', 400, sort_key='nonsense')
    get('/networks', 404, limit=1, marker=str(uuid.uuid4()))
    get('/networks', 400, limit=-1)
    assert get('/networks', name='') == []
    api.other.get('/networks')


@scenario
def test_provider_attributes(api: Side) -> None:
    def make(expect: int = 201, **attributes: object) -> object:
        body = {f'provider:{key}': one for key, one in attributes.items()}
        return api.admin.post('/networks', body, expect)

    make(network_type='vlan', physical_network='bridge', segmentation_id=577)
    make(
        409,
        network_type='vlan',
        physical_network='bridge',
        segmentation_id=577,
    )
    make(network_type='vlan', physical_network='bridge')
    make(network_type='vlan')
    make(400, network_type='vlan', physical_network='nowhere')
    make(
        400,
        network_type='vlan',
        physical_network='bridge',
        segmentation_id=5000,
    )
    make(network_type='vxlan', segmentation_id=5577)
    make(409, network_type='vxlan', segmentation_id=5577)
    make(
        400,
        network_type='vxlan',
        physical_network='bridge',
        segmentation_id=5578,
    )
    make(network_type='flat', physical_network='flatnet')
    make(409, network_type='flat', physical_network='flatnet')
    make(400, network_type='flat')
    make(400, network_type='flat', physical_network='x', segmentation_id=3)
    make(network_type='local')
    make(400, network_type='local', segmentation_id=3)
    make(400, network_type='geneve')
    make(400, network_type='nonsense')
    make(400, segmentation_id=3)
    api.user.post('/networks', {'provider:network_type': 'vlan'}, 403)
    for one in api.admin.get('/networks', project_id=api.admin.project):
        api.admin.delete(f'/networks/{one["id"]}')


@scenario
def test_segment_of_a_network_is_changed(api: Side) -> None:
    network = api.admin.post(
        '/networks',
        {
            'provider:network_type': 'vlan',
            'provider:physical_network': 'bridge',
            'provider:segmentation_id': 560,
        },
    )
    path = f'/networks/{network["id"]}'
    api.admin.put(path, {'provider:segmentation_id': 561})
    api.admin.put(path, {'provider:physical_network': 'extern'}, 400)
    api.admin.put(path, {'provider:network_type': 'vxlan'}, 400)
    port = api.admin.post('/ports', {'network_id': network['id']})
    api.admin.put(path, {'provider:segmentation_id': 562})
    api.admin.delete(f'/ports/{port["id"]}')
    api.admin.delete(path)


@scenario
def test_network_of_several_segments(api: Side) -> None:
    network = api.admin.post(
        '/networks',
        {
            'segments': [
                {
                    'provider:network_type': 'vlan',
                    'provider:physical_network': 'bridge',
                    'provider:segmentation_id': 571,
                },
                {
                    'provider:network_type': 'vxlan',
                    'provider:segmentation_id': 5571,
                },
            ]
        },
    )
    path = f'/networks/{network["id"]}'
    api.admin.get(path)
    api.admin.put(path, {'provider:segmentation_id': 572}, 400)
    api.admin.post(
        '/networks',
        {
            'provider:network_type': 'vlan',
            'segments': [{'provider:network_type': 'local'}],
        },
        400,
    )
    api.admin.delete(path)


@scenario
def test_shared_network(api: Side) -> None:
    network = api.admin.post('/networks', {'shared': True, 'name': 'shared'})
    path = f'/networks/{network["id"]}'
    api.user.get(path)
    port = api.user.post('/ports', {'network_id': network['id']})
    api.user.put(path, {'name': 'mine'}, 403)
    api.admin.put(path, {'shared': False}, 409)
    api.user.delete(f'/ports/{port["id"]}')
    api.admin.put(path, {'shared': False})
    api.user.get(path, 404)
    api.user.post('/networks', {'shared': True}, 403)
    api.admin.delete(path)


@scenario
def test_rbac_policies_of_a_network(api: Side) -> None:
    network = api.network()
    path = f'/networks/{network["id"]}'
    api.other.get(path, 404)
    policy = api.user.post(
        '/rbac-policies',
        {
            'object_type': 'network',
            'object_id': network['id'],
            'action': 'access_as_shared',
            'target_tenant': api.other.project,
        },
    )
    api.user.post(
        '/rbac-policies',
        {
            'object_type': 'network',
            'object_id': network['id'],
            'action': 'access_as_shared',
            'target_tenant': api.other.project,
        },
        409,
    )
    api.other.get(path)
    port = api.other.post('/ports', {'network_id': network['id']})
    api.user.delete(f'/rbac-policies/{policy["id"]}', 409)
    api.other.delete(f'/ports/{port["id"]}')
    api.user.get('/rbac-policies')
    api.user.get(f'/rbac-policies/{policy["id"]}')
    api.user.put(
        f'/rbac-policies/{policy["id"]}', {'target_tenant': api.admin.project}
    )
    api.user.delete(f'/rbac-policies/{policy["id"]}')
    api.user.post(
        '/rbac-policies',
        {
            'object_type': 'network',
            'object_id': str(uuid.uuid4()),
            'action': 'access_as_shared',
            'target_tenant': api.other.project,
        },
        400,
    )
    api.user.post(
        '/rbac-policies',
        {
            'object_type': 'nonsense',
            'object_id': network['id'],
            'action': 'access_as_shared',
            'target_tenant': api.other.project,
        },
        400,
    )
    api.user.post(
        '/rbac-policies',
        {
            'object_type': 'network',
            'object_id': network['id'],
            'action': 'nonsense',
            'target_tenant': api.other.project,
        },
        400,
    )
    api.user.delete(path)


@scenario
def test_external_network(api: Side) -> None:
    api.user.post('/networks', {'router:external': True}, 403)
    network = api.admin.post(
        '/networks',
        {'name': 'ext', 'router:external': True, 'is_default': False},
    )
    path = f'/networks/{network["id"]}'
    api.user.get(path)
    api.user.get('/networks', **{'router:external': True})
    api.user.post(
        '/subnets',
        {
            'network_id': network['id'],
            'cidr': '203.0.113.0/24',
            'ip_version': 4,
        },
        403,
    )
    api.admin.put(path, {'router:external': False})
    api.user.get(path, 404)
    api.admin.put(path, {'router:external': True})
    api.user.get(path)
    api.admin.put(path, {'is_default': True})
    api.admin.put(path, {'is_default': False})
    api.admin.delete(path)


@scenario
def test_external_access_for_one_project(api: Side) -> None:
    network = api.admin.post('/networks', {'name': 'ext'})
    path = f'/networks/{network["id"]}'
    policy = api.admin.post(
        '/rbac-policies',
        {
            'object_type': 'network',
            'object_id': network['id'],
            'action': 'access_as_external',
            'target_tenant': api.project,
        },
    )
    api.admin.get(path)
    api.user.get(path)
    api.other.get(path, 404)
    api.admin.delete(f'/rbac-policies/{policy["id"]}')
    api.admin.get(path)
    api.admin.delete(path)


@scenario
def test_unknown_availability_zone(api: Side) -> None:
    api.user.post('/networks', {'availability_zone_hints': ['nowhere']}, 404)
    api.user.post('/networks', {'availability_zone_hints': 'nowhere'}, 400)
    api.user.post('/networks', {'availability_zone_hints': ['a', 'a']}, 400)
    api.user.post('/routers', {'availability_zone_hints': ['nowhere']}, 404)
    network = api.network()
    api.user.put(
        f'/networks/{network["id"]}',
        {'availability_zone_hints': ['nowhere']},
        400,
    )


@scenario
def test_bodies_that_are_wrong(api: Side) -> None:
    api.user.request('POST', '/networks', {'nonsense': {}}, 400)
    api.user.request('POST', '/networks', None, 400)
    api.user.post('/networks', {'name': 7}, 400)
    api.user.post('/networks', {'name': 'x' * 300}, 400)
    api.user.post('/networks', {'admin_state_up': 'maybe'}, 400)
    api.user.post('/networks', {'id': str(uuid.uuid4())}, 400)
    api.user.post('/networks', {'status': 'ACTIVE'}, 400)
    api.user.post('/networks', {'project_id': 'somebody'}, 400)
    api.user.get('/networks/not-a-uuid', 404)
    api.user.get('/nonsense', 404)
    api.user.request('PATCH', '/networks', None, 405)


@scenario
def test_revisions(api: Side) -> None:
    network = api.network()
    path = f'/networks/{network["id"]}'
    revision = api.user.get(path)['revision_number']
    body = {'network': {'name': 'new'}}
    api.user.request(
        'PUT', path, body, 412, {'If-Match': f'revision_number={revision + 5}'}
    )
    api.user.request(
        'PUT', path, body, 200, {'If-Match': f'revision_number={revision}'}
    )
    assert api.user.get(path)['revision_number'] > revision
    api.user.request('PUT', path, body, 200, {'If-Match': 'nonsense'})
    api.user.request(
        'DELETE', path, None, 412, {'If-Match': f'revision_number={revision}'}
    )
    api.user.delete(path)


@scenario
def test_timestamps(api: Side) -> None:
    network = api.network()
    api.user.put(f'/networks/{network["id"]}', {'name': 'new'})
    api.user.get('/networks', id=network['id'])


@scenario
def test_tags(api: Side) -> None:
    network = api.network()
    path = f'/networks/{network["id"]}/tags'
    api.user.request('PUT', path, {'tags': ['red', 'blue']}, 200)
    api.user.request('GET', path, None, 200)
    api.user.request('PUT', f'{path}/green', None, 201)
    api.user.request('GET', f'{path}/green', None, 204)
    api.user.request('GET', f'{path}/black', None, 404)
    assert len(api.user.get('/networks', tags='red,green')) == 1
    api.user.get('/networks', **{'tags-any': 'red,black'})
    api.user.get('/networks', **{'not-tags': 'red'})
    api.user.request('POST', path, {'tags': ['white', 'red']}, 200)
    api.user.request('DELETE', f'{path}/red', None, 204)
    api.user.request('DELETE', f'{path}/red', None, 404)
    api.user.request('PUT', path, {'tags': 'red'}, 400)
    api.user.request('PUT', path, {'nonsense': []}, 400)
    api.other.request('PUT', path, {'tags': []}, 403)
    api.user.request('DELETE', path, None, 204)
    api.user.get(f'/networks/{network["id"]}')
    subnet = api.subnet(network)
    api.user.request(
        'PUT', f'/subnets/{subnet["id"]}/tags', {'tags': ['s']}, 200
    )
    api.user.get(f'/subnets/{subnet["id"]}')
