# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What an administrator does by mistake, in central and in a region."""

import pytest

from tests.functional import cloud as clouds
from tests.functional.hostile import scene as scenes
from tests.functional.hostile.scene import Trick

pytestmark = pytest.mark.own_cloud

_RESERVED = ((409, 'ReservedForRegion'),)
_BRIDGE = ((409, 'BridgeNetworkProtected'),)
_CENTRALS = ((409, 'BelongsToCentral'),)


_SLIPS: tuple[dict[str, object], ...] = (
    {'device_owner': '', 'device_id': ''},
    {'device_id': 'mine'},
    {'fixed_ips': []},
    {'admin_state_up': False},
    {'binding:host_id': 'h'},
    {'mac_address': 'fa:16:3e:00:00:77'},
)
_PORTS = tuple(
    trick
    for name in ('gateway', 'dhcp', 'leg')
    for trick in (
        *(
            Trick('PUT', f'/ports/{{{name}}}', {'port': said}, _RESERVED)
            for said in _SLIPS
        ),
        Trick('DELETE', f'/ports/{{{name}}}', None, _RESERVED),
    )
)
_NETWORKS = (
    Trick('DELETE', '/networks/{bridge}', None, _BRIDGE),
    Trick('PUT', '/networks/{bridge}', {'network': {'shared': True}}, _BRIDGE),
    Trick(
        'PUT',
        '/networks/{bridge}',
        {'network': {'admin_state_up': False}},
        _BRIDGE,
    ),
    Trick('PUT', '/networks/{bridge}', {'network': {'mtu': 1280}}, _BRIDGE),
    Trick(
        'POST',
        '/subnets',
        {
            'subnet': {
                'network_id': '{bridge}',
                'cidr': '10.8.0.0/24',
                'ip_version': 4,
            }
        },
        _BRIDGE,
    ),
    Trick('DELETE', '/subnets/{bridge_subnet}', None, _BRIDGE),
    Trick(
        'PUT',
        '/subnets/{bridge_subnet}',
        {'subnet': {'enable_dhcp': True}},
        _BRIDGE,
    ),
    Trick('POST', '/ports', {'port': {'network_id': '{bridge}'}}, _BRIDGE),
    Trick(
        'POST',
        '/ports',
        {'ports': [{'network_id': '{own}'}, {'network_id': '{bridge}'}]},
        _BRIDGE,
    ),
    Trick(
        'POST',
        '/rbac-policies',
        {
            'rbac_policy': {
                'object_type': 'network',
                'object_id': '{bridge}',
                'action': 'access_as_shared',
                'target_tenant': '*',
            }
        },
        _BRIDGE,
    ),
    Trick(
        'PUT',
        '/routers/{router}/add_router_interface',
        {'subnet_id': '{bridge_subnet}'},
        (*_BRIDGE, (400, 'BadRequest')),
    ),
    Trick(
        'PUT',
        '/routers/{router}/add_router_interface',
        {'port_id': '{dhcp}'},
        (*_RESERVED, (409, 'PortInUse')),
    ),
    Trick(
        'PUT',
        '/routers/{router}/add_router_interface',
        {'port_id': '{gateway}'},
        (*_RESERVED, (409, 'PortInUse')),
    ),
)
_IN_REGION = (
    Trick('DELETE', '/networks/{network}', None, _CENTRALS),
    Trick('DELETE', '/networks/{bridge}', None, _CENTRALS),
    Trick('PUT', '/networks/{network}', {'network': {'name': 'x'}}, _CENTRALS),
    Trick('DELETE', '/subnets/{subnet}', None, _CENTRALS),
    Trick('DELETE', '/subnets/{bridge_subnet}', None, _CENTRALS),
    Trick('DELETE', '/security-groups/{group}', None, _CENTRALS),
    *(
        Trick(method, '/address-groups/{address_group}' + end, body, _CENTRALS)
        for method, end, body in (
            ('PUT', '', {'address_group': {'name': 'x'}}),
            ('PUT', '/add_addresses', {'addresses': ['203.0.113.0/24']}),
            ('PUT', '/remove_addresses', {'addresses': ['192.0.2.0/24']}),
            ('DELETE', '', None),
        )
    ),
    Trick('DELETE', '/routers/{router}', None, _CENTRALS),
    Trick('PUT', '/routers/{router}', {'router': {'routes': []}}, _CENTRALS),
    Trick(
        'PUT',
        '/routers/{router}/remove_router_interface',
        {'subnet_id': '{subnet}'},
        _CENTRALS,
    ),
    Trick(
        'PUT',
        '/ports/{dhcp}',
        {'port': {'device_owner': '', 'device_id': ''}},
        _CENTRALS,
    ),
    Trick(
        'DELETE',
        '/replicas/network/{network}',
        None,
        ((403, 'PolicyNotAuthorized'), (403, 'HTTPForbidden')),
    ),
)


def test_slips_on_reserved_ports_in_central_change_nothing(
    scene: scenes.Scene, cloud: clouds.Cloud
) -> None:
    scenes.all_of(scene, cloud.central.admin, _PORTS)


def test_slips_on_bridge_networks_in_central_change_nothing(
    scene: scenes.Scene, cloud: clouds.Cloud
) -> None:
    scenes.all_of(scene, cloud.central.admin, _NETWORKS)


def test_a_reserved_port_is_no_end_of_a_floating_ip_or_a_trunk(
    scene: scenes.Scene, cloud: clouds.Cloud
) -> None:
    admin = cloud.central.admin
    parent = admin.create_port(scene.own['id'])
    trunk = Trick('POST', '/trunks', {'trunk': {'port_id': '{dhcp}'}}, ())
    before = scene.state()
    for body in (
        {'trunk': {'port_id': scene.dhcp}},
        {
            'trunk': {
                'port_id': parent['id'],
                'sub_ports': [
                    {
                        'port_id': scene.gateway,
                        'segmentation_type': 'vlan',
                        'segmentation_id': 7,
                    }
                ],
            }
        },
    ):
        answer = admin.post(trunk.path, body)
        assert answer.status_code in (404, 409), answer.text
    made = admin.post('/trunks', {'trunk': {'port_id': parent['id']}}).json()
    late = {
        'port_id': scene.dhcp,
        'segmentation_type': 'vlan',
        'segmentation_id': 7,
    }
    path = f'/trunks/{made["trunk"]["id"]}'
    answer = admin.put(f'{path}/add_subports', {'sub_ports': [late]})
    assert answer.status_code == 409, answer.text
    admin.delete(path)
    admin.remove('port', parent['id'])
    scene.is_as(before)


def test_slips_in_a_region_change_nothing(
    scene: scenes.Scene, cloud: clouds.Cloud
) -> None:
    scenes.all_of(scene, cloud.one.admin, _IN_REGION)


def test_a_pod_with_things_in_it_stays_what_it_is(
    scene: scenes.Scene, cloud: clouds.Cloud
) -> None:
    before = scene.state()
    api = cloud.admin_api
    assert api is not None
    [pod] = [
        one
        for one in api.request('GET', '/pods').json()['pods']
        if one['region_name'] == 'RegionOne'
    ]
    path = f'/pods/{pod["pod_id"]}'

    gone = api.request('DELETE', path)
    renamed = api.request('PUT', path, {'pod': {'region_name': 'RegionX'}})
    central = api.request('PUT', path, {'pod': {'az_name': ''}})

    assert gone.status_code == 409, gone.text
    assert renamed.status_code in (400, 409), renamed.text
    assert central.status_code in (400, 409), central.text
    assert api.request('GET', path).json()['pod'] == pod
    scene.is_as(before)
