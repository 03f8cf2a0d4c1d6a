# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Documents of routers, applied in a region."""

from collections.abc import Callable
import random

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud.client import Json
from tests.functional.routers import router_documents
from tests.functional.routers import router_pieces
from tests.functional.routers.router_documents import Piece
from tests.unit.one_region.region import Counted
from tests.unit.one_region.region import Region

Make = Callable[[Region, str], Piece]


def a_local_router(region: Region, project: str) -> Piece:
    """Return the piece of router_pieces.local()."""
    return router_pieces.local(region, project).piece


TOPOLOGIES = [
    a_local_router,
    router_pieces.east_west,
    router_pieces.north_south,
]


def strip(body: Json) -> None:
    """Leave nothing on a router."""
    body.update(gateway=None, interfaces=[], routes=[], floating_ips=[])


def networks_go(piece: Piece) -> None:
    """Assert that nothing of the router holds its networks."""
    for one in piece.networks:
        path = f'/replicas/network/{one["network"]["id"]}'
        for row in regions.ledger(
            piece.region,
            resource_type='port',
            parent_id=one['network']['id'],
        ):
            piece.region.service.delete(f'/replicas/port/{row["resource_id"]}')
        answer = piece.region.service.delete(path)
        assert answer.status_code == 204, answer.text


@pytest.mark.parametrize('make', TOPOLOGIES)
def test_a_piece_is_made_whole_and_again_changes_nothing(
    region: Region, fresh_project: str, make: Make
) -> None:
    piece = make(region, fresh_project)

    first = piece.put()
    rows, revisions = piece.rows(), piece.revisions()
    second = piece.put()

    assert second['digest'] == first['digest']
    assert second['omitted'] == []
    assert piece.rows() == rows
    assert piece.revisions() == revisions
    assert {row['port_id'] for row in rows if 'port_type' in row} == {
        one['port_id']
        for one in (piece.body['gateway'], *piece.body['interfaces'])
    }
    # All floating ports belong to floating IPs, which know them.
    ports = piece.floating_ports()
    assert len(ports) == len(piece.body['floating_ips'])
    assert all(one['device_id'] == one['fip'] for one in ports)


@pytest.mark.parametrize('make', TOPOLOGIES)
def test_when_everything_is_taken_off_nothing_is_left(
    region: Region, fresh_project: str, make: Make
) -> None:
    piece = make(region, fresh_project)
    piece.put()

    strip(piece.body)
    piece.put()

    assert piece.rows() == []
    assert piece.floating_ports() == []
    networks_go(piece)


@pytest.mark.parametrize('make', TOPOLOGIES)
def test_a_deleted_piece_leaves_nothing_and_stays_away(
    region: Region, fresh_project: str, make: Make
) -> None:
    piece = make(region, fresh_project)
    piece.put()
    late = piece.document()

    answer = region.service.delete(
        f'{piece.path}?epoch=1&counter={late["generation"]["counter"] + 1}'
    )

    assert answer.status_code == 204, answer.text
    assert not region.admin.exists('router', piece.id)
    assert piece.rows() == []
    assert piece.floating_ports() == []
    again = region.service.put(piece.path, {'replica': late})
    assert again.status_code == 409
    assert region.service.delete(piece.path).status_code == 404
    networks_go(piece)


def test_an_l3_agent_gets_all_of_a_local_router(
    region: Region, fresh_project: str
) -> None:
    host = router_pieces.l3_host(region)
    made = router_pieces.local(region, fresh_project)
    piece = made.piece
    piece.put()

    got = piece.sync_data(host)

    assert got['gw_port']['id'] == piece.body['gateway']['port_id']
    assert (
        got['gw_port']['mac_address'] == (piece.body['gateway']['mac_address'])
    )
    assert got['enable_snat'] is True
    assert {one['id']: addresses(one) for one in got['_interfaces']} == {
        one['port_id']: addresses(one) for one in piece.body['interfaces']
    }
    assert router_documents.ordered(got['routes']) == piece.body['routes']
    [floating_ip] = got['_floatingips']
    assert floating_ip['floating_ip_address'] == '203.0.113.20'
    assert floating_ip['fixed_ip_address'] == made.instance[1]
    assert floating_ip['port_id'] == made.instance[0]


