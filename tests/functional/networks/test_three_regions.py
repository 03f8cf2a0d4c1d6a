# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The boot path where there is a third region, which joins later."""

import collections
from collections.abc import Callable, Iterator
import functools
import uuid

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional import views
from tests.functional.cloud.client import Json
from tests.functional.routers.routed import Routed

NAMES = ('RegionOne', 'RegionTwo', 'RegionThree')


@pytest.fixture(scope='module')
def three() -> Iterator[clouds.Cloud]:
    """A cloud of three regions."""
    with clouds.Cloud.start(regions=NAMES) as cloud:
        yield cloud


@pytest.fixture
def project() -> str:
    """A project nobody else has."""
    return uuid.uuid4().hex


@pytest.fixture
def network(three: clouds.Cloud, project: str) -> Json:
    """A network of central that no region has seen."""
    found, _subnet = regions.make_network(three, project)
    return found


# test_boot_path.py shows both numbers, in two regions.
@pytest.mark.thorough
def test_each_region_asks_central_twice_and_then_once(
    three: clouds.Cloud, project: str, network: Json
) -> None:
    for name in NAMES:
        region = three.region(name)
        for expected in (2, 1):
            mark = three.central_calls.mark()
            region.nova(project).boot(network_id=network['id'])
            asked = regions.of_callers(three.central_calls.since(mark), region)
            assert len(asked) == expected, [str(call) for call in asked]
    there = clouds.eventually(
        lambda: regions.same_ports(
            three, network['id'], [three.region(name) for name in NAMES]
        ),
        20,
    )
    assert len(there) == 6


def test_every_region_knows_the_ports_of_the_others(
    three: clouds.Cloud, project: str, network: Json
) -> None:
    booted = {
        name: three.region(name).nova(project).boot(network_id=network['id'])
        for name in NAMES
    }

    def known() -> None:
        for name in NAMES:
            assert views.active_shadows(three.region(name), network['id']) == {
                instance.port_id
                for other, instance in booted.items()
                if other != name
            }

    clouds.eventually(known, 30)


def test_addresses_gateways_and_dhcp_ports_are_never_the_same(
    three: clouds.Cloud, project: str, network: Json
) -> None:
    for name in NAMES:
        three.region(name).nova(project).boot(network_id=network['id'])
    subnet_id = three.central.admin.show('network', network['id'])['subnets'][
        0
    ]
    gateways = [
        three.region(name).admin.show('subnet', subnet_id)['gateway_ip']
        for name in NAMES
    ]
    dhcp = [
        ip
        for name in NAMES
        for port in three.region(name).admin.list(
            'port', network_id=network['id'], device_owner='network:dhcp'
        )
        for ip in views.addresses(port)
    ]
    instances = [
        ip
        for port in regions.ports_of(
            three.central.admin, network['id']
        ).values()
        for ip in views.addresses(port)
    ]
    everything = [*gateways, *dhcp, *instances]
    assert len(everything) == 9
    assert len(set(everything)) == 9


@pytest.mark.thorough
def test_first_boots_at_once_in_all_regions_make_one_router(
    three: clouds.Cloud, project: str
) -> None:
    made = Routed.make(three, project)
    names = ('net1', 'net2')
    for number, name in enumerate(names, 1):
        made.add_network(name, f'10.0.{number}.0/24')
    made.add_external('RegionThree')

    calls: list[Callable[[], object]] = [made.set_gateway]
    calls += [functools.partial(made.attach, name) for name in names]
    calls += [
        functools.partial(boot, made, name, region)
        for region in NAMES
        for name in names
    ]

    results = regions.all_at_once(calls)

    assert not [one for one in results if isinstance(one, Exception)], results
    ids = {made.networks[name]['id'] for name in names}

    def there() -> None:
        bridge = made.bridge()
        assert bridge is not None
        pieces = [made.regular(name) for name in NAMES]
        for piece in pieces:
            # Both networks are there, so nothing has to be crossed.
            assert set(piece.interfaces) == ids
            assert piece.routes == {}
            assert piece.gateway is not None
            assert piece.gateway[0] == bridge['id']
        for network_id in ids:
            assert len({one.interfaces[network_id] for one in pieces}) == 3
        assert len({one.gateway for one in pieces}) == 3
        out = made.north_south('RegionThree')
        wanted = {'10.0.1.0/24', '10.0.2.0/24'}
        assert set(out.routes) == wanted, journal(made)
        assert [len(made.pieces(name)) for name in NAMES] == [1, 1, 2]

    clouds.eventually(there, 120)
    # A boot that had to be tried again may have a port in central until its
    # region gives it back.
    clouds.eventually(lambda: assert_nothing_twice(made), 120)
    bridge = made.bridge()
    assert bridge is not None
    made.delete()
    clouds.eventually(lambda: made.assert_nothing_left(bridge['id']), 120)


def boot(made: Routed, name: str, region: str) -> None:
    """Boot an instance, as a user does who is told to try again."""
    while True:
        try:
            made.boot(name, region)
            return
        except clouds.ApiError as exc:
            # Nine requests at once, on a machine that is busy.
            if exc.type != 'CentralUnavailable':
                raise


def journal(made: Routed) -> list[Json]:
    """Return what is to be done for the pieces, for who looks why."""
    return [
        dict(row)
        for row in made.cloud.central.database.query(
            'SELECT resource_id, region_name, counter, applied, pending,'
            ' attempts, reason FROM journal WHERE resource_type LIKE %s',
            'router%',
        )
    ]


def assert_nothing_twice(made: Routed) -> None:
    """Assert that each piece has what it needs once, and nothing is left."""
    query = made.cloud.central.database.query
    networks = [one['id'] for one in made.networks.values()]
    networks.append((made.bridge() or {})['id'])
    held = [
        row
        for network_id in networks
        for row in query(
            'SELECT port_id, kind, network_id, pod_id, router_id, subnet_id'
            ' FROM reserved_ports WHERE network_id = %s',
            network_id,
        )
    ]
    keys = [
        tuple(row[key] for key in row if key != 'port_id')
        for row in held
        if row['kind'] != 'dhcp'
    ]
    assert len(set(keys)) == len(keys), keys
    kinds = collections.Counter(row['kind'] for row in held)
    # A leg for each piece and for the way out; a gateway of each network,
    # the bridge network's among them, in each region.
    assert kinds['bridge_leg'] == 4, kinds
    assert kinds['interface'] == 0, kinds
    # And no port beside: of the router there are those that users see.
    there = {
        row['id']
        for network_id in networks
        for row in query(
            'SELECT id FROM ports WHERE network_id = %s', network_id
        )
    }
    users = {
        str(port['id'])
        for network_id in networks
        for port in made.cloud.central.admin.list(
            'port', network_id=network_id
        )
        if port['device_owner'] in ('compute:nova', 'network:router_interface')
    }
    assert there - users == {row['port_id'] for row in held}
