# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Port forwardings and conntrack helpers of central's, in a region."""

from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

from neutron.api.rpc.handlers import resources_rpc
from neutron_lib.plugins import constants
from neutron_lib.plugins import directory
from oslo_config import cfg
import pytest

from tests.functional import regions as functional
from tests.functional.cloud.client import Json
from tests.functional.routers import router_pieces
from tests.functional.routers.router_documents import new_id
from tests.functional.routers.router_documents import ordered
from tests.functional.routers.router_documents import Piece
from tests.unit.one_region import region as regions
from tests.unit.one_region.region import Region
from tricircle.local.router.service import plugins


@pytest.fixture(scope='module')
def module_region() -> Iterator[regions.Region]:
    with regions.running('port_forwarding', 'conntrack_helper') as running:
        yield running


@pytest.fixture
def told() -> Iterator[list[tuple[str, str]]]:
    """What agents are told of, by event and ID."""
    found: list[tuple[str, str]] = []

    def push(self: Any, context: Any, gone: list[Any], event: str) -> None:
        found.extend(
            (event, one.id)
            for one in gone
            if one.obj_name() in ('PortForwarding', 'ConntrackHelper')
        )

    with mock.patch.object(resources_rpc.ResourcesPushRpcApi, 'push', push):
        yield found


def forward(piece: Piece, floating_ip: Json, *forwardings: Json) -> Json:
    """Have a floating IP of a piece forward ports, and be for none."""
    body = piece.body
    body['floating_ips'] = [
        one for one in body['floating_ips'] if one['id'] != floating_ip['id']
    ]
    made = {
        **{
            name: value
            for name, value in floating_ip.items()
            if name not in ('port_id', 'fixed_ip_address')
        },
        'port_forwardings': ordered(forwardings),
    }
    body['forwarding_ips'] = ordered([*body.get('forwarding_ips', ()), made])
    return made


def to(port_id: str, address: str, number: int, **changes: Any) -> Json:
    """Return a port forwarding."""
    return {
        'id': new_id(),
        'protocol': 'tcp',
        'internal_port_id': port_id,
        'internal_ip_address': address,
        'internal_port_range': f'{number}:{number}',
        'external_port_range': f'{8000 + number}:{8000 + number}',
        'description': '',
        **changes,
    }


def here(region: Region, router_id: str) -> list[Json]:
    """Return the rows of what is forwarded on a router."""
    return region.database.query(
        'SELECT p.id, p.external_port_start FROM portforwardings p'
        ' JOIN floatingips f ON f.id = p.floatingip_id'
        ' WHERE f.router_id = %s ORDER BY p.id',
        router_id,
    )


def marked(piece: Piece) -> set[str]:
    return {
        str(row['resource_id'])
        for row in functional.ledger(
            piece.region,
            resource_type='port-forwarding',
            parent_id=piece.id,
        )
    }


class Forwarding:
    """The way out of a router, which forwards two ports over the bridge."""

    def __init__(self, region: Region, project: str) -> None:
        self.piece = router_pieces.north_south(region, project)
        (self.leg,) = self.piece.body['interfaces']
        self.first, self.other = self.piece.body['floating_ips']
        self.one = to(self.leg['port_id'], '10.1.0.77', 80)
        self.two = to(self.leg['port_id'], '10.2.0.77', 80)
        self.two['external_port_range'] = '81:81'
        self.floating_ip = forward(self.piece, self.first, self.one, self.two)
        self.piece.put()


@pytest.fixture
def made(
    region: Region, fresh_project: str, told: list[tuple[str, str]]
) -> Forwarding:
    return Forwarding(region, fresh_project)


def test_the_region_has_them_with_the_same_ids(
    region: Region, made: Forwarding, told: list[tuple[str, str]]
) -> None:
    ids = {made.one['id'], made.two['id']}
    assert {row['id'] for row in here(region, made.piece.id)} == ids
    assert marked(made.piece) == ids
    again = made.piece.put()

    assert again['omitted'] == []
    assert told == []
    host = router_pieces.l3_host(region)
    router_pieces.come_to(region, host, made.piece.id)
    found = made.piece.sync_data(host)
    (managed,) = found['_pf_floatingips']
    assert (
        managed['floating_ip_address']
        == (made.floating_ip['floating_ip_address'])
    )
    assert {one['id'] for one in managed['port_forwardings']} == ids


def test_they_are_shown_and_refused_by_the_id_of_central(
    region: Region, fresh_project: str, made: Forwarding
) -> None:
    path = f'/floatingips/{made.floating_ip["id"]}/port_forwardings'

    shown = region.admin.get(path).json()['port_forwardings']
    refused = region.admin.delete(f'{path}/{made.one["id"]}')

    assert {one['id'] for one in shown} == {made.one['id'], made.two['id']}
    assert refused.status_code == 409, refused.text
    assert 'belongs to central' in refused.text