def addresses(port: Json) -> set[str]:
    """Return the addresses of a port."""
    return {str(one['ip_address']) for one in port['fixed_ips']}


def test_an_l3_agent_gets_a_leg_as_gateway_without_snat(
    region: Region, fresh_project: str
) -> None:
    host = router_pieces.l3_host(region)
    piece = router_pieces.east_west(region, fresh_project)
    piece.put()

    got = piece.sync_data(host)

    assert got['enable_snat'] is False
    assert addresses(got['gw_port']) == {'100.0.1.11', 'fd74:1::11'}
    assert {one['gateway_ip'] for one in got['gw_port']['subnets']} == {
        '100.0.1.1',
        'fd74:1::1',
    }
    assert got['routes'] == [
        {'destination': '10.2.0.0/24', 'nexthop': '100.0.1.12'}
    ]
    # Bound, so that the agent has something to plug.
    assert got['gw_port']['binding:host_id'] == host
    assert got['gw_port']['binding:vif_type'] == 'ovs'


def test_an_l3_agent_gets_floating_ips_beyond_the_bridge(
    region: Region, fresh_project: str
) -> None:
    host = router_pieces.l3_host(region)
    piece = router_pieces.north_south(region, fresh_project)
    piece.put()

    got = piece.sync_data(host)

    assert {
        one['floating_ip_address']: one['fixed_ip_address']
        for one in got['_floatingips']
    } == {'203.0.113.21': '10.1.0.77', '203.0.113.22': '10.2.0.77'}
    # The scope of the fixed address is that of the leg it goes through:
    # where they differ, the agent refuses the traffic.
    [leg] = got['_interfaces']
    assert {one['fixed_ip_address_scope'] for one in got['_floatingips']} == {
        leg['address_scopes']['4']
    }
    assert addresses(leg) == {'100.0.1.1', 'fd74:1::1'}
    assert addresses(got['gw_port']) == {'203.0.113.10'}


def test_a_bridge_network_is_no_tenants_and_no_floating_ip_pool(
    region: Region, fresh_project: str
) -> None:
    piece = router_pieces.east_west(region, fresh_project)
    piece.put()
    [between] = [
        one['network']['id']
        for one in piece.networks
        if not one['network']['project_id']
    ]

    tenant = region.client(fresh_project)

    assert region.admin.show('network', between)['router:external'] is True
    assert between not in {one['id'] for one in tenant.list('network')}
    assert not region.database.query(
        'SELECT 1 FROM networkrbacs WHERE object_id = %s', between
    )
    assert piece.body['gateway']['port_id'] not in {
        one['id'] for one in tenant.list('port')
    }
    with pytest.raises(clouds.ApiError) as refused:
        tenant.create('floatingip', floating_network_id=between)
    assert refused.value.status in (404, 409)


