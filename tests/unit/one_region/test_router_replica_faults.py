# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Routers of central in a region: deaths at each step, the region's own.

Deaths are those of :mod:`tests.unit.one_region.region`: from the point on
nothing is written, so that no ``finally`` of the apply gives its lease back
or takes away what is half made. That the lease of a process that is really
gone is taken over is in
tests/functional/routers/test_router_replica_faults.py.
"""

import copy

import pytest

from tests.functional import cloud as clouds
from tests.functional import kills
from tests.functional.cloud.client import Json
from tests.functional.routers import router_documents
from tests.functional.routers import router_pieces
from tests.functional.routers.router_documents import Piece
from tests.unit.one_region.region import Region

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
    region: Region, fresh_project: str
) -> None:
    piece = router_pieces.local(region, fresh_project).piece
    piece.put_networks()

    for point in MAKING:
        piece.dies(point)

    piece.assert_whole()


# From its beginning, and where nothing was interrupted before.
@pytest.mark.parametrize('points', [CHANGING, CHANGING[2:]])
def test_a_piece_is_whole_after_kill_9_at_each_step_of_its_change(
    region: Region, fresh_project: str, points: tuple[str, ...]
) -> None:
    made = router_pieces.local(region, fresh_project)
    made.piece.put()
    other_half(made)
    made.piece.put_networks()

    for point in points:
        made.piece.dies(point)

    made.piece.assert_whole()


def test_agents_hear_of_a_router_after_kill_9_with_nothing_left_to_do(
    region: Region, fresh_project: str
) -> None:
    router_pieces.l3_host(region)
    piece = router_pieces.local(region, fresh_project).piece
    piece.put_networks()

    def agents() -> list[Json]:
        # Neutron chooses one when there is something to tell.
        return [
            dict(row)
            for row in region.database.query(
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
    region: Region, fresh_project: str
) -> None:
    """As after two applied a document at once, and one was refused."""
    piece = router_pieces.local(region, fresh_project).piece
    piece.put()
    interface = piece.body['interfaces'][0]['port_id']
    assert region.database.execute(
        "UPDATE ports SET device_id = '' WHERE id = %s", interface
    )

    piece.assert_whole()


def test_nothing_is_left_after_kill_9_at_each_step_of_its_deletion(
    region: Region, fresh_project: str
) -> None:
    piece = router_pieces.local(region, fresh_project).piece
    piece.put()

    for point in REMOVING:
        kills.dies(region, point, lambda: region.service.delete(piece.path))

    assert region.service.delete(piece.path).status_code in (204, 404)
    assert not region.admin.exists('router', piece.id)
    assert piece.rows() == []
    assert piece.floating_ports() == []


def test_a_router_of_the_regions_own_is_left_alone(
    region: Region, fresh_project: str
) -> None:
    user = region.client(fresh_project)
    network = user.create_network(name='own')
    subnet = user.create_subnet(network['id'], '10.1.0.0/24')
    own = user.create_router(name='r')
    user.add_router_interface(own['id'], subnet_id=subnet['id'])
    before = user.show('router', own['id'])
    piece = router_pieces.local(region, fresh_project).piece

    piece.put()
    assert region.service.delete(piece.path).status_code == 204

    assert user.show('router', own['id']) == before
    assert user.list('port', device_id=own['id'])
    # And its owner goes on working with it.
    user.update('router', own['id'], name='mine')
    user.remove_router_interface(own['id'], subnet_id=subnet['id'])
    user.remove('router', own['id'])


def test_an_unmarked_router_of_that_id_is_a_conflict(
    region: Region, fresh_project: str
) -> None:
    user = region.client(fresh_project)
    own = user.create_router(name='own')
    piece = Piece.empty(region, fresh_project)
    piece.body['router']['id'] = own['id']

    answer = region.service.put(piece.path, {'replica': piece.document()})

    assert answer.status_code == 409
    assert answer.json()['NeutronError']['type'] == 'ReplicaConflict'
    assert user.show('router', own['id'])['name'] == 'own'
    assert region.service.delete(piece.path).status_code == 404
    user.remove('router', own['id'])


@pytest.mark.parametrize('kind', ['gateway', 'interface'])
def test_an_unmarked_port_of_that_id_is_a_conflict(
    region: Region, fresh_project: str, kind: str
) -> None:
    user = region.client(fresh_project)
    network = user.create_network(name='own')
    user.create_subnet(network['id'], '10.7.0.0/24')
    own = user.create_port(network['id'])
    piece = router_pieces.local(region, fresh_project).piece
    port = (
        piece.body['gateway']
        if kind == 'gateway'
        else piece.body['interfaces'][0]
    )
    port['port_id'] = own['id']

    answer = region.service.put(piece.path, {'replica': piece.document()})

    assert answer.status_code == 409
    assert answer.json()['NeutronError']['type'] == 'ReplicaConflict'
    assert region.service.delete(piece.path).status_code == 204
    assert user.show('port', own['id'])['device_id'] == ''


@pytest.mark.parametrize('change', ['gateway', 'routes', 'floating_ips'])
def test_a_document_that_cannot_be_read_is_refused(
    region: Region, fresh_project: str, change: str
) -> None:
    piece = router_pieces.north_south(region, fresh_project)
    body = copy.deepcopy(piece.body)
    for one in [body[change]] if change == 'gateway' else body[change]:
        one.popitem()
    replica = {**piece.document(), 'body': body}

    answer = region.service.put(piece.path, {'replica': replica})

    assert answer.status_code == 400
    assert change in answer.text


@pytest.mark.parametrize('admin', [False, True])
def test_the_regions_api_refuses_to_write_what_is_centrals(
    region: Region, fresh_project: str, admin: bool
) -> None:
    made = router_pieces.local(region, fresh_project)
    piece = made.piece
    piece.put()
    caller = region.admin if admin else region.client(fresh_project)
    [floating] = piece.floating_ports()
    interface = piece.body['interfaces'][0]['port_id']
    own = (
        caller.create_network(name='own', project_id=fresh_project)
        if admin
        else caller.create_network(name='own')
    )
    subnet = region.admin.create_subnet(
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
        region.admin.create(
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
