# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Several routers of one project over two regions, each with a way out.

Each is a T3 of its own: the same prefixes, on networks of its own.
"""

import contextlib

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud import eventually
from tests.functional.kills import killed_at
from tests.functional.kills import victim
from tests.functional.routers.routed import Routed
from tests.functional.t3 import assert_t3
from tests.functional.t3 import Finished
from tests.functional.t3 import step
from tests.functional.t3 import STEPS
from tests.functional.t3 import t3

pytestmark = pytest.mark.own_cloud(admin_api=False)

WAIT = 180
ONE, TWO = 'RegionOne', 'RegionTwo'


@pytest.fixture(scope='module')
def finished() -> Finished:
    """A first router, which tests of this module leave as it was."""
    return Finished()


def beside(first: Routed) -> Routed:
    """Return what another router of the project begins with."""
    return t3(first.cloud, first.project)


def whole(made: Routed, *steps: str) -> Routed:
    """Take the steps of T3, in the order of the first ones."""
    for name in (*steps, *(one for one in STEPS if one not in steps)):
        step(made, name)
    return made


def assert_floating_ips(made: Routed, outside: str = TWO) -> None:
    """Assert that a way out has those of its own router, and no others."""
    assert {*made.north_south(outside).floating_ips} == {
        one['floating_ip_address'] for one in made.floating_ips.values()
    }


def give_floating_ips(made: Routed) -> None:
    """Give each instance one."""
    for instance in made.instances.values():
        made.add_floating_ip(instance)


def move(made: Routed, region: str) -> None:
    """Move a gateway to an external network of another region."""
    before = made.external
    for one in made.floating_ips.values():
        made.user.remove('floatingip', one['id'])
    made.floating_ips.clear()
    made.add_external(region)
    made.set_gateway()
    made.cloud.central.admin.remove('network', before['id'])


def gone(made: Routed) -> None:
    """Delete a router with all that is on it; see that nothing is left."""
    bridge = made.bridge()
    made.delete()
    eventually(
        lambda: made.assert_nothing_left(str((bridge or {})['id'])), WAIT
    )


def there(made: Routed, outside: str = TWO) -> None:
    """Assert that a router is whole, with its floating IPs."""
    assert_t3(made, outside)
    assert_floating_ips(made, outside)


def test_each_of_two_routers_has_its_way_out_and_one_of_them_goes(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    first = whole(t3(cloud, fresh_project))
    # In another order, and with the gateway last.
    second = whole(beside(first), 'boot2', 'attach1', 'attach2', 'boot1')
    for made in (first, second):
        give_floating_ips(made)

    eventually(lambda: there(first), WAIT)
    eventually(lambda: there(second), WAIT)
    bridges = {str((one.bridge() or {})['id']) for one in (first, second)}
    assert len(bridges) == 2

    before = [second.its_pieces(one) for one in (ONE, TWO)]
    gone(first)
    assert [second.its_pieces(one) for one in (ONE, TWO)] == before


@pytest.mark.thorough
def test_a_gateway_moves_to_another_region_beside_two_other_routers(
    cloud: clouds.Cloud, fresh_project: str, finished: Finished
) -> None:
    first = finished.take(cloud, fresh_project)
    before = [first.its_pieces(one) for one in (ONE, TWO)]
    second, third = beside(first), beside(first)
    whole(second)
    for name in ('boot1', 'attach1', 'boot2', 'attach2'):
        step(third, name)
    give_floating_ips(second)
    eventually(lambda: there(second), WAIT)
    eventually(lambda: assert_no_way_out(third), WAIT)

    move(second, ONE)
    third.set_gateway()
    give_floating_ips(second)
    eventually(lambda: there(second, ONE), WAIT)
    eventually(lambda: assert_t3(third), WAIT)

    third.clear_gateway()
    eventually(lambda: assert_no_way_out(third), WAIT)
    there(second, ONE)
    assert [first.its_pieces(one) for one in (ONE, TWO)] == before
    finished.leave(first)


def assert_no_way_out(made: Routed) -> None:
    """Assert that a router is in both regions, without a way out."""
    for region in (ONE, TWO):
        (only,) = made.its_pieces(region)
        assert only.id == made.router['id']


@pytest.mark.parametrize(
    'who, point',
    [
        # As while the first router is made.
        pytest.param(
            'central', 'central.bridge.made', marks=pytest.mark.thorough
        ),
        pytest.param(
            'central', 'central.router.joined', marks=pytest.mark.thorough
        ),
        # As while a gateway moves.
        pytest.param(
            'central', 'central.router.planned', marks=pytest.mark.thorough
        ),
        pytest.param(
            'central', 'central.job.done', marks=pytest.mark.thorough
        ),
        # As while the first one is laid out, in test_router_planning_faults.
        pytest.param('xjob', 'xjob.sent', marks=pytest.mark.thorough),
    ],
)
def test_the_end_is_the_same_after_kill_9_while_a_second_router_is_made(
    cloud: clouds.Cloud,
    fresh_project: str,
    finished: Finished,
    who: str,
    point: str,
) -> None:
    first = finished.take(cloud, fresh_project)
    before = [first.its_pieces(one) for one in (ONE, TWO)]
    second = beside(first)
    with (
        killed_at(victim(cloud, who), point),
        contextlib.suppress(*clouds.INTERRUPTED),
    ):
        step(second, 'attach1')
        step(second, 'gateway')
    for name in ('attach1', 'gateway', 'boot1', 'boot2', 'attach2'):
        with contextlib.suppress(clouds.ApiError):
            # It may be there, though the answer was lost.
            step(second, name)

    eventually(lambda: assert_t3(second), WAIT)
    gone(second)
    assert [first.its_pieces(one) for one in (ONE, TWO)] == before
    finished.leave(first)


@pytest.mark.parametrize(
    'who, point',
    [
        # As while a router is laid out, in test_router_planning_faults.
        pytest.param(
            'central', 'central.router.planned', marks=pytest.mark.thorough
        ),
        pytest.param(
            'central', 'central.job.done', marks=pytest.mark.thorough
        ),
        # As while a second router is made.
        pytest.param('xjob', 'xjob.sent', marks=pytest.mark.thorough),
    ],
)
def test_the_end_is_the_same_after_kill_9_while_a_gateway_moves(
    cloud: clouds.Cloud,
    fresh_project: str,
    finished: Finished,
    who: str,
    point: str,
) -> None:
    first = finished.take(cloud, fresh_project)
    second = whole(beside(first))
    eventually(lambda: assert_t3(second), WAIT)
    before = second.external
    second.add_external(ONE)
    with (
        killed_at(victim(cloud, who), point),
        contextlib.suppress(*clouds.INTERRUPTED),
    ):
        second.set_gateway()
    second.set_gateway()
    cloud.central.admin.remove('network', before['id'])

    eventually(lambda: assert_t3(second, ONE), WAIT)
    assert_t3(first)
    gone(second)
    finished.leave(first)


@pytest.mark.thorough
def test_two_daemons_make_two_first_routers_at_once(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    daemon = cloud.add_xjob()
    try:
        first = t3(cloud, fresh_project)
        second = beside(first)
        results = regions.all_at_once(
            [
                *(
                    lambda made=made, name=name: step(made, name)
                    for name in STEPS
                    for made in (first, second)
                ),
            ]
        )
        assert not [one for one in results if isinstance(one, Exception)]

        eventually(lambda: assert_t3(first), WAIT)
        eventually(lambda: assert_t3(second), WAIT)
        gone(first)
        assert_t3(second)
        gone(second)
    finally:
        daemon.kill9()
        cloud.xjobs.remove(daemon)