def changes(made: router_pieces.Local) -> dict[str, Callable[[], object]]:
    """Return changes of a local router, one by one, in no order."""
    piece, router = made.piece, made.piece.body['router']
    other = piece.add_network('198.51.100.0/24', external=True)
    third = piece.add_network('10.3.0.0/24')
    another = piece.add_port(made.second, '77')
    body = piece.body

    def first_interface(**values: object) -> None:
        network_id = made.first['network']['id']
        body['interfaces'] = router_documents.ordered(
            {**one, **values} if one['network_id'] == network_id else one
            for one in body['interfaces']
        )

    def gateway_elsewhere() -> None:
        piece.set_gateway(other, '10', snat=False)
        for one in body['floating_ips']:
            one['floating_network_id'] = other['network']['id']
            one['floating_ip_address'] = one['floating_ip_address'].replace(
                '203.0.113.', '198.51.100.'
            )

    def floating_ip(**values: object) -> None:
        for one in body['floating_ips']:
            one.update(values)

    return {
        'name': lambda: router.update(name='other'),
        'description': lambda: router.update(description='what for'),
        'state': lambda: router.update(admin_state_up=False),
        'tags': lambda: router.update(tags=['blue', 'red']),
        'gateway': gateway_elsewhere,
        'gateway port': lambda: body['gateway'].update(
            port_id=router_documents.new_id()
        ),
        'gateway MAC': lambda: body['gateway'].update(
            mac_address=router_documents.new_mac()
        ),
        'SNAT': lambda: body['gateway'].update(
            enable_snat=not body['gateway']['enable_snat']
        ),
        'interface MAC': lambda: first_interface(
            mac_address=router_documents.new_mac()
        ),
        'interface port': lambda: first_interface(
            port_id=router_documents.new_id()
        ),
        'interface address': lambda: first_interface(
            fixed_ips=[
                {
                    'subnet_id': made.first['subnets'][0]['id'],
                    'ip_address': '10.1.0.200',
                }
            ]
        ),
        'more interfaces': lambda: piece.attach(third, '1'),
        'routes': lambda: piece.set_routes(
            ('10.50.0.0/24', '10.1.0.8'), ('10.60.0.0/24', '10.1.0.9')
        ),
        'floating IP text': lambda: floating_ip(description='mine'),
        'floating IP port': lambda: floating_ip(
            port_id=another[0], fixed_ip_address=another[1]
        ),
    }


# Of any two changes each is the first once.
@pytest.mark.parametrize('there', [1, -1], ids=['there', 'back'])
def test_changes_one_by_one_in_any_order_are_followed(
    region: Region, fresh_project: str, there: int
) -> None:
    made = router_pieces.local(region, fresh_project)
    made.piece.put()
    steps = list(changes(made).values())
    random.Random(3).shuffle(steps)
    steps = steps[::there]

    for step in steps:
        step()
        made.piece.put(networks=False)

    assert made.piece.here() == made.piece.body
    strip(made.piece.body)
    made.piece.put()
    assert made.piece.rows() == []
    assert made.piece.floating_ports() == []


def test_all_changes_at_once_are_followed(
    region: Region, fresh_project: str
) -> None:
    made = router_pieces.local(region, fresh_project)
    made.piece.put()

    for step in changes(made).values():
        step()
    made.piece.put()

    assert len(made.piece.floating_ports()) == 1


def test_a_gateway_elsewhere_takes_the_floating_ips_along(
    region: Region, fresh_project: str
) -> None:
    made = router_pieces.local(region, fresh_project)
    made.piece.put()
    other = made.piece.add_network('198.51.100.0/24', external=True)

    made.piece.set_gateway(other, '10', snat=True)
    made.piece.body['floating_ips'] = []
    made.piece.add_floating_ip(other, '20', *made.instance)
    made.piece.put()

    [port] = made.piece.floating_ports()
    shown = region.admin.show('floatingip', port['fip'])
    assert shown['floating_ip_address'] == '198.51.100.20'
    assert shown['router_id'] == made.piece.id


def test_floating_ips_change_places(
    region: Region, fresh_project: str
) -> None:
    piece = router_pieces.north_south(region, fresh_project)
    piece.put()
    first, second = piece.body['floating_ips']

    first['fixed_ip_address'], second['fixed_ip_address'] = (
        second['fixed_ip_address'],
        first['fixed_ip_address'],
    )

    piece.put()


def test_a_floating_ip_goes_from_one_router_to_another(
    region: Region, fresh_project: str
) -> None:
    made = router_pieces.local(region, fresh_project)
    made.piece.put()
    other = Piece.empty(region, fresh_project)
    other.networks = [made.external, made.second]
    other.set_gateway(made.external, '30', snat=True)
    other.attach(made.second, '3', '3')
    target = made.piece.add_port(made.second, '88')
    [floating_ip] = made.piece.body['floating_ips']
    moved = {
        **floating_ip,
        'port_id': target[0],
        'fixed_ip_address': target[1],
    }
    other.body['floating_ips'] = [moved]

    # Either may be first.
    other.put()
    made.piece.body['floating_ips'] = []
    made.piece.put()

    assert other.here()['floating_ips'] == [moved]
    assert len(made.piece.floating_ports()) == 1


