# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Routers of central in a region: a real kill -9, two at once, reports.

All other deaths, at each step and of each kind of router, are in
tests/unit/one_region, where the process stays and nothing of it counts.
"""

from collections.abc import Callable
import json

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud.client import Json
from tests.functional.routers import router_pieces
from tests.functional.routers.router_documents import Piece

pytestmark = pytest.mark.own_cloud(
    regions=('RegionOne',), xjobs=0, admin_api=False
)

ROUTER_REPORT = r'/routers/[^/]+/replicas/'

#: Where a region dies while it makes a router, one time after the other.
MAKING = (
    'local.router.gateway_port',
    'local.router.interfaces',
    'local.apply.done',
)


def test_a_piece_is_whole_after_kill_9_at_each_step_of_its_making(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    piece = router_pieces.local(cloud.one, fresh_project).piece
    piece.put_networks()

    for point in MAKING:
        piece.dies(point)

    piece.assert_whole()


def test_documents_of_one_router_at_once_make_one_piece(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    piece = router_pieces.local(cloud.one, fresh_project).piece
    documents = [piece.document() for _ in range(4)]

    answers = regions.all_at_once(
        [
            lambda one=one: cloud.one.service.put(  # type: ignore[misc]
                piece.path, {'replica': one}
            )
            for one in documents
        ]
    )

    statuses = {
        one if isinstance(one, Exception) else one.status_code
        for one in answers
    }
    assert 200 in statuses
    assert statuses <= {200, 409, 503}
    piece.put()
    assert len(piece.floating_ports()) == 1


def reports(
    cloud: clouds.Cloud, mark: int, path: str, resource_id: str
) -> list[Json]:
    """Return the reports on a resource that central got."""
    return [
        dict(json.loads(call.body)['replica']['report'])
        for call in cloud.central_calls.since(mark, 'PUT', path)
        if resource_id in call.path
    ]


@pytest.mark.parametrize(
    ('make', 'owner'),
    [
        (router_pieces.north_south, 'network:router_interface'),
        (router_pieces.east_west, 'network:router_gateway'),
    ],
)
def test_central_hears_where_ports_are_that_other_regions_reach_and_no_other(
    cloud: clouds.Cloud,
    fresh_project: str,
    make: Callable[[clouds.Region, str], Piece],
    owner: str,
) -> None:
    host = router_pieces.l3_host(cloud.one)
    piece = make(cloud.one, fresh_project)
    mark = cloud.central_calls.mark()
    piece.put()
    leg, other = piece.body['gateway'], piece.body['interfaces'][0]
    if owner == 'network:router_interface':
        leg, other = other, leg

    piece.sync_data(host)

    def told() -> None:
        last = reports(cloud, mark, regions.REPORT, leg['port_id'])[-1]
        assert last['host'] == host
        assert last['vif_type'] == 'ovs'
        assert last['tunnel_ip'] == '172.30.1.11'
        assert last['device_owner'] == owner
        assert last['device_id'] == piece.id
        regions.outbox_empty(cloud.one)

    clouds.eventually(told, 20)
    assert not reports(cloud, mark, regions.REPORT, other['port_id'])


def test_central_hears_of_the_status_of_routers_and_floating_ips(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    piece = router_pieces.north_south(cloud.one, fresh_project)
    mark = cloud.central_calls.mark()
    piece.put()
    first, second = piece.body['floating_ips']

    def told(*statuses: str) -> None:
        last = reports(cloud, mark, ROUTER_REPORT, piece.id)[-1]
        assert last['status'] == 'ACTIVE'
        assert last['revision'] > 0
        assert last['floating_ips'] == dict(
            zip((first['id'], second['id']), statuses, strict=True)
        )
        regions.outbox_empty(cloud.one)

    clouds.eventually(lambda: told('DOWN', 'DOWN'), 20)
    local_id = regions.ledger(
        cloud.one, resource_type='floating-ip', resource_id=first['id']
    )[0]['local_id']
    cloud.one.agent_rpc.call(
        'call',
        method='update_floatingip_statuses',
        arguments={
            'router_id': piece.id,
            'fip_statuses': {local_id: 'ACTIVE'},
        },
        version='1.1',
        topic='q-l3-plugin',
    )

    # Those that the agent does not have are down, as it is in Neutron.
    clouds.eventually(lambda: told('ACTIVE', 'DOWN'), 20)
