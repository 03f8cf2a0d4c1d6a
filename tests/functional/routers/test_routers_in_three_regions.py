# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Three routers of a project over three regions, with IPv4 and IPv6."""

from collections.abc import Iterator
import functools
import itertools
import uuid

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud import eventually
from tests.functional.routers.routed import Piece
from tests.functional.routers.routed import Routed

pytestmark = pytest.mark.timeout(900)

NAMES = ('RegionOne', 'RegionTwo', 'RegionThree')
WAIT = 240
#: A network in each region, by its name.
FOUR = {f'net{one}': f'10.0.{one}.0/24' for one in (1, 2, 3)}
SIX = {f'net{one}': f'fd00:{one}::/64' for one in (1, 2, 3)}
HOMES = dict(zip(FOUR, NAMES, strict=True))
#: What the tenant does with each router; an order for each.
ORDERS = (
    ('gateway', 'net1', 'net2', 'net3', 'six', 'boot'),
    ('boot', 'net3', 'six', 'net2', 'net1', 'gateway'),
    ('net2', 'six', 'boot', 'gateway', 'net3', 'net1'),
)


@pytest.fixture(scope='module')
def three() -> Iterator[clouds.Cloud]:
    """A cloud of three regions."""
    with clouds.Cloud.start(regions=NAMES) as cloud:
        yield cloud


def begin(cloud: clouds.Cloud, project: str, outside: str) -> Routed:
    """Return a router, its networks and its outside, nothing attached."""
    made = Routed.make(cloud, project)
    for name, cidr in FOUR.items():
        made.add_network(name, cidr, HOMES[name])
        made.subnets[f'{name}v6'] = made.user.create_subnet(
            made.networks[name]['id'], SIX[name]
        )
    made.add_external(outside)
    return made


def step(made: Routed, name: str) -> None:
    match name:
        case 'gateway':
            made.set_gateway()
        case 'boot':
            for network, region in HOMES.items():
                boot(made, network, region)
        case 'six':
            for network in FOUR:
                made.attach(f'{network}v6')
        case _:
            made.attach(name)


def boot(made: Routed, name: str, region: str) -> None:
    """Boot an instance, as a user does who is told to try again."""
    while True:
        try:
            made.boot(name, region)
            return
        except clouds.ApiError as exc:
            # Three tenants at once, on a machine that is busy.
            if exc.type != 'CentralUnavailable':
                raise


def of_version(addresses: tuple[str, ...], version: int) -> str:
    (found,) = [one for one in addresses if (':' in one) == (version == 6)]
    return found


def pieces(made: Routed) -> dict[str, Piece]:
    """Return the pieces in the regions, by the network of each."""
    return {name: made.regular(region) for name, region in HOMES.items()}


def legs(made: Routed) -> dict[str, tuple[str, ...]]:
    """Return the addresses on the bridge network, by network."""
    found = {}
    for name, piece in pieces(made).items():
        assert piece.gateway is not None
        found[name] = piece.gateway[1]
    return found


def routes(on: dict[str, tuple[str, ...]], *but: str) -> dict[str, str]:
    """Return the routes to all networks but some."""
    return {
        cidrs[name]: of_version(on[name], version)
        for version, cidrs in ((4, FOUR), (6, SIX))
        for name in on
        if name not in but
    }


def assert_whole(made: Routed, outside: str) -> None:
    """Assert that all networks reach each other and the outside."""
    bridge = made.bridge()
    assert bridge is not None
    on = legs(made)
    for name, piece in pieces(made).items():
        assert piece.gateway is not None
        assert piece.gateway[0] == bridge['id']
        assert not piece.gateway[2]
        assert set(piece.interfaces) == {made.networks[name]['id']}
        assert len(piece.interfaces[made.networks[name]['id']]) == 2
        assert piece.routes == routes(on, name)
    out = made.north_south(outside)
    assert out.gateway == (
        made.external['id'],
        made.gateway_addresses(),
        True,
    )
    assert set(out.interfaces) == {bridge['id']}
    inner = out.interfaces[bridge['id']]
    assert of_version(inner, 4).endswith('.1')
    assert of_version(inner, 6).endswith('::1')
    assert out.routes == routes(on)
    assert {*out.floating_ips} == {
        one['floating_ip_address'] for one in made.floating_ips.values()
    }
    for region in NAMES:
        assert len(made.its_pieces(region)) == (2 if region == outside else 1)


def assert_apart(routers: list[Routed]) -> None:
    """Assert that no two routers have a network or an address in common."""
    bridges = [str((made.bridge() or {})['id']) for made in routers]
    assert len(set(bridges)) == len(routers)
    every = [
        address
        for made in routers
        for addresses in legs(made).values()
        for address in addresses
    ]
    assert len(set(every)) == len(every) == 6 * len(routers)


@pytest.mark.thorough
def test_each_of_three_routers_has_its_way_whatever_becomes_of_the_others(
    three: clouds.Cloud,
) -> None:
    project = uuid.uuid4().hex
    routers = [begin(three, project, region) for region in NAMES]
    first, second, third = routers

    def take(made: Routed, order: tuple[str, ...]) -> None:
        for name in order:
            step(made, name)

    results = regions.all_at_once(
        [
            functools.partial(take, made, order)
            for made, order in zip(routers, ORDERS, strict=True)
        ]
    )
    assert not [one for one in results if isinstance(one, Exception)], results
    for made, instance in itertools.product(routers, HOMES.items()):
        made.add_floating_ip(made.instances['@'.join(instance)])

    for made, region in zip(routers, NAMES, strict=True):
        eventually(functools.partial(assert_whole, made, region), WAIT)
    assert_apart(routers)

    # One goes, one moves its way out at the same time, one stays.
    before = [third.its_pieces(one) for one in NAMES]
    bridge = str((first.bridge() or {})['id'])
    results = regions.all_at_once(
        [lambda: end(first), lambda: move(second, 'RegionThree')]
    )
    assert not [one for one in results if isinstance(one, Exception)], results
    eventually(lambda: first.assert_nothing_left(bridge), WAIT)
    eventually(lambda: assert_whole(second, 'RegionThree'), WAIT)
    assert [third.its_pieces(one) for one in NAMES] == before
    assert_apart([second, third])


def end(made: Routed) -> None:
    """Delete a router, its networks and what is on them."""
    for name in FOUR:
        made.detach(f'{name}v6')
    made.delete()


def move(made: Routed, region: str) -> None:
    """Move a way out to an external network of another region."""
    before = made.external
    for one in made.floating_ips.values():
        made.user.remove('floatingip', one['id'])
    made.floating_ips.clear()
    made.add_external(region)
    made.set_gateway()
    made.cloud.central.admin.remove('network', before['id'])
    for name, home in HOMES.items():
        made.add_floating_ip(made.instances[f'{name}@{home}'])