def test_what_cannot_be_had_does_not_keep_the_rest_away(
    region: Region, fresh_project: str
) -> None:
    made = router_pieces.local(region, fresh_project)
    piece = made.piece
    piece.add_floating_ip(
        made.external, '99', router_documents.new_id(), '10.1.0.99'
    )

    answer = region.service.put(piece.path, {'replica': piece.document()})

    assert answer.status_code == 404
    assert answer.json()['NeutronError']['type'] == 'PortNotFound'
    here = piece.here()
    assert here['routes'] == piece.body['routes']
    assert [one['floating_ip_address'] for one in here['floating_ips']] == [
        '203.0.113.20'
    ]
    assert len(piece.floating_ports()) == 1


def test_a_route_to_nowhere_is_refused_and_says_so(
    region: Region, fresh_project: str
) -> None:
    piece = router_pieces.east_west(region, fresh_project)
    piece.put()
    piece.set_routes(('10.9.0.0/24', '172.16.0.1'))

    answer = region.service.put(piece.path, {'replica': piece.document()})

    assert answer.status_code == 400
    assert answer.json()['NeutronError']['type'] == 'InvalidRoutes'


def test_a_new_subnet_outside_gives_the_gateway_no_address_by_itself(
    region: Region, fresh_project: str
) -> None:
    made = router_pieces.local(region, fresh_project)
    made.piece.put()
    more = router_documents.network(fresh_project, 'fd00:113::/64')
    made.external['subnets'] = router_documents.ordered(
        [*made.external['subnets'], *more['subnets']]
    )

    made.piece.put_networks()

    assert made.piece.here() == made.piece.body
    gateway = made.piece.body['gateway']
    gateway['fixed_ips'] = router_documents.ordered(
        [
            *gateway['fixed_ips'],
            {
                'subnet_id': more['subnets'][0]['id'],
                'ip_address': 'fd00:113::10',
            },
        ]
    )
    made.piece.put()


def test_an_interface_gets_another_prefix_and_keeps_its_port(
    region: Region, fresh_project: str
) -> None:
    piece = router_pieces.north_south(region, fresh_project)
    piece.put()
    [leg] = piece.body['interfaces']
    more = router_documents.network('', 'fd75:1::/64')
    [between] = [
        one for one in piece.networks if not one['network']['project_id']
    ]
    between['subnets'] = router_documents.ordered(
        [*between['subnets'], *more['subnets']]
    )
    leg['fixed_ips'] = router_documents.ordered(
        [
            *leg['fixed_ips'],
            {'subnet_id': more['subnets'][0]['id'], 'ip_address': 'fd75:1::1'},
        ]
    )

    piece.put()

    rows = [row for row in piece.rows() if row.get('id') == leg['port_id']]
    assert len(rows) == 1


#: SELECTs that a region may send for a document that changes routes: a look
#: before, a look after, and what Neutron takes to tell the agents.
MOST_SELECTS = 240


def test_a_document_takes_as_many_statements_with_many_routes_as_with_one(
    region: Region, fresh_project: str
) -> None:
    piece = a_local_router(region, fresh_project)
    piece.put()

    def put() -> Counted:
        document = piece.document(networks=False)
        with region.count_statements() as counted:
            answer = region.service.put(piece.path, {'replica': document})
        assert answer.status_code == 200, answer.text
        assert answer.json()['replica']['digest'] == document['digest']
        return counted

    def routes(third: int, number: int) -> Counted:
        piece.set_routes(
            *((f'10.{third}.{one}.0/24', '10.1.0.9') for one in range(number))
        )
        return put()

    # Many are more than a region's quota router_route, which is for users.
    few, many = routes(60, 1), routes(61, 200)
    less, none = routes(61, 100), routes(61, 0)
    same = put()

    for count in (few, many, less, none):
        assert count.selects <= MOST_SELECTS, count
        # What is written is the router's rows, the ledger's, the outbox's.
        assert count.updates <= 30, count
        # Some are of what the region does by itself at the same time.
        assert abs(count.selects - few.selects) < 100, (count, few)
    assert same.selects <= 40, same
