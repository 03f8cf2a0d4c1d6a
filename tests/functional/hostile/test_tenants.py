# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a tenant tries in central and in a region, against others."""

from typing import Any

import pytest

from tests.functional import cloud as clouds
from tests.functional.cloud import eventually
from tests.functional.hostile import scene as scenes
from tests.functional.hostile.scene import Trick

pytestmark = pytest.mark.own_cloud

_RESERVED = (
    {'device_owner': 'network:dhcp'},
    {'device_owner': 'network:router_interface'},
    {'device_owner': 'network:router_centralized_snat'},
    {'device_owner': 'compute:shadow'},
    {'device_id': 'reserved_gateway_port'},
    {'device_id': 'reserved_dhcp_port'},
)
_NOT_ALLOWED = ((403, 'PolicyNotAuthorized'),)
_RESERVED_DEVICE = ((403, 'ReservedDevice'), *_NOT_ALLOWED)
_NO_PORT = ((404, 'PortNotFound'),)
_NO_NETWORK = ((404, 'NetworkNotFound'),)
_GONE = ((404, 'HTTPNotFound'), (404, ''))
_NO_ADDRESSES = ((404, 'AddressGroupNotFound'), *_GONE)
_ADDRESSES = '/address-groups/{address_group}'


def _port(**said: Any) -> dict[str, Any]:
    return {'port': {'network_id': '{own}', **said}}


