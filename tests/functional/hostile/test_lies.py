# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a region says that is not so, or that is not its to say."""

from typing import Any
import uuid

import pytest

from tests.functional import cloud as clouds
from tests.functional.cloud import eventually
from tests.functional.cloud import roles
from tests.functional.hostile import scene as scenes
from tests.functional.hostile.scene import Trick

pytestmark = pytest.mark.own_cloud

_OTHERS = ((403, 'Forbidden'),)
_BAD = ((400, 'BadRequest'), (400, 'HTTPBadRequest'))


def _report(**said: Any) -> dict[str, Any]:
    return {
        'replica': {
            'report': {
                'revision': 9999,
                'host': 'regionone-host1',
                'device_id': 'x',
                'device_owner': 'compute:nova',
                'vif_type': 'ovs',
                'vnic_type': 'normal',
                'status': 'ACTIVE',
                'agent_type': 'Open vSwitch agent',
                'tunnel_ip': '192.0.2.99',
                **said,
            }
        }
    }


def _pull(**said: Any) -> dict[str, Any]:
    return {
        'replica': {
            'pull': {
                'project_id': '',
                'is_admin': True,
                'dhcp_agents': 1,
                **said,
            }
        }
    }


def _of_router(**said: Any) -> dict[str, Any]:
    report = {'revision': 9999, 'status': 'ERROR', 'floating_ips': {}}
    return {'replica': {'report': {**report, **said}}}


_PORT = '/ports/{port}/replicas'
#: What RegionTwo says of RegionOne, or in its name.
_OF_ANOTHER = (
    Trick('PUT', f'{_PORT}/RegionOne', _report(), _OTHERS),
    Trick('DELETE', f'{_PORT}/RegionOne', None, _OTHERS),
    Trick('PUT', f'{_PORT}/RegionOne', _pull(), _OTHERS),
    Trick('PUT', f'{_PORT}/CentralRegion', _report(), _OTHERS),
    Trick('PUT', '/networks/{network}/replicas/RegionOne', _pull(), _OTHERS),
    Trick(
        'PUT', '/routers/{router}/replicas/RegionOne', _of_router(), _OTHERS
    ),
    Trick('GET', '/networks/{network}/replicas/RegionOne', None, _OTHERS),
    # In its own name, of what another has.
    Trick('PUT', f'{_PORT}/RegionTwo', _report(), ((409, 'PortNotPresent'),)),
    Trick('PUT', f'{_PORT}/RegionTwo', _pull(), ((404, 'PortNotFound'),)),
    Trick(
        'PUT',
        '/networks/{own}/replicas/RegionTwo',
        _pull(),
        ((404, 'NetworkNotFound'),),
    ),
    Trick(
        'PUT',
        '/routers/{nothing}/replicas/RegionTwo',
        _of_router(),
        ((404, 'PieceNotFound'),),
    ),
    # By Neutron's own API.
    Trick('PUT', '/ports/{port}', {'port': {'device_id': ''}}, _OTHERS),
    Trick('DELETE', '/ports/{port}', None, _OTHERS),
    Trick('POST', '/ports', {'port': {'network_id': '{network}'}}, _OTHERS),
)
#: What RegionOne says of its own, and cannot be.
_OF_ITSELF = (
    *(
        Trick('PUT', f'{_PORT}/RegionOne', _report(**said), refused)
        for said, refused in (
            ({'revision': -1}, _BAD),
            ({'revision': 1 << 63}, _BAD),
            ({'revision': 10**400}, _BAD),
            ({'revision': '1'}, _BAD),
            ({'supersedes': 1 << 64}, _BAD),
            ({'epoch': -1, 'counter': 1}, _BAD),
            ({'host': 'h' * 256}, _BAD),
            ({'host': None}, _BAD),
            ({'digest': 'd' * 81}, _BAD),
            ({'tunnel_ip': '../..'}, _BAD),
            ({'device_id': 'd' * 256}, _BAD),
            (
                {'more': 'x' * (1 << 20)},
                ((413, 'HTTPRequestEntityTooLarge'),),
            ),
            ({'device_owner': 'compute:shadow'}, ((403, 'ReservedDevice'),)),
            ({'device_owner': 'network:dhcp'}, ((403, 'ReservedDevice'),)),
            (
                {
                    'device_owner': 'network:router_centralized_snat',
                    'device_id': '{router}',
                },
                ((403, 'ReservedDevice'),),
            ),
            (
                {
                    'device_owner': 'network:router_interface',
                    'device_id': '{router}',
                },
                ((404, 'PortNotFound'),),
            ),
            (
                {'device_id': 'reserved_gateway_port'},
                ((403, 'ReservedDevice'),),
            ),
        )
    ),
    Trick(
        'PUT',
        '/networks/{network}/replicas/RegionOne',
        _pull(dhcp_agents=101),
        _BAD,
    ),
    Trick(
        'PUT',
        '/networks/{network}/replicas/RegionOne',
        _pull(agent_gateways=['../x']),
        _BAD,
    ),
    Trick(
        'DELETE',
        '/networks/{network}/replicas/RegionOne',
        None,
        ((405, 'HTTPMethodNotAllowed'), (405, '')),
    ),
)


