# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Whatever is interrupted, the end is the same."""

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

pytestmark = pytest.mark.own_cloud

WAIT = 180

MAKING = [
    pytest.param('central', 'central.job.claimed', marks=pytest.mark.thorough),
    # As while a router of IPv6 is made, in test_bridge_versions.
    pytest.param('central', 'central.bridge.made', marks=pytest.mark.thorough),
    pytest.param(
        'central', 'central.router.joined', marks=pytest.mark.thorough
    ),
    ('central', 'central.router.planned'),
    pytest.param('central', 'central.job.done', marks=pytest.mark.thorough),
    ('xjob', 'xjob.sent'),
]
REMOVING = [
    ('central', 'central.router.planned'),
    pytest.param('central', 'central.bridge.left', marks=pytest.mark.thorough),
    pytest.param('central', 'central.job.done', marks=pytest.mark.thorough),
    pytest.param('xjob', 'xjob.sent', marks=pytest.mark.thorough),
]
#: Reached when the first network is attached: a piece of a region's own
#: network is on the network between the pieces at once. The others are
#: reached at any step.
_JOINING = ('central.bridge.made', 'central.router.joined')


@pytest.fixture(scope='module')
def finished() -> Finished:
    """What tests of this module left to each other."""
    return Finished()


@pytest.mark.parametrize('who, point', MAKING)
def test_the_end_is_the_same_after_kill_9_while_a_router_is_laid_out(
    cloud: clouds.Cloud,
    fresh_project: str,
    finished: Finished,
    who: str,
    point: str,
) -> None:
    made = t3(cloud, fresh_project)
    steps = list(STEPS)
    fatal = 'attach1' if point in _JOINING else 'attach2'
    steps.remove(fatal)
    before, after = (
        (['boot1'], ['gateway', 'boot2', 'attach2'])
        if fatal == 'attach1'
        else (steps, [])
    )
    for name in before:
        step(made, name)

    with (
        killed_at(victim(cloud, who), point),
        contextlib.suppress(*clouds.INTERRUPTED),
    ):
        step(made, fatal)
    with contextlib.suppress(clouds.ApiError):
        # The answer may have been lost, or the request.
        step(made, fatal)
    for name in after:
        step(made, name)

    eventually(lambda: assert_t3(made), WAIT)
    assert_no_leak(made)
    finished.leave(made)


def assert_no_leak(made: Routed) -> None:
    """Assert that there are as many legs as pieces, and one bridge."""
    rows = made.cloud.central.database.query(
        "SELECT port_id FROM reserved_ports WHERE kind = 'bridge_leg'"
        ' AND network_id = %s',
        str((made.bridge() or {})['id']),
    )
    assert len(list(rows)) == 3


@pytest.mark.parametrize('who, point', REMOVING)
def test_nothing_is_left_after_kill_9_while_a_router_is_deleted(
    cloud: clouds.Cloud,
    fresh_project: str,
    finished: Finished,
    who: str,
    point: str,
) -> None:
    made = finished.take(cloud, fresh_project)
    bridge = made.bridge()
    assert bridge is not None
    with contextlib.ExitStack() as away:
        # What is armed below comes before the regions have done it all.
        for region in cloud.regions.values():
            away.enter_context(region.from_xjob.away())
        made.clear_gateway()
        for name in list(made.instances):
            made.delete_instance(*name.split('@'))
        for name in made.networks:
            made.detach(name)

        with killed_at(victim(cloud, who), point):
            with contextlib.suppress(*clouds.INTERRUPTED):
                made.user.remove('router', made.router['id'])
            away.close()
    if made.user.exists('router', made.router['id']):
        made.user.remove('router', made.router['id'])
    made.delete_networks()

    eventually(lambda: made.assert_nothing_left(bridge['id']), WAIT)


def test_two_daemons_and_several_clients_make_one_router(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    second = cloud.add_xjob()
    made = Routed.make(cloud, fresh_project)
    try:
        made.add_external('RegionTwo')
        for number in range(1, 5):
            made.add_network(
                f'net{number}',
                f'10.0.{number}.0/24',
                'RegionOne' if number % 2 else 'RegionTwo',
            )

        def attach(name: str) -> None:
            made.attach(name)

        results = regions.all_at_once(
            [
                made.set_gateway,
                *(lambda name=name: attach(name) for name in made.networks),
                lambda: made.boot('net1', 'RegionOne'),
                lambda: made.boot('net2', 'RegionTwo'),
            ]
        )
        assert not [one for one in results if isinstance(one, Exception)]

        def there() -> None:
            one, two = made.regular('RegionOne'), made.regular('RegionTwo')
            assert len(one.interfaces) == len(two.interfaces) == 2
            assert set(one.routes) == {'10.0.2.0/24', '10.0.4.0/24'}
            assert set(two.routes) == {'10.0.1.0/24', '10.0.3.0/24'}
            assert len(made.north_south('RegionTwo').routes) == 4
            assert_no_leak(made)

        eventually(there, WAIT)
        bridge = made.bridge()
        made.delete()
        eventually(
            lambda: made.assert_nothing_left(str((bridge or {})['id'])), WAIT
        )
    finally:
        second.kill9()
        cloud.xjobs.remove(second)
