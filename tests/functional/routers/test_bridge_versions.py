# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""IPv6 on a router over two regions that had IPv4 alone."""

import contextlib

import pytest

from tests.functional import cloud as clouds
from tests.functional.cloud import eventually
from tests.functional.kills import killed_at
from tests.functional.routers.routed import Piece
from tests.functional.routers.routed import Routed
from tests.functional.t3 import Finished
from tests.functional.t3 import v4

pytestmark = pytest.mark.own_cloud

WAIT = 180
REGIONS = ('RegionOne', 'RegionTwo')
CIDRS = {'net1': 'fd00:1::/64', 'net2': 'fd00:2::/64'}


@pytest.fixture(scope='module')
def finished() -> Finished:
    """What tests of this module left to each other."""
    return Finished()


def pieces(made: Routed) -> dict[str, Piece]:
    """Return the pieces that the regions have, by name."""
    return {
        'RegionOne': made.regular('RegionOne'),
        'RegionTwo': made.regular('RegionTwo'),
        'out': made.north_south('RegionTwo'),
    }


def legs(made: Routed) -> dict[str, tuple[str, ...]]:
    """Return the addresses of pieces on the bridge network."""
    bridge = str((made.bridge() or {})['id'])
    found = {}
    for name, piece in pieces(made).items():
        on_it = piece.gateway if name != 'out' else None
        found[name] = on_it[1] if on_it else piece.interfaces[bridge]
    return found


def bridge_cidrs(made: Routed, region: str | None = None) -> int:
    """Return how many subnets the bridge network has in central or there."""
    bridge = made.bridge()
    assert bridge is not None
    neutron = made.cloud.region(region) if region else made.cloud.central
    return len(neutron.admin.list('subnet', network_id=bridge['id']))


def routes(made: Routed, version: int) -> dict[str, dict[str, str]]:
    """Return the routes of the pieces to networks of an IP version."""
    return {
        name: {
            destination: nexthop
            for destination, nexthop in piece.routes.items()
            if (':' in destination) == (version == 6)
        }
        for name, piece in pieces(made).items()
    }


def add_ipv6(made: Routed) -> None:
    """Give both networks an IPv6 subnet."""
    for name, cidr in CIDRS.items():
        made.subnets[f'{name}v6'] = made.user.create_subnet(
            made.networks[name]['id'], cidr
        )


def assert_dual(made: Routed) -> None:
    """Assert that all pieces lead to all networks, with both versions."""
    on = legs(made)
    assert {len(addresses) for addresses in on.values()} == {2}, on
    six = {name: next(one for one in on[name] if ':' in one) for name in on}
    four = {name: v4(on[name]) for name in on}
    one, two = REGIONS
    assert routes(made, 4) == {
        one: {'10.0.2.0/24': four[two]},
        two: {'10.0.1.0/24': four[one]},
        'out': {'10.0.1.0/24': four[one], '10.0.2.0/24': four[two]},
    }
    assert routes(made, 6) == {
        one: {CIDRS['net2']: six[two]},
        two: {CIDRS['net1']: six[one]},
        'out': {CIDRS['net1']: six[one], CIDRS['net2']: six[two]},
    }


# Tests in process show each step of it.
@pytest.mark.thorough
def test_ipv6_comes_to_a_router_of_two_regions_and_ipv4_stays(
    cloud: clouds.Cloud, fresh_project: str, finished: Finished
) -> None:
    made = finished.take(cloud, fresh_project)
    # Neither central nor a region made what nobody uses.
    assert [bridge_cidrs(made, one) for one in (None, *REGIONS)] == [1, 1, 1]
    before, gone = routes(made, 4), []

    def there() -> None:
        if routes(made, 4) != before:
            gone.append(routes(made, 4))
        assert_dual(made)

    add_ipv6(made)
    for name in CIDRS:
        made.attach(f'{name}v6')

    eventually(there, WAIT)
    assert not gone
    assert [bridge_cidrs(made, one) for one in (None, *REGIONS)] == [2, 2, 2]
    finish(made)


@pytest.mark.parametrize(
    ('in_central', 'in_xjob', 'region', 'in_region'),
    [
        (
            'central.bridge.made',
            'xjob.sent',
            'RegionTwo',
            'local.router.interfaces',
        ),
        pytest.param(
            'central.router.planned',
            'xjob.planned',
            'RegionOne',
            'local.router.gateway',
            marks=pytest.mark.thorough,
        ),
    ],
)
# The random steps of tests/functional/stateful die at these as well.
@pytest.mark.thorough
def test_the_end_is_the_same_after_kill_9_while_ipv6_comes(
    cloud: clouds.Cloud,
    fresh_project: str,
    finished: Finished,
    in_central: str,
    in_xjob: str,
    region: str,
    in_region: str,
) -> None:
    made = finished.take(cloud, fresh_project)
    add_ipv6(made)

    with killed_at(cloud.region(region), in_region):
        with (
            killed_at(cloud.central, in_central),
            contextlib.suppress(*clouds.INTERRUPTED),
        ):
            made.attach('net1v6')
        with killed_at(cloud.xjob, in_xjob):
            for name in CIDRS:
                with contextlib.suppress(clouds.ApiError):
                    # The answer may have been lost, or the request.
                    made.attach(f'{name}v6')

    eventually(lambda: assert_dual(made), WAIT)
    finish(made)


def finish(made: Routed) -> None:
    """Delete it all, and see that nothing is left."""
    bridge = made.bridge()
    assert bridge is not None
    made.clear_gateway()
    for name in CIDRS:
        made.detach(f'{name}v6')
    made.delete()
    eventually(lambda: made.assert_nothing_left(bridge['id']), WAIT)