def test_a_local_router_forwards_to_a_port_of_the_region(
    region: Region, fresh_project: str
) -> None:
    local = router_pieces.local(region, fresh_project)
    (floating_ip,) = local.piece.body['floating_ips']
    forward(local.piece, floating_ip, to(*local.instance, 22))

    local.piece.put()

    assert len(here(region, local.piece.id)) == 1


def test_one_that_is_changed_is_made_anew_and_the_others_stay(
    region: Region, made: Forwarding, told: list[tuple[str, str]]
) -> None:
    made.one.update(external_port_range='90:95', internal_port_range='190:195')
    made.two['description'] = 'other'

    made.piece.put()

    assert told == [('deleted', made.one['id'])]


def test_two_change_places(region: Region, made: Forwarding) -> None:
    key = 'external_port_range'
    made.one[key], made.two[key] = made.two[key], made.one[key]

    made.piece.put()

    assert len(here(region, made.piece.id)) == 2


def test_with_the_last_one_the_floating_ip_goes(
    region: Region, made: Forwarding, told: list[tuple[str, str]]
) -> None:
    del made.piece.body['forwarding_ips']

    made.piece.put()

    assert here(region, made.piece.id) == []
    assert marked(made.piece) == set()
    assert {one for _event, one in told} == {made.one['id'], made.two['id']}
    assert len(made.piece.floating_ports()) == 1


def test_a_floating_ip_comes_to_be_for_a_port_and_back(
    region: Region, made: Forwarding
) -> None:
    del made.piece.body['forwarding_ips']
    again = made.first
    made.piece.body['floating_ips'] = ordered([made.other, again])
    made.piece.put()

    forward(made.piece, again, made.one)
    made.piece.put()

    assert [row['id'] for row in here(region, made.piece.id)] == [
        made.one['id']
    ]


def test_it_goes_and_comes_with_the_leg_and_the_gateway(
    region: Region, made: Forwarding
) -> None:
    body = made.piece.body
    gateway = router_pieces.router_port(made.piece.networks[1], '30')
    body['gateway'] = {**gateway, 'enable_snat': True}
    made.piece.put()
    assert len(here(region, made.piece.id)) == 2

    leg = router_pieces.router_port(made.piece.networks[0], '2', '2')
    body['interfaces'] = [leg]
    for one in (made.one, made.two):
        one['internal_port_id'] = leg['port_id']
    for one in body['floating_ips']:
        one['port_id'] = leg['port_id']
    made.piece.put()

    assert len(here(region, made.piece.id)) == 2


def test_another_router_takes_the_floating_ip_with_other_ports(
    region: Region, made: Forwarding, fresh_project: str
) -> None:
    other = Piece.empty(region, fresh_project)
    other.networks = made.piece.networks
    bridge, external = made.piece.networks
    leg = other.attach(bridge, '7', '7')
    other.set_gateway(external, '11', snat=True)
    new = to(leg['port_id'], '10.1.0.77', 80)
    forward(other, made.floating_ip, new)
    other.body['forwarding_ips'][0]['port_forwardings'] = [new]

    other.put()

    assert [row['id'] for row in here(region, other.id)] == [new['id']]
    del made.piece.body['forwarding_ips']
    made.piece.put()
    assert [row['id'] for row in here(region, other.id)] == [new['id']]


def test_the_router_goes_with_all(
    region: Region, made: Forwarding, told: list[tuple[str, str]]
) -> None:
    answer = region.service.delete(made.piece.path)

    assert answer.status_code == 204, answer.text
    assert marked(made.piece) == set()
    assert len(told) == 2


def by_hand(region: Region, made: Forwarding) -> None:
    region.database.execute(
        'UPDATE portforwardings SET external_port_start = 7 WHERE id = %s',
        made.one['id'],
    )


def gone(region: Region, made: Forwarding) -> None:
    region.database.execute(
        'DELETE FROM portforwardings WHERE id = %s', made.one['id']
    )


@pytest.mark.parametrize('harm', [by_hand, gone])
def test_what_was_broken_by_hand_heals(
    region: Region,
    made: Forwarding,
    harm: Callable[[Region, Forwarding], None],
) -> None:
    harm(region, made)
    assert made.piece.here() != made.piece.body

    made.piece.put()


@pytest.mark.parametrize(
    'point',
    [
        'local.router.port_forwarding_deleted',
        'local.router.port_forwarding',
        'local.router.floating_ip',
    ],
)
def test_a_region_that_dies_ends_it_later_and_tells_agents(
    region: Region,
    made: Forwarding,
    told: list[tuple[str, str]],
    point: str,
) -> None:
    made.one['external_port_range'] = '99:99'
    (floating_ip,) = made.piece.body['forwarding_ips']
    floating_ip['port_forwardings'].remove(made.two)

    made.piece.dies(point)
    region.start()
    made.piece.put()

    assert ('deleted', made.two['id']) in told
    assert marked(made.piece) == {made.one['id']}


