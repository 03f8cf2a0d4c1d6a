# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Routers of central in a region: kills, the region's own, reports."""

from collections.abc import Callable
import copy
import json

import pytest

from tests.functional import cloud as clouds
from tests.functional import kills
from tests.functional import regions
from tests.functional import router_documents
from tests.functional import router_pieces
from tests.functional.cloud.client import Json
from tests.functional.router_documents import Piece

pytestmark = pytest.mark.own_cloud(
    regions=('RegionOne',), xjobs=0, admin_api=False
)

ROUTER_REPORT = r'/routers/[^/]+/replicas/'

#: Where a region dies while it makes a router, one time after the other; all
#: but the first two leave something half made.
MAKING = (
    'local.router.created',
    'local.router.taken_away',
    'local.router.gateway_port',
    'local.router.gateway',
    'local.router.port',
    # The other interface's: that of the first is there now.
    'local.router.port',
    'local.router.interfaces',
    'local.router.routes',
    'local.router.floating_port',
    'local.router.floating_ip',
    'local.apply.done',
)
#: Where it dies while it changes one: gateway and interface are replaced.
CHANGING = (
    'local.router.gateway_cleared',
    'local.router.taken_away',
    'local.router.gateway_port',
    'local.router.port',
    'local.router.routes',
)
REMOVING = (
    'local.router.interface_removed',
    'local.router.emptied',
    'local.router.deleted',
)


def other_half(made: router_pieces.Local) -> None:
    """Replace gateway and first interface, and move the floating IP."""
    piece = made.piece
    other = piece.add_network('198.51.100.0/24', external=True)
    piece.set_gateway(other, '10', snat=False)
    piece.body['interfaces'] = router_documents.ordered(
        {**one, 'port_id': router_documents.new_id()}
        for one in piece.body['interfaces']
    )
    piece.body['floating_ips'] = []
    piece.add_floating_ip(other, '20', *made.instance)


