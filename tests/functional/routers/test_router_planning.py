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
from tests.functional import regions
from tests.functional import views
from tests.functional.cloud import eventually
from tests.functional.jobs.sweeps import sweep_once
from tests.functional.routers.routed import Routed
from tests.functional.routers.router_pieces import come_to
from tests.functional.routers.router_pieces import l3_host
from tests.functional.t3 import assert_floating_ip
from tests.functional.t3 import assert_t3
from tests.functional.t3 import Finished
from tests.functional.t3 import step
from tests.functional.t3 import STEPS
from tests.functional.t3 import t3
from tricircle.journal import router_intents
from tricircle.journal import wakeup

pytestmark = pytest.mark.own_cloud

WAIT = 120


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


# The lab has this topology, with packets.
@pytest.mark.thorough
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
    [
        pytest.param(
            order,
            id='-'.join(order),
        )
        for order in random.Random(4).sample(
            list(itertools.permutations(STEPS)), 4
        )
    ],
)
# Tests in process take many more.
@pytest.mark.thorough
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
        router_intents, 'region_name', lambda: clouds.CENTRAL_REGION
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
        assert router_intents.routers_on(session, network_id) == []
        made.attach('net1')
        # It has nothing of this transaction in it.
        planned = eventually(plans, WAIT)
        router_intents.record_first_port(session, network_id, 'pod', 'port')
        assert router_intents.routers_on(session, network_id) == []
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


@pytest.mark.parametrize(
    'empty', [None, pytest.param({}, marks=pytest.mark.thorough)]
)
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
    # To its agents the region calls it by an ID of its own.
    (row,) = regions.ledger(
        two, resource_type='floating-ip', resource_id=floating_ip['id']
    )
    for status in ('ACTIVE', 'ERROR'):
        two.agent_rpc.call(
            'call',
            method='update_floatingip_statuses',
            arguments={
                'router_id': made.north_south('RegionTwo').id,
                'fip_statuses': {row['local_id']: status},
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
