# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The modes of VXLAN across regions beside the default one."""

from collections.abc import Iterator
import contextlib
import uuid

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional import views
from tests.functional.stretched import await_shadow
from tests.functional.stretched import boot_in_both
from tests.functional.stretched import stretched

GATEWAY = '192.0.2.77'


@contextlib.contextmanager
def cloud_in(mode: str) -> Iterator[clouds.Cloud]:
    """Run a cloud in a mode, with an L2 gateway in each region."""
    options = {'client': {'cross_pod_vxlan_mode': mode}}
    with clouds.Cloud.start(
        central=options,
        region={**options, 'tricircle': {'l2gw_tunnel_ip': GATEWAY}},
        admin_api=False,
    ) as cloud:
        yield cloud


@pytest.fixture(scope='module')
def gateways() -> Iterator[clouds.Cloud]:
    """A cloud in mode l2gw."""
    with cloud_in('l2gw') as cloud:
        yield cloud


def test_with_l2_gateways_tunnels_lead_to_the_gateway_of_the_region(
    gateways: clouds.Cloud,
) -> None:
    project = uuid.uuid4().hex
    network = stretched(gateways, project)

    first, _second = boot_in_both(gateways, project, network['id'])

    await_shadow(gateways.two, network['id'], first.port_id)
    agent = gateways.two.hosts.configurations(first.host)
    assert agent['tunneling_ip'] == GATEWAY
    own = gateways.one.hosts.configurations(first.host)
    assert own['tunneling_ip'] != GATEWAY


def test_without_gateways_nothing_is_made() -> None:
    project = uuid.uuid4().hex
    with cloud_in('noop') as cloud:
        network = stretched(cloud, project)

        boot_in_both(cloud, project, network['id'])

        clouds.eventually(lambda: regions.outbox_empty(cloud.one))
        clouds.eventually(lambda: regions.outbox_empty(cloud.two))
        for region in (cloud.one, cloud.two):
            assert views.shadows(region, network['id']) == {}
            here = region.admin.show('network', network['id'])
            there = cloud.central.admin.show('network', network['id'])
            for key in ('provider:network_type', 'provider:segmentation_id'):
                assert here[key] == there[key]
        assert not cloud.central.database.query(
            "SELECT id FROM journal WHERE resource_type = 'shadow-ports'"
        )