#: Of both Neutrons: what is somebody else's is not there.
_FOREIGN = (
    Trick('GET', '/networks/{network}', None, _NO_NETWORK),
    Trick(
        'PUT', '/networks/{network}', {'network': {'name': 'x'}}, _NO_NETWORK
    ),
    Trick('DELETE', '/networks/{network}', None, _NO_NETWORK),
    Trick('GET', '/ports/{port}', None, _NO_PORT),
    Trick('PUT', '/ports/{port}', {'port': {'name': 'x'}}, _NO_PORT),
    Trick('DELETE', '/ports/{port}', None, _NO_PORT),
    Trick('DELETE', '/ports/{dhcp}', None, _NO_PORT),
    Trick('DELETE', '/subnets/{subnet}', None, ((404, 'SubnetNotFound'),)),
    Trick('GET', _ADDRESSES, None, _NO_ADDRESSES),
    Trick('PUT', _ADDRESSES, {'address_group': {'name': 'x'}}, _NO_ADDRESSES),
    *(
        Trick(
            'PUT',
            f'{_ADDRESSES}/{verb}',
            {'addresses': ['192.0.2.0/24', '203.0.113.0/24']},
            _NO_ADDRESSES,
        )
        for verb in ('add_addresses', 'remove_addresses')
    ),
    Trick('DELETE', _ADDRESSES, None, _NO_ADDRESSES),
    Trick('POST', '/ports', _port(network_id='{network}'), _NO_NETWORK),
    Trick(
        'POST',
        '/ports',
        {'ports': [_port()['port'], _port(network_id='{network}')['port']]},
        _NO_NETWORK,
    ),
    Trick(
        'POST',
        '/subnets',
        {
            'subnet': {
                'network_id': '{network}',
                'cidr': '10.7.0.0/24',
                'ip_version': 4,
            }
        },
        # As any Neutron has it.
        (*_NO_NETWORK, *_NOT_ALLOWED),
    ),
    Trick(
        'POST',
        '/rbac-policies',
        {
            'rbac_policy': {
                'object_type': 'network',
                'object_id': '{network}',
                'action': 'access_as_shared',
                'target_tenant': '*',
            }
        },
        ((404, 'RbacPolicyNotFound'), *_NO_NETWORK, *_GONE, *_NOT_ALLOWED),
    ),
    Trick(
        'PUT',
        '/ports/{port}/tags/x',
        None,
        (*_NO_PORT, *_GONE, *_NOT_ALLOWED),
    ),
    Trick(
        'POST',
        '/networks',
        {
            'network': {
                'provider:network_type': 'vxlan',
                'provider:segmentation_id': 7,
            }
        },
        _NOT_ALLOWED,
    ),
    Trick(
        'POST',
        '/networks',
        {'network': {'router:external': True}},
        _NOT_ALLOWED,
    ),
    Trick('POST', '/ports', _port(**{'binding:host_id': 'h'}), _NOT_ALLOWED),
    Trick(
        'POST',
        '/ports',
        _port(security_groups=['{group}']),
        ((404, 'SecurityGroupNotFound'),),
    ),
    Trick(
        'POST',
        '/ports',
        _port(fixed_ips=[{'subnet_id': '{subnet}'}]),
        ((400, 'InvalidInput'), (404, 'SubnetNotFound')),
    ),
    Trick(
        'POST',
        '/ports',
        _port(device_id='a' * 256),
        ((400, 'HTTPBadRequest'),),
    ),
)
_IN_CENTRAL = (
    *(
        Trick('POST', '/ports', _port(**said), _RESERVED_DEVICE)
        for said in _RESERVED
    ),
    *(
        Trick(
            'POST',
            '/ports',
            {'ports': [_port(**said)['port']] * 2},
            _RESERVED_DEVICE,
        )
        for said in _RESERVED
    ),
    Trick(
        'POST',
        '/ports',
        _port(**{'tricircle:region': 'RegionOne'}),
        _NOT_ALLOWED,
    ),
    Trick('POST', '/ports', _port(id='{nothing}'), _NOT_ALLOWED),
    *(
        Trick(
            method,
            path,
            {'replica': {}} if method == 'PUT' else None,
            (
                (403, 'PolicyNotAuthorized'),
                (403, 'HTTPForbidden'),
                *_NO_PORT,
                *_NO_NETWORK,
                (404, 'RouterNotFound'),
            ),
        )
        for method, path in (
            ('PUT', '/ports/{port}/replicas/RegionOne'),
            ('DELETE', '/ports/{port}/replicas/RegionOne'),
            ('GET', '/ports/{port}/replicas'),
            ('PUT', '/networks/{network}/replicas/RegionOne'),
            ('GET', '/networks/{network}/replicas/RegionOne'),
            ('PUT', '/routers/{router}/replicas/CentralRegion'),
        )
    ),
    Trick(
        'POST',
        '/trunks',
        {'trunk': {'port_id': '{port}'}},
        (*_NO_PORT, *_GONE),
    ),
)
_IN_REGION = tuple(
    Trick(
        method,
        path,
        {'replica': {}} if method == 'PUT' else None,
        ((403, 'PolicyNotAuthorized'), (403, 'HTTPForbidden')),
    )
    for method, path in (
        ('GET', '/replicas/port'),
        ('GET', '/replicas/port/{port}'),
        ('PUT', '/replicas/port/{port}'),
        ('DELETE', '/replicas/port/{port}'),
        ('DELETE', '/replicas/network/{network}'),
        ('GET', '/replicas/address-group/{address_group}'),
        ('PUT', '/replicas/address-group/{address_group}'),
        ('DELETE', '/replicas/address-group/{address_group}'),
    )
)


def test_what_a_tenant_may_not_in_central_changes_nothing(
    scene: scenes.Scene, cloud: clouds.Cloud
) -> None:
    stranger = cloud.central.client(scene.stranger)

    def none_is_left() -> None:
        assert stranger.list('port', network_id=scene.own['id']) == []
        assert len(stranger.list('network')) == 1

    scenes.all_of(scene, stranger, (*_FOREIGN, *_IN_CENTRAL), none_is_left)


def test_what_a_tenant_may_not_in_a_region_changes_nothing(
    scene: scenes.Scene, cloud: clouds.Cloud
) -> None:
    scenes.all_of(
        scene, cloud.one.client(scene.stranger), (*_FOREIGN, *_IN_REGION)
    )
    there = cloud.central.client(scene.stranger)
    assert there.list('port', network_id=scene.own['id']) == []


