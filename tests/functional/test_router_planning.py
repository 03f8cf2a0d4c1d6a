# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""A router made in central is in every region that it concerns."""

import itertools
import random

import pytest
import requests
import sqlalchemy as sa
from sqlalchemy import orm

from tests.functional import cloud as clouds
from tests.functional import views
from tests.functional.cloud import eventually
from tests.functional.routed import Routed
from tests.functional.router_pieces import come_to
from tests.functional.router_pieces import l3_host
from tests.functional.test_sweep import sweep_once
from tricircle.journal import router_plan
from tricircle.journal import wakeup

pytestmark = pytest.mark.own_cloud

WAIT = 120

STEPS = ('gateway', 'boot1', 'boot2', 'attach1', 'attach2')


def t3(cloud: clouds.Cloud, project: str) -> Routed:
    """Return what T3 begins with: a router, two networks, the outside."""
    made = Routed.make(cloud, project)
    made.add_network('net1', '10.0.1.0/24', 'RegionOne')
    made.add_network('net2', '10.0.2.0/24', 'RegionTwo')
    made.add_external('RegionTwo')
    return made


def step(made: Routed, name: str) -> None:
    """Take one step of T3."""
    match name:
        case 'gateway':
            made.set_gateway()
        case 'boot1':
            made.boot('net1', 'RegionOne')
        case 'boot2':
            made.boot('net2', 'RegionTwo')
        case 'attach1':
            made.attach('net1')
        case 'attach2':
            made.attach('net2')


def assert_t3(made: Routed) -> None:
    """Assert that both regions have what T3 takes."""
    bridge = made.bridge()
    assert bridge is not None
    one, two = made.regular('RegionOne'), made.regular('RegionTwo')
    out = made.north_south('RegionTwo')
    assert len(made.pieces('RegionOne')) == 1
    assert len(made.pieces('RegionTwo')) == 2
    legs = {}
    for piece, name in ((one, 'net1'), (two, 'net2')):
        assert piece.gateway is not None
        network, addresses, snat = piece.gateway
        assert network == bridge['id']
        assert not snat
        legs[name] = addresses
        assert set(piece.interfaces) == {made.networks[name]['id']}
    assert len({*legs['net1'], *legs['net2']}) == 4
    first = min(legs['net1'], key=len), min(legs['net2'], key=len)
    assert one.routes == {'10.0.2.0/24': v4(legs['net2'])}
    assert two.routes == {'10.0.1.0/24': v4(legs['net1'])}, first
    assert out.routes == {
        '10.0.1.0/24': v4(legs['net1']),
        '10.0.2.0/24': v4(legs['net2']),
    }
    assert out.gateway == (
        made.external['id'],
        made.gateway_addresses(),
        True,
    )
    inner = out.interfaces[bridge['id']]
    assert v4(inner).endswith('.1')
    assert set(out.interfaces) == {bridge['id']}


def assert_floating_ip(made: Routed) -> None:
    """Assert that T3 has its one floating IP."""
    assert len(made.north_south('RegionTwo').floating_ips) == 1


def v4(addresses: tuple[str, ...]) -> str:
    """Return the one IPv4 address."""
    (found,) = [one for one in addresses if ':' not in one]
    return found


class Finished:
    """T3 that tests made and left whole, for those that begin with one.

    To make one takes longer than what most of these do with it.
    """

    def __init__(self) -> None:
        self._left: list[Routed] = []

    def leave(self, made: Routed) -> None:
        """Leave one to other tests, which may do what they like with it."""
        self._left.append(made)

    def take(self, cloud: clouds.Cloud, project: str) -> Routed:
        """Return one that is whole; it is made when nobody left one.

        :param project: for one that is made
        """
        if self._left:
            made = self._left.pop(0)
        else:
            made = t3(cloud, project)
            for name in STEPS:
                step(made, name)
        eventually(lambda: assert_t3(made), WAIT)
        return made


@pytest.fixture(scope='module')
def finished() -> Finished:
    """What tests of this module left to each other."""
    return Finished()


@pytest.fixture
def whole(
    cloud: clouds.Cloud, finished: Finished, fresh_project: str
) -> Routed:
    """T3 after all its steps, with everything in its place."""
    return finished.take(cloud, fresh_project)


