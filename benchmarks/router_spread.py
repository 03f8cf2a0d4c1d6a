# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What it takes to lay one router out over more and more regions.

Two and three regions are real. Where there are more than a machine can run
(:data:`STOOD_IN_FOR`), something stands in for all of them: central, XJob
and the broker are real there, too.
"""

from collections import Counter
from collections.abc import Callable, Sequence
import dataclasses
import itertools
import time
from typing import Final
import uuid

import psutil

from benchmarks import router_cloud
from benchmarks import router_regions
from benchmarks import stand_in
from tests.functional import cloud as clouds

#: Numbers of real regions, and of stand-ins.
REAL: Final = (2, 3)
STOOD_IN_FOR: Final = (10, 50)


@dataclasses.dataclass(frozen=True)
class Spread:
    """A router over some regions, converged after its last interface.

    :ivar kind: of the regions: real, or stand-ins
    :ivar puts: documents of the router since then, in all regions
    :ivar most: the most that one region got
    :ivar networks: documents of networks by themselves since then
    :ivar plans: how often central laid it out since then
    :ivar together: how many regions had one at the same time
    :ivar seconds: until the last region has it
    :ivar rows: of Tricircle's tables for the router
    :ivar central: statements of central, of XJob in `xjob`, and of all
        regions in `local`; stand-ins have none
    :ivar processor: seconds of a processor that XJob took
    """

    kind: str
    regions: int
    puts: int
    most: int
    networks: int
    plans: int
    together: int
    seconds: float
    rows: int
    central: int
    xjob: int
    local: int | None
    processor: float

    @property
    def met(self) -> bool:
        """True when each region got one document, side by side."""
        return self.puts == self.regions and self.together > 1


def measured(delay: float, progress: Callable[[str], None]) -> list[Spread]:
    """Measure one router over more and more regions.

    :param delay: seconds that a stand-in takes for a document
    """
    progress('starting central, XJob and a broker, and real regions')
    with router_regions.RealRegions.running() as real:
        found = _over_each(real, REAL, progress)
    number = max(STOOD_IN_FOR)
    progress(f'starting central, XJob and a broker, and {number} stand-ins')
    with router_regions.StandIns.running(number, delay) as stand_ins:
        found += _over_each(stand_ins, STOOD_IN_FOR, progress)
    return found


def _over_each(
    regions: router_regions.Regions,
    sizes: Sequence[int],
    progress: Callable[[str], None],
) -> list[Spread]:
    # The first of everything: not counted.
    _over(regions, min(REAL))
    found = []
    for size in sizes:
        progress(f'{size} regions, {regions.kind}')
        found.append(_over(regions, size))
    return found


def _over(regions: router_regions.Regions, size: int) -> Spread:
    """Lay one router out over so many regions."""
    cloud = regions.cloud
    project = uuid.uuid4().hex
    user = cloud.central.client(project)
    cloud.central.admin.put(
        f'/quotas/{project}',
        {'quota': {'network': -1, 'subnet': -1, 'port': -1}},
    )
    # What leads to where it begins is one change for XJob.
    cloud.xjob.stop()
    router_id = str(user.create_router(name='r')['id'])
    subnets = []
    for number, name in enumerate(regions.names[:size]):
        network = user.create_network(availability_zone_hints=[name])
        subnets.append(
            user.create_subnet(network['id'], f'10.0.{number}.0/24')['id']
        )
        regions.boot(project, str(network['id']), name)
    for subnet_id in subnets[:-1]:
        user.add_router_interface(router_id, subnet_id=subnet_id)
    cloud.xjob.start()
    _await_converged(cloud, router_id, size - 1)
    regions.wait_quiet()

    regions.taken()
    log = len(cloud.central.log_of_this_run())
    local_before = regions.statements()
    central_before = cloud.central.sql_statements()
    xjob_before = cloud.xjob.sql_statements()
    processor_before = _processor_seconds(cloud.xjob.pid)
    started = time.monotonic()
    user.add_router_interface(router_id, subnet_id=subnets[-1])
    _await_converged(cloud, router_id, size)
    regions.wait_quiet()
    calls = regions.taken()
    routers = [one for one in calls if one.id == router_id]
    said = cloud.central.log_of_this_run()[log:]
    local = regions.statements()
    return Spread(
        kind=regions.kind,
        regions=size,
        puts=len(routers),
        most=max(Counter(one.region for one in routers).values()),
        networks=sum(one.type == 'network' for one in calls),
        plans=said.count(f'router-plan {router_id} in'),
        together=_together(routers),
        seconds=max(one.ended for one in routers) - started,
        rows=_rows(cloud, router_id),
        central=(cloud.central.sql_statements() - central_before).total,
        xjob=(cloud.xjob.sql_statements() - xjob_before).total,
        local=None
        if local is None or local_before is None
        else local - local_before,
        processor=_processor_seconds(cloud.xjob.pid) - processor_before,
    )


def _await_converged(cloud: clouds.Cloud, router_id: str, pieces: int) -> None:
    """Wait until nothing is to be done for a router any more."""
    deadline = time.monotonic() + router_cloud.PATIENCE
    while not _converged(cloud, router_id, pieces):
        if time.monotonic() > deadline:
            raise TimeoutError(f'{pieces} regions did not converge')
        time.sleep(0.02)


def _converged(cloud: clouds.Cloud, router_id: str, pieces: int) -> bool:
    rows = cloud.central.database.query(
        'SELECT resource_type, pending, digest FROM journal'
        ' WHERE resource_id = %s',
        router_id,
    )
    done = [
        row
        for row in rows
        if row['resource_type'] == 'router' and row['digest']
    ]
    return len(done) == pieces and not any(row['pending'] for row in rows)


def _rows(cloud: clouds.Cloud, router_id: str) -> int:
    """Count the rows of Tricircle's tables for a router."""
    return sum(
        int(
            cloud.central.database.query(
                f'SELECT COUNT(*) AS n FROM {table}'  # noqa: S608 - no input
                f' WHERE {column} = %s',
                router_id,
            )[0]['n']
        )
        for table, column in (
            ('router_pieces', 'router_id'),
            ('resource_routings', 'top_id'),
            ('reserved_ports', 'router_id'),
            ('journal', 'resource_id'),
        )
    )


def _processor_seconds(pid: int) -> float:
    """Return how long a process has had a processor, with all threads."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def _together(calls: Sequence[stand_in.Call]) -> int:
    """Return how many calls were under way at the same time."""
    changes = sorted(
        itertools.chain.from_iterable(
            ((one.began, 1), (one.ended, -1)) for one in calls
        )
    )
    return max(itertools.accumulate(change for _when, change in changes))