def test_the_owner_gets_none_of_what_is_reserved_on_its_network(
    scene: scenes.Scene, cloud: clouds.Cloud
) -> None:
    reserved = cloud.central.admin.show('port', scene.gateway)
    address = reserved['fixed_ips'][0]['ip_address']
    taken = ((409, 'IpAddressAlreadyAllocated'),)
    tricks = (
        *(
            Trick(
                'POST',
                '/ports',
                _port(network_id='{network}', **said),
                (*_RESERVED_DEVICE, (409, 'BelongsToCentral')),
            )
            for said in _RESERVED
        ),
        *(
            Trick(
                'PUT',
                '/ports/{port}',
                {'port': said},
                (*_RESERVED_DEVICE, (409, 'BelongsToCentral')),
            )
            for said in _RESERVED
        ),
        Trick(
            'POST',
            '/ports',
            _port(network_id='{network}', fixed_ips=[{'ip_address': address}]),
            taken,
        ),
        Trick(
            'DELETE',
            '/ports/{gateway}',
            None,
            (
                *_NO_PORT,
                (409, 'ReservedForRegion'),
                (409, 'ServicePortInUse'),
            ),
        ),
        Trick('GET', '/networks/{bridge}', None, _NO_NETWORK),
        Trick('DELETE', '/networks/{bridge}', None, _NO_NETWORK),
        Trick('DELETE', '/ports/{leg}', None, _NO_PORT),
    )
    for api in (cloud.central, cloud.one):
        scenes.all_of(scene, api.client(scene.routed.project), tricks)


@pytest.mark.parametrize('end', ['', '?x=', '/../..'])
def test_a_device_that_looks_like_a_path_is_a_text(
    scene: scenes.Scene, cloud: clouds.Cloud, end: str
) -> None:
    stranger = cloud.central.client(scene.stranger)
    before = scene.state()
    calls = cloud.region_calls.mark()
    device = f'../networks/{scene.network}/replicas/RegionTwo{end}'
    for device_id in (device, device.ljust(255, 'a')):
        port = stranger.create_port(scene.own['id'], device_id=device_id)
        assert port['device_id'] == device_id
        # In a region as well, where it is used.
        here = cloud.one.client(scene.stranger)
        here.update('port', port['id'], device_id=device_id)
        cloud.one.service.update('port', port['id'], device_id=device_id[::-1])
        stranger.remove('port', port['id'])
    eventually(lambda: _no_jobs(cloud, 'router-plan', scene.stranger), 20)
    scene.is_as(before)
    for call in cloud.region_calls.since(calls):
        assert '..' not in str(call)


def _no_jobs(cloud: clouds.Cloud, kind: str, project: str) -> None:
    assert not cloud.central.database.query(
        'SELECT id FROM journal WHERE resource_type = %s AND project_id = %s',
        kind,
        project,
    )


def test_a_port_of_a_regions_own_may_call_itself_anything(
    scene: scenes.Scene, cloud: clouds.Cloud
) -> None:
    tenant = cloud.one.client(scene.stranger)
    network = tenant.create_network(name='of the region')
    for said in (
        {'device_owner': 'compute:shadow'},
        {'device_id': 'reserved_dhcp_port'},
    ):
        mark = cloud.central_calls.mark()
        answer = tenant.post(
            '/ports', {'port': {'network_id': network['id'], **said}}
        )
        assert answer.status_code == 201, answer.text
        port_id = answer.json()['port']['id']
        assert tenant.show('port', port_id)['id'] == port_id
        assert [
            one['id'] for one in tenant.list('port', network_id=network['id'])
        ] == [port_id]
        tenant.update('port', port_id, name='mine')
        # Neutron has an instance's port deleted by Nova.
        cloud.one.admin.remove('port', port_id)
        assert not cloud.central_calls.since(mark, path=port_id)
    tenant.remove('network', network['id'])
