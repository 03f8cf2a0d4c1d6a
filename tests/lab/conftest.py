# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Fixtures: the lab, and tenants that leave nothing behind.

A lab that is up already is used and stays up; else one is brought up, of
the topology that ``TRICIRCLE_LAB_TOPOLOGY`` names, and wiped at the end.
"""

from collections.abc import Callable, Generator, Iterator
import os
from pathlib import Path
import re
from typing import Any

import pytest
from xdist import scheduler

from lab import cloud
from lab import layout as layouts
from lab import topology as topologies
from tests.lab import remains
from tests.lab import routers
from tests.lab import tenant
from tests.lab import warm_client

_TOPOLOGY = 'TRICIRCLE_LAB_TOPOLOGY'

#: First lines only: oslo.log repeats the prefix on each line of a traceback.
_WORTH_SHOWING = re.compile(
    r' (WARNING|ERROR|CRITICAL) \S+ \[(None |req-|-\])'
)
_NOISE = re.compile(r'Truncating password|neutronclient is deprecated')
_LINES_SHOWN = 10

_log_sizes = pytest.StashKey[dict[Path, int]]()

_OF_GUIDES = re.compile(
    r'tests/lab/test_(guides|t\d\w+|provider_networks)\.py$'
)

NewTenant = Callable[[str], tenant.Tenant]


class _Scheduling(scheduler.LoadFileScheduling):  # type: ignore[misc]
    """A process runs all tests of a file, and those of all guides, in a row.

    Tests of a file share tenants and servers. Those of the guides share the
    lab's own tenant, and have flat networks, as some others do, of which a
    physical network has room for one.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return 'guides' if _OF_GUIDES.search(file) else file


def pytest_xdist_make_scheduler(
    config: pytest.Config, log: Any
) -> scheduler.LoadFileScheduling:
    """Share tests out among processes (a hook of pytest-xdist)."""
    return _Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have those that look at what the others left run when these end."""
    items.sort(key=lambda item: item.get_closest_marker('last') is not None)


@pytest.fixture(scope='session')
def lab() -> Iterator[cloud.Lab]:
    """The lab, up."""
    layout = layouts.Layout.usual()
    found = cloud.load(layout)
    if found.is_up:
        yield found
        return
    chosen = os.environ.get(_TOPOLOGY)
    found = cloud.load(layout, Path(chosen) if chosen else None)
    try:
        found.up(lambda text: print(text, flush=True))
        yield found
    finally:
        found.down(wipe=True)


@pytest.fixture
def crowded(lab: cloud.Lab) -> topologies.Region:
    """A region with two hosts."""
    for region in lab.topology.regions:
        if len(region.hosts) > 1:
            return region
    pytest.skip('needs a region with two hosts: three.yaml')


def _tenants(lab: cloud.Lab) -> Iterator[NewTenant]:
    made: list[tenant.Tenant] = []

    def make(name: str) -> tenant.Tenant:
        one = tenant.Tenant.create(lab, name)
        made.append(one)
        return one

    yield make
    _leave_nothing(lab, made)
    for one in made:
        one.forget()


def _leave_nothing(lab: cloud.Lab, tenants: list[tenant.Tenant]) -> None:
    """Delete all that tenants have; see that nothing of it is anywhere."""
    traces = [
        remains.trace(lab, network.id)
        for one in tenants
        for network in one.at(
            topologies.CENTRAL, as_admin=True
        ).network.networks(project_id=one.project_id)
    ]
    pieces = frozenset().union(
        *(routers.ids(lab, one.project_id) for one in tenants)
    )
    traces += [
        remains.trace(lab, network_id)
        for network_id in routers.bridge_networks(lab, pieces)
    ]
    for one in tenants:
        one.close()
    routers.nowhere(lab, pieces)
    remains.nowhere(lab, traces)


@pytest.fixture(scope='session')
def shell(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, str]]:
    """Environment of a shell that has the stock client."""
    with warm_client.commands(tmp_path_factory.mktemp('client')) as found:
        yield found


@pytest.fixture
def demo_tenant(lab: cloud.Lab) -> Iterator[tenant.Tenant]:
    """The lab's own tenant; what it has is deleted before and after."""
    one = tenant.Tenant.demo(lab)
    _leave_nothing(lab, [one])
    yield one
    _leave_nothing(lab, [one])


def _short(name: str) -> str:
    return re.sub('[^a-z0-9]+', '-', name.lower()).strip('-')[:24]


@pytest.fixture
def new_tenant(lab: cloud.Lab) -> Iterator[NewTenant]:
    """Make tenants, whose networks leave nothing behind after the test."""
    yield from _tenants(lab)


@pytest.fixture
def own_tenant(
    request: pytest.FixtureRequest, new_tenant: NewTenant
) -> tenant.Tenant:
    """A tenant of the test's own."""
    return new_tenant(_short(request.node.name.removeprefix('test_')))


@pytest.fixture(scope='module')
def module_tenant(
    request: pytest.FixtureRequest, lab: cloud.Lab
) -> Iterator[tenant.Tenant]:
    """A tenant that the tests of a module share."""
    name = request.node.name.rpartition('/')[2]
    for make in _tenants(lab):
        yield make(_short(name.removeprefix('test_').removesuffix('.py')))


def _logs() -> list[Path]:
    return sorted((layouts.Layout.usual().home / 'log').glob('*.log'))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Note where the logs end before a test."""
    item.stash[_log_sizes] = {path: path.stat().st_size for path in _logs()}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add what the services logged during a test that failed."""
    report = yield
    if report.failed:
        sizes = item.stash.get(_log_sizes, {})
        for path in _logs():
            text = _interesting(path, sizes.get(path, 0))
            if text:
                report.sections.append((f'log of {path.stem}', text))
    return report


def _interesting(path: Path, start: int) -> str:
    # A service that starts again writes its log anew.
    if start > path.stat().st_size:
        start = 0
    with path.open('rb') as log:
        log.seek(start)
        lines = log.read().decode(errors='replace').splitlines()
    shown = [
        line[:400]
        for line in lines
        if _WORTH_SHOWING.search(line) and not _NOISE.search(line)
    ]
    return '\n'.join(shown[-_LINES_SHOWN:])