def test_t3_two_networks_and_one_way_out(
    cloud: clouds.Cloud, fresh_project: str, finished: Finished
) -> None:
    made = t3(cloud, fresh_project)
    for name in STEPS:
        step(made, name)

    eventually(lambda: assert_t3(made), WAIT)

    shown = made.user.show('router', made.router['id'])
    assert len(shown['availability_zones']) == 2
    assert shown['routes'] == []
    assert not made.user.list('network', id=str((made.bridge() or {})['id']))
    finished.leave(made)


def test_floating_ips_of_both_regions_are_on_the_way_out(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    made = t3(cloud, fresh_project)
    for name in STEPS:
        step(made, name)
    given = {
        str(made.add_floating_ip(one)['floating_ip_address']): one
        for one in made.instances.values()
    }

    def there() -> None:
        out = made.north_south('RegionTwo')
        assert set(out.floating_ips) == set(given)
        for address, instance in given.items():
            assert out.floating_ips[address][1] == instance.addresses[0]
        assert made.regular('RegionOne').floating_ips == {}

    eventually(there, WAIT)

    one = next(iter(made.floating_ips.values()))
    made.user.update('floatingip', one['id'], port_id=None)

    def released() -> None:
        out = made.north_south('RegionTwo')
        assert one['floating_ip_address'] not in out.floating_ips
        assert len(out.floating_ips) == 1

    eventually(released, WAIT)


@pytest.mark.parametrize(
    'order',
    random.Random(4).sample(list(itertools.permutations(STEPS)), 4),
    ids='-'.join,
)
def test_any_order_of_steps_ends_the_same(
    cloud: clouds.Cloud,
    fresh_project: str,
    finished: Finished,
    order: tuple[str, ...],
) -> None:
    made = t3(cloud, fresh_project)

    for name in order:
        step(made, name)

    eventually(lambda: assert_t3(made), WAIT)
    finished.leave(made)


def test_what_began_before_an_interface_was_added_is_planned_with_it(
    cloud: clouds.Cloud, fresh_project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of an instance, whose transaction does not see the router yet."""
    monkeypatch.setattr(
        router_plan, 'region_name', lambda: clouds.CENTRAL_REGION
    )
    monkeypatch.setattr(wakeup, 'after_commit', lambda *_: None)
    made = Routed.make(cloud, fresh_project)
    network_id = str(made.add_network('net1', '10.0.1.0/24')['id'])

    def plans() -> int:
        (row,) = cloud.central.database.query(
            'SELECT counter, pending FROM journal WHERE resource_type ='
            " 'router-plan' AND resource_id = %s",
            made.router['id'],
        )
        assert not row['pending']
        return int(row['counter'])

    engine = sa.create_engine(cloud.central.database.url)
    with orm.Session(engine) as session, session.begin():
        assert router_plan.routers_on(session, network_id) == []
        made.attach('net1')
        # It has nothing of this transaction in it.
        planned = eventually(plans, WAIT)
        router_plan.record_first_port(session, network_id, 'pod', 'port')
        assert router_plan.routers_on(session, network_id) == []
    engine.dispose()

    def planned_again() -> None:
        assert plans() > planned

    eventually(planned_again, WAIT)


def test_nothing_is_left_when_all_is_deleted(whole: Routed) -> None:
    made = whole
    made.add_floating_ip(made.instances['net1@RegionOne'])
    eventually(lambda: assert_floating_ip(made), WAIT)
    bridge = made.bridge()
    assert bridge is not None

    made.delete()

    eventually(lambda: made.assert_nothing_left(bridge['id']), WAIT)


def test_the_piece_goes_with_the_last_instance_and_comes_back(
    whole: Routed, finished: Finished
) -> None:
    made = whole

    made.delete_instance('net1', 'RegionOne')

    def gone() -> None:
        assert made.pieces('RegionOne') == []
        assert made.regular('RegionTwo').routes == {}

    eventually(gone, WAIT)
    made.boot('net1', 'RegionOne')
    eventually(lambda: assert_t3(made), WAIT)
    finished.leave(made)


@pytest.mark.parametrize('empty', [None, {}])
def test_clearing_the_gateway_takes_the_way_out_away(
    whole: Routed, empty: object
) -> None:
    made = whole

    made.clear_gateway(empty)

    def cleared() -> None:
        assert len(made.pieces('RegionTwo')) == 1
        two = made.regular('RegionTwo')
        assert set(two.routes) == {'10.0.1.0/24'}

    eventually(cleared, WAIT)


def test_t7_stretched_networks_are_routed_where_the_instance_is(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    made = Routed.make(cloud, fresh_project)
    for number in (1, 2):
        made.add_network(f'net{number}', f'10.0.{number}.0/24')
        made.attach(f'net{number}')
    made.boot('net1', 'RegionOne')
    made.boot('net2', 'RegionTwo')
    both = {one['id'] for one in made.networks.values()}

    def there() -> None:
        found = [made.regular(name) for name in ('RegionOne', 'RegionTwo')]
        for piece in found:
            # Both networks are on it, and nothing has to be crossed.
            assert set(piece.interfaces) == both
            assert piece.routes == {}
            assert piece.gateway is None
        for network_id in both:
            addresses = {one.interfaces[network_id] for one in found}
            assert len(addresses) == 2, 'both regions have one address'

    eventually(there, WAIT)
    assert made.bridge() is None


def test_t1_a_local_router_has_all_in_its_region(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    made = Routed.make(
        cloud, fresh_project, availability_zone_hints=['RegionOne']
    )
    made.add_network('net1', '10.0.1.0/24', 'RegionOne')
    made.add_external('RegionOne')
    made.set_gateway()
    made.attach('net1')
    instance = made.boot('net1', 'RegionOne')
    floating_ip = made.add_floating_ip(instance)

    def there() -> None:
        piece = made.regular('RegionOne')
        assert piece.gateway == (
            made.external['id'],
            made.gateway_addresses(),
            True,
        )
        assert piece.interfaces == {made.networks['net1']['id']: ('10.0.1.1',)}
        assert piece.floating_ips == {
            floating_ip['floating_ip_address']: (
                instance.port_id,
                instance.addresses[0],
            )
        }
        subnet = cloud.one.admin.show('subnet', made.subnets['net1']['id'])
        assert subnet['gateway_ip'] == '10.0.1.1'

    eventually(there, WAIT)
    assert made.bridge() is None
    assert made.pieces('RegionTwo') == []
    made.delete()
    eventually(made.assert_nothing_left, WAIT)


def test_t5_instances_are_told_the_way_to_the_other_router(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    made = Routed.make(cloud, fresh_project)
    asked: dict[str, str] = {}
    for number, region in enumerate(('RegionOne', 'RegionTwo'), 1):
        name = f'net{number}'
        made.add_network(name, f'10.0.{number}.0/24', region)
        local = made.user.create_router(
            name=f'local{number}', availability_zone_hints=[region]
        )
        # First the local router, whose the gateway is.
        made.user.add_router_interface(
            local['id'], subnet_id=made.subnets[name]['id']
        )
        port = made.user.create_port(made.networks[name]['id'])
        asked[region] = port['fixed_ips'][0]['ip_address']
        made.user.add_router_interface(made.router['id'], port_id=port['id'])

    def told() -> None:
        for number, region in enumerate(asked, 1):
            subnet = cloud.region(region).admin.show(
                'subnet', made.subnets[f'net{number}']['id']
            )
            other = made.subnets[f'net{3 - number}']
            assert subnet['host_routes'] == [
                {'destination': other['cidr'], 'nexthop': asked[region]}
            ]

    # Before there is a piece: the first instance learns it at once.
    eventually(told, WAIT)
    for region in asked:
        (only,) = made.pieces(region)
        assert only.id != made.router['id']
    for number, region in enumerate(asked, 1):
        made.boot(f'net{number}', region)

    def there() -> None:
        for number, region in enumerate(('RegionOne', 'RegionTwo'), 1):
            here, other = f'net{number}', f'net{3 - number}'
            piece = made.regular(region)
            assert [len(one) for one in piece.interfaces.values()] == [1]
            ((address,),) = piece.interfaces.values()
            # The user's own, where no other region can have the network.
            assert address == asked[region]
            assert set(piece.routes) == {made.subnets[other]['cidr']}
            subnet = cloud.region(region).admin.show(
                'subnet', made.subnets[here]['id']
            )
            assert subnet['gateway_ip'] == made.subnets[here]['gateway_ip']
            assert subnet['host_routes'] == [
                {
                    'destination': made.subnets[other]['cidr'],
                    'nexthop': address,
                }
            ]
            assert len(made.pieces(region)) == 2

    eventually(there, WAIT)


def test_routes_of_users_stay_beside_ours_and_are_all_that_users_see(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    made = Routed.make(cloud, fresh_project)
    for number, region in enumerate(('RegionOne', 'RegionTwo'), 1):
        made.add_network(f'net{number}', f'10.0.{number}.0/24', region)
        made.boot(f'net{number}', region)
    # Not the gateway of its subnet: instances are told the way to it.
    port = made.user.create_port(made.networks['net1']['id'])
    address = port['fixed_ips'][0]['ip_address']
    made.user.add_router_interface(made.router['id'], port_id=port['id'])
    subnet_id = made.subnets['net1']['id']
    # The router itself is no next hop of its routes.
    first, second, *_ = {'10.0.1.250', '10.0.1.251', '10.0.1.252'} - {address}
    extra = {'destination': '192.0.2.0/24', 'nexthop': first}
    host = {'destination': '198.51.100.0/24', 'nexthop': second}
    made.user.update('router', made.router['id'], routes=[extra])
    made.user.update('subnet', subnet_id, host_routes=[host])
    made.attach('net2')

    def merged() -> None:
        one, two = made.regular('RegionOne'), made.regular('RegionTwo')
        assert one.routes[extra['destination']] == extra['nexthop']
        assert set(one.routes) == {extra['destination'], '10.0.2.0/24'}
        assert set(two.routes) == {extra['destination'], '10.0.1.0/24'}
        there = cloud.one.admin.show('subnet', subnet_id)['host_routes']
        ours = {'destination': '10.0.2.0/24', 'nexthop': address}
        assert sorted(there, key=str) == sorted([host, ours], key=str)

    eventually(merged, WAIT)
    # The same again, when regions have been told anew.
    made.detach('net2')
    made.attach('net2')
    eventually(merged, WAIT)
    assert made.user.show('router', made.router['id'])['routes'] == [extra]
    shown = made.user.show('subnet', subnet_id)
    assert shown['host_routes'] == [host]


def test_two_local_routers_on_one_subnet_are_both_there(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    made = Routed.make(
        cloud, fresh_project, availability_zone_hints=['RegionOne']
    )
    made.add_network('net1', '10.0.1.0/24', 'RegionOne')
    subnet_id = made.subnets['net1']['id']
    made.attach('net1')
    second = made.user.create_router(
        name='second', availability_zone_hints=['RegionOne']
    )
    port = made.user.create_port(made.networks['net1']['id'])
    address = port['fixed_ips'][0]['ip_address']
    made.user.add_router_interface(second['id'], port_id=port['id'])

    def there(gateway: str, **routers: str) -> None:
        ids = {'first': made.router['id'], 'other': second['id']}
        assert {
            one.id: [v4(each) for each in one.interfaces.values()]
            for one in made.pieces('RegionOne')
        } == {ids[name]: [one] for name, one in routers.items()}
        subnet = cloud.one.admin.show('subnet', subnet_id)
        assert subnet['gateway_ip'] == gateway

    # The one with the gateway's address in central is it there too.
    eventually(
        lambda: there('10.0.1.1', first='10.0.1.1', other=address), WAIT
    )

    made.detach('net1')
    eventually(lambda: there(address, other=address), WAIT)
    made.attach('net1')
    eventually(
        lambda: there('10.0.1.1', first='10.0.1.1', other=address), WAIT
    )

    made.user.remove_router_interface(second['id'], port_id=port['id'])
    made.user.remove('router', second['id'])
    made.delete()
    eventually(made.assert_nothing_left, WAIT)


def test_a_region_stays_in_the_zone_by_whose_name_a_router_is_there(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    made = Routed.make(cloud, fresh_project, availability_zone_hints=['az1'])
    made.add_network('net1', '10.0.1.0/24', 'RegionOne')
    made.attach('net1')
    made.boot('net1', 'RegionOne')
    eventually(lambda: made.regular('RegionOne'), WAIT)
    admin_api = cloud.admin_api
    assert admin_api is not None
    (pod,) = admin_api.request('GET', '/pods?region_name=RegionOne').json()[
        'pods'
    ]

    def move(zone: str) -> requests.Response:
        return admin_api.request(
            'PUT',
            f'/pods/{pod["pod_id"]}',
            json={'pod': {'az_name': zone}},
        )

    refused = move('az8')

    assert refused.status_code == 409, refused.text
    assert f'router {made.router["id"]}' in refused.text
    shown = made.user.show('router', made.router['id'])
    assert shown['availability_zones'] == ['az1']
    made.delete()
    eventually(made.assert_nothing_left, WAIT)
    # What is there by the region's own name goes with it.
    made = Routed.make(
        cloud, fresh_project, availability_zone_hints=['RegionOne']
    )
    made.add_network('net1', '10.0.1.0/24', 'RegionOne')
    made.attach('net1')
    eventually(lambda: made.regular('RegionOne'), WAIT)
    try:
        assert move('az8').status_code == 200
        shown = made.user.show('router', made.router['id'])
        assert shown['availability_zones'] == ['az8']
        made.user.update('router', made.router['id'], name='later')

        def followed() -> None:
            here = cloud.one.admin.show('router', made.router['id'])
            assert here['name'] == 'later'

        eventually(followed, WAIT)
        made.delete()
        eventually(made.assert_nothing_left, WAIT)
    finally:
        assert move('az1').status_code == 200


def test_legs_are_known_in_the_other_regions_and_so_is_the_status(
    cloud: clouds.Cloud, whole: Routed
) -> None:
    made = whole
    floating_ip = made.add_floating_ip(made.instances['net1@RegionOne'])
    eventually(lambda: assert_floating_ip(made), WAIT)
    bridge = made.bridge()
    assert bridge is not None
    hosts = {
        region.region_name: l3_host(region)
        for region in cloud.regions.values()
    }
    legs: dict[str, set[str]] = {}
    for region in cloud.regions.values():
        pieces = made.pieces(region.region_name)
        come_to(region, hosts[region.region_name], *(one.id for one in pieces))
        legs[region.region_name] = {
            str(port['id'])
            for one in pieces
            for port in region.admin.list(
                'port', network_id=bridge['id'], device_id=one.id
            )
        }
    assert [len(legs[name]) for name in ('RegionOne', 'RegionTwo')] == [1, 2]

    def known() -> None:
        for region in cloud.regions.values():
            others = set().union(
                *(
                    found
                    for name, found in legs.items()
                    if name != region.region_name
                )
            )
            assert set(views.shadows(region, bridge['id'])) == others
            assert views.active_shadows(region, bridge['id']) == others

    eventually(known, WAIT)

    def shown(kind: str, resource_id: str) -> str:
        return str(made.user.show(kind, resource_id)['status'])

    def is_(kind: str, resource_id: str, status: str) -> None:
        assert shown(kind, resource_id) == status

    eventually(lambda: is_('router', made.router['id'], 'ACTIVE'), WAIT)
    is_('floatingip', floating_ip['id'], 'DOWN')
    two = cloud.two
    (local,) = two.admin.list(
        'floatingip', floating_ip_address=floating_ip['floating_ip_address']
    )
    for status in ('ACTIVE', 'ERROR'):
        two.agent_rpc.call(
            'call',
            method='update_floatingip_statuses',
            arguments={
                'router_id': made.north_south('RegionTwo').id,
                'fip_statuses': {local['id']: status},
            },
            version='1.1',
            topic='q-l3-plugin',
        )
        eventually(
            lambda status=status: is_(  # type: ignore[misc]
                'floatingip', floating_ip['id'], status
            ),
            WAIT,
        )
    # As Neutron has a router that could not be set up.
    assert two.database.execute(
        "UPDATE routers SET status = 'ERROR' WHERE id = %s",
        made.router['id'],
    )
    made.user.update('router', made.router['id'], description='again')
    eventually(lambda: is_('router', made.router['id'], 'ERROR'), WAIT)


def test_the_sweep_finds_a_piece_that_central_lost_track_of(
    cloud: clouds.Cloud, whole: Routed
) -> None:
    made = whole
    central = cloud.central.database
    pod = "(SELECT pod_id FROM pods WHERE region_name = 'RegionOne')"
    for table, column, where in (
        ('router_pieces', 'piece_id', f'pod_id = {pod}'),
        ('resource_routings', 'top_id', f'pod_id = {pod}'),
        ('journal', 'resource_id', "region_name = 'RegionOne'"),
    ):
        assert central.execute(
            f'DELETE FROM {table} WHERE {column} = %s AND {where}',  # noqa: S608
            made.router['id'],
        )

    _status, said = sweep_once(cloud, '--region', 'RegionOne')

    assert f'router {made.router["id"]} is there and not known of' in said

    def known_again() -> None:
        states = made.user.get(f'/routers/{made.router["id"]}/replicas').json()
        assert {
            one['region']: one['status'] for one in states['replicas']
        } == {'RegionOne': 'IN_SYNC', 'RegionTwo': 'IN_SYNC'}

    eventually(known_again, WAIT)
    bridge = made.bridge()
    assert bridge is not None
    made.delete()
    eventually(lambda: made.assert_nothing_left(bridge['id']), WAIT)