def test_a_piece_is_whole_after_kill_9_at_each_step_of_its_making(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    piece = router_pieces.local(cloud.one, fresh_project).piece
    piece.put_networks()

    for point in MAKING:
        piece.dies(point)

    piece.assert_whole()


# From its beginning, and where nothing was interrupted before.
@pytest.mark.parametrize('points', [CHANGING, CHANGING[2:]])
def test_a_piece_is_whole_after_kill_9_at_each_step_of_its_change(
    cloud: clouds.Cloud, fresh_project: str, points: tuple[str, ...]
) -> None:
    made = router_pieces.local(cloud.one, fresh_project)
    made.piece.put()
    other_half(made)
    made.piece.put_networks()

    for point in points:
        made.piece.dies(point)

    made.piece.assert_whole()


def test_agents_hear_of_a_router_after_kill_9_with_nothing_left_to_do(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    router_pieces.l3_host(cloud.one)
    piece = router_pieces.local(cloud.one, fresh_project).piece
    piece.put_networks()

    def agents() -> list[Json]:
        # Neutron chooses one when there is something to tell.
        return [
            dict(row)
            for row in cloud.one.database.query(
                'SELECT l3_agent_id FROM routerl3agentbindings'
                ' WHERE router_id = %s',
                piece.id,
            )
        ]

    piece.dies('local.router.floating_ip')
    assert agents() == []

    piece.put()

    assert len(agents()) == 1


def test_an_interface_that_lost_its_routers_name_gets_it_back(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    """As after two applied a document at once, and one was refused."""
    piece = router_pieces.local(cloud.one, fresh_project).piece
    piece.put()
    interface = piece.body['interfaces'][0]['port_id']
    assert cloud.one.database.execute(
        "UPDATE ports SET device_id = '' WHERE id = %s", interface
    )

    piece.assert_whole()


def test_nothing_is_left_after_kill_9_at_each_step_of_its_deletion(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    piece = router_pieces.local(cloud.one, fresh_project).piece
    piece.put()

    for point in REMOVING:
        kills.dies(
            cloud.one, point, lambda: cloud.one.service.delete(piece.path)
        )

    assert cloud.one.service.delete(piece.path).status_code in (204, 404)
    assert not cloud.one.admin.exists('router', piece.id)
    assert piece.rows() == []
    assert piece.floating_ports() == []


def test_a_router_of_the_regions_own_is_left_alone(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    user = cloud.one.client(fresh_project)
    network = user.create_network(name='own')
    subnet = user.create_subnet(network['id'], '10.1.0.0/24')
    own = user.create_router(name='r')
    user.add_router_interface(own['id'], subnet_id=subnet['id'])
    before = user.show('router', own['id'])
    piece = router_pieces.local(cloud.one, fresh_project).piece

    piece.put()
    assert cloud.one.service.delete(piece.path).status_code == 204

    assert user.show('router', own['id']) == before
    assert user.list('port', device_id=own['id'])
    # And its owner goes on working with it.
    user.update('router', own['id'], name='mine')
    user.remove_router_interface(own['id'], subnet_id=subnet['id'])
    user.remove('router', own['id'])


def test_an_unmarked_router_of_that_id_is_a_conflict(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    user = cloud.one.client(fresh_project)
    own = user.create_router(name='own')
    piece = Piece.empty(cloud.one, fresh_project)
    piece.body['router']['id'] = own['id']

    answer = cloud.one.service.put(piece.path, {'replica': piece.document()})

    assert answer.status_code == 409
    assert answer.json()['NeutronError']['type'] == 'ReplicaConflict'
    assert user.show('router', own['id'])['name'] == 'own'
    assert cloud.one.service.delete(piece.path).status_code == 404
    user.remove('router', own['id'])


@pytest.mark.parametrize('kind', ['gateway', 'interface'])
def test_an_unmarked_port_of_that_id_is_a_conflict(
    cloud: clouds.Cloud, fresh_project: str, kind: str
) -> None:
    user = cloud.one.client(fresh_project)
    network = user.create_network(name='own')
    user.create_subnet(network['id'], '10.7.0.0/24')
    own = user.create_port(network['id'])
    piece = router_pieces.local(cloud.one, fresh_project).piece
    port = (
        piece.body['gateway']
        if kind == 'gateway'
        else piece.body['interfaces'][0]
    )
    port['port_id'] = own['id']

    answer = cloud.one.service.put(piece.path, {'replica': piece.document()})

    assert answer.status_code == 409
    assert answer.json()['NeutronError']['type'] == 'ReplicaConflict'
    assert cloud.one.service.delete(piece.path).status_code == 204
    assert user.show('port', own['id'])['device_id'] == ''


@pytest.mark.parametrize('change', ['gateway', 'routes', 'floating_ips'])
def test_a_document_that_cannot_be_read_is_refused(
    cloud: clouds.Cloud, fresh_project: str, change: str
) -> None:
    piece = router_pieces.north_south(cloud.one, fresh_project)
    body = copy.deepcopy(piece.body)
    for one in [body[change]] if change == 'gateway' else body[change]:
        one.popitem()
    replica = {**piece.document(), 'body': body}

    answer = cloud.one.service.put(piece.path, {'replica': replica})

    assert answer.status_code == 400
    assert change in answer.text


@pytest.mark.parametrize('admin', [False, True])
def test_the_regions_api_refuses_to_write_what_is_centrals(
    cloud: clouds.Cloud, fresh_project: str, admin: bool
) -> None:
    made = router_pieces.local(cloud.one, fresh_project)
    piece = made.piece
    piece.put()
    caller = cloud.one.admin if admin else cloud.one.client(fresh_project)
    [floating] = piece.floating_ports()
    interface = piece.body['interfaces'][0]['port_id']
    own = (
        caller.create_network(name='own', project_id=fresh_project)
        if admin
        else caller.create_network(name='own')
    )
    subnet = cloud.one.admin.create_subnet(
        own['id'], '10.99.0.0/24', project_id=fresh_project
    )
    path = f'/routers/{piece.id}'
    route = {'destination': '10.70.0.0/24', 'nexthop': '10.1.0.9'}
    for call in (
        lambda: caller.update('router', piece.id, name='other'),
        lambda: caller.update('router', piece.id, routes=[]),
        lambda: caller.update('router', piece.id, external_gateway_info=None),
        lambda: caller.remove('router', piece.id),
        lambda: caller.add_router_interface(piece.id, subnet_id=subnet['id']),
        lambda: caller.remove_router_interface(piece.id, port_id=interface),
        lambda: refuse_put(
            caller, f'{path}/add_extraroutes', {'router': {'routes': [route]}}
        ),
        lambda: refuse_put(
            caller,
            f'{path}/remove_extraroutes',
            {'router': {'routes': piece.body['routes'][:1]}},
        ),
        lambda: caller.update('port', interface, name='other'),
        lambda: caller.update('port', interface, admin_state_up=False),
        lambda: caller.update('port', interface, fixed_ips=[]),
        lambda: caller.update('port', interface, device_id=''),
        lambda: caller.update('floatingip', floating['fip'], port_id=None),
        lambda: caller.remove('floatingip', floating['fip']),
    ):
        with pytest.raises(clouds.ApiError) as refused:
            call()
        assert (refused.value.status, refused.value.type) == (
            409,
            'BelongsToCentral',
        ), refused.value
        assert 'belongs to central Neutron' in refused.value.message
    with pytest.raises(clouds.ApiError) as refused:
        cloud.one.admin.create(
            'floatingip', floating_network_id=made.external['network']['id']
        )
    assert refused.value.type == 'BelongsToCentral'
    assert piece.here() == piece.body
    assert len(piece.floating_ports()) == 1


def refuse_put(caller: clouds.NeutronClient, path: str, body: Json) -> None:
    """Send a request that is to be refused."""
    answer = caller.put(path, body)
    if answer.status_code >= 400:
        raise clouds.ApiError(answer)


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
