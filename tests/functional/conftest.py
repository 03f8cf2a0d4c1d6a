# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Fixtures: one cloud a session, a project a test."""

from collections.abc import Generator, Iterator
import uuid

import pytest

from tests.functional import central_alone
from tests.functional import cloud as clouds
from tests.functional import proven_bed
from tests.functional import regions
from tests.functional.cloud import multi_region
from tests.functional.cloud.client import Json

_LINES_SHOWN = 80

#: modules that take more than a minute
_LONG = (
    'test_boot_faults',
    'test_central_away',
    'test_deletions',
    'test_distributed_routers',
    'test_faults',
    'test_large_requests',
    'test_outbox',
    'test_router_planning',
    'test_router_planning_faults',
    'test_router_topology_faults',
    'test_routers_in_three_regions',
    'test_several_routers',
    'test_shadow_ports',
    'test_sweep',
    'test_three_regions',
    'test_unknown_replicas',
    'test_users',
    'test_users_of_three_regions',
    'test_wake_up',
    'test_xjob',
)

_running = pytest.StashKey[clouds.Cloud]()
_log_starts = pytest.StashKey[dict[str, int]]()


@pytest.fixture(scope='session')
def session_cloud(
    request: pytest.FixtureRequest,
) -> Iterator[clouds.Cloud]:
    """The cloud of the session: central, RegionOne, RegionTwo, one XJob."""
    with clouds.Cloud.start() as cloud:
        request.config.stash[_running] = cloud
        yield cloud
        del request.config.stash[_running]


@pytest.fixture(scope='module')
def module_cloud(request: pytest.FixtureRequest) -> Iterator[clouds.Cloud]:
    """A cloud of a module's own.

    Like that of the session, but for what its mark ``own_cloud`` says.
    """
    mark = request.node.get_closest_marker('own_cloud')
    with clouds.Cloud.start(**(mark.kwargs if mark else {})) as cloud:
        yield cloud


@pytest.fixture
def cloud(request: pytest.FixtureRequest) -> Iterator[clouds.Cloud]:
    """The session's cloud, whole again after each test.

    Tests share it, and do not wipe it: each has a project of its own. What
    a test did to processes and proxies is undone after it. Modules marked
    ``own_cloud`` have one to themselves: what they leave, as documents that
    central knows nothing of, would keep XJob busy in the tests of others.
    """
    own = request.node.get_closest_marker('own_cloud') is not None
    found = request.getfixturevalue('module_cloud' if own else 'session_cloud')
    request.node.stash[cloud_of_test] = found
    yield from _healed(request.node, found)


def _healed(node: pytest.Item, cloud: clouds.Cloud) -> Iterator[clouds.Cloud]:
    node.stash[_log_starts] = {
        item.name: item.log_size() for item in cloud.all_processes
    }
    yield cloud
    cloud.heal()


@pytest.fixture
def three_regions(cloud: clouds.Cloud) -> clouds.Cloud:
    """The session's cloud with RegionThree, which stays for the rest.

    The tests that ask for it run last: to all the others a region that
    comes in the middle would be a surprise.
    """
    if 'RegionThree' not in cloud.regions:
        cloud.add_region('RegionThree')
    return cloud


@pytest.fixture
def fresh_project() -> str:
    """The ID of a project that nobody used before."""
    return uuid.uuid4().hex


@pytest.fixture
def network(cloud: clouds.Cloud, fresh_project: str) -> Json:
    """A network of central that no region has seen."""
    found, _subnet = regions.make_network(cloud, fresh_project)
    return found


@pytest.fixture
def unique_name(request: pytest.FixtureRequest) -> str:
    """A name for resources that no other test uses."""
    return f'{request.node.name[:40]}-{uuid.uuid4().hex[:8]}'


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Put tests in the order that takes the least time.

    First those with a cloud of their own, which ends with them: it is not to
    run beside the session's. The longest modules come before the others, so
    that no process of pytest-xdist is busy with one when all others are done
    (``--no-loadscope-reorder``, or it has an order of its own). For the ones
    that come last see three_regions.
    """
    proven_bed.leave_out(config, items)
    shared = {
        item.path
        for item in items
        if 'cloud' in _fixtures(item)
        and item.get_closest_marker('own_cloud') is None
    }
    items.sort(
        key=lambda item: (
            'three_regions' in _fixtures(item),
            item.path in shared,
            item.path.stem not in _LONG,
        )
    )


def pytest_sessionfinish(exitstatus: int) -> None:
    """Note that the bed is proven, if that was asked for."""
    proven_bed.note(exitstatus)


def _fixtures(item: pytest.Item) -> list[str]:
    return list(getattr(item, 'fixturenames', ()))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add what the processes logged during a test that failed."""
    report = yield
    if report.failed:
        cloud = item.stash.get(
            cloud_of_test, item.config.stash.get(_running, None)
        )
        if cloud is not None:
            starts = item.stash.get(_log_starts, {})
            for running in cloud.all_processes:
                text = running.log_worth_showing(
                    _LINES_SHOWN, starts.get(running.name, 0)
                )
                if text:
                    report.sections.append((f'log of {running.name}', text))
    return report


#: where a fixture that makes a cloud of its own puts it, for its logs
cloud_of_test = pytest.StashKey[multi_region.Cloud]()


@pytest.fixture(scope='session')
def session_central() -> Iterator[central_alone.CentralAlone]:
    """A central of several processes, without regions."""
    with central_alone.CentralAlone.running() as central:
        yield central


@pytest.fixture
def central(
    request: pytest.FixtureRequest,
    session_central: central_alone.CentralAlone,
) -> Iterator[central_alone.CentralAlone]:
    """The session's central without regions, whole again after each test."""
    request.node.stash[cloud_of_test] = session_central.cloud
    for _cloud in _healed(request.node, session_central.cloud):
        yield session_central
        if session_central.process.alive:
            session_central.check_addresses()