def as_region(name: str, api: clouds.NeutronProcess) -> clouds.NeutronClient:
    """Return the client that a region's stolen credential makes."""
    return api.client('service', ('service',), roles.service_user(name))


def test_what_a_region_says_of_another_changes_nothing(
    scene: scenes.Scene, cloud: clouds.Cloud
) -> None:
    scenes.all_of(scene, as_region('RegionTwo', cloud.central), _OF_ANOTHER)


def test_what_a_region_cannot_say_of_itself_changes_nothing(
    scene: scenes.Scene, cloud: clouds.Cloud
) -> None:
    scenes.all_of(scene, as_region('RegionOne', cloud.central), _OF_ITSELF)


def test_a_deletion_of_what_a_region_has_not_deletes_nothing(
    scene: scenes.Scene, cloud: clouds.Cloud
) -> None:
    liar = as_region('RegionTwo', cloud.central)
    unused = cloud.central.client(scene.stranger).create_port(scene.own['id'])
    before = scene.state()
    for port_id in (
        unused['id'],
        scene.instance.port_id,
        scene.gateway,
        scene.dhcp,
        scene.leg,
        str(uuid.uuid4()),
    ):
        answer = liar.delete(f'/ports/{port_id}/replicas/RegionTwo')
        assert answer.status_code == 204, answer.text
    assert cloud.central.admin.exists('port', unused['id'])
    cloud.central.client(scene.stranger).remove('port', unused['id'])
    scene.is_as(before)


def test_no_other_region_writes_by_a_regions_own_api(
    scene: scenes.Scene, cloud: clouds.Cloud
) -> None:
    refused = ((403, 'PolicyNotAuthorized'), (404, 'PortNotFound'))
    not_there = ((404, 'NetworkNotFound'), *refused)
    tricks = (
        Trick('PUT', '/ports/{port}', {'port': {'device_id': ''}}, refused),
        Trick(
            'PUT',
            '/ports/{port}',
            {'port': {'binding:host_id': 'mine'}},
            refused,
        ),
        Trick('DELETE', '/ports/{port}', None, refused),
        Trick(
            'POST', '/ports', {'port': {'network_id': '{network}'}}, not_there
        ),
        Trick('GET', '/replicas/port/{port}', None, _OTHERS),
        Trick('PUT', '/replicas/port/{port}', {'replica': {}}, _OTHERS),
        Trick('DELETE', '/replicas/port/{port}', None, _OTHERS),
        *(
            Trick(
                method,
                '/replicas/address-group/{address_group}',
                {'replica': {}} if method == 'PUT' else None,
                _OTHERS,
            )
            for method in ('GET', 'PUT', 'DELETE')
        ),
    )
    scenes.all_of(scene, as_region('RegionTwo', cloud.one), tricks)


def test_old_and_repeated_reports_change_nothing(
    scene: scenes.Scene, cloud: clouds.Cloud
) -> None:
    region = as_region('RegionOne', cloud.central)
    port_id, host = scene.instance.port_id, scene.instance.host
    path = f'/ports/{port_id}/replicas/RegionOne'
    before = scene.state()
    [row] = cloud.central.database.query(
        'SELECT revision FROM port_locations WHERE port_id = %s', port_id
    )
    revision = int(row['revision'])
    for older in (0, revision - 1):
        answer = region.put(path, _report(revision=older, host='old'))
        assert answer.json() == {
            'replica': {'accepted': False, 'revision': revision}
        }
    # Superseding what was not taken is no way around that.
    answer = region.put(
        path, _report(revision=0, supersedes=revision + 5, host='old')
    )
    assert answer.json()['replica']['accepted'] is False
    scene.is_as(before)

    # A far revision is taken, and the next true report all the same.
    region.put(path, _report(revision=(1 << 63) - 1, host='nowhere'))
    cloud.one.agent_reports_up(port_id, host)

    def true_again() -> None:
        shown = cloud.central.admin.show('port', port_id)
        assert shown['binding:host_id'] == host
        assert shown['device_id'] == scene.instance.id

    eventually(true_again, 30)


def test_a_host_of_another_region_is_not_moved_by_its_name(
    scene: scenes.Scene, cloud: clouds.Cloud
) -> None:
    victim = scene.instance.host
    true_address = cloud.one.hosts.configurations(victim)['tunneling_ip']
    mine = cloud.two.nova(scene.routed.project).boot(scene.network)
    port_id = mine.port_id

    answer = as_region('RegionTwo', cloud.central).put(
        f'/ports/{port_id}/replicas/RegionTwo',
        _report(host=victim, tunnel_ip='192.0.2.99'),
    )
    assert answer.json()['replica']['accepted'] is True

    def shadowed() -> None:
        shadow = cloud.one.admin.show('port', port_id)
        host = shadow['binding:host_id']
        assert shadow['binding:vif_type'] == 'ovs'
        assert host != victim
        found = cloud.one.hosts.configurations(host)
        assert found['tunneling_ip'] == '192.0.2.99'

    eventually(shadowed, 30)
    assert (
        cloud.one.hosts.configurations(victim)['tunneling_ip'] == true_address
    )
    cloud.two.nova(scene.routed.project).delete(mine)