def test_users_do_not_change_what_is_central_s(
    region: Region, made: Forwarding, fresh_project: str
) -> None:
    (row,) = functional.ledger(
        region, resource_type='floating-ip', resource_id=made.other['id']
    )
    forwarding = functional.ledger(
        region, resource_type='floating-ip', resource_id=made.floating_ip['id']
    )[0]['local_id']
    body = {
        'port_forwarding': {
            'internal_port_id': made.leg['port_id'],
            'internal_ip_address': '10.1.0.77',
            'internal_port': 5,
            'external_port': 5,
            'protocol': 'udp',
        }
    }
    path = f'/floatingips/{forwarding}/port_forwardings'
    for method, where, content in (
        ('POST', path, body),
        ('POST', f'/floatingips/{row["local_id"]}/port_forwardings', body),
        (
            'PUT',
            f'{path}/{made.one["id"]}',
            {'port_forwarding': {'external_port': 6}},
        ),
        ('DELETE', f'{path}/{made.one["id"]}', None),
    ):
        answer = region.admin.request(method, where, content)
        assert answer.status_code == 409, (where, answer.text)
        assert 'belongs to central' in answer.text
    found = region.admin.request('GET', path, None)
    assert len(found.json()['port_forwardings']) == 2


def test_neutron_s_own_plugins_are_ours(region: Region) -> None:
    for kind, wanted in (
        (constants.PORTFORWARDING, plugins.PortForwardingPlugin),
        (constants.CONNTRACKHELPER, plugins.ConntrackHelperPlugin),
    ):
        plugin = directory.get_plugin(kind).get_plugin_description.__self__
        assert type(plugin) is wanted


@pytest.fixture
def without(region: Region) -> Iterator[Callable[[str], None]]:
    """Take a service plugin from the region."""
    taken: dict[str, Any] = {}

    def take(kind: str) -> None:
        taken[kind] = directory.get_plugin(kind)
        directory.add_plugin(kind, None)

    yield take
    for kind, plugin in taken.items():
        directory.add_plugin(kind, plugin.get_plugin_description.__self__)


def test_a_region_that_forwards_nothing_says_so(
    region: Region, fresh_project: str, without: Callable[[str], None]
) -> None:
    without(constants.PORTFORWARDING)
    made = Forwarding(region, fresh_project)

    applied = made.piece.put()

    assert applied['omitted'] == sorted(
        f'port_forwarding.{one["id"]}' for one in (made.one, made.two)
    )
    assert here(region, made.piece.id) == []
    assert len(made.piece.floating_ports()) == 1


def help_with(piece: Piece, *helpers: tuple[str, str, int]) -> list[Json]:
    """Give a router helpers."""
    made = [
        {'id': new_id(), 'helper': helper, 'protocol': protocol, 'port': port}
        for helper, protocol, port in helpers
    ]
    piece.body['conntrack_helpers'] = ordered(made)
    return made


def test_helpers_come_change_and_go(
    region: Region, fresh_project: str, told: list[tuple[str, str]]
) -> None:
    piece = router_pieces.north_south(region, fresh_project)
    one, two = help_with(piece, ('tftp', 'udp', 69), ('ftp', 'tcp', 21))
    assert piece.put()['omitted'] == []

    one['port'] = 6969
    piece.put()
    assert told == [('deleted', one['id'])]

    answer = region.admin.request(
        'DELETE', f'/routers/{piece.id}/conntrack_helpers/{two["id"]}', None
    )
    assert answer.status_code == 409, answer.text
    del piece.body['conntrack_helpers']
    piece.put()
    assert {one for _event, one in told} == {one['id'], two['id']}


def test_a_helper_that_the_region_has_not_is_named(
    region: Region, fresh_project: str
) -> None:
    cfg.CONF.set_override('allowed_conntrack_helpers', [{'ftp': 'tcp'}])
    plugin = directory.get_plugin(constants.CONNTRACKHELPER)
    piece = router_pieces.north_south(region, fresh_project)
    one, _two = help_with(piece, ('tftp', 'udp', 69), ('ftp', 'tcp', 21))
    with mock.patch.dict(plugin.constraints, {'ftp': ['tcp']}, clear=True):
        applied = piece.put()
        again = piece.here()

    assert applied['omitted'] == [f'conntrack_helper.{one["id"]}']
    assert again == piece.body
    assert piece.put()['omitted'] == []


def test_a_floating_ip_has_its_tags(
    region: Region, fresh_project: str
) -> None:
    piece = router_pieces.north_south(region, fresh_project)
    piece.body['floating_ips'][0]['tags'] = ['a', 'b']
    piece.put()

    piece.body['floating_ips'][0]['tags'] = ['c']
    piece.put()
    del piece.body['floating_ips'][0]['tags']

    piece.put()
