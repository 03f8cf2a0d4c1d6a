# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The end is the same as without a fault, whatever the topology.

T1 and T3 are in
:mod:`tests.functional.routers.test_router_planning_faults`. Here the network
between pieces is a VLAN (T8), and each topology is disturbed
where it differs from those.
"""

from collections.abc import Callable
import contextlib
import uuid

import pytest

from tests.functional import cloud as clouds
from tests.functional.cloud import eventually
from tests.functional.kills import killed_at
from tests.functional.kills import victim
from tests.functional.routers import router_shapes
from tests.functional.routers import topologies
from tests.functional.routers.topologies import Topology

pytestmark = pytest.mark.own_cloud(
    central={'tricircle': {'bridge_network_type': 'vlan'}}
)

WAIT = 180

Ends = dict[str, dict[str, list[router_shapes.Shape]]]


@pytest.fixture(scope='module')
def ends() -> Ends:
    """How topologies end without a fault, by name, once they were made."""
    return {}


def settled(cloud: clouds.Cloud, made: Topology) -> None:
    """Assert that nothing is left to do for the project's routers."""
    ids = {str(one['id']) for one in made.routers.values()}
    ids |= {piece.id for one in cloud.regions for piece in made.pieces(one)}
    waiting = [
        row
        for row in cloud.central.database.query(
            'SELECT resource_type, resource_id, region_name, reason'
            ' FROM journal WHERE pending'
        )
        if row['resource_id'] in ids
    ]
    assert not waiting


def undisturbed(
    cloud: clouds.Cloud, build: Callable[[Topology], topologies.Step]
) -> dict[str, list[router_shapes.Shape]]:
    """Return how a topology ends that nothing disturbs."""
    made = Topology(cloud, uuid.uuid4().hex)
    build(made)()
    eventually(lambda: settled(cloud, made), WAIT)
    return made.shape()


@pytest.mark.parametrize(
    ('build', 'who', 'point'),
    [
        # Regions die at each point in tests/unit/one_region; one dies while
        # XJob waits for it in test_bridge_versions.
        pytest.param(
            topologies.several_external,
            'RegionTwo',
            'local.router.interfaces',
            marks=pytest.mark.thorough,
        ),
        # As in test_several_routers.
        pytest.param(
            topologies.several_gateways,
            'xjob',
            'xjob.sent',
            marks=pytest.mark.thorough,
        ),
        # As in test_router_planning_faults.
        pytest.param(
            topologies.local_gateways,
            'central',
            'central.router.planned',
            marks=pytest.mark.thorough,
        ),
        pytest.param(
            topologies.local_gateways,
            'RegionTwo',
            'local.router.port',
            marks=pytest.mark.thorough,
        ),
        pytest.param(
            topologies.stretched,
            'RegionTwo',
            'local.router.port',
            marks=pytest.mark.thorough,
        ),
        pytest.param(
            topologies.stretched_dual_stack,
            'RegionTwo',
            'local.router.interfaces',
            marks=pytest.mark.thorough,
        ),
        pytest.param(
            topologies.dual_stack,
            'RegionTwo',
            'local.router.gateway_port',
            marks=pytest.mark.thorough,
        ),
        pytest.param(
            topologies.self_service,
            'RegionOne',
            'local.router.floating_ip',
            marks=pytest.mark.thorough,
        ),
    ],
    ids=lambda value: getattr(value, '__name__', value),
)
def test_the_end_is_the_same_as_without_kill_9(
    cloud: clouds.Cloud,
    ends: Ends,
    fresh_project: str,
    build: Callable[[Topology], topologies.Step],
    who: str,
    point: str,
) -> None:
    name = build.__name__
    if name not in ends:
        ends[name] = undisturbed(cloud, build)
    made = Topology(cloud, fresh_project)
    last = build(made)
    eventually(lambda: settled(cloud, made), WAIT)

    with (
        killed_at(victim(cloud, who), point),
        contextlib.suppress(*clouds.INTERRUPTED),
    ):
        last()
    with contextlib.suppress(clouds.ApiError):
        # The answer may have been lost, or the request.
        last()

    def same() -> None:
        settled(cloud, made)
        assert made.shape() == ends[name]

    eventually(same, WAIT)
