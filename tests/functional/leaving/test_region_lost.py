# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A region that is lost for good, and one that is only away."""

from collections.abc import Iterator
import uuid

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional import views
from tests.functional.cloud import eventually
from tests.functional.jobs import sweeps
from tests.functional.leaving import leaving
from tests.functional.leaving.leaving import NAME
from tests.functional.leaving.leaving import Tenant

pytestmark = pytest.mark.thorough


@pytest.fixture(scope='module')
def three() -> Iterator[clouds.Cloud]:
    """A cloud of three regions, of which the third is lost."""
    with leaving.three_regions() as cloud:
        yield cloud


@pytest.fixture
def cloud(three: clouds.Cloud) -> Iterator[clouds.Cloud]:
    """That cloud, with all three regions."""
    leaving.have_joined(three)
    yield three
    three.heal()


def lose(cloud: clouds.Cloud, **how: bool) -> str:
    """Say that the region is lost; return the ID of its pod."""
    found = leaving.pod_id(cloud)
    answer = leaving.call(cloud, 'PUT', found, how='lost', **how)
    assert answer.status_code == 200, answer.text
    return found


def test_what_was_held_for_a_lost_region_is_free_and_not_before(
    cloud: clouds.Cloud,
) -> None:
    project = uuid.uuid4().hex
    network, _ = regions.make_network(cloud, project)
    cloud.one.nova(project).boot(network_id=network['id'])
    nova = cloud.region(NAME).nova(project)
    deleted = nova.boot(network_id=network['id'])
    kept = nova.boot(network_id=network['id'])
    other, _ = regions.make_network(cloud, project)
    nova.delete(nova.boot(network_id=other['id']))
    vni = cloud.central.admin.show('network', other['id'])[
        'provider:segmentation_id'
    ]
    wanted = {
        'port': {
            'network_id': network['id'],
            'fixed_ips': [{'ip_address': deleted.addresses[0]}],
        }
    }
    segment = {
        'network': {
            'provider:network_type': 'vxlan',
            'provider:segmentation_id': vni,
        }
    }
    user = cloud.central.client(project)
    cloud.region(NAME).stop()
    cloud.central.admin.remove('port', deleted.port_id)
    eventually(lambda: cloud.central.admin.remove('network', other['id']), 20)

    # Away it loses nothing.
    assert user.post('/ports', wanted).status_code == 409
    assert cloud.central.admin.post('/networks', segment).status_code == 409
    assert user.show('port', kept.port_id)['device_id'] == kept.id

    pod = lose(cloud)

    def free() -> None:
        answer = user.post('/ports', wanted)
        assert answer.status_code == 201, answer.text
        answer = cloud.central.admin.post('/networks', segment)
        assert answer.status_code == 201, answer.text

    eventually(free, 30)
    eventually(
        lambda: (
            (_ for _ in ()).throw(AssertionError)
            if leaving.left_in_central(cloud, pod)
            else None
        ),
        30,
    )
    # What was there keeps its address, and may be used elsewhere.
    port = user.show('port', kept.port_id)
    assert port['status'] == 'DOWN'
    assert port['device_id'] == ''
    assert (
        cloud.central.admin.show('port', kept.port_id)['binding:host_id'] == ''
    )
    eventually(
        lambda: _no_shadow(cloud, network['id'], kept.port_id),
        30,
    )
    again = cloud.one.nova(project).boot(port_id=kept.port_id)
    assert again.addresses == kept.addresses

    # It speaks again: nobody listens.
    three = cloud.region(NAME)
    three.start()
    answer = three.client(project).post(
        '/ports', {'port': {'network_id': network['id']}}
    )
    assert answer.status_code == 403, answer.text
    assert 'lost' in answer.text
    refused = leaving.call(cloud, 'DELETE', pod)
    assert refused.status_code == 409, refused.text
    assert cloud.admin_api is not None
    deleted_pod = cloud.admin_api.request('DELETE', f'/pods/{pod}')
    assert deleted_pod.status_code == 200, deleted_pod.text
    answer = three.client(project).post(
        '/ports', {'port': {'network_id': network['id']}}
    )
    assert answer.status_code == 403, answer.text

    # It joins anew: what it has of ours is made right.
    own = three.admin.create_network(name='own')
    cloud.register_pod(NAME)

    def right() -> None:
        assert not three.admin.exists('network', other['id'])

    sweeps.sweep_once(cloud, '--region', NAME)
    eventually(right, 60)
    # An instance there uses it: central knows nothing of it, and takes nothing
    # of which it only does not know.
    assert three.admin.exists('port', deleted.port_id)
    assert three.admin.exists('network', own['id'])
    nova.boot(network_id=network['id'])


def _no_shadow(cloud: clouds.Cloud, network_id: str, port_id: str) -> None:
    assert port_id not in views.shadows(cloud.one, network_id)


def test_a_lost_region_goes_with_all_that_routers_had_there(
    cloud: clouds.Cloud,
) -> None:
    tenant = Tenant.make(cloud)
    used = tenant.routed.instances[f'net1@{NAME}']
    cloud.region(NAME).stop()

    pod = lose(cloud, delete=True)
    eventually(lambda: leaving.gone(cloud, pod), 60)

    assert leaving.left_in_central(cloud, pod) == {}
    port = tenant.routed.user.show('port', used.port_id)
    assert port['status'] == 'DOWN'
    floating_ip = tenant.routed.user.show(
        'floatingip', tenant.routed.floating_ips[used.port_id]['id']
    )
    assert floating_ip['status'] == 'DOWN'
    # Its instances went with it.
    for name in ('net1', 'net2'):
        gone = tenant.routed.instances.pop(f'{name}@{NAME}')
        tenant.routed.user.remove('port', gone.port_id)
    tenant.delete()
